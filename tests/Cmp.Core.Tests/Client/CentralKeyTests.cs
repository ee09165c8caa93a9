using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Enrolments whose key the CA makes: who opens it, where it goes, and what stays of it where it does not get there (rule 48).</summary>
public sealed class CentralKeyTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly EnrollmentStore _store;
    private readonly PrivateKey _made = PrivateKey.Generate(KeyAlgorithm.Parse("Ed25519"));

    public CentralKeyTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    private PendingEnrollment Pending => Assert.Single(_store.All(error => throw error));

    public void Dispose()
    {
        _made.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_key_goes_where_the_certificate_goes_and_the_next_one_is_made_by_the_CA_too()
    {
        Desk desk = NewDesk(FakeRoad.Of(WithKey, Desk.PkiConf), destination: new FakeDestination { Described = new DestinationDescription { Path = _folder.PathOf("box.pem") } });
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(0, desk.KeysMade);
        CertificateToInstall installed = Assert.Single(desk.Destination.Installed);
        Assert.True(_made.PublicKey.IsSameAs(installed.Key!.PublicKey));
        Assert.True(enrolled.Confirmed);
        using (enrolled.Key)
            enrolled.Key!.EnsureFits(enrolled.Certificate.PublicKey);
        EnrollmentRecord record = Assert.Single(_store.Enrollments.All(error => throw error));
        Assert.True(record.IsCentralKey);
        Assert.Equal("Ed25519", record.KeyAlgorithm);
        Assert.Empty(_store.PendingIds);
        NothingWaits();
    }

    [Fact]
    public async Task It_goes_to_a_file_that_opens()
    {
        string path = _folder.PathOf("box.pem");
        Desk desk = NewDesk(FakeRoad.Of(WithKey, Desk.PkiConf), request => request with { Destination = CertificateDestination.InFile(path) });
        Assert.NotNull(await desk.RunAsync());
        using PrivateKey key = KeyProviders.Open(path);
        Assert.True(_made.PublicKey.IsSameAs(key.PublicKey));
    }

    [Fact]
    public async Task Who_signs_the_request_names_a_key_to_encrypt_to_which_waits_with_the_transaction()
    {
        SubjectPublicKeyInfo? named = null;
        FakeRoad road = FakeRoad.Of(request =>
        {
            named = SubjectPublicKeyInfo.Decode(((CertReqMessages)request.Body).Requests[0].CertReq.FindControl(Oids.ProtocolEncrKey)!.Value);
            return Desk.Waiting(request);
        }, Desk.PollRep(3600));
        using (Enrollment enrollment = Signed(road))
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(PendingKey.Central, Pending.Items[0].Key);
        Assert.Single(Waiting());
        using Enrollment again = Enrollment.Resume(_store, Pending.Id, Options(FakeRoad.Of(request => Answer(request, EnvelopeRecipient.Of(named!, Nobody)), Desk.PkiConf)));
        EnrolledCertificate enrolled = (await again.RunAsync(TimeSpan.FromHours(2)))!;
        using (enrolled.Key)
            enrolled.Key!.EnsureFits(enrolled.Certificate.PublicKey);
        NothingWaits();
    }

    [Fact]
    public async Task Another_process_opens_what_came_with_the_secret_and_nothing_of_it_is_on_disk()
    {
        string copy = _folder.PathOf("copy");
        // as it is when the process dies over its certConf
        Desk desk = NewDesk(FakeRoad.Of(WithKey, Desk.PkiConf), boundary: name => { if (name == "Send" && Pending.Status == CmpTransactionStatus.Confirming) Copy(_folder.PathOf("home"), copy); });
        Assert.NotNull(await desk.RunAsync());
        byte[] secret = _made.ExportPkcs8();
        byte[] tail = secret.Skip(secret.Length - 32).ToArray();
        string[] files = Directory.GetFiles(copy, "*.*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => file.EndsWith(".key", StringComparison.Ordinal));
        foreach (string file in files)
        {
            byte[] octets = File.ReadAllBytes(file);
            Assert.True(octets.AsSpan().IndexOf(tail) < 0, file);
            foreach (int from in new[] { 0, 1, 2 })
                Assert.DoesNotContain(Convert.ToBase64String(tail, from, 27), File.ReadAllText(file), StringComparison.Ordinal);
        }
        var store = new EnrollmentStore(copy);
        string id = Assert.Single(store.PendingIds);
        FakeRoad road = FakeRoad.Of(Desk.PkiConf);
        using Enrollment again = Enrollment.Resume(store, id, new ResumeOptions { OpenClient = _ => new CmpClient(desk.Said(), road, () => desk.Clock.Now, desk.Clock.Delay) });
        EnrolledCertificate enrolled = (await again.RunAsync())!;
        Assert.IsType<CertConfirmContent>(Assert.Single(road.Sent).Body);
        using (enrolled.Key)
            Assert.True(_made.PublicKey.IsSameAs(enrolled.Key!.PublicKey));
    }

    [Fact]
    public async Task Without_the_secret_it_stays_pending()
    {
        string copy = _folder.PathOf("copy");
        Desk desk = NewDesk(FakeRoad.Of(WithKey, Desk.PkiConf), boundary: name => { if (name == "Send" && Pending.Status == CmpTransactionStatus.Confirming) Copy(_folder.PathOf("home"), copy); });
        Assert.NotNull(await desk.RunAsync());
        var store = new EnrollmentStore(copy);
        string id = Assert.Single(store.PendingIds);
        CmpClient Open(ServerSettings _) => new(desk.Said() with { Secret = Desk.Secret("another secret") }, FakeRoad.ToNobody(), () => desk.Clock.Now, desk.Clock.Delay);
        Assert.Equal("CmpEnvelope.NotOpened", Assert.Throws<CmpException>(() => Enrollment.Resume(store, id, new ResumeOptions { OpenClient = Open })).ErrorId);
        Assert.Equal(id, Assert.Single(store.PendingIds));
    }

    [Fact]
    public async Task A_key_that_cannot_go_there_has_its_certificate_refused()
    {
        var destination = new Picky();
        Desk desk = NewDesk(FakeRoad.Of(WithKey, Desk.PkiConf), request => request with { Destination = destination });
        Assert.Equal("CmpKey.NotAttachable", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        CertStatus status = Assert.Single(Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses);
        Assert.Equal(PkiStatus.Rejection, status.StatusInfo!.Status);
        Assert.Empty(_store.PendingIds);
        NothingWaits();
    }

    [Theory]
    [InlineData("provider")]
    [InlineData("path")]
    [InlineData("existing")]
    [InlineData("pkcs10")]
    public async Task What_brings_a_key_of_its_own_leaves_the_CA_none_to_make(string what)
    {
        Desk desk = NewDesk(FakeRoad.ToNobody(), request => what switch
        {
            "provider" => request with { Key = new KeyRequest { Provider = "Microsoft Platform Crypto Provider" } },
            "path" => request with { Key = new KeyRequest { Path = "key.pem" } },
            "existing" => request with { Key = null, ExistingKey = _made },
            _ => request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(_made, "CN=box7") },
        });
        Assert.Equal("CmpArgument.CentralKeyGeneration", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task A_refusal_leaves_nothing()
    {
        Desk desk = NewDesk(FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(request, null, PkiStatus.Rejection))));
        await desk.FailsAsync();
        NothingWaits();
        Assert.Empty(_store.PendingIds);
    }

    private static RecipientIdentifier Nobody => new(new IssuerAndSerialNumber(Name.Empty, new byte[] { 0 }));

    private ReadOnlyMemory<byte> WithKey(PkiMessage request) => Answer(request, EnvelopeRecipient.OfPassword(Peer.Secret().Secret));

    private ReadOnlyMemory<byte> Answer(PkiMessage request, EnvelopeRecipient recipient)
    {
        var pair = new CertifiedKeyPair
        {
            Certificate = Peer.Shared.Certify(_made.PublicKey),
            PrivateKey = new EncryptedKey(Envelope.Seal(SealedScene.Package(_made), Oids.SignedData, recipient).Encoded).Encoded,
        };
        return Peer.Shared.Answer(request, new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]), new Reply { Header = header => header with { Pvno = 3 } });
    }

    private Desk NewDesk(FakeRoad road, Func<EnrollmentRequest, EnrollmentRequest>? request = null, FakeDestination? destination = null, Action<string>? boundary = null) => new(road)
    {
        Store = _store,
        Boundary = boundary,
        Destination = destination ?? new FakeDestination(),
        Request = asked => (request ?? (one => one))(asked with { IsCentralKey = true, Key = new KeyRequest { IsOfAnyKind = true } }),
    };

    private Enrollment Signed(FakeRoad road)
    {
        Desk desk = new(road);
        return new Enrollment(new CmpClient(Signer(desk.Said()), road, () => desk.Clock.Now, desk.Clock.Delay), desk.Asked() with { IsCentralKey = true, Key = new KeyRequest { IsOfAnyKind = true } }) { Store = _store };
    }

    private static ServerSettings Signer(ServerSettings said) => said with { Secret = null, ClientCertificate = TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray()), ClientKey = Peer.Shared.Client.Key };

    private ResumeOptions Options(FakeRoad road)
    {
        Desk desk = new(road);
        desk.Clock.Now += TimeSpan.FromHours(1);
        return new ResumeOptions { OpenClient = _ => new CmpClient(Signer(desk.Said()), road, () => desk.Clock.Now, desk.Clock.Delay) };
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            string target = to + file.Substring(from.Length);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
#if NET
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(target, File.GetUnixFileMode(file));
#endif
        }
    }

    private string[] Waiting() => Directory.GetFiles(_folder.PathOf("home"), "*.key", SearchOption.AllDirectories);

    private void NothingWaits() => Assert.Empty(Waiting());

    /// <summary>A destination that takes no key.</summary>
    private sealed class Picky : CertificateDestination
    {
        public override DestinationDescription Description { get; } = new();

        public override void EnsureWritable(bool withKey) => Assert.True(withKey);

        public override void EnsureTakes(PrivateKey key) => throw new CmpException(CmpErrorKind.Key, "CmpKey.NotAttachable", "not here");

        public override InstalledCertificate Install(CertificateToInstall what) => throw new InvalidOperationException();
    }
}
