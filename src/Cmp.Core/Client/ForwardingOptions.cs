using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>What a registration authority does with messages of others before it sends them on (RFC 9483 5.2).</summary>
public sealed record ForwardingOptions
{
    /// <summary>Whether each is wrapped in one that we protect.</summary>
    public bool AddsProtection { get; init; }

    /// <summary>Whether our protection takes the place of theirs. Not with <see cref="AddsProtection"/>.</summary>
    public bool ReplacesProtection { get; init; }

    /// <summary>Whether raVerified takes the place of proofs of possession, after they were checked. With <see cref="ReplacesProtection"/> only.</summary>
    public bool RaVerified { get; init; }

    /// <summary>Whether each message as it arrived goes along in origPKIMessage. With <see cref="ReplacesProtection"/> only.</summary>
    public bool IncludesOriginal { get; init; }

    /// <summary>Secrets that we share with those who made the messages, by their references.</summary>
    public IReadOnlyList<ReferenceAndSecret> OriginalSecrets { get; init; } = [];

    /// <summary>Who vouches for the certificates of those who made the messages.</summary>
    public IReadOnlyList<Certificate> OriginalAnchors { get; init; } = [];

    /// <summary>Whether the protection of what is protected anew need not be verified: the user knows where it comes from.</summary>
    public bool AllowsUnverified { get; init; }

    /// <summary>Whether anything says whose messages are taken.</summary>
    internal bool KnowsRequesters => OriginalSecrets.Count > 0 || OriginalAnchors.Count > 0;
}
