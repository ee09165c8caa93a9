using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The envelope that private keys travel in.</summary>
/// <remarks>
/// RFC 5958 2, of which RFC 5208 is version 1:
/// <code>
/// OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier, privateKey OCTET STRING,
///   attributes [0] IMPLICIT Attributes OPTIONAL, publicKey [1] IMPLICIT BIT STRING OPTIONAL }
/// </code>
/// </remarks>
internal static class Pkcs8
{
    /// <summary>Opens the envelope and hands on what is inside; a malformed one ends in an exception that holds none of its octets.</summary>
    internal static T Read<T>(ReadOnlyMemory<byte> pkcs8, Func<AlgorithmIdentifier, ReadOnlyMemory<byte>, T> import)
    {
        (AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey) = ReadParts(pkcs8);
        return import(algorithm, privateKey);
    }

    /// <summary>The octets of the public key that a version 2 brings along, or <see langword="null"/>.</summary>
    internal static ReadOnlyMemory<byte>? ReadPublicKey(ReadOnlyMemory<byte> pkcs8) => Decode<ReadOnlyMemory<byte>?>(pkcs8, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.ReadInt32();
        AlgorithmIdentifier.Read(ref inner);
        inner.ReadOctetString();
        if (inner.IsNext(Tags.Constructed(0)))
            inner.ReadEncoded();
        return inner.IsNext(Tags.Primitive(1)) ? inner.ReadBitStringOctets(Tags.Primitive(1)) : (ReadOnlyMemory<byte>?)null;
    });

    internal static byte[] Write(AlgorithmIdentifier algorithm, byte[] privateKey) => Encode(privateKey.Length + 64, writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            algorithm.Write(writer);
            writer.WriteOctetString(privateKey);
        }
    });

    /// <summary>The same key in version 2, with its public key beside it; attributes are left out.</summary>
    /// <param name="pkcs8">A key of either version.</param>
    /// <param name="publicKey">Its public half.</param>
    /// <returns>A OneAsymmetricKey that the caller clears.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>.</exception>
    internal static byte[] WithPublicKey(ReadOnlyMemory<byte> pkcs8, SubjectPublicKeyInfo publicKey)
    {
        (AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey) = ReadParts(pkcs8);
        return Encode(privateKey.Length + publicKey.Encoded.Length + 64, writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                algorithm.Write(writer);
                writer.WriteOctetString(privateKey.Span);
                writer.WriteBitString(publicKey.Key.Span, tag: Tags.Primitive(1));
            }
        });
    }

    /// <summary>Reads octets of a private key: errors do not carry them.</summary>
    internal static T Decode<T>(ReadOnlyMemory<byte> octets, Asn1Read<T> read)
    {
        try
        {
            return Asn1Reader.Decode(octets, null, read);
        }
        catch (CmpException e) when (e.ErrorId != "CmpKey.Algorithm")
        {
            throw Malformed();
        }
    }

    /// <summary>Writes octets of a private key, and leaves none behind.</summary>
    /// <param name="capacity">At least what is written: a buffer that grows leaves its old octets in memory.</param>
    /// <param name="write">Writes one value.</param>
    /// <returns>The DER.</returns>
    internal static byte[] Encode(int capacity, Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, capacity);
        write(writer);
        byte[] encoded = writer.Encode();
        writer.Reset();
        return encoded;
    }

    private static (AlgorithmIdentifier Algorithm, ReadOnlyMemory<byte> PrivateKey) ReadParts(ReadOnlyMemory<byte> pkcs8) => Decode(pkcs8, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.ReadInt32();
        return (AlgorithmIdentifier.Read(ref inner), inner.ReadOctetString());
    });

    internal static CmpException Malformed() => new(CmpErrorKind.Key, "CmpKey.Malformed", "The octets are no private key that can be read.")
    {
        RecommendedAction = "See that the file holds a key in PKCS #8, PKCS #1 or SEC 1, and that it is whole.",
    };
}
