using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>
/// Whole enrolments over CoAP, our client and our server with a network between them on a clock that jumps: each datagram in turn is lost, doubled, late or
/// overtaken, and after each the road is cut. Nothing hangs; afterwards there is exactly one certificate or one clear error, no key is orphaned, and the
/// server issued at most one certificate for it.
/// </summary>
public sealed class CutCoapTests : IDisposable
{
    private static readonly TimeSpan[][] Fates =
    [
        [],
        [CoapNet.Latency, CoapNet.Latency + CoapNet.Latency],
        [CoapNet.Latency, TimeSpan.FromSeconds(4.4)],
        [TimeSpan.FromSeconds(4.4)],
        [CoapNet.Latency * 2.5],
    ];

    private readonly SecureString _secret = new NetworkCredential(string.Empty, "correct horse").SecurePassword;
    private readonly Folder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _secret.Dispose();
    }

    /// <summary>Polls in vain, implicit confirmation, the exponent of the blocks, and for how long the server thinks.</summary>
    public static TheoryData<int, bool, int, double> Ways => new()
    {
        { 1, false, 6, 0 },
        { 0, false, 3, 0 },
        { 0, true, 4, 3 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Whatever_happens_to_one_datagram_the_enrolment_ends_in_its_one_certificate(int polls, bool isImplicit, int exponent, double handling)
    {
        using Server server = Start(polls, isImplicit);
        CoapNet whole = Net(server, handling);
        Installed(await EnrollAsync(server, whole, exponent, "CN=measured"));
        int datagrams = whole.Sent.Count;
        Assert.True(datagrams >= 10, "too few to be a test: " + datagrams);
        for (int victim = 0; victim < datagrams; victim++)
        {
            for (int fate = 0; fate < Fates.Length; fate++)
            {
                string subject = $"CN={victim}.{fate}";
                CoapNet net = Net(server, handling);
                net.Fate = (number, _) => number == victim ? Fates[fate] : [CoapNet.Latency];
                EnrolledCertificate enrolled = (await EnrollAsync(server, net, exponent, subject))!;
                Assert.Equal(Issued(server, subject).Single().Thumbprint, enrolled.Certificate.Thumbprint);
                Installed(enrolled);
                // a repetition takes 3 s at most, and the server its time for each message
                Assert.InRange((net.Now - net.Start).TotalSeconds, 0, 20 + (10 * handling));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_road_that_is_cut_after_any_datagram_leaves_one_certificate_or_one_error(int polls, bool isImplicit, int exponent, double handling)
    {
        using Server server = Start(polls, isImplicit);
        CoapNet whole = Net(server, handling);
        Installed(await EnrollAsync(server, whole, exponent, "CN=measured"));
        int[] outcomes = new int[3];
        for (int cut = 0; cut < whole.Sent.Count; cut++)
        {
            // in both directions, to the server alone, to the client alone
            for (int side = 0; side < 3; side++)
            {
                string subject = $"CN=cut {cut}.{side}";
                CoapNet net = Net(server, handling);
                net.Fate = (number, toServer) => number < cut || (toServer ? side == 2 : side == 1) ? [CoapNet.Latency] : [];
                var store = new EnrollmentStore(_folder.PathOf("home"));
                EnrolledCertificate? enrolled = null;
                bool isKept = false;
                using (CmpClient client = Open(Settings(server), net, exponent))
                using (var enrollment = new Enrollment(client, Asked(subject)) { Store = store })
                {
                    try
                    {
                        enrolled = await enrollment.RunAsync();
                    }
                    catch (CmpException e)
                    {
                        Assert.Equal(net.Layer.HasHeard ? "CmpTransport.Timeout" : "CmpTransport.ConnectTimeout", e.ErrorId);
                        isKept = enrollment.IsKept;
                    }
                }
                // each exchange has two minutes
                Assert.InRange((net.Now - net.Start).TotalSeconds, 0, 1000);
                if (isKept)
                {
                    using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions
                    {
                        Said = Settings(server),
                        OpenClient = settings => Open(settings, Net(server, handling), exponent),
                    });
                    enrolled = await again.RunAsync();
                }
                Certificate[] issued = Issued(server, subject);
                Assert.True(issued.Length <= 1, $"cut {cut}.{side}: {issued.Length} certificates");
                if (enrolled is not null)
                    Assert.Equal(issued.Single().Thumbprint, enrolled.Certificate.Thumbprint);
                else
                    Assert.False(isKept);
                Installed(enrolled);
                outcomes[enrolled is null ? 0 : isKept ? 2 : 1]++;
            }
        }
        // an error where the request itself was cut, a certificate where only what comes after it was: both there were
        Assert.True(outcomes[0] > 3, string.Join(" ", outcomes));
        Assert.True(outcomes[1] + outcomes[2] > (isImplicit ? 0 : 3), string.Join(" ", outcomes));
        Assert.True(outcomes[2] > (polls > 0 ? 3 : -1), string.Join(" ", outcomes));
    }

    private Server Start(int polls, bool isImplicit) => Server.Start(new TestServerOptions
    {
        Secret = _secret,
        PollCount = polls,
        CheckAfter = 0,
        ImplicitConfirmation = isImplicit ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never,
    });

    private ServerSettings Settings(Server server) => new()
    {
        Uri = new Uri("coap://ca.example/"),
        Secret = new ReferenceAndSecret(server.Reference, _secret),
        IterationCount = 100,
        TrustAnchor = [Certificate.From(server.RootCertificate)],
    };

    private static CoapNet Net(Server server, double handling) => new(new OwnPeer(
        new CoapListenerSettings(),
        request => server.Responder.Respond(request.Octets) is { IsEmpty: false } answer ? new TransportReply.Octets(answer) : new TransportReply.Nothing(),
        TimeSpan.FromSeconds(handling)));

    /// <summary>A client that does not wait where the server asks for no time.</summary>
    private static CmpClient Open(ServerSettings settings, CoapNet net, int exponent) => new(settings, new NetRoad(net, exponent), clock: null, delay: (_, _) => Task.CompletedTask);

    private async Task<EnrolledCertificate?> EnrollAsync(Server server, CoapNet net, int exponent, string subject)
    {
        using CmpClient client = Open(Settings(server), net, exponent);
        using var enrollment = new Enrollment(client, Asked(subject)) { Store = new EnrollmentStore(_folder.PathOf("home")) };
        return await enrollment.RunAsync();
    }

    private EnrollmentRequest Asked(string subject) => new()
    {
        Subject = Name.Parse(subject),
        Key = new KeyRequest(),
        Destination = CertificateDestination.InFile(_folder.PathOf("new.pem"), _folder.PathOf("new.key")),
    };

    private static Certificate[] Issued(Server server, string subject) => [.. server.Responder.Issued.TakeLast(3).Where(certificate => certificate.Subject.ToString() == subject)];

    /// <summary>A certificate lies there with its key, or there is nothing at all; then both are gone.</summary>
    private void Installed(EnrolledCertificate? enrolled)
    {
        string certificate = _folder.PathOf("new.pem"), key = _folder.PathOf("new.key");
        if (enrolled is not null)
        {
            using X509Certificate2 read = X509Certificate2.CreateFromPemFile(certificate, key);
            Assert.Equal(enrolled.Certificate.Thumbprint, read.Thumbprint);
            File.Delete(certificate);
            File.Delete(key);
        }
        // what ended well is remembered, so that it can be renewed
        string records = _folder.PathOf(Path.Combine("home", "enrolments"));
        Assert.Equal(enrolled is not null, Directory.Exists(records));
        if (enrolled is not null)
            Directory.Delete(records, recursive: true);
        Assert.Empty(_folder.Files.SelectMany(file => Directory.Exists(file) ? Directory.GetFiles(file, "*", SearchOption.AllDirectories) : [file]));
    }

    /// <summary>The client's road over a <see cref="CoapNet"/>: time passes while it is asked.</summary>
    private sealed class NetRoad(CoapNet net, int exponent) : ICmpTransport
    {
        public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
        {
            CoapTransfer transfer = net.Ask(CoapNet.Post(request.Octets.ToArray(), exponent));
            return transfer.Response is { } response
                ? Task.FromResult(CoapTransport.ToReply(response, lenient: false, 1 << 20, "ca.example"))
                : Task.FromException<TransportReply>(transfer.Error!);
        }

        public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken) => throw new InvalidOperationException();

        public void Dispose()
        {
        }
    }
}
