using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>What a server issued, not yet confirmed.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Status">Under which status it came.</param>
public sealed record IssuedCertificate(Certificate Certificate, PkiStatusInfo Status)
{
    /// <summary>Which request of the message it answers, counted from 0.</summary>
    public int Request { get; init; }

    /// <summary>The private key that the CA made; <see langword="null"/> where it made none. The transaction lets go of it when it is disposed of.</summary>
    public PrivateKey? Key { get; init; }

    /// <summary>Roots that the answer brought, for people to look at (rule 31).</summary>
    public IReadOnlyList<Certificate> CaPubs { get; init; } = [];

    /// <summary>Whether <see cref="CaPubs"/> may serve to validate this certificate: only in an ip under a shared secret (rule 31).</summary>
    public bool CaPubsAreTrusted { get; init; }

    /// <summary>Whether somebody vouches for the answer that brought it; else only the road does, and whoever issued it (rule 76).</summary>
    public bool IsAuthenticated { get; init; } = true;

    /// <summary>Certificates that may lead from this one to its root.</summary>
    public IReadOnlyList<Certificate> Candidates { get; init; } = [];

    /// <summary>Whether the server takes it as confirmed already.</summary>
    public bool ImplicitlyConfirmed { get; init; }

    /// <summary>Until when a certConf is awaited, or <see langword="null"/>.</summary>
    public DateTimeOffset? ConfirmWaitTime { get; init; }
}
