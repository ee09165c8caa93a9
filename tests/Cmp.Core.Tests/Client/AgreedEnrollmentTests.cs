using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.TestServer;
using Cmp.TestServer;
using Xunit;
using Peer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>Enrolments under KemBasedMac, whole: from a key to an installed certificate, through a file in between.</summary>
public sealed class AgreedEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enrolment_under_KemBasedMac_waits_on_disk_without_a_secret_and_ends_in_another_process(bool hasServerKey)
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var peer = new Peer(AgreedScene.Trusting(device) with { PollCount = 1, CheckAfter = 3600, KemKeyAlgorithm = hasServerKey ? KeyAlgorithm.Parse("ML-KEM-512") : null });
        ServerSettings settings = AgreedScene.Settled(ProtectionKind.KemBasedMac, device, peer.Responder.KemCertificate, hasAnchor: !hasServerKey) with { Uri = new Uri("http://ca.example/") };
        var store = new EnrollmentStore(_folder.PathOf("home"));
        FakeRoad road = FakeRoad.To(peer.Responder);
        CmpClient Open(ServerSettings said) => new(said with { ClientCertificateReference = null, ClientCertificate = settings.ClientCertificate, ClientKey = device.Key }, road, () => peer.Now);

        using (var enrollment = new Enrollment(Open(settings with { ClientCertificate = null, ClientKey = null }), Asked()) { Store = store })
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.NotNull(pending.State!.KemCiphertext);
        peer.Now += TimeSpan.FromHours(2);

        using Enrollment resumed = Enrollment.Resume(store, pending.Id, new ResumeOptions { OpenClient = Open });
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await resumed.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Equal(1, road.Kinds.Count(kind => kind == "genm"));
        Assert.All(road.Sent.Skip(1), message => Assert.Equal(Oids.KemBasedMac, message.Header.ProtectionAlg!.Oid));
        Assert.Empty(store.All(error => Assert.Fail(error.Message)));
    }

    private EnrollmentRequest Asked() => new()
    {
        Subject = Name.Parse("CN=agreed"),
        Key = new KeyRequest { Exportable = true },
        Destination = new FileDestination(_folder.PathOf("agreed.pem"), null, null, overwrite: false),
    };
}
