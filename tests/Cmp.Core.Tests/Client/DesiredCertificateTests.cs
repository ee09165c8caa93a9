using System;
using System.IO;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What is wished of a certificate, held against what enrolments have left: what is to be done, and that looking changes nothing.</summary>
public sealed class DesiredCertificateTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly EnrollmentStore _store;

    public DesiredCertificateTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    private string FilePath => _folder.PathOf("web.pem");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_nobody_enrolled_is_asked_for()
    {
        DesiredCertificateState state = Judge();
        Assert.Equal([DesiredAction.Enroll], state.Actions);
        Assert.Equal("Absent", state.Status);
        Assert.False(state.IsAsDesired);
        Assert.False(state.IsPresent);
        Assert.NotNull(state.Reason);
        Assert.Null(state.Enrollment);
        Assert.Equal("web", state.Actual.Name);
        Assert.Null(state.Actual.Subject);
    }

    [SkippableFact]
    public void What_is_there_with_its_key_and_not_due_is_good()
    {
        Enroll();
        DesiredCertificateState state = Judge();
        Assert.True(state.IsAsDesired);
        Assert.Null(state.Reason);
        Assert.Equal("Good", state.Status);
        Assert.True(state.IsPresent);
        Assert.Equal(FilePath, state.Actual.OutFile);
        Assert.Equal("CN=web", state.Actual.Subject);
    }

    [SkippableTheory]
    [InlineData(59, "Good")]
    [InlineData(60, "Due")]
    [InlineData(91, "Expired")]
    public void Once_its_window_is_open_it_is_renewed(int days, string status)
    {
        Enroll(days: 90);
        DesiredCertificateState state = Judge(at: Peer.Now.AddDays(days));
        Assert.Equal(status, state.Status);
        Assert.Equal(status == "Good" ? [] : [DesiredAction.Renew], state.Actions);
        Assert.Equal(status == "Expired", state.IsExpired);
        Assert.True(state.IsPresent);
    }

    [SkippableFact]
    public void A_window_that_is_wished_counts_before_that_which_is_remembered()
    {
        Enroll(days: 100, window: new RenewalWindow(null, 50));
        Assert.Equal("Due", Judge(at: Peer.Now.AddDays(60)).Status);
        Assert.Equal("Good", Judge(at: Peer.Now.AddDays(40)).Status);
        Assert.Equal([DesiredAction.Reschedule], Judge(Wish(desired => desired.RenewBeforePercent = 20), Peer.Now.AddDays(60)).Actions);
        Assert.Equal("Due", Judge(Wish(desired => desired.RenewBeforeDays = 70), Peer.Now.AddDays(40)).Status);
    }

    [SkippableTheory]
    [InlineData(null, 20, 0, false)]
    [InlineData("20%", 20, 0, true)]
    [InlineData("30.00:00:00", 0, 30, true)]
    [InlineData("30.00:00:00", 30, 0, false)]
    [InlineData("20%", 0, 0, true)]
    public void Another_window_that_is_not_open_is_remembered_and_no_renewal(string? remembered, int percent, int days, bool isSame)
    {
        Enroll(days: 100, window: remembered is null ? null : RenewalWindow.Parse(remembered));
        DesiredCertificateState state = Judge(Wish(desired =>
        {
            desired.RenewBeforePercent = percent;
            desired.RenewBeforeDays = days;
        }));
        Assert.Equal(isSame ? [] : [DesiredAction.Reschedule], state.Actions);
        Assert.Equal(isSame ? "Good" : "Different", state.Status);
        Assert.Equal(remembered == "20%" ? 20 : 0, state.Actual.RenewBeforePercent);
        Assert.Equal(remembered == "30.00:00:00" ? 30 : 0, state.Actual.RenewBeforeDays);
    }

    [SkippableFact]
    public void All_that_needs_no_other_certificate_is_done_at_once()
    {
        Enroll();
        DesiredCertificateState state = Judge(Wish(desired =>
        {
            desired.RenewBeforePercent = 20;
            desired.PrivateKeyReader = ["IIS"];
        }));
        Assert.Equal([DesiredAction.Entrust, DesiredAction.Reschedule], state.Actions);
        Assert.Contains("IIS was not let use its key; ", state.Reason, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_window_that_is_always_open_is_an_error_and_no_renewal_each_time()
    {
        Enroll(days: 10);
        foreach (int days in new[] { 10, 11, 36_525 })
            Assert.Equal("CmpArgument.RenewBefore", Assert.Throws<CmpException>(() => Judge(Wish(desired => desired.RenewBeforeDays = days))).ErrorId);
        Assert.Equal("Due", Judge(Wish(desired => desired.RenewBeforeDays = 9), Peer.Now.AddDays(2)).Status);
    }

    [SkippableFact]
    public void What_is_gone_or_has_lost_its_key_is_asked_for_anew()
    {
        Enroll();
        string text = File.ReadAllText(FilePath);
        File.Delete(FilePath);
        Assert.Equal("Missing", Judge().Status);
        Assert.False(Judge().IsPresent);
        Assert.Equal([DesiredAction.Enroll], Judge().Actions);

        int begin = text.IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal);
        string end = "-----END CERTIFICATE-----";
        File.WriteAllText(FilePath, text.Substring(begin, text.IndexOf(end, StringComparison.Ordinal) + end.Length - begin) + "\n");
        DesiredCertificateState keyless = Judge();
        Assert.Equal("Missing", keyless.Status);
        Assert.Contains("no private key", keyless.Reason, StringComparison.Ordinal);
        File.WriteAllText(FilePath, text);
        Assert.Equal("Good", Judge().Status);
    }

    [SkippableTheory]
    [InlineData("Server", "http://other.example/", "http://ca.example/")]
    [InlineData("Subject", "CN=other", "CN=web")]
    [InlineData("DnsName", "other.example", "web.example")]
    [InlineData("KeyAlgorithm", "RSA_2048", "ECDSA_P256")]
    [InlineData("Provider", "TPM", "in memory")]
    [InlineData("CertStoreLocation", @"Cert:\CurrentUser\My", "web.pem")]
    [InlineData("OutFile", "/elsewhere.pem", "web.pem")]
    public void What_was_asked_for_otherwise_is_asked_for_anew(string property, string value, string was)
    {
        Enroll();
        DesiredCertificateState state = Judge(Wish(desired => Set(desired, property, value)));
        Assert.Equal("Different", state.Status);
        Assert.Equal([DesiredAction.Enroll], state.Actions);
        Assert.Contains(was, state.Reason, StringComparison.Ordinal);
        Assert.True(state.IsPresent);
    }

    [SkippableTheory]
    [InlineData("Server", "http://ca.example/")]
    [InlineData("Subject", "cn=web")]
    [InlineData("DnsName", "WEB.example")]
    [InlineData("KeyAlgorithm", "ECDSA_P256")]
    [InlineData("Provider", " ")]
    public void What_was_asked_for_so_is_no_difference(string property, string value)
    {
        Enroll();
        Assert.True(Judge(Wish(desired => Set(desired, property, value))).IsAsDesired);
    }

    [SkippableFact]
    public void What_an_older_version_did_not_write_down_is_no_difference()
    {
        Enroll(change: record => record with { RequestedSubject = null, RequestedDnsNames = null, KeyAlgorithm = null });
        Assert.True(Judge(Wish(desired =>
        {
            desired.DnsName = ["web.example"];
            desired.KeyAlgorithm = "RSA_2048";
        })).IsAsDesired);
    }

    [SkippableFact]
    public void Accounts_that_nobody_let_use_the_key_are_let()
    {
        Enroll(change: record => record with { PrivateKeyReaders = ["NETWORK SERVICE"] });
        Assert.True(Judge(Wish(desired => desired.PrivateKeyReader = ["network service"])).IsAsDesired);
        Assert.Equal([DesiredAction.Entrust], Judge(Wish(desired => desired.PrivateKeyReader = ["NETWORK SERVICE", "IIS"])).Actions);
        // who is left out loses nothing
        Assert.True(Judge().IsAsDesired);
    }

    [SkippableTheory]
    [InlineData(null, ChainInstallation.None, true)]
    [InlineData("None", ChainInstallation.WithRoot, true)]
    [InlineData("intermediate", ChainInstallation.Intermediate, true)]
    [InlineData("Intermediate", ChainInstallation.WithRoot, true)]
    [InlineData("Intermediate", ChainInstallation.None, false)]
    [InlineData("WithRoot", ChainInstallation.Intermediate, false)]
    public void Issuers_that_are_wished_besides_come_with_a_renewal(string? wished, ChainInstallation remembered, bool isGood)
    {
        Enroll(change: record => record with { Destination = record.Destination with { Chain = remembered } });
        DesiredCertificateState state = Judge(Wish(desired => desired.InstallChain = wished));
        Assert.Equal(isGood ? [] : [DesiredAction.Renew], state.Actions);
        Assert.Equal(isGood ? "Good" : "Different", state.Status);
        Assert.Equal(remembered.ToString(), state.Actual.InstallChain);
    }

    [Theory]
    [InlineData("CN=web", false, DesiredAction.Resume)]
    [InlineData("CN=other", false, DesiredAction.Abandon, DesiredAction.Enroll)]
    [InlineData("CN=other", true, DesiredAction.Resume)]
    public void What_is_pending_is_gone_on_with_unless_it_is_something_else_that_is_not_issued(string subject, bool isInDoubt, params DesiredAction[] actions)
    {
        WritePending("web", subject, TransactionPhase.Requested, isInDoubt);
        WritePending("mail", "CN=web", TransactionPhase.Requested);
        DesiredCertificateState state = Judge();
        Assert.Equal(actions, state.Actions);
        Assert.Equal(subject, state.Pending!.Subject);
        Assert.Contains(state.Pending.Id, state.Reason, StringComparison.Ordinal);
        Assert.False(state.IsPresent);
        Assert.Equal(actions[0] == DesiredAction.Abandon ? "Absent" : isInDoubt ? "InDoubt" : "Requested", state.Status);
    }

    [Theory]
    [InlineData(TransactionPhase.Deciding)]
    [InlineData(TransactionPhase.Confirming)]
    [InlineData(TransactionPhase.Ended)]
    public void What_the_CA_has_issued_is_not_given_up(TransactionPhase phase)
    {
        WritePending("web", "CN=other", phase);
        Assert.Equal([DesiredAction.Resume], Judge().Actions);
    }

    [Fact]
    public void What_was_never_sent_gives_way()
    {
        WritePending("web", "CN=web", phase: null);
        DesiredCertificateState state = Judge();
        Assert.Equal([DesiredAction.Abandon, DesiredAction.Enroll], state.Actions);
        Assert.Contains("is of no use", state.Reason, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_is_to_be_absent_goes_with_what_is_pending()
    {
        DesiredCertificate absent = Wish(desired =>
        {
            desired.Ensure = "absent";
            desired.Subject = null;
        });
        DesiredCertificateState nothing = Judge(absent);
        Assert.True(nothing.IsAsDesired);
        Assert.Equal("Absent", nothing.Status);
        WritePending("web", "CN=web", TransactionPhase.Requested);
        Assert.Equal([DesiredAction.Abandon], Judge(absent).Actions);
        Enroll();
        DesiredCertificateState both = Judge(absent);
        Assert.Equal([DesiredAction.Abandon, DesiredAction.Remove], both.Actions);
        Assert.True(both.IsPresent);
    }

    [SkippableFact]
    public void Looking_writes_nothing_and_makes_no_folder()
    {
        Judge();
        _ = DesiredCertificate.List(Peer.Now, _store);
        Assert.False(Directory.Exists(_folder.PathOf("home")));

        Enroll();
        WritePending("mail", "CN=mail", TransactionPhase.Requested);
        string[] Left() => [.. Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories).OrderBy(file => file, StringComparer.Ordinal).Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O}")];
        string[] before = Left();
        Judge();
        Judge(Wish(desired => desired.Ensure = "Absent"));
        Judge(Wish(desired => desired.Name = "mail"), Peer.Now.AddDays(400));
        _ = DesiredCertificate.List(Peer.Now, _store);
        Assert.Equal(before, Left());
    }

    [Fact]
    public void A_pending_one_that_is_damaged_hides_no_other()
    {
        WritePending("web", "CN=web", TransactionPhase.Requested);
        string path = Directory.GetFiles(_folder.PathOf("home"), "*.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "00.json"), "{");
        Assert.Equal([DesiredAction.Resume], Judge().Actions);
    }

    [SkippableFact]
    public void A_list_says_how_each_stands()
    {
        Enroll(days: 90);
        Assert.Equal("Good", Assert.Single(DesiredCertificate.List(Peer.Now, _store)).Status);
        DesiredCertificateState due = Assert.Single(DesiredCertificate.List(Peer.Now.AddDays(80), _store));
        Assert.Equal("Due", due.Status);
        Assert.Equal("http://ca.example/", due.Actual.Server);
        Assert.Equal(["web.example"], due.Actual.DnsName!);
    }

    [Fact]
    public void What_contradicts_itself_is_said_before_anything_is_looked_at_and_all_at_once()
    {
        CmpException error = Assert.Throws<CmpException>(() => Judge(Wish(desired =>
        {
            desired.Ensure = "Perhaps";
            desired.Subject = "web";
            desired.RenewBeforeDays = 10;
            desired.RenewBeforePercent = 100;
            desired.KeyAlgorithm = "RSA_17";
            desired.OutFile = "web.pem";
            desired.CertStoreLocation = "My";
            desired.FriendlyName = "web";
            desired.InstallChain = "2";
        })));
        Assert.Equal("CmpArgument.Contradiction", error.ErrorId);
        foreach (string text in new[] { "Ensure", "Subject is no name", "say the same thing twice", "not between 1 and 99", "RSA_17", "not a full path", "two places", "FriendlyName", "no store", "InstallChain is None" })
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    private static DesiredCertificate Wish(Action<DesiredCertificate> change)
    {
        var desired = new DesiredCertificate { Name = "web", Subject = "CN=web" };
        change(desired);
        return desired;
    }

    private static void Set(DesiredCertificate desired, string property, string value) =>
        typeof(DesiredCertificate).GetProperty(property)!.SetValue(desired, property == "DnsName" ? new[] { value } : value);

    private DesiredCertificateState Judge(DesiredCertificate? desired = null, DateTimeOffset? at = null) => (desired ?? Wish(_ => { })).Judge(at ?? Peer.Now, _store);

    /// <summary>A certificate from now on with its key in a file, and what is remembered of it.</summary>
    private void Enroll(int days = 90, RenewalWindow? window = null, Func<EnrollmentRecord, EnrollmentRecord>? change = null)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        PrivateKey key = MadeCertificate.NewKey();
        Certificate certificate = Peer.Shared.Certify(key.PublicKey, "CN=web", Shape.Leaf with { NotBefore = Peer.Now, NotAfter = Peer.Now.AddDays(days) });
        var destination = CertificateDestination.InFile(FilePath);
        InstalledCertificate installed = destination.Install(new CertificateToInstall(certificate, key));
        var record = new EnrollmentRecord
        {
            Name = "web",
            Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
            Operation = EnrollmentOperation.Initialization,
            Thumbprint = installed.Certificate.Thumbprint,
            Subject = "CN=web",
            NotAfter = certificate.NotAfter,
            RenewAfter = Renewal.After(certificate, window),
            Destination = destination.Description,
            RequestedSubject = "CN=web",
            RequestedDnsNames = ["web.example"],
            KeyAlgorithm = "ECDSA_P256",
            RenewBefore = window,
        };
        _store.Enrollments.Write(change?.Invoke(record) ?? record);
    }

    private void WritePending(string name, string subject, TransactionPhase? phase, bool isInDoubt = false) => _store.Save(
        new PendingEnrollment
        {
            Id = (name == "web" ? "AA" : "BB") + new string('0', 30),
            Operation = EnrollmentOperation.Initialization,
            Items = [new PendingCertificate { Name = name, Subject = subject, RequestedSubject = subject, Destination = CertificateDestination.InFile(FilePath).Description }],
            Begun = Peer.Now,
            Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
            State = phase is { } reached ? new TransactionState { Phase = reached, Request = new byte[] { 0x30, 0 }, LastMessage = new byte[] { 0x30, 0 } } : null,
            IsInDoubt = isInDoubt,
        },
        durable: false);
}
