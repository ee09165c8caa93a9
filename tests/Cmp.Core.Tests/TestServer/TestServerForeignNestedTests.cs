using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Nested messages that Siemens' test suite sent, and what its CA answered: our server opens them, and our registration authority finds each answer.</summary>
public sealed class TestServerForeignNestedTests
{
    private const string Secret = "SiemensIT";

    private static PkiMessage Recorded(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        return PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign", name + ".der")));
    }

    private static IReadOnlyList<PkiMessage> Within(PkiMessage message) => ((NestedMessageContent)message.Body).Messages;

    /// <summary>A server of ours that shares their secret and believes their registration authority, at the time of the message.</summary>
    private static PkiMessage Respond(PkiMessage nested)
    {
        PkiMessage inner = Within(nested)[0];
        var options = new TestServerOptions
        {
            Reference = Encoding.UTF8.GetString((inner.Header.SenderKid ?? Encoding.UTF8.GetBytes(inner.Header.Sender.DirectoryName!.CommonName()!)).ToArray()),
            TrustedClients = [Peer.ToX509(nested.ExtraCerts[0])],
            Clock = () => nested.Header.MessageTime!.Value,
            Trace = new RecordedTrace(),
        };
        using var responder = new Responder(options, Peer.Authority, Encoding.UTF8.GetBytes(Secret));
        return PkiMessage.Decode(responder.Respond(nested.Encoded));
    }

    [SkippableFact]
    public void A_batch_of_theirs_is_answered_by_a_batch()
    {
        PkiMessage batch = Recorded("0002.req");
        IReadOnlyList<PkiMessage> answers = Within(Respond(batch));
        Assert.Equal(2, answers.Count);
        for (int i = 0; i < 2; i++)
            Assert.Null(Forwarder.Misfit(Within(batch)[i], answers[i]));
        // each has a reference of its own, of which our server knows the first: the other one spoils nothing
        Assert.NotNull(Assert.IsType<CertRepMessage>(answers[0].Body).Responses[0].CertifiedKeyPair);
        Refused.ByError(FailInfo.BadMessageCheck, answers[1]);
    }

    [SkippableFact]
    public void Protection_that_theirs_adds_is_opened()
    {
        PkiMessage nested = Recorded("0008.req");
        Assert.Null(Forwarder.Misfit(Within(nested)[0], Respond(nested)));
    }

    [SkippableFact]
    public void Each_answer_of_their_CA_is_found()
    {
        PkiMessage batch = Recorded("0002.req"), answer = Recorded("0003.rsp");
        Assert.Null(Forwarder.Misfit(Within(batch)[0], Within(answer)[0]));
        Assert.Null(Forwarder.Misfit(Within(batch)[1], Within(answer)[1]));
        Assert.Equal("CmpTransaction.TransactionId", Forwarder.Misfit(Within(batch)[0], Within(answer)[1])!.ErrorId);
        PkiMessage approved = Within(Recorded("0008.req"))[0], given = Recorded("0009.rsp");
        using MessageProtector nobody = MessageProtector.None(null);
        var forwarder = new Forwarder(new TransactionSettings { Protector = nobody, Trust = new TrustSettings() });
        ForwardedAnswer judged = forwarder.Judge(approved, null, given.Encoded, isOurs: false, given.Header.MessageTime!.Value);
        Assert.Null(judged.IsVerified);
        Assert.Equal("It is protected by Pbmac1, for who made the request.", judged.Remark);
    }

    [SkippableFact]
    public void What_their_CA_puts_around_answers_verifies()
    {
        PkiMessage answer = Recorded("0003.rsp");
        var trust = new TrustSettings { Pin = answer.ExtraCerts[0], AllowExpiredServerCertificate = true, AllowSigningCA = true };
        using var verifier = new AnswerVerifier(trust, null, ProtectionKind.Signature);
        Assert.Equal(ProtectionKind.Signature, verifier.Verify(answer, [], answer.Header.MessageTime!.Value).Kind);
    }
}
