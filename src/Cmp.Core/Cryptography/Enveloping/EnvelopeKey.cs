using System;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>What an envelope is opened with: a private key, or a password.</summary>
public sealed class EnvelopeKey : IDisposable
{
    private readonly byte[]? _password;

    private EnvelopeKey(PrivateKey? key, Certificate? certificate, byte[]? password)
    {
        PrivateKey = key;
        Certificate = certificate;
        _password = password;
    }

    /// <summary>The private key, or <see langword="null"/>.</summary>
    internal PrivateKey? PrivateKey { get; }

    /// <summary>The password, or <see langword="null"/>.</summary>
    internal byte[]? Password => _password;

    /// <summary>The certificate that the envelope must name, or <see langword="null"/>.</summary>
    internal Certificate? Certificate { get; }

    /// <summary>A private key.</summary>
    /// <param name="key">The key; it stays its owner's.</param>
    /// <param name="certificate">Its certificate, which the envelope must name; <see langword="null"/>: whatever it names, as where it carries the certificate
    /// that is to be (RFC 9810 5.2.8.3.1).</param>
    /// <returns>The key, to be disposed of.</returns>
    public static EnvelopeKey Of(PrivateKey key, Certificate? certificate = null) => new(key, certificate, null);

    /// <summary>A password.</summary>
    /// <param name="password">Its octets, of which a copy is kept.</param>
    /// <returns>The key, to be disposed of, which clears the copy.</returns>
    public static EnvelopeKey OfPassword(ReadOnlyMemory<byte> password) => new(null, null, password.ToArray());

    /// <summary>Forgets the password; a private key stays.</summary>
    public void Dispose() => Secrets.Clear(_password);

    /// <summary>Whether a recipient that an envelope names is the one that this key is for.</summary>
    internal bool IsNamedBy(RecipientIdentifier rid) => Certificate is null || rid.Names(Certificate);
}
