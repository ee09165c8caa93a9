using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What was asked for is remembered beside what came of it; and an enrolment that is removed takes what it left with it.</summary>
public sealed class EnrollmentRemovalTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly EnrollmentStore _store;

    public EnrollmentRemovalTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    private EnrollmentRecord Record => new()
    {
        Name = "web1",
        Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
        Operation = EnrollmentOperation.Initialization,
        Thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567",
        Subject = "CN=web1, O=The CA's choice",
        NotAfter = Peer.Now.AddDays(100),
        RenewAfter = Peer.Now.AddDays(80),
        Destination = new DestinationDescription { Path = _folder.PathOf("web1.pem"), KeyPath = _folder.PathOf("web1.key") },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_asked_for_is_remembered()
    {
        _store.Enrollments.Write(Record with { RequestedSubject = "CN=web1", RequestedDnsNames = ["web1.example", "www.example"] });
        EnrollmentRecord read = _store.Enrollments.Find("web1")!;
        Assert.Equal("CN=web1", read.RequestedSubject);
        Assert.Equal(["web1.example", "www.example"], read.RequestedDnsNames);
    }

    /// <summary>No names are others than names that nobody knows of.</summary>
    [Fact]
    public void What_an_older_version_wrote_does_not_say_it()
    {
        _store.Enrollments.Write(Record);
        Assert.Null(_store.Enrollments.Find("web1")!.RequestedSubject);
        Assert.Null(_store.Enrollments.Find("web1")!.RequestedDnsNames);
        _store.Enrollments.Write(Record with { RequestedDnsNames = [] });
        Assert.Empty(_store.Enrollments.Find("web1")!.RequestedDnsNames!);
    }

    [Fact]
    public void A_file_that_is_gone_is_no_reason_to_remember_it()
    {
        _store.Enrollments.Write(Record);
        Assert.Contains("was no longer there", Assert.Single(EnrollmentRemoval.Remove(_store, Record)), StringComparison.Ordinal);
        Assert.Null(_store.Enrollments.Find("web1"));
    }

    /// <summary>What cannot be seen is not deleted, and not forgotten.</summary>
    [Fact]
    public void A_file_that_is_no_certificate_stays_and_so_does_the_record()
    {
        _store.Enrollments.Write(Record);
        File.WriteAllText(_folder.PathOf("web1.pem"), "somebody's");
        File.WriteAllText(_folder.PathOf("web1.key"), "somebody's");
        Assert.Throws<CmpException>(() => EnrollmentRemoval.Remove(_store, Record));
        Assert.True(File.Exists(_folder.PathOf("web1.pem")));
        Assert.True(File.Exists(_folder.PathOf("web1.key")));
        Assert.NotNull(_store.Enrollments.Find("web1"));
    }

    /// <summary>All that could refuse is asked before anything goes: here a folder is in the place of a file.</summary>
    [Theory]
    [InlineData("web1.key")]
    [InlineData("home/enrolments/web1%.json")]
    public void What_cannot_go_leaves_all_the_rest(string obstacle)
    {
        _store.Enrollments.Write(Record);
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate certificate = Peer.Shared.Certify(key.PublicKey);
        EnrollmentRecord record = Record with { Thumbprint = certificate.Thumbprint };
        File.WriteAllBytes(_folder.PathOf("web1.pem"), Pem.Write("CERTIFICATE", certificate.Encoded.ToArray()));
        File.WriteAllBytes(_folder.PathOf("web1.key"), KeyFile.ToPem(key, null));
        string path = _folder.PathOf(obstacle);
        File.Delete(path);
        Directory.CreateDirectory(path);
        Assert.StartsWith("CmpStore.", Assert.Throws<CmpException>(() => EnrollmentRemoval.Remove(_store, record)).ErrorId, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.PathOf("web1.pem")));
        Assert.True(File.Exists(_folder.PathOf("web1.key")) || obstacle == "web1.key");

        Directory.Delete(path);
        _store.Enrollments.Write(record);
        File.WriteAllBytes(_folder.PathOf("web1.key"), KeyFile.ToPem(key, null));
        Assert.Equal(2, EnrollmentRemoval.Remove(_store, record).Count);
        Assert.False(File.Exists(_folder.PathOf("web1.pem")) || File.Exists(_folder.PathOf("web1.key")));
        Assert.Null(_store.Enrollments.Find("web1"));
    }

    [SkippableTheory]
    [InlineData("mine", null, true)]
    [InlineData("mine", "web1.key", false)]
    [InlineData("another", null, false)]
    public void The_key_goes_only_where_it_is_this_ones_and_nobody_elses(string key, string? others, bool goes)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using PrivateKey mine = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256")), another = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate certificate = Peer.Shared.Certify(mine.PublicKey);
        EnrollmentRecord record = Record with { Thumbprint = certificate.Thumbprint };
        CertificateDestination.InFile(_folder.PathOf("web1.pem"), _folder.PathOf("web1.key")).Install(new CertificateToInstall(certificate, mine));
        if (key == "another")
            KeyFile.Write(_folder.PathOf("web1.key"), another, null, overwrite: true);
        _store.Enrollments.Write(record);
        if (others is not null)
            _store.Enrollments.Write(Record with { Name = "web2", Destination = new DestinationDescription { Path = _folder.PathOf("web2.pem") }, KeyPath = _folder.PathOf(others) });
        IReadOnlyList<string> done = EnrollmentRemoval.Remove(_store, record);
        Assert.False(File.Exists(_folder.PathOf("web1.pem")));
        Assert.Equal(goes, !File.Exists(_folder.PathOf("web1.key")));
        Assert.Equal(goes, !done.Any(text => text.Contains("stays", StringComparison.Ordinal)));
        Assert.Null(_store.Enrollments.Find("web1"));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("pkcs11:token=t;id=%01", null, false)]
    [InlineData(null, "pkcs11:token=t;serial=1;id=%01", false)]
    [InlineData("pkcs11:token=t;id=%02", "pkcs11:token=t;serial=1;id=%02", true)]
    public void A_key_in_a_token_goes_only_where_no_other_enrolment_uses_it(string? path, string? reference, bool goes)
    {
        var keeper = new FakeKeeper();
        var store = new EnrollmentStore(_folder.PathOf("home")) { KeeperOf = _ => keeper };
        EnrollmentRecord record = Record with { Destination = new DestinationDescription { Path = _folder.PathOf("web1.pem") }, KeyReference = KeyReference.Parse("pkcs11:token=t;serial=1;id=%01") };
        store.Enrollments.Write(record);
        store.Enrollments.Write(record with { Name = "web2", KeyReference = reference is null ? null : KeyReference.Parse(reference), KeyPath = path });
        IReadOnlyList<string> done = EnrollmentRemoval.Remove(store, record);
        Assert.Equal(goes ? 1 : 0, keeper.Deleted.Count);
        Assert.Equal(!goes, done.Any(text => text.Contains("the enrolment web2 uses it too", StringComparison.Ordinal)));
    }
}
