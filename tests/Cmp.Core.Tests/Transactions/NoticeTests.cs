using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>What a server is told when we stop.</summary>
public class NoticeTests
{
    private static Scene Talkative(ProtectionKind kind = ProtectionKind.PasswordBasedMac) =>
        new() { Kind = kind, Settings = settings => settings with { NotifyErrors = true } };

    private static ErrorMsgContent Notice(TransactionStep step, Scene scene)
    {
        TransactionStep.Send send = Assert.IsType<TransactionStep.Failed>(step).Notice!;
        Assert.NotNull(send);
        Assert.True(send.Last);
        PkiMessage message = PkiMessage.Decode(send.Octets);
        Assert.NotNull(message.Protection);
        Assert.Equal(scene.Transaction.TransactionId.ToArray(), message.Header.TransactionId!.Value.ToArray());
        Assert.Equal(scene.AllSent[0].Header.Sender.Encoded.ToArray(), message.Header.Sender.Encoded.ToArray());
        Assert.Equal(scene.AllSent[0].Header.ProtectionAlg!.Encoded.ToArray(), message.Header.ProtectionAlg!.Encoded.ToArray());
        return Assert.IsType<ErrorMsgContent>(message.Body);
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule49_A_bad_nonce_is_told_in_a_protected_error(ProtectionKind kind)
    {
        Scene scene = Talkative(kind).Start();
        TransactionStep step = scene.Answer(scene.Good(), new Reply { Header = header => header with { RecipNonce = new byte[16] } });
        Assert.Equal(FailInfo.BadRecipientNonce, Notice(step, scene).Status.FailInfo);
    }

    [Fact]
    public void Rule49_So_is_a_bad_transactionID()
    {
        Scene scene = Talkative().Start();
        TransactionStep step = scene.Answer(scene.Good(), new Reply { Header = header => header with { TransactionId = new byte[16] } });
        Assert.Equal(FailInfo.BadDataFormat, Notice(step, scene).Status.FailInfo);
    }

    [Fact]
    public void Rule49_So_is_a_bad_pollRep()
    {
        Scene scene = Talkative().ToPolling();
        Assert.Equal(FailInfo.BadRequest, Notice(scene.Answer(Scene.PollRep(5, 17)), scene).Status.FailInfo);
    }

    [Fact]
    public void Rule49_RFC_9483_forbids_it()
    {
        Scene scene = new Scene().Start();
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), new Reply { Header = header => header with { RecipNonce = null } })).Notice);
    }

    [Fact]
    public void Rule49_Nothing_is_ever_told_in_answer_to_an_error()
    {
        Scene scene = Talkative().Start();
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Answer(Peer.Error(), new Reply { Header = header => header with { RecipNonce = null } })).Notice);
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Answer(Peer.Error())).Notice);
    }

    [Fact]
    public void Rule49_Nothing_is_told_to_who_did_not_prove_to_be_the_server()
    {
        Scene scene = Talkative().Start();
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), Reply.Unprotected)).Notice);
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), new Reply { Protector = Peer.Mac("another secret") })).Notice);
        Assert.Null(Assert.IsType<TransactionStep.Failed>(scene.Receive(new byte[] { 0x30, 0 })).Notice);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Rule49_Nor_in_whatever_version_he_speaks(int pvno)
    {
        Scene scene = Talkative().ToPolling();
        var failed = Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), Reply.Unprotected with { Header = header => header with { Pvno = pvno } }));
        Assert.Equal("CmpTransaction.Version", failed.Error.ErrorId);
        Assert.Null(failed.Notice);
        failed = Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), new Reply { Protector = Peer.Mac("another secret"), Header = header => header with { Pvno = pvno } }));
        Assert.Equal("CmpTransaction.Version", failed.Error.ErrorId);
        Assert.Null(failed.Notice);
        Assert.False(scene.Transaction.IsOver);
    }

    [Fact]
    public void Rule49_Nor_where_his_protection_does_not_even_decode()
    {
        Scene scene = Talkative().ToPolling();
        PkiMessage answer = PkiMessage.Decode(Peer.Shared.Answer(scene.Sent, scene.Good()));
        answer = answer with { Header = answer.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac, new byte[] { 0x30, 0 }) } };
        var failed = Assert.IsType<TransactionStep.Failed>(scene.Receive(answer.Encoded));
        Assert.Equal("CmpMessage.Malformed", failed.Error.ErrorId);
        Assert.Null(failed.Notice);
        Assert.False(scene.Transaction.IsOver);
    }
}
