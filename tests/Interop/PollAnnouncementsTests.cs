using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Announcements that servers of others give away: nginx by GET, libcoap to who observes; CRL and certificates in them are OpenSSL's.</summary>
public sealed class PollAnnouncementsTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(60);

    /// <summary>What a poll brings.</summary>
    private sealed class Poll
    {
        internal List<Announcement> Emitted { get; } = [];

        internal List<(AnnouncementType Type, string ErrorId)> Failed { get; } = [];

        internal static async Task<Poll> RunAsync(ServerSettings settings, AnnouncementQuestion question)
        {
            var poll = new Poll();
            using var client = new CmpClient(settings);
            await new AnnouncementPoller(client, new AnnouncementJudge(client)).PollAsync(
                question,
                (announcement, _) =>
                {
                    poll.Emitted.Add(announcement);
                    return Task.CompletedTask;
                },
                failed: (type, error) => poll.Failed.Add((type, error.ErrorId))).WaitAsync(Time);
            return poll;
        }
    }

    [SkippableFact]
    public async Task Nginx_is_asked_by_GET_for_what_OpenSSL_made()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var folder = new TestFolder();
        using var authority = new OpenSslAuthority(folder);
        using Nginx nginx = Nginx.OrSkip(1, (own, ports) =>
        {
            foreach ((string name, byte[] message) in new[]
            {
                ($"CAKeyUpdAnn.PKI.{authority.KeyText}", authority.KeyUpdate),
                ($"RevAnn.PKI.{authority.IssuerText}.{authority.SerialText}", authority.Revocation),
                ($"CRLAnn.PKI.{authority.IssuerText}", authority.CrlAnnouncement),
            })
            {
                foreach (string place in new[] { "pkix", "page" })
                {
                    System.IO.Directory.CreateDirectory(own.PathOf("data/" + place));
                    own.Write($"data/{place}/{name}", message);
                }
            }
            // nginx takes the query apart, and knows no CMP
            return $$"""
                types { } default_type application/pkixcmp; root data;
                log_format asked '$request_method $request_uri $status';
                server {
                  listen 127.0.0.1:{{ports[0]}}; access_log access.log asked;
                  location ~ /RevAnn.PKI$ { try_files $uri.$arg_issuer.$arg_serialnumber =404; }
                  location / { try_files $uri.$arg_authoritykeyidentifier$arg_issuer =404; }
                  location /page/ { default_type text/html; try_files $uri.$arg_authoritykeyidentifier$arg_issuer =404; }
                  location /post/ { return 405; }
                }
                """;
        });
        string address = $"http://127.0.0.1:{nginx.Ports[0]}/";
        var settings = new ServerSettings { Uri = new Uri(address + "pkix"), TrustAnchor = [authority.Root] };
        var question = new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Certificate = authority.Leaf };

        Poll poll = await Poll.RunAsync(settings, question);
        Assert.Empty(poll.Failed);
        Assert.Equal([AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation, AnnouncementType.Crl], poll.Emitted.Select(one => one.Type));
        Assert.All(poll.Emitted, one => Assert.True(one.Verified, one.Problem?.Text));
        Assert.True(poll.Emitted[0].RootUpdate!.NewWithNew.IsSameAs(authority.NewRoot));
        Crl crl = Assert.Single(poll.Emitted[2].Crls);
        Assert.Equal(0x2A, crl.Number);
        Assert.Equal(authority.Leaf.SerialNumber.ToArray(), Assert.Single(crl.Entries).SerialNumber.ToArray());
        Assert.Equal(
            [
                $"GET /pkix/CAKeyUpdAnn.PKI?AuthorityKeyIdentifier={authority.KeyText} 200",
                $"GET /pkix/RevAnn.PKI?issuer={authority.IssuerText}&serialNumber={authority.SerialText} 200",
                $"GET /pkix/CRLAnn.PKI?issuer={authority.IssuerText} 200",
            ],
            await LinesAsync(nginx.Folder.PathOf("access.log"), 3));

        // of another CA there is none
        using var other = new TestCa("CN=Another");
        poll = await Poll.RunAsync(settings with { TrustAnchor = [Certificate.From(other.Certificate)] }, question with { Certificate = null });
        Assert.Empty(poll.Emitted);
        Assert.Empty(poll.Failed);
        // and who trusts another root of that name believes nothing of it
        using var namesake = new TestCa("CN=OpenSSL Root");
        poll = await Poll.RunAsync(settings with { TrustAnchor = [Certificate.From(namesake.Certificate)], UntrustedCertificate = [authority.Root] }, question with { Types = [AnnouncementType.Revocation, AnnouncementType.Crl] });
        Assert.Equal([false, false], poll.Emitted.Select(one => one.Verified));

        foreach ((string place, string errorId) in new[] { ("page/", "CmpHttp.ContentType"), ("post/", "CmpHttp.405") })
        {
            poll = await Poll.RunAsync(settings with { Uri = new Uri(address + place) }, question with { Types = [AnnouncementType.Crl] });
            Assert.Equal([(AnnouncementType.Crl, errorId)], poll.Failed);
        }
        poll = await Poll.RunAsync(settings with { MaxResponseBytes = 200 }, question with { Types = [AnnouncementType.Crl] });
        Assert.Equal([(AnnouncementType.Crl, "CmpMessage.TooLarge")], poll.Failed);
    }

    [SkippableFact]
    public async Task Libcoap_is_observed_for_what_OpenSSL_made()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        Skip.If(LibCoap.Server is null || LibCoap.Client is null, LibCoap.WhyNot);
        using var folder = new TestFolder();
        using var authority = new OpenSslAuthority(folder);
        int port;
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)free.LocalEndPoint!).Port;
        }
        // what is put there is there, and all who observe it are told
        using Daemon libcoap = Daemon.Start(LibCoap.Server!, ["-A", "127.0.0.1", "-p", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-d", "10"], new TestFolder());
        string address = $"coap://127.0.0.1:{port}/pkix";
        void Put(byte[] message) => LibCoap.Ask(["-m", "put", "-B", "5", "-t", "259", "-f", folder.Write("message", message), address + "/ann"]);
        using var client = new CmpClient(new ServerSettings { Uri = new Uri(address), TrustAnchor = [authority.Root] });
        using var stop = new CancellationTokenSource(Time);
        var emitted = new List<Announcement>();
        // a server that is not there yet refuses at once
        for (var waited = Stopwatch.StartNew(); !LibCoap.Ask(["-m", "get", "-B", "5", address + "/ann"]).Text.Contains("not CMP", StringComparison.Ordinal);)
        {
            Assert.True(waited.Elapsed < Time, "libcoap does not start");
            Put("not CMP"u8.ToArray());
        }
        Task polling = new AnnouncementPoller(client, new AnnouncementJudge(client)).PollAsync(
            new AnnouncementQuestion { PollBy = PollingWay.Observe },
            (announcement, _) =>
            {
                emitted.Add(announcement);
                // a CA says one thing after the other
                if (emitted.Count == 1)
                    Put(authority.KeyUpdate);
                else
                    stop.Cancel();
                return Task.CompletedTask;
            },
            new RequestOptions { Trace = new Putter(() => Put(authority.CrlAnnouncement)) },
            cancellationToken: stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.CaKeyUpdate], emitted.Select(one => one.Type));
        Assert.All(emitted, one => Assert.Equal((true, AnnouncementSource.Observe), (one.Verified, one.Source)));
    }

    /// <summary>Goes on where what is no announcement was passed over.</summary>
    private sealed class Putter(Action put) : ICmpTrace
    {
        public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
        {
        }

        public void Note(string text)
        {
        }

        public void Warning(string text)
        {
            Assert.Contains("no announcement", text, StringComparison.Ordinal);
            put();
        }
    }

    /// <summary>What is logged reaches the disk later than an answer its client.</summary>
    private static async Task<string[]> LinesAsync(string file, int count)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Time; await Task.Delay(10))
        {
            if (System.IO.File.Exists(file) && (await System.IO.File.ReadAllLinesAsync(file)) is { } lines && lines.Length >= count)
                return lines[..count];
        }
        throw new TimeoutException("It is not logged.");
    }
}
