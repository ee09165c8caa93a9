using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>What information and controls say, as texts fit to be shown.</summary>
internal static class ValueText
{
    private const int MaxShownOctets = 256;

    /// <summary>The value of an item of information: a text, or one for each element of a list.</summary>
    internal static IReadOnlyList<string> Of(InfoTypeAndValue item, bool isAnswer)
    {
        object? value = item.InfoValue;
        try
        {
            value = InfoTypes.ReadValue(item, isAnswer);
        }
        catch (CmpException)
        {
            // its octets must do
        }
        return All(value);
    }

    /// <summary>The value of a control, where it is no secret.</summary>
    internal static IReadOnlyList<string> Of(AttributeTypeAndValue control)
    {
        if (control.Oid is Oids.RegToken or Oids.Authenticator)
            return [];
        object? value = PeerValue.Of<object>(() => control.Oid switch
        {
            Oids.OldCertId => Controls.ReadOldCertId(control),
            Oids.AlgId => Controls.ReadAlgId(control),
            Oids.RsaKeyLen => Controls.ReadRsaKeyLen(control),
            Oids.ProtocolEncrKey => SubjectPublicKeyInfo.Decode(control.Value),
            Oids.Utf8Pairs => Utf8PairsText.Of(Controls.ReadText(control)),
            _ => control.Value,
        });
        // what cannot be read as pairs may have a password all the same
        return value is null && control.Oid == Oids.Utf8Pairs ? [NodeText.Secret] : All(value ?? control.Value);
    }

    /// <summary>A time as people and programs read it.</summary>
    internal static string Of(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A certificate by issuer and number.</summary>
    internal static string Of(CertId id) => $"{Hex.Of(id.SerialNumber.Span)} of {id.Issuer}";

    /// <summary>Octets that may be a text of somebody's: reference numbers are, key identifiers are not.</summary>
    internal static string OfOctets(ReadOnlyMemory<byte> octets)
    {
        ReadOnlySpan<byte> span = octets.Span;
        foreach (byte octet in span)
        {
            if (octet is < 0x20 or > 0x7E)
                return Shortened(octets);
        }
        return span.IsEmpty ? string.Empty : System.Text.Encoding.ASCII.GetString(octets.ToArray());
    }

    private static IReadOnlyList<string> All(object? value) => value switch
    {
        null => [],
        string or ReadOnlyMemory<byte> or Asn1Structure => [One(value)],
        IEnumerable<object> list => [.. list.Select(One)],
        _ => [One(value)],
    };

    private static string One(object value) => value switch
    {
        Certificate certificate => PeerValue.Of(() => certificate.Subject.ToString()) ?? "(unreadable certificate)",
        CertificateList crl => PeerValue.Of(() => $"CRL of {crl.Issuer}, {Of(crl.ThisUpdate)}") ?? "(unreadable CRL)",
        AlgorithmIdentifier algorithm => Oids.NameOf(algorithm.Oid),
        SubjectPublicKeyInfo key => KeyText.Of(key) ?? "no key",
        CertId id => Of(id),
        RootCaKeyUpdateContent root => PeerValue.Of(() => $"new root {root.NewWithNew.Subject}") ?? "(unreadable certificate)",
        Messages.Bodies.CaKeyUpdAnnContent root => PeerValue.Of(() => $"new root {root.NewWithNew.Subject}") ?? "(unreadable certificate)",
        CertReqTemplateContent template => TemplateOf(template.CertTemplate),
        CrlStatus status => $"{SourceOf(status.Source)}{(status.ThisUpdate is { } time ? $", since {Of(time)}" : string.Empty)}",
        Cmp.Messages.InfoTypes.KemCiphertextInfo kem => $"{Oids.NameOf(kem.Kem.Oid)}, {kem.Ct.Length} octets",
        EncryptedKey => "encrypted",
        PkiMessage message => PkiBodyTypeNames.Of(message.Body.Type),
        DateTimeOffset time => Of(time),
        string text => InfoTypes.NameOf(PeerText.Escape(text)),
        ReadOnlyMemory<byte> octets => Shortened(octets),
        Asn1Structure structure => Shortened(structure.Encoded),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => PeerText.Escape(value.ToString()),
    };

    private static string TemplateOf(CertTemplate template)
    {
        var parts = new List<string>();
        if (template.Subject is { } subject)
            parts.Add($"subject {subject}");
        if (template.Issuer is { } issuer)
            parts.Add($"issuer {issuer}");
        if (template.PublicKey is { } key)
            parts.Add($"key {Oids.NameOf(key.Algorithm.Oid)}");
        parts.AddRange(template.Extensions.Select(extension => Oids.NameOf(extension.Oid)));
        return parts.Count == 0 ? "nothing is prescribed" : string.Join(", ", parts);
    }

    private static string SourceOf(CrlSource source) => string.Join(", ", (source.Dpn?.FullName ?? source.Issuer).Select(name => name.ToString()));

    private static string Shortened(ReadOnlyMemory<byte> octets) =>
        octets.Length <= MaxShownOctets ? Hex.Of(octets.Span) : Hex.Of(octets.Span.Slice(0, MaxShownOctets)) + $"… ({octets.Length} octets)";
}
