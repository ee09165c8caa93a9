using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using static Cmp.Tests.TestServer.ProofScene;

namespace Cmp.Tests.TestServer;

/// <summary>The server makes the key (RFC 9483 4.1.6), seen by who asks for it.</summary>
public sealed class CentralKeyTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static EnvelopeKey Password => EnvelopeKey.OfPassword(Encoding.UTF8.GetBytes("correct horse battery staple"));

    internal static CertReqMsg Asked(string? algorithm, params AttributeTypeAndValue[] controls) => new(
        new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=wanted"), PublicKey = algorithm is null ? null : Wish(KeyAlgorithm.Parse(algorithm).ToIdentifier()) }, controls), null, []);

    private static SubjectPublicKeyInfo Wish(AlgorithmIdentifier algorithm) => new(algorithm, ReadOnlyMemory<byte>.Empty);

    private static ReadOnlyMemory<byte> Enveloped(PkiMessage answer) => EncryptedKey.Decode(Response(answer).CertifiedKeyPair!.PrivateKey!.Value).EnvelopedData!.Value;

    private static (SignedKeyPackage Package, PrivateKey Key) Opened(PkiMessage answer, EnvelopeKey with)
    {
        using OpenedEnvelope envelope = Envelope.Open(Enveloped(answer), with, CmpLimits.Default);
        Assert.Equal(Oids.SignedData, envelope.ContentType);
        using SignedKeyPackage package = SignedKeyPackage.Open(envelope.Content);
        return (package, package.OpenKey());
    }

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P521")]
    [InlineData("Ed25519")]
    [InlineData("X25519")]
    [InlineData("ML-KEM-768")]
    [InlineData("ML-DSA-44")]
    [InlineData(null)]
    public void A_key_of_the_kind_that_is_wished_for_comes_under_the_secret(string? algorithm)
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Ir(Asked(algorithm)));
        Certificate certificate = Plain(answer);
        var recipient = Assert.IsType<PasswordRecipientInfo>(Assert.Single(EnvelopedData.Decode(Enveloped(answer)).RecipientInfos));
        // RFC 9483 4.1.6.3: another salt than that of the MAC
        Assert.DoesNotContain(Hex.Of(Asn1Salt(answer.Header.ProtectionAlg!)), Hex.Of(recipient.KeyDerivationAlgorithm!.Encoded.Span), StringComparison.Ordinal);
        using EnvelopeKey password = Password;
        (SignedKeyPackage package, PrivateKey key) = Opened(answer, password);
        using (key)
        {
            key.EnsureFits(certificate.PublicKey);
            Assert.Equal(algorithm ?? "ECDSA_P256", key.Algorithm.Name);
        }
        Assert.Equal([Oids.CmKGA], package.Signer.EnhancedKeyUsage);
        Assert.Equal("CN=Cmp Test Key Generation", package.Signer.Subject.ToString());
        Assert.True(package.Signer.Issuer.IsSameAs(Peer.Authority.Issuing.Subject));
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate, digest: DigestFor(certificate))).Body);
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Theory]
    [InlineData("RSA_2048", (byte)0xA0)]
    [InlineData("ECDSA_P256", (byte)0x88)]
    public void Who_signs_gets_it_for_the_key_of_his_certificate(string algorithm, byte usage)
    {
        using PrivateKey own = Peer.NewKey(algorithm);
        var signer = new SigningCertificate(Peer.OtherAuthority.Issue(Peer.Content(own, "CN=device", TestExtensions.KeyUsage(usage))), own, [Peer.OtherAuthority.Issuing]);
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        HandClient client = peer.SigningClient(signer);
        client.Pvno = 3;
        PkiMessage answer = client.Send(Ir(Asked("X25519")));
        Type expected = algorithm == "RSA_2048" ? typeof(KeyTransRecipientInfo) : typeof(KeyAgreeRecipientInfo);
        Assert.IsType(expected, Assert.Single(EnvelopedData.Decode(Enveloped(answer)).RecipientInfos));
        using var with = EnvelopeKey.Of(own, signer.Certificate);
        using PrivateKey key = Opened(answer, with).Key;
        key.EnsureFits(Plain(answer).PublicKey);
    }

    [Fact]
    public void Who_signs_with_what_is_for_signatures_only_names_a_key_or_is_refused()
    {
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        HandClient client = peer.SigningClient(Peer.Vendor(TestExtensions.KeyUsage(0x80)));
        client.Pvno = 3;
        Refused.ByResponse(FailInfo.BadRequest, client.Send(Ir(Asked("X25519"))));
        Assert.Empty(peer.Responder.Issued);

        using PrivateKey mine = Peer.NewKey("ML-KEM-512");
        client = peer.SigningClient(Peer.Vendor(TestExtensions.KeyUsage(0x80)));
        client.Pvno = 3;
        PkiMessage answer = client.Send(Ir(Asked("X25519", ProtocolEncrKey(mine))));
        Assert.IsType<KemRecipientInfo>(Assert.Single(EnvelopedData.Decode(Enveloped(answer)).RecipientInfos));
        using var with = EnvelopeKey.Of(mine);
        using PrivateKey key = Opened(answer, with).Key;
        key.EnsureFits(Plain(answer).PublicKey);
    }

    [Fact]
    public void The_key_that_protocolEncrKey_names_comes_before_the_secret()
    {
        using var peer = new Peer();
        using PrivateKey mine = Peer.NewKey("RSA_2048");
        PkiMessage answer = peer.MacClient(3).Send(Ir(Asked("ECDSA_P256", ProtocolEncrKey(mine))));
        using var with = EnvelopeKey.Of(mine);
        using PrivateKey key = Opened(answer, with).Key;
        key.EnsureFits(Plain(answer).PublicKey);
    }

    [Fact]
    public void Controls_say_of_which_kind_where_the_template_does_not()
    {
        using var peer = new Peer();
        Assert.Equal("RSA_3072", KeyAlgorithm.Of(Plain(peer.MacClient(3).Send(Ir(Asked(null, Controls.RsaKeyLen(3072))))).PublicKey).Name);
        Assert.Equal("Ed448", KeyAlgorithm.Of(Plain(peer.MacClient(3).Send(Ir(Asked(null, Controls.AlgId(KeyAlgorithm.Parse("Ed448").ToIdentifier()))))).PublicKey).Name);
    }

    [Fact]
    public void What_is_not_made_here_is_refused()
    {
        using var peer = new Peer();
        foreach (CertReqMsg asked in new[]
        {
            Asked(null, Controls.RsaKeyLen(1024)), Asked(null, Controls.RsaKeyLen(16384)), Asked(null, Controls.RsaKeyLen(2049)), Asked(null, Controls.AlgId(new AlgorithmIdentifier("1.2.3"))),
            new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=wanted"), PublicKey = Wish(new AlgorithmIdentifier(Oids.Dsa)) }, []), null, []),
        })
        {
            Refused.ByResponse(FailInfo.BadAlg, peer.MacClient(3).Send(Ir(asked)));
        }
        Refused.ByResponse(FailInfo.BadRequest, peer.MacClient(2).Send(Ir(Asked("ECDSA_P256"))));
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.MacClient(3).Send(Ir(Asked("ECDSA_P256") with { Popo = new RaVerified() })));
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.MacClient(3).Send(Ir(Asked("ECDSA_P256") with { Popo = PopoPrivKey.Later(false, SubsequentMessage.ChallengeResp) })));
        using var unprotected = new Peer(new TestServerOptions { AllowUnprotected = true });
        HandClient client = unprotected.MacClient(3);
        client.Verifies = false;
        client.Protector = MessageProtector.None(null);
        Refused.ByResponse(FailInfo.BadRequest, client.Send(Ir(Asked("ECDSA_P256"))));
        Assert.Empty(peer.Responder.Issued.Concat(unprotected.Responder.Issued));
    }

    [Fact]
    public void A_strict_server_makes_keys_too()
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        Assert.NotNull(Plain(peer.MacClient(3).Send(Ir(Asked("ECDSA_P256")))));
        Refused.ByResponse(FailInfo.BadRequest, peer.MacClient(2).Send(Ir(Asked("ECDSA_P256"))));
    }

    [Fact]
    public void The_first_two_requests_of_RFC_9810_C4_go_together()
    {
        using var peer = new Peer();
        using PrivateKey signing = Peer.NewKey(), mine = Peer.NewKey("RSA_2048");
        CertReqMsg central = Asked("RSA_2048", ProtocolEncrKey(mine));
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Ir(Peer.Signed(Peer.Asked(signing, "CN=signs"), signing), central with { CertReq = central.CertReq with { CertReqId = 1 } }));
        Assert.Null(Response(answer).CertifiedKeyPair!.PrivateKey);
        Assert.NotNull(Response(answer, 1).CertifiedKeyPair!.PrivateKey);
        client.Send(Confirm((Plain(answer), 0), (Plain(answer, 1), 1)));
        Assert.Equal(["CN=signs", "CN=wanted"], Issued(peer));
    }

    [Fact]
    public void An_update_can_be_of_a_key_that_is_made_here()
    {
        using var peer = new Peer();
        using PrivateKey own = Peer.NewKey("RSA_2048");
        HandClient client = peer.MacClient(3);
        Certificate old = Plain(client.Send(Peer.Request(PkiBodyType.Ir, own, "CN=wanted"), AskImplicit));
        client = peer.SigningClient(new SigningCertificate(old, own, [Peer.Authority.Issuing]));
        client.Pvno = 3;
        PkiMessage answer = client.Send(new CertReqMessages(PkiBodyType.Kur, [Asked("ECDSA_P256", Controls.OldCertId(old))]));
        Assert.Equal(PkiBodyType.Kup, answer.Body.Type);
        using var with = EnvelopeKey.Of(own, old);
        using PrivateKey key = Opened(answer, with).Key;
        key.EnsureFits(Plain(answer).PublicKey);
    }

    [Theory]
    [InlineData("RSA_2048", "SHA384", true)]
    [InlineData("ECDSA_P521", null, false)]
    [InlineData("Ed25519", null, false)]
    [InlineData("ML-DSA-44", null, false)]
    public void Keys_are_signed_as_the_authority_signs(string algorithm, string? hash, bool pss)
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse(algorithm), DateTimeOffset.UtcNow, hash, pss);
        var options = new TestServerOptions();
        using var keys = new ServerKeys(options, authority, null, () => DateTimeOffset.UtcNow);
        using var macs = new SharedSecretMacs("reference", [1, 2, 3], CmpLimits.Default, allowSha1: false);
        using PrivateKey made = Peer.NewKey("X25519");
        var header = new PkiHeader(3, GeneralName.NullDn, GeneralName.NullDn);
        ReadOnlyMemory<byte> sealedKey = new KeyGeneration(options, authority, keys, macs).Seal(made, Asked("X25519").CertReq, header, new Requester(ProtectionKind.PasswordBasedMac));
        using var password = EnvelopeKey.OfPassword(new byte[] { 1, 2, 3 });
        using OpenedEnvelope envelope = Envelope.Open(EncryptedKey.Decode(sealedKey).EnvelopedData!.Value, password, CmpLimits.Default);
        using SignedKeyPackage package = SignedKeyPackage.Open(envelope.Content);
        Assert.Equal(algorithm, KeyAlgorithm.Of(package.Signer.PublicKey).Name);
        using PrivateKey opened = package.OpenKey();
        opened.EnsureFits(made.PublicKey);
    }

    [Fact]
    public void Another_server_of_the_same_state_has_the_same_key_generation_authority()
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("server"), PollCount = 1 });
        HandClient client = peer.MacClient(3);
        client.Send(Ir(Asked("X25519")));
        peer.Restart();
        client.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromSeconds(1);
        PkiMessage answer = client.Send(new PollReqContent([0]));
        using EnvelopeKey password = Password;
        (SignedKeyPackage package, PrivateKey key) = Opened(answer, password);
        using (key)
            key.EnsureFits(Plain(answer).PublicKey);
        peer.Restart();
        HandClient other = peer.MacClient(3);
        other.Send(Ir(Asked("X25519")));
        other.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromSeconds(1);
        Assert.True(Opened(other.Send(new PollReqContent([0])), password).Package.Signer.IsSameAs(package.Signer));
    }

    [Fact]
    public void Rule48_Each_fault_is_what_it_says()
    {
        using EnvelopeKey password = Password;
        using (var peer = new Peer(new TestServerOptions { KeyPackageFault = KeyPackageFault.NoKeyGenerationUsage }))
            Assert.DoesNotContain(Oids.CmKGA, Opened(peer.MacClient(3).Send(Ir(Asked("X25519"))), password).Package.Signer.EnhancedKeyUsage!);
        using (var peer = new Peer(new TestServerOptions { KeyPackageFault = KeyPackageFault.Unsigned }))
        {
            PkiMessage answer = peer.MacClient(3).Send(Ir(Asked("X25519")));
            using OpenedEnvelope envelope = Envelope.Open(Enveloped(answer), password, CmpLimits.Default);
            Assert.Equal(Oids.KeyPackage, envelope.ContentType);
            using PrivateKey key = PrivateKey.FromPkcs8(Assert.Single(AsymmetricKeyPackage.Decode(envelope.Content).Keys));
            key.EnsureFits(Plain(answer).PublicKey);
        }
        using (var peer = new Peer(new TestServerOptions { KeyPackageFault = KeyPackageFault.OtherKey }))
        {
            PkiMessage answer = peer.MacClient(3).Send(Ir(Asked("X25519")));
            using PrivateKey key = Opened(answer, password).Key;
            Assert.Equal("CmpKey.Mismatch", Assert.Throws<CmpException>(() => key.EnsureFits(Plain(answer).PublicKey)).ErrorId);
        }
        using (var peer = new Peer(new TestServerOptions { KeyPackageFault = KeyPackageFault.OtherRecipient }))
            Assert.Equal("CmpEnvelope.NotOpened", Assert.Throws<CmpException>(() => Opened(peer.MacClient(3).Send(Ir(Asked("X25519"))), password)).ErrorId);
        using (var peer = new Peer(new TestServerOptions { KeyPackageFault = KeyPackageFault.Unasked }))
        {
            PrivateKey own = Peer.NewKey();
            PkiMessage answer = peer.MacClient(2).Send(Peer.Request(PkiBodyType.Ir, own, "CN=wanted"));
            using PrivateKey key = Opened(answer, password).Key;
            Assert.True(Plain(answer).PublicKey.IsSameAs(own.PublicKey));
            Assert.False(key.PublicKey.IsSameAs(own.PublicKey));
        }
    }

    private static string DigestFor(Certificate certificate) => SignatureAlgorithms.DigestOid(certificate.SignatureAlgorithm)!;

    private static ReadOnlySpan<byte> Asn1Salt(AlgorithmIdentifier mac) => PbmParameter.Decode(mac.Parameters!.Value).Salt.Span;
}
