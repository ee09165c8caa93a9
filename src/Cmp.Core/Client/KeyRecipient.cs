using System;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>
/// To whom a key that the CA makes is encrypted, and what opens it: the shared secret, the key of our certificate where that is for it, else a key that is made
/// for this one request and named in it (rule 48; RFC 9483 4.1.6, RFC 9810 5.2.2 and C.4).
/// </summary>
internal sealed class KeyRecipient : IDisposable
{
    private KeyRecipient(EnvelopeKey opener, PrivateKey? made)
    {
        Opener = opener;
        Made = made;
    }

    /// <summary>Opens the envelope.</summary>
    internal EnvelopeKey Opener { get; }

    /// <summary>The key that was made for this, to be named by protocolEncrKey; <see langword="null"/> where the credential opens the envelope.</summary>
    internal PrivateKey? Made { get; }

    /// <summary>The recipient that follows from who asks.</summary>
    /// <param name="credential">Who asks, or <see langword="null"/>.</param>
    /// <param name="wanted">The kind of key that is asked for; <see langword="null"/> for any.</param>
    internal static KeyRecipient For(Credential? credential, KeyAlgorithm? wanted) => Of(credential) ?? Of(PrivateKey.Generate(KeyAlgorithm.Parse(IsStrong(wanted) ? "ECDSA_P521" : "ECDSA_P256")));

    /// <summary>The recipient that a credential is by itself.</summary>
    /// <returns>It; <see langword="null"/> where nothing can be encrypted to it.</returns>
    internal static KeyRecipient? Of(Credential? credential) => credential switch
    {
        SharedSecret secret => new KeyRecipient(EnvelopeKey.OfPassword(secret.Secret), null),
        CertificateCredential own when TakesKeys(own) => new KeyRecipient(EnvelopeKey.Of(own.Key, own.Certificate), null),
        _ => null,
    };

    /// <summary>A key that was made for this.</summary>
    /// <param name="made">The key; the result owns it.</param>
    internal static KeyRecipient Of(PrivateKey made) => new(EnvelopeKey.Of(made), made);

    /// <summary>Lets go of the opener, and of the key that was made for it.</summary>
    public void Dispose()
    {
        Opener.Dispose();
        Made?.Dispose();
    }

    /// <summary>Whether the server may encrypt to our certificate, and its key opens that from where it lives.</summary>
    private static bool TakesKeys(CertificateCredential own)
    {
        return KeyAlgorithm.FamilyOf(own.Certificate.PublicKey) switch
        {
            KeyFamily.Rsa => own.Key.CanDecrypt && Allows(KeyUsages.KeyEncipherment),
            KeyFamily.MLKem => own.Key.CanDecapsulate && Allows(KeyUsages.KeyEncipherment),
            KeyFamily.EllipticCurve or KeyFamily.Montgomery => own.Key.CanAgree && Allows(KeyUsages.KeyAgreement),
            _ => false,
        };

        bool Allows(KeyUsages use) => own.Certificate.KeyUsage is not { } usage || (usage & use) != 0;
    }

    /// <summary>What protects a key should be no weaker than it (RFC 9481 7.2): more than 128 bits.</summary>
    private static bool IsStrong(KeyAlgorithm? wanted) => wanted?.Family switch
    {
        null or KeyFamily.DiffieHellman => false,
        KeyFamily.Rsa => wanted.Bits > 3072,
        KeyFamily.EllipticCurve => wanted.Bits > 256,
        _ => wanted.Name is not ("Ed25519" or "X25519" or "ML-DSA-44" or "ML-KEM-512"),
    };
}
