using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Our client at OpenSSL's server: what others wrote accepts our messages, and we verify theirs.</summary>
public sealed class EnrollAtOpenSslTests
{
    public static TheoryData<EnrollmentOperation, ProtectionKind, bool, int> Ways()
    {
        var ways = new TheoryData<EnrollmentOperation, ProtectionKind, bool, int>();
        foreach (EnrollmentOperation operation in Enum.GetValues<EnrollmentOperation>().Where(operation => operation != EnrollmentOperation.CrossCertification)) // which OpenSSL does not know
        {
            foreach (ProtectionKind protection in new[] { ProtectionKind.PasswordBasedMac, ProtectionKind.Signature })
            {
                ways.Add(operation, protection, true, 0);
                ways.Add(operation, protection, false, 0);
                ways.Add(operation, protection, false, 2);
            }
        }
        return ways;
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public async Task Enrols_and_renews(EnrollmentOperation operation, ProtectionKind protection, bool grantImplicit, int polls)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { GrantImplicitConfirm = grantImplicit, PollCount = polls, CheckAfter = polls > 0 ? 1 : 0 });
        var trace = new ListTrace();

        EnrolledCertificate enrolled = await EnrollAsync(server, Settings(server, protection), operation, trace);

        Assert.Equal(server.Issued.RawData, enrolled.Certificate.Encoded.ToArray());
        Assert.Equal(PkiStatus.Accepted, enrolled.Status);
        Assert.True(enrolled.Confirmed);
        Assert.True(enrolled.Installed.Certificate.HasPrivateKey);
        Assert.Equal(grantImplicit ? 0 : 1, trace.Sent.Count(kind => kind == "certConf"));
        // the mock counts the waiting answer as the first poll
        Assert.Equal(Math.Max(0, polls - 1), trace.Received.Count(kind => kind == "pollRep"));
    }

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task What_waits_there_is_on_disk_and_asked_for_when_it_is_time(ProtectionKind protection)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PollCount = 2, CheckAfter = 1 });
        using var folder = new TestFolder();
        var store = new EnrollmentStore(folder.PathOf("state"));
        var request = new EnrollmentRequest
        {
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            Key = new KeyRequest { Path = server.Write("client", server.Issued, server.Issued.GetECDsaPrivateKey()).Key },
            Destination = CertificateDestination.InFile(folder.PathOf("new.pem")),
            IsImpatient = true,
        };
        using var client = new CmpClient(Settings(server, protection));
        using var enrollment = new Enrollment(client, request) { Store = store };
        Assert.Null(await enrollment.RunAsync());
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.NotNull(pending.WaitUntil);

        // too early: nobody is asked
        Assert.Null(await enrollment.RunAsync());
        EnrolledCertificate? enrolled = null;
        for (int times = 0; enrolled is null && times < 5; times++)
        {
            await WaitUntilAsync(enrollment.WaitingUntil!.Value);
            enrolled = await enrollment.RunAsync();
        }

        Assert.True(enrolled!.Confirmed);
        using FoundCertificate found = CertificateSource.Find(folder.PathOf("new.pem"));
        Assert.Equal(server.Issued.RawData, found.Certificate.RawData);
        Assert.NotNull(found.Key);
        Assert.Empty(store.All(error => Assert.Fail(error.Message)));
    }

    [SkippableFact]
    public async Task A_server_that_forgets_a_transaction_with_its_connection_ends_it_in_one_error()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PollCount = 2, CheckAfter = 1 });
        using var folder = new TestFolder();
        var store = new EnrollmentStore(folder.PathOf("state"));
        ServerSettings settings = Settings(server, ProtectionKind.PasswordBasedMac);
        string id;
        using (var client = new CmpClient(settings))
        using (var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = CertificateDestination.InFile(folder.PathOf("new.pem")), IsImpatient = true }) { Store = store })
        {
            Assert.Null(await enrollment.RunAsync());
            id = enrollment.TransactionId!;
        }

        using Enrollment again = Enrollment.Resume(store, id, new ResumeOptions { Said = settings });
        Assert.Equal("CmpServer.badRequest", (await Assert.ThrowsAsync<CmpServerException>(() => again.RunAsync())).ErrorId);

        Assert.False(again.IsKept);
        Assert.Empty(System.IO.Directory.GetFiles(folder.PathOf("state"), "*", System.IO.SearchOption.AllDirectories));
        Assert.False(System.IO.File.Exists(folder.PathOf("new.pem")));
    }

    private static Task WaitUntilAsync(DateTimeOffset time)
    {
        TimeSpan rest = time - DateTimeOffset.UtcNow;
        return rest > TimeSpan.Zero ? Task.Delay(rest) : Task.CompletedTask;
    }

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task A_rejection_carries_status_bits_and_words(ProtectionKind protection)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PkiStatus = 2, Failure = 9, StatusString = "not \u001b[31mtoday" });

        CmpServerException refused = await Assert.ThrowsAsync<CmpServerException>(() => EnrollAsync(server, Settings(server, protection), EnrollmentOperation.Initialization));

        Assert.Equal("CmpServer.badPOP", refused.ErrorId);
        Assert.Equal(PkiStatus.Rejection, refused.Status);
        Assert.Equal(FailInfo.BadPOP, refused.FailInfo);
        Assert.True(refused.IsAuthenticated);
        Assert.Contains("today", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', refused.Message);
    }

    [SkippableFact]
    public async Task Rule33_A_wrong_secret_is_an_unauthenticated_answer_with_the_servers_words()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { HasSigner = false });
        ServerSettings settings = Settings(server, ProtectionKind.PasswordBasedMac) with { Secret = Secret(server.Reference, "wrong") };

        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(server, settings, EnrollmentOperation.Initialization));

        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.False(((CmpServerException)error).IsAuthenticated);
    }

    [SkippableFact]
    public async Task Rule68_HMAC_SHA1_is_refused_without_the_preset()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        ServerSettings settings = Settings(server, ProtectionKind.PasswordBasedMac) with { Preset = Presets.Rfc9483 };

        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(server, settings, EnrollmentOperation.Initialization));

        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
    }

    [SkippableFact]
    public async Task Rule40_A_certificate_for_another_key_is_refused_and_the_server_hears_it()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using PrivateKey another = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        var trace = new ListTrace();

        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(server, Settings(server, ProtectionKind.Signature), EnrollmentOperation.Initialization, trace, another));

        Assert.Equal("CmpTransaction.WrongKey", error.ErrorId);
        Assert.Equal(["ir", "certConf"], trace.Sent);
    }

    private static async Task<EnrolledCertificate> EnrollAsync(MockServer server, ServerSettings settings, EnrollmentOperation operation, ListTrace? trace = null, PrivateKey? key = null)
    {
        using PrivateKey issuedKey = PrivateKey.Of(server.Issued)!;
        using var client = new CmpClient(settings);
        using var enrollment = new Enrollment(client, Request(server, operation, key ?? issuedKey)) { Trace = trace };
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return await enrollment.RunAsync(cancellationToken: limit.Token) ?? throw new InvalidOperationException("The server still waits.");
    }

    private static EnrollmentRequest Request(MockServer server, EnrollmentOperation operation, PrivateKey key) => new()
    {
        Operation = operation,
        Subject = Name.Parse("CN=router7, O=Cmp tests"),
        SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")],
        Pkcs10 = operation == EnrollmentOperation.Pkcs10 ? Pkcs10(server) : null,
        OldCertificate = operation == EnrollmentOperation.KeyUpdate ? Certificate.From(server.Issued) : null,
        ExistingKey = key,
        Destination = CertificateDestination.None,
    };

    private static CertificationRequest Pkcs10(MockServer server) => CertificationRequest.Decode(
        new CertificateRequest("CN=router7, O=Cmp tests", server.Issued.GetECDsaPrivateKey()!, HashAlgorithmName.SHA256).CreateSigningRequest());

    private static ServerSettings Settings(MockServer server, ProtectionKind protection) => new()
    {
        Uri = server.Uri,
        Preset = "OpenSslMock",
        Protection = protection,
        Secret = Secret(server.Reference, server.Secret),
        ClientCertificate = server.Issued,
        TrustAnchor = [Certificate.From(server.Ca.Certificate)],
        Timeout = TimeSpan.FromSeconds(40),
    };

    private static ReferenceAndSecret Secret(string reference, string secret) => new(reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    private sealed class ListTrace : ICmpTrace
    {
        public List<string> Sent { get; } = [];

        public List<string> Received { get; } = [];

        public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed) =>
            (direction == TraceDirection.Sent ? Sent : Received).Add(summary);

        public void Note(string text)
        {
        }

        public void Warning(string text)
        {
        }
    }
}
