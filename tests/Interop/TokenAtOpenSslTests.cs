using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Keys in a token of SoftHSM at OpenSSL's server: it verifies proof and protection that were signed in the token.</summary>
public sealed class TokenAtOpenSslTests
{
    [SkippableTheory]
    [InlineData("RSA_2048", false)]
    [InlineData("RSA_2048", true)]
    [InlineData("ECDSA_P256", false)]
    [InlineData("ECDSA_P384", false)]
    [InlineData("Ed25519", false)]
    public async Task Enrols_and_renews_with_a_key_that_stays_in_its_token(string algorithm, bool pss)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        SoftToken token = SoftHsm.Take();
        using var ca = new TestCa();
        using var folder = new TestFolder();
        using KeyHandle made = KeyProviders.Get(new KeyRequest { Provider = token.Uri, Pin = token.Pin, Algorithm = KeyAlgorithm.Parse(algorithm) });
        X509Certificate2 issued = Issue(ca, made.Key.PublicKey);
        // the server issues one certificate whatever is asked: that of the token's key
        using MockServer server = MockServer.Start(new MockServerOptions { Ca = ca, Issued = issued });
        ServerSettings settings = new()
        {
            Uri = server.Uri,
            Preset = "OpenSslMock",
            Protection = ProtectionKind.PasswordBasedMac,
            Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
            TrustAnchor = [Certificate.From(ca.Certificate)],
            Timeout = TimeSpan.FromSeconds(40),
        };

        EnrolledCertificate enrolled = await RunAsync(settings, new EnrollmentRequest
        {
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            Key = new KeyRequest { Path = made.Reference!.Text, Password = token.Pin },
            Destination = CertificateDestination.InFile(folder.PathOf("router7.pem")),
        });
        using PrivateKey key = enrolled.Key!;
        Assert.Equal(issued.RawData, enrolled.Certificate.Encoded.ToArray());
        Assert.Equal(made.Key.Location, key.Location);
        Assert.True(enrolled.Confirmed);

        EnrolledCertificate renewed = await RunAsync(
            settings with
            {
                Protection = ProtectionKind.Signature,
                RsaPadding = pss ? RsaPadding.Pss : null,
                ClientCertificate = enrolled.Installed.Certificate,
                ClientKey = key,
                ClientKeyPath = key.Location,
            },
            new EnrollmentRequest
            {
                Operation = EnrollmentOperation.KeyUpdate,
                OldCertificate = enrolled.Certificate,
                ExistingKey = key,
                Destination = CertificateDestination.None,
            });
        Assert.True(renewed.Confirmed);
        renewed.Key!.Dispose();
    }

    private static async Task<EnrolledCertificate> RunAsync(ServerSettings settings, EnrollmentRequest request)
    {
        using var client = new CmpClient(settings);
        using var enrollment = new Enrollment(client, request);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync(cancellationToken: limit.Token));
    }

    private static X509Certificate2 Issue(TestCa ca, SubjectPublicKeyInfo key)
    {
        PublicKey publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(key.Encoded.Span, out _);
        var request = new CertificateRequest(new X500DistinguishedName("CN=router7, O=Cmp tests"), publicKey, HashAlgorithmName.SHA256);
        using ECDsa signer = ca.Certificate.GetECDsaPrivateKey()!;
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.Create(ca.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), now.AddMinutes(-5), now.AddDays(30), [1, 2, 3, 4]);
    }
}
