using System;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>
/// Whether a TLS server's certificate is for the server that was asked for, where the system does not look itself (rule 59, RFC 9525): by a name or by an address
/// among its alternative names, exactly. A common name says nothing.
/// </summary>
internal static class TlsHostName
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Address = new(TagClass.ContextSpecific, 7);

    /// <summary>Looks whether a certificate names a host.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="host">The host: a name in ASCII, or an address without brackets.</param>
    /// <returns>Whether it does; not where what it says cannot be read.</returns>
    public static bool IsNamed(X509Certificate2 certificate, string host)
    {
        byte[]? names = null;
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != SubjectAlternativeName)
                continue;
            // RFC 5280 4.2: there is one of a kind
            if (names is not null)
                return false;
            names = extension.RawData;
        }
        if (names is null)
            return false;
        try
        {
            return IsNamed(names, IPAddress.TryParse(host, out IPAddress? address) ? address.GetAddressBytes() : null, host);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool IsNamed(byte[] names, byte[]? address, string host)
    {
        AsnReader all = new(names, AsnEncodingRules.DER);
        AsnReader sequence = all.ReadSequence();
        all.ThrowIfNotEmpty();
        bool isNamed = false;
        while (sequence.HasData)
        {
            Asn1Tag tag = sequence.PeekTag();
            if (tag.HasSameClassAndValue(DnsName))
            {
                string pattern = sequence.ReadCharacterString(UniversalTagNumber.IA5String, DnsName);
                // RFC 9525 6.1: an address is never looked for among the names
                isNamed |= address is null && Matches(pattern, host);
            }
            else if (tag.HasSameClassAndValue(Address))
            {
                byte[] octets = sequence.ReadOctetString(Address);
                isNamed |= address is not null && octets.AsSpan().SequenceEqual(address);
            }
            else
            {
                sequence.ReadEncodedValue();
            }
        }
        return isNamed;
    }

    /// <summary>
    /// RFC 9525 6.3: label by label, capitals or not. A wildcard is a whole label, the first one, and stands for exactly one label; what is below it has two
    /// labels at least, so that nobody answers for all of <c>*.com</c>.
    /// </summary>
    private static bool Matches(string pattern, string host)
    {
        string[] expected = host.EndsWith(".", StringComparison.Ordinal) ? host.Substring(0, host.Length - 1).Split('.') : host.Split('.');
        string[] presented = pattern.Split('.');
        if (presented.Length != expected.Length || Array.IndexOf(presented, string.Empty) >= 0)
            return false;
        bool isWildcard = presented[0] == "*" && presented.Length > 2;
        for (int i = isWildcard ? 1 : 0; i < presented.Length; i++)
        {
            if (presented[i].IndexOf('*') >= 0 || !string.Equals(presented[i], expected[i], StringComparison.OrdinalIgnoreCase))
                return false;
        }
        return expected[0].Length > 0;
    }
}
