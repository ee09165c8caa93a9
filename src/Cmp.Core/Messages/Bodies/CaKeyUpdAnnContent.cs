using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>A new key of a root CA, in the form before pvno 3: all three certificates are there.</summary>
/// <param name="OldWithNew">The old key, certified by the new one.</param>
/// <param name="NewWithOld">The new key, certified by the old one.</param>
/// <param name="NewWithNew">The new root certificate.</param>
/// <remarks>
/// RFC 9810 5.3.13, deprecated there:
/// <code>CAKeyUpdAnnContent ::= SEQUENCE { oldWithNew CMPCertificate, newWithOld CMPCertificate, newWithNew CMPCertificate }</code>
/// </remarks>
public sealed record CaKeyUpdAnnContent(Certificate OldWithNew, Certificate NewWithOld, Certificate NewWithNew) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static CaKeyUpdAnnContent Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        Certificate oldWithNew = Certificate.Read(ref inner);
        Certificate newWithOld = Certificate.Read(ref inner);
        Certificate newWithNew = Certificate.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new CaKeyUpdAnnContent(oldWithNew, newWithOld, newWithNew) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            OldWithNew.Write(writer);
            NewWithOld.Write(writer);
            NewWithNew.Write(writer);
        }
    }
}
