using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Net;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>A name of a certificate or the base of a subtree, taken apart once for many comparisons (RFC 5280 4.2.1.10).</summary>
internal sealed class ConstrainedName
{
    private const string EmailAddress = "1.2.840.113549.1.9.1";

    private readonly GeneralName _name;
    private readonly IReadOnlyList<string> _parts = [];
    private readonly string? _text;

    internal ConstrainedName(GeneralName name)
    {
        _name = name;
        if (name.DirectoryName is { } directoryName)
            _parts = directoryName.ComparableParts();
        else if (name.Type is GeneralNameType.DnsName or GeneralNameType.Rfc822Name or GeneralNameType.Uri)
            _text = PlainText(name);
    }

    internal GeneralNameType Type => _name.Type;

    public override string ToString() => _name.ToString();

    /// <summary>The subject, e-mail addresses in it, and the alternative names.</summary>
    internal static IReadOnlyList<ConstrainedName> AllOf(Certificate certificate)
    {
        var names = new List<ConstrainedName>();
        if (!certificate.Subject.IsEmpty)
        {
            names.Add(new ConstrainedName(GeneralName.FromName(certificate.Subject)));
            names.AddRange(EmailAddressesIn(certificate.Subject));
        }
        foreach (GeneralName name in certificate.SubjectAltNames)
            names.Add(new ConstrainedName(name));
        return names;
    }

    /// <summary>Whether a name of the same form lies in the subtree whose base this is.</summary>
    /// <returns><see langword="null"/> where that cannot be said: the form is not supported, or the name is malformed.</returns>
    internal bool? Covers(ConstrainedName name) => Type switch
    {
        GeneralNameType.DirectoryName => IsPrefixOf(name._parts),
        GeneralNameType.IPAddress => CoversAddress(_name.Content.Span, name._name.Content.Span),
        GeneralNameType.DnsName when _text is { } subtree && name._text is { } host => CoversHost(subtree, host),
        GeneralNameType.Rfc822Name when _text is { } subtree && name._text is { } mailbox => CoversMailbox(subtree, mailbox),
        GeneralNameType.Uri when _text is { } subtree && name._text is { } uri && HostOf(uri) is { } host => CoversExactly(subtree, host),
        _ => null,
    };

    private bool IsPrefixOf(IReadOnlyList<string> parts)
    {
        if (parts.Count < _parts.Count)
            return false;
        for (int i = 0; i < _parts.Count; i++)
        {
            if (_parts[i] != parts[i])
                return false;
        }
        return true;
    }

    /// <summary>The base has an address and a mask of its length.</summary>
    private static bool? CoversAddress(ReadOnlySpan<byte> subtree, ReadOnlySpan<byte> address)
    {
        if (subtree.Length is not (8 or 32) || address.Length is not (4 or 16))
            return null;
        if (subtree.Length != 2 * address.Length)
            return false;
        for (int i = 0; i < address.Length; i++)
        {
            if (((subtree[i] ^ address[i]) & subtree[address.Length + i]) != 0)
                return false;
        }
        return true;
    }

    /// <summary>The host itself and all below it; a leading dot, which the RFC does not know here, means only those below, as with OpenSSL.</summary>
    private static bool CoversHost(string subtree, string host) =>
        CoversExactly(subtree, host) || EndsWith(host, "." + subtree);

    /// <summary>With a leading dot the hosts below, else the host alone; an empty base covers all, as with NSS.</summary>
    private static bool CoversExactly(string subtree, string host) =>
        subtree.Length == 0 || (subtree[0] == '.' ? EndsWith(host, subtree) : IsSame(subtree, host));

    /// <summary>One mailbox, all of a host, or with a leading dot all of the hosts below.</summary>
    private static bool? CoversMailbox(string subtree, string mailbox)
    {
        int at = mailbox.LastIndexOf('@');
        if (at < 0)
            return null;
        string host = mailbox.Substring(at + 1);
        int subtreeAt = subtree.LastIndexOf('@');
        return subtreeAt < 0
            ? CoversExactly(subtree, host)
            : IsSame(subtree.Substring(subtreeAt + 1), host) && subtree.Substring(0, subtreeAt) == mailbox.Substring(0, at);
    }

    /// <summary>The host name in a URI; <see langword="null"/> where it has none, or an address, which no constraint can cover.</summary>
    private static string? HostOf(string uri)
    {
        int begin = uri.IndexOf("://", StringComparison.Ordinal);
        if (begin < 0)
            return null;
        string authority = uri.Substring(begin + 3);
        int end = authority.IndexOfAny(['/', '?', '#', '\\']);
        if (end >= 0)
            authority = authority.Substring(0, end);
        string host = authority.Substring(authority.LastIndexOf('@') + 1);
        if (host.Length == 0 || host[0] == '[')
            return null;
        int port = host.IndexOf(':');
        if (port >= 0)
            host = host.Substring(0, port);
        host = host.TrimEnd('.');
        return host.Length == 0 || IPAddress.TryParse(host, out _) ? null : host;
    }

    private static bool IsSame(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool EndsWith(string host, string end) => host.Length > end.Length && host.EndsWith(end, StringComparison.OrdinalIgnoreCase);

    /// <summary>The text without the final dot of an absolute host name; <see langword="null"/> where it is none.</summary>
    private static string? PlainText(GeneralName name)
    {
        foreach (byte octet in name.Content.Span)
        {
            if (octet is <= 0x20 or > 0x7E)
                return null;
        }
        string text = name.Text();
        return name.Type == GeneralNameType.Uri ? text : text.TrimEnd('.');
    }

    private static List<ConstrainedName> EmailAddressesIn(Name subject) => Asn1Reader.Decode(subject.Encoded, null, (ref Asn1Reader reader) =>
    {
        var addresses = new List<ConstrainedName>();
        Asn1Reader parts = reader.ReadSequence();
        while (parts.HasData)
        {
            Asn1Reader part = parts.ReadConstructed(Asn1Tag.SetOf);
            while (part.HasData)
            {
                Asn1Reader attribute = part.ReadSequence();
                if (attribute.ReadOid() == EmailAddress)
                    addresses.Add(new ConstrainedName(MailboxOf(attribute.ReadContent(attribute.PeekTag()))));
            }
        }
        return addresses;
    });

    private static GeneralName MailboxOf(ReadOnlyMemory<byte> text)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(text.Span, Tags.Primitive((int)GeneralNameType.Rfc822Name));
        return GeneralName.Decode(writer.Encode());
    }
}
