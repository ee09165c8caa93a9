using System;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>A way of a token to open what was encrypted for one of its RSA keys.</summary>
/// <param name="Mechanism">The mechanism.</param>
/// <param name="Encryption">What it opens.</param>
/// <remarks>
/// Which digests of OAEP a token has it tells only when it is asked to decrypt: SoftHSM 2 has SHA-1. Then the token computes, and what it computed is
/// looked at here, where it lets us.
/// </remarks>
internal sealed record Pkcs11Decryption(CKM Mechanism, RsaEncryption Encryption)
{
    /// <summary>CKZ_DATA_SPECIFIED: the label is given (PKCS #11 2.40, 2.1.7).</summary>
    private const ulong LabelIsGiven = 1;

    /// <summary>How a token opens it; <see langword="null"/> where it does not.</summary>
    internal static Pkcs11Decryption? For(RsaEncryption encryption, Func<CKM, bool> has)
    {
        CKM mechanism = encryption.IsOaep ? CKM.CKM_RSA_PKCS_OAEP : CKM.CKM_RSA_PKCS;
        return has(mechanism) ? new Pkcs11Decryption(mechanism, encryption)
            : encryption.IsOaep && has(CKM.CKM_RSA_X_509) ? new Pkcs11Decryption(CKM.CKM_RSA_X_509, encryption)
            : null;
    }

    /// <summary>The way that is left where the token turns out not to know the digests.</summary>
    internal Pkcs11Decryption? Otherwise(Func<CKM, bool> has) => Mechanism == CKM.CKM_RSA_PKCS_OAEP && has(CKM.CKM_RSA_X_509) ? this with { Mechanism = CKM.CKM_RSA_X_509 } : null;

    /// <summary>Decrypts.</summary>
    internal byte[] Decrypt(ISession session, IObjectHandle key, byte[] ciphertext)
    {
        using IMechanism mechanism = Open();
        return session.Decrypt(mechanism, key, ciphertext);
    }

    /// <summary>The plaintext of what the token decrypted, which is cleared where it still was padded; a wrong padding throws.</summary>
    internal byte[] Finish(byte[] decrypted, int modulusBytes)
    {
        if (Mechanism != CKM.CKM_RSA_X_509)
            return decrypted;
        // some leave zeros in front out
        byte[] padded = Integers.Pad(decrypted, modulusBytes)!;
        try
        {
            return BouncyCastleBackEnd.Unpad(Encryption, padded);
        }
        finally
        {
            Secrets.Clear(padded);
            Secrets.Clear(decrypted);
        }
    }

    private IMechanism Open()
    {
        if (Mechanism != CKM.CKM_RSA_PKCS_OAEP)
            return Pkcs11Module.Factories.MechanismFactory.Create(Mechanism);
        return Pkcs11Module.Factories.MechanismFactory.Create(
            Mechanism,
            Pkcs11Module.Factories.MechanismParamsFactory.CreateCkRsaPkcsOaepParams(
                (ulong)HashOf(Encryption.Digest!), (ulong)MaskOf(Encryption.MaskDigest!), LabelIsGiven, Encryption.Label.IsEmpty ? null : Encryption.Label.ToArray()));
    }

    private static CKM HashOf(string digest) => digest switch
    {
        Oids.Sha1 => CKM.CKM_SHA_1,
        Oids.Sha224 => CKM.CKM_SHA224,
        Oids.Sha256 => CKM.CKM_SHA256,
        Oids.Sha384 => CKM.CKM_SHA384,
        _ => CKM.CKM_SHA512,
    };

    private static CKG MaskOf(string digest) => digest switch
    {
        Oids.Sha1 => CKG.CKG_MGF1_SHA1,
        Oids.Sha224 => CKG.CKG_MGF1_SHA224,
        Oids.Sha256 => CKG.CKG_MGF1_SHA256,
        Oids.Sha384 => CKG.CKG_MGF1_SHA384,
        _ => CKG.CKG_MGF1_SHA512,
    };
}
