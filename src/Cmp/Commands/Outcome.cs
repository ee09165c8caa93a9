using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What a command emits where an enrolment has come as far as it can.</summary>
internal static class Outcome
{
    /// <summary>A certificate.</summary>
    internal static void Write(PipelineWriter writer, EnrolledCertificate enrolled, ServerSettings server)
    {
        foreach (string note in enrolled.Notes)
            writer.Verbose(note);
        writer.Write(CertificateObject.Of(enrolled, server));
    }

    /// <summary>The transaction, where the server waits or a message is to be carried.</summary>
    internal static void WritePending(PipelineWriter writer, EnrollmentStore store, Enrollment enrollment)
    {
        string id = enrollment.TransactionId!;
        if (!enrollment.IsOffline && !enrollment.IsImpatient)
            writer.Warning($"The server still waits{(enrollment.WaitingReason is { } reason ? $" ({reason})" : string.Empty)}, and the time is up. Wait-CmpTransaction -Id {id} goes on.");
        writer.Write(new CmpTransaction(store.Find(id) ?? throw Enrollment.NotFound(id)));
    }

    /// <summary>What to know of a transaction that failed and is pending still.</summary>
    internal static string Kept(string id) => $"The transaction {id} is pending still: Wait-CmpTransaction -Id {id} goes on with it, Remove-CmpTransaction gives it up.";
}
