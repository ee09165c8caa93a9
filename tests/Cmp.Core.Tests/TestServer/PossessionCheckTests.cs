using System;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>No certificate without the private key (RFC 4211 4, RFC 9483 5.1.1).</summary>
public class PossessionCheckTests
{
    private static TestServerOptions TrustsVendors => new() { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] };

    [Fact]
    public void A_request_without_a_proof_is_refused()
    {
        using var peer = new Peer();
        CertRequest asked = Peer.Asked(Peer.NewKey(), "CN=wanted");
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(new CertReqMsg(asked, null, []))));
    }

    [Fact]
    public void A_proof_by_another_key_or_of_another_request_is_refused()
    {
        using var peer = new Peer();
        PrivateKey key = Peer.NewKey();
        CertRequest asked = Peer.Asked(key, "CN=wanted");
        CertReqMsg good = Peer.Signed(asked, key);
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(Peer.Signed(asked, Peer.NewKey()))));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(good with { CertReq = Peer.Asked(key, "CN=someone else") })));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(good with { Popo = ((PopoSigningKey)good.Popo!) with { Signature = new byte[70] } })));
        Assert.NotNull(Issued(peer.MacClient().Send(Body(good))));
    }

    [Fact]
    public void A_weak_or_unknown_algorithm_proves_nothing()
    {
        using var peer = new Peer();
        PrivateKey key = Peer.NewKey();
        CertReqMsg good = Peer.Signed(Peer.Asked(key, "CN=wanted"), key);
        foreach (string oid in new[] { Oids.Sha1WithEcdsa, "1.2.3" })
            Refused.ByResponse(FailInfo.BadAlg, peer.MacClient().Send(Body(good with { Popo = ((PopoSigningKey)good.Popo!) with { Algorithm = new AlgorithmIdentifier(oid) } })));
        using RSA weak = RSA.Create(1024);
        PrivateKey weakKey = PrivateKey.Of(weak);
        Refused.ByResponse(FailInfo.BadAlg, peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, weakKey, "CN=weak")));
    }

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    public void Keys_of_other_kinds_are_certified(string algorithm)
    {
        using var peer = new Peer();
        PrivateKey key = Peer.NewKey(algorithm);
        Certificate certificate = Issued(peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, key, "CN=wanted")));
        Assert.True(certificate.PublicKey.IsSameAs(key.PublicKey));
        KeyUsages expected = KeyUsages.DigitalSignature | (algorithm.StartsWith("RSA", StringComparison.Ordinal) ? KeyUsages.KeyEncipherment : KeyUsages.None);
        Assert.Equal(expected, certificate.KeyUsage);
    }

    [Fact]
    public void RaVerified_is_for_trusted_registration_authorities()
    {
        using var peer = new Peer(TrustsVendors);
        CertReqMessages body = Body(new CertReqMsg(Peer.Asked(Peer.NewKey(), "CN=wanted"), new RaVerified(), []));
        Refused.ByResponse(FailInfo.NotAuthorized, peer.MacClient().Send(body));
        Refused.ByResponse(FailInfo.NotAuthorized, peer.SigningClient(Peer.Vendor()).Send(body));
        Refused.ByResponse(FailInfo.NotAuthorized, peer.SigningClient(Peer.Vendor(TestExtensions.ExtendedKeyUsage(Oids.CmcCA))).Send(body));
        Refused.ByResponse(FailInfo.NotAuthorized, peer.SigningClient(peer.Enroll()).Send(body));
        Assert.NotNull(Issued(peer.SigningClient(Peer.Vendor(TestExtensions.ExtendedKeyUsage(Oids.CmcRA))).Send(body)));
    }

    [Fact]
    public void A_proof_to_follow_in_a_way_that_nobody_knows_is_refused()
    {
        using var peer = new Peer();
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(new CertReqMsg(Peer.Asked(Peer.NewKey(), "CN=wanted"), PopoPrivKey.Later(false, (SubsequentMessage)2), []))));
    }

    [SkippableFact]
    public void A_PKCS10_request_is_signed_by_its_key()
    {
        Skip.If(Mono.IsRunning, Mono.MakesNoRequests);
        using var peer = new Peer();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        P10crBody good = Peer.Pkcs10(key, "CN=wanted");
        byte[] changed = good.Request.Encoded.ToArray();
        int at = changed.AsSpan().IndexOf("wanted"u8);
        changed[at] = (byte)'W';
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(new P10crBody(CertificationRequest.Decode(changed))), PkiBodyType.Cp);
        Assert.NotNull(Issued(peer.MacClient().Send(good)));
    }

    [Fact]
    public void Rule11_Who_names_no_subject_binds_the_key_to_the_secret()
    {
        using var peer = new Peer();
        PrivateKey key = Peer.NewKey();
        CertRequest asked = Peer.Asked(key, null);
        var pbm = new PbmOptions { Iterations = 500 };
        PkMacValue good = PublicKeyMac.Create(Peer.Secret, key.PublicKey, pbm);

        Certificate certificate = Issued(peer.MacClient().Send(Body(Peer.Signed(asked, key, new PopoSigningKeyInput(null, good, key.PublicKey)))));
        Assert.Equal(Peer.Reference, certificate.Subject.CommonName());

        PkMacValue wrong = PublicKeyMac.Create(Peer.WrongSecret, key.PublicKey, pbm);
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(Peer.Signed(asked, key, new PopoSigningKeyInput(null, wrong, key.PublicKey)))));
        PkMacValue other = PublicKeyMac.Create(Peer.Secret, Peer.NewKey().PublicKey, pbm);
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(Peer.Signed(asked, key, new PopoSigningKeyInput(null, other, key.PublicKey)))));
        // nobody is authenticated by name under a MAC
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(Peer.Signed(asked, key, new PopoSigningKeyInput(GeneralName.FromName(Name.FromCommonName(Peer.Reference)), null, key.PublicKey)))));
        // a template that is complete is signed itself
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient().Send(Body(Peer.Signed(Peer.Asked(key, "CN=wanted"), key, new PopoSigningKeyInput(null, good, key.PublicKey)))));
    }

    [Fact]
    public void Rule11_Who_names_no_subject_and_signs_is_the_signer()
    {
        using var peer = new Peer(TrustsVendors);
        PrivateKey key = Peer.NewKey();
        CertRequest asked = Peer.Asked(key, null);
        SigningCertificate vendor = Peer.Vendor();
        var input = new PopoSigningKeyInput(GeneralName.FromName(vendor.Certificate.Subject), null, key.PublicKey);
        Assert.Equal("CN=device", Issued(peer.SigningClient(vendor).Send(Body(Peer.Signed(asked, key, input)))).Subject.ToString());
        Refused.ByResponse(FailInfo.BadPOP, peer.SigningClient(vendor).Send(Body(Peer.Signed(asked, key, input with { Sender = GeneralName.FromName(Name.Parse("CN=other")) }))));

        using var strict = new Peer(TrustsVendors with { Strict = true });
        // what lacks the subject is wrong before its proof is
        Refused.ByResponse(FailInfo.BadCertTemplate, strict.SigningClient(vendor).Send(Body(Peer.Signed(asked, key, input))));
    }

    private static CertReqMessages Body(CertReqMsg request) => new(PkiBodyType.Ir, [request]);

    private static Certificate Issued(PkiMessage answer) => Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair?.Certificate
        ?? throw new InvalidOperationException(((CertRepMessage)answer.Body).Responses[0].Status.StatusString?.Texts[0]);
}
