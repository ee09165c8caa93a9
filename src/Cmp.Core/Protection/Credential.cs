using System;
using System.Collections.Generic;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>What authenticates our messages: a shared secret or a certificate with its key.</summary>
public abstract class Credential : IDisposable
{
    private protected Credential()
    {
    }

    /// <summary>Forgets the secret, or lets go of the key.</summary>
    public abstract void Dispose();
}

/// <summary>A secret that we share with the server, and the reference by which it finds it (RFC 9810 5.1.1, senderKID).</summary>
public sealed class SharedSecret : Credential
{
    private readonly byte[] _secret;
    private readonly DerivedKeys _keys = new();
    private bool _disposed;

    /// <summary>Takes a secret.</summary>
    /// <param name="reference">The reference value.</param>
    /// <param name="secret">The secret's octets; this object owns them and clears them when it is disposed.</param>
    public SharedSecret(ReadOnlyMemory<byte> reference, byte[] secret)
    {
        Reference = reference;
        _secret = secret;
    }

    /// <summary>The reference value, the senderKID of our messages.</summary>
    public ReadOnlyMemory<byte> Reference { get; }

    /// <summary>The reference as text, or hexadecimal where it is no text.</summary>
    public string ReferenceText
    {
        get
        {
            try
            {
                return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Reference.ToArray());
            }
            catch (DecoderFallbackException)
            {
                return Messages.Asn1.Hex.Of(Reference.Span);
            }
        }
    }

    internal byte[] Secret => _disposed ? throw new ObjectDisposedException(nameof(SharedSecret)) : _secret;

    /// <summary>What was derived of it; gone with it.</summary>
    internal DerivedKeys Keys => _disposed ? throw new ObjectDisposedException(nameof(SharedSecret)) : _keys;

    /// <summary>Clears a key that was derived of it; there is none any more where the secret is gone.</summary>
    internal void Forget(string keyName) => _keys.Forget(keyName);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _disposed = true;
        Secrets.Clear(_secret);
        _keys.Dispose();
    }
}

/// <summary>A certificate whose key signs our messages, with the chain that goes with it.</summary>
public sealed class SigningCertificate : CertificateCredential
{
    /// <summary>Takes a certificate and its key.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its private key.</param>
    /// <param name="chain">Intermediate certificates, nearest first; a root among them is not sent (rule 10).</param>
    /// <param name="ownsKey">Whether disposing this object lets go of the key.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: the key does not belong to the certificate (rule 19).</exception>
    public SigningCertificate(Certificate certificate, PrivateKey key, IReadOnlyList<Certificate>? chain = null, bool ownsKey = false)
        : base(certificate, key, chain, ownsKey)
    {
    }
}
