using System;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>A key that .NET's certificate objects cannot hold stays beside its certificate, goes to files, and to no store.</summary>
public sealed class KeyBesideTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_handed_on_beside_the_certificate()
    {
        EnrolledCertificate enrolled = await EnrollAsync(CertificateDestination.None);
        Assert.False(enrolled.Installed.Certificate.HasPrivateKey);
        using PrivateKey key = enrolled.Key!;
        key.EnsureFits(enrolled.Certificate.PublicKey);
    }

    [SkippableFact]
    public async Task It_goes_to_a_file_with_its_certificate()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string path = _folder.PathOf("apart.pem");
        EnrolledCertificate enrolled = await EnrollAsync(CertificateDestination.InFile(path));
        using PrivateKey read = KeyFile.Read(path);
        read.EnsureFits(enrolled.Certificate.PublicKey);
        using PrivateKey key = enrolled.Key!;
        Assert.Equal(path, enrolled.Installed.Path);
    }

    [Fact]
    public async Task A_store_is_an_error_before_any_traffic()
    {
        int deleted = 0;
        using var client = new CmpClient(new Desk(FakeRoad.ToNobody()).Said(), FakeRoad.ToNobody(), () => Peer.Now);
        foreach (CertificateDestination destination in new[] { CertificateDestination.InStore(@"Cert:\CurrentUser\My"), CertificateDestination.Both(CertificateDestination.InStore(@"Cert:\CurrentUser\My"), CertificateDestination.InFile(_folder.PathOf("both.pem"))) })
        {
            using var enrollment = new Enrollment(client, Asked(destination)) { GetKey = _ => new KeyHandle(new KeyApart(), () => deleted++) };
            CmpException error = await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync());
            Assert.Equal("CmpKey.NotAttachable", error.ErrorId);
            Assert.Contains("-OutFile", error.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Equal(2, deleted);
        Assert.Empty(_folder.Files);
    }

    [SkippableFact]
    public async Task A_key_that_NET_holds_is_not_beside()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Request = request => request with { Destination = CertificateDestination.None } };
        EnrolledCertificate enrolled = (await desk.RunAsync())!;
        Assert.True(enrolled.Installed.Certificate.HasPrivateKey);
        Assert.Null(enrolled.Key);
    }

    private static EnrollmentRequest Asked(CertificateDestination destination) => new() { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = destination };

    private static async Task<EnrolledCertificate> EnrollAsync(CertificateDestination destination)
    {
        using var client = new CmpClient(new Desk(FakeRoad.ToNobody()).Said(), FakeRoad.Of(Desk.Good, Desk.PkiConf), () => Peer.Now);
        using var enrollment = new Enrollment(client, Asked(destination)) { GetKey = _ => new KeyHandle(new KeyApart()) };
        return (await enrollment.RunAsync())!;
    }

    /// <summary>A key of a kind that .NET does not know, as it were.</summary>
    private sealed class KeyApart : PrivateKey
    {
        private readonly PrivateKey _key;

        internal KeyApart()
            : this(Generate(KeyAlgorithm.Parse("ECDSA_P256")))
        {
        }

        private KeyApart(PrivateKey key)
            : base(key.PublicKey) => _key = key;

        public override bool CanBeAttached => false;

        public override bool Exportable => true;

        public override void Dispose() => _key.Dispose();

        internal override bool CanUse(SignatureScheme scheme) => _key.CanUse(scheme);

        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => _key.Sign(data, SignatureAlgorithms.For(_key));

        private protected override byte[] ExportCore() => _key.ExportPkcs8();

        private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => throw new InvalidOperationException("Nobody can hold it.");
    }
}
