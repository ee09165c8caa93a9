using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>An ECDSA key that .NET holds, in memory or wherever its provider keeps it; of any curve.</summary>
internal sealed class DotNetEcKey(ECDsa ecdsa, SubjectPublicKeyInfo publicKey) : PrivateKey(publicKey)
{
    public override bool Exportable => DotNetKeys.IsExportable(ecdsa);

    /// <summary>.NET agrees with keys of ECDH only, so the number goes to a library that does not mind; a key that stays where it is cannot agree.</summary>
    public override bool CanAgree => Exportable;

    public override void Dispose() => ecdsa.Dispose();

    internal static SubjectPublicKeyInfo PublicKeyOf(ECDsa key)
    {
        ECParameters numbers = key.ExportParameters(includePrivateParameters: false);
        EcCurve curve = DotNetKeys.CurveOf(numbers.Curve);
        return EcPublicKey.Write(curve, EcPublicKey.Join(numbers.Q.X!, numbers.Q.Y!));
    }

    internal override bool CanUse(SignatureScheme scheme) => Digests.IsSupported(scheme.DigestOid);

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
    {
        byte[] digest = Digests.Compute(scheme.DigestOid, data);
        lock (ecdsa)
            return EcdsaSignature.ToDer(ecdsa.SignHash(digest));
    }

    private protected override byte[] AgreeCore(SubjectPublicKeyInfo peer)
    {
        ECParameters numbers = ecdsa.ExportParameters(includePrivateParameters: true);
        try
        {
            return BouncyCastleBackEnd.Agree(Algorithm.Curve!, numbers.D!, peer);
        }
        finally
        {
            Secrets.Clear(numbers.D);
        }
    }

    private protected override byte[] ExportCore()
    {
        ECParameters numbers = ecdsa.ExportParameters(includePrivateParameters: true);
        try
        {
            return EcPrivateKey.WritePkcs8(Algorithm.Curve!, numbers.D!, EcPublicKey.Join(numbers.Q.X!, numbers.Q.Y!));
        }
        finally
        {
            Secrets.Clear(numbers.D);
        }
    }

    /// <summary>The key of a certificate that is for key agreement only: .NET calls it one of ECDH, which is the same number. Where it does not leave its place it is none of ours.</summary>
    internal static DotNetEcKey? ForAgreement(X509Certificate2 certificate, SubjectPublicKeyInfo publicKey)
    {
#if NET
        using ECDiffieHellman? agreeing = certificate.GetECDiffieHellmanPrivateKey();
        if (agreeing is null)
            return null;
        ECParameters numbers = agreeing.ExportParameters(includePrivateParameters: true);
        try
        {
            return new DotNetEcKey(ECDsa.Create(numbers), publicKey);
        }
        finally
        {
            Secrets.Clear(numbers.D);
        }
#else
        return null;
#endif
    }

#if NET
    private protected override X509Certificate2 AttachCore(X509Certificate2 bare)
    {
        if (!IsForAgreementOnly(Certificate.From(bare)))
            return bare.CopyWithPrivateKey(ecdsa);
        ECParameters numbers = ecdsa.ExportParameters(includePrivateParameters: true);
        try
        {
            using var agreeing = ECDiffieHellman.Create(numbers);
            return bare.CopyWithPrivateKey(agreeing);
        }
        finally
        {
            Secrets.Clear(numbers.D);
        }
    }
#else
    internal override bool CanBeAttachedTo(Certificate certificate) => !IsForAgreementOnly(certificate);

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => bare.CopyWithPrivateKey(ecdsa);
#endif

    /// <summary>Where .NET takes a key for one of ECDH and not of ECDSA.</summary>
    private static bool IsForAgreementOnly(Certificate certificate) =>
        certificate.KeyUsage is { } usage && (usage & KeyUsages.KeyAgreement) != 0
        && (usage & (KeyUsages.DigitalSignature | KeyUsages.NonRepudiation | KeyUsages.KeyCertSign | KeyUsages.CrlSign)) == 0;
}
