using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Keys;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Lets accounts use the private key of a certificate that is in its store already, as is done with a new one.</summary>
public static class EnrollmentReaders
{
    /// <summary>Lets them use it, and remembers them: its renewals let them too. Nobody loses what he may do.</summary>
    /// <param name="store">Where the enrolment is remembered.</param>
    /// <param name="record">The enrolment.</param>
    /// <param name="readers">The accounts: names or SIDs.</param>
    /// <exception cref="CmpException">
    /// <c>CmpPlatform.NotSupported</c>: this is not Windows; <c>CmpKey.Reader</c>: there is no such account; <c>CmpKey.Permissions</c>,
    /// <c>CmpKey.AccessDenied</c>: the key's permissions cannot be changed; <c>CmpStore.…</c>.
    /// </exception>
    public static void Add(EnrollmentStore store, EnrollmentRecord record, IReadOnlyList<string> readers)
    {
        IReadOnlyList<Sid> accounts = KeyReaders.Default.Resolve(readers);
        using FoundCertificate found = record.Open();
        if (!KeyReaders.Default.Grant(found.Certificate, like: null, accounts))
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Permissions", $"Who may use the key of {PeerText.Escape(record.Name)} cannot be said: no provider of CNG keeps it.");
        store.Enrollments.Change(record, now => now with { PrivateKeyReaders = [.. now.PrivateKeyReaders.Union(readers, StringComparer.OrdinalIgnoreCase)] });
    }
}
