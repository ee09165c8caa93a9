using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Client;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Keys;

/// <summary>A key of Windows that was made for a certificate goes with it when another one takes its place and -OldCertificateAction Remove says so; no other does.</summary>
public sealed class OldKeyTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly FakeCng _cng = new();
    private readonly CngKeys _keys;
    private readonly EnrollmentStore _store;

    public OldKeyTests()
    {
        _keys = new CngKeys(_cng);
        _store = new EnrollmentStore(_folder.PathOf("home")) { KeeperOf = _ => _keys };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_key_that_the_enrolment_remembers_goes_with_its_certificate()
    {
        using KeyHandle key = Made();
        EnrolledCertificate renewed = await RenewAsync(key, Remembered);
        Assert.Empty(_cng.Names);
        Assert.Contains(renewed.Notes, note => note.Contains(key.Reference!.Text, StringComparison.Ordinal));
        Assert.False(File.Exists(_folder.PathOf("first.cer")));
    }

    [Fact]
    public async Task So_does_one_that_was_made_in_memory_and_put_into_the_store()
    {
        using KeyHandle key = Made();
        await RenewAsync(key, record => Remembered(record) with { KeyReference = null, KeyProvider = null }, linked: key.Reference);
        Assert.Empty(_cng.Names);
    }

    [Theory]
    [InlineData(OldCertificateAction.Archive)]
    [InlineData(OldCertificateAction.Keep)]
    public async Task It_stays_with_a_certificate_that_stays(OldCertificateAction action)
    {
        using KeyHandle key = Made();
        await RenewAsync(key, Remembered, linked: key.Reference, action: action);
        Assert.Single(_cng.Names);
    }

    [Fact]
    public async Task One_that_was_there_before_stays()
    {
        using KeyHandle key = Made();
        await RenewAsync(key, record => Remembered(record) with { KeyReference = null, KeyProvider = null });
        Assert.Single(_cng.Names);
    }

    [Fact]
    public async Task So_does_that_of_a_certificate_that_nothing_is_known_of()
    {
        using KeyHandle key = Made();
        await RenewAsync(key, _ => null, linked: key.Reference);
        Assert.Single(_cng.Names);
    }

    [Fact]
    public async Task So_does_one_that_is_certified_again()
    {
        using KeyHandle key = Made();
        await RenewAsync(key, Remembered, linked: key.Reference, reuse: true);
        Assert.Single(_cng.Names);
    }

    [Fact]
    public async Task So_does_that_of_a_renewal_that_the_CA_refuses()
    {
        using KeyHandle key = Made();
        bool refuses = false;
        await Assert.ThrowsAnyAsync<CmpException>(() => RenewAsync(key, Remembered, refuse: () => refuses, enrolled: () => refuses = true));
        Assert.Single(_cng.Names);
        Assert.True(File.Exists(_folder.PathOf("first.cer")));
    }

    [Fact]
    public async Task Where_it_cannot_be_removed_the_new_certificate_is_there_all_the_same()
    {
        using KeyHandle key = Made();
        EnrolledCertificate renewed = await RenewAsync(key, Remembered, keeper: new EnrollmentStore(_folder.PathOf("home")) { KeeperOf = _ => throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", "It does not go.") });
        Assert.Single(_cng.Names);
        Assert.Equal("web", renewed.Name);
    }

    private KeyHandle Made() => _keys.Get(new KeyRequest { Provider = FakeCng.Software, Algorithm = KeyAlgorithm.Parse("ECDSA_P256"), IsSilent = true });

    private static EnrollmentRecord Remembered(EnrollmentRecord record) => record;

    private async Task<EnrolledCertificate> RenewAsync(
        KeyHandle key, Func<EnrollmentRecord, EnrollmentRecord?> remember, KeyReference? linked = null, OldCertificateAction action = OldCertificateAction.Remove, bool reuse = false,
        Func<bool>? refuse = null, Action? enrolled = null, EnrollmentStore? keeper = null)
    {
        using Server server = Server.Start(new TestServerOptions
        {
            Secret = new NetworkCredential(string.Empty, _secret).SecurePassword,
            Outcome = (_, _) => refuse?.Invoke() == true ? RequestOutcome.Reject : RequestOutcome.Grant,
        });
        _folder.Write("root.cer", server.RootCertificate.RawData);
        ServerSettings settings = Victim.Settings(server.Uri.OriginalString, server.Reference, _folder.PathOf("root.cer"), _secret);
        EnrolledCertificate first = await RunAsync(settings, new EnrollmentRequest { Subject = Name.Parse("CN=web"), ExistingKey = key.Key, Destination = CertificateDestination.None });
        _folder.Write("first.cer", first.Certificate.Encoded.ToArray());
        if (remember(Record(first, key)) is { } record)
            _store.Enrollments.Write(record);
        enrolled?.Invoke();
        FoundCertificate found = CertificateSource.Find(_folder.PathOf("first.cer"));
        var request = new EnrollmentRequest
        {
            Operation = EnrollmentOperation.KeyUpdate,
            OldCertificate = first.Certificate,
            OldCertificateReference = CertificateReference.Of(found.Certificate),
            OldCertificateObject = found.Certificate,
            OldCertificateAction = action,
            Key = reuse ? null : new KeyRequest { Exportable = true },
            ExistingKey = reuse ? key.Key : null,
            Destination = reuse ? CertificateDestination.None : CertificateDestination.InFile(_folder.PathOf("second.pem")),
        };
        using var client = new CmpClient(settings with { Protection = ProtectionKind.Signature, ClientCertificate = found.Certificate, ClientKey = key.Key });
        using var enrollment = new Enrollment(client, request) { Store = keeper ?? _store, LinkedKeyOf = certificate => certificate.Thumbprint == first.Certificate.Thumbprint ? linked : null };
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }

    private EnrollmentRecord Record(EnrolledCertificate enrolled, KeyHandle key) => new()
    {
        Name = "web", Server = new ServerSettings(), Operation = EnrollmentOperation.Initialization, Thumbprint = enrolled.Certificate.Thumbprint, Subject = "CN=web",
        NotAfter = enrolled.Certificate.NotAfter, RenewAfter = enrolled.RenewAfter, Destination = new DestinationDescription { Path = _folder.PathOf("first.cer") },
        KeyProvider = FakeCng.Software, KeyReference = key.Reference,
    };

    private static async Task<EnrolledCertificate> RunAsync(ServerSettings settings, EnrollmentRequest request)
    {
        using var client = new CmpClient(settings);
        using var enrollment = new Enrollment(client, request);
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }
}
