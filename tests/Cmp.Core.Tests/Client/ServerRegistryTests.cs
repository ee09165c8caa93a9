using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Client;
using Cmp.Protection;
using Cmp.State;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>The one place of servers: the process's before the user's before the computer's.</summary>
[Collection(nameof(StateHome))]
public sealed class ServerRegistryTests : IDisposable
{
    private readonly Folder _home = new();
    private readonly string? _before = Environment.GetEnvironmentVariable(StateHome.Variable);

    public ServerRegistryTests() => Environment.SetEnvironmentVariable(StateHome.Variable, _home.PathOf("home"));

    public void Dispose()
    {
        foreach (ServerSettings server in ServerRegistry.All(ServerScope.Process, _ => { }))
            ServerRegistry.Remove(server.Name!, ServerScope.Process);
        Environment.SetEnvironmentVariable(StateHome.Variable, _before);
        _home.Dispose();
    }

    [Fact]
    public void Servers_are_registered_found_in_any_case_and_forgotten()
    {
        const string Name = "Settings Tests Lab";
        Assert.Null(ServerRegistry.Find(Name));
        ServerRegistry.Register(new ServerSettings { Name = Name }, isDefault: false);
        Assert.Equal(Name, ServerRegistry.Find(Name.ToUpperInvariant())!.Name);
        Assert.Contains(Name, ServerRegistry.Names);
        Assert.True(ServerRegistry.Remove(Name));
        Assert.False(ServerRegistry.Remove(Name));
        Assert.Throws<ArgumentException>(() => ServerRegistry.Register(new ServerSettings(), isDefault: true));
    }

    [Fact]
    public void Of_one_name_the_processs_serves_then_the_users_then_the_computers()
    {
        foreach (ServerScope scope in new[] { ServerScope.LocalMachine, ServerScope.CurrentUser, ServerScope.Process })
        {
            Register("lab", scope, isDefault: true);
            Assert.Equal(scope, ServerRegistry.Find("LAB")!.Scope);
            Assert.Equal(scope, ServerRegistry.Default!.Scope);
        }
        IReadOnlyList<ServerSettings> all = ServerRegistry.All(null, _ => Assert.Fail("all can be read"));
        Assert.Equal([(ServerScope.Process, true), (ServerScope.CurrentUser, false), (ServerScope.LocalMachine, false)], all.Select(server => (server.Scope!.Value, server.IsDefault!.Value)));
        Assert.Equal(ServerScope.LocalMachine, ServerRegistry.Find("lab", ServerScope.LocalMachine)!.Scope);
        Assert.Equal(["lab"], ServerRegistry.Names);
        foreach (ServerScope scope in new[] { ServerScope.Process, ServerScope.CurrentUser, ServerScope.LocalMachine })
        {
            Assert.Equal(scope, ServerRegistry.Find("lab")!.Scope);
            Assert.True(ServerRegistry.Remove("lab"));
        }
        Assert.Null(ServerRegistry.Default);
        Assert.False(ServerRegistry.Remove("lab"));
    }

    [Fact]
    public void A_damaged_one_of_the_user_is_not_passed_over_for_the_computers()
    {
        Register("lab", ServerScope.LocalMachine);
        Register("lab", ServerScope.CurrentUser);
        System.IO.File.WriteAllText(new SavedServers(StateScope.CurrentUser).PathOf("lab"), "half");
        Expect.Error("CmpState.Unreadable", () => ServerRegistry.Find("lab"));
        var failed = new List<CmpException>();
        Assert.Equal(ServerScope.LocalMachine, Assert.Single(ServerRegistry.All(null, failed.Add)).Scope);
        Assert.Equal("CmpState.Unreadable", Assert.Single(failed).ErrorId);
        Assert.Equal(["lab"], ServerRegistry.Names);
    }

    [Fact]
    public void A_damaged_default_is_reported_once_and_by_its_own_name_only()
    {
        Register("bad", ServerScope.CurrentUser, isDefault: true);
        Register("good", ServerScope.CurrentUser);
        System.IO.File.WriteAllText(new SavedServers(StateScope.CurrentUser).PathOf("bad"), "half");
        Expect.Error("CmpState.Unreadable", () => _ = ServerRegistry.Default);
        var failed = new List<CmpException>();
        Assert.Equal("good", Assert.Single(ServerRegistry.All(null, failed.Add)).Name);
        Assert.Single(failed);
        Assert.Single(ServerRegistry.All(null, _ => Assert.Fail("it can be read"), "good"));
    }

    [Fact]
    public void Without_a_home_the_process_has_its_servers_and_the_rest_says_why_not()
    {
        Register("lab", ServerScope.Process);
        Environment.SetEnvironmentVariable(StateHome.Variable, "relative");
        Assert.NotNull(ServerRegistry.Find("lab"));
        Expect.Error("CmpState.Home", () => ServerRegistry.Find("other"));
        Assert.Equal(["lab"], ServerRegistry.Names);
        Expect.Error("CmpState.Home", () => Register("lab", ServerScope.CurrentUser));
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://ca.example/")]
    [InlineData("ca:b")]
    [InlineData("x\u0007")]
    public void What_could_not_be_meant_by_name_is_refused(string name)
    {
        Expect.Error("CmpArgument.Name", () => Register(name, ServerScope.Process));
        Expect.Error("CmpArgument.Name", () => Register(name, ServerScope.CurrentUser));
    }

    [Fact]
    public void A_change_changes_the_default_only_where_it_says_so()
    {
        Register("a", ServerScope.Process, isDefault: true);
        ServerRegistry.Change(ServerRegistry.Find("a")! with { Timeout = TimeSpan.FromSeconds(1) }, isDefault: null);
        Assert.Equal("a", ServerRegistry.Default!.Name);
        ServerRegistry.Change(ServerRegistry.Find("a")!, isDefault: false);
        Assert.Null(ServerRegistry.Default);
        Assert.Null(ServerRegistry.Find("a")!.IsDefault);
    }

    [Theory]
    [InlineData(ServerScope.Process)]
    [InlineData(ServerScope.CurrentUser)]
    public void Secrets_are_there_when_they_are_needed_and_not_before(ServerScope scope)
    {
        ServerRegistry.Register(
            new ServerSettings
            {
                Name = "lab",
                Scope = scope,
                Secret = Pair("me", "hush"),
                ProxyCredential = new NetworkCredential("user", "hush-proxy", "DOMAIN"),
                CredentialStore = scope == ServerScope.Process ? null : CredentialStoreKind.File,
            },
            isDefault: false);
        ServerSettings shown = ServerRegistry.All(null, _ => { }).Single();
        Assert.Equal((null, "me", string.Empty), (shown.Secret, shown.SecretReference, shown.ProxyCredential!.Password));
        ServerSettings open = ServerRegistry.Open(shown);
        Assert.Equal(("me", "hush"), (open.Secret!.Reference, new NetworkCredential(string.Empty, open.Secret.Secret).Password));
        Assert.Equal(("user", "DOMAIN", "hush-proxy"), (open.ProxyCredential!.UserName, open.ProxyCredential.Domain, open.ProxyCredential.Password));
        // what needs none asks for none
        ServerSettings signing = shown with { Protection = ProtectionKind.Signature, ProxyCredential = null };
        Assert.Same(signing, ServerRegistry.Open(signing));
        ServerSettings given = new ServerSettings { Secret = Pair("you", "x") }.Over(shown with { ProxyCredential = null });
        Assert.Same(given, ServerRegistry.Open(given));
    }

    [Fact]
    public void A_secret_is_never_used_with_another_reference()
    {
        ServerRegistry.Register(new ServerSettings { Name = "lab", Scope = ServerScope.CurrentUser, Secret = Pair("me", "hush"), CredentialStore = CredentialStoreKind.File }, isDefault: false);
        ServerSettings found = ServerRegistry.Find("lab")!;
        CmpException error = Expect.Error("CmpCredential.Missing", () => ServerRegistry.Open(found with { SecretReference = "you" }));
        Assert.Contains("'me'", error.Message);
        Assert.DoesNotContain("hush", error.Message);
        System.IO.File.Delete(System.IO.Path.ChangeExtension(new SavedServers(StateScope.CurrentUser).PathOf("lab"), FileCredentialStore.Extension));
        Assert.Contains("Set-CmpServer", Expect.Error("CmpCredential.Missing", () => ServerRegistry.Open(found)).RecommendedAction);
        Expect.Error("CmpCredential.Missing", () => ServerRegistry.Open(new ServerSettings { SecretReference = "nowhere" }));
    }

    [Fact]
    public void A_process_keeps_its_secrets_in_memory()
    {
        ServerSettings server = new() { Name = "lab", Secret = Pair("me", "hush"), CredentialStore = CredentialStoreKind.File };
        Expect.Error("CmpArgument.CredentialStore", () => ServerRegistry.Register(server, isDefault: false));
        Expect.Error("CmpArgument.CredentialStore", () => ServerRegistry.EnsureRegistrable(server));
    }

    private static ReferenceAndSecret Pair(string reference, string secret) => new(reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    private static void Register(string name, ServerScope scope, bool isDefault = false) =>
        ServerRegistry.Register(new ServerSettings { Name = name, Scope = scope, Uri = new Uri("http://ca.example/" + scope) }, isDefault);
}
