using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Announcements;

/// <summary>One CA says one thing, and it is the same by each way: what differs is how it came, and what vouches for it.</summary>
public sealed class EachWayTests : IDisposable
{
    private static readonly TestServerOptions AllRoads = new() { Roads = [TestServerRoad.Http, TestServerRoad.HttpTcp, TestServerRoad.Tcp, TestServerRoad.Coap] };

    private readonly Server _server = Server.Start(AllRoads);
    private readonly Certificate _oldRoot;
    private readonly Certificate _certificate;

    public EachWayTests()
    {
        _oldRoot = Certificate.From(_server.RootCertificate);
        using var client = new CmpClient(Settings("Http"));
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = CertificateDestination.None });
        Assert.NotNull(enrollment.RunAsync().WaitAsync(Some.Time).GetAwaiter().GetResult());
        _certificate = Certificate.From(_server.Issued[0]);
        _server.UpdateRoot();
    }

    public void Dispose() => _server.Dispose();

    private ServerSettings Settings(string road) => new()
    {
        Uri = _server.Uris[road],
        Secret = new ReferenceAndSecret(_server.Reference, _server.Secret),
        TrustAnchor = [_oldRoot],
        IterationCount = 500,
        NoProxy = ["*"],
    };

    private async Task<List<Announcement>> PollAsync(string road, AnnouncementQuestion question, int until, Func<ServerSettings, ServerSettings>? settings = null)
    {
        var emitted = new List<Announcement>();
        ServerSettings said = Settings(road);
        using var client = new CmpClient(settings?.Invoke(said) ?? said);
        using var stop = new CancellationTokenSource(Some.Time);
        Task polling = new AnnouncementPoller(client, new AnnouncementJudge(client)).PollAsync(
            question,
            (announcement, _) =>
            {
                emitted.Add(announcement);
                if (emitted.Count == until && question.PollBy == PollingWay.Observe)
                    stop.Cancel();
                return Task.CompletedTask;
            },
            cancellationToken: stop.Token);
        if (question.PollBy == PollingWay.Observe)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
        else
            await polling;
        return emitted;
    }

    [Fact]
    public async Task A_key_update_and_a_CRL_are_the_same_by_each_way()
    {
        TestAnnouncement update = _server.Announce(AnnouncementType.CaKeyUpdate), crl = _server.Announce(AnnouncementType.Crl);
        AnnouncementType[] types = [AnnouncementType.CaKeyUpdate, AnnouncementType.Crl];
        AnnouncementQuestion Reference(TestAnnouncement announced) => new() { PollBy = PollingWay.TcpReference, Reference = PollingReference.TryParse(announced.PollingReference, out PollingReference reference) ? reference : null };
        var byWay = new Dictionary<string, List<Announcement>>
        {
            ["GeneralMessage"] = await PollAsync("Http", new AnnouncementQuestion { Types = types }, 2),
            ["GeneralMessage, of a certificate"] = await PollAsync("Tcp", new AnnouncementQuestion { Types = types, Certificate = _certificate }, 2),
            ["HttpGet"] = await PollAsync("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = types, Certificate = _certificate }, 2),
            ["HttpGet, GeneralNames"] = await PollAsync("HttpTcp", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = types, Certificate = _certificate, IssuerAsGeneralNames = true }, 2),
            ["TcpReference"] = [.. await PollAsync("Tcp", Reference(update), 1), .. await PollAsync("Tcp", Reference(crl), 1)],
            ["TcpReference, in HTTP"] = [.. await PollAsync("HttpTcp", Reference(update), 1), .. await PollAsync("HttpTcp", Reference(crl), 1)],
            ["TcpReference, in the old style"] = [.. await PollAsync("Tcp", Reference(update), 1, said => said with { TcpStyle = TcpMessageStyle.Rfc2510 }), .. await PollAsync("Tcp", Reference(crl), 1, said => said with { TcpStyle = TcpMessageStyle.Rfc2510 })],
            ["Observe"] = [.. await ObserveBothAsync(types)],
        };
        List<Announcement> first = byWay["GeneralMessage"];
        Assert.Equal(types, first.Select(one => one.Type));
        foreach ((string way, List<Announcement> came) in byWay)
        {
            Assert.True(came.All(one => one.Verified), $"{way}: {came.Find(one => !one.Verified)?.Problem}");
            Assert.Equal((way, first[0].Id, first[1].Id), (way, came[0].Id, came[1].Id));
            Assert.Equal(2, came.Count);
            Assert.All(came, one => Assert.StartsWith(one.Source.ToString(), way, StringComparison.Ordinal));
            Assert.True(came[0].OldRoot!.IsSameAs(_oldRoot));
            Assert.Equal(_server.RootCertificate.RawData, came[0].RootUpdate!.NewWithNew.Encoded.ToArray());
            Assert.Equal(Assert.Single(first[1].Crls).RawData.ToArray(), Assert.Single(came[1].Crls).RawData.ToArray());
        }
        // a question has a nonce, a message a time
        Assert.DoesNotContain(first[1].Reasons, reason => reason.Id == "CmpAnnouncement.Time");
        Assert.Contains(byWay["HttpGet"][1].Reasons, reason => reason.Id == "CmpAnnouncement.Time");

        // who observes gets the latest at once, and what is said from then on
        async Task<List<Announcement>> ObserveBothAsync(AnnouncementType[] wanted)
        {
            var emitted = new List<Announcement>();
            using var client = new CmpClient(Settings("Coap"));
            using var stop = new CancellationTokenSource(Some.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new AnnouncementPoller(client, new AnnouncementJudge(client)).PollAsync(
                new AnnouncementQuestion { PollBy = PollingWay.Observe, Types = wanted },
                (announcement, _) =>
                {
                    emitted.Add(announcement);
                    if (emitted.Count == 1)
                        _server.Announce(AnnouncementType.CaKeyUpdate);
                    else
                        stop.Cancel();
                    return Task.CompletedTask;
                },
                cancellationToken: stop.Token));
            return [.. emitted.OrderBy(one => one.Type)];
        }
    }

    [Fact]
    public async Task A_revocation_comes_by_the_ways_that_have_it()
    {
        using var x509 = new X509Certificate2(_server.Issued[0]);
        TestAnnouncement announced = _server.Announce(AnnouncementType.Revocation, x509);
        Assert.True(PollingReference.TryParse(announced.PollingReference, out PollingReference reference));
        List<Announcement> came =
        [
            .. await PollAsync("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Revocation], Certificate = _certificate }, 1),
            .. await PollAsync("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Revocation], Certificate = _certificate, IssuerAsGeneralNames = true }, 1),
            .. await PollAsync("Tcp", new AnnouncementQuestion { PollBy = PollingWay.TcpReference, Reference = reference }, 1),
            .. await PollAsync("Coap", new AnnouncementQuestion { PollBy = PollingWay.Observe }, 1),
        ];
        Assert.Equal(4, came.Count);
        Assert.All(came, one => Assert.True(one.Verified, one.Problem?.Text));
        Assert.Single(came.Select(one => one.Id).Distinct());
        Assert.Equal([AnnouncementSource.HttpGet, AnnouncementSource.HttpGet, AnnouncementSource.TcpReference, AnnouncementSource.Observe], came.Select(one => one.Source));
        Assert.Equal(_certificate.SerialNumber.ToArray(), ((RevAnnContent)came[0].Content).CertId.SerialNumber.ToArray());
    }

    [Fact]
    public async Task Who_trusts_another_CA_gets_it_by_each_way_and_believes_none()
    {
        _server.Announce(AnnouncementType.Crl);
        TestAnnouncement announced = _server.Announce(AnnouncementType.CaKeyUpdate);
        Assert.True(PollingReference.TryParse(announced.PollingReference, out PollingReference reference));
        Certificate other = Cmp.Tests.Transactions.MadeCertificate.Root(_oldRoot.Subject.ToString()).Certificate;
        ServerSettings Elsewhere(ServerSettings said) => said with { TrustAnchor = [other] };
        List<Announcement> came =
        [
            .. await PollAsync("Http", new AnnouncementQuestion { Types = [AnnouncementType.Crl] }, 1, Elsewhere),
            .. await PollAsync("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Crl] }, 1, Elsewhere),
            .. await PollAsync("Tcp", new AnnouncementQuestion { PollBy = PollingWay.TcpReference, Reference = reference }, 1, Elsewhere),
            .. await PollAsync("Coap", new AnnouncementQuestion { PollBy = PollingWay.Observe }, 1, Elsewhere),
        ];
        Assert.Equal(4, came.Count);
        Assert.All(came, one => Assert.False(one.Verified));
        // and the CA says nothing of a root that is not its own
        Assert.Empty(await PollAsync("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.CaKeyUpdate] }, 1, Elsewhere));
    }
}
