using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Protection;
using Cmp.Tests;
using Xunit;

namespace Cmp.Core.Tests;

/// <summary>
/// Holds about_Cmp_Conformance to what is there: it lists all that the standards name, each claim names a test that exists and runs, and what is
/// called proven is tested against what others wrote.
/// </summary>
public sealed class ConformanceTests
{
    private const string Proven = "proven", TwoSided = "two-sided", Unproven = "unproven";

    /// <summary>What the code of a test mentions that has to do with foreign code: programs, servers, captures and messages of others.</summary>
    private static readonly string[] ForeignWords = ["OpenSsl", "MockServer", "Tshark", "tshark", "Wireshark", "ForeignMessages", "Repository.Data", "RfcExamplesTests", "Org.BouncyCastle", "namespace Cmp.Interop", "\"curl\"", "\"nginx\"", "Capture.Read("];

    /// <summary>What it mentions that reads recorded messages, which are not everywhere.</summary>
    private static readonly string[] RecordedWords = ["ForeignMessages.Recorded", "Repository.Data", "Capture.Read("];

    private static readonly string Page = Path.Combine(Repository.Root, "en-US", "about_Cmp_Conformance.md");

    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<Row>>> Tables = new(Read);

    private static readonly Lazy<IReadOnlyDictionary<string, TestSource>> Tests = new(FindTests);

    /// <summary>What each table has to list, no more and no less.</summary>
    public static TheoryData<string, string[]> Required => new()
    {
        { "BODIES", [.. Enum.GetValues<PkiBodyType>().Select(PkiBodyTypeNames.Of)] },
        { "PROTECTIONS", [.. Enum.GetNames<ProtectionKind>()] },
        { "INFO TYPES", [.. InfoTypes] },
        { "STATUS", [.. Enum.GetValues<PkiStatus>().Select(PkiStatusNames.Of)] },
        { "RFC 9483", [.. Profile] },
        { "ROADS", [.. Roads.Beginnings.Select(beginning => beginning.Key.Substring(0, beginning.Key.IndexOf(':')))] },
        { "ROADS IN DETAIL", [.. RoadDetails] },
        { "ANNOUNCEMENTS", [.. Enum.GetNames<PollingWay>(), "push over HTTP, HTTPS", "push over TCP-Messages", "batches (nested)", "key update", "revocation", "certificate, CRLs"] },
        { "PROOFS OF POSSESSION", ["signature", "signature over poposkInput", "raVerified", "encrCert", "challengeResp", "encryptedKey", "thisMessage", "agreeMAC", "dhMAC", "DHBasedMac"] },
        { "ENVELOPES", ["KTRI", "KARI", "PWRI", "KEMRI", "AsymmetricKeyPackage in SignedData", "EncryptedValue", "pkiArchiveOptions"] },
        { "RFC 9481", [.. Algorithms] },
    };

    /// <summary>RFC 9810 5.3.19 and 5.1.1, id-it 1 to 24 without those that were never assigned.</summary>
    private static IEnumerable<string> InfoTypes =>
    [
        "caProtEncCert", "signKeyPairTypes", "encKeyPairTypes", "preferredSymmAlg", "caKeyUpdateInfo", "currentCRL", "unsupportedOIDs",
        "keyPairParamReq", "keyPairParamRep", "revPassphrase", "implicitConfirm", "confirmWaitTime", "origPKIMessage", "suppLangTags",
        "caCerts", "rootCaKeyUpdate", "certReqTemplate", "rootCaCert", "certProfile", "crlStatusList", "crls", "KemCiphertextInfo",
    ];

    /// <summary>RFC 9483 7, tables 3 and 4.</summary>
    private static IEnumerable<string> Profile =>
    [
        "Generic", "IR", "CR", "KUR", "P10CR", "MAC", "CKeyGen", "RR", "CACerts", "RootUpd", "ReqTempl", "CRLUpd", "Polling",
        "CertResp", "CertConf", "RevResp", "GenResp", "InitPoll", "FwdKeep", "FwdAddS", "FwdAddB", "FwdReqKP", "FwdReqBP", "CertROnB", "RevROnB",
        "HTTP", "CoAP", "Piggyb", "Offline",
    ];

    /// <summary>The texts about HTTP, the styles of TCP-Messages, and what else the standards of the roads have.</summary>
    private static IEnumerable<string> RoadDetails =>
    [
        .. Enum.GetNames<HttpGeneration>(), .. Enum.GetNames<TcpMessageStyle>().Select(style => "TCP-Messages, " + style), "polling references", "partialMsgRep",
        "HTTP/1.0, 1.1, 2", "proxies", "Retry-After", "redirects", "/.well-known/cmp", "Block1, Block2", "Observe", "discovery", "maildir",
    ];

    /// <summary>RFC 9481 2 to 6, and what RFC 9810 and its profiles add for quantum computers.</summary>
    private static IEnumerable<string> Algorithms =>
    [
        "SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHAKE128", "SHAKE256",
        "sha224WithRSAEncryption", "sha256WithRSAEncryption", "sha384WithRSAEncryption", "sha512WithRSAEncryption",
        "RSASSA-PSS", "RSASSA-PSS-SHAKE128", "RSASSA-PSS-SHAKE256",
        "ecdsa-with-SHA224", "ecdsa-with-SHA256", "ecdsa-with-SHA384", "ecdsa-with-SHA512", "ecdsa-with-shake128", "ecdsa-with-shake256",
        "Ed25519", "Ed448", "ML-DSA", "SLH-DSA",
        "DH", "ECDH", "X25519", "X448", "RSA key transport", "RSAES-OAEP", "ML-KEM", "PBKDF2",
        "AES wrap", "AES-CBC",
        "PasswordBasedMac", "PBMAC1", "DHBasedMac", "KemBasedMac", "HMAC", "AES-GMAC", "KMAC",
    ];

    [Theory]
    [MemberData(nameof(Required))]
    public void Each_table_lists_what_the_standards_name(string table, string[] names) =>
        Assert.Equal(names, Tables.Value[table].Select(row => row.Name));

    [Fact]
    public void Each_row_says_what_it_is_and_who_shows_it() => Assert.Empty(Rows().SelectMany(Faults));

    [Fact]
    public void What_is_proven_is_tested_against_what_others_wrote() => Assert.Empty(
        Rows().Where(row => row.State == Proven && !row.Tests.Any(name => Tests.Value.TryGetValue(name, out TestSource? test) && test.Mentions(ForeignWords)))
            .Select(row => $"{row}: none of its tests meets foreign code"));

    /// <summary>A proof that needs the folder of recorded messages says so, and stays one where that folder is not there.</summary>
    [Fact]
    public void A_proof_by_recorded_messages_says_so() => Assert.Empty(
        Rows().Where(row => row.State == Proven)
            .Where(row => row.NeedsRecorded != row.Tests.Select(name => Tests.Value.TryGetValue(name, out TestSource? test) ? test : null).OfType<TestSource>()
                .Where(test => test.Mentions(ForeignWords)).All(test => test.Mentions(RecordedWords)))
            .Select(row => $"{row}: whether its proof needs recorded messages is said wrongly"));

    private static IEnumerable<Row> Rows() => Tables.Value.Values.SelectMany(rows => rows);

    private static IEnumerable<string> Faults(Row row)
    {
        if (row.State is not (Proven or TwoSided or Unproven))
            yield return $"{row}: '{row.State}' is none of {Proven}, {TwoSided}, {Unproven}";
        if (row.State == Unproven ? row.Tests.Count > 0 : row.Tests.Count == 0)
            yield return $"{row}: what is unproven names no test, all else names one";
        foreach (string name in row.Tests)
        {
            if (!Tests.Value.TryGetValue(name, out TestSource? test))
                yield return $"{row}: there is no test {name}";
            else if (test.IsSwitchedOff)
                yield return $"{row}: the test {name} does not run";
        }
    }

    private static Dictionary<string, IReadOnlyList<Row>> Read()
    {
        var tables = new Dictionary<string, IReadOnlyList<Row>>();
        foreach (Match section in Regex.Matches(File.ReadAllText(Page), @"^## (.+?)\s*$(.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline))
        {
            List<Row> rows = [.. section.Groups[2].Value.Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(line => Row.Of(section.Groups[1].Value, line))];
            if (rows.Count > 0)
                tables[section.Groups[1].Value] = rows;
        }
        return tables;
    }

    /// <summary>The tests by class and name, from their sources: they lie in several assemblies.</summary>
    private static Dictionary<string, TestSource> FindTests()
    {
        var tests = new Dictionary<string, TestSource>();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            string name = Path.GetFileNameWithoutExtension(file);
            MatchCollection found = Regex.Matches(text, @"\[(?:Skippable)?(?:Fact|Theory)(?:\((?<options>[^\]]*)\))?\](?<rest>.*?)\bpublic (?:async )?(?:Task|void) (?<name>\w+)\(", RegexOptions.Singleline);
            string shared = found.Count > 0 ? text.Substring(0, found[0].Index) : string.Empty;
            for (int i = 0; i < found.Count; i++)
            {
                // what a test mentions stands between its name and the next test, and what its class mentions at its head
                int end = i + 1 < found.Count ? found[i + 1].Index : text.Length;
                tests[$"{name}.{found[i].Groups["name"].Value}"] = new TestSource(shared + text.Substring(found[i].Index, end - found[i].Index), found[i].Groups["options"].Value.Contains("Skip"));
            }
        }
        return tests;
    }

    /// <summary>A row: what, its state, what is to be said of it, and the tests.</summary>
    private sealed record Row(string Table, string Name, string State, IReadOnlyList<string> Tests, string Remark)
    {
        internal bool NeedsRecorded => Remark.Contains("recorded messages");

        internal static Row Of(string table, string line)
        {
            string[] cells = [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];
            Assert.Equal(4, cells.Length);
            return new Row(table, cells[0], cells[1], [.. cells[3].Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)], cells[2]);
        }

        public override string ToString() => $"{Table}: {Name}";
    }

    private sealed record TestSource(string Text, bool IsSwitchedOff)
    {
        internal bool Mentions(IEnumerable<string> words) => words.Any(word => Text.Contains(word, StringComparison.Ordinal));
    }
}
