using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Several requests in one message: each has its own answer (RFC 9810 5.3.4, 5.3.18, 5.3.22).</summary>
public class SeveralRequestsTests
{
    private static readonly Reply Implicit = new() { Header = header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] } };

    private static Scene Several(int count = 3) => new Scene { Count = count }.Start();

    private static RequestPhase[] Phases(Scene scene) => [.. scene.Transaction.Requests.Select(request => request.Phase)];

    private static IReadOnlyList<CertStatus> Statuses(Scene scene) => Assert.IsType<CertConfirmContent>(scene.Sent.Body).Statuses;

    private static IReadOnlyList<int> Polled(Scene scene) => Assert.IsType<PollReqContent>(scene.Sent.Body).CertReqIds;

    /// <summary>One granted and accepted, one rejected, one that waits; as far as the pollReq.</summary>
    private static Scene Mixed()
    {
        Scene scene = Several();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(0), Scene.Rejected(1), Scene.Waits(2)));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        scene.Resume();
        return scene;
    }

    [Fact]
    public void One_is_granted_one_rejected_and_one_waits_and_is_granted_later()
    {
        Scene scene = Mixed();
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Waiting], Phases(scene));
        Assert.Equal([2], Polled(scene));
        Assert.IsType<TransactionStep.Wait>(scene.Answer(Scene.PollRep(5, 2)));
        scene.Resume();
        TransactionStep.Decide decide = Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(2)));
        Assert.Equal(2, decide.Certificate.Request);
        scene.Accept();
        Assert.Equal(2, Assert.Single(Statuses(scene)).CertReqId);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.Equal(["ir", "certConf", "pollReq", "pollReq", "certConf"], scene.AllSent.Select(message => message.ToString()));
        Assert.Equal([true, false, true], scene.Transaction.Requests.Select(request => request.Confirmed));
        Assert.True(scene.Transaction.Confirmed);
        CmpServerException failure = Assert.IsType<CmpServerException>(scene.Transaction.Requests[1].Failure);
        Assert.Equal(FailInfo.BadCertTemplate, failure.FailInfo);
        Assert.Equal(["no"], failure.StatusText);
    }

    [Fact]
    public void Rule42_One_certConf_speaks_of_all_certificates_of_an_answer()
    {
        Scene scene = Several();
        scene.Answer(scene.Granted(2), scene.Granted(0), scene.Granted(1));
        scene.Accept();
        Assert.IsType<TransactionStep.Decide>(scene.Step);
        scene.Refuse("not this one");
        Assert.IsType<TransactionStep.Decide>(scene.Step);
        scene.Accept();
        IReadOnlyList<CertStatus> statuses = Statuses(scene);
        Assert.Equal([0, 1, 2], statuses.Select(status => status.CertReqId));
        Assert.Equal([null, FailInfo.IncorrectData, null], statuses.Select(status => status.StatusInfo?.FailInfo));
        foreach (CertStatus status in statuses)
            Assert.Equal(Digests.Compute(Oids.Sha256, scene.Transaction.Requests[status.CertReqId].Issued!.Certificate.Encoded), status.CertHash.ToArray());
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Granted], Phases(scene));
        Assert.Equal("CmpTransaction.Refused", scene.Transaction.Requests[1].Failure!.ErrorId);
    }

    [Fact]
    public void Rule42_The_certConf_is_of_version_3_where_one_of_its_entries_needs_hashAlg()
    {
        Scene scene = Several(2);
        Certificate unnamed = Peer.Shared.Certify(scene.KeyOf(1).PublicKey, shape: Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier(Oids.MLDsa44) });
        scene.Answer(scene.Granted(0), Peer.Response(PkiBodyType.Ip, unnamed, certReqId: 1).Responses[0]);
        scene.Accept();
        scene.Accept();
        Assert.Equal(3, scene.Sent.Header.Pvno);
        Assert.Equal([null, Oids.Sha256], Statuses(scene).Select(status => status.HashAlg?.Oid));

        // and of version 2 where none does
        scene = Several(2);
        scene.Answer(scene.Granted(0), scene.Granted(1));
        scene.Accept();
        scene.Accept();
        Assert.Equal(2, scene.Sent.Header.Pvno);
    }

    [Fact]
    public void Rule43_Under_implicit_confirmation_there_is_no_certConf_and_what_waits_is_polled_for_at_once()
    {
        Scene scene = Several();
        scene.Answer(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(0), scene.Granted(1), Scene.Waits(2)]), Implicit);
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Refuse());
        scene.Resume();
        Assert.Equal([2], Polled(scene));
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Waiting], Phases(scene));
        Assert.True(scene.Transaction.Requests[0].Confirmed);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(2)));
    }

    [Fact]
    public void Rule40_Keys_that_are_swapped_between_two_requests_refuse_both_and_no_other()
    {
        Scene scene = Several();
        TransactionStep.Decide decide = Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(0, scene.KeyOf(1).PublicKey), scene.Granted(1, scene.KeyOf(0).PublicKey), scene.Granted(2)));
        Assert.Equal(2, decide.Certificate.Request);
        scene.Accept();
        Assert.Equal([PkiStatus.Rejection, PkiStatus.Rejection, null], Statuses(scene).Select(status => status.StatusInfo?.Status));
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.Equal(["CmpTransaction.WrongKey", "CmpTransaction.WrongKey", null], scene.Transaction.Requests.Select(request => request.Failure?.ErrorId));
    }

    [Fact]
    public void Rule38_One_pollReq_names_all_that_wait_and_no_other()
    {
        Scene scene = Several();
        scene.Answer(Scene.Waits(0), Scene.Waits(1), Scene.Waits(2));
        Assert.Equal([0, 1, 2], Polled(scene));
        var poll = new PollRepContent([new PollRepEntry(0, 60), new PollRepEntry(1, 20), new PollRepEntry(2, 40)]);
        Assert.Equal(Peer.Now.AddSeconds(20), Assert.IsType<TransactionStep.Wait>(scene.Answer(poll)).Until);
        scene.Resume();
        // one of them is ready: the others wait although nothing is said of them
        scene.Answer(scene.Granted(1));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        scene.Resume();
        Assert.Equal([0, 2], Polled(scene));
        Assert.Equal("CmpTransaction.PollRep", scene.FailsLate(new PollRepContent([new PollRepEntry(0, 60), new PollRepEntry(1, 20)])).ErrorId);
    }

    [Fact]
    public void Rule38_An_answer_to_polling_may_say_of_the_rest_that_it_waits_still()
    {
        Scene scene = Several();
        scene.Answer(Scene.Waits(0), Scene.Waits(1), Scene.Waits(2));
        scene.Answer(scene.Granted(0), Scene.Waits(1), Scene.Rejected(2));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        scene.Resume();
        Assert.Equal([1], Polled(scene));
        Assert.IsType<TransactionStep.Done>(scene.Answer(Scene.Rejected(1)));
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Failed], Phases(scene));
    }

    [Fact]
    public void Rule38_The_answer_as_a_whole_can_be_late_and_is_complete_then()
    {
        Scene scene = Several(2);
        scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal([-1], Polled(scene));
        Assert.Equal("CmpTransaction.CertReqId", scene.Fails(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(0)])).ErrorId);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(0), scene.Granted(1)));
    }

    [Fact]
    public void Rule26_The_answer_to_polling_may_echo_the_nonce_of_the_request()
    {
        Scene scene = Mixed();
        var old = new Reply { Header = header => header with { RecipNonce = scene.AllSent[0].Header.SenderNonce } };
        Assert.IsType<TransactionStep.Decide>(scene.Answer(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(2)]), old));

        // but not that of the certConf, whose answer was not late
        scene = Mixed();
        old = new Reply { Header = header => header with { RecipNonce = scene.AllSent[1].Header.SenderNonce } };
        Assert.Equal("CmpTransaction.RecipNonce", scene.FailsLate(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(2)]), old).ErrorId);
    }

    [Theory]
    [InlineData("doubled", "two responses for the certReqId 1")]
    [InlineData("missing", "no response for the certReqId 2")]
    [InlineData("foreign", "for the certReqId 3, which was not asked for")]
    [InlineData("minus 1", "for the certReqId -1, which was not asked for")]
    [InlineData("none", "no response for the certReqId 0")]
    public void An_answer_speaks_once_of_each_request(string what, string message)
    {
        Scene scene = Several();
        CertResponse[] responses = what switch
        {
            "doubled" => [scene.Granted(0), scene.Granted(1), scene.Granted(1), scene.Granted(2)],
            "missing" => [scene.Granted(0), scene.Granted(1)],
            "foreign" => [scene.Granted(0), scene.Granted(1), scene.Granted(2), scene.Granted(3)],
            "minus 1" => [scene.Granted(0), scene.Granted(1), scene.Granted(2), Scene.Rejected(-1)],
            _ => [],
        };
        CmpException error = scene.Fails(new CertRepMessage(PkiBodyType.Ip, responses));
        Assert.Equal("CmpTransaction.CertReqId", error.ErrorId);
        Assert.Contains(message, error.Message);
        Assert.Single(scene.AllSent);
        Assert.All(scene.Transaction.Requests, request => Assert.Equal(RequestPhase.Requested, request.Phase));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_has_ended_is_not_answered_again(int certReqId)
    {
        Scene scene = Mixed();
        CmpException error = scene.FailsLate(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(certReqId), scene.Granted(2)]));
        Assert.Equal("CmpTransaction.CertReqId", error.ErrorId);
        Assert.Contains("not asked for again", error.Message);
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Waiting], Phases(scene));
    }

    [Fact]
    public void An_answer_to_polling_that_speaks_of_nothing_is_none()
    {
        Scene scene = Mixed();
        Assert.Equal("CmpTransaction.CertReqId", scene.FailsLate(new CertRepMessage(PkiBodyType.Ip, [])).ErrorId);
    }

    [Fact]
    public void Rule37_A_grant_without_a_certificate_fails_its_request_alone()
    {
        Scene scene = Several(4);
        byte[] sequence = [0x30, 0];
        scene.Answer(
            new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted)),
            new CertResponse(1, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { EncryptedCert = sequence }),
            new CertResponse(2, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { Certificate = Peer.Shared.Certify(scene.KeyOf(2).PublicKey), PrivateKey = sequence }),
            scene.Granted(3));
        scene.Accept();
        // a certificate that is not mentioned is refused (RFC 9810 5.3.18)
        Assert.Equal(3, Assert.Single(Statuses(scene)).CertReqId);
        Assert.Equal(
            ["CmpTransaction.NoCertificate", "CmpTransaction.EncryptedCertificate", "CmpTransaction.UnexpectedKey", null],
            scene.Transaction.Requests.Select(request => request.Failure?.ErrorId));
    }

    [Fact]
    public void Rule37_Each_status_is_told_with_the_certificate_that_it_is_of()
    {
        Scene scene = Several(2);
        scene.Answer(scene.Granted(0), scene.Granted(1, status: PkiStatus.GrantedWithMods));
        Assert.Contains(scene.Transaction.Warnings, warning => warning.StartsWith("CN=router1", StringComparison.Ordinal) && warning.Contains("granted the request with changes"));
        Assert.Single(scene.Transaction.Warnings);
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void A_certificate_that_does_not_decode_costs_the_others_nothing(ProtectionKind kind)
    {
        Scene scene = new Scene { Count = 2, Kind = kind }.Start();
        var none = new CertResponse(1, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { Certificate = Certificate.Decode(new byte[] { 0x30, 0 }) });
        scene.Answer(scene.Granted(0), none);
        Assert.Equal("CmpMessage.Malformed", scene.Transaction.Requests[1].Failure!.ErrorId);
        scene.Accept();
        Assert.Equal(0, Assert.Single(Assert.IsType<CertConfirmContent>(scene.Sent.Body).Statuses).CertReqId);
    }

    [Fact]
    public void Where_all_are_rejected_the_transaction_has_failed_and_each_has_its_own_error()
    {
        Scene scene = Several(2);
        Assert.Equal("CmpServer.badPOP", scene.Fails(new CertRepMessage(PkiBodyType.Ip, [Scene.Rejected(0, FailInfo.BadPOP), Scene.Rejected(1, FailInfo.BadAlg)])).ErrorId);
        Assert.Equal(["CmpServer.badPOP", "CmpServer.badAlg"], scene.Transaction.Requests.Select(request => request.Failure!.ErrorId));
        Assert.True(scene.Transaction.IsOver);
    }

    [Fact]
    public void Rule35_An_error_of_the_whole_message_ends_all_that_has_not_ended()
    {
        Scene scene = Mixed();
        Assert.Equal("CmpServer.systemFailure", scene.FailsLate(Peer.Error(FailInfo.SystemFailure)).ErrorId);
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Failed], Phases(scene));
        Assert.Equal([null, "CmpServer.badCertTemplate", "CmpServer.systemFailure"], scene.Transaction.Requests.Select(request => request.Failure?.ErrorId));
        Assert.False(scene.Transaction.IsInDoubt);
        Assert.True(scene.Transaction.IsOver);
    }

    [Fact]
    public void Rule44_An_error_in_answer_to_certConf_leaves_in_doubt_what_was_accepted_and_nothing_else()
    {
        Scene scene = Several(4);
        scene.Answer(scene.Granted(0), scene.Granted(1), Scene.Rejected(2), Scene.Waits(3));
        scene.Accept();
        scene.Refuse();
        Assert.Equal("CmpServer.badRequest", scene.Fails(Peer.Error()).ErrorId);
        Assert.Equal([true, false, false, false], scene.Transaction.Requests.Select(request => request.IsInDoubt));
        Assert.Equal(
            ["CmpServer.badRequest", "CmpTransaction.Refused", "CmpServer.badCertTemplate", "CmpServer.badRequest"],
            scene.Transaction.Requests.Select(request => request.Failure?.ErrorId));
    }

    [Fact]
    public void Rule44_Without_a_pkiConf_the_others_are_polled_for_all_the_same()
    {
        Scene scene = Several(2);
        scene.Answer(scene.Granted(0), Scene.Waits(1));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Transaction.Unanswered(null, scene.Now));
        Assert.Equal([RequestPhase.Granted, RequestPhase.Waiting], Phases(scene));
        Assert.False(scene.Transaction.Requests[0].Confirmed);
        Assert.Contains(scene.Transaction.Warnings, warning => warning.Contains("did not acknowledge"));
        scene.Resume();
        Assert.Equal([1], Polled(scene));
    }

    [Fact]
    public void A_pkiConf_can_be_late_while_others_wait()
    {
        Scene scene = Several(2);
        scene.Answer(scene.Granted(0), Scene.Waits(1));
        scene.Accept();
        scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal([-1], Polled(scene));
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        Assert.True(scene.Transaction.Requests[0].Confirmed);
        scene.Resume();
        Assert.Equal([1], Polled(scene));
    }

    [Fact]
    public void Rule33_A_rejection_of_all_that_nobody_vouches_for_ends_nothing()
    {
        Scene scene = Several(2);
        var rejections = new CertRepMessage(PkiBodyType.Ip, [Scene.Rejected(0), Scene.Rejected(1)]);
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", scene.Fails(rejections, Reply.Unprotected).ErrorId);
        Assert.Equal("CmpProtection.Missing", scene.Fails(new CertRepMessage(PkiBodyType.Ip, [Scene.Rejected(0), scene.Granted(1)]), Reply.Unprotected).ErrorId);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(Scene.Rejected(0), scene.Granted(1)));
    }

    [Fact]
    public void Rule7_cmp1999_cannot_tell_one_certificate_from_another()
    {
        Scene scene = new() { Count = 2, Settings = settings => settings with { Pvno = 1 } };
        Assert.Equal("CmpArgument.ProtocolVersion", Assert.Throws<CmpException>(() => scene.Start()).ErrorId);
    }

    [Fact]
    public void Rule50_Another_process_goes_on_from_every_state()
    {
        Scene scene = Several();
        Assert.Equal([RequestPhase.Requested, RequestPhase.Requested, RequestPhase.Requested], Phases(scene.Resumed()));
        Assert.Equal("ir", Sent(scene.Resumed()));

        scene.Answer(scene.Granted(0), Scene.Rejected(1), Scene.Waits(2));
        Scene other = scene.Resumed();
        Assert.Equal([RequestPhase.Deciding, RequestPhase.Failed, RequestPhase.Waiting], Phases(other));
        Assert.Equal("CmpServer.badCertTemplate", other.Transaction.Requests[1].Failure!.ErrorId);
        Assert.Equal(0, Assert.IsType<TransactionStep.Decide>(other.Transaction.Continue(Peer.Now)).Certificate.Request);

        scene.Accept();
        Assert.Equal("certConf", Sent(scene.Resumed()));
        Assert.Equal([RequestPhase.Accepted, RequestPhase.Failed, RequestPhase.Waiting], Phases(scene.Resumed()));

        scene.Answer(new PkiConfirmContent());
        other = scene.Resumed();
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Waiting], Phases(other));
        Assert.True(other.Transaction.Requests[0].Confirmed);
        Assert.Equal("pollReq", Sent(other));

        scene.Resume();
        Assert.Equal("pollReq", Sent(scene.Resumed()));
        scene.Answer(scene.Granted(2));
        scene.Refuse("too late");
        other = scene.Resumed();
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Refused], Phases(other));
        Assert.Equal("too late", other.Transaction.Requests[2].Failure!.Message);
        scene.Answer(new PkiConfirmContent());
        Assert.IsType<TransactionStep.Done>(scene.Resumed().Transaction.Continue(Peer.Now));
    }

    [Fact]
    public void A_state_that_lacks_what_it_speaks_of_is_damaged()
    {
        Scene scene = Several(2);
        scene.Answer(scene.Granted(0), Scene.Rejected(1));
        TransactionState state = scene.Transaction.Capture();
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => scene.Resumed(state with { Answers = [] })).ErrorId);
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => scene.Resumed(state with { Requests = [state.Requests[0]] })).ErrorId);
    }

    private static string Sent(Scene scene) => PkiBodyTypeNames.Of(Assert.IsType<TransactionStep.Send>(scene.Transaction.Continue(Peer.Now)).Body);
}
