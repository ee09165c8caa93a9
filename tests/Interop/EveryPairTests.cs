using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>Every protection that OpenSSL has with every kind of key that it has: its client at our server, and ours at its server.</summary>
public sealed class EveryPairTests
{
    /// <summary>OpenSSL's words for kinds of keys, and ours.</summary>
    private static readonly Dictionary<string, string[]> Keys = new()
    {
        ["RSA_2048"] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        ["ECDSA_P256"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["ECDSA_P384"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ["ECDSA_P521"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        ["ECDSA_brainpoolP256r1"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
        ["ECDSA_brainpoolP384r1"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"],
        ["ECDSA_brainpoolP512r1"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"],
        ["Ed25519"] = ["-algorithm", "ED25519"],
        ["Ed448"] = ["-algorithm", "ED448"],
    };

    public static TheoryData<ProtectionKind, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<ProtectionKind, string>();
            foreach (string key in Keys.Keys)
            {
                pairs.Add(ProtectionKind.PasswordBasedMac, key);
                pairs.Add(ProtectionKind.Signature, key);
            }
            return pairs;
        }
    }

    /// <summary>Those of its client, which signs no message by EdDSA (unsupported key type, as of 3.0).</summary>
    public static TheoryData<ProtectionKind, string> PairsOfItsClient
    {
        get
        {
            var pairs = new TheoryData<ProtectionKind, string>();
            foreach (string key in Keys.Keys)
            {
                pairs.Add(ProtectionKind.PasswordBasedMac, key);
                if (!key.StartsWith("Ed", StringComparison.Ordinal))
                    pairs.Add(ProtectionKind.Signature, key);
            }
            return pairs;
        }
    }

    /// <summary>OpenSSL makes the keys, proves possession by them, and where the protection is a signature renews by the first one.</summary>
    [SkippableTheory]
    [MemberData(nameof(PairsOfItsClient))]
    public void OpenSSL_enrols_at_our_server(ProtectionKind protection, string algorithm)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var folder = new TestFolder();
        string password = Guid.NewGuid().ToString("N");
        using SecureString secret = new NetworkCredential(string.Empty, password).SecurePassword;
        using Server server = Server.Start(new TestServerOptions { Reference = "pairs", Secret = secret });
        File.WriteAllText(folder.PathOf("root.pem"), server.RootCertificate.ExportCertificatePem());
        File.WriteAllText(folder.PathOf("issuing.pem"), server.IssuingCertificate.ExportCertificatePem());

        Enroll("first", ["-cmd", "ir", "-subject", "/CN=first", "-recipient", "/CN=Cmp Test Issuing CA", "-ref", "pairs", "-secret", "env:CMP_SECRET"]);
        if (protection == ProtectionKind.Signature)
            Enroll("second", ["-cmd", "kur", "-oldcert", folder.PathOf("first.pem"), "-cert", folder.PathOf("first.pem"), "-key", folder.PathOf("first.key"), "-trusted", folder.PathOf("root.pem"), "-untrusted", folder.PathOf("issuing.pem")]);

        void Enroll(string name, string[] arguments)
        {
            OpenSsl.Require(["genpkey", .. Keys[algorithm], "-out", folder.PathOf(name + ".key")]);
            ProgramResult result = OpenSsl.Run(
                ["cmp", "-config", string.Empty, "-batch", "-server", $"127.0.0.1:{server.Uri.Port}", "-newkey", folder.PathOf(name + ".key"), "-certout", folder.PathOf(name + ".pem"), .. arguments],
                environment: new Dictionary<string, string> { ["CMP_SECRET"] = password });
            Assert.True(result.ExitCode == 0, result.Text + result.Error);
            Certificate issued = Certificate.From(X509CertificateLoader.LoadCertificateFromFile(folder.PathOf(name + ".pem")));
            Assert.Equal(algorithm, KeyAlgorithm.Of(issued.PublicKey).Name);
            Assert.Contains(server.Issued, certificate => certificate.Thumbprint == issued.Thumbprint);
        }
    }

    /// <summary>The key is OpenSSL's too, since its server issues one certificate only; we read it, prove possession by it, and sign with it.</summary>
    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public async Task We_enrol_at_the_server_of_OpenSSL(ProtectionKind protection, string algorithm)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var folder = new TestFolder();
        using var ca = new TestCa();
        string issuedFile = Issue(folder, ca, algorithm);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(issuedFile);
        using PrivateKey key = KeyFile.Read(folder.PathOf("issued.key"), null);
        using MockServer server = MockServer.Start(new MockServerOptions { Ca = ca, Issued = issued });
        using var client = new CmpClient(new ServerSettings
        {
            Uri = server.Uri,
            Preset = "OpenSslMock",
            Protection = protection,
            Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
            ClientCertificate = issued,
            ClientKey = key,
            TrustAnchor = [Certificate.From(ca.Certificate)],
            Timeout = TimeSpan.FromSeconds(40),
        });
        using var enrollment = new Enrollment(client, new EnrollmentRequest
        {
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            ExistingKey = key,
            Destination = CertificateDestination.None,
        });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        EnrolledCertificate enrolled = (await enrollment.RunAsync(cancellationToken: limit.Token))!;
        Assert.True(enrolled.Confirmed);
        Assert.Equal(issued.RawData, enrolled.Certificate.Encoded.ToArray());
        Assert.Equal(algorithm, KeyAlgorithm.Of(enrolled.Certificate.PublicKey).Name);
    }

    private static string Issue(TestFolder folder, TestCa ca, string algorithm)
    {
        folder.Write("ca.pem", ca.Certificate.ExportCertificatePem() + "\n");
        folder.Write("ca.key", TestCa.Pem(ca.Key));
        folder.Write("issued.ext", "keyUsage = critical, digitalSignature\nsubjectKeyIdentifier = hash\n");
        OpenSsl.Require(["genpkey", .. Keys[algorithm], "-out", folder.PathOf("issued.key")]);
        OpenSsl.Require(["req", "-new", "-key", folder.PathOf("issued.key"), "-subj", "/O=Cmp tests/CN=router7", "-out", folder.PathOf("issued.csr")]);
        OpenSsl.Require(["x509", "-req", "-in", folder.PathOf("issued.csr"), "-CA", folder.PathOf("ca.pem"), "-CAkey", folder.PathOf("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", folder.PathOf("issued.ext"), "-out", folder.PathOf("issued.pem")]);
        return folder.PathOf("issued.pem");
    }
}
