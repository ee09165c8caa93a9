using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>
/// Every body of RFC 9810 as a request, in every state of a transaction: what does not belong there, and what nobody vouches for, is refused with the
/// bit of its fault (RFC 9483 3.5), and issues, confirms and revokes nothing.
/// </summary>
public sealed class BodyMatrixTests
{
    private static readonly Lazy<SigningCertificate> Stranger = new(() => Peer.Vendor());

    public static TheoryData<string, bool> States => new()
    {
        { "first", false }, { "first", true }, { "waiting", false }, { "waiting", true }, { "confirming", false }, { "confirming", true }, { "ended", false }, { "ended", true },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void What_does_not_belong_is_refused_and_changes_nothing(string state, bool isStrict)
    {
        foreach (PkiBody body in Samples.Bodies)
        {
            if (Belongs(body.Type, state, isStrict))
                continue;
            using Peer peer = In(state, isStrict, out HandClient client);
            int issued = peer.Responder.Issued.Count;
            PkiMessage answer = client.Send(body);
            Assert.True(IsRefusal(answer, out FailInfo failInfo), $"{body.Type} was answered by {answer}");
            Assert.True((failInfo & FailInfo.SystemFailure) == 0, $"{body.Type} made the server fail: {string.Join("; ", peer.Trace.Notes)}");
            // who errs ends his transaction, and with it what is not confirmed; nothing new is there
            Assert.True(peer.Responder.Issued.Count <= issued, $"{body.Type} issued something");
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public void What_nobody_vouches_for_is_refused_and_ends_nothing(string state, bool isStrict)
    {
        using Peer peer = In(state, isStrict, out HandClient client);
        client.Verifies = false;
        int issued = peer.Responder.Issued.Count;
        foreach (PkiBody body in Samples.Bodies)
        {
            foreach ((string how, FailInfo expected, Func<PkiHeader, PkiHeader> header, Func<PkiMessage, PkiMessage> change, MessageProtector? protector) in Untrue())
            {
                MessageProtector right = client.Protector;
                client.Protector = protector ?? right;
                PkiMessage answer = client.Send(body, header, change);
                client.Protector = right;
                // the profile's checks of the header come first
                FailInfo ofProfile = isStrict ? FailInfo.BadRecipientNonce | FailInfo.BadRequest : FailInfo.None;
                Assert.True(IsRefusal(answer, out FailInfo failInfo) && (failInfo & (expected | ofProfile)) != 0, $"{body.Type}, {how}: {answer} {failInfo}");
            }
        }
        Assert.Equal(issued, peer.Responder.Issued.Count);
        Assert.DoesNotContain(peer.Trace.Notes, note => note.Contains(" failed: ", StringComparison.Ordinal));
    }

    private static IEnumerable<(string How, FailInfo Expected, Func<PkiHeader, PkiHeader> Header, Func<PkiMessage, PkiMessage> Change, MessageProtector? Protector)> Untrue()
    {
        Func<PkiHeader, PkiHeader> asItIs = header => header;
        Func<PkiMessage, PkiMessage> unchanged = message => message;
        SigningCertificate stranger = Stranger.Value;
        yield return ("no protection", FailInfo.WrongIntegrity | FailInfo.BadRequest, asItIs, unchanged, MessageProtector.None(Peer.Secret));
        yield return ("another secret", FailInfo.BadMessageCheck, asItIs, unchanged, MessageProtector.PasswordBasedMac(Peer.WrongSecret, new PbmOptions { Iterations = 100 }));
        yield return ("a signer who is not trusted", FailInfo.SignerNotTrusted | FailInfo.BadMessageCheck | FailInfo.WrongIntegrity, header => header with { Sender = GeneralName.FromName(stranger.Certificate.Subject), SenderKid = stranger.Certificate.SubjectKeyIdentifier }, message => message with { ExtraCerts = [stranger.Certificate] }, MessageProtector.Signature(stranger, null, pss: false));
        yield return ("a protection of other octets", FailInfo.BadMessageCheck, asItIs, message => message with { Header = message.Header with { FreeText = new PkiFreeText(["changed"]) } }, null);
        yield return ("a protection cut short", FailInfo.BadMessageCheck, asItIs, message => message with { Protection = message.Protection!.Value.Slice(1) }, null);
        yield return ("protectionAlg without protection", FailInfo.BadMessageCheck, asItIs, message => message with { Protection = null }, null);
        yield return ("protection without protectionAlg", FailInfo.BadMessageCheck, asItIs, message => message with { Header = message.Header with { ProtectionAlg = null } }, null);
        yield return ("no transactionID", FailInfo.BadDataFormat, header => header with { TransactionId = null }, unchanged, null);
        yield return ("a senderNonce that is too short", FailInfo.BadSenderNonce, header => header with { SenderNonce = new byte[4] }, unchanged, null);
        yield return ("version 4", FailInfo.UnsupportedVersion, header => header with { Pvno = 4 }, unchanged, null);
    }

    /// <summary>A server with a transaction of the client's that is so far.</summary>
    private static Peer In(string state, bool isStrict, out HandClient client)
    {
        var peer = new Peer(new TestServerOptions { Strict = isStrict, PollCount = state == "waiting" ? 1000 : 0 });
        client = peer.MacClient();
        if (state == "first")
            return peer;
        PrivateKey key = Peer.NewKey();
        PkiMessage answer = client.Send(Peer.Request(PkiBodyType.Ir, key, "CN=matrix"));
        var rep = Assert.IsType<CertRepMessage>(answer.Body);
        if (state == "ended")
            Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(rep.Responses[0].CertifiedKeyPair!.Certificate!)).Body);
        return peer;
    }

    /// <summary>A question may always begin; who waits polls; who gives up says so, but in the profile.</summary>
    private static bool Belongs(PkiBodyType body, string state, bool isStrict) => body switch
    {
        // a batch is answered by one, whatever is in it
        PkiBodyType.Genm or PkiBodyType.Nested => state == "first",
        PkiBodyType.PollReq => state == "waiting" && !isStrict,
        PkiBodyType.Error => state is "waiting" or "confirming" && !isStrict,
        _ => false,
    };

    private static bool IsRefusal(PkiMessage answer, out FailInfo failInfo)
    {
        PkiStatusInfo[] statuses = answer.Body switch
        {
            ErrorMsgContent error => [error.Status],
            CertRepMessage rep => [.. rep.Responses.Select(response => response.Status)],
            RevRepContent rep => [.. rep.Statuses],
            KeyRecRepContent rep => [rep.Status],
            _ => [],
        };
        failInfo = statuses.Aggregate(FailInfo.None, (bits, status) => bits | (status.FailInfo ?? FailInfo.None));
        return statuses.Length > 0 && statuses.All(status => status.Status == PkiStatus.Rejection);
    }
}
