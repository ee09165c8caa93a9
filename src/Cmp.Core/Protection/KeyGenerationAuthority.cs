using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography.Enveloping;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Says whether who signed a private key may have made it: his certificate leads to a trust anchor and has the extended key usage id-kp-cmKGA (rule 48).</summary>
/// <remarks>
/// RFC 9483 4.1.6. Behind a signed answer the check must be made; behind one under a shared secret it may be left out, for then the secret vouches for who makes the
/// keys. It is left out only where the caller says so, and then a warning says what was found.
/// </remarks>
public static class KeyGenerationAuthority
{
    /// <summary>Checks the signer of a key package.</summary>
    /// <param name="package">The package, whose signature was verified.</param>
    /// <param name="trust">Whom we believe; a pinned certificate, too, may have signed.</param>
    /// <param name="now">The time.</param>
    /// <param name="warnings">Takes what the user should know, escaped.</param>
    /// <param name="extraCerts">Certificates that came with the message: the path may go through them. Self-signed ones of the package are never believed.</param>
    /// <param name="issued">The certificate that came with the key: it cannot have vouched for itself.</param>
    /// <param name="secretVouches">Whether the answer is under a shared secret, and the caller takes that for enough: what speaks against the signer becomes a warning.</param>
    /// <returns>The signer, or <see langword="null"/> where only the secret vouches for him.</returns>
    /// <exception cref="CmpException"><c>CmpTrust.KeyGenerationAuthority</c>: his certificate is not for making keys; other <c>CmpTrust.…</c>: it is not trusted;
    /// <see cref="CrlsMissingException"/>: CRLs are to be fetched first, also where the secret vouches.</exception>
    public static ValidatedSigner? Check(
        SignedKeyPackage package,
        TrustSettings trust,
        DateTimeOffset now,
        List<string> warnings,
        IReadOnlyList<Certificate>? extraCerts = null,
        Certificate? issued = null,
        bool secretVouches = false)
    {
        try
        {
            return Validate(package, trust, now, warnings, extraCerts ?? [], issued);
        }
        catch (CmpException e) when (secretVouches && e is not CrlsMissingException)
        {
            warnings.Add($"Only the shared secret vouches for who made the private key: {e.Message}");
            return null;
        }
    }

    private static ValidatedSigner Validate(
        SignedKeyPackage package, TrustSettings trust, DateTimeOffset now, List<string> warnings, IReadOnlyList<Certificate> extraCerts, Certificate? issued)
    {
        Certificate signer = package.Signer;
        bool isForKeys = signer.EnhancedKeyUsage?.Contains(Oids.CmKGA) == true;
        if (!isForKeys && !trust.AllowAnySigner)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.KeyGenerationAuthority", $"The private key is signed by {signer}, whose certificate is not for making keys: it lacks the extended key usage cmKGA (RFC 9483 4.1.6).")
            {
                RecommendedAction = "Ask the operator of the CA for a certificate of its key generation authority; -AllowAnySigner of Set-CmpServer takes any signer that leads to a trust anchor.",
                Octets = signer.Encoded,
            };
        }
        // a pin says who signs messages; whoever else makes the keys leads to an anchor
        TrustSettings keys = trust with { MaySign = static (_, _) => true, Pin = trust.Pin is { } pin && pin.IsSameAs(signer) ? pin : null };
        IReadOnlyList<Certificate> candidates = [.. extraCerts, .. package.Certificates.Where(certificate => !CertificatePath.IsIssuer(certificate, certificate, trust.Limits))];
        ValidatedSigner validated = new PeerTrust(keys, credential: null).Validate(
            signer, KeyUsages.DigitalSignature, candidates, known: null, issued is null ? [] : [issued], issuers: [], now, warnings);
        if (!isForKeys)
            warnings.Add($"The private key is signed by {signer}, whose certificate lacks the extended key usage cmKGA; -AllowAnySigner takes it.");
        return validated;
    }
}
