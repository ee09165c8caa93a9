using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>The CRLs at hand. Whoever checks by them fetches nothing: he is told what could be fetched, and is asked again.</summary>
public interface ICrlSource
{
    /// <summary>Those at hand, of any issuer and any age; nobody has looked at them.</summary>
    IReadOnlyList<CertificateList> Crls { get; }

    /// <summary>Whether the CRL at an address could still be had: not where nothing is fetched, nor where it was tried just now.</summary>
    /// <param name="location">The address, http or https.</param>
    /// <returns>True where it could.</returns>
    bool CanFetch(Uri location);
}
