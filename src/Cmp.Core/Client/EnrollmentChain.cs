using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>
/// The issuers of a certificate that may go into stores: those of a path that is valid by RFC 5280 up to an anchor. The root is one that the user gave as an
/// anchor; what came in caPubs or extraCerts never becomes one (rules 31 and 32), whoever vouches for it.
/// </summary>
public static class EnrollmentChain
{
    /// <summary>The roots that the user gave to vouch for issued certificates, or for the server where none were given for those.</summary>
    /// <param name="settings">What is said of the server.</param>
    /// <returns>Those that signed themselves.</returns>
    public static IReadOnlyList<Certificate> RootsOf(ServerSettings settings) => [.. Anchors(settings).Where(IsRoot)];

    /// <summary>Proves the chain of a certificate.</summary>
    /// <param name="issued">The certificate, with what came with it.</param>
    /// <param name="settings">Whom the user trusts.</param>
    /// <param name="time">When the chain must be valid.</param>
    /// <returns>
    /// Its chain. Without a root where it leads only to an anchor that is no root, or to a root that may vouch for this certificate (rule 31) and that the user
    /// did not give.
    /// </returns>
    /// <exception cref="CmpException"><c>CmpTrust.…</c>: it leads nowhere.</exception>
    internal static ChainToInstall Of(IssuedCertificate issued, ServerSettings settings, DateTimeOffset time)
    {
        IReadOnlyList<Certificate> anchors = Anchors(settings);
        Certificate[] candidates = [.. anchors, .. settings.UntrustedCertificate!, .. issued.Candidates, .. issued.CaPubs];
        Certificate[] roots = [.. anchors.Where(IsRoot)];
        if (roots.Length > 0 && Path(roots) is { } path)
            return new ChainToInstall([.. path.Certificates.Skip(1).Where(one => !one.IsSameAs(path.Anchor))], path.Certificates.Count > 1 ? path.Anchor : null);
        IEnumerable<Certificate> brought = issued.CaPubsAreTrusted ? issued.CaPubs : [];
        return new ChainToInstall([.. Build([.. anchors, .. brought]).Certificates.Skip(1).Where(one => !IsRoot(one))], Root: null);

        CertificatePath Build(Certificate[] trusted) => PathBuilder.Build(issued.Certificate, trusted, candidates, new PathOptions(time));

        CertificatePath? Path(Certificate[] trusted)
        {
            try
            {
                return Build(trusted);
            }
            catch (CmpException)
            {
                return null; // the others may do; where they do not, their error is told
            }
        }
    }

    private static IReadOnlyList<Certificate> Anchors(ServerSettings settings) =>
        settings.IssuedTrustAnchor is { Count: > 0 } issued ? issued : settings.TrustAnchor ?? [];

    private static bool IsRoot(Certificate certificate) => CertificatePath.IsIssuer(certificate, certificate);
}
