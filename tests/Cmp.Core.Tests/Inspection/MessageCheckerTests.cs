using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>The checks of a message together: of those within others, of conversations, of what is too much, and as findings.</summary>
public class MessageCheckerTests
{
    private static readonly PrivateKey Key = MadeCertificate.NewKey();
    private static readonly PrivateKey Another = MadeCertificate.NewKey();

    [Fact]
    public void A_transaction_is_checked_from_its_request_to_its_confirmation()
    {
        using SharedSecret secret = Peer.Secret();
        Certificate issued = CheckScene.Pki.Certify(Key.PublicKey);
        var checker = new MessageChecker(new CheckSettings { Secret = secret });
        PkiMessage[] messages =
        [
            CheckScene.Mac(CheckScene.Request(Key)),
            CheckScene.Mac(Peer.Response(PkiBodyType.Ip, issued)),
            CheckScene.Mac(new CertConfirmContent([new CertStatus(Digests.Compute(SignatureAlgorithms.DigestOid(issued.SignatureAlgorithm)!, issued.Encoded), 0)])),
            CheckScene.Mac(new PkiConfirmContent()),
        ];
        MessageCheck[] checks = [.. messages.SelectMany(message => checker.Check(message, Peer.Now))];
        Assert.Equal(
            ["1 ir Protection", "1 ir Proof", "2 ip Protection", "3 certConf Protection", "3 certConf CertHash", "4 pkiconf Protection"],
            checks.Select(check => $"{check.Message} {check.Type} {check.Check}"));
        Assert.All(checks, check => Assert.Equal((CheckResult.Verified, true, Cmp.Messages.Asn1.Hex.Of(CheckScene.Id)), (check.Result, check.Passed, check.TransactionId)));
    }

    [Fact]
    public void Messages_within_a_message_are_checked_each_by_itself()
    {
        PkiMessage good = CheckScene.Signed(CheckScene.Request(Key)), bad = CheckScene.Signed(CheckScene.Request(Key, prover: Another));
        PkiMessage nested = CheckScene.Signed(new NestedMessageContent([good, bad, CheckScene.Wire(good with { Body = bad.Body })]), CheckScene.Pki.Signer);
        MessageCheck[] checks = [.. CheckScene.Check(nested, new CheckSettings { Anchors = [CheckScene.Pki.Root.Certificate] })];
        Assert.Equal(
            [
                "nested Protection Verified", "nested SignerChain Verified",
                "nested/ir Protection Verified", "nested/ir SignerChain Verified", "nested/ir Proof Verified",
                "nested/ir Protection Verified", "nested/ir SignerChain Verified", "nested/ir Proof Failed",
                "nested/ir Protection Failed", "nested/ir Proof Failed",
            ],
            checks.Select(check => $"{check.Type} {check.Check} {check.Result}"));
        // the places are those of the whole message
        MessageCheck proof = checks[4];
        Assert.True(nested.Encoded.Slice(proof.Offset).Span.StartsWith(((CertReqMessages)good.Body).Requests[0].Popo!.Encoded.Span));
    }

    [Fact]
    public void More_messages_than_are_looked_at_are_said_to_be_left_out()
    {
        PkiMessage one = CheckScene.Unprotected(new PkiConfirmContent());
        IReadOnlyList<MessageCheck> checks = CheckScene.Check(CheckScene.Unprotected(new NestedMessageContent([.. Enumerable.Repeat(one, MessageChecker.MaxNested + 5)])));
        Assert.Equal(1 + MessageChecker.MaxNested + 1, checks.Count);
        Assert.Contains("were not checked", checks[checks.Count - 1].Reason);
        Assert.DoesNotContain(CheckScene.Check(CheckScene.Unprotected(new NestedMessageContent([.. Enumerable.Repeat(one, MessageChecker.MaxNested)]))), check => check.Reason.Contains("were not checked"));
    }

    [Fact]
    public void Rule18_What_one_message_has_computed_is_bounded()
    {
        CertReqMsg request = CheckScene.Request(Key).Requests[0];
        var settings = new CheckSettings { Limits = CmpLimits.Default with { MaxSignatureChecks = 3 } };
        CheckResult[] results = [.. CheckScene.Check(CheckScene.Unprotected(new CertReqMessages(PkiBodyType.Ir, [.. Enumerable.Repeat(request, 5)])), settings).Where(check => check.Check == CheckKind.Proof).Select(check => check.Result)];
        Assert.Equal([CheckResult.Verified, CheckResult.Verified, CheckResult.Verified, CheckResult.NotChecked, CheckResult.NotChecked], results);
    }

    [Fact]
    public void Octets_that_are_no_message_have_an_answer_too()
    {
        var checker = new MessageChecker();
        MessageCheck check = Assert.Single(checker.Check(new byte[] { 0x30, 0x03, 0x02, 0x01 }, Peer.Now));
        Assert.Equal((CheckKind.Decoding, CheckResult.Failed, 1, string.Empty), (check.Check, check.Result, check.Message, check.Type));
        Assert.Equal(2, checker.Check(CheckScene.Mac(new PkiConfirmContent()).Encoded, Peer.Now)[0].Message);
    }

    [Fact]
    public void It_ends_when_it_is_told_to()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new MessageChecker().Check(CheckScene.Signed(new PkiConfirmContent()), Peer.Now, source.Token));
    }

    [Fact]
    public void A_check_is_one_line()
    {
        MessageCheck check = CheckScene.Check(CheckScene.Mac(CheckScene.Request(Key))).Of(CheckKind.Proof);
        Assert.Equal("ir Proof Verified: The signature is right under the key of the request.", check.ToString());
    }

    // findings: what needs nothing but the messages

    [Fact]
    public void What_is_right_and_what_cannot_be_known_is_no_finding()
    {
        Assert.Empty(MessageChecker.Findings(CheckScene.Signed(CheckScene.Request(Key))));
        Assert.Empty(MessageChecker.Findings(CheckScene.Mac(CheckScene.Request(Key))));
        Assert.Empty(MessageChecker.Findings(CheckScene.Unprotected(CheckScene.Request(Key))));
        Assert.Empty(MessageChecker.Findings(CheckScene.Signed(CheckScene.Request(Key), extraCerts: [])));
        Assert.Empty(MessageChecker.Findings(CheckScene.Mac(new CertConfirmContent([new CertStatus(new byte[32], 0)]))));
    }

    [Fact]
    public void Signatures_that_do_not_verify_are_findings()
    {
        PkiMessage message = CheckScene.Signed(CheckScene.Request(Key, prover: Another));
        Finding proof = Assert.Single(MessageChecker.Findings(message));
        Assert.Equal(("Pop.DoesNotVerify", FindingSeverity.Error), (proof.Rule, proof.Severity));
        Assert.True(message.Encoded.Slice(proof.Offset).Span.StartsWith(((CertReqMessages)message.Body).Requests[0].Popo!.Encoded.Span));
        PkiMessage changed = CheckScene.Wire(message with { Header = message.Header with { SenderNonce = new byte[16] }, Body = CheckScene.Request(Key) });
        Finding protection = Assert.Single(MessageChecker.Findings(changed));
        Assert.Equal(("Protection.DoesNotVerify", "RFC 9810 5.1.3.3"), (protection.Rule, protection.Section));
    }

    [Fact]
    public void A_hash_of_no_certificate_of_the_conversation_is_a_finding()
    {
        PkiMessage answer = CheckScene.Mac(Peer.Response(PkiBodyType.Ip, CheckScene.Pki.Client.Certificate)), confirmation = CheckScene.Mac(new CertConfirmContent([new CertStatus(new byte[32], 0)]));
        IReadOnlyList<IReadOnlyList<Finding>> findings = MessageChecker.Findings([answer, confirmation]);
        Assert.Equal(2, findings.Count);
        Assert.Empty(findings[0]);
        Assert.Equal("CertConf.CertHash", Assert.Single(findings[1]).Rule);
    }

    [Fact]
    public void What_is_wrong_within_a_message_is_a_finding_of_that_around_it()
    {
        PkiMessage nested = CheckScene.Signed(new NestedMessageContent([CheckScene.Signed(CheckScene.Request(Key, prover: Another))]), CheckScene.Pki.Signer);
        Assert.Equal("Pop.DoesNotVerify", Assert.Single(MessageChecker.Findings(nested)).Rule);
    }

    [Fact]
    public void Messages_without_a_transaction_are_checked_too()
    {
        PkiMessage message = CheckScene.Signed(new PkiConfirmContent(), change: header => header with { TransactionId = null });
        Assert.Equal((CheckResult.Verified, (string?)null), (CheckScene.Check(message).Of(CheckKind.Protection) is var check ? check.Result : default, check.TransactionId));
    }
}
