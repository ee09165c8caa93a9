using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Cng;

/// <summary>A key that a key storage provider of Windows keeps under a name: used where it is, and silently where there is nobody to ask.</summary>
internal sealed class CngPrivateKey : PrivateKey
{
    private readonly ICngStorage _storage;
    private readonly ICngKey _key;
    private readonly PssProbe _pss;
    private bool? _exportable;

    private CngPrivateKey(ICngStorage storage, CngName name, ICngKey key, SubjectPublicKeyInfo publicKey)
        : base(publicKey)
    {
        _storage = storage;
        _key = key;
        Name = name;
        _pss = new PssProbe(publicKey, SignCore);
    }

    /// <summary>Where it is.</summary>
    internal CngName Name { get; }

    /// <summary>What Windows writes of ML-DSA in PKCS #8 has not settled yet.</summary>
    public override bool Exportable => Algorithm.Family != KeyFamily.MLDsa && (_exportable ??= MayBeExported());

    internal override bool IsInPlatform => true;

    /// <summary>Takes an open key.</summary>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: its public half cannot be read. The key is closed then.</exception>
    internal static CngPrivateKey Of(ICngStorage storage, CngName name, ICngKey key)
    {
        try
        {
            return new CngPrivateKey(storage, name, key, CngPublicBlob.Of(key));
        }
        catch (CryptographicException e)
        {
            key.Dispose();
            throw CngErrors.Of("The key cannot be read", name, e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Opens a key.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>, <c>CmpKey.Locked</c>, <c>CmpKey.NotPresent</c>, <c>CmpKey.AccessDenied</c>, <c>CmpKey.Failed</c>.</exception>
    internal static CngPrivateKey Open(ICngStorage storage, CngName name, bool silent)
    {
        try
        {
            return Of(storage, name, storage.Open(name, silent));
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key cannot be opened", name, e);
        }
    }

    public override void Dispose() => _key.Dispose();

    /// <summary>Deletes it where it is, by what is open here: the PIN that it was opened with serves.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Locked</c>, <c>CmpKey.…</c>.</exception>
    internal void Delete()
    {
        try
        {
            lock (_key)
                _key.Delete();
        }
        catch (CryptographicException e) when (CngErrors.IsAbsence(e))
        {
            // gone is gone
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key cannot be deleted", Name, e);
        }
    }

    internal override bool CanUse(SignatureScheme scheme) => scheme.Kind == SignatureKind.Pure || CngAlgorithms.DigestOf(scheme.DigestOid) is not null;

    /// <summary>CNG takes one digest for data and mask, and no label.</summary>
    internal override bool CanUse(RsaEncryption encryption) =>
        !encryption.IsOaep || (encryption.Digest == encryption.MaskDigest && encryption.Label.IsEmpty && CngAlgorithms.DigestOf(encryption.Digest!) is not null);

    internal override bool CanPad(SignatureScheme scheme) => scheme.Kind != SignatureKind.RsaPss || _pss.Can(scheme);

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
    {
        try
        {
            return scheme.Kind switch
            {
                SignatureKind.Pure => Sign(data.ToArray(), CngPadding.PqDsa),
                SignatureKind.Ecdsa => EcdsaSignature.ToDer(Sign(Digests.Compute(scheme.DigestOid, data), CngPadding.None)),
                SignatureKind.RsaPss => Sign(Digests.Compute(scheme.DigestOid, data), CngPadding.Pss(CngAlgorithms.DigestOf(scheme.DigestOid)!, Digests.Length(scheme.DigestOid))),
                _ => Sign(Digests.Compute(scheme.DigestOid, data), CngPadding.Pkcs1(CngAlgorithms.DigestOf(scheme.DigestOid)!)),
            };
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key did not sign", Name, e);
        }
    }

    private protected override byte[] DecryptCore(RsaEncryption encryption, byte[] ciphertext)
    {
        try
        {
            lock (_key)
                return _key.Decrypt(ciphertext, encryption.IsOaep ? CngPadding.Oaep(CngAlgorithms.DigestOf(encryption.Digest!)!) : CngPadding.Pkcs1Encryption);
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key did not decrypt", Name, e);
        }
    }

    private protected override byte[] ExportCore() => _key.Export("PKCS8_PRIVATEKEY");

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => _storage.Tie(bare, Name);

    private byte[] Sign(byte[] input, CngPadding padding)
    {
        lock (_key)
            return _key.Sign(input, padding);
    }

    private bool MayBeExported()
    {
        try
        {
            byte[] policy = _key.GetProperty(CngKeyProperty.ExportPolicy);
            return policy.Length > 0 && (policy[0] & CngKeyProperty.AllowPlaintextExport) != 0;
        }
        catch (CryptographicException)
        {
            return false; // a provider that does not even say is taken to refuse
        }
    }
}
