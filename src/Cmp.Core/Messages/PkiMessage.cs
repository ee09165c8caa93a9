using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Messages;

/// <summary>A message of CMP.</summary>
/// <param name="Header">What it says of itself.</param>
/// <param name="Body">What it says.</param>
/// <remarks>
/// RFC 9810 5.1, EXPLICIT TAGS:
/// <code>
/// PKIMessage ::= SEQUENCE { header PKIHeader, body PKIBody, protection [0] PKIProtection OPTIONAL,
///   extraCerts [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate OPTIONAL }
/// PKIProtection ::= BIT STRING
/// ProtectedPart ::= SEQUENCE { header PKIHeader, body PKIBody }
/// </code>
/// </remarks>
public sealed record PkiMessage(PkiHeader Header, PkiBody Body) : Asn1Structure
{
    /// <summary>The MAC or the signature; <see langword="null"/> where the message is not protected.</summary>
    public ReadOnlyMemory<byte>? Protection { get; init; }

    /// <summary>
    /// How many bits of the last octet of a received protection do not count: 0, or nothing verifies (rule 20). Old cmpforopenssl
    /// trimmed trailing zeros; such a message can be looked at, but not believed.
    /// </summary>
    public int UnusedProtectionBits { get; internal init; }

    /// <summary>Certificates that may help to verify; they are not protected themselves.</summary>
    public IReadOnlyList<Certificate> ExtraCerts { get; init; } = [];

    /// <summary>
    /// What the protection is computed over: DER of ProtectedPart, made of the octets that header and body have (rule 20).
    /// </summary>
    /// <remarks>A new array at each call.</remarks>
    public byte[] ProtectedPart => Tlv.Of(0x30, Header.Encoded.Span, Body.Encoded.Span);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The message.</returns>
    public static PkiMessage Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        PkiHeader header = PkiHeader.Read(ref inner);
        PkiBody body = PkiBody.Read(ref inner);
        inner.TryReadExplicit(0, ReadProtection, out (ReadOnlyMemory<byte>? Octets, int UnusedBits) protection);
        inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadFilledList(Certificate.Read), out IReadOnlyList<Certificate>? extraCerts);
        inner.ThrowIfNotEmpty();
        return new PkiMessage(header, body)
        {
            Protection = protection.Octets,
            UnusedProtectionBits = protection.UnusedBits,
            ExtraCerts = extraCerts ?? [],
            Encoded = encoded,
        };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one message.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The message, its slices pointing into <paramref name="octets"/>.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static PkiMessage Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override string? Describe() => PkiBodyTypeNames.Of(Body.Type);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Header.Write(writer);
            Body.Write(writer);
            if (Protection is { } protection)
            {
                using (writer.PushSequence(Tags.Constructed(0)))
                    writer.WriteBitString(protection.Span);
            }
            writer.WriteExplicitList(1, ExtraCerts);
        }
    }

    private static (ReadOnlyMemory<byte>? Octets, int UnusedBits) ReadProtection(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> whole = reader.PeekEncoded();
        ReadOnlyMemory<byte> octets = reader.ReadBitString(out int unusedBits);
        if (unusedBits != 0)
            reader.Find(MessageRules.ProtectionUnusedBits, "The protection does not end at a whole octet.", whole);
        return (octets, unusedBits);
    }
}
