using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Transports;

/// <summary>Enrolments over CoAP on real sockets: what a code means to a transaction.</summary>
public sealed class CoapRoadTests : IDisposable
{
    private readonly Server _server = Server.Start(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
    private readonly ConcurrentQueue<TransportRequest> _heard = new();
    private readonly List<TimeSpan> _waits = [];

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Each_operation_goes_to_its_own_path()
    {
        using CmpCoapListener listener = Listen(_ => null);
        using CmpClient client = Open(listener.Uri);
        Assert.Empty((await EnrollAsync(client))!.Warnings);
        await client.GetCACertificatesAsync();
        Assert.Equal(["/.well-known/cmp/ir", "/.well-known/cmp/ir", "/.well-known/cmp/crts"], _heard.Select(request => request.Path));
        Assert.Equal([CmpOperation.Initialization, CmpOperation.Initialization, CmpOperation.CaCertificates], _heard.Select(request => request.Operation));
    }

    [Fact]
    public async Task Rule55_A_busy_server_is_asked_again_and_one_that_refuses_is_not()
    {
        using (CmpCoapListener busy = Listen(number => number < 3 ? 503 : null))
        using (CmpClient client = Open(busy.Uri))
        {
            Assert.NotNull(await EnrollAsync(client));
            Assert.Equal(3 + 2, _heard.Count);
            Assert.NotEmpty(_waits);
        }
        _heard.Clear();
        using (CmpCoapListener wrong = Listen(_ => 404))
        using (CmpClient client = Open(wrong.Uri))
        {
            CmpException e = await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(client));
            Assert.Equal("CmpCoap.404", e.ErrorId);
            Assert.Single(_heard);
        }
    }

    [Fact]
    public async Task Rule55_What_the_server_says_in_CMP_counts_whatever_its_code()
    {
        // 4.00 with a good answer: it is one, and the code is worth a word
        using CmpCoapListener odd = Listen(_ => -400);
        using CmpClient client = Open(odd.Uri);
        Assert.Equal(["The server sent a good answer as an error of its transport (CmpCoap.400)."], (await EnrollAsync(client))!.Warnings.Distinct());
        // an error message with 5.00: the server's own words
        using Server refusing = Server.Start(new TestServerOptions { Reference = _server.Reference, Secret = _server.Secret, Outcome = (_, _) => RequestOutcome.Reject });
        using CmpCoapListener other = CmpCoapListener.Start(new CoapListenerSettings(), (request, _) =>
            Task.FromResult<TransportReply>(new TransportReply.Octets(refusing.Responder.Respond(request.Octets)) { HttpStatus = 500 }));
        using CmpClient refused = Open(other.Uri);
        Assert.StartsWith("CmpServer.", (await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(refused))).ErrorId, StringComparison.Ordinal);
    }

    /// <summary>A listener that answers the nth message by a status alone, or by the test server: with a status where that is negative.</summary>
    private CmpCoapListener Listen(Func<int, int?> status)
    {
        int count = 0;
        return CmpCoapListener.Start(new CoapListenerSettings(), (request, _) =>
        {
            _heard.Enqueue(request);
            int? said = status(Interlocked.Increment(ref count) - 1);
            return Task.FromResult<TransportReply>(said > 0
                ? new TransportReply.Nothing { HttpStatus = said }
                : new TransportReply.Octets(_server.Responder.Respond(request.Octets)) { HttpStatus = -said });
        });
    }

    private CmpClient Open(Uri uri) => new(new ServerSettings
    {
        Uri = uri,
        Secret = new ReferenceAndSecret(_server.Reference, _server.Secret),
        IterationCount = 100,
        TrustAnchor = [Certificate.From(_server.RootCertificate)],
    }, transport: null, clock: null, delay: (time, _) =>
    {
        _waits.Add(time);
        return Task.CompletedTask;
    });

    private static async Task<EnrolledCertificate?> EnrollAsync(CmpClient client)
    {
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=traveller"), Key = new KeyRequest(), Destination = CertificateDestination.None });
        return await enrollment.RunAsync();
    }
}
