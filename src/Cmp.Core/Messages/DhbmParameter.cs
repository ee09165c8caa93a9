using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages;

/// <summary>The parameters of DHBasedMac.</summary>
/// <param name="Owf">The digest that is applied to the shared secret.</param>
/// <param name="Mac">The MAC that the derived key serves.</param>
/// <remarks>
/// RFC 9810 5.1.3.2:
/// <code>DHBMParameter ::= SEQUENCE { owf AlgorithmIdentifier, mac AlgorithmIdentifier }</code>
/// </remarks>
public sealed record DhbmParameter(AlgorithmIdentifier Owf, AlgorithmIdentifier Mac) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The parameters.</returns>
    public static DhbmParameter Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier owf = AlgorithmIdentifier.Read(ref inner);
        AlgorithmIdentifier mac = AlgorithmIdentifier.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new DhbmParameter(owf, mac) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static DhbmParameter Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Owf.Write(writer);
            Mac.Write(writer);
        }
    }
}
