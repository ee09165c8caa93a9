using System;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>The parameters of PasswordBasedMac.</summary>
/// <param name="Salt">Random octets that are hashed with the secret.</param>
/// <param name="Owf">The digest.</param>
/// <param name="IterationCount">How many times it is applied, of any size as it came: bound it before use (rule 18).</param>
/// <param name="Mac">The MAC that the derived key serves.</param>
/// <remarks>
/// RFC 4211 4.4:
/// <code>PBMParameter ::= SEQUENCE { salt OCTET STRING, owf AlgorithmIdentifier, iterationCount INTEGER, mac AlgorithmIdentifier }</code>
/// </remarks>
public sealed record PbmParameter(ReadOnlyMemory<byte> Salt, AlgorithmIdentifier Owf, BigInteger IterationCount, AlgorithmIdentifier Mac) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The parameters.</returns>
    public static PbmParameter Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte> salt = inner.ReadOctetString();
        AlgorithmIdentifier owf = AlgorithmIdentifier.Read(ref inner);
        BigInteger count = inner.ReadInteger();
        AlgorithmIdentifier mac = AlgorithmIdentifier.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new PbmParameter(salt, owf, count, mac) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static PbmParameter Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(Salt.Span);
            Owf.Write(writer);
            writer.WriteInteger(IterationCount);
            Mac.Write(writer);
        }
    }
}
