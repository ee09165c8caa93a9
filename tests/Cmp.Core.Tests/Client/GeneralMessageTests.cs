using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;
using MacPeer = Cmp.Tests.Transactions.Peer;
using Server = Cmp.TestServer.TestServer;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>What a CA is asked, from the caller to the CA and back (rules 38, 47 and 73).</summary>
public sealed class GeneralMessageTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] List(params Asn1Structure[] elements) => Tlv.Of(0x30, elements.SelectMany(element => element.Encoded.ToArray()).ToArray());

    /// <summary>A client at a server that answers what a test says.</summary>
    private static CmpClient At(params InfoTypeAndValue[] items) => new(
        new Desk(FakeRoad.ToNobody()).Said(),
        FakeRoad.Of(request => MacPeer.Shared.Answer(request, new GenRepContent(items))),
        () => MacPeer.Now);

    // caCerts

    [Fact]
    public async Task CA_certificates_come()
    {
        using var counter = new Counter();
        Assert.True(Assert.Single(await counter.Client.GetCACertificatesAsync(counter.Options)).IsSameAs(ServerPeer.Authority.Issuing));
        Assert.Equal(CmpOperation.CaCertificates, counter.Road.Requests[0].Operation);
        using var strict = new Counter(new TestServerOptions { Strict = true });
        Assert.Single(await strict.Client.GetCACertificatesAsync());
    }

    [Fact]
    public async Task Rule47_An_empty_genp_and_an_absent_value_are_no_certificates()
    {
        Assert.Empty(await At().GetCACertificatesAsync());
        Assert.Empty(await At(new InfoTypeAndValue(Oids.CaCerts)).GetCACertificatesAsync());
    }

    [Fact]
    public async Task Rule47_caCerts_are_of_CAs_and_valid_now()
    {
        MadeCertificate root = MacPeer.Shared.Root;
        Certificate good = root.Issue("CN=CA", Shape.CA).Certificate;
        Assert.Single(await At(new InfoTypeAndValue(Oids.CaCerts, List(good))).GetCACertificatesAsync());
        foreach ((Certificate wrong, string errorId) in new[]
        {
            (MacPeer.Shared.Client.Certificate, "CmpTrust.NotCA"),
            (root.Issue("CN=was", Shape.CA with { NotAfter = MacPeer.Now.AddSeconds(-1) }).Certificate, "CmpTrust.Expired"),
            (root.Issue("CN=will be", Shape.CA with { NotBefore = MacPeer.Now.AddSeconds(1) }).Certificate, "CmpTrust.NotYetValid"),
        })
        {
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => At(new InfoTypeAndValue(Oids.CaCerts, List(good, wrong))).GetCACertificatesAsync())).ErrorId);
        }
    }

    [Fact]
    public async Task A_value_that_does_not_decode_is_malformed()
    {
        foreach (byte[] value in new[] { [5, 0], [0x30, 1, 5], new byte[] { 0x30, 2, 0x30, 0x05 } })
            Assert.Equal("CmpMessage.Malformed", (await Assert.ThrowsAsync<CmpException>(() => At(new InfoTypeAndValue(Oids.CaCerts, value)).GetCACertificatesAsync())).ErrorId);
    }

    // rootCaCert

    [Fact]
    public async Task A_root_that_has_not_changed_has_no_update()
    {
        using var counter = new Counter();
        Assert.Null(await counter.Client.GetRootUpdateAsync());
        Assert.Equal("CmpArgument.OldRoot", (await Assert.ThrowsAsync<CmpException>(() => counter.Open(said => said with { TrustAnchor = [] }).GetRootUpdateAsync())).ErrorId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule73_A_root_that_changed_is_proven_and_the_next_certificate_leads_to_the_new_one(bool restarts)
    {
        var options = new TestServerOptions { StatePath = _folder.PathOf("state") };
        Server server = Server.Start(options);
        try
        {
            Certificate old = Certificate.From(server.RootCertificate);
            Certificate issuingBefore = Certificate.From(server.IssuingCertificate);
            server.UpdateRoot();
            if (restarts)
            {
                server.Dispose();
                server = Server.Start(options);
            }
            Certificate now = Certificate.From(server.RootCertificate);
            Assert.False(now.IsSameAs(old));
            using CmpClient client = Client(server, old);
            RootUpdate update = Assert.IsType<RootUpdate>(await client.GetRootUpdateAsync());
            Assert.True(update.NewWithNew.IsSameAs(now));
            Assert.NotNull(update.OldWithNew);
            Assert.Null(await client.GetRootUpdateAsync(now));

            using CmpClient after = Client(server, now);
            Certificate issuing = Assert.Single(await after.GetCACertificatesAsync());
            Assert.False(issuing.IsSameAs(issuingBefore));
            Assert.Equal(issuingBefore.PublicKey.Encoded.ToArray(), issuing.PublicKey.Encoded.ToArray());
            Cmp.Cryptography.Paths.PathBuilder.Build(issuing, [now], [], new Cmp.Cryptography.Paths.PathOptions(DateTimeOffset.UtcNow));
            Assert.True((await after.GetCrlAsync(new CrlRequest { Issuer = now.Subject }))!.Verified);

            // a second step, and a signed answer is believed by who knows only the first root
            Certificate last = Certificate.From(server.UpdateRoot());
            Assert.True((await client.GetRootUpdateAsync())!.NewWithNew.IsSameAs(now));
            Assert.True((await after.GetRootUpdateAsync())!.NewWithNew.IsSameAs(last));
        }
        finally
        {
            server.Dispose();
        }
    }

    [Fact]
    public async Task Rule73_A_signed_answer_about_the_new_root_is_believed_under_the_old_one()
    {
        using Server server = Server.Start(new TestServerOptions { SignAnswers = true });
        Certificate old = Certificate.From(server.RootCertificate);
        server.UpdateRoot();
        using CmpClient client = Client(server, old);
        Assert.NotNull(await client.GetRootUpdateAsync());
        using CmpClient stranger = Client(server, MacPeer.Shared.Root.Certificate);
        await Assert.ThrowsAsync<CmpException>(() => stranger.GetRootUpdateAsync());
    }

    [Fact]
    public async Task Rule47_The_older_question_is_asked_where_the_server_does_not_know_the_newer()
    {
        using CmpClient client = new(new Desk(FakeRoad.ToNobody()).Said(), FakeRoad.Of(
            request => MacPeer.Shared.Answer(request, new GenRepContent([new InfoTypeAndValue(Oids.UnsupportedOids, Tlv.Of(0x30, new byte[] { 6, 8, 0x2B, 6, 1, 5, 5, 7, 4, 20 }))])),
            request =>
            {
                Assert.Equal(Oids.CaKeyUpdateInfo, Assert.Single(((GenMsgContent)request.Body).Items).InfoType);
                MadeCertificate next = MadeCertificate.Root("CN=Test Root", Shape.CA with { NotAfter = MacPeer.Now.AddDays(900) });
                MadeCertificate root = MacPeer.Shared.Root;
                var form = new CaKeyUpdAnnContent(next.Certify(root.Key.PublicKey, "CN=Test Root", Shape.CA), root.Certify(next.Key.PublicKey, "CN=Test Root", Shape.CA), next.Certificate);
                return MacPeer.Shared.Answer(request, new GenRepContent([new InfoTypeAndValue(Oids.CaKeyUpdateInfo, form.Encoded)]));
            }), () => MacPeer.Now);
        Assert.True((await client.GetRootUpdateAsync())!.Old.IsSameAs(MacPeer.Shared.Root.Certificate));
    }

    [Fact]
    public async Task Rule73_A_wrong_update_is_refused_by_the_check_that_fails()
    {
        MadeCertificate next = MadeCertificate.Root("CN=Test Root", Shape.CA with { NotAfter = MacPeer.Now.AddDays(900) });
        CmpClient client = At(new InfoTypeAndValue(Oids.RootCaKeyUpdate, new RootCaKeyUpdateContent(next.Certificate).Encoded));
        Assert.Equal("CmpRootUpdate.NewWithOldMissing", (await Assert.ThrowsAsync<CmpException>(() => client.GetRootUpdateAsync())).ErrorId);
    }

    // certReqTemplate

    [Fact]
    public async Task A_template_says_what_stands_and_what_is_to_be_filled_in()
    {
        using var counter = new Counter(new TestServerOptions { Strict = true });
        RequestTemplate template = Assert.IsType<RequestTemplate>(await counter.Client.GetRequestTemplateAsync());
        Assert.Equal([Oids.CommonName], template.SubjectToFill);
        Assert.False(template.IsSubjectToFill);
        Assert.Equal(["ECDSA_P256", "RSA_3072"], template.KeyAlgorithms.Select(algorithm => algorithm.Name));
        Assert.Equal([Oids.KeyUsage, Oids.ExtendedKeyUsage], template.Extensions.Select(extension => extension.Oid));
        Assert.Null(template.Profile);

        RequestTemplate tls = Assert.IsType<RequestTemplate>(await counter.Client.GetRequestTemplateAsync("tls-server"));
        Assert.Equal("tls-server", tls.Profile);
        Assert.Equal([GeneralNameType.DnsName], tls.SubjectAltNamesToFill);
        Assert.Empty(tls.SubjectAltNames);
        Assert.Equal(["ECDSA_P384"], tls.KeyAlgorithms.Select(algorithm => algorithm.Name));
        Assert.Equal("CmpServer.badRequest", (await Assert.ThrowsAsync<CmpServerException>(() => counter.Client.GetRequestTemplateAsync("no such"))).ErrorId);
    }

    [Fact]
    public async Task A_template_may_be_empty_unknown_or_wrong()
    {
        Assert.Null(await At().GetRequestTemplateAsync());
        var template = new CertReqTemplateContent(
            new CertTemplate { Subject = Name.Empty, Extensions = [new Extension(Oids.SubjectAltName, true, ReadOnlyMemory<byte>.Empty), new Extension("1.2.3", false, ReadOnlyMemory<byte>.Empty)] },
            [Controls.AlgId(new AlgorithmIdentifier("1.2.3.4")), Controls.RsaKeyLen(1024), Controls.RegToken("x")]);
        RequestTemplate read = (await At(new InfoTypeAndValue(Oids.CertReqTemplate, template.Encoded)).GetRequestTemplateAsync())!;
        Assert.True(read.IsSubjectToFill);
        Assert.True(read.AreSubjectAltNamesToFill);
        Assert.Equal(["1.2.3"], read.ExtensionsToFill);
        Assert.Empty(read.KeyAlgorithms);
        Assert.Equal(["1.2.3.4", "RSA_1024", "regToken"], read.UnknownKeyAlgorithms);

        var withKey = new CertReqTemplateContent(new CertTemplate { PublicKey = MacPeer.Shared.Root.Key.PublicKey }, []);
        Assert.Equal("CmpRequestTemplate.PublicKey", (await Assert.ThrowsAsync<CmpException>(() => At(new InfoTypeAndValue(Oids.CertReqTemplate, withKey.Encoded)).GetRequestTemplateAsync())).ErrorId);
    }

    // CRLs

    [Fact]
    public async Task The_current_CRL_comes_and_one_that_is_named_only_where_it_is_newer()
    {
        using var counter = new Counter(new TestServerOptions { Strict = true });
        Certificate certificate = counter.Enroll().Certificate;
        Crl current = Assert.IsType<Crl>(await counter.Client.GetCrlAsync());
        Assert.True(current.Verified, current.Reason?.Message);
        Assert.Empty(current.Entries);
        Assert.Null(await counter.Client.GetCrlAsync(new CrlRequest { Crl = current.Value }));
        Assert.Null(await counter.Client.GetCrlAsync(new CrlRequest { Certificate = certificate, ThisUpdate = current.ThisUpdate }));
        Assert.Equal(current.Number, (await counter.Client.GetCrlAsync(new CrlRequest { Certificate = certificate }))!.Number);

        using var lenient = new Counter();
        Certificate other = lenient.Enroll().Certificate;
        Crl before = (await lenient.Client.GetCrlAsync(new CrlRequest { Issuer = other.Issuer }))!;
        await lenient.Client.RevokeAsync([new RevocationRequest { Certificate = other }]);
        Crl after = (await lenient.Client.GetCrlAsync(new CrlRequest { Crl = before.Value }))!;
        Assert.True(after.Number > before.Number);
        Assert.NotNull(after.Value.Find(other.SerialNumber));
        Assert.True((await lenient.Client.GetCrlAsync(new CrlRequest { Issuer = ServerPeer.Authority.Root.Subject }))!.Verified);
        Assert.Null(await lenient.Client.GetCrlAsync(new CrlRequest { DistributionPoint = "http://ca.example/crl" }));
    }

    [Fact]
    public async Task A_CRL_is_verified_only_where_its_issuer_signed_it_and_is_trusted()
    {
        MadeCertificate root = MacPeer.Shared.Root, issuing = MacPeer.Shared.Issuing, stranger = MadeCertificate.Root("CN=Stranger"), noCrls = root.Issue("CN=no CRLs", Shape.CA with { KeyUsage = KeyUsages.KeyCertSign });
        foreach ((CertificateList crl, string? errorId) in new[]
        {
            (MadeCrl.Write(root, root.Certificate.Subject), (string?)null),
            (MadeCrl.Write(stranger, root.Certificate.Subject), "CmpTrust.CrlSignature"),
            (MadeCrl.Write(stranger, stranger.Certificate.Subject), "CmpTrust.NoPath"),
            (MadeCrl.Write(issuing, issuing.Certificate.Subject), "CmpTrust.NoPath"),
        })
        {
            Crl judged = (await At(new InfoTypeAndValue(Oids.CurrentCrl, crl.Encoded)).GetCrlAsync())!;
            Assert.Equal(errorId, judged.Reason?.ErrorId);
            Assert.Equal(errorId is null, judged.Verified);
        }
        Assert.True(Crl.Judge(MadeCrl.Write(issuing, issuing.Certificate.Subject), [root.Certificate], [issuing.Certificate], MacPeer.Now).Verified);
        Assert.Equal("CmpTrust.KeyUsage", Crl.Judge(MadeCrl.Write(noCrls, noCrls.Certificate.Subject), [root.Certificate], [noCrls.Certificate], MacPeer.Now).Reason!.ErrorId);
        Assert.False(Crl.Judge(CertificateList.Decode(new byte[] { 0x30, 0 }), [root.Certificate], [], MacPeer.Now).Verified);
    }

    [Fact]
    public async Task A_CRL_is_judged_once_more_by_the_certificates_that_the_CA_gives()
    {
        MadeCertificate issuing = MacPeer.Shared.Issuing;
        Crl crl = Crl.Judge(MadeCrl.Write(issuing, issuing.Certificate.Subject), [MacPeer.Shared.Root.Certificate], [], MacPeer.Now);
        Assert.False(crl.Verified);
        Assert.True((await At(new InfoTypeAndValue(Oids.CaCerts, List(issuing.Certificate))).JudgeAgainAsync(crl)).Verified);
        // one of the same name that signed nothing, and none at all
        Assert.Same(crl, await At(new InfoTypeAndValue(Oids.CaCerts, List(MacPeer.Shared.Root.Issue("CN=Test Issuing CA", Shape.CA).Certificate))).JudgeAgainAsync(crl));
        Assert.Same(crl, await At(new InfoTypeAndValue(Oids.CaCerts)).JudgeAgainAsync(crl));
    }

    [Fact]
    public async Task An_older_CRL_than_the_one_at_hand_is_refused_and_a_CRL_is_named_in_one_way()
    {
        CertificateList crl = MadeCrl.Write(MacPeer.Shared.Root, MacPeer.Shared.Root.Certificate.Subject);
        CmpClient client = At(new InfoTypeAndValue(Oids.Crls, List(crl)));
        Assert.Equal("CmpCrl.Older", (await Assert.ThrowsAsync<CmpException>(() => client.GetCrlAsync(new CrlRequest { Crl = crl }))).ErrorId);
        Assert.NotNull(await At(new InfoTypeAndValue(Oids.Crls, List(crl))).GetCrlAsync(new CrlRequest { Issuer = crl.Issuer }));
        Assert.Equal("CmpArgument.Crl", (await Assert.ThrowsAsync<CmpException>(() => client.GetCrlAsync(new CrlRequest { Crl = crl, Issuer = crl.Issuer }))).ErrorId);
    }

    // anything else

    [Fact]
    public async Task Everything_is_asked_for_by_nothing()
    {
        using var counter = new Counter();
        IReadOnlyList<InfoTypeAndValue> items = await counter.Client.SendGeneralMessageAsync([]);
        Assert.Equal([Oids.SignKeyPairTypes, Oids.EncKeyPairTypes, Oids.PreferredSymmAlg, Oids.CurrentCrl], items.Select(item => item.InfoType));
        using var strict = new Counter(new TestServerOptions { Strict = true });
        Assert.Equal("CmpServer.badRequest", (await Assert.ThrowsAsync<CmpServerException>(() => strict.Client.SendGeneralMessageAsync([]))).ErrorId);
    }

    [Fact]
    public async Task Several_items_are_answered_in_their_order_and_unknown_ones_listed()
    {
        using var counter = new Counter(new TestServerOptions { EncryptionKeyAlgorithm = null });
        IReadOnlyList<InfoTypeAndValue> items = await counter.Client.SendGeneralMessageAsync(
        [
            new InfoTypeAndValue("1.2.3.4"), new InfoTypeAndValue(Oids.CaProtEncCert), new InfoTypeAndValue(Oids.CaKeyUpdateInfo), new InfoTypeAndValue(Oids.SuppLangTags, new byte[] { 0x30, 4, 0x0C, 2, 0x66, 0x72 }),
            new InfoTypeAndValue(Oids.KeyPairParamReq, new byte[] { 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1 }), new InfoTypeAndValue("1.2.3.4"),
        ]);
        Assert.Equal([Oids.CaProtEncCert, Oids.CaKeyUpdateInfo, Oids.SuppLangTags, Oids.KeyPairParamRep, Oids.UnsupportedOids], items.Select(item => item.InfoType));
        Assert.Null(items[0].InfoValue);
        Assert.Null(items[1].InfoValue);
        Assert.True(AlgorithmIdentifier.Decode(items[3].InfoValue!.Value).IsSameAs(KeyAlgorithm.Parse("ECDSA_P256").ToIdentifier()));
        Assert.Equal(["1.2.3.4"], Asn1Reader.Decode(items[4].InfoValue!.Value, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader r) => r.ReadOid())));
        Assert.Equal("CmpServer.badRequest", (await Assert.ThrowsAsync<CmpServerException>(() => counter.Client.SendGeneralMessageAsync([new InfoTypeAndValue(Oids.RevPassphrase, new byte[] { 0x30, 0 })]))).ErrorId);
    }

    [Fact]
    public async Task Rule38_A_question_waits_only_within_its_time_and_says_how_long_the_server_wants()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 60 });
        Assert.Single(await counter.Client.GetCACertificatesAsync(counter.Options));
        Assert.Equal(["genm", "pollReq", "pollReq"], counter.Trace.Sent);
        DateTimeOffset before = counter.Server.Now;
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => counter.Client.GetCACertificatesAsync(new RequestOptions { Timeout = TimeSpan.FromSeconds(30) }));
        Assert.Equal("CmpTransaction.StillWaiting", error.ErrorId);
        Assert.Contains(before.AddSeconds(60).ToString("u", System.Globalization.CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    private static CmpClient Client(Server server, Certificate anchor) => new(new ServerSettings
    {
        Uri = server.Uri,
        Secret = new ReferenceAndSecret(server.Reference, server.Secret),
        TrustAnchor = [anchor],
        IterationCount = 500,
    });
}
