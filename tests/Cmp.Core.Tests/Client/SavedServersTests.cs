using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Stores;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Servers in files: what is saved comes back, what cannot be read is neither taken nor overwritten, and a secret is never apart from its record.</summary>
public sealed class SavedServersTests : IDisposable
{
    private readonly Folder _home = new();
    private readonly SavedServers _saved;
    private readonly FakeVault _vault = new();
    private readonly List<string> _warnings = [];

    public SavedServersTests() => _saved = new SavedServers(_home.PathOf("home"), StateScope.CurrentUser);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_server_comes_back_in_any_case_without_its_secrets_which_are_kept_apart()
    {
        Save(Server("Lab") with { Secret = Pair("me", "hush-secret"), ProxyCredential = new NetworkCredential("user", Secure("hush-proxy"), "DOMAIN"), CredentialStore = CredentialStoreKind.File });
        ServerSettings found = Again().Find("lAB")!;
        Assert.Equal(("Lab", ServerScope.CurrentUser, "me", CredentialStoreKind.File), (found.Name, found.Scope, found.SecretReference, found.CredentialStore));
        Assert.Null(found.Secret);
        Assert.Equal("user", found.ProxyCredential!.UserName);
        Assert.Empty(found.ProxyCredential.Password);
        foreach (string file in Directory.GetFiles(_home.PathOf("home"), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(FileCredentialStore.Extension, StringComparison.Ordinal)))
            Assert.DoesNotContain("hush", File.ReadAllText(file), StringComparison.Ordinal);
        ServerSecrets secrets = Again().Secrets("LAB", CredentialStoreKind.File, vault: null)!;
        Assert.Equal(("me", "hush-secret", @"DOMAIN\user", "hush-proxy"), (secrets.Secret!.Reference, Plain(secrets.Secret.Secret), secrets.Proxy!.Reference, Plain(secrets.Proxy.Secret)));
        Assert.Null(Again().Find("other"));
        Assert.Null(Again().Find(new string('x', 100)));
    }

    [SkippableFact]
    public void Rule71_Record_and_secret_are_the_owners_alone_and_one_that_others_may_read_is_refused()
    {
        UnixMode.OrSkip();
        Save(Server("lab4") with { Secret = Pair("me", "hush"), CredentialStore = CredentialStoreKind.File });
        string secret = Path.ChangeExtension(_saved.PathOf("lab4"), FileCredentialStore.Extension);
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(_saved.PathOf("lab4")));
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(secret));
        UnixMode.Set(secret, Convert.ToInt32("640", 8));
        Expect.Error("CmpState.Unsafe", () => _saved.Secrets("lab4", CredentialStoreKind.File, null));
    }

    [SkippableFact]
    public void A_secret_without_a_safe_place_is_refused_and_nothing_is_written()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has data protection");
        ServerSettings server = Server("lab") with { Secret = Pair("me", "hush") };
        Assert.Contains("File", Expect.Error("CmpArgument.CredentialStore", () => Save(server)).RecommendedAction);
        Expect.Error("CmpArgument.CredentialStore", () => Save(server with { CredentialStore = CredentialStoreKind.SecretManagement }));
        Expect.Error("CmpPlatform.NotSupported", () => Save(server with { CredentialStore = CredentialStoreKind.DataProtection }));
        Assert.Null(_saved.Find("lab"));
        Assert.False(Directory.Exists(Path.GetDirectoryName(_saved.PathOf("lab"))));
        // the negative's twin
        Save(Server("lab"));
        Assert.Null(_saved.Find("lab")!.CredentialStore);
    }

    [Fact]
    public void A_vault_is_taken_where_there_is_one_but_not_for_the_computer()
    {
        Save(Server("lab") with { Secret = Pair("me", "hush") }, _vault);
        Assert.Equal(CredentialStoreKind.SecretManagement, _saved.Find("lab")!.CredentialStore);
        Assert.Equal("hush", Plain(_vault.Kept["lab"].Secret!.Secret));
        var machine = new SavedServers(_home.PathOf("machine"), StateScope.LocalMachine);
        foreach (CredentialStoreKind? kind in new CredentialStoreKind?[] { null, CredentialStoreKind.SecretManagement })
        {
            if (kind is null && OperatingSystem.IsWindows())
                continue;
            Expect.Error("CmpArgument.CredentialStore", () => machine.Save(Server("lab") with { Secret = Pair("me", "hush"), CredentialStore = kind }, false, null, _vault, null));
        }
    }

    [Theory]
    [InlineData("half")]
    [InlineData("{\"kind\":\"servers\",\"schema\":2,\"name\":\"lab\",\"settings\":{}}")]
    [InlineData("{\"kind\":\"servers\",\"schema\":1,\"name\":\"lab\",\"settings\":{\"teleport\":true}}")]
    [InlineData("{\"kind\":\"servers\",\"schema\":1,\"name\":\"lab\",\"settings\":{},\"also\":1}")]
    [InlineData("{\"kind\":\"servers\",\"schema\":1,\"name\":\"lab\"}")]
    [InlineData("{\"kind\":\"servers\",\"schema\":1,\"name\":\"other\",\"settings\":{}}")]
    public void One_that_cannot_be_read_is_reported_hides_no_other_and_is_not_overwritten(string content)
    {
        Save(Server("lab") with { Secret = Pair("me", "hush"), CredentialStore = CredentialStoreKind.File });
        Save(Server("other"));
        File.WriteAllText(_saved.PathOf("lab"), content);
        CmpException error = Assert.Throws<CmpException>(() => _saved.Find("lab"));
        Assert.StartsWith("CmpState.", error.ErrorId, StringComparison.Ordinal);
        var failed = new List<CmpException>();
        Assert.Contains("other", _saved.All(failed.Add).Select(server => server.Name));
        Assert.Equal(content.Contains("\"other\"", StringComparison.Ordinal) ? 0 : 1, failed.Count);

        Assert.Equal(error.ErrorId, Assert.Throws<CmpException>(() => Save(Server("lab") with { Secret = Pair("new", "new"), CredentialStore = CredentialStoreKind.File })).ErrorId);
        Assert.Equal(content, File.ReadAllText(_saved.PathOf("lab")));
        Assert.Equal("me", _saved.Secrets("lab", CredentialStoreKind.File, null)!.Secret!.Reference);

        Assert.True(_saved.Remove("lab", null, _warnings.Add));
        Assert.Null(_saved.Find("lab"));
        Assert.Null(_saved.Secrets("lab", CredentialStoreKind.File, null));
        Assert.NotNull(_saved.Find("other"));
    }

    [SkippableFact]
    public void A_link_in_the_place_of_a_server_is_not_followed()
    {
        UnixMode.OrSkip();
        Save(Server("lab"));
        File.Move(_saved.PathOf("lab"), _home.PathOf("elsewhere"));
        File.CreateSymbolicLink(_saved.PathOf("lab"), _home.PathOf("elsewhere"));
        Expect.Error("CmpState.Unsafe", () => _saved.Find("lab"));
        Expect.Error("CmpState.Unsafe", () => Save(Server("lab")));
        Assert.True(_saved.Remove("lab", null, null));
        Assert.True(File.Exists(_home.PathOf("elsewhere")));
    }

    [Fact]
    public void There_is_one_default_and_it_goes_with_its_server()
    {
        Save(Server("a"), isDefault: true);
        Assert.Equal("a", Again().Default);
        Save(Server("b"), isDefault: true);
        Assert.Equal("b", Again().Default);
        Save(Server("a"), isDefault: false);
        Assert.Equal("b", Again().Default);
        Save(Server("B"));
        Assert.Equal("b", Again().Default);
        Save(Server("b"), isDefault: false);
        Assert.Null(Again().Default);
        Save(Server("a"), isDefault: true);
        _saved.Remove("A", null, null);
        Assert.Null(Again().Default);
    }

    [Fact]
    public void A_change_keeps_the_secrets_that_are_still_spoken_of()
    {
        Save(Server("lab") with { Secret = Pair("me", "one"), ProxyCredential = new NetworkCredential("user", "two"), CredentialStore = CredentialStoreKind.File });
        Change(_saved.Find("lab")! with { Timeout = TimeSpan.FromSeconds(9) });
        Assert.Equal(("one", "two"), SecretsOf("lab"));
        Assert.Equal(TimeSpan.FromSeconds(9), _saved.Find("lab")!.Timeout);
        Change(_saved.Find("lab")! with { SecretReference = null, Secret = Pair("you", "three") });
        Assert.Equal(("three", "two"), SecretsOf("lab"));
        Assert.Equal("you", _saved.Find("lab")!.SecretReference);
        Change(_saved.Find("lab")! with { ProxyCredential = new NetworkCredential("other", string.Empty) });
        Assert.Equal(("three", null), SecretsOf("lab"));
        Change(_saved.Find("lab")! with { SecretReference = null, ProxyCredential = null });
        Assert.Null(_saved.Secrets("lab", CredentialStoreKind.File, null));
        Assert.Null(_saved.Find("lab")!.CredentialStore);
    }

    [Fact]
    public void Registering_anew_keeps_no_secret_of_before()
    {
        Save(Server("lab") with { Secret = Pair("me", "one"), ProxyCredential = new NetworkCredential("user", "two"), CredentialStore = CredentialStoreKind.File });
        Save(Server("lab") with { Secret = Pair("me", "three"), CredentialStore = CredentialStoreKind.File });
        Assert.Equal(("three", null), SecretsOf("lab"));
        Save(Server("lab"));
        Assert.Null(_saved.Secrets("lab", CredentialStoreKind.File, null));
    }

    [Fact]
    public void Another_credential_store_takes_the_secrets_over_and_nothing_stays_behind()
    {
        Save(Server("lab") with { Secret = Pair("me", "one"), CredentialStore = CredentialStoreKind.File });
        Change(_saved.Find("lab")! with { CredentialStore = CredentialStoreKind.SecretManagement }, _vault);
        Assert.Equal("one", Plain(_vault.Kept["lab"].Secret!.Secret));
        Assert.Null(_saved.Secrets("lab", CredentialStoreKind.File, null));
        Change(_saved.Find("lab")! with { CredentialStore = CredentialStoreKind.File }, _vault);
        Assert.Empty(_vault.Kept);
        Assert.Equal(("one", null), SecretsOf("lab"));
    }

    [Fact]
    public void Where_the_record_cannot_be_written_the_secret_is_what_it_was()
    {
        Save(Server("lab") with { Secret = Pair("me", "one") }, _vault);
        _vault.Written = () => Obstruct("lab");
        Assert.StartsWith("CmpStore.", Assert.Throws<CmpException>(() => Save(Server("lab") with { Secret = Pair("you", "two") }, _vault)).ErrorId, StringComparison.Ordinal);
        Assert.Equal(("me", "one"), (_vault.Kept["lab"].Secret!.Reference, Plain(_vault.Kept["lab"].Secret!.Secret)));

        _vault.Written = () => Obstruct("new");
        Assert.Throws<CmpException>(() => Save(Server("new") with { Secret = Pair("you", "two") }, _vault));
        Assert.Equal(["lab"], _vault.Kept.Keys);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Where_the_secret_cannot_be_written_the_record_is_what_it_was()
    {
        Save(Server("lab") with { Secret = Pair("me", "one") }, _vault);
        byte[] before = File.ReadAllBytes(_saved.PathOf("lab"));
        _vault.Written = () => throw new CmpException(CmpErrorKind.Store, "CmpCredential.Vault", "locked");
        Expect.Error("CmpCredential.Vault", () => Save(Server("lab") with { Secret = Pair("you", "two"), Timeout = TimeSpan.FromSeconds(1) }, _vault));
        Assert.Equal(before, File.ReadAllBytes(_saved.PathOf("lab")));
    }

    [Fact]
    public void Where_the_secret_cannot_be_removed_the_server_stays()
    {
        Save(Server("lab") with { Secret = Pair("me", "one") }, _vault);
        _vault.Removed = () => throw new CmpException(CmpErrorKind.Store, "CmpCredential.Vault", "locked");
        Expect.Error("CmpCredential.Vault", () => _saved.Remove("lab", _vault, null));
        Expect.Error("CmpArgument.CredentialStore", () => _saved.Remove("lab", null, null));
        Assert.NotNull(_saved.Find("lab"));
        _vault.Removed = null;
        Assert.True(_saved.Remove("lab", _vault, null));
        Assert.Empty(_vault.Kept);
        Assert.False(_saved.Remove("lab", _vault, null));
    }

    [Fact]
    public void A_client_certificate_that_no_other_process_could_find_is_refused()
    {
        using var issuer = new Issuer("CN=issuer");
        using var key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate certificate = issuer.Issue("CN=client", key.PublicKey);
        using X509Certificate2 loose = X509CertificateLoader.LoadCertificate(certificate.Encoded.Span);
        Assert.Contains("-ClientCertificate", Expect.Error("CmpArgument.ClientCertificate", () => Save(Server("lab") with { ClientCertificate = loose, ClientKey = key })).RecommendedAction);
        Expect.Error("CmpArgument.TlsCertificate", () => Save(Server("lab") with { TlsCertificate = loose }));
        Assert.Null(_saved.Find("lab"));

        string path = _home.PathOf("client.pem"), keyPath = _home.PathOf("client.key");
        CertificateDestination.InFile(path, keyPath, Secure("hush")).Install(new CertificateToInstall(certificate, key));
        using FoundCertificate found = CertificateSource.Find(path);
        ServerSettings server = Server("lab") with { ClientCertificate = found.Certificate, ClientKey = key, ClientKeyPath = keyPath, ClientKeyPassword = Secure("hush"), CredentialStore = CredentialStoreKind.File };
        _saved.EnsureStorable(server, null);
        Expect.Error("CmpKey.Password", () => _saved.EnsureStorable(server with { ClientKeyPassword = Secure("wrong") }, null));
        Save(server);
        Assert.Equal((path, keyPath), (_saved.Find("lab")!.ClientCertificateReference!.Path, _saved.Find("lab")!.ClientCertificateReference!.KeyPath));
        Assert.Equal("hush", Plain(_saved.Secrets("lab", CredentialStoreKind.File, null)!.ClientKeyPassword!));
        Change(_saved.Find("lab")! with { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal("hush", Plain(_saved.Secrets("lab", CredentialStoreKind.File, null)!.ClientKeyPassword!));
        Change(_saved.Find("lab")! with { ClientCertificateReference = _saved.Find("lab")!.ClientCertificateReference! with { KeyPath = "/other.key" } });
        Assert.Null(_saved.Secrets("lab", CredentialStoreKind.File, null));
    }

    [Fact]
    public async Task Changes_by_several_at_once_follow_each_other_and_all_hold()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Save(Server("server" + i) with { Secret = Pair("me", "secret" + i), CredentialStore = CredentialStoreKind.File }, isDefault: true))));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => "server" + i), _saved.All(_ => Assert.Fail("all can be read")).Select(server => server.Name!));
        Assert.StartsWith("server", _saved.Default, StringComparison.Ordinal);
        for (int i = 0; i < 8; i++)
            Assert.Equal(("secret" + i, null), SecretsOf("server" + i));
    }

    [Fact]
    public void One_who_does_not_let_go_is_named()
    {
        var locks = new StateFolder(_home.PathOf("home"), new StateKind("defaults", 1));
        using StateLock? held = locks.TryLock("servers");
        Assert.NotNull(held);
        Expect.Error("CmpState.Busy", () => Save(Server("lab")));
        Assert.Null(_saved.Find("lab"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("01FFFFFFFF")]
    [InlineData("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7FFFFFFF")]
    [InlineData("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE")]
    [InlineData("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00")]
    public void Secrets_that_are_damaged_are_an_error(string hex)
    {
        Assert.Throws<FormatException>(() => ServerSecrets.Read(Convert.FromHexString(hex)));
        Save(Server("lab") with { Secret = Pair("me", "x"), CredentialStore = CredentialStoreKind.File });
        File.WriteAllBytes(_saved.PathOf("lab").Replace(".json", FileCredentialStore.Extension, StringComparison.Ordinal), Convert.FromHexString(hex));
        Expect.Error("CmpState.Unreadable", () => _saved.Secrets("lab", CredentialStoreKind.File, null));
        // and can be given again
        Save(Server("lab") with { Secret = Pair("me", "y"), CredentialStore = CredentialStoreKind.File });
        Assert.Equal(("y", null), SecretsOf("lab"));
    }

    [Fact]
    public void Secrets_are_read_as_they_were_whatever_is_among_them()
    {
        foreach (ServerSecrets secrets in new[] { ServerSecrets.None, new(Pair("ünï", "s\U0001F512 "), null, null), new(null, Pair(@"D\u", string.Empty), Secure("k")) })
        {
            byte[] octets = secrets.Write();
            ServerSecrets read = ServerSecrets.Read(octets);
            Assert.Equal(Show(secrets), Show(read));
            Assert.DoesNotContain(Show(secrets), secrets.ToString(), StringComparison.Ordinal);
        }

        static string Show(ServerSecrets s) => $"{s.Secret?.Reference}={Plain(s.Secret?.Secret)}, {s.Proxy?.Reference}={Plain(s.Proxy?.Secret)}, {Plain(s.ClientKeyPassword)}";
    }

    private static ServerSettings Server(string name) => new() { Name = name, Uri = new Uri("http://ca.example/pkix/") };

    private static SecureString Secure(string text) => new NetworkCredential(string.Empty, text).SecurePassword;

    private static ReferenceAndSecret Pair(string reference, string secret) => new(reference, Secure(secret));

    private static string? Plain(SecureString? secret) => secret is null ? null : new NetworkCredential(string.Empty, secret).Password;

    /// <summary>As another process has them.</summary>
    private SavedServers Again() => new(_home.PathOf("home"), StateScope.CurrentUser);

    private void Save(ServerSettings server, ICredentialStore? vault = null, bool? isDefault = null) => _saved.Save(server, keepSecrets: false, isDefault, vault, _warnings.Add);

    private void Change(ServerSettings server, ICredentialStore? vault = null) => _saved.Save(server, keepSecrets: true, null, vault, _warnings.Add);

    private (string? Secret, string? Proxy) SecretsOf(string name)
    {
        ServerSecrets secrets = _saved.Secrets(name, CredentialStoreKind.File, null)!;
        return (Plain(secrets.Secret?.Secret), Plain(secrets.Proxy?.Secret));
    }

    /// <summary>Puts a folder where a record would go, which nothing replaces.</summary>
    private void Obstruct(string name)
    {
        File.Delete(_saved.PathOf(name));
        Directory.CreateDirectory(_saved.PathOf(name));
        _vault.Written = null;
    }

    private sealed class FakeVault : ICredentialStore
    {
        internal Dictionary<string, ServerSecrets> Kept { get; } = new(StringComparer.OrdinalIgnoreCase);

        internal Action? Written { get; set; }

        internal Action? Removed { get; set; }

        public CredentialStoreKind Kind => CredentialStoreKind.SecretManagement;

        public ServerSecrets? Read(string server) => Kept.GetValueOrDefault(server);

        public void Write(string server, ServerSecrets secrets)
        {
            Written?.Invoke();
            Kept[server] = secrets;
        }

        public void Remove(string server)
        {
            Removed?.Invoke();
            Kept.Remove(server);
        }
    }
}
