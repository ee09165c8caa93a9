using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What may be asked for, and what is issued (RFC 4211 5, RFC 9483 4.1.1).</summary>
public class IssuingPolicyTests
{
    [Fact]
    public void A_certificate_says_what_was_asked_for()
    {
        using var peer = new Peer();
        DateTimeOffset from = DateTimeOffset.FromUnixTimeSeconds(peer.Now.ToUnixTimeSeconds()).AddHours(-2), to = from.AddDays(7);
        var custom = new Extension("1.2.3.4.5", false, new byte[] { 4, 2, 1, 2 });
        Extension[] asked = [TestExtensions.KeyUsage(0x80), TestExtensions.ExtendedKeyUsage("1.3.6.1.5.5.7.3.2"), TestExtensions.DnsName("a.example"), custom];
        CertResponse response = Ask(peer, template => template with { Extensions = asked, NotBefore = from, NotAfter = to });

        Assert.Equal(PkiStatus.Accepted, response.Status.Status);
        Certificate certificate = response.CertifiedKeyPair!.Certificate!;
        Assert.Equal((from, to), (certificate.NotBefore, certificate.NotAfter));
        Assert.Equal(3, certificate.Version);
        Assert.Equal(16, certificate.SerialNumber.Length);
        Assert.InRange(certificate.SerialNumber.Span[0], 0x40, 0x7F);
        Assert.True(certificate.Issuer.IsSameAs(Peer.Authority.Issuing.Subject));
        Assert.Equal(Peer.Authority.Issuing.SubjectKeyIdentifier!.Value.ToArray(), certificate.AuthorityKeyIdentifier!.Value.ToArray());
        Assert.Equal(20, certificate.SubjectKeyIdentifier!.Value.Length);
        Assert.Equal(asked.Select(extension => Hex.Of(extension.Encoded.Span)), certificate.Extensions.Skip(2).Select(extension => Hex.Of(extension.Encoded.Span)));
        Assert.Equal(3, PathBuilder.Build(certificate, [Peer.Authority.Root], [Peer.Authority.Issuing], new PathOptions(peer.Now)).Certificates.Count);
    }

    [SkippableFact]
    public void A_PKCS10_request_is_heeded_alike()
    {
        Skip.If(Mono.IsRunning, Mono.MakesNoRequests);
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient().Send(new P10crBody(CertificationRequest.Decode(MadeByDotNet())));
        var rep = (CertRepMessage)answer.Body;
        Assert.Equal(-1, rep.Responses[0].CertReqId);
        Certificate certificate = rep.Responses[0].CertifiedKeyPair!.Certificate!;
        Assert.Equal("CN=wanted, O=Example", certificate.Subject.ToString());
        Assert.Equal("b.example", certificate.SubjectAltNames.Single().ToString());

        static byte[] MadeByDotNet()
        {
            using RSA key = RSA.Create(2048);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("b.example");
            var request = new CertificateRequest("CN=wanted, O=Example", key, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
            request.CertificateExtensions.Add(names.Build());
            return request.CreateSigningRequest();
        }
    }

    [Fact]
    public void Templates_that_are_not_complete_are_refused()
    {
        using var peer = new Peer();
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { PublicKey = null });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { PublicKey = new SubjectPublicKeyInfo(template.PublicKey!.Algorithm, ReadOnlyMemory<byte>.Empty) });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Subject = Name.Empty });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Subject = Name.Decode(Hex.Parse("3004 3102 0500")) });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Subject = Name.Empty, Extensions = [TestExtensions.AltNames()] });
    }

    [Fact]
    public void Templates_that_ask_for_what_is_the_issuers_are_refused()
    {
        using var peer = new Peer();
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Version = 1 });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { SerialNumber = new byte[] { 1 } });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { SigningAlg = new AlgorithmIdentifier(Oids.Sha256WithEcdsa) });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { IssuerUid = new byte[] { 0, 1 } });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { SubjectUid = new byte[] { 0, 1 } });
        Refuse(peer, FailInfo.WrongAuthority, template => template with { Issuer = Name.Parse("CN=another CA") });
        Assert.Equal(PkiStatus.Accepted, Ask(peer, template => template with { Version = 2, Issuer = Peer.Authority.Issuing.Subject }).Status.Status);
        Assert.Equal(PkiStatus.Accepted, Ask(peer, template => template with { Issuer = Name.Empty }).Status.Status);
    }

    [Fact]
    public void Nobody_becomes_a_CA_or_speaks_for_one()
    {
        using var peer = new Peer();
        Refuse(peer, FailInfo.UnacceptedExtension, template => template with { Extensions = [TestExtensions.BasicConstraints(true)] });
        Refuse(peer, FailInfo.UnacceptedExtension, template => template with { Extensions = [TestExtensions.KeyUsage(0x84)] });
        Refuse(peer, FailInfo.UnacceptedExtension, template => template with { Extensions = [TestExtensions.KeyUsage(0x02)] });
        foreach (string usage in new[] { Oids.CmcCA, Oids.CmcRA, Oids.CmKGA })
            Refuse(peer, FailInfo.UnacceptedExtension, template => template with { Extensions = [TestExtensions.ExtendedKeyUsage("1.3.6.1.5.5.7.3.2", usage)] });
        Assert.False(Ask(peer, template => template with { Extensions = [TestExtensions.BasicConstraints(false)] }).CertifiedKeyPair!.Certificate!.IsCA);
    }

    [Fact]
    public void Extensions_are_whole_and_come_once()
    {
        using var peer = new Peer();
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Extensions = [TestExtensions.DnsName("a.example"), TestExtensions.DnsName("b.example")] });
        foreach (string oid in new[] { Oids.BasicConstraints, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.SubjectAltName })
            Refuse(peer, FailInfo.BadCertTemplate, template => template with { Extensions = [new Extension(oid, false, new byte[] { 5, 0 })] });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Extensions = [.. Enumerable.Range(1, 65).Select(i => new Extension($"1.2.3.{i}", false, new byte[] { 5, 0 }))] });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { Extensions = [new Extension("1.2.3", false, new byte[70_000])] });
    }

    [Fact]
    public void Key_identifiers_are_the_issuers()
    {
        using var peer = new Peer();
        Certificate certificate = Ask(peer, template => template with { Extensions = [new Extension(Oids.SubjectKeyIdentifier, false, new byte[] { 4, 1, 7 }), new Extension(Oids.AuthorityKeyIdentifier, false, new byte[] { 0x30, 0 })] }).CertifiedKeyPair!.Certificate!;
        Assert.Equal(20, certificate.SubjectKeyIdentifier!.Value.Length);
        Assert.Equal(20, certificate.AuthorityKeyIdentifier!.Value.Length);
        Assert.Equal(3, certificate.Extensions.Count);
    }

    [Fact]
    public void Alternative_names_alone_are_critical()
    {
        using var peer = new Peer();
        foreach (Name? subject in new[] { Name.Empty, null })
        {
            PrivateKey key = Peer.NewKey();
            CertReqMessages body = Peer.Request(PkiBodyType.Ir, key, null, change: template => template with { Subject = subject, Extensions = [TestExtensions.DnsName("a.example")] });
            Certificate certificate = ((CertRepMessage)peer.MacClient().Send(body).Body).Responses[0].CertifiedKeyPair!.Certificate!;
            Assert.True(certificate.Subject.IsEmpty);
            Assert.True(certificate.Extension(Oids.SubjectAltName)!.Critical);
        }
    }

    [Fact]
    public void Validity_is_cut_to_the_issuers_and_that_is_said()
    {
        using var peer = new Peer();
        Certificate issuer = Peer.Authority.Issuing;
        CertResponse response = Ask(peer, template => template with { NotBefore = issuer.NotBefore.AddDays(-1), NotAfter = issuer.NotAfter.AddYears(50) });
        Assert.Equal(PkiStatus.GrantedWithMods, response.Status.Status);
        Assert.Equal(2, response.Status.StatusString!.Texts.Count);
        Certificate certificate = response.CertifiedKeyPair!.Certificate!;
        Assert.Equal((issuer.NotBefore, issuer.NotAfter), (certificate.NotBefore, certificate.NotAfter));

        Refuse(peer, FailInfo.BadCertTemplate, template => template with { NotBefore = peer.Now.AddDays(2), NotAfter = peer.Now.AddDays(1) });
        Refuse(peer, FailInfo.BadCertTemplate, template => template with { NotBefore = issuer.NotAfter.AddDays(1) });
        // rule 13: either may stand alone
        Assert.Equal(365, (Ask(peer, template => template with { NotBefore = peer.Now.AddDays(2) }).CertifiedKeyPair!.Certificate! is { } later ? later.NotAfter - later.NotBefore : default).TotalDays);
        Assert.Equal(peer.Now.AddDays(9).ToUnixTimeSeconds(), Ask(peer, template => template with { NotAfter = peer.Now.AddDays(9) }).CertifiedKeyPair!.Certificate!.NotAfter.ToUnixTimeSeconds());
    }

    [Fact]
    public void Several_requests_are_answered_each()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        PrivateKey one = Peer.NewKey(), two = Peer.NewKey(), three = Peer.NewKey();
        var body = new CertReqMessages(PkiBodyType.Ir,
        [
            Peer.Signed(Peer.Asked(one, "CN=one", certReqId: 0), one),
            Peer.Signed(Peer.Asked(two, "CN=two", certReqId: 1), one),
            Peer.Signed(Peer.Asked(three, "CN=three", certReqId: 7), three),
        ]);
        HandClient client = peer.MacClient();
        var rep = (CertRepMessage)client.Send(body).Body;
        Assert.Equal([0, 1, 7], rep.Responses.Select(response => response.CertReqId));
        Assert.Equal([PkiStatus.Accepted, PkiStatus.Rejection, PkiStatus.Accepted], rep.Responses.Select(response => response.Status.Status));
        Assert.Equal(FailInfo.BadPOP, rep.Responses[1].Status.FailInfo);
        Certificate first = rep.Responses[0].CertifiedKeyPair!.Certificate!, third = rep.Responses[2].CertifiedKeyPair!.Certificate!;

        // what the certConf does not name is refused (RFC 9810 5.3.18)
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(third, 7)).Body);
        Assert.True(Assert.Single(peer.Responder.Issued).IsSameAs(third));
        Assert.False(peer.Responder.Issued[0].IsSameAs(first));

        var twice = new CertReqMessages(PkiBodyType.Ir, [Peer.Signed(Peer.Asked(one, "CN=one"), one), Peer.Signed(Peer.Asked(two, "CN=two"), two)]);
        var refused = (CertRepMessage)peer.MacClient().Send(twice).Body;
        Assert.All(refused.Responses, response => Assert.Equal(FailInfo.BadRequest, response.Status.FailInfo));
    }

    private static CertResponse Ask(Peer peer, Func<CertTemplate, CertTemplate> change) =>
        Assert.Single(Assert.IsType<CertRepMessage>(peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted", change: change)).Body).Responses);

    private static void Refuse(Peer peer, FailInfo failInfo, Func<CertTemplate, CertTemplate> change) =>
        Refused.ByResponse(failInfo, peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted", change: change)));
}
