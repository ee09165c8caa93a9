using System;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Transports;

namespace Cmp.Tests.Client;

/// <summary>A client at the test server's protocol, with the server's clock; no sockets between them.</summary>
internal sealed class Counter : IDisposable
{
    internal Counter(TestServerOptions? options = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        Server = new TestServer.Peer(options);
        Road = new FakeRoad((request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Server.Responder.Respond(request.Octets))));
        Client = Open(settings);
    }

    internal TestServer.Peer Server { get; }

    internal FakeRoad Road { get; }

    internal CmpClient Client { get; }

    internal ListTrace Trace { get; } = new();

    internal RequestOptions Options => new() { Trace = Trace };

    internal ServerSettings Said { get; } = new()
    {
        Secret = new ReferenceAndSecret(TestServer.Peer.Reference, new NetworkCredential(string.Empty, "correct horse battery staple").SecurePassword),
        TrustAnchor = [TestServer.Peer.Authority.Root],
        IterationCount = 500,
    };

    /// <summary>Another client of the same server.</summary>
    internal CmpClient Open(Func<ServerSettings, ServerSettings>? settings = null) => new(settings?.Invoke(Said) ?? Said, Road, () => Server.Now, Wait);

    /// <summary>A certificate of the server, as an object of .NET without its key, which is beside it.</summary>
    internal (Certificate Certificate, X509Certificate2 Object, PrivateKey Key) Enroll(string subject = "CN=enrolled")
    {
        SigningCertificate signer = Server.Enroll(subject);
        return (signer.Certificate, TestServer.Peer.ToX509(signer.Certificate), signer.Key);
    }

    /// <summary>That certificate, to be revoked by itself.</summary>
    internal static RevocationRequest ByItself((Certificate Certificate, X509Certificate2 Object, PrivateKey Key) one, RevocationReason? reason = null) => new()
    {
        Certificate = one.Certificate,
        Signer = one.Object,
        SignerKey = one.Key,
        SignerChain = [TestServer.Peer.Authority.Issuing],
        Reason = reason,
    };

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }

    private Task Wait(TimeSpan time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Server.Now += time;
        return Task.CompletedTask;
    }
}
