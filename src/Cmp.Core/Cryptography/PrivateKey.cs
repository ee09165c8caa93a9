using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.BackEnds;
using Cmp.Cryptography.Cng;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>
/// A private key, wherever it lives: in memory, in CNG, a TPM or a smart card. It is used where it is; its octets come out only where its owner allows.
/// </summary>
/// <remarks>Signing is safe from several threads. Whatever the key's provider throws becomes a <see cref="CmpException"/> <c>CmpKey.…</c>.</remarks>
public abstract class PrivateKey : IDisposable
{
    private KeyAlgorithm? _algorithm;
    private bool _hasProvenItself;

    private protected PrivateKey(SubjectPublicKeyInfo publicKey) => PublicKey = publicKey;

    /// <summary>The public half.</summary>
    public SubjectPublicKeyInfo PublicKey { get; }

    /// <summary>What kind of key it is.</summary>
    public KeyAlgorithm Algorithm => _algorithm ??= KeyAlgorithm.Of(PublicKey);

    /// <summary>Whether it can sign.</summary>
    public virtual bool CanSign => Algorithm.CanSign;

    /// <summary>Whether it can agree on secrets with keys of its kind (<see cref="Agree"/>).</summary>
    public virtual bool CanAgree => false;

    /// <summary>Whether it can open what was encapsulated for it (<see cref="Decapsulate"/>).</summary>
    public virtual bool CanDecapsulate => false;

    /// <summary>Whether it can open what was encrypted for it (<see cref="Decrypt"/>): an RSA key that is for more than signatures.</summary>
    public virtual bool CanDecrypt => PublicKey.Algorithm.Oid == Oids.RsaEncryption;

    /// <summary>Whether .NET's certificate objects, and with them certificate stores, can hold it (<see cref="AttachTo"/>).</summary>
    public virtual bool CanBeAttached => true;

    /// <summary>The same of one certificate: .NET Framework holds no key whose certificate is for key agreement only.</summary>
    /// <param name="certificate">The certificate of the key.</param>
    /// <returns>Whether a certificate object holds both.</returns>
    internal virtual bool CanBeAttachedTo(Certificate certificate) => CanBeAttached;

    /// <summary>Where it is kept, where a certificate object cannot say so: a PKCS #11 URI (RFC 7512), without a PIN. Else <see langword="null"/>.</summary>
    public virtual string? Location => null;

    /// <summary>Whether <see cref="ExportPkcs8"/> gives its octets away.</summary>
    public abstract bool Exportable { get; }

    /// <summary>Whether it lives where the certificate stores of this platform find it by themselves.</summary>
    internal virtual bool IsInPlatform => false;

    /// <summary>Makes a key in memory.</summary>
    /// <param name="algorithm">Of which kind.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: keys of this kind are not made, being too short; <c>CmpKey.Failed</c>.</exception>
    public static PrivateKey Generate(KeyAlgorithm algorithm)
    {
        if (!algorithm.CanBeMade)
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Algorithm", $"A new key of {algorithm} would be too weak.") { RecommendedAction = "Choose RSA_2048 or more." };
        return Guard("The key cannot be made", () => BackEnd.For(algorithm).Generate(algorithm));
    }

    /// <summary>Reads a key, to be held in memory.</summary>
    /// <param name="pkcs8">A PrivateKeyInfo or OneAsymmetricKey (RFC 5958), not encrypted. The caller clears it.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>: the octets are no such key, or their parts do not belong together; <c>CmpKey.Algorithm</c>: they are one of an unknown kind.</exception>
    public static PrivateKey FromPkcs8(ReadOnlyMemory<byte> pkcs8)
    {
        PrivateKey key = Pkcs8.Read(pkcs8, Import);
        // RSA and ECDSA have the public key within, where their reader looks at it
        if (key.Algorithm.Set is null || Pkcs8.ReadPublicKey(pkcs8) is not { } stated || stated.Span.SequenceEqual(key.PublicKey.Key.Span))
            return key;
        key.Dispose();
        throw Pkcs8.Malformed();
    }

    /// <summary>Reads an RSA key as PKCS #1 writes it: <c>RSA PRIVATE KEY</c> in PEM.</summary>
    /// <param name="pkcs1">An RSAPrivateKey (RFC 8017 A.1.2). The caller clears it.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>.</exception>
    public static PrivateKey FromPkcs1(ReadOnlyMemory<byte> pkcs1) => Import(AlgorithmIdentifier.WithNull(Oids.RsaEncryption), pkcs1);

    /// <summary>Reads an elliptic curve key as SEC 1 writes it: <c>EC PRIVATE KEY</c> in PEM.</summary>
    /// <param name="sec1">An ECPrivateKey (RFC 5915) that names its curve. The caller clears it.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>; <c>CmpKey.Algorithm</c>: an unknown curve.</exception>
    public static PrivateKey FromSec1(ReadOnlyMemory<byte> sec1) => Import(EcPrivateKey.AlgorithmOf(sec1), sec1);

    /// <summary>The private key of a certificate, used where it lives.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>The key, or <see langword="null"/> where the certificate has none. The caller disposes of it; the certificate stays as it is.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Missing</c>: the certificate has a key that cannot be opened; <c>CmpKey.Algorithm</c>: it is of a kind that is unknown, or that is used from files only.</exception>
    public static PrivateKey? Of(X509Certificate2 certificate)
    {
        if (!certificate.HasPrivateKey)
            return null;
        SubjectPublicKeyInfo publicKey = Certificate.From(certificate).PublicKey;
        KeyFamily family = KeyAlgorithm.FamilyOf(publicKey);
        // .NET opens keys of Windows in a way that may ask, and the one that we compile for knows no ML-DSA
        if ((UserPresence.IsAbsent || family == KeyFamily.MLDsa) && CngPlatform.Storage is { } storage && storage.KeyOf(certificate) is { } name)
            return CngPrivateKey.Open(storage, name, UserPresence.IsAbsent);
        try
        {
            PrivateKey? key = family switch
            {
                KeyFamily.Rsa => certificate.GetRSAPrivateKey() is { } rsa ? new DotNetRsaKey(rsa, publicKey) : null,
                KeyFamily.EllipticCurve => certificate.GetECDsaPrivateKey() is { } ecdsa ? new DotNetEcKey(ecdsa, publicKey) : DotNetEcKey.ForAgreement(certificate, publicKey),
                // a platform of a later day may keep one
                _ => throw KeyAlgorithm.NotHeld(KeyAlgorithm.Of(publicKey)),
            };
            return key ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "The certificate's private key is not of the kind that its public key is.");
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", $"The certificate's private key cannot be opened: {e.Message}", e)
            {
                RecommendedAction = "See that this user may read the key, and that the token or the key container is there.",
            };
        }
    }

    /// <summary>An RSA key that .NET has opened: a named CNG key, a key of a provider.</summary>
    /// <param name="key">The key; it is disposed of with the result.</param>
    /// <returns>The key.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Failed</c>: its public half cannot be read.</exception>
    public static PrivateKey Of(RSA key) => Guard("The key cannot be read", () => new DotNetRsaKey(key, RsaPublicKey.Write(key.ExportParameters(includePrivateParameters: false))));

    /// <summary>An ECDSA key that .NET has opened: a named CNG key, a key of a provider.</summary>
    /// <param name="key">The key; it is disposed of with the result.</param>
    /// <returns>The key.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Failed</c>: its public half cannot be read; <c>CmpKey.Algorithm</c>: an unknown curve.</exception>
    public static PrivateKey Of(ECDsa key) => Guard("The key cannot be read", () => new DotNetEcKey(key, DotNetEcKey.PublicKeyOf(key)));

    /// <summary>Signs.</summary>
    /// <param name="data">What is signed, not its digest.</param>
    /// <param name="algorithm">As <see cref="SignatureAlgorithms.For"/> chose it.</param>
    /// <returns>The octets for the signature's BIT STRING; of ECDSA the DER.</returns>
    /// <exception cref="CmpException"><c>CmpKey.SignatureAlgorithm</c>: this key does not sign so; <c>CmpKey.Failed</c>: its provider refused.</exception>
    public byte[] Sign(ReadOnlyMemory<byte> data, AlgorithmIdentifier algorithm)
    {
        SignatureScheme scheme = SignatureScheme.Of(algorithm);
        if (!CanSign || !scheme.Fits(PublicKey) || !CanUse(scheme))
        {
            string with = scheme.Digest is { } digest ? $" with {Oids.NameOf(digest)}" : string.Empty;
            throw new CmpException(CmpErrorKind.Key, "CmpKey.SignatureAlgorithm", $"This {Algorithm} key cannot sign by {algorithm}{with}.");
        }
        return Guard("The key did not sign", () => SignCore(scheme, data));
    }

    /// <summary>Agrees on a secret with the owner of another key: the bare result of Diffie-Hellman, which still has to be hashed.</summary>
    /// <param name="peer">The other's public key: of the same curve or group.</param>
    /// <returns>The secret, with its leading zeros; the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Agreement</c>: this key does not agree, or not with keys of that kind; <c>CmpProtection.PublicKey</c>: the
    /// other key is no point of the curve or no number of the group, or one that makes the secret known to everybody.</exception>
    public byte[] Agree(SubjectPublicKeyInfo peer)
    {
        if (!CanAgree || !IsOfMyGroup(peer))
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Agreement", $"This {Algorithm} key cannot agree on a secret with a key of {NameOf(peer)}.")
            {
                RecommendedAction = "Both keys have to be of one curve, or of one group of Diffie-Hellman, and ours has to be exportable from where it is.",
            };
        byte[] secret;
        try
        {
            secret = AgreeCore(peer);
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw Unusable(peer, e);
        }
        // a point of small order; compared without telling anything of a secret that is none
        if (!Secrets.FixedTimeEquals(secret, new byte[secret.Length]))
            return secret;
        throw Unusable(peer, null);
    }

    /// <summary>Opens a secret that was encapsulated for this key (<see cref="Kem.Encapsulate"/>).</summary>
    /// <param name="ciphertext">What came. One that was made for another key opens too, to a secret that nobody has.</param>
    /// <returns>The secret; the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Decapsulation</c>: this key is no KEM's; <c>CmpProtection.Ciphertext</c>: a ciphertext of another length.</exception>
    public byte[] Decapsulate(ReadOnlyMemory<byte> ciphertext)
    {
        if (!CanDecapsulate || Algorithm.Set is not { } set)
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Decapsulation", $"A key of {Algorithm} opens no encapsulated secrets.");
        if (ciphertext.Length != set.CiphertextBytes)
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Ciphertext", $"A ciphertext of {set.Name} has {set.CiphertextBytes} octets; this one has {ciphertext.Length}.");
        return Guard("The ciphertext was not opened", () => DecapsulateCore(ciphertext));
    }

    /// <summary>Opens what was encrypted for this key (<see cref="PublicKeyEncryption.Encrypt"/>).</summary>
    /// <param name="ciphertext">What came.</param>
    /// <param name="algorithm">rsaEncryption, which is PKCS #1 v1.5, or id-RSAES-OAEP with its parameters.</param>
    /// <returns>The octets; the caller clears them. Keys that others wrapped are opened by <see cref="Enveloping.Envelope"/>: whoever may see whether PKCS #1
    /// v1.5 was right, as here, can have what he likes decrypted.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an unknown algorithm; <c>CmpKey.Decryption</c>: this key does not decrypt, or not so;
    /// <c>CmpKey.NotDecrypted</c>: it was not encrypted for this key.</exception>
    public byte[] Decrypt(ReadOnlyMemory<byte> ciphertext, AlgorithmIdentifier algorithm)
    {
        RsaEncryption encryption = RsaEncryption.Of(algorithm);
        EnsureDecrypts(encryption);
        return TryDecrypt(encryption, ciphertext)
            ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.NotDecrypted", "What was encrypted was not opened: it was made for another key, or changed since.")
            {
                RecommendedAction = "See that the key is the one that it was encrypted for.",
            };
    }

    /// <summary>Gives the key's octets away.</summary>
    /// <returns>A PrivateKeyInfo (RFC 5958), not encrypted: the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>.</exception>
    public byte[] ExportPkcs8()
    {
        try
        {
            if (Exportable)
                return ExportCore();
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw NotExportable(e);
        }
        throw NotExportable(null);
    }

    /// <summary>The same key for another owner: in memory, or in the token where it is.</summary>
    /// <returns>A key that lives and goes by itself.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>.</exception>
    public virtual PrivateKey Copy()
    {
        byte[] pkcs8 = ExportPkcs8();
        try
        {
            return FromPkcs8(pkcs8);
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }

    /// <summary>Binds the key to its certificate, as certificate stores and files want it. A key that .NET holds stays where it is; another one is exported.</summary>
    /// <param name="certificate">The certificate; a private key that it has already is left out.</param>
    /// <returns>A new certificate object with the private key.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotAttachable</c>: see <see cref="CanBeAttached"/>; <c>CmpKey.Mismatch</c>: the certificate is for another key; <c>CmpKey.NotExportable</c>; <c>CmpKey.Failed</c>.</exception>
    public X509Certificate2 AttachTo(X509Certificate2 certificate)
    {
        var decoded = Certificate.From(certificate);
        if (!CanBeAttachedTo(decoded))
            throw new CmpException(CmpErrorKind.Key, "CmpKey.NotAttachable", $"A key of {Algorithm} cannot be bound to its certificate: .NET cannot hold it.");
        if (!IsKeyOf(decoded.PublicKey))
            throw Mismatch();
        return Guard("The key cannot be bound to its certificate", () =>
        {
            // opening a certificate once more costs .NET as much as a signature
            if (!certificate.HasPrivateKey)
                return AttachCore(certificate);
            using var bare = new X509Certificate2(certificate.RawData);
            return AttachCore(bare);
        });
    }

    /// <summary>
    /// Makes sure that this is the private half of a public key, by comparing what it says and by what it does (rule 19). What it does is tried
    /// once, for a key that is open does not change.
    /// </summary>
    /// <param name="publicKey">The public key, from a certificate or a request.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: it is another key's; <c>CmpKey.Failed</c>: it cannot sign.</exception>
    public void EnsureFits(SubjectPublicKeyInfo publicKey)
    {
        if (!IsKeyOf(publicKey))
            throw Mismatch();
        if (_hasProvenItself)
            return;
        if (!ProvesItself())
            throw Mismatch();
        _hasProvenItself = true;
    }

    /// <summary>Lets go of the key; in memory it is forgotten, elsewhere it stays.</summary>
    public abstract void Dispose();

    /// <summary>The kind of key; never more.</summary>
    /// <returns>As in <c>ECDSA_P256 private key</c>.</returns>
    public sealed override string ToString() => $"{Algorithm} private key";

    /// <summary>Whether the key's provider knows the digest of a scheme that fits the key otherwise.</summary>
    internal abstract bool CanUse(SignatureScheme scheme);

    /// <summary>Whether the key's provider can pad as a scheme wants that it can use otherwise; found out by trying, once.</summary>
    /// <exception cref="CmpException">What keeps the key from signing at all.</exception>
    internal virtual bool CanPad(SignatureScheme scheme) => true;

    /// <summary>Whether the key's provider encrypts by these digests.</summary>
    internal virtual bool CanUse(RsaEncryption encryption) => true;

    /// <summary>Refuses what this key does not open.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Decryption</c>.</exception>
    internal void EnsureDecrypts(RsaEncryption encryption)
    {
        if (CanDecrypt && CanUse(encryption))
            return;
        string how = encryption.IsOaep ? $"RSAES-OAEP with {Oids.NameOf(encryption.Digest!)} and a mask of {Oids.NameOf(encryption.MaskDigest!)}" : "RSA PKCS #1";
        throw new CmpException(CmpErrorKind.Key, "CmpKey.Decryption", $"This {Algorithm} key does not open what was encrypted by {how}.")
        {
            RecommendedAction = "Use an RSA key that may decrypt; where it lives decides by which digests it does.",
        };
    }

    /// <summary>Opens what was encrypted for this key, which decrypts so (<see cref="EnsureDecrypts"/>).</summary>
    /// <returns>The octets, or <see langword="null"/> where they were not encrypted for it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: what has nothing to do with the ciphertext, such as a token that is gone.</exception>
    internal byte[]? TryDecrypt(RsaEncryption encryption, ReadOnlyMemory<byte> ciphertext)
    {
        // RFC 8017 7.1.2, 7.2.2: as long as the modulus; not every library looks
        if (ciphertext.Length != (Algorithm.Bits + 7) / 8)
            return null;
        try
        {
            return DecryptCore(encryption, ciphertext.ToArray());
        }
        catch (ObjectDisposedException e)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", $"The key did not decrypt: {e.Message}", e);
        }
        catch (Exception e) when (e is not CmpException { ErrorId: not "CmpKey.Failed" })
        {
            return null;
        }
    }

    /// <summary>Opens a symmetric key that PKCS #1 v1.5 wrapped for this one, and says nothing of whether it was one (RFC 3218 2.3).</summary>
    /// <param name="ciphertext">What came.</param>
    /// <param name="length">Octets of the key, known from what it is for.</param>
    /// <returns>The key, which the caller clears; where there was none, another one that nobody knows.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Decryption</c>; <c>CmpKey.…</c>: what has nothing to do with the ciphertext.</exception>
    internal byte[] DecryptKey(ReadOnlyMemory<byte> ciphertext, int length)
    {
        EnsureDecrypts(RsaEncryption.Pkcs1);
        byte[] key = DecoyKeys.Of(ciphertext, length);
        byte[]? opened = TryDecrypt(RsaEncryption.Pkcs1, ciphertext);
        // libraries tell by an exception what is no key, which takes longer than a key
        if (opened is not null)
            WaitAsForRefusal();
        var candidate = new byte[length];
        opened.AsSpan(0, Math.Min(length, opened?.Length ?? 0)).CopyTo(candidate);
        int mask = opened?.Length == length ? 0xFF : 0;
        for (int i = 0; i < length; i++)
            key[i] = (byte)((candidate[i] & mask) | (key[i] & ~mask));
        Secrets.Clear(candidate);
        Secrets.Clear(opened);
        return key;
    }

    /// <summary>A library was given a public key that it does not take.</summary>
    internal static CmpException Unusable(SubjectPublicKeyInfo key, Exception? cause) =>
        new(CmpErrorKind.Protection, "CmpProtection.PublicKey", $"The public key of {key.Algorithm} is none that a secret can be agreed on with: {cause?.Message ?? "everybody would know the secret"}.", cause)
        {
            Octets = key.Encoded,
        };

    /// <summary>Whether a public key belongs to the same curve or group.</summary>
    /// <summary>The other key in a message: its curve too, and what it calls itself where it is of a kind that is not known here.</summary>
    private static string NameOf(SubjectPublicKeyInfo key)
    {
        try
        {
            return KeyAlgorithm.Of(key).Name;
        }
        catch (CmpException)
        {
            return key.Algorithm.ToString();
        }
    }

    private protected virtual bool IsOfMyGroup(SubjectPublicKeyInfo peer) => PublicKey.Algorithm.IsSameAs(peer.Algorithm);

    private protected abstract byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data);

    private protected virtual byte[] AgreeCore(SubjectPublicKeyInfo peer) => throw new NotSupportedException();

    private protected virtual byte[] DecapsulateCore(ReadOnlyMemory<byte> ciphertext) => throw new NotSupportedException();

    private protected virtual byte[] DecryptCore(RsaEncryption encryption, byte[] ciphertext) => throw new NotSupportedException();

    private protected abstract byte[] ExportCore();

    private protected virtual X509Certificate2 AttachCore(X509Certificate2 bare)
    {
        byte[] pkcs8 = ExportPkcs8();
        try
        {
            using PrivateKey held = Pkcs8.Read(pkcs8, BackEnd.DotNet.Import);
            return held.AttachCore(bare);
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }

    private static void WaitAsForRefusal()
    {
        try
        {
            throw new CryptographicException();
        }
        catch (CryptographicException)
        {
            // only its time counts
        }
    }

    /// <summary>Signs, opens or agrees, as the key can, and looks whether it was done by the half that belongs to its public one.</summary>
    private bool ProvesItself()
    {
        if (CanSign)
        {
            byte[] probe = Secrets.Random(32);
            AlgorithmIdentifier algorithm = SignatureAlgorithms.For(this);
            return SignatureAlgorithms.Verify(algorithm, PublicKey, probe, Sign(probe, algorithm));
        }
        if (CanDecapsulate)
        {
            using KemEncapsulation encapsulation = Kem.Encapsulate(PublicKey);
            return Secrets.FixedTimeEquals(encapsulation.CopySecret(), Decapsulate(encapsulation.Ciphertext));
        }
        // the public half of a group's key was computed when it was opened
        if (!Algorithm.CanBeMade)
            return true;
        using PrivateKey other = Generate(Algorithm);
        return Secrets.FixedTimeEquals(Agree(other.PublicKey), other.Agree(PublicKey));
    }

    private static PrivateKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey)
    {
        try
        {
            return BackEnd.ForPrivate(algorithm).Import(algorithm, privateKey);
        }
        catch (Exception e) when (e is not CmpException { ErrorId: "CmpKey.Algorithm" or "CmpKey.Malformed" })
        {
            // neither the octets nor what a library says of them may travel on in an exception
            throw Pkcs8.Malformed();
        }
    }

    private static T Guard<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", $"{what}: {e.Message}", e);
        }
    }

    private static CmpException Mismatch() => new(CmpErrorKind.Key, "CmpKey.Mismatch", "The private key does not belong to the certificate.")
    {
        RecommendedAction = "Give the key that the certificate was issued for.",
    };

    private static CmpException NotExportable(Exception? inner) => new(CmpErrorKind.Key, "CmpKey.NotExportable", "The private key cannot be exported from where it lives.", inner)
    {
        RecommendedAction = "Make the key with -KeyExportPolicy Exportable, or leave it where it is.",
    };

    /// <summary>The same numbers of the same family: an RSA key may be called rsaEncryption here and id-RSASSA-PSS there.</summary>
    private bool IsKeyOf(SubjectPublicKeyInfo other)
    {
        if (!PublicKey.Key.Span.SequenceEqual(other.Key.Span))
            return false;
        return Algorithm.Family == KeyFamily.Rsa
            ? RsaPublicKey.IsRsa(other.Algorithm.Oid)
            : PublicKey.Algorithm.IsSameAs(other.Algorithm);
    }
}
