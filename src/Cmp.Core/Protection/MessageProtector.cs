using System;
using System.Collections.Generic;
using Cmp.Cryptography;
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

    /// <summary>What stands in protectionAlg; <see langword="null"/> without protection.</summary>
    public AlgorithmIdentifier? Algorithm { get; }

    /// <summary>Which key or secret of ours protects, for senderKID; <see langword="null"/> where nothing names it (rule 3).</summary>
    public abstract ReadOnlyMemory<byte>? SenderKid { get; }

    /// <summary>Protects with a shared secret by PasswordBasedMac; salt and derived key are made once.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="options">Digest, MAC and iterations.</param>
    /// <returns>The protector.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: an algorithm that PasswordBasedMac does not take here.</exception>
    public static MessageProtector PasswordBasedMac(SharedSecret secret, PbmOptions options) => new PasswordBasedMacProtector(secret, options);

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
    public PkiMessage Protect(PkiHeader header, PkiBody body, IReadOnlyList<Certificate> extraCerts)
    {
        var message = new PkiMessage(header with { ProtectionAlg = Algorithm }, body) { ExtraCerts = extraCerts };
        return Algorithm is null ? message : message with { Protection = Compute(message.ProtectedPart) };
    }

    /// <summary>Forgets a key that was derived for it. The credential stays its owner's.</summary>
    public virtual void Dispose()
    {
    }

    private protected abstract byte[] Compute(byte[] protectedPart);

    private sealed class PasswordBasedMacProtector : MessageProtector
    {
        private readonly byte[] _key;
        private readonly AlgorithmIdentifier _mac;
        private bool _disposed;

        internal PasswordBasedMacProtector(SharedSecret secret, PbmOptions options)
            : this(secret, options.NewParameters())
        {
        }

        private PasswordBasedMacProtector(SharedSecret secret, Messages.Crmf.PbmParameter parameters)
            : base(ProtectionKind.PasswordBasedMac, new AlgorithmIdentifier(Messages.Asn1.Oids.PasswordBasedMac, parameters.Encoded))
        {
            SenderKid = secret.Reference;
            _key = PasswordBasedMacKey.Derive(secret.Secret, parameters.Salt, parameters.Owf.Oid, (int)parameters.IterationCount);
            _mac = parameters.Mac;
        }

        public override ReadOnlyMemory<byte>? SenderKid { get; }

        public override void Dispose()
        {
            _disposed = true;
            Secrets.Clear(_key);
        }

        private protected override byte[] Compute(byte[] protectedPart) =>
            _disposed ? throw new ObjectDisposedException(nameof(MessageProtector)) : Macs.Compute(_mac, _key, protectedPart);
    }

    private sealed class SignatureProtector(SigningCertificate certificate, string? hashName, bool pss)
        : MessageProtector(ProtectionKind.Signature, SignatureAlgorithms.For(certificate.Key, hashName, pss))
    {
        public override ReadOnlyMemory<byte>? SenderKid => certificate.Certificate.SubjectKeyIdentifier;

        private protected override byte[] Compute(byte[] protectedPart) => certificate.Key.Sign(protectedPart, Algorithm!);
    }

    private sealed class NoProtector(Credential? credential) : MessageProtector(ProtectionKind.None, algorithm: null)
    {
        public override ReadOnlyMemory<byte>? SenderKid => credential switch
        {
            SharedSecret secret => secret.Reference,
            SigningCertificate signer => signer.Certificate.SubjectKeyIdentifier,
            _ => null,
        };

        private protected override byte[] Compute(byte[] protectedPart) => throw new InvalidOperationException();
    }
}
