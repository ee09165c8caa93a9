using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>When a certificate is renewed may change while it stays: what is remembered changes, whole and under a lock, and never what a renewal wrote meanwhile.</summary>
public sealed class EnrollmentScheduleTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly EnrollmentStore _store;
    private readonly byte[] _before;
    private readonly string _path;

    public EnrollmentScheduleTests()
    {
        _store = new EnrollmentStore(_folder.PathOf("home"));
        _path = _folder.PathOf("web.pem");
        Certificate certificate = Peer.Shared.Certify(Peer.Shared.Client.Key.PublicKey, "CN=web", Shape.Leaf with { NotBefore = Peer.Now, NotAfter = Peer.Now.AddDays(100) });
        var destination = CertificateDestination.InFile(_path);
        InstalledCertificate installed = destination.Install(new CertificateToInstall(certificate, null));
        _store.Enrollments.Write(new EnrollmentRecord
        {
            Name = "web",
            Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
            Operation = EnrollmentOperation.Initialization,
            Thumbprint = installed.Certificate.Thumbprint,
            Subject = "CN=web",
            NotAfter = certificate.NotAfter,
            RenewAfter = Renewal.After(certificate),
            Destination = destination.Description,
            Replaced = ["AA"],
        });
        _before = File.ReadAllBytes(_path);
    }

    private EnrollmentRecord Record => _store.Enrollments.Get("web");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_window_and_what_follows_from_it_are_remembered_and_the_certificate_stays()
    {
        EnrollmentSchedule.Change(_store, Record, new RenewalWindow(null, 40));
        Assert.Equal(new RenewalWindow(null, 40), Record.RenewBefore);
        Assert.Equal(Peer.Now.AddDays(60), Record.RenewAfter);
        Assert.False(Record.IsDue(Peer.Now.AddDays(60).AddTicks(-1)));
        Assert.True(Record.IsDue(Peer.Now.AddDays(60)));
        Assert.Equal(["AA"], Record.Replaced);
        Assert.Equal(_before, File.ReadAllBytes(_path));

        EnrollmentSchedule.Change(_store, Record, null);
        Assert.Null(Record.RenewBefore);
        Assert.Equal(Peer.Now.AddDays(70), Record.RenewAfter);
    }

    [Theory]
    [InlineData("100%")]
    [InlineData("100.00:00:00")]
    [InlineData("101.00:00:00")]
    [InlineData("00:00:00")]
    public void One_that_would_always_be_open_or_never_is_not_remembered(string window)
    {
        CmpException error = Assert.Throws<CmpException>(() => EnrollmentSchedule.Change(_store, Record, RenewalWindow.Parse(window)));
        Assert.Equal("CmpArgument.RenewBefore", error.ErrorId);
        Assert.Null(Record.RenewBefore);
    }

    /// <summary>The new certificate has its own time; the old record in its place would lose it.</summary>
    [Fact]
    public void What_was_renewed_or_forgotten_meanwhile_is_left_as_it_is()
    {
        EnrollmentRecord seen = Record;
        EnrollmentRecord renewed = seen with { Thumbprint = new string('1', 40), RenewAfter = Peer.Now.AddDays(500), Replaced = [seen.Thumbprint] };
        _store.Enrollments.Write(renewed);
        EnrollmentSchedule.Change(_store, seen, new RenewalWindow(null, 40));
        Assert.Equal(renewed.Thumbprint, Record.Thumbprint);
        Assert.Equal(renewed.RenewAfter, Record.RenewAfter);
        Assert.Null(Record.RenewBefore);

        _store.Enrollments.Forget("web");
        EnrollmentSchedule.Change(_store, seen, new RenewalWindow(null, 40));
        Assert.Null(_store.Enrollments.Find("web"));
    }

    [SkippableFact]
    public async Task No_change_is_lost_to_another_one()
    {
        Skip.If(Mono.IsRunning, Mono.SharesFiles);
        EnrollmentRecord seen = Record;
        string[] readers = [.. Enumerable.Range(0, 40).Select(number => $"reader{number}")];
        await Task.WhenAll(readers.Select(reader => Task.Run(() =>
            Assert.True(new EnrollmentStore(_folder.PathOf("home")).Enrollments.Change(seen, now => now with { PrivateKeyReaders = [.. now.PrivateKeyReaders, reader] })))));
        Assert.Equal(readers.OrderBy(reader => reader, StringComparer.Ordinal), Record.PrivateKeyReaders.OrderBy(reader => reader, StringComparer.Ordinal));
    }
}
