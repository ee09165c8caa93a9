using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Keys;
using Xunit;

namespace Cmp.Tests.Stores;

public sealed class FileDestinationTests : IDisposable
{
    private static readonly byte[] Old = Encoding.ASCII.GetBytes("what was there before");

    private readonly Folder _folder = new();
    private readonly Issuer _root = new("CN=root");
    private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly PrivateKey _issuerKey = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly Certificate _issuer;
    private readonly Certificate _certificate;

    public FileDestinationTests()
    {
        _issuer = _root.Issue("CN=issuer", _issuerKey.PublicKey, isCA: true);
        _certificate = _root.Issue("CN=x", _key.PublicKey);
    }

    private CertificateToInstall What => new(_certificate, _key) { Chain = [_issuer, _root.Certificate], FriendlyName = "my name" };

    public void Dispose()
    {
        _key.Dispose();
        _issuerKey.Dispose();
        _root.Dispose();
        _folder.Dispose();
    }

    /// <summary>What an installation left that was cut off is ours; what somebody else put there since is not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule45_What_was_cut_off_is_completed_over_what_is_ours_only(bool isOurs)
    {
        string path = _folder.PathOf("x.cer"), keyPath = _folder.PathOf("x.key");
        CertificateDestination destination = CertificateDestination.InFile(path, keyPath);
        destination.Install(isOurs ? What : new CertificateToInstall(_root.Issue("CN=another", _issuerKey.PublicKey), _issuerKey));
        byte[] before = File.ReadAllBytes(keyPath);
        Expect.Error("CmpStore.Exists", () => destination.Install(What));
        if (isOurs)
            AssertSigns(CertificateDestination.InFile(path, keyPath).Install(What with { IsRepeated = true }));
        else
            Expect.Error("CmpStore.Exists", () => destination.Install(What with { IsRepeated = true }));
        Assert.Equal(isOurs, File.ReadAllBytes(path).AsSpan().SequenceEqual(_certificate.Encoded.Span));
        Assert.True(isOurs || File.ReadAllBytes(keyPath).AsSpan().SequenceEqual(before));
    }

    /// <summary>A file that somebody else put there would let his group read our key.</summary>
    [SkippableFact]
    public void The_group_of_somebody_elses_file_reads_no_key()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root makes files of others");
        string secret = _folder.PathOf("x.pem");
        CertificateDestination destination = CertificateDestination.InFile(secret, overwrite: true);
        destination.Install(What);
        UnixMode.Set(secret, (int)(UnixMode.OwnerOnly | UnixFileMode.GroupRead));
        Assert.Equal(0, Programs.Run(Programs.Find("chown")!, ["65534:65534", secret]).ExitCode);
        destination.Install(What);
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(secret));
    }

    /// <summary>Else a server that reads its key as a member of a group stands still after the first renewal.</summary>
    [SkippableTheory]
    [InlineData("x.pem", null, UnixFileMode.GroupRead, UnixFileMode.GroupRead)]
    [InlineData("x.cer", "x.key", UnixFileMode.GroupRead, UnixFileMode.GroupRead)]
    [InlineData("x.cer", "x.key", UnixFileMode.None, UnixFileMode.None)]
    // never the world, and never more than reading
    [InlineData("x.cer", "x.key", UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead, UnixFileMode.GroupRead)]
    [InlineData("x.pem", null, UnixFileMode.OtherRead, UnixFileMode.None)]
    public void Who_could_read_the_old_key_as_its_group_can_read_the_new_one(string file, string? keyFile, UnixFileMode before, UnixFileMode after)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Groups of files are handed on on Linux only.");
        string? keyPath = keyFile is null ? null : _folder.PathOf(keyFile);
        string secret = keyPath ?? _folder.PathOf(file);
        CertificateDestination destination = CertificateDestination.InFile(_folder.PathOf(file), keyPath, null, overwrite: true);
        destination.Install(What);
        UnixMode.Set(secret, (int)(UnixMode.OwnerOnly | before));
        destination.Install(What);
        Assert.Equal(UnixMode.OwnerOnly | after, UnixMode.Of(secret));
    }

    /// <summary>Found out afterwards, it would keep a certificate that is in force from ever being put away.</summary>
    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, "pkcs11:token=t;id=%01", true)]
    [InlineData(false, null, false)]
    public void A_key_that_does_not_leave_where_it_is_is_refused_before_any_traffic(bool isExportable, string? location, bool isTaken)
    {
        using var key = new Elsewhere(_key.PublicKey, isExportable, location);
        CertificateDestination file = CertificateDestination.InFile(_folder.PathOf("x.pem"));
        if (isTaken)
            file.EnsureTakes(key);
        else
            Expect.Error("CmpKey.NotExportable", () => file.EnsureTakes(key));
    }

    private sealed class Elsewhere(SubjectPublicKeyInfo publicKey, bool isExportable, string? location) : PrivateKey(publicKey)
    {
        public override bool Exportable => isExportable;

        public override string? Location => location;

        public override void Dispose()
        {
        }

        internal override bool CanUse(SignatureScheme scheme) => true;

        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

        private protected override byte[] ExportCore() => throw new NotSupportedException();
    }

    [Fact]
    public void A_PEM_file_has_the_certificate_then_its_chain_then_its_key_and_no_root()
    {
        string path = _folder.PathOf("x.pem");
        InstalledCertificate installed = CertificateDestination.InFile(path).Install(What);
        IReadOnlyList<PemBlock> blocks = Pem.Read(File.ReadAllBytes(path));
        Assert.Equal(["CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"], blocks.Select(block => block.Label));
        Assert.Equal(_certificate.Encoded.ToArray(), blocks[0].Octets);
        Assert.Equal(_issuer.Encoded.ToArray(), blocks[1].Octets);
        Assert.Equal(path, installed.Path);
        Assert.Null(installed.KeyPath);
        Assert.Null(installed.Store);
        Assert.Null(installed.PSPath);
        Assert.Contains("friendly name", Assert.Single(installed.Notes));
        AssertSigns(installed);
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void A_key_goes_to_the_file_that_is_named_for_it()
    {
        string path = _folder.PathOf("x.pem");
        string keyPath = _folder.PathOf("x.key");
        InstalledCertificate installed = CertificateDestination.InFile(path, keyPath).Install(What);
        Assert.Equal(["CERTIFICATE", "CERTIFICATE"], Pem.Read(File.ReadAllBytes(path)).Select(block => block.Label));
        Assert.Equal(["PRIVATE KEY"], Pem.Read(File.ReadAllBytes(keyPath)).Select(block => block.Label));
        Assert.Equal(keyPath, installed.KeyPath);
        AssertSigns(installed);
    }

    [SkippableTheory]
    [InlineData("x.pem", null)]
    [InlineData("x.pem", "x.key")]
    [InlineData("x.cer", "x.key")]
    [InlineData("x.pfx", null)]
    [InlineData("x.P12", null)]
    public void Rule71_What_holds_a_key_is_for_its_owner_alone(string name, string? keyName)
    {
        UnixMode.OrSkip();
        string path = _folder.PathOf(name);
        string? keyPath = keyName is null ? null : _folder.PathOf(keyName);
        AssertSigns(CertificateDestination.InFile(path, keyPath).Install(What));
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(keyPath ?? path));
        if (keyPath is not null)
            Assert.NotEqual(UnixMode.OwnerOnly, UnixMode.Of(path));
    }

    [SkippableTheory]
    [InlineData("x.pem", null, null)]
    [InlineData("x.pem", "x.key", "password")]
    [InlineData("x.pem", null, "password")]
    [InlineData("x.cer", "x.key", null)]
    [InlineData("x.pfx", null, "password")]
    [InlineData("x.p12", null, null)]
    public void OpenSSL_reads_certificate_and_key(string name, string? keyName, string? password)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        CertificateDestination.InFile(openssl.PathOf(name), keyName is null ? null : openssl.PathOf(keyName), password is null ? null : SecretText.Of(password)).Install(What);
        string pass = $"-passin pass:{password}";
        if (name.StartsWith("x.p", StringComparison.Ordinal) && name != "x.pem")
            openssl.Do($"pkcs12 -in {name} {pass} -nodes -out all.pem");
        string certificate = name == "x.cer" ? "-inform DER -in x.cer" : name == "x.pem" ? "-in x.pem" : "-in all.pem";
        string key = keyName ?? (name == "x.pem" ? "x.pem" : "all.pem");
        Assert.Equal(openssl.Do($"x509 {certificate} -noout -pubkey").Trim(), openssl.Do($"pkey -in {key} {pass} -pubout").Trim());
    }

    [Fact]
    public void What_a_CER_file_cannot_hold_is_said()
    {
        InstalledCertificate installed = CertificateDestination.InFile(_folder.PathOf("x.cer"), _folder.PathOf("x.key")).Install(What);
        Assert.Equal(_certificate.Encoded.ToArray(), File.ReadAllBytes(_folder.PathOf("x.cer")));
        Assert.Contains(installed.Notes, note => note.Contains("chain"));
    }

    [Fact]
    public void A_certificate_without_a_key_goes_to_a_file_too()
    {
        foreach (string name in new[] { "x.pem", "x.cer", "x.pfx" })
        {
            InstalledCertificate installed = CertificateDestination.InFile(_folder.PathOf(name)).Install(What with { Key = null });
            Assert.Equal(_certificate.Thumbprint, installed.Certificate.Thumbprint);
            Assert.False(installed.Certificate.HasPrivateKey);
        }
    }

    [Theory]
    [InlineData("x.txt", null, "CmpStore.Extension")]
    [InlineData("x", null, "CmpStore.Extension")]
    [InlineData("x.pfx", "x.key", "CmpStore.KeyFile")]
    [InlineData("x.pem", "x.pem", "CmpStore.KeyFile")]
    public void What_does_not_go_together_is_refused_at_once(string name, string? keyName, string errorId) =>
        Assert.Equal(CmpErrorKind.Argument, Expect.Error(errorId, () => CertificateDestination.InFile(_folder.PathOf(name), keyName is null ? null : _folder.PathOf(keyName))).Kind);

    [Theory]
    [InlineData("x.cer", null, true, "CmpStore.KeyFile")]
    [InlineData("x.pem", "x.key", false, "CmpStore.KeyFile")]
    [InlineData("none/x.pem", null, true, "CmpStore.NotFound")]
    [InlineData("x.pem", "none/x.key", true, "CmpStore.NotFound")]
    [InlineData("old.pem", null, true, "CmpStore.Exists")]
    [InlineData("x.pem", "old.pem", true, "CmpStore.Exists")]
    [InlineData("folder.pem", null, true, "CmpStore.Unwritable")]
    public void Rule45_What_cannot_work_is_found_before_anything_happens(string name, string? keyName, bool withKey, string errorId)
    {
        _folder.Write("old.pem", Old);
        Directory.CreateDirectory(_folder.PathOf("folder.pem"));
        CertificateDestination destination = CertificateDestination.InFile(_folder.PathOf(name), keyName is null ? null : _folder.PathOf(keyName));
        Expect.Error(errorId, () => destination.EnsureWritable(withKey));
        Expect.Error(errorId, () => destination.Install(withKey ? What : What with { Key = null }));
        Assert.Equal(2, _folder.Files.Length);
        Assert.Equal(Old, File.ReadAllBytes(_folder.PathOf("old.pem")));
    }

    [Fact]
    public void Rule45_Looking_ahead_leaves_nothing_and_changes_nothing()
    {
        _folder.Write("x.pem", Old);
        CertificateDestination.InFile(_folder.PathOf("x.pem"), _folder.PathOf("x.key"), overwrite: true).EnsureWritable(withKey: true);
        Assert.Equal(Old, File.ReadAllBytes(Assert.Single(_folder.Files)));
    }

    [Fact]
    public void Rule19_A_key_that_does_not_fit_is_written_nowhere()
    {
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        _folder.Write("x.pem", Old);
        Expect.Error("CmpKey.Mismatch", () => CertificateDestination.InFile(_folder.PathOf("x.pem"), overwrite: true).Install(What with { Key = other }));
        Assert.Equal(Old, File.ReadAllBytes(Assert.Single(_folder.Files)));
    }

    [SkippableFact]
    public void Rule45_When_the_second_file_fails_the_first_one_is_as_it_was()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string path = _folder.Write("x.pem", Old);
        string keyPath = _folder.Write("x.key", Old);
        UnixMode.Set(keyPath, 0b110_100_000);
        string elsewhere = _folder.Write("elsewhere", Old);

        // the certificate's file becomes a link after all was looked at, so that putting it in its place fails
        var chain = new Sabotage(_issuer, () =>
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, elsewhere);
        });
        Expect.Error("CmpStore.Link", () => CertificateDestination.InFile(path, keyPath, overwrite: true).Install(What with { Chain = chain }));
        Assert.True(chain.IsDone);
        Assert.Equal(Old, File.ReadAllBytes(keyPath));
        Assert.Equal((UnixFileMode)0b110_100_000, UnixMode.Of(keyPath));
        Assert.Equal(Old, File.ReadAllBytes(elsewhere));
        Assert.Equal(3, _folder.Files.Length);
    }

    [SkippableFact]
    public void Rule45_Undoing_brings_back_what_was_there()
    {
        string path = _folder.Write("x.pem", Old);
        string keyPath = _folder.PathOf("x.key");
        if (!OperatingSystem.IsWindows())
            UnixMode.Set(path, 0b110_100_100);
        InstalledCertificate installed = CertificateDestination.InFile(path, keyPath, overwrite: true).Install(What);
        Assert.NotEqual(Old, File.ReadAllBytes(path));
        Assert.True(File.Exists(keyPath));
        installed.Remove();
        installed.Remove();
        Assert.Equal(Old, File.ReadAllBytes(path));
        Assert.False(File.Exists(keyPath));
        Assert.Single(_folder.Files);
        UnixMode.OrSkip();
        Assert.Equal((UnixFileMode)0b110_100_100, UnixMode.Of(path));
    }

    [Fact]
    public void Rule45_A_large_file_is_not_taken_for_an_old_certificate()
    {
        string path = _folder.Write("x.pem", new byte[5 << 20]);
        Expect.Error("CmpStore.Unreadable", () => CertificateDestination.InFile(path, overwrite: true).EnsureWritable(withKey: true));
        Expect.Error("CmpStore.Unreadable", () => CertificateDestination.InFile(path, overwrite: true).Install(What));
        Assert.Equal(5 << 20, new FileInfo(path).Length);
        Assert.Single(_folder.Files);
    }

    [Fact]
    public void Two_places_get_it_or_none()
    {
        string pem = _folder.PathOf("x.pem");
        string pfx = _folder.PathOf("x.pfx");
        InstalledCertificate installed = CertificateDestination.Both(CertificateDestination.InFile(pem), CertificateDestination.InFile(pfx)).Install(What);
        Assert.Equal(2, _folder.Files.Length);
        Assert.Equal(pem, installed.Path);
        installed.Remove();
        Assert.Empty(_folder.Files);

        _folder.Write("x.pfx", Old);
        CertificateDestination both = CertificateDestination.Both(CertificateDestination.InFile(pem), CertificateDestination.InFile(pfx));
        Expect.Error("CmpStore.Exists", () => both.EnsureWritable(withKey: true));
        Expect.Error("CmpStore.Exists", () => both.Install(What));
        Assert.Equal(Old, File.ReadAllBytes(Assert.Single(_folder.Files)));
    }

    [Fact]
    public void Nowhere_the_certificate_has_its_key_in_memory()
    {
        CertificateDestination.None.EnsureWritable(withKey: true);
        InstalledCertificate installed = CertificateDestination.None.Install(What);
        AssertSigns(installed);
        Assert.Null(installed.Store);
        Assert.Null(installed.Path);
        installed.Remove();
    }

    private void AssertSigns(InstalledCertificate installed)
    {
        Assert.Equal(_certificate.Thumbprint, installed.Certificate.Thumbprint);
        using PrivateKey? key = PrivateKey.Of(installed.Certificate);
        key!.EnsureFits(_key.PublicKey);
    }

    /// <summary>A list that does something when it is first gone through.</summary>
    private sealed class Sabotage(Certificate certificate, Action action) : IReadOnlyList<Certificate>
    {
        public bool IsDone { get; private set; }

        public int Count => 1;

        public Certificate this[int index] => certificate;

        public IEnumerator<Certificate> GetEnumerator()
        {
            if (!IsDone)
                action();
            IsDone = true;
            yield return certificate;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
