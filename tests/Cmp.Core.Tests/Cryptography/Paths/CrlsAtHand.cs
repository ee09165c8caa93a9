using System;
using System.Collections.Generic;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Cryptography.Paths;

/// <summary>CRLs that somebody has; whether others could be fetched is said, and none is.</summary>
internal sealed class CrlsAtHand(IReadOnlyList<CertificateList> crls) : ICrlSource
{
    public IReadOnlyList<CertificateList> Crls => crls;

    internal bool Fetches { get; init; }

    public bool CanFetch(Uri location) => Fetches;
}
