using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>The client's own state machine against the server's, without a road: two-sided, since they share the messages.</summary>
public class EnrollmentTests
{
    public enum Wait
    {
        None,
        ByStatus,
        ByError,
        OfPkiConf,
    }

    public static TheoryData<PkiBodyType, ProtectionKind, bool, Wait> All()
    {
        var all = new TheoryData<PkiBodyType, ProtectionKind, bool, Wait>();
        foreach (PkiBodyType operation in new[] { PkiBodyType.Ir, PkiBodyType.Cr, PkiBodyType.P10cr, PkiBodyType.Kur })
        {
            foreach (ProtectionKind kind in new[] { ProtectionKind.PasswordBasedMac, ProtectionKind.Signature })
            {
                foreach (Wait wait in (Wait[])Enum.GetValues(typeof(Wait)))
                {
                    all.Add(operation, kind, true, wait);
                    all.Add(operation, kind, false, wait);
                }
            }
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_operation_ends_with_a_certificate(PkiBodyType operation, ProtectionKind kind, bool isImplicit, Wait wait)
    {
        using Peer peer = NewPeer(isImplicit, wait);
        var scene = new Scene(peer, operation, kind);
        EnrollmentTransaction transaction = scene.Transaction();

        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));

        Certificate certificate = transaction.Issued!.Certificate;
        Assert.True(transaction.Confirmed);
        Assert.Equal("CN=wanted", certificate.Subject.ToString());
        Assert.True(certificate.PublicKey.IsSameAs(scene.Key.PublicKey));
        Assert.True(peer.Responder.Issued[^1].IsSameAs(certificate));
        Assert.Equal(isImplicit, !scene.Sent.Contains(PkiBodyType.CertConf));
        int expectedPolls = wait == Wait.None || (wait == Wait.OfPkiConf && isImplicit) ? 0 : 3;
        Assert.Equal(expectedPolls, scene.Sent.Count(body => body == PkiBodyType.PollReq));
        Assert.Empty(transaction.Warnings);
        // RFC 9483 4.1.1 to 4.1.3: only an ip may bring the root, and only under a secret
        bool hasRoot = operation == PkiBodyType.Ir && kind == ProtectionKind.PasswordBasedMac;
        Assert.Equal(hasRoot ? [Peer.Authority.Root.Thumbprint] : [], transaction.Issued.CaPubs.Select(root => root.Thumbprint));
        Assert.Contains(transaction.Issued.Candidates, Peer.Authority.Issuing.IsSameAs);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_message_may_come_twice_and_one_certificate_is_issued(PkiBodyType operation, ProtectionKind kind, bool isImplicit, Wait wait)
    {
        using Peer peer = NewPeer(isImplicit, wait);
        var scene = new Scene(peer, operation, kind) { LosesAnswers = true };
        EnrollmentTransaction transaction = scene.Transaction();
        int before = peer.Responder.Issued.Count;

        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));

        Assert.True(transaction.Confirmed);
        Assert.Equal(before + 1, peer.Responder.Issued.Count);
        Assert.True(peer.Responder.Issued[^1].IsSameAs(transaction.Issued!.Certificate));
        Assert.Equal(scene.Sent.Count, peer.Trace.Notes.Count(note => note.EndsWith("came again and gets the same answer.", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_message_may_meet_a_server_that_was_killed_and_started_again(PkiBodyType operation, ProtectionKind kind, bool isImplicit, Wait wait)
    {
        using var folder = new Folder();
        using Peer peer = NewPeer(isImplicit, wait, folder.PathOf("state"));
        // killed before the message, and again while its answer is under way
        var scene = new Scene(peer, operation, kind) { LosesAnswers = true, KillsServer = true };
        EnrollmentTransaction transaction = scene.Transaction();
        int before = peer.Responder.Issued.Count;

        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));

        Assert.True(transaction.Confirmed);
        Assert.Equal(before + 1, peer.Responder.Issued.Count);
        peer.Now += TimeSpan.FromHours(1);
        peer.Restart();
        Assert.Equal(before + 1, peer.Responder.Issued.Count);
        Assert.True(peer.Responder.Issued[^1].IsSameAs(transaction.Issued!.Certificate));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_certificate_that_is_refused_is_none(PkiBodyType operation, ProtectionKind kind, bool isImplicit, Wait wait)
    {
        using Peer peer = NewPeer(isImplicit, wait);
        var scene = new Scene(peer, operation, kind);
        EnrollmentTransaction transaction = scene.Transaction();
        int before = peer.Responder.Issued.Count;

        TransactionStep.Failed failed = Assert.IsType<TransactionStep.Failed>(scene.Run(transaction, refusal: new CmpException(CmpErrorKind.Trust, "Test.No", "I do not want it.")));

        Assert.True(failed.Error.ErrorId == "Test.No", failed.Error.Message);
        // under implicit confirmation the refusal is the client's alone (rule 43)
        Assert.Equal(before + (isImplicit ? 1 : 0), peer.Responder.Issued.Count);
    }

    [Theory]
    [InlineData(PkiBodyType.Ir, ProtectionKind.PasswordBasedMac, false, false)]
    [InlineData(PkiBodyType.Cr, ProtectionKind.Signature, false, true)]
    [InlineData(PkiBodyType.P10cr, ProtectionKind.PasswordBasedMac, true, false)]
    [InlineData(PkiBodyType.Kur, ProtectionKind.Signature, true, true)]
    public void Rejection_on_demand_says_why(PkiBodyType operation, ProtectionKind kind, bool byError, bool polled)
    {
        using var peer = new Peer(new TestServerOptions { FailInfo = FailInfo.DuplicateCertReq | FailInfo.BadCertTemplate, RejectByError = byError, PollCount = polled ? 2 : 0, TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root), Peer.ToX509(Peer.OtherAuthority.Issuing)] });
        var scene = new Scene(peer, operation, kind, Peer.Vendor());
        EnrollmentTransaction transaction = scene.Transaction();

        TransactionStep.Failed failed = Assert.IsType<TransactionStep.Failed>(scene.Run(transaction));

        // what is updated must be the server's own, so a stranger's kur is refused before the demand is heard
        FailInfo expected = operation == PkiBodyType.Kur ? FailInfo.BadCertId : FailInfo.DuplicateCertReq | FailInfo.BadCertTemplate;
        CmpServerException error = Assert.IsType<CmpServerException>(failed.Error);
        Assert.Equal(expected, error.FailInfo);
        Assert.True(error.IsAuthenticated);
        Assert.Empty(peer.Responder.Issued);
        Assert.DoesNotContain(PkiBodyType.CertConf, scene.Sent);
        Assert.Equal(polled && operation != PkiBodyType.Kur ? 3 : 0, scene.Sent.Count(body => body == PkiBodyType.PollReq));
    }

    [Fact]
    public void Granted_with_changes_says_what_changed()
    {
        using var peer = new Peer(new TestServerOptions { GrantWithMods = true });
        var scene = new Scene(peer, PkiBodyType.Ir, ProtectionKind.PasswordBasedMac);
        EnrollmentTransaction transaction = scene.Transaction();

        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));

        Assert.Equal(PkiStatus.GrantedWithMods, transaction.Issued!.Status.Status);
        Assert.Equal("CN=wanted, OU=Changed by the CA", transaction.Issued.Certificate.Subject.ToString());
        Assert.Contains("added a part", Assert.Single(transaction.Warnings));
    }

    [Fact]
    public void Rule43_Implicit_confirmation_that_nobody_asked_for()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Always });
        var scene = new Scene(peer, PkiBodyType.Ir, ProtectionKind.PasswordBasedMac);
        EnrollmentTransaction transaction = scene.Transaction(settings => settings with { ImplicitConfirm = false });
        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));
        Assert.DoesNotContain(PkiBodyType.CertConf, scene.Sent);
    }

    [Fact]
    public void Rule30_Answers_to_a_MAC_may_be_signed_where_the_server_is_told_to()
    {
        using var peer = new Peer(new TestServerOptions { SignAnswers = true, ImplicitConfirmation = ImplicitConfirmation.Never });
        var scene = new Scene(peer, PkiBodyType.Ir, ProtectionKind.PasswordBasedMac);
        EnrollmentTransaction transaction = scene.Transaction();
        Assert.IsType<TransactionStep.Done>(scene.Run(transaction));
        Assert.True(transaction.KnownSigner!.Certificate.IsSameAs(Peer.Authority.Signer));
        Assert.Contains("RFC 9483 3.2", Assert.Single(transaction.Warnings));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Rule9_A_PKCS10_is_answered_under_either_number(int certReqId)
    {
        using var peer = new Peer(new TestServerOptions { Pkcs10CertReqId = certReqId, ImplicitConfirmation = ImplicitConfirmation.Never, PollCount = 1 });
        var scene = new Scene(peer, PkiBodyType.P10cr, ProtectionKind.PasswordBasedMac);
        Assert.IsType<TransactionStep.Done>(scene.Run(scene.Transaction()));
        Assert.Equal([PkiBodyType.P10cr, PkiBodyType.PollReq, PkiBodyType.PollReq, PkiBodyType.CertConf], scene.Sent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule26_What_was_delayed_echoes_either_nonce(bool delayed)
    {
        using var peer = new Peer(new TestServerOptions { EchoDelayedNonce = delayed, PollCount = 1 });
        var scene = new Scene(peer, PkiBodyType.Ir, ProtectionKind.PasswordBasedMac);
        Assert.IsType<TransactionStep.Done>(scene.Run(scene.Transaction()));

        HandClient client = peer.MacClient();
        client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"));
        ReadOnlyMemory<byte> first = client.Sent!.Header.SenderNonce!.Value;
        client.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromSeconds(1);
        PkiMessage answer = client.Send(new PollReqContent([0]));
        Assert.Equal(PkiBodyType.Ip, answer.Body.Type);
        Assert.Equal((delayed ? first : client.Sent.Header.SenderNonce!.Value).ToArray(), answer.Header.RecipNonce!.Value.ToArray());
    }

    [Theory]
    [InlineData("ECDSA_P384", null, false, Oids.Sha384WithEcdsa)]
    [InlineData("ECDSA_P521", null, false, Oids.Sha512WithEcdsa)]
    [InlineData("RSA_2048", null, false, Oids.Sha256WithRsa)]
    [InlineData("RSA_2048", "SHA384", true, Oids.RsassaPss)]
    [InlineData("RSA_2048", "SHAKE128", true, Oids.RsassaPssShake128)]
    [InlineData("RSA_2048", "SHAKE256", true, Oids.RsassaPssShake256)]
    [InlineData("ECDSA_P256", "SHAKE128", false, Oids.EcdsaWithShake128)]
    [InlineData("ECDSA_P521", "SHAKE256", false, Oids.EcdsaWithShake256)]
    public void Rule42_Authorities_of_other_keys_and_digests(string algorithm, string? hash, bool pss, string expected)
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse(algorithm), DateTimeOffset.UtcNow, hash, pss);
        using var responder = new Responder(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never, Reference = Peer.Reference, TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Issuing), Peer.ToX509(Peer.OtherAuthority.Root)] }, authority, [1, 2, 3]);
        SigningCertificate vendor = Peer.Vendor();
        PrivateKey key = Peer.NewKey();
        var transaction = new EnrollmentTransaction(
            new TransactionSettings { Protector = MessageProtector.Signature(vendor, null, false), Credential = vendor, Trust = new TrustSettings { Anchors = [authority.Root] } },
            Peer.Request(PkiBodyType.Ir, key, "CN=wanted"));
        TransactionStep step = transaction.Start(DateTimeOffset.UtcNow);
        while (step is TransactionStep.Send send)
        {
            step = transaction.Receive(responder.Respond(send.Octets), DateTimeOffset.UtcNow);
            if (step is TransactionStep.Decide)
                step = transaction.Decide(null, DateTimeOffset.UtcNow);
        }
        Assert.IsType<TransactionStep.Done>(step);
        Assert.Equal(expected, transaction.Issued!.Certificate.SignatureAlgorithm.Oid);
        Assert.True(transaction.Confirmed);
    }

    private static Peer NewPeer(bool isImplicit, Wait wait, string? statePath = null) => new(new TestServerOptions
    {
        StatePath = statePath,
        ImplicitConfirmation = isImplicit ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never,
        PollCount = wait == Wait.None ? 0 : 2,
        CheckAfter = 3600,
        WaitByError = wait == Wait.ByError,
        DelayConfirmation = wait == Wait.OfPkiConf,
        TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root), Peer.ToX509(Peer.OtherAuthority.Issuing)],
    });

    /// <summary>One enrolment from its credential to its end.</summary>
    private sealed class Scene
    {
        private readonly Peer _peer;
        private readonly Credential _credential;
        private readonly MessageProtector _protector;
        private readonly PkiBody _request;
        private readonly Certificate? _old;

        internal Scene(Peer peer, PkiBodyType operation, ProtectionKind kind, SigningCertificate? stranger = null)
        {
            _peer = peer;
            // ir is for those whom the server does not know yet: a vendor's certificate; the others have one of the server's own
            SigningCertificate? own = stranger ?? (operation == PkiBodyType.Ir ? kind == ProtectionKind.Signature ? Peer.Vendor() : null : peer.Enroll("CN=wanted"));
            _credential = kind == ProtectionKind.Signature ? own! : Peer.Secret;
            _protector = kind == ProtectionKind.Signature ? MessageProtector.Signature(own!, null, false) : MessageProtector.PasswordBasedMac(Peer.Secret, new PbmOptions());
            Key = Peer.NewKey();
            _old = operation == PkiBodyType.Kur ? own!.Certificate : null;
            _request = operation == PkiBodyType.P10cr ? Peer.Pkcs10(Key, "CN=wanted") : Peer.Request(operation, Key, "CN=wanted", _old);
        }

        internal PrivateKey Key { get; }

        internal List<PkiBodyType> Sent { get; } = [];

        /// <summary>Whether each first answer is lost, so that its request is made anew (time, salt, MAC or signature) and sent again.</summary>
        internal bool LosesAnswers { get; init; }

        /// <summary>Whether the server is another one for each message that arrives.</summary>
        internal bool KillsServer { get; init; }

        internal EnrollmentTransaction Transaction(Func<TransactionSettings, TransactionSettings>? change = null)
        {
            var settings = new TransactionSettings { Protector = _protector, Credential = _credential, Trust = new TrustSettings { Anchors = [Peer.Authority.Root] } };
            return new EnrollmentTransaction(change?.Invoke(settings) ?? settings, _request, _old);
        }

        /// <summary>Runs to the end on the peer's clock.</summary>
        internal TransactionStep Run(EnrollmentTransaction transaction, CmpException? refusal = null)
        {
            TransactionStep step = transaction.Start(_peer.Now);
            for (int steps = 0; steps < 100; steps++)
            {
                switch (step)
                {
                    case TransactionStep.Send send:
                        Sent.Add(send.Body);
                        ReadOnlyMemory<byte> answer = Respond(send.Octets);
                        step = transaction.Receive(LosesAnswers ? Respond(Again(send.Octets)) : answer, _peer.Now);
                        break;
                    case TransactionStep.Wait wait:
                        Assert.Equal("This server was told to take its time.", wait.Reason);
                        _peer.Now = wait.Until;
                        step = transaction.Resume(_peer.Now);
                        break;
                    case TransactionStep.Decide:
                        step = transaction.Decide(refusal, _peer.Now);
                        break;
                    default:
                        return step;
                }
            }
            throw new InvalidOperationException("It does not end.");
        }

        private ReadOnlyMemory<byte> Respond(ReadOnlyMemory<byte> octets)
        {
            if (KillsServer)
                _peer.Restart();
            return _peer.Responder.Respond(octets);
        }

        private ReadOnlyMemory<byte> Again(ReadOnlyMemory<byte> octets)
        {
            PkiMessage message = PkiMessage.Decode(octets);
            _peer.Now += TimeSpan.FromSeconds(2);
            using MessageProtector? salted = _credential is SharedSecret secret ? MessageProtector.PasswordBasedMac(secret, new PbmOptions { Iterations = 200 }) : null;
            return (salted ?? _protector).Protect(message.Header with { MessageTime = _peer.Now }, message.Body, message.ExtraCerts).Encoded;
        }
    }
}
