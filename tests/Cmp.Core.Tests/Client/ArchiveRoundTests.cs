using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Cryptography;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>A key that was archived, lost, and comes back: from our client to the test server and back. Both are ours: what openssl says of the file is not.</summary>
public sealed class ArchiveRoundTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, KeyUsages, string> Keys => new()
    {
        { "RSA_2048", KeyUsages.KeyEncipherment, "RSA_2048" },
        { "ECDSA_P384", KeyUsages.DigitalSignature | KeyUsages.KeyAgreement, "ECDSA_P384" },
        { "ECDSA_P384", KeyUsages.KeyAgreement, "X25519" },
        { "ML-KEM-768", KeyUsages.KeyEncipherment, "ML-KEM-768" },
        { "X25519", KeyUsages.KeyAgreement, "RSA_2048" },
    };

    [SkippableTheory]
    [MemberData(nameof(Keys))]
    public async Task A_lost_key_comes_back_with_its_certificate(string algorithm, KeyUsages usage, string opener)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        foreach (bool isCentral in new[] { false, true })
        {
            using var counter = new Counter();
            Certificate certificate = await EnrollAsync(counter, algorithm, usage, isCentral);
            using KeyRecovery recovery = await RestoreAsync(counter, request => request with { EncryptionKeyAlgorithm = KeyAlgorithm.Parse(opener) });
            RecoveredCertificate item = Assert.Single(recovery.Items);
            Assert.Null(item.Failure);
            Assert.True(item.Certificate!.IsSameAs(certificate));
            using FoundCertificate found = CertificateSource.Find(_folder.PathOf("restored.pem"), null);
            using PrivateKey key = found.Key ?? PrivateKey.Of(found.Certificate)!;
            key.EnsureFits(certificate.PublicKey);
            File.Delete(_folder.PathOf("restored.pem"));
        }
    }

    [SkippableFact]
    public async Task A_lost_key_comes_back_to_a_PFX_that_openssl_opens()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using var counter = new Counter();
        Certificate certificate = await EnrollAsync(counter, "RSA_2048", KeyUsages.KeyEncipherment, isCentral: false);
        var password = new NetworkCredential(string.Empty, "secret").SecurePassword;
        using KeyRecovery recovery = await RestoreAsync(counter, request => request with
        {
            Certificate = certificate,
            Destination = CertificateDestination.InFile(openssl.PathOf("restored.pfx"), null, password),
            OutPassword = password,
        });
        Assert.Null(Assert.Single(recovery.Items).Failure);
        openssl.Do("pkcs12 -in restored.pfx -passin pass:secret -nodes -nocerts -out key.pem");
        openssl.Do("pkcs12 -in restored.pfx -passin pass:secret -clcerts -nokeys -out certificate.pem");
        Assert.Equal(openssl.Do("pkey -in key.pem -pubout").Trim(), openssl.Do("x509 -in certificate.pem -noout -pubkey").Trim());
        // the key opens what was encrypted to the certificate before it was lost
        openssl.Write("text", "hello"u8.ToArray());
        openssl.Do("cms -encrypt -aes256 -in text -out mail -recip certificate.pem");
        Assert.Equal("hello", openssl.Do("cms -decrypt -in mail -inkey key.pem -recip certificate.pem").Trim());
    }

    [SkippableFact]
    public async Task Several_keys_come_back_and_a_new_one_is_certified_with_them()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using var counter = new Counter();
        Certificate first = await EnrollAsync(counter, "RSA_2048", KeyUsages.KeyEncipherment, isCentral: false);
        Certificate second = await EnrollAsync(counter, "ECDSA_P256", KeyUsages.DigitalSignature, isCentral: false);
        using KeyRecovery recovery = await RestoreAsync(counter, request => request with { NewKeyAlgorithm = KeyAlgorithm.Parse("ECDSA_P256") });
        Assert.All(recovery.Items, item => Assert.Null(item.Failure));
        Assert.Equal([false, false, true], recovery.Items.Select(item => item.IsNew));
        Assert.Equal(
            new[] { first, second }.Select(certificate => certificate.Thumbprint).OrderBy(one => one, StringComparer.Ordinal),
            recovery.Items.Take(2).Select(item => item.Certificate!.Thumbprint).OrderBy(one => one, StringComparer.Ordinal));
        Assert.True(File.Exists(_folder.PathOf("restored-3.pem")));
    }

    [SkippableFact]
    public async Task A_server_that_needs_time_is_waited_for()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using var counter = new Counter(new TestServerOptions { PollCount = 1 });
        Certificate certificate = await EnrollAsync(counter, "RSA_2048", KeyUsages.KeyEncipherment, isCentral: false);
        using KeyRecovery recovery = await RestoreAsync(counter, request => request);
        Assert.True(Assert.Single(recovery.Items).Restored!.Certificate.IsSameAs(certificate));
        Assert.Contains(PkiBodyType.PollReq, counter.Road.Sent.SkipWhile(message => message.Body.Type != PkiBodyType.Krr).Select(message => message.Body.Type));
    }

    [SkippableFact]
    public async Task What_was_not_archived_is_not_there()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using var counter = new Counter();
        counter.Enroll("CN=lost");
        Assert.StartsWith("CmpServer.", (await Assert.ThrowsAnyAsync<CmpException>(() => RestoreAsync(counter, request => request))).ErrorId, StringComparison.Ordinal);
    }

    private async Task<Certificate> EnrollAsync(Counter counter, string algorithm, KeyUsages usage, bool isCentral)
    {
        using var enrollment = new Enrollment(counter.Client, new EnrollmentRequest
        {
            Subject = Name.Parse("CN=lost"),
            Extensions = [CertificateExtensions.KeyUsage(usage)],
            Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse(algorithm) },
            IsCentralKey = isCentral,
            ArchiveKey = true,
            Destination = CertificateDestination.None,
        })
        {
            Trace = counter.Trace,
        };
        return (await enrollment.RunAsync())!.Certificate;
    }

    private async Task<KeyRecovery> RestoreAsync(Counter counter, Func<KeyRecoveryRequest, KeyRecoveryRequest> change)
    {
        var recovery = new KeyRecovery(counter.Client, change(new KeyRecoveryRequest
        {
            Subject = Name.Parse("CN=lost"),
            EncryptionKeyAlgorithm = KeyAlgorithm.Parse("X25519"),
            Destination = CertificateDestination.InFile(_folder.PathOf("restored.pem")),
        }))
        {
            Trace = counter.Trace,
        };
        Assert.True(await recovery.RunAsync());
        return recovery;
    }
}
