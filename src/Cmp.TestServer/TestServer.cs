using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>
/// A small certification authority that speaks CMP, for trying and testing: in this process, on the loopback address only, in memory or with its state
/// in a folder. It issues for ir, cr, p10cr and kur, makes keys and gives back those that it archived (krr), revokes for rr, answers genm, and checks what a server must check.
/// </summary>
public sealed class TestServer : IDisposable
#if NET
    , IAsyncDisposable
#endif
{
    /// <summary>Letters and digits that nobody mistakes; 24 of them have 135 bits.</summary>
    private const string SecretAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private const int SecretLength = 24;

    private readonly object _announcing = new();
    private readonly CertificationAuthority _authority;
    private readonly SecureString _secret;
    private readonly ServerState? _state;
    private readonly TlsAuthority? _tls;
    private readonly X509Certificate2? _tlsCertificate;
    private readonly ListeningRoads _roads;
    private bool _hasStopped;

    private TestServer(TestServerOptions options)
    {
        byte[] secret = [];
        try
        {
            _state = options.StatePath is { } path ? ServerState.Open(path) : null;
            KeptAuthority kept = _state?.OpenAuthority(options.Reference, options.Secret, NewAuthority, NewSecret)
                ?? new KeptAuthority(NewAuthority(), options.Reference, options.Secret?.Copy() ?? NewSecret());
            (_authority, _secret) = (kept.Authority, kept.Secret);
            _secret.MakeReadOnly();
            Options = options = options with { Reference = kept.Reference };
            secret = Secrets.Utf8(_secret);
            Responder = new Responder(options, _authority, secret, _state);
            if (options.Roads.Any(ListeningRoads.IsSecured))
            {
                _tls = _state?.OpenTlsAuthority(NewTlsAuthority) ?? NewTlsAuthority();
                _tlsCertificate = _tls.IssueForLoopback(DateTimeOffset.UtcNow);
                TlsRootCertificate = ToX509(_tls.Root);
            }
            _roads = new ListeningRoads(options, Responder, _tlsCertificate);
        }
        catch
        {
            _tlsCertificate?.Dispose();
            _tls?.Dispose();
            Responder?.Dispose();
            _authority?.Dispose();
            _secret?.Dispose();
            _state?.Dispose();
            throw;
        }
        finally
        {
            Secrets.Clear(secret);
        }
        var uris = new Dictionary<string, Uri>(StringComparer.OrdinalIgnoreCase);
        foreach (KeyValuePair<string, Uri> road in _roads.Uris)
            uris.Add(road.Key, road.Value);
        Uris = uris;
        Uri = _roads.Uris.First().Value;
        RootCertificate = ToX509(_authority.Root);
        IssuingCertificate = ToX509(_authority.Issuing);
        SignerCertificate = ToX509(_authority.Signer);

        CertificationAuthority NewAuthority() =>
            new(options.KeyAlgorithm, options.Clock?.Invoke() ?? DateTimeOffset.UtcNow, options.HashAlgorithm, options.Pss, options.AuthorityName);

        // TLS clients go by the clock of the machine, whatever this server's says
        TlsAuthority NewTlsAuthority() => TlsAuthority.Make(DateTimeOffset.UtcNow, options.AuthorityName);
    }

    /// <summary>Where the server is reached over the first of its roads; over HTTP any path will do.</summary>
    public Uri Uri { get; }

    /// <summary>Where it is reached over each of its roads, by the road's name in any case.</summary>
    public IReadOnlyDictionary<string, Uri> Uris { get; }

    /// <summary>How it behaves.</summary>
    public TestServerOptions Options { get; }

    /// <summary>The reference value of the shared secret.</summary>
    public string Reference => Options.Reference;

    /// <summary>The shared secret, a copy.</summary>
    public SecureString Secret => _secret.Copy();

    /// <summary>The root certificate: the trust anchor for clients that sign; the new one after <see cref="UpdateRoot"/>.</summary>
    public X509Certificate2 RootCertificate { get; private set; }

    /// <summary>The certificate of the CA that issues; after <see cref="UpdateRoot"/> one of the new root, with the same key.</summary>
    public X509Certificate2 IssuingCertificate { get; private set; }

    /// <summary>The certificate whose key signs the server's messages.</summary>
    public X509Certificate2 SignerCertificate { get; }

    /// <summary>The certificate to encrypt keys to, or to agree with; <see langword="null"/> where it has none. Who asks first waits until its key is made.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: its key cannot be kept.</exception>
    public X509Certificate2? EncryptionCertificate => Responder.EncryptionCertificate is { } certificate ? ToX509(certificate) : null;

    /// <summary>The folder through which messages come on the roads that are folders; <see langword="null"/> where it has none.</summary>
    public string? FolderPath => _roads.FolderPath;

    /// <summary>The root that TLS clients trust; <see langword="null"/> where it has no road over TLS.</summary>
    public X509Certificate2? TlsRootCertificate { get; }

    /// <summary>The certificate of its KEM key, or <see langword="null"/>.</summary>
    public X509Certificate2? KemCertificate => Responder.KemCertificate is { } certificate ? ToX509(certificate) : null;

    /// <summary>The certificate of its (EC)DH key, or <see langword="null"/>.</summary>
    public X509Certificate2? DhCertificate => Responder.DhCertificate is { } certificate ? ToX509(certificate) : null;

    /// <summary>The certificates that were issued and neither refused by their owners nor left unconfirmed, oldest first; new objects at each call.</summary>
    public IReadOnlyList<X509Certificate2> Issued => Responder.Issued.Select(ToX509).ToList();

    /// <summary>What answers, without a road.</summary>
    public Responder Responder { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="options">How it behaves; <see langword="null"/> for the default.</param>
    /// <returns>The server; it runs until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: a port cannot be had; <c>CmpArgument.Transport</c>: there is no road to it; <c>CmpKey.…</c>: keys of this kind cannot be made;
    /// <c>CmpArgument.Secret</c>: an empty reference or secret; <c>CmpState.InUse</c>: another server has this state; <c>CmpState.Unreadable</c>,
    /// <c>CmpState.Newer</c>, <c>CmpState.Unsafe</c>: a file of it is damaged, of a newer version, or open to others, and is left as it is;
    /// <c>CmpStore.…</c>: it cannot be kept there.</exception>
    public static TestServer Start(TestServerOptions? options = null)
    {
        options ??= new TestServerOptions();
        // an empty secret is one that everybody has
        if (options.Reference.Length == 0 || options.Secret is { Length: 0 })
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Secret", "A test server has a reference and a secret that are not empty.");
        if (options.Roads.Count == 0)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", "A test server has one transport at least.");
        if (options.EncryptionKeyAlgorithm is { } encryption && !TestServerOptions.CanEncryptTo(encryption))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Algorithm", $"Nothing can be encrypted to a key of {encryption}.")
            {
                RecommendedAction = "Choose RSA_2048, ECDSA_P256, X25519, ML-KEM-768 or another of their kinds.",
            };
        }
        if (options.TcpStyle is not null && !options.Roads.Contains(TestServerRoad.Tcp))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", "A style of TCP-Messages is for connections of their own; in HTTP both are understood.")
            {
                RecommendedAction = "Leave the style out, or name the transport Tcp.",
            };
        }
        if (options.FolderPath is not null && !options.Roads.Any(ListeningRoads.IsFolder))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", "None of these transports goes through a folder.")
            {
                RecommendedAction = "Name one that does: File or Mail.",
            };
        }
        if (options.TransportPollCount > 0 && !options.Roads.Any(ListeningRoads.CanPoll))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", "None of these transports has polling of its own.")
            {
                RecommendedAction = "Name one that has: Tcp or HttpTcp.",
            };
        }
        return new TestServer(options);
    }

    /// <summary>
    /// Gives the authority a new root of the same name (RFC 9810 4.4.1). Who asks for the update of the old one gets it, with the certificates that lead
    /// from one to the other; what is issued from now on leads to the new one.
    /// </summary>
    /// <returns>The new root certificate.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: it cannot be kept, and nothing has changed.</exception>
    public X509Certificate2 UpdateRoot()
    {
        lock (_authority)
        {
            _authority.UpdateRoot(Options.Clock?.Invoke() ?? DateTimeOffset.UtcNow, authority => _state?.SaveAuthority(new KeptAuthority(authority, Reference, _secret)));
            IssuingCertificate = ToX509(_authority.Issuing);
            return RootCertificate = ToX509(_authority.Root);
        }
    }

    /// <summary>Makes a registration authority that this server believes: what it approves of, or vouches for, is issued (RFC 9483 5.2).</summary>
    /// <param name="subject">Its name, as in <c>CN=ra</c>.</param>
    /// <returns>Its certificate, with the private key; there is another one at each call.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>: that is no name.</exception>
    public X509Certificate2 NewRegistrationAuthority(string subject)
    {
        Name name = Name.Parse(subject);
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        lock (_authority)
        {
            using X509Certificate2 bare = ToX509(_authority.CertifyRegistrationAuthority(name, key.PublicKey, Options.Clock?.Invoke() ?? DateTimeOffset.UtcNow));
            return key.AttachTo(bare);
        }
    }

    /// <summary>
    /// Says something unasked (RFC 9810 5.3.13 to 5.3.16). Who observes over CoAP is told at once, and who asks there later gets it until there is another; over the roads
    /// with polling of their own it can be asked for by its reference, as often as one likes, until 100 others were announced. Nothing is pushed: what is to be
    /// pushed are the octets of the result.
    /// </summary>
    /// <param name="type">What: the last change of the root, a certificate, a revocation, or the current CRL of the CA that issues.</param>
    /// <param name="certificate">The certificate that is announced, <see langword="null"/> for the last one that was issued; of a revocation whose it is: one that is revoked
    /// has been, any other will be in a day, though nobody does it. It goes with these two only.</param>
    /// <returns>What is said, and the reference that it can be asked for by.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>: there is no such thing to announce; <c>CmpArgument.Certificate</c>: a certificate is missing, none of this
    /// authority, or has no place; <c>CmpStore.…</c>: the number of a CRL cannot be kept.</exception>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    public TestAnnouncement Announce(AnnouncementType type, X509Certificate2? certificate = null)
    {
        // whoever hears two in their order hears the older one first
        lock (_announcing)
        {
            if (_hasStopped)
                throw new ObjectDisposedException(nameof(TestServer));
            ReadOnlyMemory<byte> message = Responder.Announce(type, certificate is null ? null : Certificate.From(certificate));
            return new TestAnnouncement(type, message.ToArray(), _roads.Tell(message));
        }
    }

    /// <summary>Stops listening, forgets keys, secret and certificates; what is kept in a folder stays there.</summary>
    public void Dispose()
    {
        FallSilent();
        _roads.Dispose();
        Forget();
    }

#if NET
    /// <summary>Does what <see cref="Dispose"/> does.</summary>
    /// <returns>The end of it.</returns>
    public async ValueTask DisposeAsync()
    {
        FallSilent();
        await _roads.StopAsync().ConfigureAwait(false);
        Forget();
    }
#endif

    private void FallSilent()
    {
        lock (_announcing)
            _hasStopped = true;
    }

    private void Forget()
    {
        _tlsCertificate?.Dispose();
        _tls?.Dispose();
        Responder.Dispose();
        _authority.Dispose();
        _secret.Dispose();
        _state?.Dispose();
    }

    private static X509Certificate2 ToX509(Certificate certificate) => new(certificate.Encoded.ToArray());

    private static SecureString NewSecret()
    {
        var secret = new SecureString();
        while (secret.Length < SecretLength)
        {
            foreach (byte random in Secrets.Random(2 * SecretLength))
            {
                // those beyond the last whole multiple would make some characters likelier
                if (random < 256 / SecretAlphabet.Length * SecretAlphabet.Length && secret.Length < SecretLength)
                    secret.AppendChar(SecretAlphabet[random % SecretAlphabet.Length]);
            }
        }
        return secret;
    }
}
