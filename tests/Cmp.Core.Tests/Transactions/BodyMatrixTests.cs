using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Messages;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>
/// Every body of RFC 9810, and one that no RFC knows, as the answer in every state of every transaction: where it does not belong, and in each way in
/// which nobody vouches for it, it is a typed error, changes nothing, and the good answer that follows is taken (rules 33 to 36, 66, 67 and 75).
/// </summary>
public sealed class BodyMatrixTests
{
    private static readonly MadeCertificate Old = Peer.Shared.Issuing.Issue("CN=to be revoked");

    /// <summary>A CA beside the one that is trusted, with the same names.</summary>
    private static readonly Lazy<Peer> Stranger = new(() => new Peer());

    /// <summary>All bodies with content that is right by itself, and tag 27.</summary>
    private static readonly PkiBody[] Bodies = [.. Samples.Bodies, PkiMessage.Decode(Unknown()).Body];

    public static TheoryData<string, ProtectionKind> States
    {
        get
        {
            var states = new TheoryData<string, ProtectionKind>();
            foreach (ProtectionKind kind in new[] { ProtectionKind.PasswordBasedMac, ProtectionKind.Signature })
            {
                foreach (string state in new[] { "ir", "cr", "kur", "p10cr", "ir polling", "p10cr polling", "certConf", "rr", "rr polling", "genm", "genm polling" })
                    states.Add(state, kind);
            }
            return states;
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Rule35_What_does_not_belong_into_a_state_is_refused_by_name(string name, ProtectionKind kind)
    {
        foreach (PkiBody body in Bodies)
        {
            State state = State.Of(name, kind);
            if (state.Allows(body.Type))
                continue;
            CmpException error = state.Fails(Peer.Shared.Answer(state.Sent, body, state.Good));
            Assert.True(error.ErrorId is "CmpTransaction.UnexpectedBody" or "CmpMessage.UnknownBody", $"{body.Type}: {error.ErrorId}");
        }
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Rule75_What_nobody_vouches_for_changes_nothing_whatever_it_is(string name, ProtectionKind kind)
    {
        State state = State.Of(name, kind);
        int refused = 0;
        foreach (PkiBody body in Bodies)
        {
            foreach ((string how, Reply reply) in Untrue(state))
            {
                CmpException error = state.Fails(Peer.Shared.Answer(state.Sent, body, reply));
                Assert.True(error.ErrorId.StartsWith("Cmp", StringComparison.Ordinal) && !error.ErrorId.StartsWith("CmpServer.", StringComparison.Ordinal), $"{body.Type}, {how}: {error.ErrorId}");
                refused++;
            }
        }
        Assert.Equal(Bodies.Length * Untrue(state).Count, refused);
        state.TakesTheGoodAnswer();
    }

    [Theory]
    [MemberData(nameof(States))]
    public void Rule64_A_message_cut_anywhere_is_no_answer(string name, ProtectionKind kind)
    {
        State state = State.Of(name, kind);
        // in answer to certConf silence is an end too (rule 44)
        if (name == "certConf")
            return;
        ReadOnlyMemory<byte> whole = Peer.Shared.Answer(state.Sent, state.GoodBody, state.Good);
        for (int length = 0; length < whole.Length; length += 1 + length / 16)
            Assert.Equal("CmpMessage.Malformed", state.Fails(whole.Slice(0, length)).ErrorId);
        state.TakesTheGoodAnswer();
    }

    /// <summary>The ways in which an answer is nobody's, or not ours.</summary>
    private static List<(string How, Reply Reply)> Untrue(State state)
    {
        Peer stranger = Stranger.Value;
        var ways = new List<(string, Reply)>
        {
            ("no protection", Reply.Unprotected),
            ("another secret", new Reply { Protector = Peer.Mac("wrong horse") }),
            ("a signer under another root", new Reply { Protector = Peer.Signature(stranger.Signer), ExtraCerts = [stranger.Signer.Certificate, stranger.Issuing.Certificate, stranger.Root.Certificate] }),
            ("a signer who does not speak for the CA", new Reply { Protector = Peer.Signature(Old), ExtraCerts = [Old.Certificate, Peer.Shared.Issuing.Certificate], Header = header => header with { Sender = GeneralName.FromName(Old.Certificate.Subject) } }),
            ("a protection of other octets", state.Good with { Message = message => message with { Header = message.Header with { FreeText = new PkiFreeText(["changed"]) } } }),
            ("a protection cut short", state.Good with { Message = message => message with { Protection = message.Protection!.Value.Slice(0, message.Protection.Value.Length - 1) } }),
            ("protection without protectionAlg", state.Good with { Message = message => message with { Header = message.Header with { ProtectionAlg = null } } }),
            ("protectionAlg without protection", state.Good with { Message = message => message with { Protection = null } }),
            ("another transactionID", state.Good with { Header = header => header with { TransactionId = Secrets.Random(16) } }),
            ("no transactionID", state.Good with { Header = header => header with { TransactionId = null } }),
            ("another recipNonce", state.Good with { Header = header => header with { RecipNonce = Secrets.Random(16) } }),
            ("no recipNonce", state.Good with { Header = header => header with { RecipNonce = null } }),
        };
        // a MAC never answers a signature (rule 66); of the right secret it would be good otherwise
        if (state.Kind == ProtectionKind.Signature)
            ways.Add(("a MAC for a signature", new Reply { Protector = Peer.Mac() }));
        return ways;
    }

    private static byte[] Unknown()
    {
        byte[] octets = new PkiMessage(Samples.Header, new PkiConfirmContent()) { Protection = Samples.Octets(20) }.Encoded.ToArray();
        int tag = octets.AsSpan().IndexOf(new byte[] { 0xB3, 2, 5, 0 });
        octets[tag] = 0xBB;
        return octets;
    }

    /// <summary>A transaction that awaits an answer.</summary>
    private sealed class State
    {
        private readonly Func<ReadOnlyMemory<byte>, TransactionStep> _receive;
        private readonly Func<IssuedCertificate?> _issued;
        private readonly PkiBodyType[] _allowed;

        private State(ProtectionKind kind, PkiMessage sent, PkiBody goodBody, Func<ReadOnlyMemory<byte>, TransactionStep> receive, Func<IssuedCertificate?> issued, params PkiBodyType[] allowed)
        {
            Kind = kind;
            Sent = sent;
            GoodBody = goodBody;
            _receive = receive;
            _issued = issued;
            _allowed = allowed;
        }

        internal ProtectionKind Kind { get; }

        internal PkiMessage Sent { get; }

        internal PkiBody GoodBody { get; }

        /// <summary>How the server protects a good answer.</summary>
        internal Reply Good => Kind == ProtectionKind.Signature
            ? new Reply { Protector = Peer.Signature(Peer.Shared.Signer), ExtraCerts = [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate] }
            : new Reply { Protector = Peer.Mac() };

        internal static State Of(string name, ProtectionKind kind)
        {
            string[] words = name.Split(' ');
            bool isPolling = words.Length > 1;
            switch (words[0])
            {
                case "rr" or "genm":
                    bool isRevocation = words[0] == "rr";
                    PkiBodyType answer = isRevocation ? PkiBodyType.Rp : PkiBodyType.Genp;
                    PkiBody good = isRevocation ? new RevRepContent([new PkiStatusInfo(PkiStatus.Accepted)]) : new GenRepContent([new InfoTypeAndValue(Oids.CaCerts)]);
                    RequestTransaction transaction = isRevocation
                        ? new RevocationTransaction(SettingsFor(kind), new RevReqContent([RevDetails.Of(Old.Certificate)]), [Old.Certificate])
                        : new GeneralTransaction(SettingsFor(kind), new GenMsgContent([new InfoTypeAndValue(Oids.CaCerts)]));
                    PkiMessage sent = Said(transaction.Start(Peer.Now));
                    if (isPolling)
                        sent = Said(transaction.Receive(Peer.Shared.Answer(sent, new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting))), Peer.Now));
                    return new State(kind, sent, good, octets => transaction.Receive(octets, Peer.Now), () => null, isPolling ? [answer, PkiBodyType.Error, PkiBodyType.PollRep] : [answer, PkiBodyType.Error]);
                default:
                    PkiBodyType request = words[0] switch { "cr" => PkiBodyType.Cr, "kur" => PkiBodyType.Kur, "p10cr" => PkiBodyType.P10cr, _ => PkiBodyType.Ir };
                    var scene = new Scene { Kind = kind, Request = request };
                    if (words[0] == "certConf")
                        scene.ToCertConf();
                    else if (isPolling)
                        scene.ToPolling();
                    else
                        scene.Start();
                    return new State(
                        kind,
                        scene.Sent,
                        words[0] == "certConf" ? new PkiConfirmContent() : scene.Good(),
                        octets => scene.Receive(octets),
                        () => scene.Transaction.Issued,
                        words[0] == "certConf" ? [PkiBodyType.Pkiconf, PkiBodyType.Error]
                            : isPolling ? [scene.ResponseType, PkiBodyType.Error, PkiBodyType.PollRep]
                            : [scene.ResponseType, PkiBodyType.Error]);
            }
        }

        private static TransactionSettings SettingsFor(ProtectionKind kind) => new()
        {
            Protector = kind == ProtectionKind.Signature ? Peer.Signature(Peer.Shared.Client) : Peer.Mac(),
            Credential = kind == ProtectionKind.Signature ? new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key) : Peer.Secret(),
            Trust = new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] },
        };

        private static PkiMessage Said(TransactionStep step) => PkiMessage.Decode(Assert.IsType<TransactionStep.Send>(step).Octets);

        internal bool Allows(PkiBodyType type) => _allowed.Contains(type);

        internal CmpException Fails(ReadOnlyMemory<byte> octets)
        {
            IssuedCertificate? before = _issued();
            CmpException error = Assert.IsType<TransactionStep.Failed>(_receive(octets)).Error;
            Assert.Same(before, _issued());
            return error;
        }

        internal void TakesTheGoodAnswer() =>
            Assert.IsNotType<TransactionStep.Failed>(_receive(Peer.Shared.Answer(Sent, GoodBody, Good)));
    }
}
