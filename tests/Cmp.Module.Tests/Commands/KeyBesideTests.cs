using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>A certificate whose object cannot hold its key: commands take the key along that was remembered beside it. A P-256 key plays one here; those of the kinds that need it are in KeyKindsTests.</summary>
[Collection("Commands")]
public sealed class KeyBesideTests : IDisposable
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly CaSession _ca = new();
    private readonly X509Certificate2 _bare;

    public KeyBesideTests()
    {
        string path = Path.Combine(TestHome.CreateFolder(), "apart.pem");
        _ca["path"] = path;
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=apart -OutFile $path").Single();
        _bare = X509CertificateLoader.LoadCertificate(X509Certificate2.CreateFromPem(File.ReadAllText(path)).RawData);
        _ca["bare"] = _bare;
    }

    public void Dispose()
    {
        _bare.Dispose();
        _ca.Dispose();
    }

    [Theory]
    [InlineData("New-CmpCertificateRequest -Server $uri -TrustAnchor $root -Subject CN=another -Operation Certification -ClientCertificate $bare -NoInstall")]
    [InlineData("Update-CmpCertificate $bare -Server $uri -TrustAnchor $root -Force -NoInstall")]
    public void It_signs_where_its_key_is_remembered_and_not_without(string script)
    {
        _ca["uri"] = _ca.Uri;
        _ca["root"] = _ca.Invoke("$ca.RootCertificate").Single().BaseObject;
        _ca.Invoke(script).AssertError("CmpKey.Missing");
        Remember();
        Assert.True(((X509Certificate2)_ca.Invoke(script).Single().BaseObject).HasPrivateKey);
    }

    [Fact]
    public void It_passes_the_test_with_its_key_only()
    {
        Assert.False(_ca.Invoke("Test-CmpCertificate -Certificate $bare").Single<bool>());
        Remember();
        Assert.True(_ca.Invoke("Test-CmpCertificate -Certificate $bare").Single<bool>());
    }

    [Fact]
    public void The_key_says_what_it_is_and_no_more()
    {
        _ca["key"] = Remember();
        Assert.Equal("ECDSA_P256", _ca.Invoke("$key.Algorithm").Single<string>());
        Assert.Equal("here", _ca.Invoke("$key.Location").Single<string>());
        Assert.True(_ca.Invoke("$key.Exportable").Single<bool>());
        Assert.Equal(0x30, _ca.Invoke("$key.ExportPkcs8()[0]").Single<byte>());
        Assert.Equal("ECDSA_P256 private key", _ca.Invoke("\"$key\"").Single<string>());
    }

    private object Remember()
    {
        object key = ModuleAssemblies.Core.GetType("Cmp.Keys.KeyFile", throwOnError: true)!.GetMethod("Read", Any)!.Invoke(null, [_ca["path"], null, null])!;
        object apart = ModuleAssemblies.Commands.GetType("Cmp.CmpKey", throwOnError: true)!.GetConstructors(Any).Single().Invoke([key, "here"]);
        ModuleAssemblies.Core.GetType("Cmp.Stores.KeyBeside", throwOnError: true)!.GetMethod("Remember", Any)!.Invoke(null, [_bare, key]);
        return apart;
    }
}
