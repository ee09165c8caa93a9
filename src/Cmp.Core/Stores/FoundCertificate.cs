using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;

namespace Cmp.Stores;

/// <summary>A certificate that the user named, with its private key where there is one, and with where it was found.</summary>
public sealed class FoundCertificate : IDisposable
{
    private static readonly ConditionalWeakTable<X509Certificate2, FoundCertificate> Known = new();

    internal FoundCertificate(X509Certificate2 certificate, PrivateKey? key)
    {
        Certificate = certificate;
        Key = key;
        Known.Remove(certificate);
        Known.Add(certificate, this);
    }

    /// <summary>The certificate. Its private key is bound to it.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The private key, or <see langword="null"/>. It belongs to this object.</summary>
    public PrivateKey? Key { get; }

    /// <summary>The other certificates of its file, in their order: mostly its chain.</summary>
    public IReadOnlyList<X509Certificate2> Chain { get; init; } = [];

    /// <summary>The store that it is in, with its thumbprint, or <see langword="null"/>.</summary>
    public StorePath? Store { get; init; }

    /// <summary>The file that it is in, or <see langword="null"/>.</summary>
    public string? Path => File?.Path;

    /// <summary>The file as it was when it was read.</summary>
    internal FileStamp? File { get; init; }

    /// <summary>Where a certificate object came from, if that was here: the object itself does not say.</summary>
    public static FoundCertificate? Of(X509Certificate2 certificate) => Known.TryGetValue(certificate, out FoundCertificate? found) ? found : null;

    /// <summary>Lets go of the key. The certificates stay: they may be in other hands.</summary>
    public void Dispose() => Key?.Dispose();
}
