using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>A server that is killed (SIGKILL) and started again, met by our client over its road: each enrolment ends in one certificate.</summary>
public class TestServerProcessTests
{
    [Fact]
    public async Task Killed_in_the_midst_of_polling()
    {
        using TestServerProcess server = TestServerProcess.Start(new TestServerProcessOptions { PollCount = 2, CheckAfter = 1 });
        int kills = 0;
        using var client = new CmpClient(Settings(server), transport: null, delay: async (time, token) =>
        {
            // each wait begins after the server's word, and there are two
            if (kills++ < 2)
                server.Restart();
            await Task.Delay(time, token);
        });
        EnrolledCertificate enrolled = await EnrollAsync(client);
        Assert.True(kills >= 2);
        AssertIssued(server, enrolled);
    }

    [Fact]
    public async Task Killed_between_ip_and_certConf()
    {
        using TestServerProcess server = TestServerProcess.Start(new TestServerProcessOptions { GrantImplicitConfirm = false });
        using var client = new CmpClient(Settings(server));
        IssuedByProcess? before = null;
        EnrolledCertificate enrolled = await EnrollAsync(client, approve: (_, _) =>
        {
            server.Kill();
            before = Assert.Single(server.Issued);
            server.Restart();
            return Task.FromResult<string?>(null);
        });
        Assert.False(before!.IsConfirmed);
        Assert.NotNull(before.Deadline);
        AssertIssued(server, enrolled);
    }

    [Fact]
    public async Task Killed_while_it_waits_and_started_again_when_the_time_has_come()
    {
        var options = new TestServerProcessOptions { PollCount = 1, CheckAfter = 3600, GrantImplicitConfirm = false, DelayConfirmation = true };
        using TestServerProcess server = TestServerProcess.Start(options);
        TimeSpan ahead = TimeSpan.Zero;
        using var client = new CmpClient(Settings(server), transport: null, () => DateTimeOffset.UtcNow + ahead);
        using Enrollment enrollment = New(client);
        Assert.Null(await enrollment.RunAsync(TimeSpan.FromSeconds(60)));
        server.Kill();
        Assert.False(await AnswersAsync(server));

        ahead = TimeSpan.FromHours(2);
        server.Restart(options with { ClockAhead = ahead });
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync(TimeSpan.FromSeconds(60)));
        AssertIssued(server, enrolled);
    }

    [Fact]
    public async Task A_certificate_that_is_refused_is_discarded_by_whoever_hears_it()
    {
        using TestServerProcess server = TestServerProcess.Start();
        using var client = new CmpClient(Settings(server));
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(client, approve: (_, _) =>
        {
            server.Restart();
            return Task.FromResult<string?>("not what I wanted");
        }));
        Assert.Equal("CmpTransaction.Refused", error.ErrorId);
        Assert.True(Assert.Single(server.Issued).IsDiscarded);
    }

    /// <summary>Killed wherever it is while clients ask: in a check, before or after it wrote a file, before or after it sent.</summary>
    [Fact]
    public async Task Killed_at_any_moment_it_issues_one_certificate_for_one_request()
    {
        const int Clients = 4, Requests = 20, AnswersToLive = 60;
        using TestServerProcess server = TestServerProcess.Start(new TestServerProcessOptions { PollCount = 1, CheckAfter = 0, GrantImplicitConfirm = false });
        using var credential = new SharedSecret(Encoding.UTF8.GetBytes(server.Reference), Encoding.UTF8.GetBytes(server.Secret));
        Certificate root = Certificate.From(server.RootCertificate);
        using var transport = new HttpTransport(new HttpTransportSettings { Uri = server.Uri });
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        int answers = 0, repeats = 0, kills = 0;
        using var killing = new SemaphoreSlim(1);
        var killed = new ConcurrentQueue<Task>();

        List<Certificate>[] got = await Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            var certificates = new List<Certificate>();
            for (int i = 0; i < Requests; i++)
                certificates.Add(await EnrollAsync($"CN={number}-{i}"));
            return certificates;
        })));

        await Task.WhenAll(killed);
        Assert.True(kills >= Clients * Requests * 4 / AnswersToLive - 1);
        Assert.True(repeats > 0);
        server.Kill();
        IReadOnlyList<IssuedByProcess> issued = server.Issued;
        Assert.Equal(got.SelectMany(certificates => certificates).Select(certificate => certificate.Thumbprint).Order(), issued.Select(one => one.Certificate.Thumbprint).Order());
        Assert.All(issued, one => Assert.True(one.IsConfirmed));
        Assert.Equal(Clients * Requests, issued.Select(one => one.Certificate.Subject).Distinct().Count());

        async Task<Certificate> EnrollAsync(string subject)
        {
            var transaction = new EnrollmentTransaction(
                new TransactionSettings { Protector = MessageProtector.PasswordBasedMac(credential, new PbmOptions { Iterations = 100 }), Credential = credential, Trust = new TrustSettings { Anchors = [root] } },
                Peer.Request(PkiBodyType.Ir, Peer.NewKey(), subject));
            TransactionStep step = transaction.Start(DateTimeOffset.UtcNow);
            while (true)
            {
                switch (step)
                {
                    case TransactionStep.Send send:
                        step = transaction.Receive(await AskAsync(send), DateTimeOffset.UtcNow);
                        break;
                    case TransactionStep.Wait wait:
                        step = transaction.Resume(wait.Until);
                        break;
                    case TransactionStep.Decide:
                        step = transaction.Decide(null, DateTimeOffset.UtcNow);
                        break;
                    case TransactionStep.Failed failed:
                        throw failed.Error;
                    default:
                        Assert.True(transaction.Confirmed);
                        return transaction.Issued!.Certificate;
                }
            }
        }

        // as long as it takes: a server that is not there may come back
        async Task<ReadOnlyMemory<byte>> AskAsync(TransactionStep.Send send)
        {
            while (true)
            {
                try
                {
                    TransportReply reply = await transport.ExchangeAsync(new TransportRequest(send.Octets, CmpOperation.Initialization, send.First, send.Last), deadline.Token);
                    if (Interlocked.Increment(ref answers) % AnswersToLive == 0)
                        killed.Enqueue(Task.Run(KillAsync));
                    return Assert.IsType<TransportReply.Octets>(reply).Value;
                }
                catch (CmpException)
                {
                    Interlocked.Increment(ref repeats);
                    // who is being started again is not to be asked a thousand times
                    await killing.WaitAsync(deadline.Token);
                    killing.Release();
                }
            }
        }

        async Task KillAsync()
        {
            await killing.WaitAsync(deadline.Token);
            try
            {
                server.Restart();
                kills++;
            }
            finally
            {
                killing.Release();
            }
        }
    }

    [Fact]
    public void Options_may_change_with_a_restart_and_the_rest_stays()
    {
        using TestServerProcess server = TestServerProcess.Start();
        (Uri uri, string root) = (server.Uri, server.RootCertificate.Thumbprint);
        server.Restart(new TestServerProcessOptions { PollCount = 3 });
        Assert.Equal((uri, root), (server.Uri, server.RootCertificate.Thumbprint));
        Assert.Empty(server.Issued);
    }

    [Fact]
    public void One_that_does_not_start_says_why()
    {
        using TestServerProcess server = TestServerProcess.Start();
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => TestServerProcess.Start(new TestServerProcessOptions { StatePath = server.StatePath }));
        Assert.Contains("CmpState.InUse", error.Message, StringComparison.Ordinal);
    }

    private static ServerSettings Settings(TestServerProcess server) => new()
    {
        Uri = server.Uri,
        Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
        TrustAnchor = [Certificate.From(server.RootCertificate)],
    };

    private static Enrollment New(CmpClient client, Func<IssuedCertificate, CancellationToken, Task<string?>>? approve = null) =>
        new(client, new EnrollmentRequest { Subject = Name.Parse("CN=wanted"), Key = new KeyRequest(), Destination = CertificateDestination.None }) { Approve = approve };

    private static async Task<EnrolledCertificate> EnrollAsync(CmpClient client, Func<IssuedCertificate, CancellationToken, Task<string?>>? approve = null)
    {
        using Enrollment enrollment = New(client, approve);
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>One, confirmed, and the client has it.</summary>
    private static void AssertIssued(TestServerProcess server, EnrolledCertificate enrolled)
    {
        Assert.True(enrolled.Confirmed);
        IssuedByProcess issued = Assert.Single(server.Issued);
        Assert.True(issued.IsConfirmed);
        Assert.Equal(enrolled.Certificate.Encoded.ToArray(), issued.Certificate.RawData);
    }

    private static async Task<bool> AnswersAsync(TestServerProcess server)
    {
        using var http = new HttpClient();
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(server.Uri);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
