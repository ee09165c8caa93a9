using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using HashAlgorithm = Org.BouncyCastle.Tls.HashAlgorithm;

namespace Cmp.Transports;

/// <summary>Signs in a handshake with a key that stays where it is: .NET signs, BouncyCastle never sees it.</summary>
internal sealed class DtlsSigner : TlsCredentialedSigner
{
    private readonly X509Certificate2 _certificate;

    /// <summary>A signer.</summary>
    /// <param name="certificate">The certificate with its key, which stays the caller's.</param>
    /// <param name="chain">The certificate and those above it.</param>
    /// <param name="algorithm">What is signed with, as <see cref="Choose"/> says.</param>
    public DtlsSigner(X509Certificate2 certificate, Certificate chain, SignatureAndHashAlgorithm algorithm)
    {
        _certificate = certificate;
        Certificate = chain;
        SignatureAndHashAlgorithm = algorithm;
    }

    /// <inheritdoc/>
    public Certificate Certificate { get; }

    /// <inheritdoc/>
    public SignatureAndHashAlgorithm SignatureAndHashAlgorithm { get; }

    /// <summary>The first algorithm of the other end's that goes with a certificate's key.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="algorithms">What the other end can verify, in its order.</param>
    /// <returns>The algorithm; <see langword="null"/> where none goes.</returns>
    public static SignatureAndHashAlgorithm? Choose(X509Certificate2 certificate, IEnumerable<SignatureAndHashAlgorithm>? algorithms)
    {
        if (IsRsa(certificate) is not { } isRsa)
            return null;
        foreach (SignatureAndHashAlgorithm algorithm in algorithms ?? [])
        {
            if (HashOf(algorithm) is not null && (isRsa ? algorithm.Signature == SignatureAlgorithm.rsa || IsPss(algorithm) : algorithm.Signature == SignatureAlgorithm.ecdsa))
                return algorithm;
        }
        return null;
    }

    /// <summary>Which key a certificate has.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>RSA, or else ECDSA; <see langword="null"/> where it is neither.</returns>
    public static bool? IsRsa(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPublicKey();
        using ECDsa? ecdsa = rsa is null ? certificate.GetECDsaPublicKey() : null;
        return rsa is not null ? true : ecdsa is not null ? false : null;
    }

    /// <inheritdoc/>
    public byte[] GenerateRawSignature(byte[] hash)
    {
        HashAlgorithmName name = HashOf(SignatureAndHashAlgorithm)!.Value;
        using RSA? rsa = _certificate.GetRSAPrivateKey();
        if (rsa is not null)
            return rsa.SignHash(hash, name, IsPss(SignatureAndHashAlgorithm) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        using ECDsa? ecdsa = _certificate.GetECDsaPrivateKey();
        return ToDer((ecdsa ?? throw new TlsFatalAlert(AlertDescription.internal_error)).SignHash(hash));
    }

    /// <summary>None: hashes are signed.</summary>
    /// <returns><see langword="null"/>.</returns>
    public TlsStreamSigner? GetStreamSigner() => null;

    private static bool IsPss(SignatureAndHashAlgorithm algorithm) =>
        algorithm.Signature is SignatureAlgorithm.rsa_pss_rsae_sha256 or SignatureAlgorithm.rsa_pss_rsae_sha384 or SignatureAlgorithm.rsa_pss_rsae_sha512;

    private static HashAlgorithmName? HashOf(SignatureAndHashAlgorithm algorithm) => (algorithm.Hash, algorithm.Signature) switch
    {
        (HashAlgorithm.sha256, _) or (HashAlgorithm.Intrinsic, SignatureAlgorithm.rsa_pss_rsae_sha256) => HashAlgorithmName.SHA256,
        (HashAlgorithm.sha384, _) or (HashAlgorithm.Intrinsic, SignatureAlgorithm.rsa_pss_rsae_sha384) => HashAlgorithmName.SHA384,
        (HashAlgorithm.sha512, _) or (HashAlgorithm.Intrinsic, SignatureAlgorithm.rsa_pss_rsae_sha512) => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>.NET puts the two numbers of an ECDSA signature one behind the other, TLS wants them in a SEQUENCE (RFC 8422 5.4).</summary>
    private static byte[] ToDer(byte[] signature)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(Unsigned(signature.AsSpan(0, signature.Length / 2)));
            writer.WriteInteger(Unsigned(signature.AsSpan(signature.Length / 2)));
        }
        return writer.Encode();
    }

    private static BigInteger Unsigned(ReadOnlySpan<byte> octets)
    {
        byte[] little = new byte[octets.Length + 1];
        for (int i = 0; i < octets.Length; i++)
            little[octets.Length - 1 - i] = octets[i];
        return new BigInteger(little);
    }
}
