using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>
/// A registration authority of ours between OpenSSL and a CA (RFC 9483 5.2): OpenSSL's client gets answers through it that it believes, and OpenSSL's server takes what it
/// vouches for. OpenSSL does not know nested messages, so what is between us and our test server is two-sided.
/// </summary>
public sealed class ForwardingInteropTests
{
    private const string Reference = "interop";
    private static readonly string Secret = Guid.NewGuid().ToString("N");
    private static readonly Dictionary<string, string> Environment = new() { ["CMP_SECRET"] = Secret };

    private static ForwardingOptions Adding => new() { AddsProtection = true };

    private static ForwardingOptions Replacing => new() { ReplacesProtection = true, OriginalSecrets = [Of(Reference, Secret)] };

    private static ReferenceAndSecret Of(string reference, string secret) => new(reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    private static Server Start(bool knowsSecret, bool strict = false) => Server.Start(new TestServerOptions
    {
        Reference = knowsSecret ? Reference : "another",
        Secret = new NetworkCredential(string.Empty, knowsSecret ? Secret : Guid.NewGuid().ToString()).SecurePassword,
        Strict = strict,
    });

    /// <summary>Who we are to the server; OpenSSL protects by HMAC-SHA1 where nobody says otherwise.</summary>
    private static ServerSettings Settings(Server server, X509Certificate2 authority) => new()
    {
        Uri = server.Uri,
        ClientCertificate = authority,
        TrustAnchor = [Certificate.From(server.RootCertificate)],
        AllowPbmSha1 = true,
        Timeout = TimeSpan.FromSeconds(40),
    };

    private static string[] Request(TestFolder folder, ECDsa key, string operation, string subject = "wanted")
    {
        if (operation == "p10cr")
            return ["-cmd", "p10cr", "-csr", folder.Write("request.csr", new CertificateRequest("CN=" + subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem())];
        return ["-cmd", operation, "-newkey", folder.Write(subject + ".key", TestCa.Pem(key)), "-subject", "/CN=" + subject];
    }

    private static ProgramResult Cmp(Relay relay, params string[] arguments)
    {
        ProgramResult result = OpenSsl.Run(["cmp", "-config", string.Empty, "-server", $"127.0.0.1:{relay.Port}", "-batch", "-verbosity", "3", .. arguments], environment: Environment);
        return result with { Error = result.Text + result.Error };
    }

    private static string[] Trusting(TestFolder folder, Server server) =>
        ["-trusted", folder.Write("root.pem", server.RootCertificate.ExportCertificatePem()), "-untrusted", folder.Write("issuing.pem", server.IssuingCertificate.ExportCertificatePem())];

    [SkippableTheory]
    [InlineData("ir", true)]
    [InlineData("ir", false)]
    [InlineData("cr", false)]
    [InlineData("p10cr", true)]
    [InlineData("p10cr", false)]
    public void OpenSSL_enrols_through_an_authority_that_adds_protection(string operation, bool isImplicit)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Start(knowsSecret: true);
        using X509Certificate2 authority = server.NewRegistrationAuthority("CN=ra");
        using var folder = new TestFolder();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var relay = new Relay(Settings(server, authority), Adding);
        ProgramResult result = Cmp(relay, [.. Request(folder, key, operation), "-ref", Reference, "-secret", "env:CMP_SECRET", .. isImplicit ? ["-implicit_confirm"] : Array.Empty<string>(), "-certout", folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(folder.PathOf("new.pem"));
        Assert.Equal(Assert.Single(server.Issued).RawData, issued.RawData);
        Assert.Equal(isImplicit ? [operation] : [operation, "certConf"], relay.Kinds);
        // they are under the secret, which is none of ours
        Assert.All(relay.Deliveries, delivery => Assert.Null(delivery.IsAnswerVerified));
    }

    [SkippableTheory]
    [InlineData("ir", false, false)]
    [InlineData("cr", false, false)]
    [InlineData("p10cr", false, false)]
    [InlineData("ir", true, false)]
    [InlineData("cr", true, true)]
    [InlineData("p10cr", true, true)]
    public void OpenSSL_enrols_through_an_authority_that_knows_its_secret(string operation, bool raVerified, bool withOriginal)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Start(knowsSecret: false);
        using X509Certificate2 authority = server.NewRegistrationAuthority("CN=ra");
        using var folder = new TestFolder();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var relay = new Relay(Settings(server, authority), Replacing with { RaVerified = raVerified, IncludesOriginal = withOriginal });
        ProgramResult result = Cmp(relay, [.. Request(folder, key, operation), "-ref", Reference, "-secret", "env:CMP_SECRET", .. Trusting(folder, server), "-certout", folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(folder.PathOf("new.pem"));
        Assert.Equal(Assert.Single(server.Issued).RawData, issued.RawData);
        Assert.Equal([operation, "certConf"], relay.Kinds);
        Assert.All(relay.Deliveries, delivery => Assert.Equal((true, Reference), (delivery.IsAnswerVerified, delivery.Requester)));
    }

    [SkippableFact]
    public void An_update_of_OpenSSL_is_approved_of_and_keeps_its_signature()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Start(knowsSecret: true);
        using X509Certificate2 authority = server.NewRegistrationAuthority("CN=ra");
        using var folder = new TestFolder();
        using ECDsa old = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var relay = new Relay(Settings(server, authority), Adding);
        ProgramResult result = Cmp(relay, [.. Request(folder, old, "ir", "old"), "-ref", Reference, "-secret", "env:CMP_SECRET", "-implicit_confirm", "-certout", folder.PathOf("old.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        result = Cmp(relay, ["-cmd", "kur", "-oldcert", folder.PathOf("old.pem"), "-newkey", folder.Write("new.key", TestCa.Pem(key)), "-cert", folder.PathOf("old.pem"), "-key", folder.PathOf("old.key"), .. Trusting(folder, server), "-certout", folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(["ir", "kur", "certConf"], relay.Kinds);
        Assert.True(relay.Deliveries[1].IsAnswerVerified);
    }

    [SkippableFact]
    public async Task Two_of_OpenSSL_in_one_batch_get_each_his_own()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Start(knowsSecret: true);
        using X509Certificate2 authority = server.NewRegistrationAuthority("CN=ra");
        using var folder = new TestFolder();
        using ECDsa one = ECDsa.Create(ECCurve.NamedCurves.nistP256), two = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var relay = new Relay(Settings(server, authority), new ForwardingOptions(), together: 2);
        ProgramResult[] results = await Task.WhenAll(new[] { (Key: one, Name: "one"), (Key: two, Name: "two") }.Select(client =>
            Task.Run(() => Cmp(relay, [.. Request(folder, client.Key, "ir", client.Name), "-ref", Reference, "-secret", "env:CMP_SECRET", "-implicit_confirm", "-certout", folder.PathOf(client.Name + ".pem")]))));
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        foreach (string name in new[] { "one", "two" })
        {
            using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(folder.PathOf(name + ".pem"));
            Assert.Equal("CN=" + name, issued.Subject);
        }
        Assert.Equal(2, server.Issued.Count);
    }

    [SkippableFact]
    public void A_wrong_secret_goes_no_further()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Start(knowsSecret: false);
        using X509Certificate2 authority = server.NewRegistrationAuthority("CN=ra");
        using var folder = new TestFolder();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var relay = new Relay(Settings(server, authority), Replacing with { OriginalSecrets = [Of(Reference, "a guess")] });
        ProgramResult result = Cmp(relay, [.. Request(folder, key, "ir"), "-ref", Reference, "-secret", "env:CMP_SECRET", .. Trusting(folder, server), "-certout", folder.PathOf("new.pem")]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal("CmpProtection.Invalid", Assert.Single(relay.Errors).ErrorId);
        Assert.Empty(server.Issued);
    }

    [SkippableTheory]
    [InlineData(EnrollmentOperation.Initialization, false)]
    [InlineData(EnrollmentOperation.Certification, true)]
    [InlineData(EnrollmentOperation.Pkcs10, false)]
    public async Task OpenSSLs_server_takes_what_an_authority_vouches_for(EnrollmentOperation operation, bool raVerified)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer mock = MockServer.Start(new MockServerOptions { HasSecret = false, More = raVerified ? ["-accept_raverified"] : [] });
        using var relay = new Relay(ToMock(mock), Replacing with { RaVerified = raVerified });
        EnrolledCertificate enrolled = await EnrollAsync(mock, relay, operation);
        Assert.Equal(mock.Issued.RawData, enrolled.Certificate.Encoded.ToArray());
        Assert.True(enrolled.Confirmed);
        Assert.Equal(2, relay.Deliveries.Count);
        Assert.All(relay.Deliveries, delivery => Assert.Equal((true, Reference), (delivery.IsAnswerVerified, delivery.Requester)));
    }

    [SkippableFact]
    public async Task OpenSSLs_server_sees_raVerified_and_takes_it_only_where_it_was_told_to()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer mock = MockServer.Start(new MockServerOptions { HasSecret = false });
        using var relay = new Relay(ToMock(mock), Replacing with { RaVerified = true });
        Assert.Equal("CmpServer.badPOP", (await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(mock, relay, EnrollmentOperation.Initialization))).ErrorId);
    }

    private static ServerSettings ToMock(MockServer mock) => new()
    {
        Uri = mock.Uri,
        Preset = "OpenSslMock",
        ClientCertificate = mock.Issued,
        TrustAnchor = [Certificate.From(mock.Ca.Certificate)],
        Timeout = TimeSpan.FromSeconds(40),
    };

    /// <summary>Our client, under a secret that OpenSSL's server does not know.</summary>
    private static async Task<EnrolledCertificate> EnrollAsync(MockServer mock, Relay relay, EnrollmentOperation operation)
    {
        using PrivateKey key = PrivateKey.Of(mock.Issued)!;
        using var client = new CmpClient(new ServerSettings
        {
            Uri = new Uri($"http://127.0.0.1:{relay.Port}/"),
            Secret = Of(Reference, Secret),
            TrustAnchor = [Certificate.From(mock.Ca.Certificate)],
            AllowSigningCA = true,
            Timeout = TimeSpan.FromSeconds(40),
        });
        var request = new EnrollmentRequest
        {
            Operation = operation,
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            Pkcs10 = operation == EnrollmentOperation.Pkcs10 ? CertificationRequest.Decode(new CertificateRequest("CN=router7, O=Cmp tests", mock.Issued.GetECDsaPrivateKey()!, HashAlgorithmName.SHA256).CreateSigningRequest()) : null,
            ExistingKey = key,
            Destination = CertificateDestination.None,
        };
        using var enrollment = new Enrollment(client, request);
        return await enrollment.RunAsync() ?? throw new InvalidOperationException("The server still waits.");
    }

    /// <summary>A registration authority that listens: what it gets it sends on, by ones or together.</summary>
    private sealed class Relay : IDisposable
    {
        private readonly object _gate = new();
        private readonly CmpHttpListener _listener;
        private readonly CmpClient _client;
        private readonly ForwardingOptions _forwarding;
        private readonly int _together;
        private readonly List<(ReadOnlyMemory<byte> Octets, TaskCompletionSource<Delivery> Answer)> _waiting = [];

        internal Relay(ServerSettings settings, ForwardingOptions forwarding, int together = 1)
        {
            _client = new CmpClient(settings);
            _forwarding = forwarding;
            _together = together;
            _listener = CmpHttpListener.Start(new HttpListenerSettings(), TakeAsync);
        }

        internal int Port => _listener.Uri.Port;

        internal List<Delivery> Deliveries { get; } = [];

        internal List<CmpException> Errors { get; } = [];

        internal IEnumerable<string> Kinds => Deliveries.Select(delivery => delivery.Message.ToString());

        public void Dispose()
        {
            _listener.Dispose();
            _client.Dispose();
        }

        private async Task<TransportReply> TakeAsync(TransportRequest request, CancellationToken token)
        {
            try
            {
                Delivery delivery = _together == 1 ? await _client.ForwardAsync(request.Octets, _forwarding, null, token) : await GatherAsync(request.Octets, token);
                lock (_gate)
                    Deliveries.Add(delivery);
                return new TransportReply.Octets(delivery.Answer!.Value);
            }
            catch (CmpException e)
            {
                lock (_gate)
                    Errors.Add(e);
                throw;
            }
        }

        private async Task<Delivery> GatherAsync(ReadOnlyMemory<byte> octets, CancellationToken token)
        {
            var answer = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
            (ReadOnlyMemory<byte> Octets, TaskCompletionSource<Delivery> Answer)[]? all = null;
            lock (_gate)
            {
                _waiting.Add((octets.ToArray(), answer));
                if (_waiting.Count == _together)
                    all = [.. _waiting];
            }
            if (all is not null)
            {
                IReadOnlyList<ForwardingOutcome> outcomes = await _client.ForwardAllAsync([.. all.Select(one => new MessageToForward(one.Octets, _forwarding))], null, token);
                for (int i = 0; i < all.Length; i++)
                    all[i].Answer.SetResult(outcomes[i].Delivery ?? throw outcomes[i].Error!);
            }
            return await answer.Task.WaitAsync(token);
        }
    }
}
