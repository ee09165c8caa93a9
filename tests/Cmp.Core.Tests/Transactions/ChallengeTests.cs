using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>popdecc and popdecr within an enrolment (RFC 9810 5.2.8.3.3).</summary>
public class ChallengeTests
{
    private static readonly ErrorMsgContent Later = new(new PkiStatusInfo(PkiStatus.Waiting));

    public static TheoryData<string, int> Keys => new() { { "RSA_2048", 2 }, { "RSA_2048", 3 }, { "ECDSA_P384", 3 }, { "X25519", 3 }, { "ML-KEM-768", 3 } };

    [SkippableTheory]
    [MemberData(nameof(Keys))]
    public void A_challenge_is_answered_and_the_certificate_follows(string kind, int pvno)
    {
        SealedScene scene = Scene(kind, pvno).Start();
        Assert.Equal(pvno, scene.Sent.Header.Pvno);
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = scene.Challenge(pvno: pvno);
        var proof = Assert.IsType<TransactionStep.Send>(scene.Answer(content));
        Assert.Equal(numbers, Assert.IsType<PopoDecKeyRespContent>(scene.Sent.Body).Numbers);
        Assert.Equal(pvno, scene.Sent.Header.Pvno);
        Assert.Equal(scene.AllSent[0].Header.TransactionId!.Value.ToArray(), scene.Sent.Header.TransactionId!.Value.ToArray());
        Assert.False(proof.First);
        Assert.False(proof.Last);
        Assert.Equal(TransactionPhase.Proving, scene.Transaction.Phase);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Plain())));
        scene.Accept();
        Assert.Equal(0, Assert.Single(scene.CertConf.Statuses).CertReqId);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.True(scene.Transaction.Confirmed);
        Assert.Empty(scene.Transaction.Warnings);
    }

    [Fact]
    public void Of_several_requests_those_are_answered_that_asked_in_their_order()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.ChallengeResp), new(SubsequentMessage.EncrCert), new(SubsequentMessage.ChallengeResp, "X25519")] };
        scene.Start();
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = scene.Challenge();
        Assert.Equal(2, numbers.Count);
        scene.Answer(content);
        Assert.Equal(numbers, Assert.IsType<PopoDecKeyRespContent>(scene.Sent.Body).Numbers);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Plain(), scene.Encrypted(1), scene.Plain(2))));
        Assert.IsType<TransactionStep.Decide>(scene.Accept());
        Assert.IsType<TransactionStep.Decide>(scene.Accept());
        scene.Accept();
        Assert.Equal([0, 1, 2], scene.CertConf.Statuses.Select(status => status.CertReqId));
    }

    [Fact]
    public void A_challenge_may_come_after_polling_and_be_followed_by_it()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(Later);
        Assert.IsType<PollReqContent>(scene.Sent.Body);
        scene.Answer(scene.Challenge().Content);
        Assert.IsType<PopoDecKeyRespContent>(scene.Sent.Body);
        Assert.False(scene.Transaction.IsWaitedFor);
        ReadOnlyMemory<byte> proofNonce = scene.Sent.Header.SenderNonce!.Value;
        scene.Answer(Later);
        Assert.IsType<PollReqContent>(scene.Sent.Body);
        // rule 26: the delayed answer may echo the nonce of the message that it answers
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Plain()), new Reply { Header = header => header with { RecipNonce = proofNonce } }));
    }

    [Fact]
    public void Waiting_by_the_status_of_the_ip_leads_to_polling_too()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(scene.Challenge().Content);
        scene.Answer(scene.Granted(SealedScene.Waits()));
        Assert.Equal([0], Assert.IsType<PollReqContent>(scene.Sent.Body).CertReqIds);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Plain())));
    }

    [Fact]
    public void What_waits_while_others_are_confirmed_may_echo_the_nonce_of_the_proof()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.ChallengeResp), new(SubsequentMessage.ChallengeResp)] };
        scene.Start();
        scene.Answer(scene.Challenge().Content);
        ReadOnlyMemory<byte> proofNonce = scene.Sent.Header.SenderNonce!.Value;
        scene.Answer(scene.Granted(scene.Plain(), SealedScene.Waits(1)));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        SealedScene again = scene.Resumed();
        again.Resume();
        Assert.IsType<PollReqContent>(again.Sent.Body);
        Assert.IsType<TransactionStep.Decide>(again.Answer(again.Granted(again.Plain(1)), new Reply { Header = header => header with { RecipNonce = proofNonce } }));
    }

    [Fact]
    public void Another_process_says_the_proof_again_and_goes_on()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(scene.Challenge().Content);
        SealedScene again = scene.Resumed();
        var proof = Assert.IsType<TransactionStep.Send>(again.Continue());
        Assert.Equal(PkiBodyType.Popdecr, proof.Body);
        Assert.False(proof.First);
        Assert.Equal(scene.Sent.Header.SenderNonce!.Value.ToArray(), again.Sent.Header.SenderNonce!.Value.ToArray());
        Assert.IsType<TransactionStep.Decide>(again.Answer(again.Granted(again.Plain())));
    }

    [Fact]
    public void Another_process_polls_on_after_the_proof()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(scene.Challenge().Content);
        scene.Answer(Later);
        SealedScene again = scene.Resumed();
        Assert.Equal(PkiBodyType.PollReq, Assert.IsType<TransactionStep.Send>(again.Continue()).Body);
        Assert.IsType<TransactionStep.Decide>(again.Answer(again.Granted(again.Plain())));
    }

    [Fact]
    public void A_challenge_of_another_sender_is_not_answered() => Refused(scene => scene.Challenge(GeneralName.FromName(Name.Parse("CN=somebody else"))).Content, "CmpPossession.Challenge");

    [Fact]
    public void A_challenge_for_another_key_is_not_answered() => Refused(_ => Scene().Challenge().Content, "CmpPossession.Challenge");

    [Fact]
    public void Challenges_must_be_as_many_as_were_asked_for() => Refused(scene => new PopoDecKeyChallContent([scene.Challenge().Content.Challenges[0], scene.Challenge().Content.Challenges[0]]), "CmpPossession.ChallengeCount");

    [Fact]
    public void A_challenge_that_nobody_asked_for_is_not_answered()
    {
        SealedScene asking = Scene().Start();
        SealedScene scene = new() { Requests = [new(SubsequentMessage.EncrCert)] };
        scene.Start();
        Assert.Equal("CmpTransaction.UnexpectedBody", scene.Fails(asking.Challenge().Content).ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule34_A_challenge_is_replayed_in_vain()
    {
        SealedScene scene = Scene().Start();
        ReadOnlyMemory<byte> old = scene.Octets(scene.Challenge().Content);
        scene.Receive(old);
        Assert.Equal("CmpTransaction.RecipNonce", Assert.IsType<TransactionStep.Failed>(scene.Receive(old)).Error.ErrorId);
        Assert.Equal(2, scene.AllSent.Count);
        SealedScene other = Scene().Start();
        Assert.Equal("CmpTransaction.TransactionId", Assert.IsType<TransactionStep.Failed>(other.Receive(old)).Error.ErrorId);
    }

    [Fact]
    public void A_second_challenge_is_not_answered()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(scene.Challenge().Content);
        Assert.Equal("CmpTransaction.UnexpectedBody", scene.Fails(scene.Challenge().Content).ErrorId);
        Assert.Equal(2, scene.AllSent.Count);
    }

    [Fact]
    public void A_second_challenge_is_not_answered_while_others_wait_either()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.EncrCert), new(SubsequentMessage.ChallengeResp)] };
        scene.Start();
        scene.Answer(scene.Challenge().Content);
        scene.Answer(scene.Granted(scene.Encrypted(), SealedScene.Waits(1)));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        scene.Resume();
        Assert.IsType<PollReqContent>(scene.Sent.Body);
        int said = scene.AllSent.Count;
        Assert.Equal("CmpTransaction.UnexpectedBody", scene.Fails(scene.Challenge().Content).ErrorId);
        Assert.Equal(said, scene.AllSent.Count);
    }

    [Fact]
    public void What_was_answered_before_is_not_challenged_any_more()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.ChallengeResp), new(SubsequentMessage.ChallengeResp)] };
        scene.Start();
        scene.Answer(scene.Granted(scene.Plain(), SealedScene.Waits(1)));
        scene.Accept();
        Assert.IsType<TransactionStep.Settled>(scene.Answer(new PkiConfirmContent()));
        scene.Resume();
        int said = scene.AllSent.Count;
        Assert.Equal("CmpTransaction.UnexpectedBody", scene.Fails(scene.Challenge().Content).ErrorId);
        Assert.Equal(said, scene.AllSent.Count);
    }

    [Fact]
    public void The_old_form_of_a_challenge_is_answered_in_the_old_version_only()
    {
        // PKCS #1 without an envelope can be changed on its way, and is what oracles are made of
        SealedScene scene = Old(pvno: 3, allowed: true).Start();
        Assert.Equal("CmpPossession.Challenge", scene.Fails(scene.Challenge(pvno: 2).Content, new Reply { Header = header => header with { Pvno = 3 } }).ErrorId);
        // nor does an answer in a lower version than the question change that
        scene = Old(pvno: 3, allowed: true).Start();
        Assert.Equal("CmpPossession.Challenge", scene.Fails(scene.Challenge(pvno: 2).Content).ErrorId);
        Assert.Single(scene.AllSent);
        scene = Old(pvno: 2, allowed: false).Start();
        Assert.Equal("CmpPossession.Challenge", scene.Fails(scene.Challenge(pvno: 2).Content).ErrorId);
        scene = Old(pvno: 2, allowed: true).Start();
        Assert.IsType<TransactionStep.Send>(scene.Answer(scene.Challenge(pvno: 2).Content));

        static SealedScene Old(int pvno, bool allowed) => new()
        {
            Requests = [new(SubsequentMessage.ChallengeResp, "RSA_2048")],
            Settings = settings => settings with { Pvno = pvno, AllowEncryptedValue = allowed },
        };
    }

    [Fact]
    public void Rule33_A_challenge_without_protection_is_not_answered()
    {
        SealedScene scene = Scene().Start();
        Assert.Equal("CmpProtection.Missing", scene.Fails(scene.Challenge().Content, Reply.Unprotected).ErrorId);
        Assert.Single(scene.AllSent);
        Assert.False(scene.Transaction.IsOver);
    }

    [Fact]
    public void A_refusal_of_the_proof_reaches_the_user()
    {
        SealedScene scene = Scene().Start();
        scene.Answer(scene.Challenge().Content);
        Assert.Equal("CmpServer.badPOP", scene.Fails(Peer.Error(FailInfo.BadPOP)).ErrorId);
        Assert.True(scene.Transaction.IsOver);
    }

    [Fact]
    public void A_witness_that_does_not_fit_is_a_warning()
    {
        SealedScene scene = Scene().Start();
        PopoDecKeyChallContent content = scene.Challenge().Content;
        Assert.IsType<TransactionStep.Send>(scene.Answer(new PopoDecKeyChallContent([content.Challenges[0] with { Witness = new byte[32] }])));
        Assert.Contains("witness", Assert.Single(scene.Transaction.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_a_challenge_is_taken()
    {
        SealedScene scene = Scene().Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Plain())));
    }

    private static SealedScene Scene(string kind = "ML-KEM-768", int? pvno = null) => new()
    {
        Requests = [new(SubsequentMessage.ChallengeResp, kind)],
        Settings = settings => settings with { Pvno = pvno, AllowEncryptedValue = pvno == 2 },
    };

    private static void Refused(Func<SealedScene, PopoDecKeyChallContent> challenges, string errorId)
    {
        SealedScene scene = Scene().Start();
        Assert.Equal(errorId, scene.Fails(challenges(scene)).ErrorId);
        Assert.Single(scene.AllSent);
        Assert.True(scene.Transaction.IsOver);
    }
}
