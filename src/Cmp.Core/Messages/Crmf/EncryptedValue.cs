using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>An encrypted key or certificate in the form before pvno 3.</summary>
/// <param name="EncValue">The encrypted value.</param>
/// <remarks>
/// RFC 4211 6.4, IMPLICIT TAGS, deprecated there:
/// <code>
/// EncryptedValue ::= SEQUENCE { intendedAlg [0] AlgorithmIdentifier OPTIONAL, symmAlg [1] AlgorithmIdentifier OPTIONAL, encSymmKey [2] BIT STRING OPTIONAL,
///   keyAlg [3] AlgorithmIdentifier OPTIONAL, valueHint [4] OCTET STRING OPTIONAL, encValue BIT STRING }
/// </code>
/// </remarks>
public sealed record EncryptedValue(ReadOnlyMemory<byte> EncValue) : Asn1Structure
{
    /// <summary>What the encrypted key is for; <see langword="null"/> where nothing is said.</summary>
    public AlgorithmIdentifier? IntendedAlg { get; init; }

    /// <summary>The algorithm of <see cref="EncValue"/>, with its parameters; <see langword="null"/> where absent.</summary>
    public AlgorithmIdentifier? SymmAlg { get; init; }

    /// <summary>The key of <see cref="SymmAlg"/>, encrypted; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? EncSymmKey { get; init; }

    /// <summary>The algorithm of <see cref="EncSymmKey"/>; <see langword="null"/> where absent.</summary>
    public AlgorithmIdentifier? KeyAlg { get; init; }

    /// <summary>What its maker knows it by; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? ValueHint { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EncryptedValue Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier? intended = inner.IsNext(Tags.Constructed(0)) ? AlgorithmIdentifier.ReadImplicit(ref inner, 0) : null;
        AlgorithmIdentifier? symmetric = inner.IsNext(Tags.Constructed(1)) ? AlgorithmIdentifier.ReadImplicit(ref inner, 1) : null;
        ReadOnlyMemory<byte>? key = inner.IsNext(Tags.Primitive(2)) ? inner.ReadBitStringOctets(Tags.Primitive(2)) : (ReadOnlyMemory<byte>?)null;
        AlgorithmIdentifier? keyAlgorithm = inner.IsNext(Tags.Constructed(3)) ? AlgorithmIdentifier.ReadImplicit(ref inner, 3) : null;
        ReadOnlyMemory<byte>? hint = inner.IsNext(Tags.Primitive(4)) ? inner.ReadOctetString(Tags.Primitive(4)) : (ReadOnlyMemory<byte>?)null;
        ReadOnlyMemory<byte> value = inner.ReadBitStringOctets();
        inner.ThrowIfNotEmpty();
        return new EncryptedValue(value)
        {
            IntendedAlg = intended,
            SymmAlg = symmetric,
            EncSymmKey = key,
            KeyAlg = keyAlgorithm,
            ValueHint = hint,
            Encoded = encoded,
        };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static EncryptedValue Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (IntendedAlg is not null)
                writer.WriteImplicit(0xA0, IntendedAlg.Encoded);
            if (SymmAlg is not null)
                writer.WriteImplicit(0xA1, SymmAlg.Encoded);
            if (EncSymmKey is { } key)
                writer.WriteBitString(key.Span, tag: Tags.Primitive(2));
            if (KeyAlg is not null)
                writer.WriteImplicit(0xA3, KeyAlg.Encoded);
            if (ValueHint is { } hint)
                writer.WriteOctetString(hint.Span, Tags.Primitive(4));
            writer.WriteBitString(EncValue.Span);
        }
    }
}
