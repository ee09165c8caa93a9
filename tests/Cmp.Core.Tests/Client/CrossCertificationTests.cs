using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Transports;
using Cmp.Tests.Transactions;
using Xunit;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>One CA certifies another: ccr and ccp (RFC 9810 6.6 and D.6).</summary>
public class CrossCertificationTests
{
    private static readonly CertificationAuthority Other = ServerPeer.OtherAuthority;

    /// <summary>The other CA itself asks: its own certificate signs.</summary>
    private static Counter AtFirstHand(TestServerOptions? options = null) => new(
        (options ?? new TestServerOptions()) with { TrustedClients = [ServerPeer.ToX509(SignerOfOther)] },
        said => said with { Secret = null, ClientCertificate = ServerPeer.ToX509(SignerOfOther), ClientKey = OtherKey });

    private static readonly PrivateKey OtherKey = ServerPeer.NewKey();

    /// <summary>A CA whose key may sign messages too.</summary>
    private static readonly Certificate SignerOfOther = Other.Issue(new CertificateContent(
        Name.Parse("CN=Another CA"), OtherKey.PublicKey, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(100),
        [CertificateExtensions.BasicConstraints(), CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign | KeyUsages.DigitalSignature)]));

    /// <summary>A registration authority asks for a CA.</summary>
    private static Counter ByRegistrationAuthority(TestServerOptions? options = null)
    {
        SigningCertificate authority = ServerPeer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA]));
        return new Counter(
            (options ?? new TestServerOptions()) with { TrustedClients = [ServerPeer.ToX509(authority.Certificate)] },
            said => said with { ClientCertificate = ServerPeer.ToX509(authority.Certificate), ClientKey = authority.Key });
    }

    private static EnrollmentRequest Request(FakeDestination? destination = null) => new()
    {
        Operation = EnrollmentOperation.CrossCertification,
        Destination = destination ?? new FakeDestination(),
        NotAfter = DateTimeOffset.UtcNow.AddDays(50),
    };

    private static async Task<EnrolledCertificate> RunAsync(Counter counter, EnrollmentRequest request)
    {
        using var enrollment = new Enrollment(counter.Client, request);
        return (await enrollment.RunAsync())!;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_CA_asks_for_itself_and_its_signature_proves_the_key(bool strict)
    {
        using Counter counter = AtFirstHand(new TestServerOptions { Strict = strict });
        EnrolledCertificate cross = await RunAsync(counter, Request() with { CrossCertified = SignerOfOther });
        Assert.Equal(CmpOperation.CrossCertification, counter.Road.Requests[0].Operation);
        CertReqMsg sent = Assert.Single(((CertReqMessages)counter.Road.Sent[0].Body).Requests);
        Assert.Equal(PkiBodyType.Ccr, counter.Road.Sent[0].Body.Type);
        Assert.IsType<PopoSigningKey>(sent.Popo);
        CertTemplate template = sent.CertReq.CertTemplate;
        Assert.Equal(2, template.Version);
        Assert.True(template is { SigningAlg: not null, Issuer: not null, NotBefore: not null, NotAfter: not null, Subject: not null, PublicKey: not null });

        Assert.True(cross.Certificate.PublicKey.IsSameAs(OtherKey.PublicKey));
        Assert.True(cross.Certificate.IsCA);
        Assert.Equal(SignerOfOther.SubjectKeyIdentifier!.Value.ToArray(), cross.Certificate.SubjectKeyIdentifier!.Value.ToArray());
        PathBuilder.Build(cross.Certificate, [ServerPeer.Authority.Root], [], new PathOptions(counter.Server.Now));
        Assert.Null(cross.Key);
    }

    [Fact]
    public async Task A_PKCS10_of_another_CA_is_verified_and_vouched_for()
    {
        using Counter counter = ByRegistrationAuthority();
        PrivateKey key = ServerPeer.NewKey();
        EnrolledCertificate cross = await RunAsync(counter, Request() with { Pkcs10 = MadeCertificate.Pkcs10(key, "CN=Their CA") });
        Assert.IsType<RaVerified>(((CertReqMessages)counter.Road.Sent[0].Body).Requests[0].Popo);
        Assert.Equal("CN=Their CA", cross.Certificate.Subject.ToString());
        Assert.True(cross.Certificate.IsCA);
        Assert.Equal(KeyUsages.KeyCertSign | KeyUsages.CrlSign, cross.Certificate.KeyUsage);
    }

    [Fact]
    public async Task A_root_is_vouched_for_by_its_own_signature_and_what_is_below_one_is_not()
    {
        using Counter counter = ByRegistrationAuthority();
        EnrolledCertificate cross = await RunAsync(counter, Request() with { CrossCertified = Other.Root });
        Assert.True(cross.Certificate.PublicKey.IsSameAs(Other.Root.PublicKey));
        // what their CA issued leads to our root now
        PathBuilder.Build(Other.Signer, [ServerPeer.Authority.Root], [Other.Issuing, cross.Certificate], new PathOptions(counter.Server.Now));
        Assert.Equal("CmpArgument.ProofOfPossession", (await Assert.ThrowsAsync<CmpException>(() => RunAsync(counter, Request() with { CrossCertified = Other.Issuing }))).ErrorId);
    }

    [Theory]
    [InlineData("CmpArgument.CrossCertified", false, false)]
    [InlineData("CmpArgument.CrossCertified", true, true)]
    public async Task The_CA_is_named_in_one_way(string errorId, bool pkcs10, bool certificate)
    {
        using Counter counter = ByRegistrationAuthority();
        EnrollmentRequest request = Request() with { Pkcs10 = pkcs10 ? MadeCertificate.Pkcs10(ServerPeer.NewKey(), "CN=x") : null, CrossCertified = certificate ? Other.Root : null };
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => RunAsync(counter, request))).ErrorId);
        Assert.Empty(counter.Road.Sent);
    }

    [Fact]
    public async Task What_cannot_be_asked_for_is_said_before_anything_is_sent()
    {
        using Counter counter = ByRegistrationAuthority();
        CertificationRequest good = MadeCertificate.Pkcs10(ServerPeer.NewKey(), "CN=Their CA");
        byte[] octets = good.Encoded.ToArray();
        octets[^3] ^= 1;
        Extension noCA = new(Oids.BasicConstraints, true, new byte[] { 0x30, 0 });
        foreach ((EnrollmentRequest request, string errorId) in new[]
        {
            (Request() with { Pkcs10 = CertificationRequest.Decode(octets) }, "CmpArgument.Pkcs10"),
            (Request() with { Pkcs10 = good, NotAfter = null }, "CmpArgument.NotAfter"),
            (Request() with { Pkcs10 = MadeCertificate.Pkcs10(ServerPeer.NewKey(), string.Empty) }, "CmpArgument.Subject"),
            (Request() with { Pkcs10 = good, Extensions = [noCA] }, "CmpArgument.CrossCertified"),
        })
        {
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => RunAsync(counter, request))).ErrorId);
        }
        using CmpClient nowhere = counter.Open(said => said with { TrustAnchor = [] });
        using var enrollment = new Enrollment(nowhere, Request() with { Pkcs10 = good });
        Assert.Equal("CmpArgument.Issuer", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Empty(counter.Road.Sent);
    }

    [Fact]
    public async Task Who_is_no_registration_authority_is_not_believed_to_have_verified()
    {
        using var counter = new Counter();
        CmpServerException error = await Assert.ThrowsAsync<CmpServerException>(() => RunAsync(counter, Request() with { CrossCertified = Other.Root }));
        Assert.Equal("CmpServer.notAuthorized", error.ErrorId);
    }

    [Fact]
    public async Task The_server_refuses_what_is_not_its_to_issue()
    {
        using Counter counter = ByRegistrationAuthority();
        EnrollmentRequest request = Request() with { CrossCertified = Other.Root };
        foreach ((EnrollmentRequest wrong, string errorId) in new[]
        {
            (request with { Issuer = ServerPeer.Authority.Issuing.Subject }, "CmpServer.wrongAuthority"),
            (request with { SigningAlgorithm = AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa) }, "CmpServer.badAlg"),
            (request with { NotAfter = ServerPeer.Authority.Root.NotAfter.AddDays(1) }, "CmpServer.badCertTemplate"),
            (request with { Extensions = [CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature)] }, "CmpServer.badCertTemplate"),
        })
        {
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpServerException>(() => RunAsync(counter, wrong))).ErrorId);
        }
        Assert.Empty(counter.Server.Responder.Issued);
        using Counter strict = new(new TestServerOptions { Strict = true });
        Assert.Equal("CmpServer.wrongIntegrity", (await Assert.ThrowsAsync<CmpServerException>(() => RunAsync(strict, request))).ErrorId);
    }

    [Fact]
    public async Task Rule36_A_ccp_answers_a_ccr_and_a_cp_does_not()
    {
        using Counter counter = ByRegistrationAuthority();
        FakeRoad wrong = new((request, _) =>
        {
            PkiMessage asked = PkiMessage.Decode(request.Octets);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(Peer.Shared.Answer(asked, Peer.Response(PkiBodyType.Cp, Other.Root))));
        });
        using var client = new CmpClient(new Desk(wrong).Said(), wrong, () => Peer.Now);
        using var enrollment = new Enrollment(client, Request() with { CrossCertified = Other.Root, NotAfter = Peer.Now.AddDays(10) });
        Assert.Equal("CmpTransaction.UnexpectedBody", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
    }

    [Fact]
    public async Task A_cross_certificate_waits_is_confirmed_and_can_be_revoked_by_the_roots_CRL()
    {
        using Counter counter = ByRegistrationAuthority(new TestServerOptions { PollCount = 1, CheckAfter = 5, ImplicitConfirmation = ImplicitConfirmation.Never });
        EnrolledCertificate cross = await RunAsync(counter, Request() with { CrossCertified = Other.Root });
        Assert.True(cross.Confirmed);
        Assert.Equal(["ccr", "pollReq", "pollReq", "certConf"], counter.Road.Kinds);
        Revocation revocation = (await counter.Client.RevokeAsync([new RevocationRequest { Certificate = cross.Certificate, Reason = RevocationReason.CACompromise }]))[0];
        Assert.True(revocation.IsRevoked);
        Assert.True(revocation.Crl!.Verified);
        Assert.True(revocation.Crl.Issuer.IsSameAs(ServerPeer.Authority.Root.Subject));
        Assert.NotNull(revocation.Crl.Value.Find(cross.Certificate.SerialNumber));
    }
}
