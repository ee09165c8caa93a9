using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests;
using Cmp.Transports;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>A CMP server behind what others wrote: its listener hears by which path each message came, and the web server before it writes into the path what it saw.</summary>
internal sealed class HttpScene : IAsyncDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private readonly Server _server;
    private readonly CmpHttpListener _listener;

    internal HttpScene(TestServerOptions? options = null)
    {
        _server = Server.Start(options);
        _listener = CmpHttpListener.Start(new HttpListenerSettings(), (request, _) =>
        {
            Paths.Enqueue(Uri.UnescapeDataString(request.Path!));
            return Task.FromResult<TransportReply>(new TransportReply.Octets(_server.Responder.Respond(request.Octets)));
        });
    }

    /// <summary>Where messages are heard, without a slash at the end.</summary>
    internal string Address => _listener.Uri.ToString().TrimEnd('/');

    /// <summary>By which paths they came.</summary>
    internal ConcurrentQueue<string> Paths { get; } = new();

    /// <summary>Who issues what TLS shows.</summary>
    internal TestCa Web { get; } = new("CN=Web root, O=Cmp tests", isCmpServer: false);

    /// <summary>The key of the web servers.</summary>
    internal ECDsa WebKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal int Issued => _server.Issued.Count;

    /// <summary>A certificate for a web server: for localhost and 127.0.0.1, or for another name.</summary>
    internal X509Certificate2 WebCertificate(string name = "localhost", AsymmetricAlgorithm? key = null, TestCa? issuer = null, TimeSpan? lifetime = null)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (name == "localhost")
            names.AddIpAddress(IPAddress.Loopback);
        return (issuer ?? Web).Issue("CN=" + name, key ?? WebKey, [names.Build(), new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], false)], lifetime);
    }

    /// <summary>A certificate for us, with its key, as TLS shows it.</summary>
    internal X509Certificate2 Client(AsymmetricAlgorithm key, TestCa? issuer = null) => (issuer ?? Web).Issue("CN=device7, O=Cmp", key);

    /// <summary>What is said of the server; no proxy is asked where none is named.</summary>
    internal ServerSettings Said(string uri) => new()
    {
        Uri = new Uri(uri),
        Secret = new ReferenceAndSecret(_server.Reference, _server.Secret),
        TrustAnchor = [Certificate.From(_server.RootCertificate)],
        IterationCount = 500,
        NoProxy = ["*"],
        TlsTrustAnchor = [Web.Certificate],
        Timeout = TimeSpan.FromSeconds(60),
    };

    internal static async Task<EnrolledCertificate> EnrollAsync(ServerSettings said, EnrollmentRequest? request = null, Heard? heard = null)
    {
        using var client = new CmpClient(said);
        using var enrollment = new Enrollment(client, request ?? New) { Trace = heard, Progress = heard };
        using var limit = new CancellationTokenSource(Programs.DefaultTimeout);
        return await enrollment.RunAsync(cancellationToken: limit.Token) ?? throw new InvalidOperationException("The server still waits.");
    }

    internal static EnrollmentRequest New => new() { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = CertificateDestination.None };

    internal static EnrollmentRequest Update(EnrolledCertificate old) => New with { Operation = EnrollmentOperation.KeyUpdate, OldCertificate = old.Certificate };

    internal static async Task<CmpException> FailsAsync(ServerSettings said) => await Xunit.Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(said));

    internal RevocationRequest Revocation(EnrolledCertificate enrolled) =>
        new() { Certificate = enrolled.Certificate, Signer = enrolled.Installed.Certificate, SignerChain = [Certificate.From(_server.IssuingCertificate)] };

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _server.DisposeAsync();
        WebKey.Dispose();
        Web.Dispose();
    }

    /// <summary>All that an enrolment tells on its way.</summary>
    internal sealed class Heard : ICmpTrace, IProgress<CmpProgress>
    {
        /// <summary>Kinds of messages sent, notes, warnings and progress, in their order.</summary>
        internal ConcurrentQueue<string> Said { get; } = new();

        internal IEnumerable<string> Sent => Said.Where(one => one.StartsWith("> ", StringComparison.Ordinal)).Select(one => one[2..]);

        /// <summary>Happens with each progress.</summary>
        internal Action<CmpProgress>? OnProgress { get; init; }

        public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed) => Said.Enqueue((direction == TraceDirection.Sent ? "> " : "< ") + summary);

        public void Note(string text) => Said.Enqueue(text);

        public void Warning(string text) => Said.Enqueue(text);

        public void Report(CmpProgress value)
        {
            Said.Enqueue(value.Phase);
            OnProgress?.Invoke(value);
        }
    }
}
