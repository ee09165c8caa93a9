using System;
using System.Collections.Generic;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>An enrolment that is remembered: renewal, tests and lists work from it. It holds no secret.</summary>
public sealed record EnrollmentRecord
{
    /// <summary>What it is called; the thumbprint where nobody said otherwise.</summary>
    public required string Name { get; init; }

    /// <summary>What is said of the server, without its secrets; of a registered one its name tells the rest.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>The server as it is registered now, where it is; else as it was then.</summary>
    public ServerSettings CurrentServer => (Server.Name is { } name ? ServerRegistry.Find(name) : null) ?? Server;

    /// <summary>Which request brought the certificate.</summary>
    public required EnrollmentOperation Operation { get; init; }

    /// <summary>The thumbprint of the certificate.</summary>
    public required string Thumbprint { get; init; }

    /// <summary>The subject of the certificate, for people, escaped.</summary>
    public required string Subject { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>When it should be renewed.</summary>
    public required DateTimeOffset RenewAfter { get; init; }

    /// <summary>Where the certificate is.</summary>
    public required DestinationDescription Destination { get; init; }

    /// <summary>The subject that was asked for, escaped: the CA may have chosen another one; <see langword="null"/> where none was, or it is not known.</summary>
    public string? RequestedSubject { get; init; }

    /// <summary>The DNS names that were asked for; <see langword="null"/> where that is not known.</summary>
    public IReadOnlyList<string>? RequestedDnsNames { get; init; }

    /// <summary>The kind of its key, as <c>-KeyAlgorithm</c> takes it; <see langword="null"/> where the key is not ours.</summary>
    public string? KeyAlgorithm { get; init; }

    /// <summary>Whether the CA made its key, and is to make the next one.</summary>
    public bool IsCentralKey { get; init; }

    /// <summary>Whether the CA has a copy of its key, and is to keep one of the next.</summary>
    public bool ArchiveKey { get; init; }

    /// <summary>Whether its key may leave the store.</summary>
    public bool IsKeyExportable { get; init; }

    /// <summary>The file of its key where that is the user's own, or the PKCS #11 URI of one in a token, or <see langword="null"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>The provider that makes and keeps its keys, as <c>-Provider</c> takes it, or <see langword="null"/>.</summary>
    public string? KeyProvider { get; init; }

    /// <summary>What its key is called with that provider, or <see langword="null"/>.</summary>
    public KeyReference? KeyReference { get; init; }

    /// <summary>Accounts that may use its private key besides, in a store of Windows.</summary>
    public IReadOnlyList<string> PrivateKeyReaders { get; init; } = [];

    /// <summary>What Windows calls it, or <see langword="null"/>.</summary>
    public string? FriendlyName { get; init; }

    /// <summary>How long before its end it is to be renewed, where that was said; it stays with the renewals.</summary>
    public RenewalWindow? RenewBefore { get; init; }

    /// <summary>The thumbprints of the certificates that it took the place of, the latest first: not all platforms archive them.</summary>
    public IReadOnlyList<string> Replaced { get; init; } = [];

    /// <summary>Whether the name is only the thumbprint, and changes with it.</summary>
    public bool IsNameless => string.Equals(Name, Thumbprint, StringComparison.OrdinalIgnoreCase);

    /// <summary>The PKCS #11 URI of its key, where that is in a token; else <see langword="null"/>.</summary>
    public string? TokenKey => KeyReference is { } reference && !KeyProviders.IsFile(reference.Text) ? reference.Text : KeyPath is { } path && !KeyProviders.IsFile(path) ? path : null;

    /// <summary>Whether it should be renewed by now.</summary>
    /// <param name="now">The time of now.</param>
    /// <returns>Whether that time has come.</returns>
    public bool IsDue(DateTimeOffset now) => now >= RenewAfter;

    /// <summary>Finds the certificate where it was put.</summary>
    /// <param name="password">The password of its file, where it has one.</param>
    /// <returns>The certificate with its key. One in a token is not opened: no password of another place is tried there as its PIN (see <see cref="TokenKey"/>).</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>: it is no longer there, or another one is; <c>CmpStore.…</c>, <c>CmpKey.…</c>.</exception>
    public FoundCertificate Open(System.Security.SecureString? password = null)
    {
        string where = Destination.Store is { } store ? $@"Cert:\{store}\{Thumbprint}" : Destination.Path ?? Thumbprint;
        FoundCertificate found = CertificateSource.Find(where, password, Destination.Store is null && TokenKey is null ? Destination.KeyPath ?? KeyPath : null);
        if (string.Equals(found.Certificate.Thumbprint, Thumbprint, StringComparison.OrdinalIgnoreCase))
            return found;
        found.Dispose();
        throw new CmpException(CmpErrorKind.Store, "CmpStore.NotFound", $"'{PeerText.Escape(where)}' holds another certificate than the one of the enrolment {PeerText.Escape(Name)}.")
        {
            RecommendedAction = "Give the certificate itself with -Certificate, or enrol it anew under this name.",
        };
    }
}
