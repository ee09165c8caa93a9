using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.State;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What of a server's settings goes into a file, and comes out of it again.</summary>
public sealed class SettingsStateTests : IDisposable
{
    private static readonly PropertyInfo[] Properties = typeof(ServerSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance);

    private readonly Folder _folder = new();
    private readonly Transactions.MadeCertificate _issuer = Transactions.MadeCertificate.Root("CN=issuer");
    private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly Certificate _certificate;

    public SettingsStateTests() => _certificate = _issuer.Certify(_key.PublicKey, "CN=client");

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    /// <summary>A setting that is new is kept, or named as one that is not.</summary>
    [Fact]
    public void Every_setting_is_kept_or_named_as_kept_elsewhere()
    {
        StateObject state = SettingsState.Write(Everything());
        Assert.Empty(Properties
            .Where(property => !SettingsState.Elsewhere.Contains(property.Name) && !state.Has(char.ToLowerInvariant(property.Name[0]) + property.Name[1..]))
            .Select(property => property.Name));
        Assert.Equal(Properties.Length - SettingsState.Elsewhere.Count, state.Names.Count);
    }

    [Fact]
    public void What_is_written_is_read_as_it_was()
    {
        ServerSettings written = Everything();
        ServerSettings read = SettingsState.Read(Through(SettingsState.Write(written)));
        foreach (PropertyInfo property in Properties.Where(property => !SettingsState.Elsewhere.Contains(property.Name)))
            Assert.Equal(Show(property.GetValue(written)), Show(property.GetValue(read)));
        Assert.All(SettingsState.Elsewhere, name => Assert.Null(typeof(ServerSettings).GetProperty(name)!.GetValue(read)));
        Assert.Equal(SettingsState.Write(written).Names, SettingsState.Write(read).Names);
    }

    [Fact]
    public void What_says_nothing_writes_nothing()
    {
        Assert.Empty(SettingsState.Write(new ServerSettings()).Names);
        Assert.Equal(new ServerSettings(), SettingsState.Read(new StateObject()));
    }

    [SkippableFact]
    public void Rule17_No_secret_and_no_key_is_written()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string password = "hush-pfx", path = _folder.PathOf("client.pfx");
        CertificateDestination.InFile(path, null, Secure(password)).Install(new CertificateToInstall(_certificate, _key));
        using FoundCertificate found = CertificateSource.Find(path, Secure(password));
        ServerSettings settings = new()
        {
            Name = "lab",
            Secret = new ReferenceAndSecret("me", Secure("hush-secret")),
            ProxyCredential = new NetworkCredential("user", "hush-proxy", "DOMAIN"),
            ClientCertificate = found.Certificate,
            ClientKey = found.Key,
            ClientKeyPath = path,
            ClientKeyPassword = Secure(password),
            TlsCertificate = found.Certificate,
        };
        byte[] octets = StateJson.Write(SettingsState.Write(settings));
        string text = Encoding.UTF8.GetString(octets);
        byte[] pkcs8 = _key.ExportPkcs8();
        foreach (string secret in new[] { "hush-secret", "hush-proxy", password })
        {
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Convert.ToBase64String(pkcs8)[..60], text, StringComparison.Ordinal);
        // what may be there is
        ServerSettings read = SettingsState.Read(StateJson.Read(octets));
        Assert.Equal("me", read.SecretReference);
        Assert.Equal(("user", "DOMAIN", string.Empty), (read.ProxyCredential!.UserName, read.ProxyCredential.Domain, read.ProxyCredential.Password));
        Assert.Equal(path, read.ClientCertificateReference!.Path);
    }

    [Fact]
    public void A_setting_from_a_newer_version_is_refused_by_its_name()
    {
        StateObject state = SettingsState.Write(new ServerSettings { Name = "lab", Timeout = TimeSpan.FromSeconds(1) });
        state.Set("teleport", true);
        CmpException error = Expect.Error("CmpState.Newer", () => SettingsState.Read(state));
        Assert.Contains("'teleport'", error.Message);
        Assert.Contains("'lab'", error.Message);
    }

    [Theory]
    [InlineData("uri", 1)]
    [InlineData("uri", "http://")]
    [InlineData("timeout", "soon")]
    [InlineData("protection", "Hope")]
    [InlineData("protection", "1")]
    [InlineData("protocolVersion", 4_000_000_000)]
    [InlineData("allowAnySigner", "yes")]
    [InlineData("trustAnchor", "AQ==")]
    [InlineData("serverCertificate", "AQ==")]
    [InlineData("serverCertificate", "no base 64")]
    [InlineData("recipient", "AQ==")]
    [InlineData("proxyCredential", "user")]
    [InlineData("clientCertificateReference", "here")]
    public void A_value_of_another_kind_is_an_error(string member, object value)
    {
        var state = new StateObject();
        state.Put(member, value is int number ? (long)number : value);
        Exception error = Assert.ThrowsAny<Exception>(() => SettingsState.Read(state));
        Assert.True(error is FormatException or CmpException { Kind: CmpErrorKind.Malformed }, error.ToString());
    }

    [SkippableFact]
    public void A_client_certificate_is_opened_again_where_it_is_when_it_is_first_needed()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string pem = _folder.PathOf("client.pem"), key = _folder.PathOf("client.key");
        CertificateDestination.InFile(pem, key, Secure("hush")).Install(new CertificateToInstall(_certificate, _key));
        using FoundCertificate found = CertificateSource.Find(pem);
        ServerSettings read = SettingsState.Read(Through(SettingsState.Write(new ServerSettings { Uri = new Uri("http://ca.example/"), ClientCertificate = found.Certificate, ClientKeyPath = key })));
        using (var client = new CmpClient(read with { ClientKeyPassword = Secure("hush") }))
            client.EnsureUsable();
        using (var client = new CmpClient(read))
            Expect.Error("CmpKey.PasswordRequired", client.EnsureUsable);
        System.IO.File.Delete(key);
        using (var client = new CmpClient(read))
            Expect.Error("CmpStore.NotFound", client.EnsureUsable);
    }

    [Fact]
    public void A_certificate_does_not_come_with_the_key_of_another()
    {
        using var other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        var saved = new ServerSettings
        {
            Secret = new ReferenceAndSecret("saved", Secure("x")),
            ClientCertificateReference = new CertificateReference(_certificate) { Path = "/there" },
            ClientKey = other,
            ClientKeyPath = "/there.key",
            ClientChain = [_issuer.Certificate],
            TlsCertificateReference = new CertificateReference(_certificate) { Path = "/there" },
        };
        using X509Certificate2 certificate = TestCertificate.Load(_issuer.Certificate.Encoded.ToArray());
        ServerSettings both = new ServerSettings { ClientCertificate = certificate, TlsCertificate = certificate, SecretReference = "said" }.Over(saved);
        Assert.Equal((null, null, null, null, null, "said", null), (both.ClientCertificateReference, both.ClientKey, both.ClientKeyPath, both.ClientChain, both.TlsCertificateReference, both.SecretReference, both.Secret));
        Assert.Same(other, new ServerSettings().Over(saved).ClientKey);
    }

    private static SecureString Secure(string text) => new NetworkCredential(string.Empty, text).SecurePassword;

    private static StateObject Through(StateObject state) => StateJson.Read(StateJson.Write(state));

    /// <summary>Settings that say something of everything.</summary>
    private ServerSettings Everything()
    {
        var settings = new ServerSettings();
        foreach (PropertyInfo property in Properties)
            property.SetValue(settings, Sample(property));
        return settings with
        {
            // what refers to itself, so that both ways lead to the same
            Secret = null,
            ClientCertificate = null,
            TlsCertificate = null,
            ProxyCredential = new NetworkCredential("user", string.Empty, "DOMAIN"),
        };
    }

    private object Sample(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(1)!;
        object[] samples =
        [
            property.Name + " ünï", true, 77, new Version(2, 0), TimeSpan.FromTicks(7_000_000_001), new Uri("http://ca.example/%2e?x=1"), Name.Parse("CN=a, O=b"),
            _certificate, new CertificateReference(_certificate) { Path = "/there.pem", KeyPath = "/there.key" }, new NetworkCredential("user", "hush"), Secure("hush"),
            new ReferenceAndSecret("me", Secure("hush")), TestCertificate.Load(_certificate.Encoded.ToArray()), _key,
            new[] { "a", string.Empty }, new[] { _certificate, _issuer.Certificate }, new[] { new InfoTypeAndValue("1.2.3", new byte[] { 5, 0 }), new InfoTypeAndValue("1.2.4") },
            new[] { TestCertificate.Load(_certificate.Encoded.ToArray()) }, new[] { new HandmadeCrl { Signer = Transactions.Peer.Shared.Root }.Crl },
        ];
        return samples.Single(type.IsInstanceOfType);
    }

    private static string Show(object? value) => value switch
    {
        null => "nothing",
        string text => text,
        NetworkCredential credential => $"{credential.Domain}\\{credential.UserName}:{credential.Password}",
        X509Certificate2 certificate => Hex.Of(certificate.RawData),
        System.Collections.IEnumerable list => string.Join(", ", list.Cast<object>().Select(Show)),
        Certificate certificate => Hex.Of(certificate.Encoded.Span),
        Name name => Hex.Of(name.Encoded.Span),
        CertificateList crl => Hex.Of(crl.Encoded.Span),
        InfoTypeAndValue item => Hex.Of(item.Encoded.Span),
        CertificateReference reference => $"{Show(reference.Certificate)} {reference.Store} {reference.Path} {reference.KeyPath}",
        _ => value.ToString()!,
    };
}
