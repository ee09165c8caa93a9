using System;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Changes when a certificate that is there is to be renewed: lists, tests, timers and tasks go by what is remembered.</summary>
public static class EnrollmentSchedule
{
    /// <summary>Remembers another window, and the time that follows from it. What was renewed meanwhile has its own, and keeps it.</summary>
    /// <param name="store">Where the enrolment is remembered.</param>
    /// <param name="record">The enrolment.</param>
    /// <param name="window">How long before its end the certificate is renewed; <see langword="null"/>: as <see cref="Renewal.After(Certificate, RenewalWindow?)"/> has it.</param>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.RenewBefore</c>: the certificate would be due each time somebody looks, or only when it is over; <c>CmpStore.…</c>,
    /// <c>CmpKey.PasswordRequired</c>: the certificate cannot be seen; <c>CmpState.…</c>.
    /// </exception>
    public static void Change(EnrollmentStore store, EnrollmentRecord record, RenewalWindow? window)
    {
        using FoundCertificate found = record.Open();
        using (found.Certificate)
        {
            Certificate certificate = Certificate.From(found.Certificate);
            Renewal.Check(window, certificate.NotAfter - certificate.NotBefore);
            DateTimeOffset renewAfter = Renewal.After(certificate, window);
            store.Enrollments.Change(record, now => now with { RenewBefore = window, RenewAfter = renewAfter });
        }
    }
}
