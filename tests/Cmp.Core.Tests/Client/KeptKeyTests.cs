using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
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
    [InlineData("a b:c")]
    public void What_is_none_or_holds_a_PIN_is_refused_and_the_PIN_not_shown(string text)
    {
        CmpException error = Assert.Throws<CmpException>(() => KeyReference.Parse(text));
        Assert.Equal("CmpKey.Reference", error.ErrorId);
        Assert.DoesNotContain("1234", error.Message, StringComparison.Ordinal);
    }

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
