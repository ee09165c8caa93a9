using System;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>A certificate, and where it is kept with its key: what another process needs to open both again. It holds no secret.</summary>
/// <param name="Certificate">The certificate itself: what is found later must be the same.</param>
public sealed record CertificateReference(Certificate Certificate)
{
    /// <summary>The store that it is in, with its thumbprint, or <see langword="null"/>.</summary>
    public StorePath? Store { get; init; }

    /// <summary>The full path of the file that it is in, or <see langword="null"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The full path of the file with its key, where that is another one, or the PKCS #11 URI of a key in a token.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Whether it is known where the certificate is kept.</summary>
    public bool IsFound => Store is not null || Path is not null;

    /// <summary>Refers to a certificate: to where it was found, else to the store of this user or computer that holds it, else to no place.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="keyPath">The file with its key, where that is another one than its own, or the PKCS #11 URI of a key in a token.</param>
    /// <returns>The reference; see <see cref="IsFound"/>.</returns>
    public static CertificateReference Of(X509Certificate2 certificate, string? keyPath = null)
    {
        FoundCertificate? found = FoundCertificate.Of(certificate);
        return new CertificateReference(Certificate.From(certificate))
        {
            Store = found?.Store ?? (found?.Path is null ? CertificateSource.PlaceOf(certificate.Thumbprint) : null),
            Path = found?.Path,
            KeyPath = keyPath is not null && KeyProviders.IsFile(keyPath) ? System.IO.Path.GetFullPath(keyPath) : keyPath,
        };
    }

    /// <summary>Finds the certificate again, with its key.</summary>
    /// <param name="password">The password of the file with the key, where it has one; it is no PIN.</param>
    /// <param name="pin">The PIN of the token that the key is in; it opens no file.</param>
    /// <returns>Both; the caller disposes of them.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpStore.NotFound</c>: it is not where it was, or another one is there; <c>CmpKey.Missing</c>: it is there without its key; and the errors
    /// of <see cref="CertificateSource.Find"/>.
    /// </exception>
    public FoundCertificate Open(SecureString? password = null, SecureString? pin = null)
    {
        string place = Place();
        FoundCertificate found = CertificateSource.Find(place, password, KeyPath, KeyPath is { } key && !KeyProviders.IsFile(key) ? pin : password);
        if (found.Certificate.RawData.AsSpan().SequenceEqual(Certificate.Encoded.Span) && found.Key is not null)
            return found;
        using (found.Certificate)
        using (found)
        {
            throw found.Key is null && found.Certificate.RawData.AsSpan().SequenceEqual(Certificate.Encoded.Span)
                ? new CmpException(CmpErrorKind.Key, "CmpKey.Missing", $"The certificate {this} has no private key at '{PeerText.Escape(place)}'.")
                : NotFound($"'{PeerText.Escape(place)}' holds another certificate than {this}.");
        }
    }

    /// <summary>Finds both again where there is one secret, which is of the place that the key is in.</summary>
    /// <inheritdoc cref="Open"/>
    /// <param name="secret">The password of the file with the key, or the PIN of the token.</param>
    internal FoundCertificate OpenWith(SecureString? secret) => KeyPath is { } key && !KeyProviders.IsFile(key) ? Open(pin: secret) : Open(secret);

    /// <summary>Finds the certificate again, and not its key, which may be in a token that wants a PIN.</summary>
    /// <returns>The certificate.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, and the errors of <see cref="CertificateSource.Find"/>.</exception>
    internal X509Certificate2 OpenCertificate()
    {
        string place = Place();
        FoundCertificate found = CertificateSource.Find(place);
        return found.Certificate.RawData.AsSpan().SequenceEqual(Certificate.Encoded.Span)
            ? found.Certificate
            : throw NotFound($"'{PeerText.Escape(place)}' holds another certificate than {this}.");
    }

    /// <summary>Whether another one refers to the same certificate and key in the same places.</summary>
    internal bool IsSameAs(CertificateReference other) =>
        Certificate.Encoded.Span.SequenceEqual(other.Certificate.Encoded.Span) && (Store, Path, KeyPath) == (other.Store, other.Path, other.KeyPath);

    /// <summary>The thumbprint and the subject, escaped.</summary>
    /// <returns>Text to show.</returns>
    public override string ToString() => $"{Certificate.Thumbprint} ({Certificate})";

    /// <summary>The reference as a file of ours keeps it.</summary>
    internal StateObject Write()
    {
        var state = new StateObject();
        state.Set("certificate", Certificate.Encoded);
        state.Set("store", Store?.Store);
        state.Set("path", Path);
        state.Set("keyPath", KeyPath);
        return state;
    }

    /// <exception cref="FormatException">It is no reference.</exception>
    internal static CertificateReference Read(StateObject state)
    {
        Certificate certificate = Certificate.Decode(state.Octets("certificate") ?? throw new FormatException("'certificate' is missing."));
        return new CertificateReference(certificate)
        {
            Store = state.Text("store") is { } store ? StorePath.Parse(store) with { Thumbprint = certificate.Thumbprint } : null,
            Path = FullPath(state, "path"),
            KeyPath = state.Text("keyPath") is { } key && !KeyProviders.IsFile(key) ? key : FullPath(state, "keyPath"),
        };
    }

    /// <summary>A path that depends on where a process happens to be would mean another file each time.</summary>
    private static string? FullPath(StateObject state, string name) =>
        state.Text(name) is not { } path || System.IO.Path.IsPathRooted(path) ? state.Text(name) : throw new FormatException($"'{name}' is no full path.");

    private string Place() => Store is { } store ? "Cert:\\" + (store with { Thumbprint = Certificate.Thumbprint })
        : Path ?? throw NotFound($"The certificate {this} was in no store and in no file.");

    private static CmpException NotFound(string message) => new(CmpErrorKind.Store, "CmpStore.NotFound", message)
    {
        RecommendedAction = "Put it back, or name the certificate that serves now.",
    };
}
