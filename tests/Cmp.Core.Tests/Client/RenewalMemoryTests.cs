using System;
using System.IO;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What renewals leave on disk: a lock for as long as they run, and in the enrolment what another one needs.</summary>
public sealed class RenewalMemoryTests : IDisposable
{
    private const string Thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567";

    private readonly TestFolder _folder = new();
    private readonly EnrollmentStore _store;

    public RenewalMemoryTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    private EnrollmentRecord Record => new()
    {
        Name = "web1",
        Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
        Operation = EnrollmentOperation.Initialization,
        Thumbprint = Thumbprint,
        Subject = "CN=web1",
        NotAfter = Peer.Now.AddDays(100),
        RenewAfter = Peer.Now.AddDays(80),
        Destination = CertificateDestination.InStore(@"Cert:\CurrentUser\My").Description,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_renewal_is_one_hands_until_it_is_let_go_and_leaves_nothing()
    {
        using (RenewalLock held = _store.TryLockRenewal(Thumbprint)!)
        {
            Assert.NotNull(held);
            Assert.Null(_store.TryLockRenewal(Thumbprint.ToLowerInvariant()));
            Assert.Null(new EnrollmentStore(_folder.PathOf("home")).TryLockRenewal(Thumbprint));
            using RenewalLock other = _store.TryLockRenewal("89ABCDEF0123456789ABCDEF0123456789ABCDEF")!;
            Assert.NotNull(other);
        }
        Assert.Empty(Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories));
        using RenewalLock again = _store.TryLockRenewal(Thumbprint)!;
        Assert.NotNull(again);
    }

    [Theory]
    [InlineData("20%")]
    [InlineData("14.00:00:00")]
    public void The_window_and_what_was_replaced_are_remembered(string window)
    {
        _store.Enrollments.Write(Record with { RenewBefore = RenewalWindow.Parse(window), Replaced = ["AA", "BB"] });
        EnrollmentRecord read = _store.Enrollments.Find("web1")!;
        Assert.Equal(RenewalWindow.Parse(window), read.RenewBefore);
        Assert.Equal(["AA", "BB"], read.Replaced);
    }

    /// <summary>What is in doubt may be in force, and somebody has to look into it: it keeps no renewal back. Neither does what has ended.</summary>
    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void A_pending_renewal_is_found_where_it_can_go_on(bool isInDoubt, bool hasEnded, bool isFound)
    {
        Certificate old = Peer.Shared.Client.Certificate;
        var item = new PendingCertificate { Subject = "CN=web1", Destination = Record.Destination, OldCertificate = new CertificateReference(old), HasEnded = hasEnded };
        _store.Save(
            new PendingEnrollment
            {
                Id = "0A",
                Operation = EnrollmentOperation.KeyUpdate,
                Items = [item],
                Begun = Peer.Now,
                Server = Record.Server,
                State = new TransactionState { Phase = TransactionPhase.Requested, Request = new byte[] { 1 }, LastMessage = new byte[] { 1 }, Requests = [new RequestState(RequestPhase.Waiting)] },
                IsInDoubt = isInDoubt,
            },
            durable: false);
        Assert.Equal(isFound, _store.RenewalOf(old.Thumbprint.ToLowerInvariant()) is not null);
        Assert.Null(_store.RenewalOf(Thumbprint));
    }

    [Fact]
    public void A_file_of_before_knows_neither()
    {
        _store.Enrollments.Write(Record);
        string text = File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.PathOf("home"), "*.json", SearchOption.AllDirectories)));
        Assert.DoesNotContain("renewBefore", text);
        Assert.DoesNotContain("replaced", text);
        EnrollmentRecord read = _store.Enrollments.Find("web1")!;
        Assert.Null(read.RenewBefore);
        Assert.Empty(read.Replaced);
    }

    [Theory]
    [InlineData(ChainInstallation.Intermediate)]
    [InlineData(ChainInstallation.WithRoot)]
    public void Which_issuers_go_into_stores_is_remembered_with_the_place(ChainInstallation chain)
    {
        _store.Enrollments.Write(Record with { Destination = CertificateDestination.InStore(@"Cert:\CurrentUser\My", chain).Description });
        EnrollmentRecord read = _store.Enrollments.Find("web1")!;
        Assert.Equal(chain, read.Destination.Chain);
        Assert.Equal(chain, CertificateDestination.Of(read.Destination, password: null).Description.Chain);
    }

    [Fact]
    public void A_file_of_before_has_none_go_there()
    {
        _store.Enrollments.Write(Record);
        Assert.DoesNotContain("chain", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.PathOf("home"), "*.json", SearchOption.AllDirectories))));
        Assert.Equal(ChainInstallation.None, _store.Enrollments.Find("web1")!.Destination.Chain);
    }

    [Fact]
    public void A_window_that_is_none_is_damage()
    {
        _store.Enrollments.Write(Record with { RenewBefore = new RenewalWindow(null, 20) });
        string path = Assert.Single(Directory.GetFiles(_folder.PathOf("home"), "*.json", SearchOption.AllDirectories));
        File.WriteAllText(path, File.ReadAllText(path).Replace("20%", "120%", StringComparison.Ordinal));
        Assert.Equal("CmpState.Unreadable", Assert.Throws<CmpException>(() => _store.Enrollments.Find("web1")).ErrorId);
    }
}
