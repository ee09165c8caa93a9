using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.TestServer;
using Cmp.Tests;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>OpenSSL's client at our test server: its messages are understood, and it believes ours.</summary>
public sealed class TestServerInteropTests
{
    private const string Reference = "interop";
    private static readonly string Secret = Guid.NewGuid().ToString("N");
    private static readonly Dictionary<string, string> Environment = new() { ["CMP_SECRET"] = Secret, ["CMP_WRONG"] = Secret + "x" };

    public static TheoryData<string, bool, bool, int> Ways()
    {
        var ways = new TheoryData<string, bool, bool, int>();
        foreach (string operation in new[] { "ir", "cr", "p10cr", "kur" })
        {
            foreach (bool signed in new[] { false, true })
            {
                ways.Add(operation, signed, true, 0);
                ways.Add(operation, signed, false, 0);
                ways.Add(operation, signed, false, 1);
            }
        }
        return ways;
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void OpenSSL_enrols_and_renews(string operation, bool signed, bool isImplicit, int polls)
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions { PollCount = polls, CheckAfter = 1 });
        List<string> arguments = [.. scene.Request(operation, signed), .. scene.Credential(signed), .. isImplicit ? ["-implicit_confirm"] : Array.Empty<string>()];
        int before = scene.Server.Issued.Count;
        scene.Trace.Clear();

        ProgramResult result = scene.Cmp([.. arguments, "-certout", scene.Folder.PathOf("new.pem"), "-chainout", scene.Folder.PathOf("chain.pem"), "-cacertsout", scene.Folder.PathOf("capubs.pem"), "-extracertsout", scene.Folder.PathOf("extra.pem")]);

        Assert.True(result.ExitCode == 0, result.Error + scene.Trace);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(scene.Folder.PathOf("new.pem"));
        Assert.Equal(before + 1, scene.Server.Issued.Count);
        Assert.Equal(issued.RawData, scene.Server.Issued[^1].RawData);
        Assert.Equal(operation == "kur" ? "CN=old" : "CN=wanted", issued.Subject);
        Assert.Equal(scene.NewKey.ExportSubjectPublicKeyInfo(), issued.PublicKey.ExportSubjectPublicKeyInfo());
        scene.VerifyAndRead("new.pem");
        Assert.Equal(isImplicit ? 0 : 1, scene.Trace.Count("Received certConf"));
        Assert.Equal(polls, scene.Trace.Count("Sent pollRep"));
        // RFC 9483 4.1: the root comes in an ip under a secret only; the chain of what was issued always
        var caPubs = new FileInfo(scene.Folder.PathOf("capubs.pem"));
        Assert.Equal(operation == "ir" && !signed, caPubs.Exists && caPubs.Length > 0);
        Assert.Contains(Pem(scene.Server.IssuingCertificate), Normalize(File.ReadAllText(scene.Folder.PathOf("extra.pem"))), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Without_confirmation_the_certificate_is_not_kept_for_good()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using Scene scene = Scene.OrSkip(new TestServerOptions { Clock = () => now });
        ProgramResult result = scene.Cmp([.. scene.Request("ir", false), .. scene.Credential(false), "-disable_confirm", "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(0, scene.Trace.Count("Received certConf"));
        Assert.Single(scene.Server.Issued);
        now += TimeSpan.FromMinutes(6);
        Assert.Empty(scene.Server.Issued);
    }

    [SkippableFact]
    public void A_certificate_that_OpenSSL_does_not_trust_is_refused_and_discarded()
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        // it believes in another root for what is issued
        scene.Folder.Write("stranger.pem", Pem(Scene.Stranger(out _)));
        ProgramResult result = scene.Cmp([.. scene.Request("ir", false), .. scene.Credential(false), "-out_trusted", scene.Folder.PathOf("stranger.pem"), "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal(1, scene.Trace.Count("Received certConf"));
        Assert.Equal(1, scene.Trace.Count("Sent pkiconf"));
        Assert.Empty(scene.Server.Issued);
    }

    [SkippableTheory]
    [InlineData("ir", false, false)]
    [InlineData("cr", true, false)]
    [InlineData("p10cr", false, true)]
    [InlineData("kur", true, true)]
    public void Rejection_on_demand_reaches_OpenSSL(string operation, bool signed, bool byError)
    {
        // what a kur needs comes from a server that does not refuse, so only its own certificates would do: those are trusted by themselves here
        using Scene scene = Scene.OrSkip(new TestServerOptions { FailInfo = FailInfo.DuplicateCertReq, RejectByError = byError }, enrolls: operation is "ir" or "p10cr" ? false : null);
        ProgramResult result = scene.Cmp([.. scene.Request(operation, signed), .. scene.Credential(signed), "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(operation == "kur" ? "badCertId" : "PKIFailureInfo: duplicateCertReq; StatusString: \"This server was told to refuse.\"", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(scene.Folder.PathOf("new.pem")));
    }

    [SkippableFact]
    public void A_wrong_secret_fails_on_both_sides()
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        ProgramResult result = scene.Cmp([.. scene.Request("ir", false), "-ref", Reference, "-secret", "env:CMP_WRONG", "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.NotEqual(0, result.ExitCode);
        // the error comes under the right secret, which this client does not have
        Assert.Contains("wrong pbm value", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, scene.Trace.Count("badMessageCheck"));
        Assert.Empty(scene.Server.Issued);

        result = scene.Cmp([.. scene.Request("ir", false), "-ref", Reference, "-secret", "env:CMP_WRONG", "-unprotected_errors", "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.Contains("PKIFailureInfo: badMessageCheck", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_OpenSSL_may_do_wrong_is_told()
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        string[] ir = [.. scene.Request("ir", false), .. scene.Credential(false), "-certout", scene.Folder.PathOf("new.pem")];
        Assert.Contains("PKIFailureInfo: badPOP", scene.Cmp([.. ir, "-popo", "-1"]).Error, StringComparison.Ordinal);
        Assert.Contains("PKIFailureInfo: notAuthorized", scene.Cmp([.. ir, "-popo", "0"]).Error, StringComparison.Ordinal);
        Assert.Contains("PKIFailureInfo: wrongAuthority", scene.Cmp([.. ir, "-issuer", "/CN=another CA"]).Error, StringComparison.Ordinal);
        // an unprotected request is answered by a signature
        Assert.Contains("PKIFailureInfo: wrongIntegrity", scene.Cmp([.. scene.Request("ir", true), "-unprotected_requests", "-trusted", scene.Folder.PathOf("root.pem"), "-ref", Reference, "-recipient", "/CN=x", "-certout", scene.Folder.PathOf("new.pem")]).Error, StringComparison.Ordinal);
        Assert.Empty(scene.Server.Issued);
    }

    [SkippableFact]
    public void A_stranger_is_not_trusted_and_a_trusted_client_is()
    {
        X509Certificate2 certificate = Scene.Stranger(out ECDsa key);
        foreach (bool trusted in new[] { false, true })
        {
            using Scene scene = Scene.OrSkip(new TestServerOptions { TrustedClients = trusted ? [certificate] : [] });
            scene.Folder.Write("stranger.pem", Pem(certificate));
            scene.Folder.Write("stranger.key", TestCa.Pem(key));
            ProgramResult result = scene.Cmp([.. scene.Request("ir", true), "-cert", scene.Folder.PathOf("stranger.pem"), "-key", scene.Folder.PathOf("stranger.key"), "-trusted", scene.Folder.PathOf("root.pem"), "-certout", scene.Folder.PathOf("new.pem")]);
            if (trusted)
                Assert.True(result.ExitCode == 0, result.Error);
            else
                Assert.Contains("PKIFailureInfo: signerNotTrusted", result.Error, StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [InlineData("sha256", "hmac-sha1")]
    [InlineData("sha1", "hmac-sha1")]
    [InlineData("sha512", "hmac-sha1")]
    public void OpenSSLs_MACs_are_understood(string digest, string mac)
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        // its -digest is that of the proof of possession too, which SHA-1 does not do for
        string[] proof = digest == "sha1" ? [.. scene.Request("p10cr", false)] : [.. scene.Request("ir", false)];
        ProgramResult result = scene.Cmp([.. proof, .. scene.Credential(false), "-digest", digest, "-mac", mac, "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error + scene.Trace);
    }

    [SkippableTheory]
    [InlineData("RSA_2048", null, false)]
    [InlineData("RSA_2048", "SHA384", true)]
    [InlineData("ECDSA_P384", null, false)]
    [InlineData("ECDSA_P521", null, false)]
    [InlineData("ECDSA_brainpoolP256r1", null, false)]
    [InlineData("ECDSA_brainpoolP384r1", null, false)]
    [InlineData("ECDSA_brainpoolP512r1", null, false)]
    [InlineData("Ed25519", null, false)]
    [InlineData("Ed448", null, false)]
    public void OpenSSL_believes_authorities_of_other_keys(string algorithm, string? hash, bool pss)
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions { KeyAlgorithm = KeyAlgorithm.Parse(algorithm), HashAlgorithm = hash, Pss = pss });
        // the hash in its certConf of a certificate that Ed448 signed is wrong in every OpenSSL (RFC 9481 3.3): nothing is confirmed there
        string[] confirmation = algorithm == "Ed448" ? ["-implicit_confirm"] : [];
        ProgramResult result = scene.Cmp([.. scene.Request("cr", true), .. scene.Credential(true), .. confirmation, "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error + scene.Trace);
        Assert.Equal(1, scene.Trace.Count("Sent cp"));
        scene.VerifyAndRead("new.pem");
    }

    [SkippableFact]
    public void Names_extensions_and_validity_are_as_OpenSSL_asked()
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        scene.Folder.Write("extensions.cnf", "[wanted]\nkeyUsage = critical, digitalSignature, keyAgreement\nextendedKeyUsage = clientAuth, 1.2.3.4\n1.2.3.5 = ASN1:UTF8String:hello\n");
        ProgramResult result = scene.Cmp(["-config", scene.Folder.PathOf("extensions.cnf"), .. scene.Request("ir", false), .. scene.Credential(false), "-reqexts", "wanted", "-sans", "host.example", "-days", "20", "-certout", scene.Folder.PathOf("new.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        string text = scene.VerifyAndRead("new.pem");
        foreach (string expected in new[] { "Digital Signature, Key Agreement", "TLS Web Client Authentication, 1.2.3.4", "1.2.3.5:", "DNS:host.example", "Subject: CN = wanted" })
            Assert.Contains(expected, text, StringComparison.Ordinal);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(scene.Folder.PathOf("new.pem"));
        Assert.Equal(20, (issued.NotAfter - issued.NotBefore).TotalDays, 3);
    }

    [SkippableFact]
    public async Task Several_of_them_at_once_and_many_in_a_row()
    {
        using Scene scene = Scene.OrSkip(new TestServerOptions());
        string[] arguments = [.. scene.Request("ir", false), .. scene.Credential(false), "-repeat", "10"];
        ProgramResult[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Task.Run(() => scene.Cmp([.. arguments, "-certout", scene.Folder.PathOf($"new{i}.pem")]))));
        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.Error));
        Assert.Equal(30, scene.Server.Issued.Count);
    }

    private static string Pem(X509Certificate2 certificate) => Normalize(certificate.ExportCertificatePem());

    private static string Normalize(string text) => text.Replace("\r", string.Empty, StringComparison.Ordinal);

    /// <summary>A server, and a folder with what OpenSSL's client needs.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly bool _ownFirst;

        private Scene(TestServerOptions options, bool ownFirst)
        {
            _ownFirst = ownFirst;
            using var secret = new SecureString();
            foreach (char c in Secret)
                secret.AppendChar(c);
            Server = Server.Start(options with { Reference = Reference, Secret = secret, Trace = Trace });
            Folder.Write("root.pem", Pem(Server.RootCertificate));
            Folder.Write("issuing.pem", Pem(Server.IssuingCertificate));
            Folder.Write("new.key", TestCa.Pem(NewKey));
        }

        internal TestFolder Folder { get; } = new();

        internal Server Server { get; }

        internal TraceText Trace { get; } = new();

        internal ECDsa NewKey { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        internal static Scene OrSkip(TestServerOptions options, bool? enrolls = true)
        {
            Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
            if (enrolls is not null)
                return new Scene(options, ownFirst: true);
            // a server that refuses all never issued the client's certificate: one it was told to trust takes its place
            X509Certificate2 certificate = Stranger(out ECDsa key);
            var scene = new Scene(options with { TrustedClients = [certificate] }, ownFirst: false);
            scene.Folder.Write("old.pem", Pem(certificate));
            scene.Folder.Write("old.key", TestCa.Pem(key));
            return scene;
        }

        /// <summary>A certificate of nobody's, and its key.</summary>
        internal static X509Certificate2 Stranger(out ECDsa key)
        {
            using var ca = new TestCa();
            key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return ca.Issue("CN=stranger", key);
        }

        internal string[] Request(string operation, bool signed)
        {
            if ((operation == "kur" || (signed && operation != "ir")) && _ownFirst && !File.Exists(Folder.PathOf("old.pem")))
                EnrollOld();
            if (operation == "p10cr")
                Folder.Write("request.csr", new CertificateRequest("CN=wanted", NewKey, HashAlgorithmName.SHA256).CreateSigningRequestPem());
            return operation switch
            {
                "p10cr" => ["-cmd", "p10cr", "-csr", Folder.PathOf("request.csr")],
                "kur" => ["-cmd", "kur", "-newkey", Folder.PathOf("new.key"), "-oldcert", Folder.PathOf("old.pem")],
                _ => ["-cmd", operation, "-newkey", Folder.PathOf("new.key"), "-subject", "/CN=wanted", "-recipient", "/CN=Cmp Test Issuing CA"],
            };
        }

        internal string[] Credential(bool signed)
        {
            if (!signed)
                return ["-ref", Reference, "-secret", "env:CMP_SECRET"];
            if (_ownFirst && !File.Exists(Folder.PathOf("old.pem")))
                EnrollOld();
            return ["-cert", Folder.PathOf("old.pem"), "-key", Folder.PathOf("old.key"), "-trusted", Folder.PathOf("root.pem"), "-untrusted", Folder.PathOf("issuing.pem")];
        }

        /// <summary>Runs the client. Its log goes to standard output, what it says of files to standard error: both are in Error.</summary>
        internal ProgramResult Cmp(IReadOnlyList<string> arguments)
        {
            ProgramResult result = OpenSsl.Run([.. arguments.Contains("-config") ? ["cmp"] : new[] { "cmp", "-config", string.Empty }, "-server", $"127.0.0.1:{Server.Uri.Port}", "-batch", "-verbosity", "3", .. arguments], environment: Environment);
            return result with { Error = result.Text + result.Error };
        }

        /// <summary>OpenSSL finds the path strictly, and reads the certificate.</summary>
        internal string VerifyAndRead(string name)
        {
            OpenSsl.Require(["verify", "-x509_strict", "-CAfile", Folder.PathOf("root.pem"), "-untrusted", Folder.PathOf("issuing.pem"), Folder.PathOf(name)]);
            return System.Text.Encoding.UTF8.GetString(OpenSsl.Require(["x509", "-in", Folder.PathOf(name), "-noout", "-text"]));
        }

        private void EnrollOld()
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Folder.Write("old.key", TestCa.Pem(key));
            ProgramResult result = Cmp(["-cmd", "ir", "-newkey", Folder.PathOf("old.key"), "-subject", "/CN=old", "-ref", Reference, "-secret", "env:CMP_SECRET", "-implicit_confirm", "-certout", Folder.PathOf("old.pem")]);
            Assert.True(result.ExitCode == 0, result.Error + Trace);
        }

        public void Dispose()
        {
            Server.Dispose();
            Folder.Dispose();
            NewKey.Dispose();
        }
    }
}
