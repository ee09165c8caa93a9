using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Stores;

public sealed class StoreDestinationTests : IDisposable
{
    private const string My = @"Cert:\CurrentUser\My";

    private readonly Issuer _issuer = new("CN=issuer of " + Guid.NewGuid());
    private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly Certificate _certificate;
    private InstalledCertificate? _installed;

    public StoreDestinationTests() => _certificate = _issuer.Issue("CN=x", _key.PublicKey);

    private CertificateToInstall What => new(_certificate, _key) { Chain = [_issuer.Certificate] };

    public void Dispose()
    {
        _installed?.Remove();
        _key.Dispose();
        _issuer.Dispose();
    }

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    public void A_new_process_finds_the_certificate_with_its_key_and_signs(string algorithm)
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        Certificate certificate = _issuer.Issue("CN=x", key.PublicKey);
        _installed = CertificateDestination.InStore(My).Install(new CertificateToInstall(certificate, key));
        Assert.True(_installed.Certificate.HasPrivateKey);
        Assert.Equal(@"CurrentUser\My", _installed.Store);

        (int exitCode, string output) = Errand.Run("sign", certificate.Thumbprint, "some text");
        Assert.True(exitCode == 0, output);
        byte[] signature = Convert.FromHexString(output);
        byte[] data = Encoding.UTF8.GetBytes("some text");
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(certificate.Encoded.Span);
        Assert.True(issued.GetRSAPublicKey()?.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            ?? issued.GetECDsaPublicKey()!.VerifyData(data, signature, HashAlgorithmName.SHA256));

        _installed.Remove();
        Assert.NotEqual(0, Errand.Run("sign", certificate.Thumbprint, "some text").ExitCode);
    }

    [SkippableFact]
    public void Rule71_The_key_in_the_store_is_for_its_owner_alone()
    {
        UnixMode.OrSkip();
        _installed = CertificateDestination.InStore(My).Install(What);
        string file = Assert.Single(Directory.GetFiles(TestHome.Path, _certificate.Thumbprint + "*", SearchOption.AllDirectories));
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(file));
    }

    /// <summary>That it says to have a key is not enough: that may be another one's.</summary>
    [SkippableFact]
    public void A_certificate_that_is_there_with_a_wrong_key_gets_the_right_one()
    {
        UnixMode.OrSkip();
        using PrivateKey wrong = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        string folder = StoreFolder.Of(StorePath.CurrentUserMy);
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, _certificate.Thumbprint + ".pfx");
        File.WriteAllBytes(file, Cmp.Keys.KeyFile.ToPkcs12(_certificate.Encoded.ToArray(), [], wrong, null, null));
        using (X509Certificate2 there = CertificateSource.FindMany($@"{My}\{_certificate.Thumbprint}")[0])
            Assert.NotNull(there);
        _installed = CertificateDestination.InStore(My).Install(What);
        using FoundCertificate found = CertificateSource.Find(_certificate.Thumbprint);
        found.Key!.EnsureFits(_certificate.PublicKey);
        _installed.Remove();
        Assert.True(File.Exists(file));
        File.Delete(file);
        _installed = null;
    }

    /// <summary>.NET does not wait for the disk: a loss of power took the key with it, whose copy beside the transaction was deleted already.</summary>
    [SkippableFact]
    public void What_is_put_there_is_on_the_disk_before_anything_else_goes()
    {
        UnixMode.OrSkip();
        Skip.If(Programs.Find("strace") is null, "strace is not installed");
        using var folder = new Folder();
        string trace = folder.PathOf("trace");
        ProgramResult result = Programs.Run(Programs.Find("strace")!, ["-f", "-y", "-e", "trace=fsync", "-o", trace, Programs.Find("dotnet")!, "exec", typeof(Program).Assembly.Location, "put"]);
        Skip.If(result.Error.Contains("ptrace", StringComparison.Ordinal), "nobody may be traced here");
        Assert.True(result.ExitCode == 0, result.Error);
        string[] waited = File.ReadAllLines(trace);
        Assert.Contains(waited, line => line.Contains(result.Text.Trim() + ".pfx>", StringComparison.Ordinal));
        Assert.Contains(waited, line => line.Contains("/x509stores/my>", StringComparison.Ordinal));
    }

    [Fact]
    public void Undoing_takes_it_out_again()
    {
        InstalledCertificate installed = CertificateDestination.InStore(My).Install(What);
        CertificateSource.Find(_certificate.Thumbprint).Dispose();
        installed.Remove();
        installed.Remove();
        Expect.Error("CmpStore.NotFound", () => CertificateSource.Find(_certificate.Thumbprint));
    }

    [Fact]
    public void Rule45_Undoing_leaves_what_was_there_before()
    {
        _installed = CertificateDestination.InStore(My).Install(What);
        InstalledCertificate again = CertificateDestination.InStore(My).Install(What);
        Assert.True(again.Certificate.HasPrivateKey);
        again.Remove();
        using FoundCertificate found = CertificateSource.Find(_certificate.Thumbprint);
        Assert.NotNull(found.Key);
    }

    [Fact]
    public void Rule45_A_certificate_that_was_there_without_its_key_is_so_again()
    {
        _installed = CertificateDestination.InStore(My).Install(What with { Key = null });
        Assert.False(_installed.Certificate.HasPrivateKey);
        InstalledCertificate withKey = CertificateDestination.InStore(My).Install(What);
        Assert.True(withKey.Certificate.HasPrivateKey);
        withKey.Remove();
        using FoundCertificate found = CertificateSource.Find(_certificate.Thumbprint);
        Assert.Null(found.Key);
    }

    [Fact]
    public void Rule19_A_key_that_does_not_fit_is_put_nowhere()
    {
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Expect.Error("CmpKey.Mismatch", () => CertificateDestination.InStore(My).Install(What with { Key = other }));
        Expect.Error("CmpStore.NotFound", () => CertificateSource.Find(_certificate.Thumbprint));
    }

    [Fact]
    public void No_issuer_goes_to_a_store()
    {
        _installed = CertificateDestination.InStore(My).Install(What);
        foreach (StoreName name in new[] { StoreName.My, StoreName.CertificateAuthority, StoreName.Root })
        {
            using var store = new X509Store(name, StoreLocation.CurrentUser);
            store.Open(OpenFlags.ReadOnly);
            Assert.DoesNotContain(store.Certificates, one => one.Thumbprint == _issuer.Certificate.Thumbprint);
        }
    }

    [SkippableFact]
    public void Issuers_go_into_the_stores_beside_it_on_demand_and_out_again()
    {
        Skip.If(OperatingSystem.IsWindows(), "a root would be asked for in a window");
        CertificateDestination destination = CertificateDestination.InStore(My, ChainInstallation.WithRoot);
        using Issuer between = new("CN=between " + Guid.NewGuid());
        destination.EnsureTakesChain([_issuer.Certificate]);
        InstalledChain chain = destination.InstallChain(new ChainToInstall([between.Certificate], _issuer.Certificate))!;
        Assert.Empty(chain.Problems);
        Assert.Equal(2, chain.Notes.Count);
        Assert.True(IsIn(StoreName.CertificateAuthority, between.Certificate));
        Assert.True(IsIn(StoreName.Root, _issuer.Certificate));
        Assert.False(IsIn(StoreName.My, between.Certificate));

        InstalledChain again = destination.InstallChain(new ChainToInstall([between.Certificate], _issuer.Certificate))!;
        Assert.Empty(again.Notes);
        again.Remove();
        Assert.True(IsIn(StoreName.CertificateAuthority, between.Certificate));

        chain.Remove();
        Assert.False(IsIn(StoreName.CertificateAuthority, between.Certificate));
        Assert.False(IsIn(StoreName.Root, _issuer.Certificate));
    }

    [Fact]
    public void No_root_goes_where_only_intermediates_are_wanted_and_nothing_to_a_file_by_itself()
    {
        using Issuer root = new("CN=root " + Guid.NewGuid());
        using Issuer between = new("CN=between " + Guid.NewGuid());
        using var folder = new TestFolder();
        CertificateDestination store = CertificateDestination.InStore(My, ChainInstallation.Intermediate);
        CertificateDestination file = CertificateDestination.InFile(folder.PathOf("x.pem"));
        foreach (CertificateDestination destination in new[] { store, CertificateDestination.Both(store, file) })
        {
            InstalledChain chain = destination.InstallChain(new ChainToInstall([between.Certificate], root.Certificate))!;
            Assert.True(IsIn(StoreName.CertificateAuthority, between.Certificate));
            Assert.False(IsIn(StoreName.Root, root.Certificate));
            Assert.Equal(ChainInstallation.Intermediate, destination.Description.Chain);
            chain.Remove();
        }
        Assert.Null(file.InstallChain(new ChainToInstall([between.Certificate], root.Certificate)));
        Assert.Null(CertificateDestination.InStore(My).InstallChain(new ChainToInstall([between.Certificate], root.Certificate)));
        Assert.False(IsIn(StoreName.CertificateAuthority, between.Certificate));
    }

    [Theory]
    [InlineData(ChainInstallation.None)]
    [InlineData(ChainInstallation.WithRoot)]
    public void A_destination_in_words_says_which_issuers_go_beside_it(ChainInstallation chain) =>
        Assert.Equal(chain, CertificateDestination.Of(new DestinationDescription { Store = @"CurrentUser\My", Chain = chain }, password: null).Description.Chain);

    [SkippableFact]
    public void A_friendly_name_that_cannot_be_kept_is_said()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows keeps it");
        _installed = CertificateDestination.InStore(My).Install(What with { FriendlyName = "my name" });
        Assert.Contains("friendly name", Assert.Single(_installed.Notes));
        Assert.Null(_installed.PSPath);
    }

    [SkippableFact]
    public void A_store_that_this_platform_lacks_is_refused_before_anything_happens()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has it");
        CertificateDestination destination = CertificateDestination.InStore(@"Cert:\LocalMachine\My");
        Assert.Equal(CmpErrorKind.Platform, Expect.Error("CmpPlatform.NotSupported", () => destination.EnsureWritable(withKey: true)).Kind);
        Expect.Error("CmpPlatform.NotSupported", () => destination.Install(What));
    }

    [SkippableFact]
    public void A_folder_of_any_name_beside_the_certificates_is_no_obstacle()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows keeps its stores elsewhere");
        _installed = CertificateDestination.InStore(My).Install(What);
        string folder = Path.Combine(StoreFolder.Of(StorePath.Parse(My)), "cmp");
        Directory.CreateDirectory(folder);
        try
        {
            CertificateDestination.InStore(My).EnsureWritable(withKey: true);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>Who errs in its name is not to have a new one, which nobody looks into.</summary>
    [SkippableFact]
    public void A_store_of_another_name_is_used_where_it_is_there_and_not_made()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a store is a folder on Linux");
        string name = "Cmp-" + Guid.NewGuid().ToString("N");
        string folder = StoreFolder.Of(new StorePath(StoreLocation.CurrentUser, name));
        CertificateDestination destination = CertificateDestination.InStore($@"Cert:\CurrentUser\{name}");
        foreach (Action action in new Action[] { () => destination.EnsureWritable(withKey: true), () => destination.Install(What) })
        {
            CmpException error = Expect.Error("CmpStore.NotFound", action);
            Assert.Contains(@"Cert:\CurrentUser\My", error.RecommendedAction, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder));
        }
        Directory.CreateDirectory(folder);
        UnixMode.Set(folder, 0b111_000_000);
        try
        {
            destination.EnsureWritable(withKey: true);
            destination.Install(What);
            Assert.Single(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableFact]
    public void Rule45_A_home_that_may_not_be_written_is_found_before_anything_happens()
    {
        UnixMode.OrSkip();
        string home = Directory.CreateTempSubdirectory("cmp-").FullName;
        UnixMode.Set(home, 0b101_101_101);
        try
        {
            (int exitCode, string output) = Errand.RunUnprivileged(home, "prepare", My);
            Assert.Equal(1, exitCode);
            Assert.Contains("CmpStore.AccessDenied", output);
            UnixMode.Set(home, 0b111_111_111);
            Assert.Equal((0, "ready"), Errand.RunUnprivileged(home, "prepare", My));
            Assert.Empty(Directory.GetFileSystemEntries(home));
        }
        finally
        {
            UnixMode.Set(home, 0b111_000_000);
            Directory.Delete(home, recursive: true);
        }
    }

    [SkippableFact]
    public void A_certificate_is_not_archived_where_nothing_can()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows archives it");
        _installed = CertificateDestination.InStore(My).Install(What);
        Assert.Contains("stays", CertificateRemoval.Retire(_installed.Certificate, OldCertificateAction.Archive));
        CertificateSource.Find(_certificate.Thumbprint).Dispose();
    }

    [Fact]
    public void A_certificate_is_kept_or_removed_as_asked()
    {
        _installed = CertificateDestination.InStore(My).Install(What);
        Assert.Null(CertificateRemoval.Retire(_installed.Certificate, OldCertificateAction.Keep));
        CertificateSource.Find(_certificate.Thumbprint).Dispose();

        // an object from elsewhere is found by its thumbprint
        using X509Certificate2 same = X509CertificateLoader.LoadCertificate(_certificate.Encoded.Span);
        Assert.Contains(@"CurrentUser\My", CertificateRemoval.Retire(same, OldCertificateAction.Remove));
        Expect.Error("CmpStore.NotFound", () => CertificateSource.Find(_certificate.Thumbprint));
        Assert.Contains("not removed", CertificateRemoval.Retire(same, OldCertificateAction.Remove));
    }

    [Fact]
    public void A_file_goes_with_the_certificate_that_it_held_but_not_with_another()
    {
        using var folder = new Folder();
        string path = folder.PathOf("x.pem");
        X509Certificate2 first = CertificateDestination.InFile(path).Install(What).Certificate;
        X509Certificate2 read = CertificateSource.Find(path).Certificate;
        CertificateDestination.InFile(path, overwrite: true).Install(What with { Key = null });
        Assert.Contains("stays", CertificateRemoval.Retire(first, OldCertificateAction.Remove));
        Assert.Contains("stays", CertificateRemoval.Retire(read, OldCertificateAction.Remove));
        Assert.True(File.Exists(path));
        Assert.Contains(path, CertificateRemoval.Retire(CertificateSource.Find(path).Certificate, OldCertificateAction.Remove));
        Assert.False(File.Exists(path));
    }

    private static bool IsIn(StoreName name, Certificate certificate)
    {
        using var store = new X509Store(name, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        return store.Certificates.Any(one => one.Thumbprint == certificate.Thumbprint);
    }
}
