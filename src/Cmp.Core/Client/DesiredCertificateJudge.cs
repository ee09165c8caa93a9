using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>Holds what is wished of a certificate against what enrolments have left, and says what is to be done. It asks nobody and changes nothing.</summary>
/// <param name="desired">What is wished, without contradictions.</param>
/// <param name="store">What enrolments have left.</param>
/// <param name="now">The time of now.</param>
internal sealed class DesiredCertificateJudge(DesiredCertificate desired, EnrollmentStore store, DateTimeOffset now)
{
    private const string Missing = "Missing";
    private const string Expired = "Expired";
    private const string Different = "Different";

    /// <summary>Says how the certificate stands.</summary>
    /// <returns>That, and what is to be done.</returns>
    /// <exception cref="CmpException">As <see cref="DesiredCertificate.Judge(DateTimeOffset)"/>, but for contradictions.</exception>
    internal DesiredCertificateState Judge()
    {
        EnrollmentRecord? record = store.Enrollments.Find(desired.Name);
        (PendingEnrollment Enrollment, PendingCertificate Item)? pending = Pending();
        if (desired.IsToBeAbsent)
            return WithoutIt(record, pending?.Enrollment);
        if (pending is not { Enrollment: { } enrollment, Item: { } item })
            return Of(record);
        if (IsOfUse(enrollment, item))
            return State(record, enrollment.Status.ToString(), $"The transaction {enrollment.Id} is pending", DesiredAction.Resume) with { Pending = enrollment };
        // it goes, and then what it is without it is to be done
        DesiredCertificateState state = Of(record);
        return state with
        {
            Actions = [DesiredAction.Abandon, .. state.Actions],
            Reason = $"The pending transaction {enrollment.Id} is of no use{(state.Reason is null ? string.Empty : $"; {state.Reason}")}",
            Pending = enrollment,
        };
    }

    /// <summary>How it stands, whatever is pending.</summary>
    /// <param name="record">The enrolment that is remembered, or <see langword="null"/>.</param>
    /// <returns>That, and what is to be done.</returns>
    internal DesiredCertificateState Of(EnrollmentRecord? record)
    {
        if (record is null)
            return State(null, "Absent", "There is no certificate of this name", DesiredAction.Enroll);
        List<string> differences = [.. Differences(record.CurrentServer.Uri, record.RequestedSubject, record.RequestedDnsNames, record.KeyAlgorithm, record.KeyProvider, record.IsKeyExportable, record.Destination)];
        if (differences.Count > 0)
            return State(record, Different, string.Join("; ", differences), DesiredAction.Enroll);
        try
        {
            using FoundCertificate found = record.Open();
            return KeyCheck.HasKey(found.Certificate, record)
                ? Of(record, found.Certificate)
                : State(record, Missing, $"The certificate {record.Thumbprint} has no private key that fits", DesiredAction.Enroll);
        }
        catch (CmpException e) when (e.ErrorId is "CmpStore.NotFound")
        {
            return State(record, Missing, e.Message.TrimEnd('.'), DesiredAction.Enroll);
        }
    }

    private DesiredCertificateState Of(EnrollmentRecord record, X509Certificate2 found)
    {
        Certificate certificate = Certificate.From(found);
        TimeSpan lifetime = certificate.NotAfter - certificate.NotBefore;
        if (desired.RenewBefore?.Lasts(lifetime) == false)
        {
            string days = lifetime.TotalDays.ToString("0.##", CultureInfo.InvariantCulture);
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RenewBefore", $"CmpCertificate '{PeerText.Escape(desired.Name)}': RenewBeforeDays is {desired.RenewBeforeDays}, and the certificate lives {days} days: it would be renewed each time.")
            {
                RecommendedAction = "Take fewer days, or RenewBeforePercent.",
            };
        }
        if (now > certificate.NotAfter)
            return State(record, Expired, $"The certificate {record.Thumbprint} has expired", DesiredAction.Renew);
        if (now >= Renewal.After(certificate, desired.RenewBefore, record))
            return State(record, "Due", $"The certificate {record.Thumbprint} is due for renewal", DesiredAction.Renew);
        // its issuers come with a certificate; more of them than wished hurt nobody, and are not taken out
        if (desired.Chain > record.Destination.Chain)
            return State(record, Different, $"It was enrolled with -InstallChain {record.Destination.Chain}", DesiredAction.Renew);
        List<(DesiredAction Action, string Reason)> changes = [.. Changes(record, found)];
        return changes.Count > 0
            ? State(record, Different, string.Join("; ", changes.Select(change => change.Reason)), [.. changes.Select(change => change.Action)])
            : new DesiredCertificateState { Status = "Good", IsPresent = true, Actual = Actual(record), Enrollment = record };
    }

    /// <summary>What is otherwise, and needs no other certificate.</summary>
    private IEnumerable<(DesiredAction Action, string Reason)> Changes(EnrollmentRecord record, X509Certificate2 found)
    {
        if (Platform.IsWindows && DesiredCertificate.IsSaid(desired.FriendlyName) && found.FriendlyName != desired.FriendlyName)
            yield return (DesiredAction.Rename, $"The certificate is called '{PeerText.Escape(found.FriendlyName)}'");
        if ((desired.PrivateKeyReader ?? []).Except(record.PrivateKeyReaders, StringComparer.OrdinalIgnoreCase).FirstOrDefault() is { } reader)
            yield return (DesiredAction.Entrust, $"{PeerText.Escape(reader)} was not let use its key");
        if (desired.RenewBefore is { } window && window != record.RenewBefore)
            yield return (DesiredAction.Reschedule, record.RenewBefore is { } before ? $"It was to be renewed {before} before its end" : "Nothing was said of when it is to be renewed");
    }

    /// <summary>Looks among the pending ones for that of this name, without clearing anything away.</summary>
    private (PendingEnrollment Enrollment, PendingCertificate Item)? Pending()
    {
        foreach (string id in store.PendingIds)
        {
            try
            {
                if (store.Find(id) is { } pending && pending.Items.FirstOrDefault(item => !item.HasEnded && DesiredCertificate.Is(item.Name, desired.Name)) is { } mine)
                    return (pending, mine);
            }
            catch (CmpException)
            {
                // one that is damaged says no name; Get-CmpTransaction tells of it
            }
        }
        return null;
    }

    private DesiredCertificateState WithoutIt(EnrollmentRecord? record, PendingEnrollment? pending) => new()
    {
        Actions = [.. pending is null ? Array.Empty<DesiredAction>() : [DesiredAction.Abandon], .. record is null ? Array.Empty<DesiredAction>() : [DesiredAction.Remove]],
        Reason = record is not null ? "The certificate is there" : pending is not null ? $"The transaction {pending.Id} is pending" : null,
        Status = pending?.Status.ToString() ?? (record is null ? "Absent" : "Present"),
        IsPresent = record is not null,
        Actual = Actual(record),
        Enrollment = record,
        Pending = pending,
    };

    /// <summary>What is pending is gone on with, unless it is about something else, or the certificate that signs for it has expired, and the CA has not issued anything.</summary>
    private bool IsOfUse(PendingEnrollment pending, PendingCertificate item)
    {
        if (pending.State is not { } state)
            return false;
        bool isIssued = pending.IsInDoubt || state.Phase is TransactionPhase.Deciding or TransactionPhase.Confirming or TransactionPhase.Ended;
        bool isAlone = pending.Items.Count(other => !other.HasEnded) == 1;
        bool isOver = pending.Operation == EnrollmentOperation.KeyUpdate && item.OldCertificate?.Certificate.NotAfter < now;
        return isIssued || !isAlone || (!isOver && !Differences(pending.Server.Uri, item.RequestedSubject, item.RequestedDnsNames, item.KeyAlgorithm, item.KeyProvider, item.IsKeyExportable, item.Destination).Any());
    }

    private DesiredCertificateState State(EnrollmentRecord? record, string status, string reason, params DesiredAction[] actions) => new()
    {
        Actions = actions,
        Reason = reason,
        Status = status,
        IsPresent = record is not null && status != Missing,
        IsExpired = status == Expired,
        Actual = Actual(record),
        Enrollment = record,
    };

    private DesiredCertificate Actual(EnrollmentRecord? record) => record is null ? new DesiredCertificate { Name = desired.Name } : DesiredCertificate.From(record);

    /// <summary>What was asked for otherwise than it is wanted now. What is not known, since an older version wrote it down, is no difference.</summary>
    private IEnumerable<string> Differences(Uri? server, string? subject, IReadOnlyList<string>? dnsNames, string? keyAlgorithm, string? provider, bool isExportable, DestinationDescription destination)
    {
        if (DesiredCertificate.IsSaid(desired.Server) && server is not null && AddressOf(desired.Server!) is { } address && address != server)
            yield return $"It was asked for at {server}";
        if (DesiredCertificate.IsSaid(desired.Subject) && subject is not null && subject != PeerText.Escape(Messages.Pkix.Name.Parse(desired.Subject!).ToString()))
            yield return $"Its subject was asked for as '{subject}'";
        if (desired.DnsName is { Length: > 0 } && dnsNames is not null && !new HashSet<string>(desired.DnsName, StringComparer.OrdinalIgnoreCase).SetEquals(dnsNames))
            yield return $"Its DNS names were asked for as '{string.Join(", ", dnsNames)}'";
        if (DesiredCertificate.IsSaid(desired.KeyAlgorithm) && keyAlgorithm is not null && Cryptography.KeyAlgorithm.Parse(desired.KeyAlgorithm!).Name != keyAlgorithm)
            yield return $"Its key is {keyAlgorithm}";
        if (DesiredCertificate.IsSaid(desired.Provider) && !KeyProviders.AreSame(desired.Provider, provider))
            yield return provider is null ? "Its key was made in memory" : $"Its key is kept by {PeerText.Escape(provider)}";
        if (destination.Store is not null && destination.Path is null && isExportable != desired.Exportable)
            yield return isExportable ? "Its key may leave the store" : "Its key may not leave the store";
        if (DesiredCertificate.IsSaid(desired.CertStoreLocation) && !(destination.Path is null && DesiredCertificate.Is(destination.Store, StorePath.Parse(desired.CertStoreLocation!).Store)))
            yield return $"It is in {PeerText.Escape(destination.Store ?? destination.Path)}";
        if (DesiredCertificate.IsSaid(desired.OutFile) && !(destination.Store is null && string.Equals(destination.Path, Path.GetFullPath(desired.OutFile!), Platform.IsWindows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)))
            yield return $"It is in {PeerText.Escape(destination.Path ?? destination.Store)}";
    }

    private static Uri? AddressOf(string server) => ServerRegistry.IsAddress(server, out Uri? uri) ? uri : ServerRegistry.Find(server)?.Uri;
}
