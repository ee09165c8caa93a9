using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>One question and one answer: rr and rp, genm and genp, message by message (rules 33, 35 to 39, 46, 47 and 65).</summary>
public class RequestTransactionTests
{
    private static readonly MadeCertificate Old = Peer.Shared.Issuing.Issue("CN=to be revoked");

    private static RevReqContent Rr(params Certificate[] certificates) => new([.. certificates.Select(certificate => RevDetails.Of(certificate))]);

    private static GenMsgContent Genm(params string[] types) => new([.. types.Select(type => new InfoTypeAndValue(type))]);

    private static RevRepContent Rp(params PkiStatus[] statuses) => new([.. statuses.Select(status => status == PkiStatus.Rejection ? PkiStatusInfo.Rejection(FailInfo.BadCertId, "no") : new PkiStatusInfo(status))]);

    [Fact]
    public void Rule35_rr_is_answered_by_rp()
    {
        Talk talk = Talk.Revocation(Old.Certificate);
        Assert.Null(talk.Sent.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted)));
        Assert.Equal(PkiStatus.Accepted, Assert.Single(talk.Revoking.Statuses).Status);
        Assert.Null(Assert.Single(talk.Revoking.Errors));
        Assert.Equal(TransactionPhase.Ended, talk.Revoking.Phase);
    }

    [Fact]
    public void Rule35_genm_is_answered_by_genp()
    {
        Talk talk = Talk.Question(Genm(Oids.SignKeyPairTypes));
        Assert.IsType<TransactionStep.Done>(talk.Answer(new GenRepContent([new InfoTypeAndValue(Oids.SignKeyPairTypes)])));
        Assert.Equal(Oids.SignKeyPairTypes, Assert.Single(talk.Asking.Items).InfoType);
    }

    public static TheoryData<int> OtherBodies() => new(Enumerable.Range(0, 6));

    private static PkiBody Other(int which) => which switch
    {
        0 => new PkiConfirmContent(),
        1 => Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting),
        2 => Peer.Response(PkiBodyType.Cp, Old.Certificate),
        3 => Genm(Oids.CaCerts),
        4 => Rr(Old.Certificate),
        _ => Scene.PollRep(5, -1),
    };

    [Theory]
    [MemberData(nameof(OtherBodies))]
    public void Rule35_Nothing_else_answers_them_and_the_good_answer_is_still_taken(int which)
    {
        foreach (Talk talk in new[] { Talk.Revocation(Old.Certificate), Talk.Question(Genm(Oids.CaCerts)) })
        {
            Assert.Equal("CmpTransaction.UnexpectedBody", talk.Fails(Other(which)).ErrorId);
            PkiBody good = talk.Transaction is RevocationTransaction ? Rp(PkiStatus.Accepted) : new GenRepContent([]);
            Assert.IsType<TransactionStep.Done>(talk.Answer(good));
        }
    }

    [Fact]
    public void Rule35_Neither_answers_the_other()
    {
        Assert.Equal("CmpTransaction.UnexpectedBody", Talk.Revocation(Old.Certificate).Fails(new GenRepContent([])).ErrorId);
        Assert.Equal("CmpTransaction.UnexpectedBody", Talk.Question(Genm()).Fails(Rp(PkiStatus.Accepted)).ErrorId);
    }

    [Fact]
    public void Rule35_An_error_ends_it_with_all_that_the_server_said()
    {
        var error = (CmpServerException)Talk.Question(Genm()).Fails(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.SystemUnavail, "come back")) { ErrorCode = 17 });
        Assert.Equal(("CmpServer.systemUnavail", 17), (error.ErrorId, error.ErrorCode));
        Assert.Contains("come back", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsAuthenticated);
    }

    [Theory]
    [InlineData(PkiStatus.Accepted, null, false)]
    [InlineData(PkiStatus.GrantedWithMods, null, true)]
    [InlineData(PkiStatus.RevocationWarning, null, true)]
    [InlineData(PkiStatus.RevocationNotification, null, false)]
    [InlineData(PkiStatus.KeyUpdateWarning, "CmpServer.keyUpdateWarning", false)]
    [InlineData(PkiStatus.Rejection, "CmpServer.badCertId", false)]
    [InlineData((PkiStatus)9, "CmpServer.unknownStatus", false)]
    public void Rule37_The_statuses_of_rp(PkiStatus status, string? errorId, bool warns)
    {
        Talk talk = Talk.Revocation(Old.Certificate);
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(status)));
        Assert.Equal(errorId, talk.Revoking.Errors[0]?.ErrorId);
        Assert.Equal(warns, talk.Transaction.Warnings.Count > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Rule46_Each_request_has_one_status(int count)
    {
        Talk talk = Talk.Revocation(Old.Certificate, Peer.Shared.Client.Certificate);
        Assert.Equal("CmpTransaction.RevCerts", talk.Fails(Rp([.. Enumerable.Repeat(PkiStatus.Accepted, count)])).ErrorId);
        Assert.Empty(talk.Revoking.Statuses);
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted, PkiStatus.Rejection)));
        Assert.Equal([null, "CmpServer.badCertId"], talk.Revoking.Errors.Select(error => error?.ErrorId));
    }

    [Fact]
    public void Rule46_revCerts_name_the_same_certificates_in_the_same_order()
    {
        Certificate one = Old.Certificate, other = Peer.Shared.Client.Certificate;
        CertId[][] wrong =
        [
            [CertId.Of(other), CertId.Of(one)],
            [CertId.Of(one)],
            [CertId.Of(one), CertId.Of(other), CertId.Of(one)],
            [CertId.Of(one), CertId.Of(other) with { SerialNumber = new byte[] { 7 } }],
            [CertId.Of(one), CertId.Of(other) with { Issuer = GeneralName.NullDn }],
            [CertId.Of(one), CertId.Of(other) with { Issuer = GeneralName.FromText(GeneralNameType.DnsName, "ca.example") }],
        ];
        Talk talk = Talk.Revocation(one, other);
        foreach (CertId[] revCerts in wrong)
            Assert.Equal("CmpTransaction.RevCerts", talk.Fails(Rp(PkiStatus.Accepted, PkiStatus.Accepted) with { RevCerts = revCerts }).ErrorId);
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted, PkiStatus.Accepted) with { RevCerts = [CertId.Of(one), CertId.Of(other)] }));
        Assert.Same(one, talk.Revoking.CertificateOf(0));
        Assert.Same(other, talk.Revoking.CertificateOf(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule38_A_waiting_answer_is_polled_for_as_a_whole(bool byError)
    {
        Talk talk = Talk.Revocation(Old.Certificate, Peer.Shared.Client.Certificate);
        talk.Answer(byError ? new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)) : Rp(PkiStatus.Accepted, PkiStatus.Waiting));
        Assert.Equal([-1], Assert.IsType<PollReqContent>(talk.Sent.Body).CertReqIds);
        TransactionStep.Wait wait = Assert.IsType<TransactionStep.Wait>(talk.Answer(Scene.PollRep(30, -1, "soon")));
        Assert.Equal((Peer.Now.AddSeconds(30), "soon"), (wait.Until, wait.Reason));
        Assert.IsType<TransactionStep.Send>(talk.Take(talk.Transaction.Resume(wait.Until)));
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted, PkiStatus.Accepted)));
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(-1, -1)]
    public void Rule38_A_pollRep_of_something_else_or_of_no_time_is_an_error(int checkAfter, int id)
    {
        Talk talk = Talk.Question(Genm());
        talk.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal("CmpTransaction.PollRep", talk.Fails(Scene.PollRep(checkAfter, id)).ErrorId);
        Assert.IsType<TransactionStep.Done>(talk.Answer(new GenRepContent([])));
    }

    [Fact]
    public void Rule38_What_waits_goes_on_in_another_process()
    {
        Talk talk = Talk.Revocation(Old.Certificate);
        talk.Answer(Rp(PkiStatus.Waiting));
        var later = new Talk(settings => new RevocationTransaction(settings, talk.Revoking.Capture(), [Old.Certificate]));
        Assert.True(later.Transaction.IsWaitedFor);
        later.Take(later.Revoking.Continue(Peer.Now));
        Assert.IsType<PollReqContent>(later.Sent.Body);
        Assert.True(later.Sent.Header.TransactionId!.Value.Span.SequenceEqual(talk.Sent.Header.TransactionId!.Value.Span));
        Assert.IsType<TransactionStep.Done>(later.Answer(Rp(PkiStatus.Rejection)));
        var last = new Talk(settings => new RevocationTransaction(settings, later.Revoking.Capture(), [Old.Certificate]));
        Assert.IsType<TransactionStep.Done>(last.Revoking.Continue(Peer.Now));
        Assert.Equal("CmpServer.badCertId", last.Revoking.Errors[0]!.ErrorId);
        Assert.True(last.Revoking.Errors[0]!.IsAuthenticated);
    }

    [Fact]
    public void Rule47_The_first_item_of_the_expected_type_counts_and_others_are_ignored_with_a_warning()
    {
        Talk talk = Talk.Question(Genm(Oids.CaCerts), Oids.CaCerts);
        var first = new InfoTypeAndValue(Oids.CaCerts, new byte[] { 0x30, 0 });
        talk.Answer(new GenRepContent([new InfoTypeAndValue(Oids.PreferredSymmAlg), first, new InfoTypeAndValue(Oids.CaCerts)]));
        Assert.True(first.Encoded.Span.SequenceEqual(talk.Asking.Item!.Encoded.Span));
        Assert.Equal(3, talk.Asking.Items.Count);
        Assert.Equal(2, talk.Transaction.Warnings.Count);
        Assert.False(talk.Asking.IsUnsupported);
    }

    [Fact]
    public void Rule70_Of_many_others_only_some_are_named()
    {
        Talk talk = Talk.Question(new GenMsgContent([new InfoTypeAndValue(Oids.CurrentCrl)]), Oids.CurrentCrl);
        talk.Answer(new GenRepContent([.. Enumerable.Range(0, 5000).Select(number => new InfoTypeAndValue($"1.2.3.{number}"))]));
        Assert.Equal(CmpLimits.Default.MaxTexts + 1, talk.Transaction.Warnings.Count);
        Assert.Contains("4980", talk.Transaction.Warnings[^1]);
    }

    [Fact]
    public void Rule47_An_empty_genp_is_fine()
    {
        Talk talk = Talk.Question(Genm(Oids.CaCerts), Oids.CaCerts);
        Assert.IsType<TransactionStep.Done>(talk.Answer(new GenRepContent([])));
        Assert.Null(talk.Asking.Item);
        Assert.Empty(talk.Transaction.Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule33_An_unprotected_answer_is_refused_be_it_good_or_a_rejection(bool rejects)
    {
        Talk talk = Talk.Revocation(Old.Certificate);
        string errorId = talk.Fails(Rp(rejects ? PkiStatus.Rejection : PkiStatus.Accepted), Reply.Unprotected).ErrorId;
        Assert.Equal(rejects ? "CmpProtection.UnauthenticatedAnswer" : "CmpProtection.Missing", errorId);
        Assert.Equal("CmpProtection.Missing", Talk.Question(Genm()).Fails(new GenRepContent([]), Reply.Unprotected).ErrorId);
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted)));
    }

    [Fact]
    public void Rule33_Where_the_user_believes_errors_an_unprotected_rejection_is_the_servers_and_marked()
    {
        var talk = new Talk(settings => new RevocationTransaction(settings with { Trust = settings.Trust with { AllowUnprotectedErrors = true } }, Rr(Old.Certificate), [Old.Certificate]));
        talk.Start();
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Rejection), Reply.Unprotected));
        Assert.False(talk.Revoking.Errors[0]!.IsAuthenticated);
        Assert.Equal("CmpProtection.Missing", Talk.Revocation(Old.Certificate).Fails(Rp(PkiStatus.Accepted), Reply.Unprotected).ErrorId);
    }

    [Fact]
    public void Rule65_Who_issued_the_certificate_that_is_revoked_may_sign_and_who_issued_others_may_not()
    {
        var byCA = new Reply { Protector = Peer.Signature(Peer.Shared.Issuing), ExtraCerts = [Peer.Shared.Issuing.Certificate], Header = header => header with { Sender = GeneralName.FromName(Peer.Shared.Issuing.Certificate.Subject) } };
        Talk talk = Talk.Revocation(Old.Certificate);
        Assert.IsType<TransactionStep.Done>(talk.Answer(Rp(PkiStatus.Accepted), byCA));

        MadeCertificate otherCA = Peer.Shared.Root.Issue("CN=Another CA", Shape.CA);
        var byOther = new Reply { Protector = Peer.Signature(otherCA), ExtraCerts = [otherCA.Certificate], Header = header => header with { Sender = GeneralName.FromName(otherCA.Certificate.Subject) } };
        Assert.Equal("CmpTrust.SignerNotAuthorized", Talk.Revocation(Old.Certificate).Fails(Rp(PkiStatus.Accepted), byOther).ErrorId);
        Assert.Equal("CmpTrust.SignerNotAuthorized", Talk.Question(Genm()).Fails(new GenRepContent([]), byCA).ErrorId);
    }

    [Fact]
    public void Rule65_Where_the_certificate_is_not_at_hand_the_CA_that_is_named_may_sign_and_another_may_not()
    {
        MadeCertificate issuing = Peer.Shared.Issuing, other = Peer.Shared.Root.Issue("CN=Another CA", Shape.CA);
        Reply By(MadeCertificate signer) => new() { Protector = Peer.Signature(signer), ExtraCerts = [signer.Certificate], Header = header => header with { Sender = GeneralName.FromName(signer.Certificate.Subject) } };
        Talk Named(MadeCertificate issuer)
        {
            var talk = new Talk(settings => new RevocationTransaction(settings, new RevReqContent([RevDetails.Of(issuer.Certificate.Subject, new byte[] { 5 })]), []));
            talk.Start();
            return talk;
        }
        Assert.IsType<TransactionStep.Done>(Named(issuing).Answer(Rp(PkiStatus.Accepted), By(issuing)));
        Assert.Equal("CmpTrust.SignerNotAuthorized", Named(issuing).Fails(Rp(PkiStatus.Accepted), By(other)).ErrorId);
        // the name alone is not enough: no CA's certificate, and no path
        MadeCertificate leaf = Peer.Shared.Root.Issue("CN=Test Issuing CA"), stranger = MadeCertificate.Root("CN=Test Issuing CA");
        Assert.Equal("CmpTrust.SignerNotAuthorized", Named(issuing).Fails(Rp(PkiStatus.Accepted), By(leaf)).ErrorId);
        Assert.StartsWith("CmpTrust.", Named(issuing).Fails(Rp(PkiStatus.Accepted), By(stranger)).ErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule57_No_answer_where_one_is_due_is_an_error()
    {
        Talk talk = Talk.Question(Genm());
        Assert.Equal("CmpTransport.NoAnswer", Assert.IsType<TransactionStep.Failed>(talk.Transaction.Unanswered(null, Peer.Now)).Error.ErrorId);
        Assert.False(talk.Transaction.IsOver);
    }

    /// <summary>A transaction and its server, message by message.</summary>
    private sealed class Talk
    {
        internal Talk(Func<TransactionSettings, RequestTransaction> make)
        {
            Transaction = make(new TransactionSettings
            {
                Protector = Peer.Mac(),
                Credential = Peer.Secret(),
                Trust = new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] },
            });
        }

        internal RequestTransaction Transaction { get; }

        internal RevocationTransaction Revoking => (RevocationTransaction)Transaction;

        internal GeneralTransaction Asking => (GeneralTransaction)Transaction;

        internal PkiMessage Sent { get; private set; } = null!;

        internal static Talk Revocation(params Certificate[] certificates)
        {
            var talk = new Talk(settings => new RevocationTransaction(settings, Rr(certificates), certificates));
            talk.Start();
            return talk;
        }

        internal static Talk Question(GenMsgContent question, params string[] expected)
        {
            var talk = new Talk(settings => new GeneralTransaction(settings, question, expected));
            talk.Start();
            return talk;
        }

        internal void Start() => Take(Transaction.Start(Peer.Now));

        internal TransactionStep Answer(PkiBody body, Reply? reply = null) => Take(Transaction.Receive(Peer.Shared.Answer(Sent, body, reply), Peer.Now));

        internal CmpException Fails(PkiBody body, Reply? reply = null) => Assert.IsType<TransactionStep.Failed>(Answer(body, reply)).Error;

        internal TransactionStep Take(TransactionStep step)
        {
            if (step is TransactionStep.Send send)
                Sent = PkiMessage.Decode(send.Octets);
            return step;
        }
    }
}
