using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Only who has the certificate updates it (RFC 9483 4.1.3, RFC 9810 5.3.5).</summary>
public class KeyUpdateTests
{
    [Fact]
    public void The_certificate_that_signs_is_updated_with_or_without_oldCertID()
    {
        using var peer = new Peer();
        SigningCertificate old = peer.Enroll("CN=mine");
        Assert.Equal("CN=mine", Updated(peer.SigningClient(old).Send(Kur(null, old.Certificate))).Subject.ToString());
        Assert.Equal("CN=mine", Updated(peer.SigningClient(old).Send(Kur(null, null))).Subject.ToString());
    }

    [Fact]
    public void Rule17_A_secret_may_update_what_oldCertID_names()
    {
        using var peer = new Peer();
        SigningCertificate old = peer.Enroll("CN=mine");
        Assert.Equal("CN=mine", Updated(peer.MacClient().Send(Kur(null, old.Certificate))).Subject.ToString());
        Refused.ByResponse(FailInfo.BadCertId, peer.MacClient().Send(Kur("CN=mine", null)), PkiBodyType.Kup);
        // RFC 9483 4.1.5 has no kur under a MAC, and wrong protection is told by an error
        using var strict = new Peer(new TestServerOptions { Strict = true });
        old = strict.Enroll("CN=mine");
        Refused.ByError(FailInfo.WrongIntegrity, strict.MacClient().Send(Kur("CN=mine", old.Certificate)));
    }

    [Fact]
    public void Another_certificate_may_not_update_it()
    {
        using var peer = new Peer();
        SigningCertificate old = peer.Enroll("CN=mine"), other = peer.Enroll("CN=other");
        Refused.ByResponse(FailInfo.NotAuthorized, peer.SigningClient(other).Send(Kur("CN=mine", old.Certificate)), PkiBodyType.Kup);
    }

    [Fact]
    public void A_registration_authority_may_and_a_trusted_client_may_not()
    {
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        SigningCertificate old = peer.Enroll("CN=mine");
        Updated(peer.SigningClient(Peer.Vendor(TestExtensions.ExtendedKeyUsage(Oids.CmcRA))).Send(Kur("CN=mine", old.Certificate)));
        Refused.ByResponse(FailInfo.NotAuthorized, peer.SigningClient(Peer.Vendor()).Send(Kur("CN=mine", old.Certificate)), PkiBodyType.Kup);
        Refused.ByResponse(FailInfo.BadCertId, peer.SigningClient(Peer.Vendor()).Send(Kur("CN=mine", null)), PkiBodyType.Kup);
    }

    [Fact]
    public void OldCertID_names_a_certificate_that_this_server_issued()
    {
        using var peer = new Peer();
        using var elsewhere = new Peer();
        Refused.ByResponse(FailInfo.BadCertId, peer.MacClient().Send(Kur("CN=device", Peer.Vendor().Certificate)), PkiBodyType.Kup);
        // the same issuer's name, a number that is not known
        Refused.ByResponse(FailInfo.BadCertId, peer.MacClient().Send(Kur("CN=mine", elsewhere.Enroll().Certificate)), PkiBodyType.Kup);
        // a known number, another issuer's name
        SigningCertificate old = peer.Enroll();
        AttributeTypeAndValue control = new(Oids.OldCertId, new CertId(GeneralName.FromName(Name.Parse("CN=another CA")), old.Certificate.SerialNumber).Encoded);
        Refused.ByResponse(FailInfo.BadCertId, peer.MacClient().Send(With(control)), PkiBodyType.Kup);
        Refused.ByResponse(FailInfo.BadDataFormat, peer.MacClient().Send(With(new AttributeTypeAndValue(Oids.OldCertId, new byte[] { 5, 0 }))), PkiBodyType.Kup);
    }

    [Fact]
    public void What_expired_is_not_updated()
    {
        using var peer = new Peer();
        SigningCertificate old = peer.Enroll("CN=mine");
        peer.Now = old.Certificate.NotAfter.AddSeconds(1);
        Refused.ByResponse(FailInfo.BadCertId, peer.MacClient().Send(Kur("CN=mine", old.Certificate)), PkiBodyType.Kup);
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(old).Send(Kur("CN=mine", old.Certificate)));
    }

    [Fact]
    public void A_strict_server_wants_the_names_unchanged()
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        PrivateKey key = Peer.NewKey();
        Extension names = TestExtensions.DnsName("a.example");
        Certificate certificate = Updated(peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, key, "CN=mine", change: template => template with { Extensions = [names] }), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }));
        var old = new SigningCertificate(certificate, key);

        Refused.ByResponse(FailInfo.BadCertTemplate, peer.SigningClient(old).Send(Kur("CN=not mine", certificate, names)), PkiBodyType.Kup);
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.SigningClient(old).Send(Kur("CN=mine", certificate)), PkiBodyType.Kup);
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.SigningClient(old).Send(Kur("CN=mine", certificate, TestExtensions.DnsName("b.example"))), PkiBodyType.Kup);
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.SigningClient(old).Send(Kur(null, certificate, names)), PkiBodyType.Kup);
        Updated(peer.SigningClient(old).Send(Kur("CN=Mine", certificate, names)));

        using var lenient = new Peer();
        SigningCertificate other = lenient.Enroll("CN=mine");
        Assert.Equal("CN=not mine", Updated(lenient.SigningClient(other).Send(Kur("CN=not mine", other.Certificate))).Subject.ToString());
    }

    private static CertReqMessages Kur(string? subject, Certificate? old, params Extension[] extensions) =>
        // without a subject the proof covers the template all the same: OpenSSL's client does so
        Peer.Request(PkiBodyType.Kur, Peer.NewKey(), subject, old, template => template with { Extensions = extensions });

    private static CertReqMessages With(AttributeTypeAndValue control)
    {
        PrivateKey key = Peer.NewKey();
        return new CertReqMessages(PkiBodyType.Kur, [Peer.Signed(Peer.Asked(key, "CN=mine") with { Controls = [control] }, key)]);
    }

    private static Certificate Updated(PkiMessage answer)
    {
        CertResponse response = Assert.Single(Assert.IsType<CertRepMessage>(answer.Body).Responses);
        Assert.True(response.CertifiedKeyPair is not null, response.Status.StatusString?.Texts[0]);
        return response.CertifiedKeyPair.Certificate!;
    }
}
