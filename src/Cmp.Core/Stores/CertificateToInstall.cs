using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>What an enrolment ends with, on its way to where it is to be kept.</summary>
/// <param name="Certificate">The certificate, in the octets that came.</param>
/// <param name="Key">Its private key; <see langword="null"/> where it is elsewhere, or stays in a file that it is in already.</param>
public sealed record CertificateToInstall(Certificate Certificate, PrivateKey? Key)
{
    /// <summary>The certificates of its issuers, nearest first. They go to files, but for a root: its readers have it, or must not get it this way. To stores they go by <see cref="CertificateDestination.InstallChain"/> only.</summary>
    public IReadOnlyList<Certificate> Chain { get; init; } = [];

    /// <summary>What Windows calls the certificate, or <see langword="null"/>.</summary>
    public string? FriendlyName { get; init; }

    /// <summary>Whether an installation may have been cut off: files that hold this very certificate or key are ours, and may be replaced.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Whether a key that goes to a store of Windows may leave it.</summary>
    public bool ExportableKey { get; init; }
}
