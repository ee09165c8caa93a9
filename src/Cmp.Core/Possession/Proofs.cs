using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>Which keys can give which proof of possession: what their mathematics allows, what a version of the protocol has a form for, and what a key can do where it lives.</summary>
/// <remarks>RFC 9810 5.2.8.4. A key that only signs has no other proof there than its signature.</remarks>
public static class Proofs
{
    private const KeyProofs Encrypted = KeyProofs.EncryptedCertificate | KeyProofs.ChallengeResponse;

    /// <summary>A family of keys a row. Before pvno 3 only RSA has a way to encrypt something for the key: EncryptedValue and Challenge rest on key transport.</summary>
    private static readonly Row[] Rows =
    [
        new(KeyFamily.Rsa, KeyProofs.Signature | Encrypted | KeyProofs.EncryptedKey, KeyProofs.Signature | Encrypted | KeyProofs.EncryptedKey),
        new(KeyFamily.EllipticCurve, KeyProofs.Signature | Encrypted | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.Signature | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey),
        new(KeyFamily.Montgomery, Encrypted | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.KeyAgreement | KeyProofs.EncryptedKey),
        new(KeyFamily.MLKem, Encrypted | KeyProofs.EncryptedKey, KeyProofs.EncryptedKey),
        // nothing is enveloped for numbers of a group here
        new(KeyFamily.DiffieHellman, KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.KeyAgreement | KeyProofs.EncryptedKey),
        new(KeyFamily.Edwards, KeyProofs.Signature, KeyProofs.Signature),
        new(KeyFamily.MLDsa, KeyProofs.Signature, KeyProofs.Signature),
        new(KeyFamily.SlhDsa, KeyProofs.Signature, KeyProofs.Signature),
    ];

    /// <summary>The proofs from which <see cref="DefaultOf"/> chooses, the best first: those that need nothing of the CA's before, and give nothing away.</summary>
    private static readonly KeyProofs[] Preferred = [KeyProofs.Signature, KeyProofs.EncryptedCertificate, KeyProofs.ChallengeResponse, KeyProofs.KeyAgreement, KeyProofs.EncryptedKey];

    /// <summary>What keys of a kind can prove.</summary>
    /// <param name="algorithm">The kind.</param>
    /// <param name="pvno">The version of the protocol that is spoken.</param>
    /// <returns>The proofs.</returns>
    public static KeyProofs Of(KeyAlgorithm algorithm, int pvno = 3) => Of(algorithm.Family, pvno);

    /// <summary>What a key can prove, as its own algorithm allows: an RSA key that is for RSASSA-PSS only decrypts nothing (RFC 4055 1.2).</summary>
    /// <param name="key">The public key.</param>
    /// <param name="pvno">The version of the protocol that is spoken.</param>
    /// <returns>The proofs.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: it is of none that is known here.</exception>
    public static KeyProofs Of(SubjectPublicKeyInfo key, int pvno = 3)
    {
        KeyFamily family = KeyAlgorithm.FamilyOf(key);
        return family == KeyFamily.Rsa && key.Algorithm.Oid != Oids.RsaEncryption ? KeyProofs.Signature : Of(family, pvno);
    }

    /// <summary>What a private key can prove from where it lives: one that stays in a token is not sent, and not every provider agrees or decrypts.</summary>
    /// <param name="key">The private key.</param>
    /// <param name="pvno">The version of the protocol that is spoken.</param>
    /// <returns>The proofs.</returns>
    public static KeyProofs Of(PrivateKey key, int pvno = 3)
    {
        KeyProofs proofs = Of(key.PublicKey, pvno);
        if (!key.CanSign)
            proofs &= ~KeyProofs.Signature;
        if (!key.CanAgree)
            proofs &= ~KeyProofs.KeyAgreement;
        if (!key.CanDecrypt && !key.CanAgree && !key.CanDecapsulate)
            proofs &= ~Encrypted;
        return key.Exportable ? proofs : proofs & ~KeyProofs.EncryptedKey;
    }

    /// <summary>The proof that a key gives where nobody asked for another one.</summary>
    /// <param name="proofs">What it can prove.</param>
    /// <returns>The one; <see cref="KeyProofs.None"/> where it can prove nothing.</returns>
    public static KeyProofs DefaultOf(KeyProofs proofs) => Array.Find(Preferred, proof => proofs.HasFlag(proof));

    /// <summary>Makes sure that a private key can give a proof, before anything is sent (rule 14).</summary>
    /// <param name="key">The private key.</param>
    /// <param name="proof">One proof.</param>
    /// <param name="pvno">The version of the protocol that is spoken.</param>
    /// <exception cref="CmpException"><c>CmpPossession.Unsupported</c>: it cannot, and the message says what it can.</exception>
    public static void Ensure(PrivateKey key, KeyProofs proof, int pvno = 3)
    {
        KeyProofs can = Of(key, pvno);
        if (can.HasFlag(proof))
            return;
        string why = !Of(key.PublicKey).HasFlag(proof) ? $"A key of {key.Algorithm} does not prove that it is there by {proof}"
            : !Of(key.PublicKey, pvno).HasFlag(proof) ? $"Before pvno 3 there is no {proof} for a key of {key.Algorithm}"
            : $"This key of {key.Algorithm} cannot do from where it lives what {proof} takes";
        throw new CmpException(CmpErrorKind.Argument, "CmpPossession.Unsupported", $"{why}. It can give {(can == KeyProofs.None ? "no proof" : can)}.")
        {
            RecommendedAction = "Choose another proof of possession or another key; with pvno 3 there are more.",
        };
    }

    /// <summary>Whether a proof has a form for a key in pvno 3 only.</summary>
    /// <param name="key">The public key.</param>
    /// <param name="proof">One proof, which the key can give.</param>
    /// <returns>True where the request has to say pvno 3.</returns>
    public static bool NeedsPvno3(SubjectPublicKeyInfo key, KeyProofs proof) => !Of(key, pvno: 2).HasFlag(proof);

    private static KeyProofs Of(KeyFamily family, int pvno)
    {
        Row row = Rows.Single(row => row.Family == family);
        return pvno >= 3 ? row.Proofs : row.BeforePvno3;
    }

    private sealed record Row(KeyFamily Family, KeyProofs Proofs, KeyProofs BeforePvno3);
}
