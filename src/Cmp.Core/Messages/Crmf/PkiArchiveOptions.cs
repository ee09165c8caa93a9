using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>How the CA comes to the private key that it shall archive.</summary>
/// <remarks>
/// RFC 4211 6.4, IMPLICIT TAGS; encryptedPrivKey is explicit, for EncryptedKey is a CHOICE:
/// <code>
/// PKIArchiveOptions ::= CHOICE { encryptedPrivKey [0] EncryptedKey, keyGenParameters [1] OCTET STRING, archiveRemGenPrivKey [2] BOOLEAN }
/// </code>
/// </remarks>
public sealed record PkiArchiveOptions : Asn1Structure
{
    /// <summary>The requester made the key and sends it.</summary>
    /// <param name="encryptedPrivKey">The key, encrypted for the CA.</param>
    public PkiArchiveOptions(EncryptedKey encryptedPrivKey) => EncryptedPrivKey = encryptedPrivKey;

    /// <summary>The CA can make the key anew from what it is told.</summary>
    /// <param name="keyGenParameters">What it is told; both sides must agree on what that means.</param>
    public PkiArchiveOptions(ReadOnlyMemory<byte> keyGenParameters) => KeyGenParameters = keyGenParameters;

    /// <summary>The CA makes the key.</summary>
    /// <param name="archiveRemGenPrivKey">Whether it shall archive it.</param>
    public PkiArchiveOptions(bool archiveRemGenPrivKey) => ArchiveRemGenPrivKey = archiveRemGenPrivKey;

    /// <summary>The encrypted private key; <see langword="null"/> where it is another way.</summary>
    public EncryptedKey? EncryptedPrivKey { get; }

    /// <summary>What the key can be made from; <see langword="null"/> where it is another way.</summary>
    public ReadOnlyMemory<byte>? KeyGenParameters { get; }

    /// <summary>Whether the CA shall archive a key that it makes; <see langword="null"/> where it is another way.</summary>
    public bool? ArchiveRemGenPrivKey { get; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static PkiArchiveOptions Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> whole = reader.PeekEncoded();
        if (reader.TryReadExplicit(0, EncryptedKey.Read, out EncryptedKey? key))
            return new PkiArchiveOptions(key!) { Encoded = whole };
        return reader.IsNext(Tags.Primitive(1))
            ? new PkiArchiveOptions(reader.ReadOctetString(Tags.Primitive(1))) { Encoded = whole }
            : new PkiArchiveOptions(reader.ReadBoolean(Tags.Primitive(2))) { Encoded = whole };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static PkiArchiveOptions Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        writer.WriteExplicit(0, EncryptedPrivKey);
        if (KeyGenParameters is { } parameters)
            writer.WriteOctetString(parameters.Span, Tags.Primitive(1));
        if (ArchiveRemGenPrivKey is { } archive)
            writer.WriteBoolean(archive, Tags.Primitive(2));
    }
}
