using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Cmp.Tests;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>OpenSSL's client revokes and asks at our test server, and OpenSSL reads and believes the server's CRLs.</summary>
public sealed class RevokeByOpenSslTests : IDisposable
{
    private const string Reference = "interop";
    private static readonly string Secret = Guid.NewGuid().ToString("N");
    private static readonly Dictionary<string, string> Environment = new() { ["CMP_SECRET"] = Secret };

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(false, 4, false)]
    [InlineData(true, 1, false)]
    [InlineData(true, 0, true)]
    [InlineData(true, 5, true)]
    public async Task OpenSSL_revokes_and_believes_the_CRL(bool signed, int reason, bool strict)
    {
        using Server server = StartAndEnroll(new TestServerOptions { Strict = strict });
        ProgramResult result = Cmp(server, ["-cmd", "rr", "-oldcert", _folder.PathOf("old.pem"), "-revreason", reason.ToString(System.Globalization.CultureInfo.InvariantCulture), .. Credential(signed)]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(server.Issued);

        using CmpClient client = Client(server);
        Crl crl = (await client.GetCrlAsync())!;
        Assert.True(crl.Verified);
        RevokedCertificate entry = Assert.Single(crl.Entries);
        Assert.Equal(reason == 0 ? null : (RevocationReason)reason, entry.Reason);
        _folder.Write("crl.der", crl.RawData.ToArray());
        string text = System.Text.Encoding.UTF8.GetString(OpenSsl.Require(["crl", "-inform", "DER", "-in", _folder.PathOf("crl.der"), "-CAfile", _folder.PathOf("chain.pem"), "-noout", "-text"]));
        Assert.Contains("Version 2", text, StringComparison.Ordinal);
        Assert.Contains("X509v3 CRL Number", text, StringComparison.Ordinal);
        // the CA that issues says that it is revoked, the root that the CA is not
        Crl rootCrl = (await client.GetCrlAsync(new CrlRequest { Issuer = Certificate.From(server.RootCertificate).Subject }))!;
        _folder.Write("root.crl.der", rootCrl.RawData.ToArray());
        foreach (string name in new[] { "crl", "root.crl" })
            OpenSsl.Require(["crl", "-inform", "DER", "-in", _folder.PathOf(name + ".der"), "-out", _folder.PathOf(name + ".pem")]);
        File.WriteAllText(_folder.PathOf("crls.pem"), File.ReadAllText(_folder.PathOf("crl.pem")) + File.ReadAllText(_folder.PathOf("root.crl.pem")));
        ProgramResult verified = OpenSsl.Run(["verify", "-x509_strict", "-crl_check_all", "-CRLfile", _folder.PathOf("crls.pem"), "-CAfile", _folder.PathOf("root.pem"), "-untrusted", _folder.PathOf("issuing.pem"), _folder.PathOf("old.pem")]);
        Assert.NotEqual(0, verified.ExitCode);
        Assert.Contains("certificate revoked", verified.Text + verified.Error, StringComparison.Ordinal);
        OpenSsl.Require(["verify", "-crl_check_all", "-CRLfile", _folder.PathOf("crls.pem"), "-CAfile", _folder.PathOf("root.pem"), _folder.PathOf("issuing.pem")]);
    }

    [SkippableFact]
    public void OpenSSL_names_the_certificate_by_the_PKCS10_that_it_was_made_for()
    {
        using Server server = StartAndEnroll(new TestServerOptions());
        OpenSsl.Require(["req", "-new", "-key", _folder.PathOf("old.key"), "-subj", "/CN=old", "-out", _folder.PathOf("old.csr")]);
        ProgramResult result = Cmp(server, ["-cmd", "rr", "-csr", _folder.PathOf("old.csr"), "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed: false)]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(server.Issued);
    }

    [SkippableFact]
    public void OpenSSL_is_told_that_a_certificate_is_revoked_already_and_that_one_is_unknown()
    {
        using Server server = StartAndEnroll(new TestServerOptions());
        string[] revoke = ["-cmd", "rr", "-oldcert", _folder.PathOf("old.pem"), .. Credential(signed: false)];
        Assert.Equal(0, Cmp(server, revoke).ExitCode);
        ProgramResult again = Cmp(server, revoke);
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("certRevoked", again.Error, StringComparison.Ordinal);
        using var stranger = new TestCa();
        File.WriteAllText(_folder.PathOf("old.pem"), stranger.Certificate.ExportCertificatePem() + "\n");
        Assert.Contains("badCertId", Cmp(server, revoke).Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void OpenSSL_asks_and_reads_what_comes(bool signed)
    {
        using Server server = StartAndEnroll(new TestServerOptions());
        foreach (string type in new[] { "signKeyPairTypes", "encKeyPairTypes", "preferredSymmAlg", "currentCRL", "caKeyUpdateInfo" })
        {
            ProgramResult result = Cmp(server, ["-cmd", "genm", "-infotype", type, "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed)]);
            Assert.True(result.ExitCode == 0, type + result.Error);
            Assert.Contains($"id-it-{type}", result.Error, StringComparison.OrdinalIgnoreCase);
        }
        ProgramResult nothing = Cmp(server, ["-cmd", "genm", "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed)]);
        Assert.True(nothing.ExitCode == 0, nothing.Error);
    }

    [SkippableFact]
    public void OpenSSL_asks_a_strict_server_for_one_thing()
    {
        using Server server = StartAndEnroll(new TestServerOptions { Strict = true });
        ProgramResult result = Cmp(server, ["-cmd", "genm", "-infotype", "signKeyPairTypes", "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed: true)]);
        Assert.True(result.ExitCode == 0, result.Error);
        ProgramResult everything = Cmp(server, ["-cmd", "genm", "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed: true)]);
        Assert.NotEqual(0, everything.ExitCode);
        Assert.Contains("badRequest", everything.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void After_a_change_of_root_OpenSSL_enrols_under_the_new_one_and_finds_the_way_from_the_old_one()
    {
        using Server server = StartAndEnroll(new TestServerOptions());
        File.Copy(_folder.PathOf("root.pem"), _folder.PathOf("old-root.pem"));
        server.UpdateRoot();
        WriteAuthority(server);
        // signed answers lead to the old root by the certificate of the new key that it signed
        ProgramResult result = Cmp(server, ["-cmd", "cr", "-newkey", _folder.PathOf("old.key"), "-subject", "/CN=after", "-cert", _folder.PathOf("old.pem"), "-key", _folder.PathOf("old.key"), "-trusted", _folder.PathOf("old-root.pem"), "-certout", _folder.PathOf("after.pem"), "-extracertsout", _folder.PathOf("extra.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
        OpenSsl.Require(["verify", "-x509_strict", "-CAfile", _folder.PathOf("root.pem"), "-untrusted", _folder.PathOf("issuing.pem"), _folder.PathOf("after.pem")]);
        OpenSsl.Require(["verify", "-x509_strict", "-CAfile", _folder.PathOf("old-root.pem"), "-untrusted", _folder.PathOf("extra.pem"), _folder.PathOf("after.pem")]);
    }

    /// <summary>OpenSSL's client has no sender of the strict profile under a MAC: where that holds it enrols before, at a server of the same state.</summary>
    private Server StartAndEnroll(TestServerOptions options)
    {
        Server first = Start(options with { Strict = false, StatePath = _folder.PathOf("state") });
        try
        {
            Enroll(first);
        }
        finally
        {
            first.Dispose();
        }
        return Start(options with { StatePath = _folder.PathOf("state") });
    }

    private Server Start(TestServerOptions options)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var secret = new SecureString();
        foreach (char c in Secret)
            secret.AppendChar(c);
        Server server = Server.Start(options with { Reference = Reference, Secret = secret });
        WriteAuthority(server);
        return server;
    }

    private void WriteAuthority(Server server)
    {
        string root = server.RootCertificate.ExportCertificatePem() + "\n", issuing = server.IssuingCertificate.ExportCertificatePem() + "\n";
        File.WriteAllText(_folder.PathOf("root.pem"), root);
        File.WriteAllText(_folder.PathOf("issuing.pem"), issuing);
        File.WriteAllText(_folder.PathOf("chain.pem"), root + issuing);
    }

    private void Enroll(Server server)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _folder.Write("old.key", TestCa.Pem(key));
        ProgramResult result = Cmp(server, ["-cmd", "ir", "-newkey", _folder.PathOf("old.key"), "-subject", "/CN=old", "-recipient", "/CN=Cmp Test Issuing CA", .. Credential(signed: false), "-implicit_confirm", "-certout", _folder.PathOf("old.pem")]);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private string[] Credential(bool signed) => signed
        ? ["-cert", _folder.PathOf("old.pem"), "-key", _folder.PathOf("old.key"), "-trusted", _folder.PathOf("root.pem"), "-untrusted", _folder.PathOf("issuing.pem")]
        : ["-ref", Reference, "-secret", "env:CMP_SECRET"];

    private static ProgramResult Cmp(Server server, IReadOnlyList<string> arguments)
    {
        ProgramResult result = OpenSsl.Run(["cmp", "-config", string.Empty, "-server", $"127.0.0.1:{server.Uri.Port}", "-batch", .. arguments], environment: Environment);
        return result with { Error = result.Text + result.Error };
    }

    private static CmpClient Client(Server server) => new(new ServerSettings
    {
        Uri = server.Uri,
        Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, Secret).SecurePassword),
        TrustAnchor = [Certificate.From(server.RootCertificate)],
    });
}
