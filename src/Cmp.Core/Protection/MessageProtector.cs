using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Protects our messages, in one way for a whole transaction (rules 17 and 66).</summary>
public abstract class MessageProtector : IDisposable
{
    private protected MessageProtector(ProtectionKind kind, AlgorithmIdentifier? algorithm)
    {
        Kind = kind;
        Algorithm = algorithm;
    }

    /// <summary>How it protects.</summary>
    public ProtectionKind Kind { get; }

    /// <summary>What stands in protectionAlg; <see langword="null"/> without protection. Of a MAC with a nonce each message has another one like it.</summary>
    public AlgorithmIdentifier? Algorithm { get; }

    /// <summary>Which key or secret of ours protects, for senderKID; <see langword="null"/> where nothing names it (rule 3).</summary>
    public abstract ReadOnlyMemory<byte>? SenderKid { get; }

    /// <summary>Protects with a shared secret by a MAC; salt and derived key are made once, but for MACs with a nonce (rule 18).</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="options">Which MAC, and how its key is derived.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an algorithm that the MAC does not take here.</exception>
    public static MessageProtector Mac(SharedSecret secret, MacOptions options) => new MacProtector(secret, options, secret.Reference);

    /// <summary>Protects by a MAC under what our certificate's key and that of the server's certificate agree on.</summary>
    /// <param name="certificate">Both certificates.</param>
    /// <param name="options">Digest and MAC.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an algorithm that the MAC does not take here.</exception>
    public static MessageProtector DhBasedMac(DhCertificate certificate, DhMacOptions options) =>
        new MacProtector(certificate.Secret, options, certificate.Certificate.SubjectKeyIdentifier);

    /// <summary>Protects by a MAC under what was encapsulated for our certificate's key, in one transaction.</summary>
    /// <param name="secret">What the ciphertext held; it stays the caller's.</param>
    /// <param name="certificate">Our certificate.</param>
    /// <param name="options">Key derivation and MAC, and the transaction.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an algorithm that the MAC does not take here.</exception>
    public static MessageProtector KemBasedMac(SharedSecret secret, Certificate certificate, KemMacOptions options) =>
        new MacProtector(secret, options, certificate.SubjectKeyIdentifier);

    /// <summary>Protects with a shared secret by PasswordBasedMac; salt and derived key are made once.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="options">Digest, MAC and iterations.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an algorithm that PasswordBasedMac does not take here.</exception>
    public static MessageProtector PasswordBasedMac(SharedSecret secret, PbmOptions options) => Mac(secret, options);

    /// <summary>Protects by signature.</summary>
    /// <param name="certificate">The certificate and its key.</param>
    /// <param name="hashName">The digest, as in <c>SHA256</c>; <see langword="null"/> for the default.</param>
    /// <param name="pss">RSA signs by RSASSA-PSS.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: the key cannot sign so (rule 21).</exception>
    public static MessageProtector Signature(SigningCertificate certificate, string? hashName, bool pss) => new SignatureProtector(certificate, hashName, pss);

    /// <summary>Protects nothing: sender and senderKID stay (rule 23).</summary>
    /// <param name="credential">Who we are all the same, or <see langword="null"/>.</param>
    /// <returns>The protector.</returns>
    public static MessageProtector None(Credential? credential) => new NoProtector(credential);

    /// <summary>Protects a message.</summary>
    /// <param name="header">Its header; protectionAlg is set here, senderKID by who makes the header.</param>
    /// <param name="body">Its body.</param>
    /// <param name="extraCerts">The certificates that go with it.</param>
    /// <returns>The message whole.</returns>
    public PkiMessage Protect(PkiHeader header, PkiBody body, IReadOnlyList<Certificate> extraCerts) =>
        Protect(new PkiMessage(header, body) { ExtraCerts = extraCerts });

    /// <summary>Forgets a key that was derived for it. The credential stays its owner's.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>Protects a message that has no protection yet.</summary>
    private protected abstract PkiMessage Protect(PkiMessage message);

    /// <summary>Names the algorithm in the header, then protects header and body (RFC 9810 5.1.3).</summary>
    private protected static PkiMessage Protect(PkiMessage message, AlgorithmIdentifier algorithm, Func<ReadOnlyMemory<byte>, byte[]> compute)
    {
        message = message with { Header = message.Header with { ProtectionAlg = algorithm } };
        return message with { Protection = compute(message.ProtectedPart) };
    }
}
