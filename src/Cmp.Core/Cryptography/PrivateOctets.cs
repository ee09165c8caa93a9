using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>The octets of a private key of a <see cref="ParameterSet"/>.</summary>
/// <param name="Seed">What the key is expanded from, or <see langword="null"/> where there is none or it is not known.</param>
/// <param name="Key">The key, or <see langword="null"/> where the seed stands alone.</param>
/// <remarks>
/// RFC 8410 7, and RFC 9881 6 with the lengths of its set:
/// <code>
/// CurvePrivateKey ::= OCTET STRING
/// ML-DSA-44-PrivateKey ::= CHOICE { seed [0] OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (2560)),
///   both SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (2560)) } }
/// </code>
/// </remarks>
internal readonly record struct PrivateOctets(byte[]? Seed, byte[]? Key)
{
    /// <summary>Reads what PKCS #8 has within. That seed and key go together is for the one to say who expands. The caller clears both.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>.</exception>
    internal static PrivateOctets Read(ParameterSet set, ReadOnlyMemory<byte> privateKey)
    {
        PrivateOctets octets = set.Form == PrivateKeyForm.Raw ? new(null, privateKey.ToArray()) : Pkcs8.Decode(privateKey, (ref Asn1Reader reader) =>
        {
            if (set.Form == PrivateKeyForm.SeedOrExpanded && reader.IsNext(Tags.Primitive(0)))
                return new PrivateOctets(reader.ReadOctetString(Tags.Primitive(0)).ToArray(), null);
            if (set.Form == PrivateKeyForm.OctetString || !reader.IsNext(Asn1Tag.Sequence))
                return new PrivateOctets(null, reader.ReadOctetString().ToArray());
            Asn1Reader both = reader.ReadSequence();
            byte[] seed = both.ReadOctetString().ToArray(), key = both.ReadOctetString().ToArray();
            both.ThrowIfNotEmpty();
            return new PrivateOctets(seed, key);
        });
        if ((octets.Seed?.Length ?? set.SeedBytes) == set.SeedBytes && (octets.Key?.Length ?? set.PrivateBytes) == set.PrivateBytes)
            return octets;
        octets.Clear();
        throw Pkcs8.Malformed();
    }

    /// <summary>The PrivateKeyInfo: with a seed and what is expanded from it where there are both, which all libraries read.</summary>
    internal byte[] WritePkcs8(ParameterSet set)
    {
        byte[]? seed = Seed, key = Key;
        byte[] inner = set.Form == PrivateKeyForm.Raw ? key! : Pkcs8.Encode((seed?.Length ?? 0) + (key?.Length ?? 0) + 32, writer =>
        {
            if (seed is not null && key is not null)
            {
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(seed);
                    writer.WriteOctetString(key);
                }
            }
            else if (seed is not null)
            {
                writer.WriteOctetString(seed, Tags.Primitive(0));
            }
            else
            {
                writer.WriteOctetString(key);
            }
        });
        try
        {
            return Pkcs8.Write(set.Identifier, inner);
        }
        finally
        {
            if (!ReferenceEquals(inner, key))
                Secrets.Clear(inner);
        }
    }

    internal void Clear()
    {
        Secrets.Clear(Seed);
        Secrets.Clear(Key);
    }
}
