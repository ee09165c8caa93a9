using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>A certificate of ours with its key, and the chain that goes with it: the sender of our messages, whatever its key does for them.</summary>
public abstract class CertificateCredential : Credential
{
    private readonly bool _ownsKey;

    private protected CertificateCredential(Certificate certificate, PrivateKey key, IReadOnlyList<Certificate>? chain, bool ownsKey)
    {
        key.EnsureFits(certificate.PublicKey);
        Certificate = certificate;
        Key = key;
        Chain = chain ?? [];
        _ownsKey = ownsKey;
    }

    /// <summary>The certificate, the sender of our messages.</summary>
    public Certificate Certificate { get; }

    /// <summary>Its private key, where it lives.</summary>
    public PrivateKey Key { get; }

    /// <summary>Intermediate certificates.</summary>
    public IReadOnlyList<Certificate> Chain { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_ownsKey)
            Key.Dispose();
    }

    /// <summary>Refuses a certificate that is not for what is to be done with its key: ours, before anything is sent.</summary>
    private protected static CmpException Unsuited(string message, string advice) =>
        new(CmpErrorKind.Argument, "CmpArgument.Protection", message) { RecommendedAction = advice };
}
