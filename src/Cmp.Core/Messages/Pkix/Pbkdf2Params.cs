using System;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The parameters of PBKDF2.</summary>
/// <param name="Salt">Random octets that are hashed with the password.</param>
/// <param name="IterationCount">How many times, of any size as it came: bound it before use (rule 18).</param>
/// <param name="KeyLength">Octets of the derived key; <see langword="null"/> where its user knows.</param>
/// <param name="Prf">The pseudorandom function, HMAC-SHA1 where absent.</param>
/// <remarks>
/// RFC 8018 A.2; a salt that comes from elsewhere (otherSource) is refused, for nothing defines one:
/// <code>
/// PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier }, iterationCount INTEGER (1..MAX),
///   keyLength INTEGER (1..MAX) OPTIONAL, prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
/// </code>
/// </remarks>
public sealed record Pbkdf2Params(ReadOnlyMemory<byte> Salt, BigInteger IterationCount, int? KeyLength, AlgorithmIdentifier Prf) : Asn1Structure
{
    /// <summary>Reads them.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <returns>The parameters.</returns>
    public static Pbkdf2Params Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte> salt = inner.ReadOctetString();
        BigInteger count = inner.ReadInteger();
        int? keyLength = inner.IsNext(Asn1Tag.Integer) ? inner.ReadInt32() : null;
        if (keyLength < 1)
            throw inner.Malformed($"a derived key of {keyLength} octets");
        AlgorithmIdentifier prf = inner.HasData ? AlgorithmIdentifier.Read(ref inner) : AlgorithmIdentifier.WithNull(Oids.HmacWithSha1);
        inner.ThrowIfNotEmpty();
        return new Pbkdf2Params(salt, count, keyLength, prf) { Encoded = encoded };
    }

    /// <summary>Reads them from octets.</summary>
    /// <param name="octets">Exactly one SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Pbkdf2Params Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(Salt.Span);
            writer.WriteInteger(IterationCount);
            if (KeyLength is { } length)
                writer.WriteInteger(length);
            if (Prf.Oid != Oids.HmacWithSha1)
                Prf.Write(writer);
        }
    }
}
