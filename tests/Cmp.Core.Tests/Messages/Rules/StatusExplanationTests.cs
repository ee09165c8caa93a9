using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.TestServer;
using Cmp.Tests.TestServer;
using Xunit;

namespace Cmp.Tests.Messages.Rules;

/// <summary>What a server's words mean to who asked: a failing enrolment is explained by the findings alone.</summary>
public class StatusExplanationTests
{
    /// <summary>The rules of the table that are told here.</summary>
    internal static IReadOnlyList<MessageRule> Tested { get; } =
    [
        MessageRules.StatusRejection, MessageRules.StatusWaiting, MessageRules.StatusGrantedWithMods, MessageRules.StatusRevocationWarning,
        MessageRules.StatusRevocationNotification, MessageRules.StatusKeyUpdateWarning,
    ];

    private static readonly CertReqMessages Ir = RuleCases.Ask(PkiBodyType.Ir);

    [Theory]
    [InlineData(PkiStatus.Rejection, "Status.Rejection", FindingSeverity.Error)]
    [InlineData(PkiStatus.Waiting, "Status.Waiting", FindingSeverity.Information)]
    [InlineData(PkiStatus.GrantedWithMods, "Status.GrantedWithMods", FindingSeverity.Warning)]
    [InlineData(PkiStatus.RevocationWarning, "Status.RevocationWarning", FindingSeverity.Warning)]
    [InlineData(PkiStatus.RevocationNotification, "Status.RevocationNotification", FindingSeverity.Warning)]
    [InlineData(PkiStatus.KeyUpdateWarning, "Status.KeyUpdateWarning", FindingSeverity.Warning)]
    [InlineData(PkiStatus.Accepted, null, FindingSeverity.Information)]
    [InlineData((PkiStatus)7, null, FindingSeverity.Information)]
    public void Each_status_but_acceptance_is_told(PkiStatus status, string? rule, FindingSeverity severity)
    {
        PkiMessage answer = Answer(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(status))]));
        IReadOnlyList<Finding> findings = StatusExplanation.Explain(answer);
        if (rule is null)
        {
            Assert.Empty(findings);
            return;
        }
        Finding finding = Assert.Single(findings);
        Assert.Equal((rule, severity, "RFC 9810 5.2.3"), (finding.Rule, finding.Severity, finding.Section));
        Assert.Equal(answer.Encoded.Span.IndexOf(((CertRepMessage)answer.Body).Responses[0].Status.Encoded.Span), finding.Offset);
    }

    public static TheoryData<FailInfo> Bits => [.. Enumerable.Range(0, 27).Select(bit => (FailInfo)(1 << bit))];

    [Theory]
    [MemberData(nameof(Bits))]
    public void Each_reason_has_a_meaning_and_an_advice(FailInfo bit)
    {
        Finding finding = Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(bit))), PkiMessage.Decode(RuleCases.Good(Ir))));
        Assert.StartsWith($"The server refuses: {FailInfoNames.Of(bit)[0]} (", finding.Text);
        Assert.EndsWith(".", finding.RecommendedAction);
    }

    [Theory]
    [InlineData(PkiBodyType.Krr, "keeps no key")]
    [InlineData(PkiBodyType.Kur, "to be updated")]
    [InlineData(PkiBodyType.Ir, "the one that was named")]
    public void A_certificate_that_is_not_there_means_what_was_asked_for(PkiBodyType asked, string advice)
    {
        Finding finding = Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadCertId))), PkiMessage.Decode(RuleCases.Good(RuleCases.Ask(asked)))));
        Assert.Contains(advice, finding.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_servers_words_are_quoted_and_escaped()
    {
        var error = new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadPOP, "\u001b[31mno\u202e"), -7, new PkiFreeText(["really"]));
        Finding finding = Assert.Single(StatusExplanation.Explain(Answer(error)));
        Assert.EndsWith(" It says: \"\\u{001B}[31mno\\u{202E}; really\". Its errorCode is -7.", finding.Text);
        Assert.DoesNotContain("anybody", finding.Text);
        byte[] unprotected = RuleCases.Make(RuleCases.HeaderOf(error) with { ProtectionAlg = null }, error, isProtected: false);
        Assert.EndsWith("The message is not protected: anybody can have said it.", Assert.Single(StatusExplanation.Explain(PkiMessage.Decode(unprotected))).Text);
        Assert.Contains("bit27", Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(PkiStatusInfo.Rejection((FailInfo)(1 << 27)))))).Text);
    }

    [Theory]
    [InlineData(FailInfo.SignerNotTrusted, "")]
    [InlineData(FailInfo.BadMessageCheck, "")]
    [InlineData(FailInfo.BadRequest, "no suitable sender cert")] // OpenSSL 3.0
    public void A_signer_that_has_ended_is_told_apart_from_one_that_is_not_trusted(FailInfo bit, string words)
    {
        PkiMessage answer = Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(bit, words)));
        string Advice(DateTimeOffset time)
        {
            PkiHeader header = RuleCases.HeaderOf(Ir) with { ProtectionAlg = Samples.Sha256WithRsa, MessageTime = time };
            return Assert.Single(StatusExplanation.Explain(answer, new PkiMessage(header, Ir) { Protection = Samples.Octets(64), ExtraCerts = [Samples.Certificate] })).RecommendedAction!;
        }

        DateTimeOffset end = Samples.Certificate.NotAfter;
        Assert.Contains($"ended on {end:yyyy-MM-dd}", Advice(end.AddSeconds(1)), StringComparison.Ordinal);
        Assert.DoesNotContain("ended on", Advice(end), StringComparison.Ordinal);
        Assert.Contains("certificate that signs", Advice(end), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sender_that_is_another_name_than_the_reference_is_doubted_and_one_that_is_the_same_is_not()
    {
        PkiMessage answer = Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadMessageCheck)));
        PkiHeader header = RuleCases.HeaderOf(Ir) with { ProtectionAlg = Samples.PasswordBasedMac, SenderKid = "1234"u8.ToArray() };
        string Advice(string sender) => Assert.Single(StatusExplanation.Explain(answer, new PkiMessage(header with { Sender = GeneralName.FromName(Name.FromCommonName(sender)) }, Ir) { Protection = Samples.Octets(32) })).RecommendedAction!;
        Assert.Contains("The sender is CN=device: a strict server", Advice("device"), StringComparison.Ordinal);
        Assert.EndsWith("or none.", Advice("1234"), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_does_not_want_the_certificate_is_asked_why()
    {
        var confirmation = new CertConfirmContent([new CertStatus(Samples.Octets(32), 0) { StatusInfo = PkiStatusInfo.Rejection(FailInfo.IncorrectData) }]);
        Assert.Contains("trust the CA", Assert.Single(StatusExplanation.Explain(Answer(confirmation))).RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(StatusExplanation.Explain(Answer(new CertConfirmContent([new CertStatus(Samples.Octets(32), 0)]))));
    }

    [Fact]
    public void Each_of_several_requests_is_told_by_its_number()
    {
        CertReqMsg good = Ir.Requests[0], bad = good with { CertReq = good.CertReq with { CertReqId = 1 }, Popo = new RaVerified() };
        var rep = new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP)), new CertResponse(1, PkiStatusInfo.Rejection(FailInfo.BadPOP))]);
        IReadOnlyList<Finding> findings = StatusExplanation.Explain(Answer(rep), PkiMessage.Decode(RuleCases.Good(new CertReqMessages(PkiBodyType.Ir, [good, bad]))));
        Assert.Equal(2, findings.Count);
        Assert.Contains("(certReqId 0)", findings[0].Text);
        Assert.Contains("ecdsa", findings[0].RecommendedAction, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("raVerified", findings[1].RecommendedAction);
    }

    [Fact]
    public void Who_refuses_a_proof_may_want_another_one()
    {
        string Advice(ProofOfPossession proof)
        {
            var asked = new CertReqMessages(PkiBodyType.Ir, [Ir.Requests[0] with { Popo = proof }]);
            var rep = new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP))]);
            return Assert.Single(StatusExplanation.Explain(Answer(rep), PkiMessage.Decode(RuleCases.Good(asked)))).RecommendedAction!;
        }

        Assert.Contains("another -ProofOfPossession is called for", Advice(Ir.Requests[0].Popo!));
        Assert.Contains("try -ProofOfPossession ChallengeResponse", Advice(PopoPrivKey.Later(false, SubsequentMessage.EncrCert)));
        // an encrypted certificate may have been tried before
        string challenge = Advice(PopoPrivKey.Later(false, SubsequentMessage.ChallengeResp));
        Assert.Contains("does not take a challenge", challenge);
        Assert.DoesNotContain("EncryptedCertificate", challenge);
    }

    [Fact]
    public void A_client_that_refuses_is_told_as_such()
    {
        var confirmation = new CertConfirmContent([new CertStatus(Samples.Octets(32), 0, PkiStatusInfo.Rejection(FailInfo.IncorrectData, "not mine"))]);
        Assert.StartsWith("The client refuses the certificate", Assert.Single(StatusExplanation.Explain(Answer(confirmation))).Text);
        Assert.Empty(StatusExplanation.Explain(Answer(new CertConfirmContent([new CertStatus(Samples.Octets(32), 0)]))));
    }

    [Fact]
    public void A_wrong_secret_is_explained_with_its_reference()
    {
        using var peer = new Peer();
        Assert.Contains($"'{Peer.Reference}'", Advice(peer, new HandClient(peer, Peer.WrongSecret, null) { Verifies = false }, Ir, out Finding finding));
        Assert.Contains("badMessageCheck", finding.Text);
        // who signs is told of his certificate
        Assert.Contains("certificate", Advice(peer, peer.SigningClient(Peer.Vendor()), Ir, out finding));
        Assert.Contains("signerNotTrusted", finding.Text);
    }

    [Fact]
    public void A_wrong_proof_is_explained_by_what_the_request_has_for_one()
    {
        using var peer = new Peer();
        CertReqMessages wrong = Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");
        wrong = new CertReqMessages(PkiBodyType.Ir, [wrong.Requests[0] with { Popo = Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=other").Requests[0].Popo }]);
        Assert.Contains("private key is another one", Advice(peer, peer.MacClient(), wrong, out Finding finding));
        Assert.Contains("badPOP", finding.Text);
        CertReqMessages none = new(PkiBodyType.Ir, [wrong.Requests[0] with { Popo = null }]);
        Assert.Contains("no proof", Advice(peer, peer.MacClient(), none, out _));
        CertReqMessages claimed = new(PkiBodyType.Ir, [wrong.Requests[0] with { Popo = new RaVerified() }]);
        Assert.Contains("raVerified", Advice(peer, peer.MacClient(), claimed, out _));
    }

    [Fact]
    public void An_unknown_profile_is_explained_by_its_name()
    {
        using var peer = new Peer();
        GenMsgContent question = new([Cmp.Messages.InfoTypes.InfoTypes.CertReqTemplate()]);
        Assert.Contains("'no such'", Advice(peer, peer.MacClient(), question, out Finding finding, header => header with { GeneralInfo = [InfoTypeAndValue.CertProfile("no such")] }));
        Assert.Contains("no such certificate profile", finding.Text);
        PkiMessage request = PkiMessage.Decode(RuleCases.Make(RuleCases.HeaderOf(Ir) with { GeneralInfo = [InfoTypeAndValue.CertProfile("tls\u001b")] }, Ir));
        foreach (FailInfo failInfo in new[] { FailInfo.BadRequest, FailInfo.BadCertTemplate, FailInfo.BadDataFormat, FailInfo.UnacceptedPolicy, FailInfo.AddInfoNotAvailable, FailInfo.IncorrectData })
            Assert.Contains("'tls\\u{001B}'", Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(failInfo))), request)).RecommendedAction);
    }

    [Fact]
    public void A_refusal_of_a_version_names_the_one_that_is_spoken()
    {
        using var peer = new Peer(new TestServerOptions { LowestVersion = 3 });
        Assert.Contains("-ProtocolVersion 3", Advice(peer, peer.MacClient(), Ir, out _));
    }

    [Fact]
    public void A_wrong_clock_is_explained_by_the_servers()
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        Assert.Contains($"{peer.Now:u}", Advice(peer, peer.MacClient(), Ir, out _, header => header with { MessageTime = peer.Now.AddHours(-3) }));
    }

    // as their makers write them: badRequest for whatever it is, or no reason at all
    [Theory]
    [InlineData(FailInfo.BadRequest, "error validating protection", "secret")]
    [InlineData(FailInfo.BadRequest, "wrong pbm value", "secret")]
    [InlineData(FailInfo.BadRequest, "Authentication failed for message. Failed verification using cmp profile", "secret")]
    [InlineData(null, "CMP header protection check failed. (type: rr): password based MAC does not match", "secret")]
    [InlineData(FailInfo.BadRequest, "The CMP alias 'x' does not exist", "alias")]
    [InlineData(FailInfo.BadRequest, "popo missing", "private key")]
    [InlineData(FailInfo.SignerNotTrusted, "", "reference 'router7'")]
    [InlineData(FailInfo.WrongAuthority, "", "reference")]
    public void Servers_with_habits_of_their_own_are_understood(FailInfo? failInfo, string text, string advised)
    {
        PkiHeader header = RuleCases.HeaderOf(Ir) with { SenderKid = new byte[] { 0x72, 0x6F, 0x75, 0x74, 0x65, 0x72, 0x37 }, ProtectionAlg = Samples.PasswordBasedMac };
        var status = new PkiStatusInfo(PkiStatus.Rejection, text.Length > 0 ? new PkiFreeText([text]) : null, failInfo);
        Finding finding = Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(status)), PkiMessage.Decode(RuleCases.Make(header, Ir, []))));
        Assert.Contains(advised, finding.RecommendedAction);
    }

    [Fact]
    public void What_says_nothing_is_told_without_advice() =>
        Assert.Null(Assert.Single(StatusExplanation.Explain(Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Rejection))))).RecommendedAction);

    private static PkiMessage Answer(PkiBody body) => PkiMessage.Decode(RuleCases.Good(body));

    private static string Advice(Peer peer, HandClient client, PkiBody body, out Finding finding, Func<PkiHeader, PkiHeader>? header = null)
    {
        PkiMessage answer = client.Send(body, header);
        finding = Assert.Single(StatusExplanation.Explain(answer, client.Sent), one => one.Severity == FindingSeverity.Error);
        return finding.RecommendedAction!;
    }
}
