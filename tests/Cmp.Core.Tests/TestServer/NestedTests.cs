using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Messages within messages: one that a registration authority approves of, and batches (RFC 9483 5.2.2, RFC 9810 5.1.3.5).</summary>
public sealed class NestedTests : IDisposable
{
    private readonly Peer _peer = new(Trusting());

    public void Dispose() => _peer.Dispose();

    private static TestServerOptions Trusting() => new() { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] };

    private static SigningCertificate Authority { get; } = Peer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA]));

    private HandClient Ra(SigningCertificate? certificate = null) => _peer.SigningClient(certificate ?? Authority);

    /// <summary>A request that somebody else made, and nobody has sent yet.</summary>
    private PkiMessage Asked(string subject = "CN=router", Func<PkiHeader, PkiHeader>? header = null, Func<PkiMessage, PkiMessage>? message = null)
    {
        HandClient client = _peer.MacClient();
        PkiHeader made = client.Header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] };
        PkiMessage request = client.Protector.Protect(header?.Invoke(made) ?? made, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), subject), []);
        return message?.Invoke(request) ?? request;
    }

    private static Func<PkiHeader, PkiHeader> Of(PkiMessage inner) => header => header with { TransactionId = inner.Header.TransactionId, SenderNonce = inner.Header.SenderNonce };

    private PkiMessage Approve(PkiMessage inner, HandClient? by = null, Func<PkiHeader, PkiHeader>? header = null)
    {
        HandClient ra = by ?? Ra();
        ra.Verifies = false;
        return ra.Send(new NestedMessageContent([inner]), header ?? Of(inner));
    }

    private IReadOnlyList<PkiMessage> Batch(IReadOnlyList<PkiMessage> inner, HandClient? by = null) => Answers((by ?? Ra()).Send(new NestedMessageContent(inner)));

    private static IReadOnlyList<PkiMessage> Answers(PkiMessage answer) => Assert.IsType<NestedMessageContent>(answer.Body).Messages;

    private static Certificate Issued(PkiMessage answer) => Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;

    private static bool IsUnderSecret(PkiMessage answer)
    {
        using SharedSecret secret = Peer.Secret;
        using var verifier = new AnswerVerifier(new TrustSettings(), secret, ProtectionKind.PasswordBasedMac);
        return verifier.Verify(answer, [], DateTimeOffset.UtcNow).IsAuthenticated;
    }

    // one message that is approved of

    [Fact]
    public void What_is_approved_of_is_answered_for_who_made_it()
    {
        PkiMessage request = Asked();
        PkiMessage answer = Approve(request);
        Assert.True(answer.Header.TransactionId!.Value.Span.SequenceEqual(request.Header.TransactionId!.Value.Span));
        Assert.True(answer.Header.RecipNonce!.Value.Span.SequenceEqual(request.Header.SenderNonce!.Value.Span));
        Assert.Equal("CN=router", Issued(answer).Subject.ToString());
        Assert.True(IsUnderSecret(answer));
        Assert.Single(_peer.Responder.Issued);
    }

    [Fact]
    public void Only_a_registration_authority_approves()
    {
        Refused.ByError(FailInfo.NotAuthorized, Approve(Asked(), Ra(Peer.Vendor())));
        Refused.ByError(FailInfo.NotAuthorized, Approve(Asked(), Ra(Peer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcCA])))));
        Refused.ByError(FailInfo.NotAuthorized, Approve(Asked(), _peer.MacClient()));
        Refused.ByError(FailInfo.NotAuthorized, Approve(Asked(), Ra(_peer.Enroll())));
        PrivateKey key = Peer.NewKey();
        Certificate stranger = Peer.Authority.Issue(Peer.Content(key, "CN=stranger", CertificateExtensions.EnhancedKeyUsage([Oids.CmcCA])));
        Refused.ByError(FailInfo.SignerNotTrusted, Approve(Asked(), Ra(new SigningCertificate(stranger, key))));
        Assert.Single(_peer.Responder.Issued); // the one that tried
    }

    [Fact]
    public void A_server_believes_the_registration_authorities_that_it_made()
    {
        using var alone = new Peer();
        HandClient client = alone.MacClient();
        PrivateKey key = Peer.NewKey();
        var made = new SigningCertificate(Peer.Authority.CertifyRegistrationAuthority(Name.Parse("CN=ra"), key.PublicKey, alone.Now), key);
        var forged = new SigningCertificate(Peer.OtherAuthority.CertifyRegistrationAuthority(Name.Parse("CN=ra"), key.PublicKey, alone.Now), key);
        PkiMessage request = client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []);
        Refused.ByError(FailInfo.SignerNotTrusted, Approve(request, alone.SigningClient(forged)));
        Assert.Equal("CN=router", Issued(Approve(request, alone.SigningClient(made))).Subject.ToString());
        // and nobody gets such a certificate by asking for it
        HandClient asking = alone.MacClient();
        Refused.ByResponse(FailInfo.UnacceptedExtension, asking.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=ra", change: template => template with { Extensions = [TestExtensions.ExtendedKeyUsage(Oids.CmcRA)] })));
    }

    [Fact]
    public void Around_a_message_the_protection_has_to_be_right_too()
    {
        PkiMessage request = Asked();
        HandClient ra = Ra();
        ra.Verifies = false;
        PkiMessage answer = ra.Send(new NestedMessageContent([request]), Of(request), message => message with { Body = new NestedMessageContent([Asked()]) });
        Refused.ByError(FailInfo.BadMessageCheck, answer);
        Refused.ByError(FailInfo.WrongIntegrity, ra.Send(new NestedMessageContent([request]), Of(request), message => message with { Header = message.Header with { ProtectionAlg = null }, Protection = null }));
    }

    [Fact]
    public void An_approval_makes_nothing_good_that_is_bad_within()
    {
        Refused.ByError(FailInfo.BadMessageCheck, Approve(Asked(message: request => request with { Protection = new byte[32] })));
        Refused.ByError(FailInfo.WrongIntegrity, Approve(Asked(message: request => request with { Header = request.Header with { ProtectionAlg = null }, Protection = null })));
        CertRequest asked = Peer.Asked(Peer.NewKey(), "CN=router");
        HandClient client = _peer.MacClient();
        PkiMessage verified = client.Protector.Protect(client.Header, new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(asked, new RaVerified(), [])]), []);
        Refused.ByResponse(FailInfo.NotAuthorized, Approve(verified));
        Assert.Empty(_peer.Responder.Issued);
    }

    [Fact]
    public void An_approval_is_for_the_message_that_it_names()
    {
        PkiMessage request = Asked();
        Refused.ByError(FailInfo.BadSenderNonce, Approve(request, header: header => header with { TransactionId = request.Header.TransactionId }));
    }

    [Fact]
    public void An_approval_that_comes_again_issues_nothing_more()
    {
        PkiMessage request = Asked();
        Certificate first = Issued(Approve(request)), second = Issued(Approve(request));
        Assert.True(first.IsSameAs(second));
        Assert.Single(_peer.Responder.Issued);
    }

    [Fact]
    public void A_whole_transaction_goes_through_a_registration_authority()
    {
        HandClient client = _peer.MacClient();
        PkiMessage request = client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []);
        PkiMessage answer = Approve(request);
        PkiMessage confirmation = client.Protector.Protect(client.Header with { RecipNonce = answer.Header.SenderNonce }, Peer.Confirmation(Issued(answer)), []);
        Assert.IsType<PkiConfirmContent>(Approve(confirmation).Body);
        Assert.Single(_peer.Responder.Issued);
    }

    [Fact]
    public void A_conversation_through_a_registration_authority_is_as_it_should_be()
    {
        HandClient client = _peer.MacClient(), ra = Ra();
        var said = new List<PkiMessage>();
        PkiMessage Say(PkiMessage inner)
        {
            said.Add(ra.Protector.Protect(Of(inner)(ra.Header), new NestedMessageContent([inner]), [Authority.Certificate, .. Authority.Chain]));
            said.Add(PkiMessage.Decode(_peer.Responder.Respond(said[said.Count - 1].Encoded)));
            return said[said.Count - 1];
        }
        PkiMessage answer = Say(client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []));
        Say(client.Protector.Protect(client.Header with { RecipNonce = answer.Header.SenderNonce }, Peer.Confirmation(Issued(answer)), []));
        Assert.Empty(RuleChecker.CheckConversation(said, profile: true).SelectMany(findings => findings));
        // an answer to something else is found all the same
        PkiMessage odd = said[1] with { Header = said[1].Header with { RecipNonce = new byte[16] } };
        Assert.Contains(RuleChecker.CheckConversation([said[0], PkiMessage.Decode(odd.Encoded)], profile: true)[1], finding => finding.Rule == MessageRules.ConversationRecipNonce.Id);
    }

    [Fact]
    public void A_conversation_of_batches_is_as_it_should_be()
    {
        using var slow = new Peer(Trusting() with { PollCount = 1, CheckAfter = 5 });
        HandClient client = slow.MacClient(), ra = slow.SigningClient(Authority);
        var said = new List<PkiMessage>();
        void Say(PkiBody body)
        {
            PkiMessage answer = ra.Send(body);
            said.Add(ra.Sent!);
            said.Add(answer);
        }
        Say(new NestedMessageContent([client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), [])]));
        Say(new PollReqContent([-1]));
        slow.Now += TimeSpan.FromSeconds(5);
        Say(new PollReqContent([-1]));
        Assert.IsType<NestedMessageContent>(said[5].Body);
        Assert.Empty(RuleChecker.CheckConversation(said, profile: true).SelectMany(findings => findings).Select(finding => finding.ToString()));
    }

    // batches

    [Fact]
    public void A_batch_is_answered_by_a_batch_in_its_order()
    {
        PkiMessage[] requests = [.. Enumerable.Range(1, 5).Select(n => Asked($"CN=router{n}"))];
        HandClient ra = Ra();
        PkiMessage answer = ra.Send(new NestedMessageContent(requests));
        Assert.True(answer.Header.TransactionId!.Value.Span.SequenceEqual(ra.TransactionId));
        Assert.True(answer.Header.RecipNonce!.Value.Span.SequenceEqual(ra.Sent!.Header.SenderNonce!.Value.Span));
        IReadOnlyList<PkiMessage> answers = Answers(answer);
        Assert.Equal(requests.Select(request => Hex.Of(request.Header.TransactionId!.Value.Span)), answers.Select(one => Hex.Of(one.Header.TransactionId!.Value.Span)));
        Assert.Equal(["CN=router1", "CN=router2", "CN=router3", "CN=router4", "CN=router5"], answers.Select(one => Issued(one).Subject.ToString()));
        Assert.All(answers, one => Assert.True(IsUnderSecret(one)));
    }

    [Fact]
    public void One_bad_message_does_not_spoil_the_others()
    {
        IReadOnlyList<PkiMessage> answers = Batch([Asked("CN=router1"), Asked(message: request => request with { Protection = new byte[32] }), Asked(header: header => header with { SenderNonce = new byte[3] }), Asked("CN=router4")]);
        Assert.Equal("CN=router1", Issued(answers[0]).Subject.ToString());
        Refused.ByError(FailInfo.BadMessageCheck, answers[1]);
        Refused.ByError(FailInfo.BadSenderNonce, answers[2]);
        Assert.Equal("CN=router4", Issued(answers[3]).Subject.ToString());
    }

    [Fact]
    public void In_a_strict_server_neither()
    {
        using var strict = new Peer(Trusting() with { Strict = true });
        HandClient client = strict.MacClient(), other = strict.MacClient();
        PkiMessage good = client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []);
        PkiMessage bad = other.Protector.Protect(other.Header with { MessageTime = null }, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=other", certReqId: 7), []);
        IReadOnlyList<PkiMessage> answers = Answers(strict.SigningClient(Authority).Send(new NestedMessageContent([bad, good])));
        Assert.Equal(PkiStatus.Rejection, Assert.IsType<CertRepMessage>(answers[0].Body).Responses[0].Status.Status);
        Assert.Equal("CN=router", Issued(answers[1]).Subject.ToString());
        // and around them a signature is wanted
        Refused.ByError(FailInfo.WrongIntegrity, strict.MacClient().Send(new NestedMessageContent([good])));
    }

    [Fact]
    public void A_batch_vouches_for_nothing_so_anybody_may_send_one()
    {
        Assert.Equal("CN=router", Issued(Batch([Asked()], _peer.MacClient())[0]).Subject.ToString());
        Refused.ByError(FailInfo.WrongIntegrity, Batch([Asked(message: request => request with { Header = request.Header with { ProtectionAlg = null }, Protection = null })])[0]);
    }

    [Fact]
    public void A_batch_that_comes_again_has_the_answer_that_it_had()
    {
        HandClient ra = Ra();
        Certificate first = Issued(Answers(ra.Send(new NestedMessageContent([Asked()])))[0]);
        Assert.True(first.IsSameAs(Issued(Answers(ra.SendAgain())[0])));
        Refused.ByError(FailInfo.TransactionIdInUse, ra.Send(new NestedMessageContent([Asked()])));
        HandClient other = Ra(Peer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA])));
        other.TransactionId = ra.TransactionId;
        Refused.ByError(FailInfo.TransactionIdInUse, other.Send(new NestedMessageContent([Asked()])));
        Assert.Single(_peer.Responder.Issued);
    }

    [Fact]
    public void A_request_in_two_batches_is_one_request()
    {
        PkiMessage request = Asked();
        Assert.True(Issued(Batch([request])[0]).IsSameAs(Issued(Batch([request, request])[1])));
        Assert.Single(_peer.Responder.Issued);
    }

    [Fact]
    public void A_batch_of_approved_messages_is_opened_twice()
    {
        PkiMessage first = Asked("CN=router1"), second = Asked("CN=router2");
        HandClient ra = Ra();
        PkiMessage[] approved = [.. new[] { first, second }.Select(request => ra.Protector.Protect(Of(request)(ra.Header), new NestedMessageContent([request]), [Authority.Certificate, .. Authority.Chain]))];
        IReadOnlyList<PkiMessage> answers = Batch(approved);
        Assert.Equal(["CN=router1", "CN=router2"], answers.Select(one => Issued(one).Subject.ToString()));
        // and no deeper
        PkiMessage third = ra.Protector.Protect(ra.Header with { TransactionId = new byte[16] }, new NestedMessageContent(approved), [Authority.Certificate, .. Authority.Chain]);
        Refused.ByError(FailInfo.BadRequest, ra.Send(new NestedMessageContent([third])));
    }

    [Fact]
    public void Thousands_of_messages_are_refused_before_one_is_looked_at()
    {
        PkiMessage request = Asked();
        HandClient ra = Ra();
        Refused.ByError(FailInfo.BadRequest, ra.Send(new NestedMessageContent([.. Enumerable.Repeat(request, NestedHandler.MaxMessages + 1)])));
        Assert.Empty(_peer.Responder.Issued);
        Assert.DoesNotContain(_peer.Trace.Notes, note => note.Contains("Received ir"));
    }

    [Fact]
    public void A_nested_message_without_a_message_is_none()
    {
        HandClient ra = Ra();
        PkiMessage whole = ra.Protector.Protect(ra.Header, new NestedMessageContent([Asked()]), []);
        byte[] empty = [0xB4, 0x02, 0x30, 0x00];
        ra.Verifies = false;
        Refused.ByError(FailInfo.BadDataFormat, ra.Send(Tlv.Of(0x30, whole.Header.Encoded.Span, empty)));
    }

    [Fact]
    public void A_batch_may_take_its_time()
    {
        using var slow = new Peer(Trusting() with { PollCount = 1, CheckAfter = 5 });
        HandClient client = slow.MacClient(), ra = slow.SigningClient(Authority);
        PkiMessage request = client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []);
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<ErrorMsgContent>(ra.Send(new NestedMessageContent([request])).Body).Status.Status);
        Assert.Equal(5, Assert.IsType<PollRepContent>(ra.Send(new PollReqContent([-1])).Body).Entries[0].CheckAfter);
        slow.Now += TimeSpan.FromSeconds(5);
        PkiMessage inner = Answers(ra.Send(new PollReqContent([-1])))[0];
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<CertRepMessage>(inner.Body).Responses[0].Status.Status);
    }

    [Fact]
    public async Task Batches_that_hold_each_other_end()
    {
        // each names the other's transaction: whoever locks his own and waits for the other would wait for ever
        HandClient client = _peer.MacClient();
        byte[] left = Secrets.Random(16), right = Secrets.Random(16);
        PkiMessage Named(byte[] id) => client.Protector.Protect(client.Header with { TransactionId = id }, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=router"), []);
        ReadOnlyMemory<byte> Around(PkiMessage inner, byte[] id)
        {
            HandClient ra = Ra();
            return ra.Protector.Protect(ra.Header with { TransactionId = id }, new NestedMessageContent([inner]), [Authority.Certificate, .. Authority.Chain]).Encoded;
        }
        ReadOnlyMemory<byte>[] both = [Around(Named(right), left), Around(Named(left), right)];
        Task all = Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(() => _peer.Responder.Respond(both[n % 2]))));
        Assert.Same(all, await Task.WhenAny(all, Task.Delay(TimeSpan.FromMinutes(1))));
        await all;
    }

    // what the registration authority received

    private PkiMessage Replaced(PkiMessage original, Func<PkiMessage, PkiMessage>? shown = null, bool raVerified = true, HandClient? by = null, int copies = 1)
    {
        HandClient ra = by ?? Ra();
        PkiBody body = raVerified ? new CertReqMessages(PkiBodyType.Ir, [((CertReqMessages)original.Body).Requests[0] with { Popo = new RaVerified() }]) : original.Body;
        PkiMessage[] originals = [.. Enumerable.Repeat(shown?.Invoke(original) ?? original, copies)];
        return ra.Send(body, header => Of(original)(header) with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm, InfoTypes.OrigPkiMessage(originals)] });
    }

    [Fact]
    public void The_original_of_a_message_is_looked_at()
    {
        Assert.Equal("CN=router", Issued(Replaced(Asked())).Subject.ToString());
        Assert.Equal("CN=router", Issued(Replaced(Asked(), raVerified: false)).Subject.ToString());
        Refused.ByError(FailInfo.BadRequest, Replaced(Asked(), _ => Asked()));
        Refused.ByError(FailInfo.BadDataFormat, Replaced(Asked(), copies: 2));
        Refused.ByError(FailInfo.NotAuthorized, Replaced(Asked(), by: Ra(Peer.Vendor())));
        Assert.Equal(2, _peer.Responder.Issued.Count);
    }

    [Fact]
    public void A_proof_that_the_original_lacks_is_not_made_good_by_raVerified()
    {
        PkiMessage WithProof(PkiMessage original, Func<CertReqMsg, CertReqMsg> change) =>
            original with { Body = new CertReqMessages(PkiBodyType.Ir, [change(((CertReqMessages)original.Body).Requests[0])]) };
        Refused.ByError(FailInfo.BadPOP, Replaced(Asked(), original => WithProof(original, request => request with { Popo = ((PopoSigningKey)request.Popo!) with { Signature = new byte[70] } })));
        Refused.ByError(FailInfo.BadPOP, Replaced(Asked(), original => WithProof(original, _ => Peer.Signed(Peer.Asked(Peer.NewKey(), "CN=router"), Peer.NewKey()))));
        Assert.Empty(_peer.Responder.Issued);
    }
}
