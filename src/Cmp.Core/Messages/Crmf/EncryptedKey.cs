using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>Something encrypted, in either form.</summary>
/// <remarks>
/// RFC 4211 6.4, IMPLICIT TAGS:
/// <code>EncryptedKey ::= CHOICE { encryptedValue EncryptedValue, envelopedData [0] EnvelopedData }</code>
/// </remarks>
public sealed record EncryptedKey : Asn1Structure
{
    /// <summary>Makes one in the form before pvno 3.</summary>
    /// <param name="value">The encrypted value.</param>
    public EncryptedKey(EncryptedValue value) => EncryptedValue = value;

    /// <summary>Makes one in the form of pvno 3.</summary>
    /// <param name="envelopedData">An EnvelopedData (RFC 5652 6.1) as a SEQUENCE, whole.</param>
    public EncryptedKey(ReadOnlyMemory<byte> envelopedData) => EnvelopedData = envelopedData;

    /// <summary>The form before pvno 3; <see langword="null"/> where it is the other one.</summary>
    public EncryptedValue? EncryptedValue { get; }

    /// <summary>The EnvelopedData as a SEQUENCE, whole; <see langword="null"/> where it is the other form.</summary>
    public ReadOnlyMemory<byte>? EnvelopedData { get; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EncryptedKey Read(ref Asn1Reader reader)
    {
        if (!reader.IsNext(Tags.Constructed(0)))
        {
            EncryptedValue value = EncryptedValue.Read(ref reader);
            return new EncryptedKey(value) { Encoded = value.Encoded };
        }
        ReadOnlyMemory<byte> tagged = reader.PeekEncoded();
        reader.ReadImplicitSequence(Tags.Constructed(0), out ReadOnlyMemory<byte> enveloped);
        return new EncryptedKey(enveloped) { Encoded = tagged };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static EncryptedKey Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>Whether octets that hold an EncryptedKey hold the form of pvno 3.</summary>
    internal static bool IsEnveloped(ReadOnlyMemory<byte>? octets) => octets is { IsEmpty: false } key && key.Span[0] == 0xA0;

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        EncryptedValue?.Write(writer);
        if (EnvelopedData is { } enveloped)
            writer.WriteImplicit(0xA0, enveloped);
    }
}
