using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Commands;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp;

/// <summary>
/// What the DSC resource CmpCertificate is told of a certificate, and the judgement of how it stands. What is not said is not compared.
/// </summary>
/// <remarks>
/// It compares with what was asked for, not with what the certificate says: a CA may issue another subject than the one that was asked for,
/// and asking again would not change that.
/// </remarks>
public sealed class DesiredCertificate
{
    private const int PercentBound = 100;

    /// <summary>The name of the enrolment.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Present or Absent.</summary>
    public string Ensure { get; set; } = "Present";

    /// <summary>A registered server's name or an address; empty: the default server.</summary>
    public string? Server { get; set; }

    /// <summary>The subject that is asked for.</summary>
    public string? Subject { get; set; }

    /// <summary>The DNS names that are asked for.</summary>
    public string[]? DnsName { get; set; }

    /// <summary>The kind of key, as <c>-KeyAlgorithm</c> takes it.</summary>
    public string? KeyAlgorithm { get; set; }

    /// <summary>Who makes and keeps the key, as <c>-Provider</c> takes it.</summary>
    public string? Provider { get; set; }

    /// <summary>Whether the key may leave the store.</summary>
    public bool Exportable { get; set; }

    /// <summary>The store, as in <c>Cert:\LocalMachine\My</c>.</summary>
    public string? CertStoreLocation { get; set; }

    /// <summary>The file, in place of a store.</summary>
    public string? OutFile { get; set; }

    /// <summary>What Windows is to call the certificate.</summary>
    public string? FriendlyName { get; set; }

    /// <summary>Accounts that may use the private key besides, in a store of Windows.</summary>
    public string[]? PrivateKeyReader { get; set; }

    /// <summary>How many days before its end it is renewed; 0: not said.</summary>
    public int RenewBeforeDays { get; set; }

    /// <summary>The last percentage of its lifetime in which it is renewed; 0: not said.</summary>
    public int RenewBeforePercent { get; set; }

    /// <summary>The certificate that signs the first request.</summary>
    public string? ClientCertificateThumbprint { get; set; }

    /// <summary>Whom we trust to vouch for the server.</summary>
    public string? TrustAnchorThumbprint { get; set; }

    /// <summary>How long before its end the certificate is renewed; <see langword="null"/>: as is said of the enrolment.</summary>
    public RenewalWindow? RenewBefore =>
        RenewBeforeDays > 0 ? new RenewalWindow(TimeSpan.FromDays(RenewBeforeDays), null) : RenewBeforePercent > 0 ? new RenewalWindow(null, RenewBeforePercent) : null;

    private bool IsToBeAbsent => Is(Ensure, "Absent");

    /// <summary>Looks for the trust anchor.</summary>
    /// <returns>The certificate, or <see langword="null"/> where none was named.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpArgument.Thumbprint</c>.</exception>
    public X509Certificate2? FindTrustAnchor() => IsSaid(TrustAnchorThumbprint) ? CertificateSource.FindAuthority(TrustAnchorThumbprint!) : null;

    /// <summary>Lets the accounts use the private key that are to.</summary>
    /// <exception cref="CmpException">As <see cref="EnrollmentReaders.Add"/>; <c>CmpEnrollment.NotFound</c>.</exception>
    public void Entrust()
    {
        var store = new EnrollmentStore();
        EnrollmentReaders.Add(store, store.Enrollments.Find(Name) ?? throw GetCmpCertificateCommand.NotFound(Name), PrivateKeyReader ?? []);
    }

    /// <summary>Says how the certificate stands. It asks nobody and changes nothing.</summary>
    /// <returns>That, and what is to be done.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.Contradiction</c>: what is said does not go together, all of it in one message; <c>CmpArgument.RenewBefore</c>: the window is
    /// longer than the certificate lives; <c>CmpState.…</c>, <c>CmpStore.…</c>, <c>CmpKey.PasswordRequired</c>: how it stands cannot be seen.
    /// </exception>
    public DesiredCertificateState Judge()
    {
        Check();
        var store = new EnrollmentStore();
        EnrollmentRecord? record = store.Enrollments.Find(Name);
        (PendingEnrollment Enrollment, PendingCertificate Item)? pending = PendingOf(store);
        CmpTransaction? transaction = pending is { } found ? new CmpTransaction(found.Enrollment) : null;
        DesiredCertificateState state = IsToBeAbsent ? WithoutIt(record, transaction) : WithPending(pending, record, transaction) ?? Of(record, transaction);
        if (pending is null || state.Actions is [DesiredAction.Resume] || IsToBeAbsent)
            return state;
        // what is pending is of no use: it goes, and then what it is without it is to be done
        return new DesiredCertificateState
        {
            Actions = [DesiredAction.Abandon, .. state.Actions],
            Reason = $"The pending transaction {transaction!.Id} is of no use{(state.Reason is null ? string.Empty : $"; {state.Reason}")}",
            Status = state.Status,
            IsPresent = state.IsPresent,
            IsExpired = state.IsExpired,
            Actual = state.Actual,
            Enrollment = state.Enrollment,
            Transaction = transaction,
        };
    }

    /// <summary>Lists the enrolments that are remembered, as they were asked for.</summary>
    /// <returns>By the names of their files.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>; <c>CmpState.…</c>: one of them cannot be read, and a list without it would not be all.</exception>
    public static DesiredCertificateState[] List() => [.. new EnrollmentStore().Enrollments.All(e => throw e).Select(record => new DesiredCertificate { Name = record.Name }.Of(record, null))];

    /// <summary>An enrolment as it was asked for; where that is not known, what came of it.</summary>
    private static DesiredCertificate From(EnrollmentRecord record) => new()
    {
        Name = record.Name,
        Server = record.Server.Name ?? record.Server.Uri?.OriginalString,
        Subject = record.RequestedSubject ?? record.Subject,
        DnsName = record.RequestedDnsNames?.ToArray(),
        KeyAlgorithm = record.KeyAlgorithm,
        Provider = record.KeyProvider,
        Exportable = record is { IsKeyExportable: true, Destination.Path: null },
        CertStoreLocation = record.Destination.Store is { } store ? $@"Cert:\{store}" : null,
        OutFile = record.Destination.Path,
        FriendlyName = record.FriendlyName,
        PrivateKeyReader = record.PrivateKeyReaders.Count > 0 ? [.. record.PrivateKeyReaders] : null,
    };

    private static bool Is(string? text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);

    private static bool IsSaid(string? text) => !string.IsNullOrWhiteSpace(text);

    /// <summary>What contradicts itself is said before anything is looked at.</summary>
    private void Check()
    {
        List<string> problems =
        [
            .. When(!IsSaid(Name), "Name is empty"),
            .. When(!Is(Ensure, "Present") && !IsToBeAbsent, "Ensure is Present or Absent"),
            .. When(RenewBeforeDays > 0 && RenewBeforePercent > 0, "RenewBeforeDays and RenewBeforePercent say the same thing twice"),
            .. When(RenewBeforeDays < 0, "RenewBeforeDays is negative"),
            .. When(RenewBeforePercent is < 0 or >= PercentBound, $"RenewBeforePercent is not between 1 and {PercentBound - 1}"),
            .. When(IsSaid(CertStoreLocation) && IsSaid(OutFile), "CertStoreLocation and OutFile are two places"),
            .. When(IsSaid(OutFile) && !Path.IsPathRooted(OutFile!), "OutFile is not a full path"),
            .. When(IsSaid(OutFile) && IsSaid(FriendlyName), "FriendlyName is a store's, and OutFile names a file"),
            .. When(IsSaid(OutFile) && PrivateKeyReader is { Length: > 0 }, "PrivateKeyReader is about a store, and OutFile names a file"),
            .. When(!IsToBeAbsent && !IsSaid(Subject) && DnsName is not { Length: > 0 }, "neither Subject nor DnsName says whom the certificate is for"),
            .. When(IsSaid(Subject) && !Reads(() => Messages.Pkix.Name.Parse(Subject!)), "Subject is no name as in 'CN=web, O=Example'"),
            .. When(IsSaid(KeyAlgorithm) && !Reads(() => Cryptography.KeyAlgorithm.Parse(KeyAlgorithm!)), $"KeyAlgorithm '{PeerText.Escape(KeyAlgorithm)}' is not known"),
            .. When(IsSaid(CertStoreLocation) && !Reads(() => StorePath.Parse(CertStoreLocation!)), @"CertStoreLocation is no store as in Cert:\LocalMachine\My"),
        ];
        if (problems.Count == 0)
            return;
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Contradiction", $"CmpCertificate '{PeerText.Escape(Name)}': {string.Join("; ", problems)}.")
        {
            RecommendedAction = "Correct the configuration. Nothing was done.",
        };
    }

    private static IEnumerable<string> When(bool condition, string problem) => condition ? [problem] : [];

    private static bool Reads(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }

    /// <summary>Looks among the pending ones for that of this name, without clearing anything away.</summary>
    private (PendingEnrollment Enrollment, PendingCertificate Item)? PendingOf(EnrollmentStore store)
    {
        foreach (string id in store.PendingIds)
        {
            try
            {
                if (store.Find(id) is { } pending && pending.Items.FirstOrDefault(item => !item.HasEnded && Is(item.Name, Name)) is { } mine)
                    return (pending, mine);
            }
            catch (CmpException)
            {
                // one that is damaged says no name; Get-CmpTransaction tells of it
            }
        }
        return null;
    }

    private DesiredCertificateState WithoutIt(EnrollmentRecord? record, CmpTransaction? transaction)
    {
        List<DesiredAction> actions = [];
        if (transaction is not null)
            actions.Add(DesiredAction.Abandon);
        if (record is not null)
            actions.Add(DesiredAction.Remove);
        return new DesiredCertificateState
        {
            Actions = [.. actions],
            Reason = record is not null ? "The certificate is there" : transaction is not null ? $"The transaction {transaction.Id} is pending" : null,
            Status = transaction?.Status.ToString() ?? (record is null ? "Absent" : "Present"),
            IsPresent = record is not null,
            Actual = Actual(record),
            Enrollment = record is null ? null : new CmpEnrollment(record, null),
            Transaction = transaction,
        };
    }

    /// <summary>What is pending is gone on with, unless it is about something else and the CA has not issued anything.</summary>
    private DesiredCertificateState? WithPending((PendingEnrollment Enrollment, PendingCertificate Item)? pending, EnrollmentRecord? record, CmpTransaction? transaction)
    {
        if (pending is not { Enrollment: { State: { } state } enrollment, Item: { } item })
            return null;
        bool isIssued = enrollment.IsInDoubt || state.Phase is TransactionPhase.Deciding or TransactionPhase.Confirming or TransactionPhase.Ended;
        bool isAlone = enrollment.Items.Count(other => !other.HasEnded) == 1;
        if (isAlone && !isIssued && Differences(enrollment.Server.Uri, item.RequestedSubject, item.RequestedDnsNames, item.KeyAlgorithm, item.KeyProvider, item.IsKeyExportable, item.Destination).Any())
            return null;
        return new DesiredCertificateState
        {
            Actions = [DesiredAction.Resume],
            Reason = $"The transaction {enrollment.Id} is pending",
            Status = transaction!.Status.ToString(),
            IsPresent = record is not null,
            Actual = Actual(record),
            Enrollment = record is null ? null : new CmpEnrollment(record, null),
            Transaction = transaction,
        };
    }

    private DesiredCertificate Actual(EnrollmentRecord? record) => record is null ? new DesiredCertificate { Name = Name } : From(record);

    private DesiredCertificateState Of(EnrollmentRecord? record, CmpTransaction? transaction)
    {
        if (record is null)
            return State(null, "Absent", "There is no certificate of this name", DesiredAction.Enroll);
        List<string> differences = [.. Differences(record.CurrentServer.Uri, record.RequestedSubject, record.RequestedDnsNames, record.KeyAlgorithm, record.KeyProvider, record.IsKeyExportable, record.Destination)];
        if (differences.Count > 0)
            return State(record, "Different", string.Join("; ", differences), DesiredAction.Enroll);
        X509Certificate2 certificate;
        try
        {
            using FoundCertificate found = record.Open();
            certificate = found.Certificate;
        }
        catch (CmpException e) when (e.ErrorId is "CmpStore.NotFound")
        {
            return State(record, "Missing", e.Message.TrimEnd('.'), DesiredAction.Enroll);
        }
        Certificate core = Certificate.From(certificate);
        if (!TestCmpCertificateCommand.HasKey(certificate, core, record, pin: null))
            return State(record, "Missing", $"The certificate {record.Thumbprint} has no private key that fits", DesiredAction.Enroll);
        DateTimeOffset now = DueClock.Now;
        DateTimeOffset due = Renewal.After(core, RenewBefore ?? record.RenewBefore);
        if (due <= core.NotBefore)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RenewBefore", $"CmpCertificate '{PeerText.Escape(Name)}': RenewBeforeDays is not shorter than the certificate lives, which would be renewed each time.")
            {
                RecommendedAction = "Take fewer days, or RenewBeforePercent.",
            };
        }
        if (now > core.NotAfter)
            return State(record, "Expired", $"The certificate {record.Thumbprint} has expired", DesiredAction.Renew);
        if (now >= due)
            return State(record, "Due", $"The certificate {record.Thumbprint} is due for renewal", DesiredAction.Renew);
        if (Environment.OSVersion.Platform == PlatformID.Win32NT && IsSaid(FriendlyName) && certificate.FriendlyName != FriendlyName)
            return State(record, "Different", $"The certificate is called '{PeerText.Escape(certificate.FriendlyName)}'", DesiredAction.Rename);
        if ((PrivateKeyReader ?? []).Except(record.PrivateKeyReaders, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } reader)
            return State(record, "Different", $"{PeerText.Escape(reader)} was not let use its key", DesiredAction.Entrust);
        return new DesiredCertificateState { Status = "Good", IsPresent = true, Actual = Actual(record), Enrollment = new CmpEnrollment(record, null) };

        DesiredCertificateState State(EnrollmentRecord? of, string status, string reason, DesiredAction action) => new()
        {
            Actions = [action],
            Reason = reason,
            Status = status,
            IsPresent = of is not null && status != "Missing",
            IsExpired = status == "Expired",
            Actual = Actual(of),
            Enrollment = of is null ? null : new CmpEnrollment(of, null),
            Transaction = transaction,
        };
    }

    /// <summary>What was asked for otherwise than it is wanted now. What is not known, since an older version wrote it down, is no difference.</summary>
    private IEnumerable<string> Differences(Uri? server, string? subject, IReadOnlyList<string>? dnsNames, string? keyAlgorithm, string? provider, bool isExportable, DestinationDescription destination)
    {
        if (IsSaid(Server) && server is not null && AddressOf(Server!) is { } address && address != server)
            yield return $"It was asked for at {server}";
        if (IsSaid(Subject) && subject is not null && subject != PeerText.Escape(Messages.Pkix.Name.Parse(Subject!).ToString()))
            yield return $"Its subject was asked for as '{subject}'";
        if (DnsName is { Length: > 0 } && dnsNames is not null && !new HashSet<string>(DnsName, StringComparer.OrdinalIgnoreCase).SetEquals(dnsNames))
            yield return $"Its DNS names were asked for as '{string.Join(", ", dnsNames)}'";
        if (IsSaid(KeyAlgorithm) && keyAlgorithm is not null && Cryptography.KeyAlgorithm.Parse(KeyAlgorithm!).Name != keyAlgorithm)
            yield return $"Its key is {keyAlgorithm}";
        if (IsSaid(Provider) && !Is(Provider, provider ?? string.Empty))
            yield return provider is null ? "Its key was made in memory" : $"Its key is kept by {PeerText.Escape(provider)}";
        if (destination.Store is not null && destination.Path is null && isExportable != Exportable)
            yield return isExportable ? "Its key may leave the store" : "Its key may not leave the store";
        if (IsSaid(CertStoreLocation) && !(destination.Path is null && Is(destination.Store, StorePath.Parse(CertStoreLocation!).Store)))
            yield return $"It is in {PeerText.Escape(destination.Store ?? destination.Path)}";
        if (IsSaid(OutFile) && !(destination.Store is null && destination.Path == Path.GetFullPath(OutFile!)))
            yield return $"It is in {PeerText.Escape(destination.Path ?? destination.Store)}";
    }

    private static Uri? AddressOf(string server) => ServerRegistry.IsAddress(server, out Uri? uri) ? uri : ServerRegistry.Find(server)?.Uri;
}
