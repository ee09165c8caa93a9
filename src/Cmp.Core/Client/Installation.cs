using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography.Paths;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>
/// What belongs to a certificate beside itself where it is put away: whether it leads to an anchor, its chain, and who may use its key. An enrolment and a
/// recovery of keys ask the same.
/// </summary>
/// <param name="client">The server that it comes from.</param>
/// <param name="destination">Where it goes.</param>
/// <param name="accounts">Accounts that may use its key besides: names or SIDs.</param>
/// <param name="readers">Lets accounts use keys.</param>
/// <param name="trace">Hears what could not be done and does no harm.</param>
internal sealed class Installation(CmpClient client, CertificateDestination destination, IReadOnlyList<string> accounts, KeyReaders readers, ICmpTrace? trace)
{
    /// <summary>Accounts are looked for before anything is made, and only a store of Windows has some.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.PrivateKeyReader</c>.</exception>
    internal void EnsureReaders()
    {
        if (accounts.Count == 0)
            return;
        _ = readers.Resolve(accounts);
        if (destination.Description.Store is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.PrivateKeyReader", "Accounts can be let use a private key in a certificate store only.")
            {
                RecommendedAction = "Name the store with -CertStoreLocation, or leave -PrivateKeyReader out and set the permissions of the file.",
            };
        }
    }

    /// <summary>A chain that cannot be put into stores is found out before anything is made.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.InstallChain</c>; <c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    internal void EnsureTakesChain()
    {
        ChainInstallation chain = destination.Description.Chain;
        if (chain == ChainInstallation.None)
            return;
        IReadOnlyList<Certificate> roots = chain == ChainInstallation.WithRoot ? EnrollmentChain.RootsOf(client.Settings) : [];
        if (chain == ChainInstallation.WithRoot && roots.Count == 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.InstallChain", "No root was given that could be put into a store: one that the server sends is not trusted for that.")
            {
                RecommendedAction = "Give the CA's root with -TrustAnchor, or as -IssuedTrustAnchor of the server; or use -InstallChain Intermediate.",
            };
        }
        destination.EnsureTakesChain(roots);
    }

    /// <summary>Holds a certificate against the anchors for issued certificates, where there are such (rule 41).</summary>
    /// <param name="issued">The certificate, with what came with it.</param>
    /// <param name="time">When it must be good.</param>
    /// <param name="warn">Hears what the user should know.</param>
    /// <exception cref="CmpException"><c>CmpTrust.IssuedCertificate</c>.</exception>
    /// <exception cref="CrlsMissingException">CRLs are to be fetched first.</exception>
    internal void Validate(IssuedCertificate issued, DateTimeOffset time, Action<string> warn)
    {
        if (client.Settings.IssuedTrustAnchor is not { Count: > 0 } anchors)
            return;
        IReadOnlyList<Certificate> brought = issued.CaPubsAreTrusted ? issued.CaPubs : [];
        IEnumerable<Certificate> candidates = client.Settings.UntrustedCertificate!.Concat(issued.Candidates);
        try
        {
            // of who issued it, not of what was issued just now
            (CertificatePath path, RevocationReport report) = new RevocationChecker(client.Crls, candidates, new PathOptions(time)).Build(issued.Certificate, anchors.Concat(brought), withLeaf: false);
            if (client.Crls.Mode != RevocationMode.None)
                report.Warnings.ToList().ForEach(warn);
            else if (!anchors.Any(path.Anchor.IsSameAs))
                warn("The certificate leads to a root that came in caPubs, and nobody asked whether certificates on the way are revoked: see -RevocationMode.");
        }
        catch (CmpException e) when (e is not CrlsMissingException)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.IssuedCertificate", $"The certificate that came, {issued.Certificate}, does not lead to an anchor for issued certificates: {e.Message}", e) { Octets = issued.Certificate.Encoded };
        }
    }

    /// <summary>From issuer to issuer, as far as the certificates at hand lead; what is in it is trusted no more for that.</summary>
    internal List<Certificate> ChainOf(IssuedCertificate issued)
    {
        List<Certificate> known =
        [
            .. client.Settings.IssuedTrustAnchor!, .. client.Settings.TrustAnchor!, .. client.Settings.UntrustedCertificate!,
            .. issued.Candidates, .. issued.CaPubs,
        ];
        var chain = new List<Certificate>();
        Certificate current = issued.Certificate;
        while (!current.IsSelfIssued && chain.Count < CmpLimits.Default.MaxPathLength && known.Find(candidate => CertificatePath.IsIssuer(candidate, current)) is { } issuer)
        {
            chain.Add(issuer);
            current = issuer;
        }
        return chain;
    }

    /// <summary>Puts the issuers into the stores beside the certificate, where that was asked for; that they did not get there is no reason to lose the certificate.</summary>
    /// <returns>Whether any did.</returns>
    internal bool InstallChain(IssuedCertificate issued, InstalledCertificate installed, DateTimeOffset time, List<string> notes)
    {
        ChainInstallation wanted = destination.Description.Chain;
        if (wanted == ChainInstallation.None)
            return false;
        try
        {
            ChainToInstall chain = EnrollmentChain.Of(issued, client.Settings, time);
            if (wanted == ChainInstallation.WithRoot && chain.Root is null)
                trace?.Warning("No root was put into a store: the certificate leads to none that was given as a trust anchor.");
            if (destination.InstallChain(chain) is not { } done)
                return false;
            installed.Add(done);
            notes.AddRange(done.Notes);
            foreach (CmpException problem in done.Problems)
                trace?.Warning(problem.Message);
            return true;
        }
        catch (CmpException e)
        {
            trace?.Warning($"The chain was put into no store: {e.Message}");
            return false;
        }
    }

    /// <summary>Who may use the old key may use the new one, and those who are named besides; that it could not be arranged is no reason to lose the certificate.</summary>
    /// <param name="installed">The certificate with its key.</param>
    /// <param name="ofOld">Who may use the old key; it is asked only where that matters.</param>
    internal void Entrust(InstalledCertificate installed, Func<KeySecurity?> ofOld)
    {
        if (installed.Store is null || !readers.AreKnown)
            return;
        try
        {
            if (!readers.Grant(installed.Certificate, ofOld(), readers.Resolve(accounts)))
                trace?.Warning("Who may use the private key was left as it is: no provider of CNG keeps it.");
        }
        catch (CmpException e)
        {
            trace?.Warning($"Who may use the private key was left as it is: {e.Message}");
        }
    }
}
