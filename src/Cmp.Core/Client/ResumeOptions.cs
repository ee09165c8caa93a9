using System;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>What a process brings to a pending enrolment that it takes up: who it is, and what was not kept.</summary>
public sealed record ResumeOptions
{
    /// <summary>What is said anew of the server; it stands over what was kept.</summary>
    public ServerSettings Said { get; init; } = new();

    /// <summary>The password of the file that the certificate goes to.</summary>
    public SecureString? OutPassword { get; init; }

    /// <summary>The password of the file that the key is in.</summary>
    public SecureString? KeyPassword { get; init; }

    /// <summary>The PIN of the token that keeps the key.</summary>
    public SecureString? Pin { get; init; }

    /// <summary>Sees the certificate before it is accepted.</summary>
    public Func<IssuedCertificate, CancellationToken, Task<string?>>? Approve { get; init; }

    /// <inheritdoc cref="Enrollment.Ended"/>
    public Action<EnrollmentItem>? Ended { get; init; }

    /// <summary>Whether it ends where it would have to wait, however short.</summary>
    public bool IsImpatient { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }

    /// <summary>Gets the secrets that settings refer to; <see langword="null"/>: what is said now has them, or nothing has.</summary>
    public Func<ServerSettings, ServerSettings>? OpenSecrets { get; init; }

    /// <summary>For tests: opens the client of a server.</summary>
    internal Func<ServerSettings, CmpClient>? OpenClient { get; init; }

    /// <inheritdoc cref="Enrollment.Boundary"/>
    internal Action<string>? Boundary { get; init; }

    /// <summary>The client: what is said now over what was kept, and under it what is registered under its name.</summary>
    internal CmpClient Open(ServerSettings kept, bool isOffline)
    {
        // of a secret only the reference was kept: where the server is registered still, it knows where the secret is
        kept = kept with { SecretReference = null };
        if (kept.Name is { } name && ServerRegistry.Find(name) is { } registered)
            kept = kept.Over(registered);
        ServerSettings settings = Said.Over(kept);
        settings = OpenSecrets?.Invoke(settings) ?? settings;
        return OpenClient is { } open ? open(settings) : isOffline ? CmpClient.ByHand(settings) : new CmpClient(settings);
    }
}
