using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What a command emits where an enrolment has come as far as it can.</summary>
internal static class Outcome
{
    /// <summary>Runs an enrolment of one certificate as far as it comes, emits what came of it, and lets go of it.</summary>
    internal static async Task RunAsync(PipelineWriter writer, EnrollmentStore store, Enrollment enrollment, CmdletProgress? progress, CancellationToken token)
    {
        try
        {
            if (await enrollment.RunAsync(cancellationToken: token).ConfigureAwait(false) is { } enrolled)
                Write(writer, enrolled, enrollment.Settings);
            else
                WritePending(writer, store, enrollment);
        }
        catch (CmpException) when (enrollment.IsKept)
        {
            writer.Warning(Kept(enrollment.TransactionId!));
            throw;
        }
        finally
        {
            progress?.Complete();
            enrollment.Dispose();
        }
    }

    /// <summary>A certificate.</summary>
    internal static void Write(PipelineWriter writer, EnrolledCertificate enrolled, ServerSettings server)
    {
        foreach (string note in enrolled.Notes)
            writer.Verbose(note);
        if (enrolled.Replaced is { } replaced)
            writer.Replaced(new X509Certificate2(replaced.Encoded.ToArray()), enrolled.Installed.Certificate);
        writer.Write(CertificateObject.Of(enrolled, server));
    }

    /// <summary>The transaction, where the server waits or a message is to be carried.</summary>
    internal static void WritePending(PipelineWriter writer, EnrollmentStore store, Enrollment enrollment)
    {
        string id = enrollment.TransactionId!;
        PendingEnrollment pending = store.Find(id) ?? throw Enrollment.NotFound(id);
        if (!enrollment.IsOffline && !enrollment.IsImpatient)
            writer.Warning(StillWaits(id, enrollment.WaitingReason, pending.Ticket));
        writer.Write(new CmpTransaction(pending));
    }

    /// <summary>What to know of a transaction whose time is up: the server said that it needs more, or the road has brought no answer.</summary>
    internal static string StillWaits(string id, string? reason, string? ticket) =>
        $"{(ticket is null ? "The server still waits" : "No answer has come")}{(reason is null ? string.Empty : $" ({reason})")}, and the time is up. Wait-CmpTransaction -Id {id} goes on.";

    /// <summary>What to know of a transaction that failed and is pending still.</summary>
    internal static string Kept(string id) => $"The transaction {id} is pending still: Wait-CmpTransaction -Id {id} goes on with it, Remove-CmpTransaction gives it up.";
}
