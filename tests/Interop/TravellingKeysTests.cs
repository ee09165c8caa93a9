using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>OpenSSL at our test server where keys do not sign, or are made there: its client proves possession by an encrypted certificate, its CMS opens what the server encrypts.</summary>
public sealed class TravellingKeysTests : IDisposable
{
    private const string Reference = "interop";
    private static readonly string Secret = Guid.NewGuid().ToString("N");
    private static readonly Dictionary<string, string> Environment = new() { ["CMP_SECRET"] = Secret };

    private readonly TestFolder _folder = new();
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        foreach (IDisposable one in _owned)
            one.Dispose();
        _folder.Dispose();
    }

    // openssl cmp -popo 2: a certificate in an EncryptedValue, pvno 2

    [SkippableTheory]
    [InlineData("ir", false)]
    [InlineData("cr", false)]
    [InlineData("cr", true)]
    public void OpenSSL_opens_an_encrypted_certificate_and_proves_itself_by_its_hash(string operation, bool asksImplicit)
    {
        Server server = Start(new TestServerOptions());
        using RSA key = RSA.Create(2048);
        ProgramResult result = Cmp(server, operation, key.ExportPkcs8PrivateKeyPem(), ["-popo", "2", .. asksImplicit ? ["-implicit_confirm"] : Array.Empty<string>()]);
        Assert.True(result.ExitCode == 0, result.Error + result.Text);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(_folder.PathOf("new.pem"));
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), issued.PublicKey.ExportSubjectPublicKeyInfo());
        // it is good since its hash came, and was never sent in the clear
        Assert.Equal(issued.RawData, Assert.Single(server.Issued).RawData);
        Assert.Equal(1, _trace.Count("Received certConf"));
        OpenSsl.Require(["verify", "-x509_strict", "-CAfile", _folder.PathOf("root.pem"), "-untrusted", _folder.PathOf("issuing.pem"), _folder.PathOf("new.pem")]);
    }

    [SkippableFact]
    public void Without_its_confirmation_the_certificate_is_none()
    {
        Server server = Start(new TestServerOptions());
        using RSA key = RSA.Create(2048);
        ProgramResult result = Cmp(server, "ir", key.ExportPkcs8PrivateKeyPem(), ["-popo", "2", "-disable_confirm"]);
        Assert.True(result.ExitCode == 0, result.Error + result.Text);
        Assert.Empty(server.Issued);
    }

    [SkippableFact]
    public void What_OpenSSL_cannot_prove_is_told()
    {
        Server server = Start(new TestServerOptions());
        using ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ProgramResult result = Cmp(server, "ir", curve.ExportPkcs8PrivateKeyPem(), ["-popo", "2"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("PKIFailureInfo: badPOP", result.Error + result.Text, StringComparison.Ordinal);

        using RSA key = RSA.Create(2048);
        result = Cmp(Start(new TestServerOptions { RequiredProof = Client.ProofOfPossessionKind.Signature }), "ir", key.ExportPkcs8PrivateKeyPem(), ["-popo", "2"]);
        Assert.Contains("PKIFailureInfo: badPOP", result.Error + result.Text, StringComparison.Ordinal);
        Assert.Empty(server.Issued);
    }

    // openssl cmp -popo 0: raVerified

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void OpenSSL_as_registration_authority_says_raVerified_and_others_may_not(bool isRegistrationAuthority)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        var vendor = new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow, name: "Vendor");
        _owned.Add(vendor);
        using PrivateKey raKey = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate ra = Issue(vendor, raKey, "CN=ra", KeyUsages.DigitalSignature, isRegistrationAuthority ? Oids.CmcRA : Oids.ClientAuth);
        Server server = Start(new TestServerOptions { TrustedClients = [X509CertificateLoader.LoadCertificate(vendor.Root.Encoded.Span)] });
        _folder.Write("ra.pem", Pem(ra));
        _folder.Write("ra.key", PemOf(raKey));
        _folder.Write("vendor.pem", Pem(vendor.Issuing));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _folder.Write("new.key", key.ExportPkcs8PrivateKeyPem());
        string[] signed = ["-cert", _folder.PathOf("ra.pem"), "-key", _folder.PathOf("ra.key"), "-extracerts", _folder.PathOf("vendor.pem"), "-trusted", _folder.PathOf("root.pem"), "-untrusted", _folder.PathOf("issuing.pem")];
        ProgramResult result = OpenSsl.Run(["cmp", "-config", string.Empty, "-server", $"127.0.0.1:{server.Uri.Port}", "-batch", "-verbosity", "3", "-cmd", "cr", "-newkey", _folder.PathOf("new.key"), "-subject", "/CN=device", "-recipient", "/CN=Cmp Test Issuing CA", "-popo", "0", .. signed, "-certout", _folder.PathOf("new.pem")]);
        if (isRegistrationAuthority)
        {
            Assert.True(result.ExitCode == 0, result.Error + result.Text + _trace);
            Assert.Equal("CN=device", Assert.Single(server.Issued).Subject);
        }
        else
        {
            Assert.Contains("PKIFailureInfo: notAuthorized", result.Error + result.Text, StringComparison.Ordinal);
            Assert.Empty(server.Issued);
        }
    }

    // openssl cms: the private key that the server made

    public static TheoryData<string, bool, string?> Recipients => new()
    {
        { "RSA_2048", false, null }, { "RSA_2048", true, null }, { "RSA_2048", false, "protocolEncrKey" },
        { "ECDSA_P256", false, null }, { "ECDSA_P384", false, null }, { "ECDSA_P521", false, null }, { "ECDSA_P256", false, "protocolEncrKey" },
    };

    [SkippableTheory]
    [MemberData(nameof(Recipients))]
    public void OpenSSL_opens_a_key_for_a_certificate_and_verifies_who_made_it(string algorithm, bool pkcs1, string? named)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        var vendor = new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow, name: "Vendor");
        _owned.Add(vendor);
        PrivateKey own = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        _owned.Add(own);
        KeyUsages usage = KeyUsages.DigitalSignature | (algorithm == "RSA_2048" ? KeyUsages.KeyEncipherment : KeyUsages.KeyAgreement);
        using var signer = new SigningCertificate(Issue(vendor, own, "CN=device", usage, Oids.ClientAuth), own, [vendor.Issuing]);
        Server server = Start(new TestServerOptions { TrustedClients = [X509CertificateLoader.LoadCertificate(vendor.Root.Encoded.Span)], Envelope = new EnvelopeOptions { Pkcs1 = pkcs1 } });
        using MessageProtector protector = MessageProtector.Signature(signer, null, pss: false);
        CertifiedKeyPair pair = Ask(server, protector, GeneralName.FromName(signer.Certificate.Subject), [signer.Certificate, vendor.Issuing], named is null ? [] : [Controls.ProtocolEncrKey(own.PublicKey)]);
        _folder.Write("own.pem", Pem(signer.Certificate));
        _folder.Write("own.key", PemOf(own));
        // named by protocolEncrKey it has no certificate: the first that has the key is right
        string[] recipient = named is null ? ["-recip", _folder.PathOf("own.pem"), "-inkey", _folder.PathOf("own.key")] : ["-inkey", _folder.PathOf("own.key")];
        Check(server, pair, recipient);
    }

    [SkippableFact]
    public void OpenSSL_opens_a_key_under_the_secret_and_verifies_who_made_it()
    {
        Server server = Start(new TestServerOptions { Envelope = new EnvelopeOptions { PwriKek = true } });
        using var secret = new SharedSecret(Encoding.UTF8.GetBytes(Reference), Encoding.UTF8.GetBytes(Secret));
        using MessageProtector protector = MessageProtector.PasswordBasedMac(secret, new PbmOptions { Iterations = 500 });
        CertifiedKeyPair pair = Ask(server, protector, GeneralName.FromName(Name.FromCommonName(Reference)), [], []);
        Check(server, pair, ["-pwri_password", Secret]);
        // and not under another one
        ProgramResult wrong = OpenSsl.Run(["cms", "-decrypt", "-inform", "DER", "-binary", "-in", _folder.PathOf("key.der"), "-pwri_password", Secret + "x", "-out", _folder.PathOf("wrong.der")]);
        Assert.NotEqual(0, wrong.ExitCode);
    }

    private readonly TraceText _trace = new();

    private Server Start(TestServerOptions options)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var secret = new SecureString();
        foreach (char c in Secret)
            secret.AppendChar(c);
        Server server = Server.Start(options with { Reference = Reference, Secret = secret, Trace = _trace });
        _owned.Add(server);
        _folder.Write("root.pem", server.RootCertificate.ExportCertificatePem());
        _folder.Write("issuing.pem", server.IssuingCertificate.ExportCertificatePem());
        return server;
    }

    private ProgramResult Cmp(Server server, string operation, string key, IReadOnlyList<string> arguments)
    {
        _folder.Write("new.key", key);
        return OpenSsl.Run(
            [
                "cmp", "-config", string.Empty, "-server", $"127.0.0.1:{server.Uri.Port}", "-batch", "-verbosity", "3", "-cmd", operation, "-newkey", _folder.PathOf("new.key"),
                "-subject", "/CN=wanted", "-recipient", "/CN=Cmp Test Issuing CA", "-ref", Reference, "-secret", "env:CMP_SECRET", .. arguments, "-certout", _folder.PathOf("new.pem"),
            ],
            environment: Environment);
    }

    /// <summary>Asks for a key on P-256 that the server makes.</summary>
    private static CertifiedKeyPair Ask(Server server, MessageProtector protector, GeneralName sender, IReadOnlyList<Certificate> extraCerts, IReadOnlyList<AttributeTypeAndValue> controls)
    {
        var template = new CertTemplate { Subject = Name.Parse("CN=central"), PublicKey = new SubjectPublicKeyInfo(KeyAlgorithm.Parse("ECDSA_P256").ToIdentifier(), ReadOnlyMemory<byte>.Empty) };
        var header = new PkiHeader(3, sender, GeneralName.NullDn)
        {
            MessageTime = DateTimeOffset.UtcNow,
            SenderKid = protector.SenderKid,
            TransactionId = RandomNumberGenerator.GetBytes(16),
            SenderNonce = RandomNumberGenerator.GetBytes(16),
        };
        PkiMessage request = protector.Protect(header, new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, template, controls), null, [])]), extraCerts);
        PkiMessage answer = PkiMessage.Decode(server.Responder.Respond(request.Encoded));
        CertResponse response = Assert.Single(Assert.IsType<CertRepMessage>(answer.Body).Responses);
        return response.CertifiedKeyPair ?? throw new InvalidOperationException(response.Status.StatusString?.Texts[0]);
    }

    /// <summary>OpenSSL decrypts it, finds the path of who signed it strictly, and gives the key package, whose key is that of the certificate.</summary>
    private void Check(Server server, CertifiedKeyPair pair, IReadOnlyList<string> recipient)
    {
        ReadOnlyMemory<byte> enveloped = EncryptedKey.Decode(pair.PrivateKey!.Value).EnvelopedData!.Value;
        _folder.Write("key.der", new ContentInfo(Oids.EnvelopedData, enveloped).Encoded.ToArray());
        OpenSsl.Require(["cms", "-decrypt", "-inform", "DER", "-binary", "-in", _folder.PathOf("key.der"), .. recipient, "-out", _folder.PathOf("signed-content.der")]);
        byte[] signedData = System.IO.File.ReadAllBytes(_folder.PathOf("signed-content.der"));
        _folder.Write("signed.der", new ContentInfo(Oids.SignedData, signedData).Encoded.ToArray());
        string[] verify = ["cms", "-verify", "-inform", "DER", "-binary", "-in", _folder.PathOf("signed.der"), "-purpose", "any", "-x509_strict"];
        OpenSsl.Require([.. verify, "-CAfile", _folder.PathOf("root.pem"), "-signer", _folder.PathOf("kga.pem"), "-out", _folder.PathOf("package.der")]);
        using X509Certificate2 kga = X509CertificateLoader.LoadCertificateFromFile(_folder.PathOf("kga.pem"));
        Assert.Equal([Oids.CmKGA], kga.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value));
        // of another root it is nobody's
        using var stranger = new TestCa();
        _folder.Write("stranger.pem", stranger.Certificate.ExportCertificatePem());
        Assert.NotEqual(0, OpenSsl.Run([.. verify, "-CAfile", _folder.PathOf("stranger.pem"), "-out", _folder.PathOf("other.der")]).ExitCode);

        // OpenSSL 3.0 reads keys in version 1 only, and this one has its public key beside it
        using PrivateKey key = PrivateKey.FromPkcs8(Assert.Single(AsymmetricKeyPackage.Decode(System.IO.File.ReadAllBytes(_folder.PathOf("package.der"))).Keys));
        _folder.Write("made.der", key.ExportPkcs8());
        byte[] publicKey = OpenSsl.Require(["pkey", "-inform", "DER", "-in", _folder.PathOf("made.der"), "-pubout", "-outform", "DER"]);
        Assert.Equal(pair.Certificate!.PublicKey.Encoded.ToArray(), publicKey);
    }

    private static Certificate Issue(CertificationAuthority authority, PrivateKey key, string subject, KeyUsages usage, string enhanced) => authority.Issue(new CertificateContent(
        Name.Parse(subject), key.PublicKey, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), [CertificateExtensions.KeyUsage(usage), CertificateExtensions.EnhancedKeyUsage([enhanced])]));

    private static string Pem(Certificate certificate) => new(PemEncoding.Write("CERTIFICATE", certificate.Encoded.Span));

    private static string PemOf(PrivateKey key) => new(PemEncoding.Write("PRIVATE KEY", key.ExportPkcs8()));
}
