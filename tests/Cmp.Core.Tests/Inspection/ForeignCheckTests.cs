using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Messages;
using Cmp.Tests.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>The checker over messages of others: recorded ones, and whole transactions of OpenSSL's client and mock server.</summary>
public class ForeignCheckTests
{
    private const string OpenSslsSecret = "only a test's";

    [SkippableTheory]
    [MemberData(nameof(ForeignMacTests.Recorded), MemberType = typeof(ForeignMacTests))]
    public void Recorded_messages_are_right_under_their_secrets(string name, string secret, ProtectionKind kind)
    {
        using SharedSecret right = Secret(secret), wrong = Secret(secret + "x");
        MessageCheck check = CheckScene.Check(Recorded(name), new CheckSettings { Secret = right }).Of(CheckKind.Protection);
        Assert.Equal((CheckResult.Verified, kind), (check.Result, check.Protection));
        Assert.Equal(CheckResult.Failed, CheckScene.Check(Recorded(name), new CheckSettings { Secret = wrong }).Of(CheckKind.Protection).Result);
    }

    [SkippableFact]
    public void Siemens_nested_messages_are_checked_within_too()
    {
        using SharedSecret secret = Secret("SiemensIT");
        Assert.All(ProtectionsOf("foreign/0002.req.der"), result => Assert.Equal(CheckResult.Verified, result));
        // its CA answers to this one by an error
        Assert.Equal([CheckResult.Verified, CheckResult.Verified, CheckResult.Failed], ProtectionsOf("foreign/0004.req.der"));

        IEnumerable<CheckResult> ProtectionsOf(string name)
        {
            IReadOnlyList<MessageCheck> checks = CheckScene.Check(Recorded(name), new CheckSettings { Secret = secret });
            Assert.Equal(["nested", "nested/ir", "nested/ir"], checks.Where(check => check.Check == CheckKind.Protection).Select(check => check.Type));
            Assert.All(checks.Where(check => check.Check == CheckKind.Proof), check => Assert.Equal(CheckResult.Verified, check.Result));
            return checks.Where(check => check.Check == CheckKind.Protection).Select(check => check.Result);
        }
    }

    /// <summary>With the key of the request, the certificate that the mock CA encrypted for it is seen.</summary>
    [SkippableFact]
    public void The_certificate_that_Siemens_encrypted_for_ML_KEM_opens_with_its_key()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        using PrivateKey key = KemTests.OpenSiemensKey(File.ReadAllText(Path.Combine(Repository.Data!, "foreign", "encrcert-mlkem.key.pem"))), other = TestKeys.Open("ML-KEM-768");
        foreach ((PrivateKey given, CheckResult result) in new[] { (key, CheckResult.Verified), (other, CheckResult.NotChecked) })
        {
            var checker = new MessageChecker(new CheckSettings { Key = given });
            Assert.Equal(CheckResult.Absent, checker.Check(Recorded("foreign/encrcert-mlkem.q.der"), Peer.Now).Of(CheckKind.Proof).Result);
            Assert.Equal(result, checker.Check(Recorded("foreign/encrcert-mlkem.r.der"), Peer.Now).Of(CheckKind.Encryption).Result);
        }
        CmpMessage message = CmpMessage.Read(Recorded("foreign/encrcert-mlkem.r.der").Encoded);
        Assert.Contains("by ml-kem-768", Assert.Single(message.Body.Items).Value[0], StringComparison.Ordinal);
    }

    [SkippableFact]
    public void One_octet_of_a_MAC_that_Siemens_suite_changed_is_seen()
    {
        using SharedSecret secret = Secret("SiemensIT");
        Assert.Equal(CheckResult.Failed, CheckScene.Check(Recorded("foreign/0006.verify_pkimessage_protection.der"), new CheckSettings { Secret = secret }).Of(CheckKind.Protection).Result);
    }

    /// <summary>RSA, ECDSA, Ed25519 and ML-DSA of several programs; where a signature does not verify, their receivers said so.</summary>
    [SkippableFact]
    public void No_signature_of_others_is_found_wrong()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        int proofs = 0, signatures = 0;
        foreach (PkiMessage message in ForeignMessages.RecordedNames.Select(Recorded).Concat(ForeignMessages.Captured.Select(captured => PkiMessage.Decode(captured.Octets))))
        {
            Assert.Empty(MessageChecker.Findings(message));
            IReadOnlyList<MessageCheck> checks = CheckScene.Check(message);
            proofs += checks.Count(check => check is { Check: CheckKind.Proof, Result: CheckResult.Verified });
            signatures += checks.Count(check => check is { Check: CheckKind.Protection, Protection: ProtectionKind.Signature, Result: CheckResult.Verified });
        }
        Assert.True(proofs >= 15, $"{proofs}");
        Assert.True(signatures >= 7, $"{signatures}");
    }

    [SkippableTheory]
    [InlineData("cmp_IR_sequence_OpenSSL-Cryptlib.pcap")]
    [InlineData("cmp-in-http-with-errors-in-cmp-protocol.pcap.gz")]
    public void The_hash_of_a_certificate_that_cryptlib_issued_is_right(string capture)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        PkiMessage[] messages = [.. ForeignMessages.Captured.Where(message => message.Name.StartsWith(capture, StringComparison.Ordinal)).Select(message => PkiMessage.Decode(message.Octets))];
        var checker = new MessageChecker();
        MessageCheck check = Assert.Single(messages.SelectMany(message => checker.Check(message, Peer.Now)), check => check.Check == CheckKind.CertHash);
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.All(MessageChecker.Findings(messages), Assert.Empty);
    }

    [SkippableTheory]
    [InlineData("ir mac")]
    [InlineData("ir signed")]
    [InlineData("cr csr")]
    [InlineData("p10cr mac")]
    [InlineData("p10cr signed")]
    [InlineData("kur signed")]
    [InlineData("polling")]
    [InlineData("genm")]
    public void Transactions_of_OpenSSL_are_right_from_end_to_end(string name)
    {
        PkiMessage[] messages = OfOpenSsl(name);
        using SharedSecret secret = Secret(OpenSslsSecret);
        // the mock server sends its root along
        Certificate[] roots = [.. messages.SelectMany(message => message.ExtraCerts).Where(certificate => certificate.IsCA).Take(1)];
        var checker = new MessageChecker(new CheckSettings { Secret = secret, Anchors = roots });
        MessageCheck[] checks = [.. messages.SelectMany(message => checker.Check(message, DateTimeOffset.UtcNow))];
        Assert.All(checks, check => Assert.True(check.Result == CheckResult.Verified, check.ToString()));
        Assert.Equal(messages.Length, checks.Count(check => check.Check == CheckKind.Protection));
        Assert.Equal(name == "genm" ? 0 : 1, checks.Count(check => check.Check == CheckKind.Proof));
        Assert.Equal(name == "genm" ? 0 : 1, checks.Count(check => check.Check == CheckKind.CertHash));
        Assert.All(MessageChecker.Findings(messages), Assert.Empty);
    }

    [SkippableFact]
    public void A_wrong_proof_and_a_wrong_hash_in_messages_of_OpenSSL_are_found()
    {
        PkiMessage[] signed = OfOpenSsl("ir signed"), under = OfOpenSsl("ir mac");
        byte[] ir = signed[0].Encoded.ToArray();
        ReadOnlyMemory<byte> proof = ((CertReqMessages)signed[0].Body).Requests[0].Popo!.Encoded;
        int end = Enumerable.Range(0, ir.Length).First(i => ir.AsSpan(i).StartsWith(proof.Span)) + proof.Length;
        ir[end - 1] ^= 1;
        Assert.Equal(["Protection.DoesNotVerify", "Pop.DoesNotVerify"], MessageChecker.Findings(PkiMessage.Decode(ir)).Select(finding => finding.Rule));
        CertStatus status = ((CertConfirmContent)under[2].Body).Statuses[0];
        byte[] hash = status.CertHash.ToArray();
        hash[0] ^= 1;
        under[2] = CheckScene.Wire(under[2] with { Body = new CertConfirmContent([status with { CertHash = hash }]) });
        Assert.Equal("CertConf.CertHash", Assert.Single(MessageChecker.Findings(under)[2]).Rule);
    }

    [SkippableFact]
    public void Proofs_of_OpenSSL_that_are_none_say_so()
    {
        Assert.Equal(CheckResult.NotChecked, ProofOf("ir raVerified").Result);
        Assert.Equal(CheckResult.NotChecked, ProofOf("ir without proof").Result);
        Assert.Equal(CheckResult.Absent, ProofOf("ir keyEncipherment").Result);

        static MessageCheck ProofOf(string name) => CheckScene.Check(OfOpenSsl(name)[0]).Of(CheckKind.Proof);
    }

    private static SharedSecret Secret(string secret) => new(ReadOnlyMemory<byte>.Empty, Encoding.UTF8.GetBytes(secret));

    private static PkiMessage Recorded(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        return PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, name)));
    }

    /// <summary>A transaction in the order of its messages; where they are kept all requests come first.</summary>
    private static PkiMessage[] OfOpenSsl(string name)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        PkiMessage[] all = [.. ForeignMessages.OfOpenSsl.Where(message => message.Name.StartsWith(name + ":", StringComparison.Ordinal)).Select(message => PkiMessage.Decode(message.Octets))];
        int half = all.Length / 2;
        return [.. all.Take(half).Zip(all.Skip(half)).SelectMany(pair => new[] { pair.First, pair.Second })];
    }
}
