using System;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The group of a finite-field Diffie-Hellman key, as the parameters of its algorithm say it.</summary>
/// <param name="P">The prime.</param>
/// <param name="G">The generator.</param>
/// <param name="Q">The order of the subgroup that the generator makes; <see langword="null"/> in PKCS #3, which does not tell it.</param>
/// <remarks>
/// RFC 3279 2.3.3 (dhpublicnumber) and PKCS #3 9 (dhKeyAgreement):
/// <code>
/// DomainParameters ::= SEQUENCE { p INTEGER, g INTEGER, q INTEGER, j INTEGER OPTIONAL, validationParms ValidationParms OPTIONAL }
/// DHParameter ::= SEQUENCE { prime INTEGER, base INTEGER, privateValueLength INTEGER OPTIONAL }
/// DHPublicKey ::= INTEGER
/// </code>
/// </remarks>
internal sealed record DhGroup(BigInteger P, BigInteger G, BigInteger? Q)
{
    private const int MinBits = 2048;
    private const int MaxBits = 8192;
    private const int MinSubgroupBits = 224;

    /// <summary>Octets of the prime, and of an agreed secret (RFC 2631 2.1.2).</summary>
    internal int Bytes => (Bits + 7) / 8;

    internal int Bits => BitsOf(P);

    /// <summary>Reads a group, and refuses one that is too small to protect anything or too large to be computed in.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; <c>CmpProtection.Algorithm</c>: of a length that is not accepted.</exception>
    internal static DhGroup Read(AlgorithmIdentifier algorithm)
    {
        bool hasOrder = algorithm.Oid == Oids.DhPublicNumber;
        DhGroup group = Asn1Reader.Decode(algorithm.Parameters ?? ReadOnlyMemory<byte>.Empty, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            BigInteger p = ReadNumber(ref inner), g = ReadNumber(ref inner);
            BigInteger? q = hasOrder ? ReadNumber(ref inner) : (BigInteger?)null;
            while (inner.HasData)
                inner.ReadEncoded(); // how the group was made, or how long private numbers are, is its maker's business
            return p > g && !p.IsEven ? new DhGroup(p, g, q) : throw inner.Malformed("no group of Diffie-Hellman");
        });
        if (group.Bits is < MinBits or > MaxBits || (group.Q is { } order && BitsOf(order) < MinSubgroupBits))
            throw Digests.Unsupported($"A group of Diffie-Hellman of {group.Bits} bits is not accepted: the bounds are {MinBits} and {MaxBits}, and {MinSubgroupBits} bits of the order at least.");
        return group;
    }

    /// <summary>The public number of a key.</summary>
    internal static BigInteger ReadPublic(SubjectPublicKeyInfo key) => Asn1Reader.Decode(key.Key, null, ReadNumber);

    /// <summary>Whether a peer's number may be used: neither 0, 1 nor -1, and of the subgroup (RFC 2631 2.1.5).</summary>
    internal bool Holds(BigInteger number) =>
        number > BigInteger.One && number < P - BigInteger.One && (Q is not { } order || BigInteger.ModPow(number, order, P).IsOne);

    internal bool IsSameAs(DhGroup other) => P == other.P && G == other.G && (Q is null || other.Q is null || Q == other.Q);

    internal static BigInteger Number(ReadOnlySpan<byte> bigEndian)
    {
        var reversed = new byte[bigEndian.Length + 1];
        for (int i = 0; i < bigEndian.Length; i++)
            reversed[i] = bigEndian[bigEndian.Length - 1 - i];
        var number = new BigInteger(reversed);
        Secrets.Clear(reversed);
        return number;
    }

    private static int BitsOf(BigInteger number)
    {
        byte[] octets = number.ToByteArray(); // little-endian, with a sign
        int at = octets.Length - 1;
        while (at > 0 && octets[at] == 0)
            at--;
        int bits = 8 * at;
        for (int high = octets[at]; high > 0; high >>= 1)
            bits++;
        return bits;
    }

    private static BigInteger ReadNumber(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> content = reader.ReadIntegerContent();
        return content.Length <= MaxBits / 8 + 1 && content.Span[0] < 0x80
            ? Number(content.Span)
            : throw reader.Malformed("a number of Diffie-Hellman that is negative or too long");
    }
}
