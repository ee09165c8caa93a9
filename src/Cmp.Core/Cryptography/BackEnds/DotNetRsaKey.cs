using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>An RSA key that .NET holds, in memory or wherever its provider keeps it.</summary>
internal sealed class DotNetRsaKey(RSA rsa, SubjectPublicKeyInfo publicKey) : PrivateKey(publicKey)
{
    private PssProbe? _pss;

    public override bool Exportable => DotNetKeys.IsExportable(rsa);

    public override void Dispose() => rsa.Dispose();

    internal override bool CanUse(SignatureScheme scheme) => DotNetBackEnd.NameOf(scheme.DigestOid) is not null || Exportable;

    internal override bool CanPad(SignatureScheme scheme) => scheme.Kind != SignatureKind.RsaPss || (_pss ??= new PssProbe(PublicKey, SignCore)).Can(scheme);

    internal override bool CanUse(RsaEncryption encryption) => DotNetBackEnd.PaddingOf(encryption) is not null || Exportable;

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
    {
        if (DotNetBackEnd.NameOf(scheme.DigestOid) is not { } hash)
            return SignElsewhere(scheme, data);
        byte[] digest = Digests.Compute(scheme.DigestOid, data);
        RSASignaturePadding padding = scheme.Kind == SignatureKind.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        lock (rsa)
            return rsa.SignHash(digest, hash, padding);
    }

    private protected override byte[] DecryptCore(RsaEncryption encryption, byte[] ciphertext)
    {
        if (DotNetBackEnd.PaddingOf(encryption) is { } padding)
        {
            lock (rsa)
                return rsa.Decrypt(ciphertext, padding);
        }
        using PrivateKey copy = CopyElsewhere();
        return copy.TryDecrypt(encryption, ciphertext) ?? throw new CryptographicException("The padding is wrong.");
    }

    private protected override byte[] ExportCore()
    {
        RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: true);
        byte[] pkcs1 = RsaPrivateKey.Write(numbers);
        RsaPrivateKey.Clear(numbers);
        try
        {
            return Pkcs8.Write(PublicKey.Algorithm, pkcs1);
        }
        finally
        {
            Secrets.Clear(pkcs1);
        }
    }

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => bare.CopyWithPrivateKey(rsa);

    /// <summary>SHA-224 and SHAKE, which .NET does not know.</summary>
    private byte[] SignElsewhere(SignatureScheme scheme, ReadOnlyMemory<byte> data)
    {
        using PrivateKey copy = CopyElsewhere();
        return copy.Sign(data, scheme.ToIdentifier());
    }

    private PrivateKey CopyElsewhere()
    {
        byte[] pkcs8 = ExportPkcs8();
        try
        {
            return Pkcs8.Read(pkcs8, BackEnd.BouncyCastle.Import);
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }
}
