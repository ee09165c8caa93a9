using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A certificate that was issued and waits for its owner's word.</summary>
/// <param name="Certificate">It.</param>
internal sealed record UnconfirmedCertificate(Certificate Certificate)
{
    /// <summary>Whether it leaves encrypted, and its hash will show that its owner has the key: until then it is not good, and nobody else sees it (RFC 9810 5.2.8.3.2).</summary>
    internal bool IsUnproven { get; init; }

    /// <summary>Whether its owner wants it not to be published (RFC 4211 6.3).</summary>
    internal bool IsUnpublished { get; init; }
}
