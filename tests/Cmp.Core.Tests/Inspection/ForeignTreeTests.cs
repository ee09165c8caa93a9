using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Cmp.Inspection;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>The tree beside OpenSSL's: <c>asn1parse</c> for each place and length, <c>list -objects</c> for the names of object identifiers.</summary>
public class ForeignTreeTests
{
    private static readonly Regex Line = new(@"^\s*(\d+):d=(\d+)\s+hl=(\d+)\s+l=\s*(\d+)\s+(cons|prim):", RegexOptions.Multiline);

    /// <summary>
    /// Names that differ, each with the reason: OpenSSL's own (<c>prime256v1</c> is X9.62's name of secp256r1), or the RFC's.
    /// </summary>
    private static readonly Dictionary<string, (string Ours, string Theirs, string Why)> OtherNames = new()
    {
        ["1.2.840.113549.1.7.5"] = ("digestedData", "pkcs7-digestData", "RFC 5652 7: id-digestedData"),
        ["2.16.840.1.113730.1.7"] = ("netscape-cert-renewal-url", "nsRenewalUrl", "Netscape's own name"),
        ["1.3.36.3.3.1.2"] = ("rsaSignatureWithripemd160", "ripemd160WithRSA", "TeleTrusT's own name"),
        ["2.5.29.37"] = ("extKeyUsage", "extendedKeyUsage", "RFC 5280 4.2.1.12: id-ce-extKeyUsage"),
        ["2.5.29.27"] = ("deltaCRLIndicator", "deltaCRL", "RFC 5280 5.2.4"),
        ["2.5.29.21"] = ("cRLReasons", "CRLReason", "RFC 5280 5.3.1: id-ce-cRLReasons"),
        ["1.2.840.113549.1.12.1.1"] = ("pbeWithSHAAnd128BitRC4", "pbeWithSHA1And128BitRC4", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.12.1.2"] = ("pbeWithSHAAnd40BitRC4", "pbeWithSHA1And40BitRC4", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.12.1.3"] = ("pbeWithSHAAnd3-KeyTripleDES-CBC", "pbeWithSHA1And3-KeyTripleDES-CBC", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.12.1.4"] = ("pbeWithSHAAnd2-KeyTripleDES-CBC", "pbeWithSHA1And2-KeyTripleDES-CBC", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.12.1.5"] = ("pbeWithSHAAnd128BitRC2-CBC", "pbeWithSHA1And128BitRC2-CBC", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.12.1.6"] = ("pbeWithSHAAnd40BitRC2-CBC", "pbeWithSHA1And40BitRC2-CBC", "RFC 7292 appendix C"),
        ["1.2.840.113549.1.9.15"] = ("smimeCapabilities", "SMIME-CAPS", "RFC 8551 2.5.2"),
        ["1.3.6.1.5.5.7.1.7"] = ("ipAddrBlocks", "sbgp-ipAddrBlock", "RFC 3779 2.2.1"),
        ["1.3.6.1.5.5.7.1.8"] = ("autonomousSysIds", "sbgp-autonomousSysNum", "RFC 3779 3.2.1"),
        ["1.3.6.1.5.5.7.1.9"] = ("routerIdentifier", "sbgp-routerIdentifier", "the prefix names a draft"),
        ["1.3.6.1.5.5.7.1.28"] = ("ipAddrBlocks-v2", "sbgp-ipAddrBlockv2", "RFC 8360"),
        ["1.3.6.1.5.5.7.1.29"] = ("autonomousSysIds-v2", "sbgp-autonomousSysNumv2", "RFC 8360"),
        ["1.3.6.1.5.5.7.48.1.1"] = ("ocsp-basic", "basicOCSPResponse", "RFC 6960 4.2.1: id-pkix-ocsp-basic"),
        ["1.3.6.1.5.5.7.48.1.3"] = ("ocsp-crl", "CrlID", "RFC 6960 4.4.2: id-pkix-ocsp-crl"),
        ["1.3.6.1.5.5.7.48.1.4"] = ("ocsp-response", "acceptableResponses", "RFC 6960 4.4.3: id-pkix-ocsp-response"),
        ["2.16.840.1.113730.4.1"] = ("netscape-sgc", "nsSGC", "no RFC names it"),
        ["1.3.6.1.4.1.11129.2.4.2"] = ("signedCertificateTimestampList", "ct_precert_scts", "RFC 6962 3.3: SignedCertificateTimestampList"),
        ["1.3.6.1.4.1.11129.2.4.3"] = ("precertificatePoison", "ct_precert_poison", "RFC 6962 3.1: poison extension"),
        ["1.3.6.1.4.1.11129.2.4.4"] = ("precertificateSigning", "ct_precert_signer", "RFC 6962 3.1: Precertificate Signing Certificate"),
        ["1.3.6.1.4.1.11129.2.4.5"] = ("ocspSignedCertificateTimestampList", "ct_cert_scts", "RFC 6962 3.3"),
        ["1.2.643.7.1.1.2.2"] = ("id-tc26-gost3411-12-256", "md_gost12_256", "RFC 9215 2"),
        ["1.2.643.7.1.1.2.3"] = ("id-tc26-gost3411-12-512", "md_gost12_512", "RFC 9215 2"),
        ["1.2.643.7.1.1.1.1"] = ("id-tc26-gost3410-12-256", "gost2012_256", "RFC 9215 4"),
        ["1.2.643.7.1.1.1.2"] = ("id-tc26-gost3410-12-512", "gost2012_512", "RFC 9215 4"),
        ["1.2.643.7.1.1.3.2"] = ("id-tc26-signwithdigest-gost3410-12-256", "id-tc26-signwithdigest-gost3410-2012-256", "RFC 9215 3"),
        ["1.2.643.7.1.1.3.3"] = ("id-tc26-signwithdigest-gost3410-12-512", "id-tc26-signwithdigest-gost3410-2012-512", "RFC 9215 3"),
        ["1.2.840.10045.3.1.1"] = ("secp192r1", "prime192v1", "RFC 5480 2.1.1.1"),
        ["1.2.840.10045.3.1.7"] = ("secp256r1", "prime256v1", "RFC 5480 2.1.1.1"),
        ["2.16.840.1.101.3.4.2.19"] = ("KmacWithSHAKE128", "kmac128", "RFC 8702 3.4"),
        ["2.16.840.1.101.3.4.2.20"] = ("KmacWithSHAKE256", "kmac256", "RFC 8702 3.4"),
        ["1.3.6.1.4.1.311.2.1.14"] = ("msCertExtensions", "msExtReq", "szOID_CERT_EXTENSIONS of [MS-WCCE] 2.2.2.7.1"),
        ["1.3.6.1.4.1.311.17.1"] = ("msCspName", "CSPName", "those of Microsoft begin with ms here"),
        ["1.3.6.1.4.1.311.17.2"] = ("msLocalKeySet", "LocalKeySet", "those of Microsoft begin with ms here"),
    };

    [SkippableFact]
    public void Openssl_asn1parse_agrees_with_every_place_and_length()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        var seen = new HashSet<string>();
        foreach ((string name, byte[] octets) in Trees.Made.Concat(Trees.Foreign))
            Compare(name, octets, MessageTree.Read(octets), seen);
        Assert.InRange(seen.Count, 60, 10_000);
    }

    [SkippableFact]
    public void Openssl_calls_object_identifiers_as_we_do_or_the_difference_is_listed()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        string list = System.Text.Encoding.UTF8.GetString(OpenSsl.Require(["list", "-objects"]));
        var differences = new List<string>();
        int both = 0;
        foreach (Match match in Regex.Matches(list, @"^(\S+) = (?:(.*), )?([\d.]+)\r?$", RegexOptions.Multiline))
        {
            string oid = match.Groups[3].Value;
            if (OidNames.Of(oid) is not { } ours)
                continue;
            both++;
            bool isSame = new[] { match.Groups[1].Value, match.Groups[2].Value }.Any(theirs => theirs.Length > 0 && Plain(theirs) == Plain(ours));
            if (!isSame && !(OtherNames.TryGetValue(oid, out (string Ours, string Theirs, string Why) known) && known.Ours == ours && (known.Theirs == match.Groups[1].Value || known.Theirs == match.Groups[2].Value)))
                differences.Add($"{oid}: {ours}, {match.Groups[1].Value}, {match.Groups[2].Value}");
        }
        Assert.Empty(differences);
        Assert.InRange(both, 300, 700);
    }

    /// <summary>Asks about the octets that a part lies in, and about those that are written within octets, once each.</summary>
    private static void Compare(string name, byte[] octets, MessageNode root, HashSet<string> seen)
    {
        if (!seen.Add(Convert.ToBase64String(octets)))
            return;
        ProgramResult result = OpenSsl.Run(["asn1parse", "-i", "-inform", "DER"], octets);
        (int, int, int, int)[] theirs = [.. Line.Matches(result.Text).Select(match => (Number(match, 1), Number(match, 2), Number(match, 3), Number(match, 4)))];
        var ours = new List<(int, int, int, int)>();
        var within = new List<MessageNode>();
        Collect(root, 0);
        Assert.Equal(theirs, ours);
        foreach (MessageNode node in within)
            Compare(name, node.GetOctets(), node, seen);

        void Collect(MessageNode node, int depth)
        {
            if (node.HeaderLength == 0)
                return;
            ours.Add((node.Offset - root.Offset, depth, node.HeaderLength, node.Length));
            bool isConstructed = (node.GetOctets()[0] & 0x20) != 0;
            foreach (MessageNode child in node.Children)
            {
                if (isConstructed)
                    Collect(child, depth + 1);
                else if (child.HeaderLength > 0)
                    within.Add(child);
            }
        }
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    /// <summary>Without case, hyphens, and the prefixes that name an arc.</summary>
    private static string Plain(string name) =>
        Regex.Replace(name.ToLowerInvariant(), "^(id-(it|regctrl|reginfo|kp|qt|on|pe|pda|ad|alg|smime-aa|smime-ct|smime-alg|pkix)?-?|pkcs7-|x509|ext)", string.Empty)
            .Replace("-", string.Empty, StringComparison.Ordinal).Replace("_", string.Empty, StringComparison.Ordinal).Replace(" ", string.Empty, StringComparison.Ordinal);
}
