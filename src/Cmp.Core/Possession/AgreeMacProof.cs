using Cmp.Cryptography;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by a MAC under a key that the requester's key and the CA's agree on (agreeMAC, from pvno 3 on). The CA's certificate has to be known before, and to be
/// of the same curve or group.
/// </summary>
/// <remarks>RFC 4211 4.3, RFC 6955 4 and 7. It covers the request whole, which names subject and key.</remarks>
public static class AgreeMacProof
{
    /// <summary>Makes the proof.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key that is to be certified.</param>
    /// <param name="ca">The CA's certificate to agree with, which is trusted as it is.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.Request</c>: the request lacks the subject or the key; <c>CmpPossession.Certificate</c>: the certificate is not for
    /// agreeing; <c>CmpKey.Agreement</c>: both keys are not of one kind; <c>CmpProtection.PublicKey</c>: the CA's key is none that may be agreed with.</exception>
    public static PopoPrivKey Create(CertRequest request, PrivateKey key, Certificate ca)
    {
        StaticDhAlgorithm algorithm = StaticDhAlgorithm.For(key.Algorithm);
        DhSigStatic value = StaticAgreement.Create(request, key, ca, algorithm);
        return PopoPrivKey.OfAgreeMac(new PkMacValue(new AlgorithmIdentifier(algorithm.Oid), value.Encoded));
    }

    /// <summary>Verifies the proof over the octets that arrived, with the private key of either side.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <param name="key">The CA's private key, or the requester's.</param>
    /// <param name="ca">The CA's certificate.</param>
    /// <param name="allowSha1">Whether HMAC-SHA1 will do, which is all that RFC 2875 had (rule 68).</param>
    /// <returns>Whether the MAC is right, and made for this certificate.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: one that is not known or not taken; <c>CmpMessage.Malformed</c>; <c>CmpKey.Mismatch</c>: the
    /// key is of neither side; <c>CmpKey.Agreement</c>, <c>CmpProtection.PublicKey</c>: the key in the request is none to agree with.</exception>
    public static bool Verify(CertRequest request, PopoPrivKey proof, PrivateKey key, Certificate ca, bool allowSha1 = false)
    {
        if (!proof.IsKeyAgreement || proof.AgreeMac is not { } mac)
            return false;
        StaticDhAlgorithm algorithm = StaticDhAlgorithm.Of(mac.Algorithm, key.Algorithm, allowSha1);
        return StaticAgreement.Verify(request, DhSigStatic.Decode(mac.Value), key, ca, algorithm);
    }

    /// <summary>The CA's certificate that a proof says it was made for.</summary>
    /// <param name="proof">The proof.</param>
    /// <returns>Its issuer and serial number; <see langword="null"/> where nothing is said, or the algorithm is none that says it.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IssuerAndSerialNumber? CertificateOf(PopoPrivKey proof) => proof.AgreeMac is { } mac && StaticDhAlgorithm.IsKnown(mac.Algorithm.Oid) ? DhSigStatic.Decode(mac.Value).IssuerAndSerial : null;
}
