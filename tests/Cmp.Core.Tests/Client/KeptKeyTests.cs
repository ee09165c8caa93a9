using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Keys;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Keys that stay with a provider: they are written down before they are made, found again by another process, and go when their enrolment does.</summary>
public sealed class KeptKeyTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly FakeKeeper _keeper = new();
    private readonly EnrollmentStore _store;

    public KeptKeyTests() => _store = new EnrollmentStore(_folder.PathOf("home")) { KeeperOf = _ => _keeper };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_key_is_written_down_before_it_is_made_and_never_as_a_file()
    {
        PendingCertificate? seen = null;
        var keeper = new FakeKeeper { Making = _ => seen = Pending.Items[0] };
        FakeRoad road = FakeRoad.Of(
            request =>
            {
                Assert.DoesNotContain(Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories), file => file.EndsWith(".key", StringComparison.Ordinal));
                return Desk.Good(request);
            },
            Desk.PkiConf);
        using Enrollment enrollment = Enroll(road, keeper);
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.Equal(PendingKey.Provider, seen!.Key);
        Assert.Equal(FakeKeeper.Provider, seen.KeyProvider);
        Assert.Equal(seen.KeyReference!.Text, Assert.Single(keeper.Names));
        Assert.Equal(seen.KeyReference, keeper.Asked[0].Reference);
        Assert.True(enrolled.Confirmed);
    }

    [Fact]
    public async Task A_refusal_removes_the_key()
    {
        using Enrollment enrollment = Enroll(FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(request, null, PkiStatus.Rejection))), _keeper);
        await Assert.ThrowsAnyAsync<CmpException>(() => enrollment.RunAsync());
        Assert.Single(_keeper.Asked);
        Assert.Empty(_keeper.Names);
    }

    [Fact]
    public async Task What_the_provider_does_not_have_is_an_error_before_anything_is_made_or_kept()
    {
        using Enrollment enrollment = Enroll(FakeRoad.ToNobody(), _keeper, "RSA_4096");
        Assert.Equal("CmpKey.Algorithm", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Empty(_keeper.Asked);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task Another_process_opens_it_by_its_name_and_ends_the_enrolment()
    {
        string id = await WaitAsync();
        using Enrollment again = Enrollment.Resume(_store, id, Options(FakeRoad.Of(request => GoodFor(request), Desk.PkiConf)));
        EnrolledCertificate enrolled = (await again.RunAsync(TimeSpan.FromHours(2)))!;
        Assert.Single(_keeper.Asked);
        using KeyHandle key = _keeper.Open(KeyReference.Parse(Assert.Single(_keeper.Names)), null);
        key.Key.EnsureFits(enrolled.Certificate.PublicKey);
    }

    [Fact]
    public async Task A_key_that_is_gone_is_an_error_and_the_transaction_stays()
    {
        string id = await WaitAsync();
        _keeper.Lose();
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => Enrollment.Resume(_store, id, Options(FakeRoad.ToNobody()))).ErrorId);
        Assert.Equal(id, Pending.Id);
    }

    [Fact]
    public async Task Giving_it_up_removes_the_key()
    {
        string id = await WaitAsync();
        Assert.Single(_keeper.Names);
        Enrollment.Abandon(_store, id);
        Assert.Empty(_keeper.Names);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task Giving_it_up_says_so_where_nobody_reaches_the_key()
    {
        string id = await WaitAsync();
        string? warning = null;
        Enrollment.Abandon(new EnrollmentStore(_folder.PathOf("home")), id, text => warning = text);
        Assert.Contains("fake:Cmp-", warning, StringComparison.Ordinal);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task A_process_that_dies_between_key_and_message_leaves_a_record_that_clears_the_key_away()
    {
        string? id = null;
        using (Enrollment enrollment = Enroll(FakeRoad.ToNobody(), _keeper, boundary: name => { if (name == "prepared") { id = Pending.Id; File.Copy(Record(id), _folder.PathOf("copy")); } }))
            await Assert.ThrowsAnyAsync<Exception>(() => enrollment.RunAsync());
        // as it was when the key had been made and nothing more
        File.Copy(_folder.PathOf("copy"), Record(id!), overwrite: true);
        KeyReference reference = Pending.Items[0].KeyReference!;
        _keeper.Get(new KeyRequest { Reference = reference }).Dispose();
        Assert.Equal("CmpTransaction.NotBegun", Assert.Throws<CmpException>(() => Enrollment.Resume(_store, id!, Options(FakeRoad.ToNobody()))).ErrorId);
        Assert.Empty(_keeper.Names);
    }

    [Theory]
    [InlineData(@"LocalMachine\My", true)]
    [InlineData(@"CurrentUser\My", false)]
    public async Task The_key_is_the_computers_where_its_certificate_is(string store, bool isMachine)
    {
        using Enrollment enrollment = Enroll(
            FakeRoad.Of(Desk.Good, Desk.PkiConf), _keeper,
            request: request => request with { Destination = new FakeDestination { Described = new DestinationDescription { Store = store } } });
        Assert.NotNull(await enrollment.RunAsync());
        Assert.Equal(isMachine, Assert.Single(_keeper.Asked).IsMachineKey);
    }

    [Fact]
    public async Task Rule44_The_key_of_what_we_accepted_and_the_server_refused_stays_with_its_provider()
    {
        using Enrollment enrollment = Enroll(FakeRoad.Of(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertId))), _keeper);
        await Assert.ThrowsAnyAsync<CmpException>(() => enrollment.RunAsync());
        Assert.Single(_keeper.Names);
        Assert.True(Pending.IsInDoubt);
    }

    [Fact]
    public async Task Rule44_So_it_does_where_nothing_is_kept_of_its_enrolment()
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertId))));
        using var enrollment = new Enrollment(desk.Client, desk.Asked() with { Key = new KeyRequest { Provider = FakeKeeper.Provider } }) { ReserveKey = _keeper.Reserve, GetKey = _keeper.Get };
        await Assert.ThrowsAnyAsync<CmpException>(() => enrollment.RunAsync());
        Assert.Single(_keeper.Names);
    }

    /// <summary>Whatever goes wrong after that: without its key it would be worth nothing.</summary>
    [Fact]
    public async Task The_key_of_a_certificate_that_is_where_it_belongs_stays()
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, Desk.PkiConf));
        using var enrollment = new Enrollment(desk.Client, desk.Asked() with { Key = new KeyRequest { Provider = FakeKeeper.Provider } })
        {
            ReserveKey = _keeper.Reserve,
            GetKey = _keeper.Get,
            Boundary = name => _ = name == "installed" ? throw new InvalidOperationException() : name,
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => enrollment.RunAsync());
        Assert.Single(desk.Destination.Installed);
        Assert.Single(_keeper.Names);
    }

    [Fact]
    public async Task A_key_that_is_certified_again_does_not_go_with_its_old_certificate()
    {
        KeyReference reference = KeyReference.Parse("pkcs11:token=t;serial=1;id=%01");
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Cmp.Messages.Pkix.Certificate old = Peer.Shared.Certify(key.PublicKey);
        _store.Enrollments.Write(RecordOf("web", old.Thumbprint) with { KeyReference = reference, KeyProvider = "pkcs11:token=t" });
        using Enrollment enrollment = Enroll(
            FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(key.PublicKey))), Desk.PkiConf), _keeper,
            request: request => request with
            {
                Key = null,
                ExistingKey = key,
                Destination = new FakeDestination { Described = new DestinationDescription { Path = _folder.PathOf("web.pem") } },
                OldCertificateReference = new CertificateReference(old),
                OldCertificateObject = TestCertificate.Load(old.Encoded.ToArray()),
                OldCertificateAction = OldCertificateAction.Remove,
            });
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.NotEqual(old.Thumbprint, enrolled.Certificate.Thumbprint);
        Assert.Empty(_keeper.Deleted);
        // and is known as it was
        EnrollmentRecord record = _store.Enrollments.Find("web")!;
        Assert.Equal((enrolled.Certificate.Thumbprint, reference, "pkcs11:token=t"), (record.Thumbprint, record.KeyReference, record.KeyProvider));
    }

    [Fact]
    public async Task Giving_up_what_is_in_a_store_already_leaves_its_key()
    {
        string id = await KilledAsync("installed", CertificateDestination.InStore(@"Cert:\CurrentUser\My"));
        string thumbprint = _store.Enrollments.Find("web")!.Thumbprint;
        Assert.True(_store.Enrollments.Forget("web"));
        try
        {
            Enrollment.Abandon(_store, id);
            Assert.Single(_keeper.Names);
        }
        finally
        {
            CertificateRemoval.RemoveWithKey(StorePath.CurrentUserMy with { Thumbprint = thumbprint }, null);
        }
    }

    /// <summary>A process that died before the last rename leaves the new key beside its target.</summary>
    [Fact]
    public async Task Giving_up_takes_what_was_staged()
    {
        string id = await KilledAsync("installed", CertificateDestination.InFile(_folder.PathOf("web.pem")));
        string staged = _folder.Write($".web.pem.{Guid.NewGuid():N}.tmp", [1]), others = _folder.Write($".other.pem.{Guid.NewGuid():N}.tmp", [1]);
        Enrollment.Abandon(_store, id);
        Assert.False(File.Exists(staged));
        Assert.True(File.Exists(others));
    }

    /// <summary>It was killed between putting the certificate away and forgetting the transaction; who gives that up must not take the certificate's key.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Giving_up_what_is_where_it_belongs_already_leaves_its_key(bool isRemembered)
    {
        string path = _folder.PathOf("web.pem");
        string id = await KilledAsync("installed", CertificateDestination.InFile(path));
        if (!isRemembered)
            Assert.True(_store.Enrollments.Forget("web"));
        List<string> warnings = [];
        Enrollment.Abandon(_store, id, warnings.Add);
        Assert.Single(_keeper.Names);
        Assert.Empty(_keeper.Deleted);
        Assert.Contains(isRemembered ? "the enrolment web" : path, Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task Giving_up_what_is_not_where_it_belongs_takes_its_key()
    {
        string path = _folder.PathOf("web.pem");
        string id = await KilledAsync("installed", CertificateDestination.InFile(path));
        Assert.True(_store.Enrollments.Forget("web"));
        File.Delete(path);
        Enrollment.Abandon(_store, id);
        Assert.Empty(_keeper.Names);
    }

    [Fact]
    public async Task Giving_up_what_cannot_be_read_says_that_a_key_may_stay()
    {
        string id = await WaitAsync();
        File.WriteAllText(Record(id), "{");
        List<string> warnings = [];
        Enrollment.Abandon(_store, id, warnings.Add);
        Assert.Contains("a key that a provider made for it would stay", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Empty(_store.PendingIds);
    }

    [Theory]
    [InlineData("CmpKey.Failed", 1)]
    [InlineData("CmpKey.Pin", 0)]
    [InlineData("CmpKey.PinRequired", 0)]
    public async Task A_key_over_which_its_provider_failed_is_looked_for_and_removed(string errorId, int deletions)
    {
        var desk = new Desk(FakeRoad.ToNobody());
        using var enrollment = new Enrollment(desk.Client, desk.Asked() with { Key = new KeyRequest { Provider = FakeKeeper.Provider } })
        {
            Store = _store,
            ReserveKey = _keeper.Reserve,
            GetKey = request =>
            {
                _keeper.Get(request).Dispose();
                throw new CmpException(CmpErrorKind.Key, errorId, "The provider fell silent.");
            },
        };
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Equal(deletions, _keeper.Deleted.Count);
        Assert.Equal(1 - deletions, _keeper.Names.Count);
        Assert.Empty(_store.PendingIds);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("pkcs11:token=t;id=%01;type=private", false)]
    [InlineData("pkcs11:id=%01", false)]
    [InlineData("pkcs11:token=t;id=%02", true)]
    [InlineData("pkcs11:token=another;id=%01", true)]
    public async Task The_old_key_goes_with_its_certificate_unless_another_enrolment_uses_it(string? others, bool goes)
    {
        KeyReference old = KeyReference.Parse("pkcs11:token=t;serial=1;id=%01");
        MadeCertificate certificate = MadeCertificate.Root("CN=old");
        _store.Enrollments.Write(RecordOf("old", certificate.Certificate.Thumbprint) with { KeyReference = old });
        if (others is not null)
            _store.Enrollments.Write(RecordOf("other", new string('1', 40)) with { KeyPath = others });
        using Enrollment enrollment = Enroll(FakeRoad.Of(Desk.Good, Desk.PkiConf), _keeper, request: request => Replacing(request, certificate));
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        // and the PIN that was given for the new key's token is tried at no other one
        Assert.Equal(goes ? [(old.Text, false)] : [], _keeper.Deleted);
        Assert.Contains(enrolled.Notes, note => note.Contains(goes ? "is removed" : "the enrolment other uses it too", StringComparison.Ordinal));
    }

    /// <summary>Some CAs answer a second request for the same with what they issued before.</summary>
    [Fact]
    public async Task A_certificate_that_comes_once_more_is_not_removed_as_the_old_one()
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Cmp.Messages.Pkix.Certificate issued = Peer.Shared.Certify(key.PublicKey);
        string path = _folder.PathOf("same.pem");
        CertificateDestination destination = CertificateDestination.InFile(path, overwrite: true);
        destination.Install(new CertificateToInstall(issued, key));
        using FoundCertificate found = CertificateSource.Find(path);
        using Enrollment enrollment = Enroll(
            FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, issued)), Desk.PkiConf), _keeper,
            request: request => request with
            {
                Key = null,
                ExistingKey = key,
                Destination = destination,
                OldCertificateReference = CertificateReference.Of(found.Certificate),
                OldCertificateObject = found.Certificate,
                OldCertificateAction = OldCertificateAction.Remove,
            });
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.Contains(enrolled.Notes, note => note.Contains("it stays", StringComparison.Ordinal));
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Named_readers_may_use_the_new_key_although_the_old_one_is_gone(bool isOldKeyThere)
    {
        var cng = new FakeCng();
        using KeyHandle oldKey = new CngKeys(cng).Get(CngKeysTests.Request("ECDSA_P256")), newKey = new CngKeys(cng).Get(CngKeysTests.Request("ECDSA_P256"));
        foreach (CngName name in cng.Names)
            cng.Set(name, CngKeyProperty.SecurityDescriptor, KeySecurityTests.Machine);
        MadeCertificate old = MadeCertificate.Root("CN=old");
        cng.Tied[old.Certificate.Thumbprint] = CngReference.Read(oldKey.Reference!);
        if (!isOldKeyThere)
            oldKey.Delete();
        Enrollment? enrollment = null;
        enrollment = Enroll(
            FakeRoad.Of(Desk.Good, Desk.PkiConf), _keeper,
            boundary: name =>
            {
                if (name == "installed")
                    cng.Tied[enrollment!.Items[0].Requested!.Issued!.Certificate.Thumbprint] = CngReference.Read(newKey.Reference!);
            },
            request: request => Replacing(request, old) with
            {
                PrivateKeyReaders = ["NETWORK SERVICE"],
                OldCertificateAction = OldCertificateAction.Keep,
                OldCertificateReference = new CertificateReference(old.Certificate) { Store = StorePath.LocalMachineMy },
                Destination = new FakeDestination { Described = new DestinationDescription { Store = @"LocalMachine\My" } },
            },
            readers: new KeyReaders(cng, new KeySecurityTests.Accounts()));
        using (enrollment)
            Assert.NotNull(await enrollment.RunAsync());
        KeySecurity security = KeySecurity.Decode(cng.Property(CngReference.Read(newKey.Reference!), CngKeyProperty.SecurityDescriptor));
        Assert.True(security.Allows(Sid.Parse("S-1-5-20")!));
    }

    [Fact]
    public async Task Readers_are_refused_before_anything_is_made_off_Windows_and_without_a_store()
    {
        using Enrollment here = Enroll(FakeRoad.ToNobody(), _keeper, request: request => request with { PrivateKeyReaders = ["NETWORK SERVICE"] });
        Assert.Equal("CmpPlatform.NotSupported", (await Assert.ThrowsAsync<CmpException>(() => here.RunAsync())).ErrorId);
        using Enrollment there = Enroll(FakeRoad.ToNobody(), _keeper, request: request => request with { PrivateKeyReaders = ["NETWORK SERVICE"] }, readers: new KeyReaders(new FakeCng(), new KeySecurityTests.Accounts()));
        Assert.Equal("CmpArgument.PrivateKeyReader", (await Assert.ThrowsAsync<CmpException>(() => there.RunAsync())).ErrorId);
        Assert.Empty(_keeper.Asked);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task Readers_are_kept_with_what_is_pending_and_what_is_remembered()
    {
        using Enrollment enrollment = Enroll(
            FakeRoad.Of(Desk.Waiting, Desk.PollRep(3600)), _keeper,
            request: request => request with { PrivateKeyReaders = ["NETWORK SERVICE", "S-1-5-19"], Destination = new FakeDestination { Described = new Cmp.Stores.DestinationDescription { Store = @"CurrentUser\My" } } },
            readers: new KeyReaders(new FakeCng(), new KeySecurityTests.Accounts()));
        Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(["NETWORK SERVICE", "S-1-5-19"], Pending.Items[0].PrivateKeyReaders);
        var record = new EnrollmentRecord
        {
            Name = "web", Server = new ServerSettings(), Operation = EnrollmentOperation.Initialization, Thumbprint = new string('0', 40), Subject = "CN=web", NotAfter = Peer.Now, RenewAfter = Peer.Now,
            Destination = new Cmp.Stores.DestinationDescription { Store = @"LocalMachine\My" },
            KeyProvider = "Microsoft Platform Crypto Provider",
            KeyReference = KeyReference.Parse("cng:Microsoft%20Platform%20Crypto%20Provider/Cmp-1?machine"),
            PrivateKeyReaders = ["NETWORK SERVICE"],
        };
        _store.Enrollments.Write(record);
        EnrollmentRecord read = _store.Enrollments.Find("web")!;
        Assert.Equal(record.PrivateKeyReaders, read.PrivateKeyReaders);
        Assert.Equal((record.KeyProvider, record.KeyReference), (read.KeyProvider, read.KeyReference));
        Assert.True(read.Destination.IsMachine);
    }

    [Theory]
    [InlineData("cng:Microsoft%20Platform%20Crypto%20Provider/Cmp-1?machine", "cng")]
    [InlineData("pkcs11:token=t;object=k;type=private", "pkcs11")]
    [InlineData("PKCS11:token=t", "pkcs11")]
    public void A_reference_is_a_uri_with_a_scheme(string text, string scheme)
    {
        KeyReference reference = KeyReference.Parse(text);
        Assert.Equal(text, reference.Text);
        Assert.Equal(scheme, reference.Scheme);
    }

    [Theory]
    [InlineData("")]
    [InlineData("key.pem")]
    [InlineData("cng:")]
    [InlineData(@"C:\keys\key.pem")]
    [InlineData("pkcs11:token=t?pin-value=1234")]
    [InlineData("pkcs11:token=t?PIN-VALUE=1234")]
    [InlineData("p:token=t?pin-value=1234")]
    [InlineData("a b:c")]
    public void What_is_none_or_holds_a_PIN_is_refused_and_the_PIN_not_shown(string text)
    {
        CmpException error = Assert.Throws<CmpException>(() => KeyReference.Parse(text));
        Assert.Equal("CmpKey.Reference", error.ErrorId);
        Assert.DoesNotContain("1234", error.Message, StringComparison.Ordinal);
    }

    private EnrollmentRecord RecordOf(string name, string thumbprint) => new()
    {
        Name = name, Server = new ServerSettings(), Operation = EnrollmentOperation.Initialization, Thumbprint = thumbprint, Subject = "CN=" + name, NotAfter = Peer.Now, RenewAfter = Peer.Now,
        Destination = new DestinationDescription { Path = _folder.PathOf(name + ".pem") },
    };

    private static EnrollmentRequest Replacing(EnrollmentRequest request, MadeCertificate old) => request with
    {
        Key = request.Key! with { Pin = SecretText.Of("1234") },
        OldCertificateReference = new CertificateReference(old.Certificate),
        OldCertificateObject = TestCertificate.Load(old.Certificate.Encoded.ToArray()),
        OldCertificateAction = OldCertificateAction.Remove,
    };

    /// <summary>Ends an enrolment, and puts the record back that there was at a boundary.</summary>
    private async Task<string> KilledAsync(string where, CertificateDestination destination)
    {
        string? id = null;
        using (Enrollment enrollment = Enroll(
            FakeRoad.Of(Desk.Good, Desk.PkiConf), _keeper,
            boundary: name => { if (name == where) { id = Pending.Id; File.Copy(RecordFile(id), _folder.PathOf("copy")); } },
            request: request => request with { Destination = destination, Name = "web" }))
        {
            Assert.NotNull(await enrollment.RunAsync());
        }
        File.Copy(_folder.PathOf("copy"), RecordFile(id!));
        return id!;
    }

    private string RecordFile(string id) => Path.Combine(_folder.PathOf("home"), "transactions", id.ToLowerInvariant() + ".json");

    private PendingEnrollment Pending => Assert.Single(_store.All(error => Assert.Fail(error.Message)));

    private string Record(string id) => Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories).FirstOrDefault(file => file.EndsWith(".json", StringComparison.Ordinal))
        ?? Path.Combine(Directory.GetDirectories(_folder.PathOf("home")).Single(), id.ToLowerInvariant() + ".json");

    private ReadOnlyMemory<byte> GoodFor(PkiMessage request)
    {
        using KeyHandle key = _keeper.Open(KeyReference.Parse(_keeper.Names.Single()), null);
        return Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(key.Key.PublicKey)));
    }

    private Enrollment Enroll(FakeRoad road, FakeKeeper keeper, string algorithm = "ECDSA_P256", Action<string>? boundary = null, Func<EnrollmentRequest, EnrollmentRequest>? request = null, KeyReaders? readers = null)
    {
        var desk = new Desk(road);
        EnrollmentRequest asked = desk.Asked() with { Key = new KeyRequest { Provider = FakeKeeper.Provider, Algorithm = KeyAlgorithm.Parse(algorithm) } };
        return new Enrollment(desk.Client, request?.Invoke(asked) ?? asked)
        {
            Readers = readers ?? KeyReaders.Default,
            Store = _store,
            Boundary = boundary,
            ReserveKey = keeper.Reserve,
            GetKey = keeper.Get,
        };
    }

    private async Task<string> WaitAsync()
    {
        using Enrollment enrollment = Enroll(FakeRoad.Of(Desk.Waiting, Desk.PollRep(3600)), _keeper);
        Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        return Pending.Id;
    }

    private static ResumeOptions Options(FakeRoad road)
    {
        var desk = new Desk(road);
        return new ResumeOptions { Said = desk.Said(), OpenClient = settings => new CmpClient(settings, road, () => desk.Clock.Now, desk.Clock.Delay) };
    }
}
