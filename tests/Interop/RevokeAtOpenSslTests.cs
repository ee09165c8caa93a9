using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Our revocations and questions at OpenSSL's server: it accepts them, and we verify its answers.</summary>
public sealed class RevokeAtOpenSslTests
{
    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac, null)]
    [InlineData(ProtectionKind.PasswordBasedMac, RevocationReason.KeyCompromise)]
    [InlineData(ProtectionKind.Signature, null)]
    [InlineData(ProtectionKind.Signature, RevocationReason.RemoveFromCrl)]
    public async Task OpenSSL_accepts_our_rr_for_the_certificate_that_it_issued(ProtectionKind protection, RevocationReason? reason)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, protection));
        var issued = Certificate.From(server.Issued);
        Revocation revocation = Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = issued, Reason = reason }]));
        Assert.Equal(PkiStatus.Accepted, revocation.Status);
        Assert.True(revocation.IsRevoked);
        revocation = Assert.Single(await client.RevokeAsync([new RevocationRequest { Issuer = issued.Issuer, SerialNumber = issued.SerialNumber }]));
        Assert.True(revocation.IsRevoked);
    }

    [SkippableFact]
    public async Task The_certificate_signs_its_own_rr()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, ProtectionKind.PasswordBasedMac) with { Protection = null });
        using PrivateKey key = PrivateKey.Of(server.Issued)!;
        var request = new RevocationRequest { Certificate = Certificate.From(server.Issued), Signer = server.Issued, SignerKey = key };
        Assert.True((await client.RevokeAsync([request]))[0].IsRevoked);
        Assert.True(client.KnownSigner!.Certificate.IsSameAs(Certificate.From(server.Ca.Certificate)));
    }

    [SkippableFact]
    public async Task OpenSSL_takes_a_PKCS10_for_the_name_of_a_certificate()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, ProtectionKind.PasswordBasedMac));
        using System.Security.Cryptography.ECDsa key = server.Issued.GetECDsaPrivateKey()!;
        var pkcs10 = CertificationRequest.Decode(new CertificateRequest(server.Issued.SubjectName, key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSigningRequest());
        Assert.True((await client.RevokeAsync([new RevocationRequest { Pkcs10 = pkcs10 }]))[0].IsRevoked);
    }

    [SkippableFact]
    public async Task Another_certificate_is_refused_and_the_refusal_is_believed()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, ProtectionKind.PasswordBasedMac));
        var other = new RevocationRequest { Issuer = Name.Parse("CN=nobody"), SerialNumber = new byte[] { 1 } };
        CmpServerException error = await Assert.ThrowsAsync<CmpServerException>(() => client.RevokeAsync([other]));
        Assert.True(error.IsAuthenticated);
    }

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task A_rejection_comes_with_its_reason_and_words(ProtectionKind protection)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PkiStatus = 2, Failure = 10, StatusString = "too late" });
        using var client = new CmpClient(Settings(server, protection));
        Revocation revocation = Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = Certificate.From(server.Issued) }]));
        Assert.Equal(PkiStatus.Rejection, revocation.Status);
        Assert.Equal(("CmpServer.certRevoked", FailInfo.CertRevoked), (revocation.Error!.ErrorId, revocation.Error.FailInfo));
        Assert.Equal(["too late"], revocation.Error.StatusText);
    }

    [SkippableFact]
    public async Task A_revocationWarning_is_a_success_with_a_warning()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PkiStatus = 4 });
        using var client = new CmpClient(Settings(server, ProtectionKind.PasswordBasedMac));
        var trace = new ListTrace();
        Assert.True((await client.RevokeAsync([new RevocationRequest { Certificate = Certificate.From(server.Issued) }], new RequestOptions { Trace = trace }))[0].IsRevoked);
        Assert.Contains(trace.Warnings, warning => warning.Contains("about to be revoked", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task An_error_with_failure_bits_ends_rr_and_genm(ProtectionKind protection)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        // bits 4 and 25: badCertId and systemFailure
        using MockServer server = MockServer.Start(new MockServerOptions { PkiStatus = 2, More = ["-send_error", "-failurebits", ((1 << 4) | (1 << 25)).ToString(System.Globalization.CultureInfo.InvariantCulture)] });
        using var client = new CmpClient(Settings(server, protection));
        foreach (Func<Task> ask in new Func<Task>[]
        {
            () => client.RevokeAsync([new RevocationRequest { Certificate = Certificate.From(server.Issued) }]),
            () => client.SendGeneralMessageAsync([]),
        })
        {
            CmpServerException error = await Assert.ThrowsAsync<CmpServerException>(ask);
            Assert.True(error.IsAuthenticated);
            Assert.StartsWith("CmpServer.", error.ErrorId, StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task OpenSSL_answers_our_genm(ProtectionKind protection)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, protection));
        // it gives back what it is asked
        Assert.Empty(await client.SendGeneralMessageAsync([]));
        Assert.Equal(Oids.SignKeyPairTypes, Assert.Single(await client.SendGeneralMessageAsync([new InfoTypeAndValue(Oids.SignKeyPairTypes)])).InfoType);
        // caCerts are unknown to 3.0, and none come
        Assert.Empty(await client.GetCACertificatesAsync());
        Assert.Null(await client.GetRequestTemplateAsync());
        Assert.Null(await client.GetCrlAsync());
        Assert.Null(await client.GetRootUpdateAsync(Certificate.From(server.Ca.Certificate)));
    }

    [SkippableFact]
    public async Task A_probe_says_what_OpenSSL_is_and_does()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using var client = new CmpClient(Settings(server, ProtectionKind.Signature));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.Informed, "genp", 2, 200), (probe.Stage, probe.Answer, probe.ProtocolVersion, probe.HttpStatus));
        Assert.True(probe.Signer!.IsSameAs(Certificate.From(server.Ca.Certificate)));
    }

    private static ServerSettings Settings(MockServer server, ProtectionKind protection) => new()
    {
        Uri = server.Uri,
        Preset = "OpenSslMock",
        Protection = protection,
        Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
        ClientCertificate = server.Issued,
        TrustAnchor = [Certificate.From(server.Ca.Certificate)],
    };

    private sealed class ListTrace : ICmpTrace
    {
        internal List<string> Warnings { get; } = [];

        public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
        {
        }

        public void Note(string text)
        {
        }

        public void Warning(string text) => Warnings.Add(text);
    }
}
