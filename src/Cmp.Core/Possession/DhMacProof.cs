using Cmp.Cryptography;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by a MAC under a key that the requester's key and the CA's agree on, as it was before pvno 3 (dhMAC, deprecated). It rests on SHA-1 and HMAC-SHA1: there is
/// no room to name anything else.
/// </summary>
/// <remarks>RFC 4211 4.2, RFC 2875 3. That text knows groups of numbers only; on curves the same is computed.</remarks>
public static class DhMacProof
{
    /// <summary>Makes the proof.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key that is to be certified.</param>
    /// <param name="ca">The CA's certificate to agree with, which is trusted as it is.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException">As in <see cref="AgreeMacProof.Create"/>.</exception>
    public static PopoPrivKey Create(CertRequest request, PrivateKey key, Certificate ca) =>
        PopoPrivKey.OfDhMac(StaticAgreement.Create(request, key, ca, StaticDhAlgorithm.Sha1));

    /// <summary>Verifies the proof over the octets that arrived, with the private key of either side.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <param name="key">The CA's private key, or the requester's.</param>
    /// <param name="ca">The CA's certificate.</param>
    /// <returns>Whether the MAC is right, and made for this certificate.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; <c>CmpKey.Mismatch</c>: the key is of neither side; <c>CmpKey.Agreement</c>,
    /// <c>CmpProtection.PublicKey</c>: the key in the request is none to agree with.</exception>
    public static bool Verify(CertRequest request, PopoPrivKey proof, PrivateKey key, Certificate ca) =>
        proof.IsKeyAgreement && proof.Kind == PopoPrivKeyKind.DhMac && StaticAgreement.Verify(request, DhSigStatic.Decode(proof.Bits!.Value), key, ca, StaticDhAlgorithm.Sha1);

    /// <summary>The CA's certificate that a proof says it was made for.</summary>
    /// <param name="proof">The proof.</param>
    /// <returns>Its issuer and serial number; <see langword="null"/> where nothing is said.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IssuerAndSerialNumber? CertificateOf(PopoPrivKey proof) =>
        proof.Kind == PopoPrivKeyKind.DhMac ? DhSigStatic.Decode(proof.Bits!.Value).IssuerAndSerial : null;
}
