using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>A public key with its algorithm.</summary>
/// <param name="Algorithm">The algorithm, for ECDSA with the curve as parameter.</param>
/// <param name="Key">The octets of the BIT STRING; empty where a CA is asked to make the key (RFC 9483 4.1.6).</param>
/// <remarks>
/// RFC 5280 4.1:
/// <code>SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }</code>
/// </remarks>
public sealed record SubjectPublicKeyInfo(AlgorithmIdentifier Algorithm, ReadOnlyMemory<byte> Key) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The key.</returns>
    public static SubjectPublicKeyInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The key.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static SubjectPublicKeyInfo Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>Whether both are the same key of the same algorithm; NULL and absent parameters are the same.</summary>
    /// <param name="other">The other key.</param>
    /// <returns>True where they are the same.</returns>
    public bool IsSameAs(SubjectPublicKeyInfo other) => Algorithm.IsSameAs(other.Algorithm) && Key.Span.SequenceEqual(other.Key.Span);

    /// <inheritdoc/>
    protected override string? Describe() => Algorithm.ToString();

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Algorithm.Write(writer);
            writer.WriteBitString(Key.Span);
        }
    }

    internal static SubjectPublicKeyInfo ReadImplicit(ref Asn1Reader reader, int tag)
    {
        Asn1Reader inner = reader.ReadImplicitSequence(Tags.Constructed(tag), out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    private static SubjectPublicKeyInfo ReadFields(ref Asn1Reader inner, ReadOnlyMemory<byte> encoded)
    {
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> key = inner.ReadBitStringOctets();
        inner.ThrowIfNotEmpty();
        // an RSA modulus is bounded where it is used; ML-DSA-87 has 20 736 bits, hybrids have more
        if ((long)key.Length * 8 > inner.Options.Limits.MaxPublicKeyBits * 4L)
            throw inner.Malformed($"a public key of {key.Length} octets");
        return new SubjectPublicKeyInfo(algorithm, key) { Encoded = encoded };
    }
}
