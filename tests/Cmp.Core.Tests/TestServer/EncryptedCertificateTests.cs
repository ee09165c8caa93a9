using System;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using static Cmp.Tests.TestServer.ProofScene;

namespace Cmp.Tests.TestServer;

/// <summary>Possession is proven by opening the certificate (RFC 9810 5.2.8.3.2), seen from the server.</summary>
public sealed class EncryptedCertificateTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RSA_2048", 3)]
    [InlineData("RSA_2048", 2)]
    [InlineData("ECDSA_P256", 3)]
    [InlineData("ECDSA_P521", 3)]
    [InlineData("X25519", 3)]
    [InlineData("X448", 3)]
    [InlineData("ML-KEM-768", 3)]
    public void Who_opens_the_certificate_has_it_when_he_names_its_hash(string algorithm, int pvno)
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey(algorithm);
        HandClient client = peer.MacClient(pvno);
        PkiMessage answer = client.Send(Ir(EncrCert(key, "CN=wanted")));
        Assert.Equal(pvno, answer.Header.Pvno);
        Certificate certificate = Open(answer, key);
        Assert.True(certificate.PublicKey.IsSameAs(key.PublicKey));
        Assert.Equal(pvno < 3, EncryptedKey.Decode(Response(answer).CertifiedKeyPair!.EncryptedCert!.Value).EncryptedValue is not null);
        // until then nobody else sees it
        Assert.Empty(peer.Responder.Issued);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Theory]
    [InlineData("X25519", KeyUsages.KeyAgreement)]
    [InlineData("ML-KEM-512", KeyUsages.KeyEncipherment)]
    public void A_key_that_cannot_sign_is_certified_for_what_it_can(string algorithm, KeyUsages usage)
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey(algorithm);
        Assert.Equal(usage, Open(peer.MacClient(3).Send(Ir(EncrCert(key, "CN=wanted"))), key).KeyUsage);
    }

    [Fact]
    public void What_is_in_no_version_or_not_in_this_one_is_a_bad_proof()
    {
        using var peer = new Peer();
        foreach ((string algorithm, int pvno) in new[] { ("ECDSA_P256", 2), ("X25519", 2), ("ML-KEM-512", 2), ("Ed25519", 3), ("RSA_2048", 1) })
            Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(pvno).Send(Ir(EncrCert(Peer.NewKey(algorithm), "CN=wanted"))));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_wrong_hash_proves_nothing_and_ends_it()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Ir(EncrCert(key, "CN=wanted")));
        Refused.ByError(FailInfo.BadCertId, client.Send(new CertConfirmContent([new CertStatus(new byte[32], 0, null, null)])));
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(Open(answer, key))));
        Assert.Empty(peer.Responder.Issued);
    }

    [Theory]
    [InlineData(ImplicitConfirmation.WhenAsked)]
    [InlineData(ImplicitConfirmation.Always)]
    public void Implicit_confirmation_is_not_granted_and_who_says_nothing_has_nothing(ImplicitConfirmation confirmation)
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = confirmation });
        using PrivateKey key = Peer.NewKey("X25519"), signing = Peer.NewKey();
        // not even beside one that is plain
        PkiMessage answer = peer.MacClient(3).Send(Ir(EncrCert(key, "CN=wanted"), Peer.Signed(Peer.Asked(signing, "CN=signs", certReqId: 1), signing)), AskImplicit);
        Assert.Null(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.NotNull(answer.Header.FindInfo(Oids.ConfirmWaitTime));
        Assert.Equal(["CN=signs"], Issued(peer));
        peer.Now += peer.Options.ConfirmWaitTime + TimeSpan.FromSeconds(1);
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_certificate_that_nobody_opened_yet_vouches_for_nobody()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("ECDSA_P256");
        HandClient client = peer.MacClient(3);
        Certificate certificate = Open(client.Send(Ir(EncrCert(key, "CN=wanted"))), key);
        HandClient owner = peer.SigningClient(new SigningCertificate(certificate, key, [Peer.Authority.Issuing]));
        Refused.ByError(FailInfo.SignerNotTrusted, owner.Send(Peer.Request(PkiBodyType.Cr, key, "CN=other")));
        client.Send(Peer.Confirmation(certificate));
        Assert.NotNull(Plain(peer.SigningClient(new SigningCertificate(certificate, key, [Peer.Authority.Issuing])).Send(Peer.Request(PkiBodyType.Cr, key, "CN=other"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_server_of_the_same_state_goes_on_be_it_after_a_wait(bool waits)
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("server"), PollCount = waits ? 1 : 0 });
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Ir(EncrCert(key, "CN=wanted")));
        if (waits)
        {
            Assert.Equal(PkiStatus.Waiting, Response(answer).Status.Status);
            peer.Restart();
            Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body);
            peer.Now += TimeSpan.FromSeconds(1);
            answer = client.Send(new PollReqContent([0]));
        }
        Certificate certificate = Open(answer, key);
        peer.Restart();
        Assert.Empty(peer.Responder.Issued);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
        peer.Restart();
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Fact]
    public void One_of_several_waits_and_is_opened_later()
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("server"), PollCount = 0, Outcome = (id, _) => id == 1 ? RequestOutcome.Wait : RequestOutcome.Grant });
        using PrivateKey one = Peer.NewKey("X25519"), two = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Ir(EncrCert(one, "CN=one"), EncrCert(two, "CN=two", 1)));
        Assert.Equal(PkiStatus.Waiting, Response(answer, 1).Status.Status);
        peer.Restart();
        client.Send(Peer.Confirmation(Open(answer, one)));
        peer.Restart();
        answer = client.Send(new PollReqContent([1]));
        Certificate late = Open(answer, two, 1);
        Assert.Equal(["CN=one"], Issued(peer));
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(late, 1)).Body);
        Assert.Equal(["CN=one", "CN=two"], Issued(peer));
    }

    [Fact]
    public void A_strict_server_wants_a_signature_of_a_key_that_can_sign()
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(EncrCert(Peer.NewKey(), "CN=wanted"))));
        using PrivateKey key = Peer.NewKey("X25519");
        Assert.NotNull(Open(peer.MacClient(3).Send(Ir(EncrCert(key, "CN=wanted"))), key));
    }

    [Fact]
    public void Where_one_proof_is_demanded_no_other_is_taken()
    {
        using var peer = new Peer(new TestServerOptions { RequiredProof = ProofOfPossessionKind.ChallengeResponse });
        using PrivateKey key = Peer.NewKey(), agreeing = Peer.NewKey("X25519");
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Peer.Request(PkiBodyType.Ir, key, "CN=wanted")));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(EncrCert(agreeing, "CN=wanted"))));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=wanted") }, []), null, []))));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(2).Send(Peer.Pkcs10(key, "CN=wanted")), PkiBodyType.Cp);
        // RFC 9810 5.2.8.4: who is told badPOP may choose the other one
        Assert.IsType<PopoDecKeyChallContent>(peer.MacClient(3).Send(Ir(Challenged(agreeing, "CN=wanted"))).Body);
    }

    [Fact]
    public void A_key_that_is_too_weak_is_refused_whatever_it_proves()
    {
        using var peer = new Peer();
        using var weak = System.Security.Cryptography.RSA.Create(1024);
        using PrivateKey key = PrivateKey.Of(weak);
        Refused.ByResponse(FailInfo.BadAlg, peer.MacClient(3).Send(Ir(EncrCert(key, "CN=weak"))));
        Refused.ByResponse(FailInfo.BadAlg, peer.MacClient(3).Send(Ir(Challenged(key, "CN=weak"))));
    }

    [Fact]
    public void Another_CA_is_certified_by_a_signature_only()
    {
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        using PrivateKey key = Peer.NewKey();
        CertReqMsg request = Challenged(key, "CN=other CA");
        CertTemplate template = request.CertReq.CertTemplate with
        {
            Version = 2,
            SigningAlg = SignatureAlgorithms.For(Peer.NewKey()),
            Issuer = Peer.Authority.Root.Subject,
            NotBefore = peer.Now,
            NotAfter = peer.Now + TimeSpan.FromDays(1),
            Extensions = [TestExtensions.BasicConstraints(true), TestExtensions.KeyUsage(0x04)],
        };
        PkiMessage answer = peer.SigningClient(Peer.Vendor()).Send(new CertReqMessages(PkiBodyType.Ccr, [request with { CertReq = request.CertReq with { CertTemplate = template } }]));
        Refused.ByResponse(FailInfo.BadPOP, answer, PkiBodyType.Ccp);
    }
}
