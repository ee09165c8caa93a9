using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>A new root of a CA, proven to follow an old one that is trusted. There is none that is not proven: <see cref="Prove"/> throws.</summary>
/// <remarks>
/// RFC 9810 4.4.2, 5.3.19.15; RFC 9483 4.3.2; rules 47 and 73. The proof says that who had the old key named the new one; that the message is the
/// CA's is the business of its protection.
/// </remarks>
public sealed record RootUpdate
{
    private RootUpdate(Certificate old, Certificate newWithNew, Certificate newWithOld, Certificate? oldWithNew)
    {
        Old = old;
        NewWithNew = newWithNew;
        NewWithOld = newWithOld;
        OldWithNew = oldWithNew;
    }

    /// <summary>The old root, which is trusted.</summary>
    public Certificate Old { get; }

    /// <summary>The new root.</summary>
    public Certificate NewWithNew { get; }

    /// <summary>The new key, certified by the old one.</summary>
    public Certificate NewWithOld { get; }

    /// <summary>The old key, certified by the new one; <see langword="null"/> where it did not come.</summary>
    public Certificate? OldWithNew { get; }

    /// <summary>Proves that a new root follows an old one.</summary>
    /// <param name="old">The old root, which is trusted.</param>
    /// <param name="content">What came.</param>
    /// <param name="now">The time.</param>
    /// <param name="crls">CRLs of the old root's issuer, as far as they are at hand: those that it or the new key signed say whether it is revoked.</param>
    /// <param name="policy">Which algorithms are believed; <see langword="null"/> for the default.</param>
    /// <returns>The update.</returns>
    /// <exception cref="CmpException">
    /// The check that fails, in this order: <c>CmpRootUpdate.OldNotValid</c>: the old root has expired, or is not yet valid; <c>CmpRootUpdate.OldRevoked</c>;
    /// <c>CmpRootUpdate.NewWithOldMissing</c>; <c>CmpRootUpdate.Names</c>: old and new root have not the same name everywhere;
    /// <c>CmpRootUpdate.Keys</c>: newWithOld and newWithNew have not the same key; <c>CmpRootUpdate.NewWithOld</c>: the old key did not sign it, or it is
    /// not valid now, or no CA's; <c>CmpRootUpdate.NewWithNew</c>: it did not sign itself; <c>CmpRootUpdate.NotCA</c>; <c>CmpRootUpdate.NotValid</c>: the
    /// new root is not valid now; <c>CmpRootUpdate.EndsEarlier</c>: it ends no later than the old one; <c>CmpRootUpdate.OldWithNew</c>: it is there and does
    /// not certify the old key by the new one.
    /// </exception>
    public static RootUpdate Prove(Certificate old, RootCaKeyUpdateContent content, DateTimeOffset now, IReadOnlyList<CertificateList>? crls = null, AlgorithmPolicy? policy = null)
    {
        if (FaultsOf(old, content, now, crls ?? [], policy ?? AlgorithmPolicy.Default).FirstOrDefault() is { } fault)
            throw fault;
        return new RootUpdate(old, content.NewWithNew, content.NewWithOld!, content.OldWithNew);
    }

    /// <summary>Proves as <see cref="Prove"/> does, and once more by the CRLs that the certificates name, where such can be fetched and all else is proven (rule 69).</summary>
    /// <param name="old">The old root, which is trusted.</param>
    /// <param name="content">What came.</param>
    /// <param name="crls">CRLs besides those of the store.</param>
    /// <param name="store">The CRLs of the client.</param>
    /// <param name="now">The time.</param>
    /// <param name="trace">Hears of each address.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The update.</returns>
    /// <exception cref="CmpException">As <see cref="Prove"/>.</exception>
    internal static async Task<RootUpdate> ProveAsync(Certificate old, RootCaKeyUpdateContent content, IReadOnlyList<CertificateList> crls, CrlStore store, DateTimeOffset now, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        RootUpdate update = Prove(old, content, now, [.. crls, .. store.Crls]);
        List<Uri> missing = [.. RevocationChecker.Locations(old).Concat(RevocationChecker.Locations(update.NewWithOld)).Distinct().Where(store.CanFetch).Take(CmpLimits.Default.MaxCrlFetches)];
        if (missing.Count == 0)
            return update;
        await store.FetchAsync(missing, trace, cancellationToken).ConfigureAwait(false);
        return Prove(old, content, now, [.. crls, .. store.Crls]);
    }

    /// <summary>All that speaks against it, in the order of <see cref="Prove"/>; each check is made when it is asked for.</summary>
    internal static IEnumerable<CmpException> FaultsOf(Certificate old, RootCaKeyUpdateContent content, DateTimeOffset now, IReadOnlyList<CertificateList> crls, AlgorithmPolicy policy)
    {
        Certificate root = content.NewWithNew;
        Action[] checks =
        [
            () => CheckOld(old, now),
            () => CheckRevocation(old, root, crls),
            () => CheckNewWithOld(old, root, content.NewWithOld, now, policy),
            () => CheckNewWithNew(old, root, now, policy),
            () => CheckOldWithNew(old, root, content.OldWithNew, policy),
        ];
        return checks.Select(check => Fault(check, root)).OfType<CmpException>();
    }

    /// <summary>Old and new root.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{NewWithNew} until {NewWithNew.NotAfter:u} after {Old.NotAfter:u}";

    private static CmpException? Fault(Action check, Certificate root)
    {
        try
        {
            check();
            return null;
        }
        catch (CmpException e) when (e.ErrorId.StartsWith("CmpRootUpdate.", StringComparison.Ordinal))
        {
            return e;
        }
        catch (CmpException e)
        {
            // a certificate that does not decode, or is signed by what is too weak, or not known here
            return Failed("NotProven", $"The new root cannot be proven: {e.Message}", root, e);
        }
    }

    private static void CheckOld(Certificate old, DateTimeOffset now)
    {
        if (now < old.NotBefore || now > old.NotAfter)
            throw Failed("OldNotValid", $"The old root {old} is valid from {old.NotBefore:u} to {old.NotAfter:u} only: it vouches for nobody now.", old);
    }

    private static void CheckNewWithOld(Certificate old, Certificate root, Certificate? newWithOld, DateTimeOffset now, AlgorithmPolicy policy)
    {
        if (newWithOld is null)
            throw Failed("NewWithOldMissing", $"The server sent the new root {root} without the certificate newWithOld, which would prove it.", root);
        CheckNames(old, root, newWithOld);
        if (!root.PublicKey.IsSameAs(newWithOld.PublicKey))
            throw Failed("Keys", "newWithOld certifies another key than that of the new root.", newWithOld);
        CheckLink(old, newWithOld, now, policy);
    }

    private static void CheckNewWithNew(Certificate old, Certificate root, DateTimeOffset now, AlgorithmPolicy policy)
    {
        if (!IsSignedBy(root, root, policy))
            throw Failed("NewWithNew", $"The new root {root} is not signed by its own key.", root);
        if (!root.IsCA || root.KeyUsage is { } usage && (usage & KeyUsages.KeyCertSign) == 0)
            throw Failed("NotCA", $"The new root {root} is no CA's certificate.", root);
        if (now < root.NotBefore || now > root.NotAfter)
            throw Failed("NotValid", $"The new root {root} is valid from {root.NotBefore:u} to {root.NotAfter:u} only.", root);
        if (root.NotAfter <= old.NotAfter)
            throw Failed("EndsEarlier", $"The new root ends at {root.NotAfter:u}, no later than the old one at {old.NotAfter:u}.", root);
    }

    private static void CheckOldWithNew(Certificate old, Certificate root, Certificate? oldWithNew, AlgorithmPolicy policy)
    {
        if (oldWithNew is not null && !(oldWithNew.PublicKey.IsSameAs(old.PublicKey) && oldWithNew.Subject.IsSameAs(old.Subject) && oldWithNew.Issuer.IsSameAs(root.Subject) && IsSignedBy(oldWithNew, root, policy)))
            throw Failed("OldWithNew", "oldWithNew does not certify the old key by the new one.", oldWithNew);
    }

    /// <summary>The CA keeps its name (RFC 9810 4.4): else a CA below the old root could pass itself off as its successor.</summary>
    private static void CheckNames(Certificate old, Certificate root, Certificate newWithOld)
    {
        if (!root.Subject.IsSameAs(root.Issuer) || !root.Subject.IsSameAs(newWithOld.Subject) || !newWithOld.Issuer.IsSameAs(old.Subject) || !root.Subject.IsSameAs(old.Subject))
            throw Failed("Names", $"The new root {root}, issued by {root.Issuer}, and newWithOld of {newWithOld}, issued by {newWithOld.Issuer}, have not all the name of the old root {old}.", root);
    }

    /// <summary>newWithOld under the old key, by all rules for paths.</summary>
    private static void CheckLink(Certificate old, Certificate newWithOld, DateTimeOffset now, AlgorithmPolicy policy)
    {
        if (!newWithOld.IsCA)
            throw Failed("NewWithOld", "newWithOld is no CA's certificate.", newWithOld);
        try
        {
            PathBuilder.Build(newWithOld, [old], [], new PathOptions(now, policy));
        }
        catch (CmpException e)
        {
            throw Failed("NewWithOld", $"newWithOld does not follow from the old root: {e.Message}", newWithOld, e);
        }
    }

    private static void CheckRevocation(Certificate old, Certificate root, IReadOnlyList<CertificateList> crls)
    {
        foreach (CertificateList crl in crls)
        {
            if (crl.Issuer.IsSameAs(old.Issuer) && (IsSignedBy(crl, old) || IsSignedBy(crl, root)) && crl.Find(old.SerialNumber) is { Reason: not RevocationReason.RemoveFromCrl } entry)
                throw Failed("OldRevoked", $"The old root {old} was revoked at {entry.RevocationDate:u}: its key may be in wrong hands.", old);
        }
    }

    private static bool IsSignedBy(CertificateList crl, Certificate issuer) =>
        SignatureAlgorithms.Verify(crl.SignatureAlgorithm, issuer.PublicKey, crl.TbsCertList, crl.Signature);

    private static bool IsSignedBy(Certificate certificate, Certificate issuer, AlgorithmPolicy policy)
    {
        policy.Check(certificate.SignatureAlgorithm, issuer.PublicKey);
        return SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, issuer.PublicKey, certificate.TbsCertificate, certificate.Signature);
    }

    private static CmpException Failed(string check, string message, Certificate certificate, Exception? cause = null) =>
        new(CmpErrorKind.Trust, "CmpRootUpdate." + check, message, cause)
        {
            Octets = certificate.Encoded,
            RecommendedAction = "Nothing was stored. Ask the operator of the CA for the new root by another way.",
        };
}
