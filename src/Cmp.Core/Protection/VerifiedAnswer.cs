using System.Collections.Generic;

namespace Cmp.Protection;

/// <summary>Who vouches for an answer.</summary>
/// <param name="Kind">How it is protected; <see cref="ProtectionKind.None"/>: nobody does.</param>
/// <param name="Signer">The signer; <see langword="null"/> under a MAC.</param>
/// <param name="Warnings">What the user should know, escaped.</param>
public sealed record VerifiedAnswer(ProtectionKind Kind, ValidatedSigner? Signer, IReadOnlyList<string> Warnings)
{
    /// <summary>Whether anybody vouches for it.</summary>
    public bool IsAuthenticated => Kind != ProtectionKind.None;
}
