using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages.Rules;

/// <summary>What messages that others made depart from, each departure judged: it is theirs.</summary>
public class ForeignRulesTests
{
    /// <summary>The rules, RFC 9483's too, that each recorded message departs from; one that is not named departs from none.</summary>
    private static readonly Dictionary<string, string> Recorded = new()
    {
        // Siemens' test suite: a mail address under DHBasedMac, which rests on SHA-1; under a MAC the whole name stands in senderKID where the
        // profile wants the common name; a KEM ciphertext under a number of their own, so that nothing excuses the missing protection
        ["foreign/0001.verify_pkimessage_protection.der"] = "Header.SenderForm Mac.Sha1",
        ["foreign/0002.req.der"] = "ExtraCerts.SelfSigned Header.SenderReference",
        ["foreign/0003.rsp.der"] = "ConfirmWaitTime.Missing ExtraCerts.Chain",
        ["foreign/0004.req.der"] = "ExtraCerts.SelfSigned Header.SenderReference",
        ["foreign/0006.verify_pkimessage_protection.der"] = "Header.SenderReference Pop.RaVerified",
        ["foreign/0008.req.der"] = "ExtraCerts.SelfSigned Header.SenderReference",
        ["foreign/0009.rsp.der"] = "ConfirmWaitTime.Missing",
        ["foreign/0010.verify_pkimessage_protection.der"] = "ConfirmWaitTime.Missing",
        ["foreign/0011.req.der"] = "ExtraCerts.SelfSigned Header.SenderReference Pop.RaVerified",
        ["foreign/0014.req.der"] = "General.Unknown Protection.Missing",
        ["foreign/0015.rsp.der"] = "General.Unknown Protection.Missing",
        ["foreign/0018.req.der"] = "General.Unknown Protection.Missing",
        ["foreign/0019.rsp.der"] = "General.Unknown Protection.Missing",
        ["foreign/0021.rsp.der"] = "ConfirmWaitTime.Missing ExtraCerts.SelfSigned",
        ["foreign/0023.rsp.der"] = "ExtraCerts.SelfSigned",
        ["foreign/0024.req.der"] = "General.Unknown Protection.Missing",
        ["foreign/0025.rsp.der"] = "General.Unknown Protection.Missing",
        ["foreign/0027.rsp.der"] = "ExtraCerts.SelfSigned",
        ["foreign/0028.req.der"] = "General.Unknown Protection.Missing",
        ["foreign/0029.rsp.der"] = "General.Unknown Protection.Missing",

        // Siemens' mock CA
        ["foreign/challenge-x25519.q.der"] = "Header.SenderReference Mac.FewIterations",
        ["foreign/challenge-x25519.r.der"] = "Mac.FewIterations",
        ["foreign/encrcert-mlkem.q.der"] = "Header.SenderReference Mac.FewIterations",
        ["foreign/encrcert-mlkem.r.der"] = "ConfirmWaitTime.Missing Envelope.Version ExtraCerts.SelfSigned Mac.FewIterations Response.EncryptedCert",
        ["foreign/hmac-ir.q.der"] = "Header.SenderReference",
        ["foreign/hmac-ir.r.der"] = "ExtraCerts.SelfSigned Mac.FewIterations",
        ["foreign/mldsa-ir.q.der"] = "Header.SenderReference",
        ["foreign/mldsa-ir.r.der"] = "ExtraCerts.SelfSigned",
        ["foreign/pbmac1-ir.q.der"] = "Header.SenderReference",
        ["foreign/pbmac1-ir.r.der"] = "ExtraCerts.SelfSigned",

        // Insta Certifier and OpenSSL's client of its time; the genm asks for everything, which RFC 9810 D.5 knows and the profile does not
        ["insta/CP_Insta.der"] = "ConfirmWaitTime.Missing Mac.FewIterations Mac.Sha1",
        ["insta/CR_Insta.der"] = "Header.SenderReference Mac.FewIterations Mac.Sha1",
        ["insta/Error_Insta.der"] = "DER.NamedBits",
        ["insta/GenM_Insta.der"] = "General.Count Header.SenderReference Mac.FewIterations Mac.Sha1",
        ["insta/GenP_Insta.der"] = "ExtraCerts.SelfSigned ExtraCerts.SignerFirst General.Count Header.SenderKidSigner",
        ["insta/PollRep_Insta.der"] = "Mac.FewIterations Mac.Sha1",
        ["insta/PollReq_Insta.der"] = "Header.SenderReference Mac.FewIterations Mac.Sha1",

        // cmpforopenssl of 2009 trimmed zeros off MACs and signatures, named no subject and signed the template all the same; cryptlib says the
        // algorithm of its MAC without parameters ("as before"), its pkiconf is a sequence, and its errors have no nonce
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #1"] = "Header.SenderReference Mac.FewIterations Mac.Sha1 Pop.InputMissing Pop.WeakSignature Protection.UnusedBits Template.Subject",
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #2"] = "ConfirmWaitTime.Missing ExtraCerts.Chain Mac.FewIterations Mac.Sha1",
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #3"] = "Header.SenderReference Mac.FewIterations Mac.Sha1 Protection.UnusedBits",
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #4"] = "Mac.Parameters Pkiconf.Value",
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #5"] = "ExtraCerts.Missing Pop.UnusedBits Pop.WeakSignature Protection.WeakSignature Update.OldCertId",
        ["cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #6"] = "Header.SenderNonce Protection.WeakSignature Status.NoReason",
        ["cmp_IR_sequence_OpenSSL-Cryptlib.pcap #1"] = "Header.SenderReference Mac.FewIterations Mac.Sha1 Pop.InputMissing Pop.WeakSignature Template.Subject",
        ["cmp_IR_sequence_OpenSSL-Cryptlib.pcap #2"] = "ConfirmWaitTime.Missing ExtraCerts.Chain Mac.FewIterations Mac.Sha1",
        ["cmp_IR_sequence_OpenSSL-Cryptlib.pcap #3"] = "Header.RecipNonce Header.SenderReference Mac.FewIterations Mac.Sha1",
        ["cmp_IR_sequence_OpenSSL-Cryptlib.pcap #4"] = "Mac.FewIterations Mac.Sha1",
    };

    /// <summary>What OpenSSL's client and mock server depart from, and why it is so. Other versions may do better.</summary>
    private static readonly Dictionary<string, string> OfOpenSsl = new()
    {
        ["Mac.Sha1"] = "HMAC-SHA1 is OpenSSL's default for PasswordBasedMac",
        ["Mac.FewIterations"] = "500 iterations are too",
        ["ConfirmWaitTime.Missing"] = "the mock server says no time",
        ["Header.SenderReference"] = "a client that has no subject has no name under a MAC either",
        ["Info.Unknown"] = "the test asks for -geninfo 1.2.3.4",
        ["Pop.RaVerified"] = "the test asks for -popo 0",
        ["Pop.Missing"] = "the test asks for -popo -1",
        ["Pop.Signature"] = "the test asks for -popo 2 with a key that can sign",
        ["Update.Protection"] = "the test updates under a secret",
        ["Protection.Error"] = "the test asks for -send_unprot_err",
        ["ExtraCerts.Missing"] = "the rp of the mock server brings no certificates",
        ["General.Value"] = "the mock server answers a question by the question",
    };

    [SkippableFact]
    public void Recorded_messages_depart_from_what_was_found_to_be_theirs()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        IEnumerable<(string Name, byte[] Octets)> all = ForeignMessages.RecordedNames.Select(name => (name.Replace('\\', '/'), File.ReadAllBytes(Path.Combine(Repository.Data!, name)))).Concat(ForeignMessages.Captured);
        var wrong = new List<string>();
        foreach ((string name, byte[] octets) in all)
        {
            string found = string.Join(" ", RulesOf(octets));
            string expected = Recorded.TryGetValue(name, out string? rules) ? rules : string.Empty;
            if (found != expected)
                wrong.Add($"{name}: {found}");
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [SkippableFact]
    public void What_OpenSSL_says_departs_from_no_more_than_is_known()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        foreach ((string name, byte[] octets) in ForeignMessages.OfOpenSsl)
        {
            string[] unknown = [.. RulesOf(octets).Except(OfOpenSsl.Keys)];
            Assert.True(unknown.Length == 0, $"{name}: {string.Join(" ", unknown)}");
        }
        // a signed enrolment keeps to the profile whole
        foreach (string message in new[] { "ir", "certConf", "pkiconf" })
            Assert.Empty(RulesOf(ForeignMessages.OfOpenSsl.First(one => one.Name == "ir signed: " + message).Octets));
    }

    [SkippableTheory]
    [InlineData("ir signed")]
    [InlineData("ir implicit")]
    [InlineData("p10cr signed")]
    [InlineData("kur signed")]
    [InlineData("polling")]
    [InlineData("rr")]
    public void Conversations_of_OpenSSL_are_in_order(string name)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        List<PkiMessage> all = [.. ForeignMessages.OfOpenSsl.Where(message => message.Name.StartsWith(name + ": ", StringComparison.Ordinal)).Select(message => PkiMessage.Decode(message.Octets))];
        int half = all.Count / 2;
        IEnumerable<PkiMessage> talk = Enumerable.Range(0, half).SelectMany(i => new[] { all[i], all[half + i] });
        Assert.Empty(RuleChecker.CheckConversation(talk, profile: true).SelectMany(list => list).Select(finding => finding.ToString()));
    }

    private static IEnumerable<string> RulesOf(byte[] octets)
    {
        var decoded = new List<Finding>();
        PkiMessage message = PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, decoded));
        return decoded.Concat(RuleChecker.Check(message, profile: true)).Select(finding => finding.Rule).Distinct().OrderBy(rule => rule, StringComparer.Ordinal);
    }
}
