using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>-RevocationMode: who signed an answer, and who issued a certificate, is asked after by CRLs (rules 29 and 69).</summary>
public class RevocationModeTests
{
    private static readonly Peer Pki = Peer.Shared;

    private static HandmadeCrl RootCrl => new() { Signer = Pki.Root };

    private static HandmadeCrl IssuingCrl => new() { Signer = Pki.Issuing };

    [Fact]
    public async Task Rule69_A_signer_that_is_revoked_signs_for_nobody()
    {
        Desk desk = Signed(Pki.Signer, settings => With(settings, RevocationMode.Offline, RootCrl, IssuingCrl with { Revoked = [Pki.Signer.Certificate] }));
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpTrust.Revoked", error.ErrorId);
        Assert.Null(desk.Client.KnownSigner);
    }

    [Fact]
    public async Task Rule69_One_that_is_good_signs_until_the_next_CRL_is_due()
    {
        Desk desk = Signed(Pki.Signer, settings => With(settings, RevocationMode.Offline, RootCrl, IssuingCrl with { NextUpdate = Peer.Now.AddDays(2) }));
        Assert.Empty((await desk.EnrollAsync()).Warnings);
        Assert.Equal(Peer.Now.AddDays(2), desk.Client.KnownSigner!.ValidUntil);
    }

    [Theory]
    [InlineData(RevocationMode.Offline, 2)]
    [InlineData(RevocationMode.None, 0)]
    [InlineData(null, 0)]
    public async Task Rule69_What_is_not_known_is_said_where_it_was_asked(RevocationMode? mode, int warnings)
    {
        Desk desk = Signed(Pki.Signer, settings => With(settings, mode));
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(warnings, enrolled.Warnings.Count(warning => warning.Contains("is not known")));
    }

    [Fact]
    public async Task CRLs_that_are_given_are_asked_though_nobody_says_how()
    {
        HandmadeCrl[] crls = [RootCrl, IssuingCrl with { Revoked = [Pki.Signer.Certificate] }];
        Assert.Equal("CmpTrust.Revoked", (await Signed(Pki.Signer, settings => With(settings, null, crls)).FailsAsync()).ErrorId);
        await Signed(Pki.Signer, settings => With(settings, RevocationMode.None, crls)).EnrollAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule29_A_pin_that_is_revoked_needs_the_users_leave(bool isAllowed)
    {
        Desk desk = Signed(Pki.Signer, settings => With(settings, RevocationMode.Offline, IssuingCrl with { Revoked = [Pki.Signer.Certificate] }) with
        {
            ServerCertificate = Pki.Signer.Certificate,
            AllowExpiredServerCertificate = isAllowed,
        });
        if (isAllowed)
            Assert.Contains((await desk.EnrollAsync()).Warnings, warning => warning.Contains("is revoked"));
        else
            Assert.Equal("CmpTrust.Revoked", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule33_An_error_whose_signer_is_revoked_is_nobodys()
    {
        Desk desk = new(FakeRoad.Of(request => Pki.Answer(request, Peer.Error(FailInfo.BadPOP), SignedBy(Pki.Signer))))
        {
            Settings = settings => With(settings, RevocationMode.Offline, RootCrl, IssuingCrl with { Revoked = [Pki.Signer.Certificate] }),
        };
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal("CmpTrust.Revoked", Assert.IsType<CmpException>(error.InnerException).ErrorId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule69_A_CA_that_is_revoked_issues_no_certificate(bool isRevoked)
    {
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf))
        {
            Settings = settings => With(settings, RevocationMode.Offline, RootCrl with { Revoked = isRevoked ? [Pki.Issuing.Certificate] : [] }) with
            {
                IssuedTrustAnchor = [Pki.Root.Certificate],
                UntrustedCertificate = [Pki.Issuing.Certificate],
            },
        };
        if (isRevoked)
        {
            CmpException error = await desk.FailsAsync();
            Assert.Equal(("CmpTrust.IssuedCertificate", "CmpTrust.Revoked"), (error.ErrorId, Assert.IsType<CmpException>(error.InnerException).ErrorId));
        }
        else
        {
            Assert.Empty((await desk.EnrollAsync()).Warnings);
        }
    }

    [Fact]
    public async Task Rule31_Where_caPubs_are_trusted_and_nobody_asked_that_is_said()
    {
        Desk desk = Brought(settings => settings);
        Assert.Contains((await desk.EnrollAsync()).Warnings, warning => warning.Contains("caPubs") && warning.Contains("-RevocationMode"));

        Desk asked = Brought(settings => With(settings, RevocationMode.Offline, RootCrl));
        Assert.Empty((await asked.EnrollAsync()).Warnings);

        Desk Brought(Func<ServerSettings, ServerSettings> settings) => new(FakeRoad.Of(
            request => Pki.Answer(request, Desk.Response(request, Pki.Certify(Desk.KeyOf(request))) with { CaPubs = [Pki.Root.Certificate] }), Desk.PkiConf))
        {
            Settings = said => settings(said with { IssuedTrustAnchor = [MadeCertificate.Root("CN=Another root").Certificate], UntrustedCertificate = [Pki.Issuing.Certificate] }),
        };
    }

    // fetching

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule69_The_CRL_of_a_valid_path_is_fetched_and_heeded(bool isRevoked)
    {
        byte[] crl = [];
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => Http("200 OK", crl)));
        MadeCertificate signer = SignerAt(server.Uri);
        crl = (IssuingCrl with { Revoked = isRevoked ? [signer.Certificate] : [] }).Octets;
        Desk desk = Signed(signer, settings => With(settings, RevocationMode.Online, RootCrl));
        if (isRevoked)
        {
            Assert.Equal("CmpTrust.Revoked", (await desk.FailsAsync()).ErrorId);
        }
        else
        {
            Assert.Empty((await desk.EnrollAsync()).Warnings);
            Assert.Empty(desk.Trace.Warnings);
        }
        ReceivedRequest asked = Assert.Single(server.Requests);
        Assert.StartsWith("GET /pkix/ HTTP/1.1", asked.RequestLine);
        Assert.DoesNotContain("Authorization", asked.Fields.Keys);
        Assert.DoesNotContain("Cookie", asked.Fields.Keys);
    }

    [Fact]
    public async Task Rule69_Offline_nothing_is_fetched()
    {
        await using var server = new ScriptedServer();
        Desk desk = Signed(SignerAt(server.Uri), settings => With(settings, RevocationMode.Offline, RootCrl));
        Assert.Single((await desk.EnrollAsync()).Warnings);
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [InlineData("redirect")]
    [InlineData("too large by its word")]
    [InlineData("too large by its octets")]
    [InlineData("not there")]
    [InlineData("a page")]
    [InlineData("broken off")]
    public async Task Rule69_What_cannot_be_fetched_leaves_it_unknown_and_is_not_tried_again(string what)
    {
        await using var elsewhere = new ScriptedServer();
        byte[] Answer() => what switch
        {
            "redirect" => Http("302 Found", [], $"Location: {elsewhere.Uri}\r\n"),
            "too large by its word" => System.Text.Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"),
            "too large by its octets" => [.. System.Text.Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"), .. new byte[CmpLimits.Default.MaxCrlBytes + 1]],
            "not there" => Http("404 Not Found", []),
            "a page" => Http("200 OK", System.Text.Encoding.ASCII.GetBytes("<html>")),
            _ => System.Text.Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0"),
        };
        await using var server = new ScriptedServer(connection => ServeAsync(connection, Answer), connection => ServeAsync(connection, Answer));
        Desk desk = Signed(SignerAt(server.Uri), settings => With(settings, RevocationMode.Online, RootCrl));
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Contains("is not known", Assert.Single(enrolled.Warnings));
        Assert.Contains(desk.Trace.Warnings, warning => warning.Contains("could not be fetched"));
        Assert.Single(server.Requests);
        Assert.Equal(0, elsewhere.Accepted);
    }

    [Fact]
    public async Task Rule69_Nothing_is_fetched_for_a_signer_without_a_path()
    {
        await using var server = new ScriptedServer();
        MadeCertificate stranger = MadeCertificate.Root("CN=Stranger").Issue("CN=Test Server", Shape.Server with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        Desk desk = Signed(stranger, settings => With(settings, RevocationMode.Online));
        Assert.Equal("CmpTrust.NoPath", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task A_CRL_that_was_fetched_serves_the_next_transaction()
    {
        byte[] crl = IssuingCrl.Octets;
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => Http("200 OK", crl)));
        MadeCertificate signer = SignerAt(server.Uri);
        MadeCertificate another = SignerAt(server.Uri);
        var signers = new Queue<MadeCertificate>([signer, signer, another, another]);
        var road = FakeRoad.Of(Turn, TurnConf, Turn, TurnConf);
        using var client = new CmpClient(With(new Desk(road).Said(), RevocationMode.Online, RootCrl) with { WarnOnMixedProtection = false }, road, () => Peer.Now);
        for (int i = 0; i < 2; i++)
            Assert.True((await new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=router7"), Key = new Cmp.Keys.KeyRequest(), Destination = new FakeDestination() }).RunAsync())!.Confirmed);
        Assert.Single(server.Requests);

        ReadOnlyMemory<byte> Turn(PkiMessage request) => Desk.Good(request, SignedBy(signers.Dequeue()));
        ReadOnlyMemory<byte> TurnConf(PkiMessage request) => Pki.Answer(request, new PkiConfirmContent(), SignedBy(signers.Dequeue()));
    }

    [Fact]
    public async Task Rule69_However_many_addresses_certificates_name_so_many_are_tried_and_no_more()
    {
        // nobody listens there
        Extension[] points = [.. Enumerable.Range(0, 20).Select(number => Points(Enumerable.Range(0, 80).Select(place => $"http://127.0.0.1:1/{number}/{place}")))];
        MadeCertificate[] signers = [.. points.Select(extension => Pki.Issuing.Issue("CN=Test Server", Shape.Server with { Extensions = [extension] }))];
        var trace = new ListTrace();
        var store = new CrlStore(new ServerSettings { RevocationMode = RevocationMode.Online, RevocationList = [RootCrl.Crl] }.Resolve(), () => Peer.Now);
        int judged = 0;
        foreach (MadeCertificate signer in signers)
        {
            int tried = trace.Warnings.Count;
            await store.WithCrlsAsync(() => Judge(signer.Certificate), trace, CancellationToken.None);
            Assert.InRange(trace.Warnings.Count - tried, 0, CmpLimits.Default.MaxCrlFetches);
        }
        Assert.InRange(trace.Warnings.Count, CmpLimits.Default.MaxCrlFetches, 64 + CmpLimits.Default.MaxCrlFetches);

        void Judge(Certificate signer)
        {
            Assert.InRange(++judged, 1, 100);
            RevocationReport report = new RevocationChecker(store, [Pki.Issuing.Certificate], new PathOptions(Peer.Now)).Build(signer, [Pki.Root.Certificate]).Report;
            Assert.Single(report.Warnings);
        }

        static Extension Points(IEnumerable<string> locations)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                foreach (string location in locations)
                    new CrlDistributionPoint { Name = HandmadeCrl.At(location) }.Write(writer);
            }
            return new Extension(Oids.CrlDistributionPoints, false, writer.Encode());
        }
    }

    [Fact]
    public async Task Rule69_What_was_fetched_stays_where_it_cannot_be_fetched_anew()
    {
        byte[] crl = (IssuingCrl with { Revoked = [Pki.Signer.Certificate] }).Octets;
        await using var server = new ScriptedServer(
            connection => ServeAsync(connection, () => Http("200 OK", crl, "Connection: close\r\n")),
            connection => ServeAsync(connection, () => Http("404 Not Found", [])));
        DateTimeOffset now = Peer.Now;
        var trace = new ListTrace();
        var store = new CrlStore(new ServerSettings { RevocationMode = RevocationMode.Online }.Resolve(), () => now);
        await store.FetchAsync([server.Uri], trace, CancellationToken.None);
        now += TimeSpan.FromHours(1);
        Assert.True(store.CanFetch(server.Uri));
        await store.FetchAsync([server.Uri], trace, CancellationToken.None);
        Assert.Contains("could not be fetched", Assert.Single(trace.Warnings));
        Assert.False(store.CanFetch(server.Uri));
        Assert.Equal(crl, Assert.Single(store.Crls).Encoded.ToArray());
    }

    // root updates

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule73_CRLs_of_the_settings_and_of_the_certificates_speak_against_a_root_update(bool isFetched)
    {
        byte[] octets = [];
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => Http("200 OK", octets)));
        MadeCertificate old = MadeCertificate.Root("CN=Old and new", Shape.CA with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        MadeCertificate now = MadeCertificate.Root("CN=Old and new", Shape.CA with { NotAfter = Peer.Now.AddDays(900) });
        Certificate newWithOld = old.Certify(now.Key.PublicKey, "CN=Old and new", Shape.CA);
        var revoking = new HandmadeCrl { Signer = old, Revoked = [old.Certificate] };
        octets = revoking.Octets;
        ReadOnlyMemory<byte> Answer(PkiMessage request) => Pki.Answer(request, new GenRepContent([Cmp.Messages.InfoTypes.InfoTypes.RootCaKeyUpdate(new RootCaKeyUpdateContent(now.Certificate, newWithOld, null))]));

        using CmpClient trusting = At(settings => settings);
        Assert.NotNull(await trusting.GetRootUpdateAsync(old.Certificate));
        Assert.Equal(0, server.Accepted);
        using CmpClient asking = At(settings => isFetched ? With(settings, RevocationMode.Online) : With(settings, RevocationMode.Offline, revoking));
        Assert.Equal("CmpRootUpdate.OldRevoked", (await Assert.ThrowsAsync<CmpException>(() => asking.GetRootUpdateAsync(old.Certificate))).ErrorId);

        CmpClient At(Func<ServerSettings, ServerSettings> settings)
        {
            var road = FakeRoad.Of(Answer);
            return new CmpClient(settings(new Desk(road).Said()), road, () => Peer.Now);
        }
    }

    private static MadeCertificate SignerAt(Uri location) => Pki.Issuing.Issue("CN=Test Server", Shape.Server with { Extensions = [HandmadeCrl.Point(location.OriginalString)] });

    private static Reply SignedBy(MadeCertificate signer) => new() { Protector = Peer.Signature(signer), ExtraCerts = [signer.Certificate, Pki.Issuing.Certificate] };

    /// <summary>An enrolment whose answers a certificate signs.</summary>
    private static Desk Signed(MadeCertificate signer, Func<ServerSettings, ServerSettings> settings) => new(FakeRoad.Of(
        request => Desk.Good(request, SignedBy(signer)),
        request => Pki.Answer(request, new PkiConfirmContent(), SignedBy(signer))))
    {
        Settings = said => settings(said with { WarnOnMixedProtection = false }),
    };

    private static ServerSettings With(ServerSettings settings, RevocationMode? mode, params HandmadeCrl[] crls) => settings with { RevocationMode = mode, RevocationList = [.. crls.Select(crl => crl.Crl)] };

    private static async Task ServeAsync(ScriptedConnection connection, Func<byte[]> answer)
    {
        await connection.ReceiveAsync();
        await connection.SendAsync(answer());
    }

    private static byte[] Http(string status, byte[] body, string fields = "") => Some.Answer(body, fields, status, "application/pkix-crl");
}
