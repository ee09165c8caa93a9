using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Transports;

/// <summary>Where a whole transaction asks under /.well-known/cmp: all of it at the place of its operation (RFC 9811 3.4, RFC 9483 6.1).</summary>
public sealed class WellKnownTests : IAsyncLifetime
{
    private readonly Server _server = Server.Start(new TestServerOptions { PollCount = 1, CheckAfter = 0, ImplicitConfirmation = ImplicitConfirmation.Never });
    private readonly ConcurrentQueue<(string Path, string Body)> _asked = new();
    private readonly CmpHttpListener _listener;

    public WellKnownTests() => _listener = CmpHttpListener.Start(new HttpListenerSettings(), (request, _) =>
    {
        _asked.Enqueue((request.Path!, PkiBodyTypeNames.Of(PkiMessage.Decode(request.Octets).Body.Type)));
        return Task.FromResult<TransportReply>(new TransportReply.Octets(_server.Responder.Respond(request.Octets)));
    });

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _server.DisposeAsync();
    }

    private ServerSettings Said => new()
    {
        Uri = _listener.Uri,
        WellKnown = true,
        Secret = new ReferenceAndSecret(_server.Reference, _server.Secret),
        TrustAnchor = [Certificate.From(_server.RootCertificate)],
        IterationCount = 500,
    };

    [Theory]
    [InlineData(EnrollmentOperation.Initialization, null, "initialization", "ir")]
    [InlineData(EnrollmentOperation.Initialization, "Sub CA/1", "initialization", "ir")]
    [InlineData(EnrollmentOperation.Certification, null, "certification", "cr")]
    [InlineData(EnrollmentOperation.Certification, "tls", "certification", "cr")]
    [InlineData(EnrollmentOperation.Pkcs10, "tls", "pkcs10", "p10cr")]
    [InlineData(EnrollmentOperation.KeyUpdate, "tls", "keyupdate", "kur")]
    public async Task Rule60_Polling_and_confirmation_go_where_the_request_went(EnrollmentOperation operation, string? profile, string label, string body)
    {
        X509Certificate2? old = operation == EnrollmentOperation.KeyUpdate ? (await EnrollAsync(Said, EnrollmentOperation.Initialization, null)).Installed.Certificate : null;
        _asked.Clear();
        ServerSettings settings = Said with { CertificateProfile = profile };
        EnrolledCertificate enrolled = await EnrollAsync(old is null ? settings : settings with { Secret = null, ClientCertificate = old }, operation, old);
        Assert.True(enrolled.Confirmed);
        string path = "/.well-known/cmp/" + (profile is null ? "" : "p/" + Uri.EscapeDataString(profile) + "/") + label;
        Assert.Equal([(path, body), (path, "pollReq"), (path, "certConf")], _asked.Distinct());
    }

    [Fact]
    public async Task Rule60_A_revocation_asks_at_its_place()
    {
        EnrolledCertificate enrolled = await EnrollAsync(Said, EnrollmentOperation.Initialization, null);
        _asked.Clear();
        using var client = new CmpClient(Said);
        Assert.Null(Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = enrolled.Certificate, Signer = enrolled.Installed.Certificate, SignerChain = [Certificate.From(_server.IssuingCertificate)] }])).Error);
        Assert.All(_asked, one => Assert.Equal("/.well-known/cmp/revocation", one.Path));
        Assert.Equal("rr", _asked.First().Body);
    }

    [Fact]
    public async Task Rule60_Each_question_asks_at_its_place()
    {
        using var client = new CmpClient(Said);
        await client.GetCACertificatesAsync();
        await client.GetRootUpdateAsync();
        await client.GetRequestTemplateAsync();
        await client.GetCrlAsync(new CrlRequest { Issuer = Certificate.From(_server.IssuingCertificate).Subject });
        await client.GetCrlAsync();
        await client.SendGeneralMessageAsync([]);
        Assert.Equal(
            ["getcacerts", "getrootupdate", "getcertreqtemplate", "getcrls", "", ""],
            _asked.Where(one => one.Body == "genm").Select(one => one.Path["/.well-known/cmp".Length..].TrimStart('/')));
        Assert.Equal(["genm", "pollReq"], _asked.Select(one => one.Body).Distinct());
    }

    [Fact]
    public async Task Rule60_Without_WellKnown_the_path_is_the_address_own()
    {
        using var client = new CmpClient(Said with { WellKnown = false });
        await client.GetCACertificatesAsync();
        Assert.All(_asked, one => Assert.Equal("/", one.Path));
    }

    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings, EnrollmentOperation operation, X509Certificate2? old)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var client = new CmpClient(settings);
        using var enrollment = new Enrollment(client, new EnrollmentRequest
        {
            Operation = operation,
            Subject = operation == EnrollmentOperation.Pkcs10 ? null : Name.Parse("CN=router7"),
            Pkcs10 = operation == EnrollmentOperation.Pkcs10 ? CertificationRequest.Decode(new CertificateRequest("CN=router7", key, HashAlgorithmName.SHA256).CreateSigningRequest()) : null,
            OldCertificate = old is null ? null : Certificate.From(old),
            Key = operation == EnrollmentOperation.Pkcs10 ? null : new KeyRequest(),
            Destination = CertificateDestination.None,
        });
        return await enrollment.RunAsync() ?? throw new InvalidOperationException("The server still waits.");
    }
}
