using System;
using System.Collections.Generic;

namespace Cmp.Cryptography.Paths;

/// <summary>
/// Says to whoever can fetch what is to be fetched; then the same is asked again. It reaches no user: <see cref="ICrlSource.CanFetch"/> is false for what was tried.
/// </summary>
/// <param name="locations">Where, http and https.</param>
internal sealed class CrlsMissingException(IReadOnlyList<Uri> locations) : CmpException(CmpErrorKind.Trust, "CmpTrust.CrlsMissing", "CRLs are to be fetched before the path is trusted.")
{
    internal IReadOnlyList<Uri> Locations { get; } = locations;
}
