using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;

namespace Cmp.Messages;

/// <summary>A piece of information with its type, the value raw; of generalInfo and of general messages.</summary>
/// <param name="InfoType">Which kind, dotted decimal.</param>
/// <param name="InfoValue">The value whole; <see langword="null"/> where absent.</param>
/// <remarks>
/// RFC 9810 5.3.19:
/// <code>InfoTypeAndValue ::= SEQUENCE { infoType OBJECT IDENTIFIER, infoValue ANY DEFINED BY infoType OPTIONAL }</code>
/// </remarks>
public sealed record InfoTypeAndValue(string InfoType, ReadOnlyMemory<byte>? InfoValue = null) : Asn1Structure
{
    private static readonly byte[] DerNull = [5, 0];

    /// <summary>Asks for implicit confirmation, or grants it (RFC 9810 5.1.1.1).</summary>
    public static InfoTypeAndValue ImplicitConfirm { get; } = new(Oids.ImplicitConfirm, DerNull);

    /// <summary>The deadline of a certConf (RFC 9810 5.1.1.2).</summary>
    /// <param name="time">The deadline.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue ConfirmWaitTime(DateTimeOffset time)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteWholeSeconds(time);
        return new InfoTypeAndValue(Oids.ConfirmWaitTime, writer.Encode());
    }

    /// <summary>Names certificate profiles (RFC 9810 5.1.1.4).</summary>
    /// <param name="profiles">One name a request.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CertProfile(params string[] profiles)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string profile in profiles)
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, profile);
        }
        return new InfoTypeAndValue(Oids.CertProfile, writer.Encode());
    }

    internal bool NeedsPvno3 => InfoType == Oids.RevPassphrase && EncryptedKey.IsEnveloped(InfoValue);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string oid = inner.ReadOid();
        ReadOnlyMemory<byte>? value = inner.HasData ? inner.ReadEncoded() : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new InfoTypeAndValue(oid, value) { Encoded = encoded };
    }

    /// <summary>The time that a confirmWaitTime holds.</summary>
    /// <returns>The time; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public DateTimeOffset? ReadTime() =>
        InfoValue is { } value ? Asn1Reader.Decode(value, null, (ref Asn1Reader reader) => reader.ReadGeneralizedTime()) : null;

    /// <summary>The names that a certProfile holds; the form without the SEQUENCE OF is read too (rule 8).</summary>
    /// <returns>The names.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public IReadOnlyList<string> ReadProfiles() =>
        InfoValue is { } value
            ? Asn1Reader.Decode(value, null, (ref Asn1Reader reader) =>
                reader.IsNext(Tags.Utf8String) ? [reader.ReadUtf8String()] : reader.ReadList((ref Asn1Reader r) => r.ReadUtf8String()))
            : [];

    /// <inheritdoc/>
    protected override string? Describe() => InfoTypes.InfoTypes.NameOf(InfoType);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(InfoType);
            if (InfoValue is { } value)
                writer.WriteEncodedValue(value.Span);
        }
    }
}
