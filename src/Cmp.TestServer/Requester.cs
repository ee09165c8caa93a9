using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Who vouches for a request, verified.</summary>
/// <param name="Kind">By what.</param>
internal sealed record Requester(ProtectionKind Kind)
{
    /// <summary>The signer; <see langword="null"/> under a MAC.</summary>
    internal Certificate? Certificate { get; init; }

    /// <summary>Whether this authority issued the signer's certificate.</summary>
    internal bool IsOurs { get; init; }

    /// <summary>Whether the signer is a registration authority, trusted as a client and with cmcRA (RFC 9483 5.1.1).</summary>
    internal bool IsRegistrationAuthority { get; init; }

    /// <summary>How the MAC was made; <see langword="null"/> under a signature.</summary>
    internal MacOptions? Mac { get; init; }

    /// <summary>Whether another message comes from the same: all messages of a transaction have the credentials of the first (RFC 9483 4.1.1).</summary>
    internal bool IsSameAs(Requester other) =>
        Kind == other.Kind && (Certificate is null ? other.Certificate is null : other.Certificate is { } certificate && Certificate.IsSameAs(certificate));
}
