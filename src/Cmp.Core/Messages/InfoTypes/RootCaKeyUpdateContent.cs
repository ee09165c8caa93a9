using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.InfoTypes;

/// <summary>A new key of a root CA, with the certificates that lead from the old one to it and back.</summary>
/// <param name="NewWithNew">The new root certificate.</param>
/// <param name="NewWithOld">The new key, certified by the old one; <see langword="null"/> where absent.</param>
/// <param name="OldWithNew">The old key, certified by the new one; <see langword="null"/> where absent.</param>
/// <remarks>
/// RFC 9810 5.3.19.15, EXPLICIT TAGS:
/// <code>
/// RootCaKeyUpdateContent ::= SEQUENCE { newWithNew CMPCertificate, newWithOld [0] CMPCertificate OPTIONAL, oldWithNew [1] CMPCertificate OPTIONAL }
/// </code>
/// </remarks>
public sealed record RootCaKeyUpdateContent(Certificate NewWithNew, Certificate? NewWithOld = null, Certificate? OldWithNew = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static RootCaKeyUpdateContent Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        Certificate newWithNew = Certificate.Read(ref inner);
        inner.TryReadExplicit(0, Certificate.Read, out Certificate? newWithOld);
        inner.TryReadExplicit(1, Certificate.Read, out Certificate? oldWithNew);
        inner.ThrowIfNotEmpty();
        return new RootCaKeyUpdateContent(newWithNew, newWithOld, oldWithNew) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            NewWithNew.Write(writer);
            writer.WriteExplicit(0, NewWithOld);
            writer.WriteExplicit(1, OldWithNew);
        }
    }
}
