using System;
using System.Collections.Generic;
using System.Reflection;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// What is said of a server and of how to talk to it. A value of <see langword="null"/> says nothing: what was given with a command
/// stands over what was saved, that over the preset, that over the defaults (<see cref="Over"/>).
/// </summary>
/// <remarks>Each property is a parameter of Register-CmpServer, or a difference that only presets name.</remarks>
public sealed record ServerSettings
{
    /// <summary>The word in <see cref="TrustExtraCerts"/> that trusts any root.</summary>
    public const string FirstUse = "FirstUse";

    private static readonly PropertyInfo[] Properties = typeof(ServerSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance);

    /// <summary>The name under which it was registered.</summary>
    public string? Name { get; init; }

    /// <summary>How long it is remembered; <see langword="null"/> where it was not registered.</summary>
    public ServerScope? Scope { get; init; }

    /// <summary>Whether it serves where none is named, as it was when this was asked for.</summary>
    public bool? IsDefault { get; init; }

    /// <summary>Where its secrets are kept; <see langword="null"/> where they are here, or there are none.</summary>
    public CredentialStoreKind? CredentialStore { get; init; }

    /// <summary>Where it is.</summary>
    public Uri? Uri { get; init; }

    /// <summary>The name of its preset.</summary>
    public string? Preset { get; init; }

    /// <summary>Reference and shared secret.</summary>
    public ReferenceAndSecret? Secret { get; init; }

    /// <summary>The reference that goes with a secret which is kept elsewhere (<see cref="ServerRegistry.Open"/>).</summary>
    public string? SecretReference { get; init; }

    /// <summary>The certificate that signs our messages.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Its key where .NET's object does not hold it.</summary>
    public PrivateKey? ClientKey { get; init; }

    /// <summary>The file that its key came from, where that is not the certificate's own.</summary>
    public string? ClientKeyPath { get; init; }

    /// <summary>The password of that file.</summary>
    public SecureString? ClientKeyPassword { get; init; }

    /// <summary>Where the certificate that signs is kept, with its key: it is opened when it is first needed.</summary>
    public CertificateReference? ClientCertificateReference { get; init; }

    /// <summary>The chain of the client certificate.</summary>
    public IReadOnlyList<Certificate>? ClientChain { get; init; }

    /// <summary>Whom we trust.</summary>
    public IReadOnlyList<Certificate>? TrustAnchor { get; init; }

    /// <summary>The server's own certificate: a pin.</summary>
    public Certificate? ServerCertificate { get; init; }

    /// <summary>How our messages are protected.</summary>
    public ProtectionKind? Protection { get; init; }

    /// <summary>The version that we speak: 1 (RFC 2510), 2 or 3; where nothing is said 2, and 3 where it is needed.</summary>
    public int? ProtocolVersion { get; init; }

    /// <summary>The certificate profile that we ask for.</summary>
    public string? CertificateProfile { get; init; }

    /// <summary>How long a whole operation may take; 5 minutes where nothing is said.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Certificates that may stand in paths but are no anchors.</summary>
    public IReadOnlyList<Certificate>? UntrustedCertificate { get; init; }

    /// <summary>The CA's certificate to encrypt keys to, or to agree with; where nothing is said the server is asked for it, and what comes must lead to an anchor.</summary>
    public Certificate? EncryptionCertificate { get; init; }

    /// <summary>Certificates that are sent after our chain.</summary>
    public IReadOnlyList<Certificate>? ExtraCertificate { get; init; }

    /// <summary>Anchors that issued certificates must lead to.</summary>
    public IReadOnlyList<Certificate>? IssuedTrustAnchor { get; init; }

    /// <summary>The name that answers must come from.</summary>
    public Name? ExpectedSender { get; init; }

    /// <summary>Whether whoever has a path to an anchor may sign answers.</summary>
    public bool? AllowAnySigner { get; init; }

    /// <summary>Whether errors count that nobody vouches for.</summary>
    public bool? AllowUnprotectedErrors { get; init; }

    /// <summary>Whether answers count that nobody vouches for, to requests that are not protected either, over https only (rule 76).</summary>
    public bool? AllowUnprotectedAnswers { get; init; }

    /// <summary>Whether certificates and keys may come encrypted in the form before pvno 3 (EncryptedValue), in answers of those versions.</summary>
    public bool? AllowEncryptedValue { get; init; }

    /// <summary>Whether the pinned certificate may have expired.</summary>
    public bool? AllowExpiredServerCertificate { get; init; }

    /// <summary>
    /// Which roots are trusted although they come with the answer, in extraCerts that nobody vouches for (rule 32): SHA-256 hashes in hexadecimal, or
    /// <see cref="FirstUse"/>, which trusts any.
    /// </summary>
    public IReadOnlyList<string>? TrustExtraCerts { get; init; }

    /// <summary>How far it is asked whether certificates of the server and of its CA are revoked; where nothing is said not at all, or offline where CRLs are given.</summary>
    public RevocationMode? RevocationMode { get; init; }

    /// <summary>CRLs at hand.</summary>
    public IReadOnlyList<CertificateList>? RevocationList { get; init; }

    /// <summary>The digest of signatures, of PasswordBasedMac and of the derivation of PBMAC1, as in <c>SHA256</c>.</summary>
    public string? HashAlgorithm { get; init; }

    /// <summary>The MAC under a shared secret, as in <c>HMAC-SHA256</c> or <c>KMAC256</c>.</summary>
    public string? MacAlgorithm { get; init; }

    /// <summary>The iterations of PasswordBasedMac and PBMAC1; 10 000 and 100 000 where nothing is said (rule 18).</summary>
    public int? IterationCount { get; init; }

    /// <summary>How RSA keys sign messages and proofs.</summary>
    public RsaPadding? RsaPadding { get; init; }

    /// <summary>The recipient named in our messages.</summary>
    public Name? Recipient { get; init; }

    /// <summary>Further items of generalInfo.</summary>
    public IReadOnlyList<InfoTypeAndValue>? GeneralInfo { get; init; }

    /// <summary>How long one round trip may take; 2 minutes where nothing is said.</summary>
    public TimeSpan? ExchangeTimeout { get; init; }

    /// <summary>The proxy.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>What the proxy asks for.</summary>
    public System.Net.NetworkCredential? ProxyCredential { get; init; }

    /// <summary>Hosts that are reached without a proxy.</summary>
    public IReadOnlyList<string>? NoProxy { get; init; }

    /// <summary>The certificate that we show to the TLS server.</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Where that certificate is kept, with its key: it is opened when it is first needed.</summary>
    public CertificateReference? TlsCertificateReference { get; init; }

    /// <summary>Roots that the TLS server's certificate must lead to; they say nothing about CMP messages (rule 59).</summary>
    public IReadOnlyList<X509Certificate2>? TlsTrustAnchor { get; init; }

    /// <summary>Whether connections are kept.</summary>
    public KeepAliveMode? KeepAlive { get; init; }

    /// <summary>The version of HTTP that is spoken: 1.0, 1.1 or 2.0; 1.1 where nothing is said.</summary>
    public Version? HttpVersion { get; init; }

    /// <summary>The text whose way over HTTP is spoken: how a message stands in a body, and what that is called. Where nothing is said, the scheme of the address decides.</summary>
    public HttpGeneration? HttpGeneration { get; init; }

    /// <summary>The style of TCP-Messages that is spoken (<c>tcp:</c>, <c>http+tcp:</c>); where nothing is said version 10, and the old one with a server that answers that by an error of the old one.</summary>
    public TcpMessageStyle? TcpStyle { get; init; }

    /// <summary>Whether redirects are followed, at most 5 and never out of TLS.</summary>
    public bool? AllowRedirect { get; init; }

    /// <summary>The folder through which mail goes (<c>mailto:</c>): messages are written there, and answers read.</summary>
    public string? MailFolder { get; init; }

    /// <summary>Whether an empty path is filled by /.well-known/cmp.</summary>
    public bool? WellKnown { get; init; }

    /// <summary>Octets that an answer may have.</summary>
    public int? MaxResponseBytes { get; init; }

    /// <summary>Whether legacy media types and the like are taken.</summary>
    public bool? Lenient { get; init; }

    /// <summary>The path where the address has none; presets only.</summary>
    public string? DefaultPath { get; init; }

    /// <summary>Whether the sender under a MAC is CN = reference (rule 3); presets only.</summary>
    public bool? SenderIsReference { get; init; }

    /// <summary>What a request says where no subject is to be named (rule 11); presets only.</summary>
    public AbsentSubject? AbsentSubject { get; init; }

    /// <summary>Whether implicit confirmation is asked for; presets only.</summary>
    public bool? ImplicitConfirm { get; init; }

    /// <summary>Whether the server is told why we stop (rule 49); presets only.</summary>
    public bool? NotifyErrors { get; init; }

    /// <summary>Whether a signed answer to a MAC draws a warning (rule 66); presets only.</summary>
    public bool? WarnOnMixedProtection { get; init; }

    /// <summary>Whether the server may protect by MACs with SHA-1 or HMAC-SHA1 (rule 68); presets only.</summary>
    public bool? AllowPbmSha1 { get; init; }

    /// <summary>Whether the server's messages, but no certificates, may be signed over SHA-1 (rule 68); presets only.</summary>
    public bool? AllowSha1Signatures { get; init; }

    /// <summary>The digest of PasswordBasedMac where <see cref="HashAlgorithm"/> says nothing; presets only.</summary>
    public string? MacHashAlgorithm { get; init; }

    /// <summary>Octets of salt of PasswordBasedMac; presets only.</summary>
    public int? SaltBytes { get; init; }

    /// <summary>The fewest octets that a reference may have; presets only.</summary>
    public int? MinReferenceBytes { get; init; }

    /// <summary>The most octets that a reference may have; presets only.</summary>
    public int? MaxReferenceBytes { get; init; }

    /// <summary>Whether references and secrets of the form XXXXX-XXXXX-XXXXX are decoded as cryptlib does (<see cref="CryptlibUserId"/>); presets only.</summary>
    public bool? DecodeUserIds { get; init; }

    /// <summary>Whether under a MAC nobody is named: sender and recipient are the NULL-DN, senderKID says who asks; presets only.</summary>
    public bool? NamesNobody { get; init; }

    /// <summary>Whether in answers PasswordBasedMac without parameters means those of the answer before; presets only.</summary>
    public bool? AllowMacAsBefore { get; init; }

    /// <summary>Whether known errors of others in PBMAC1 are read as they are meant (rule 22); presets only, and <see cref="Lenient"/>.</summary>
    public bool? LenientPbmac1 { get; init; }

    /// <summary>Whether signed requests name the certificate that signs them by its hash in generalInfo (ESSCertID); presets only.</summary>
    public bool? IdentifySigner { get; init; }

    /// <summary>Whether a CA may sign messages although its key usage lacks digitalSignature; presets only.</summary>
    public bool? AllowSigningCA { get; init; }

    /// <summary>The requests that such a server does not take, as in <c>p10cr</c>: they are an error before any traffic; presets only.</summary>
    public IReadOnlyList<string>? UnsupportedRequests { get; init; }

    /// <summary>Whether an ir is to be protected by a shared secret, and is an error before any traffic where it is not; presets only.</summary>
    public bool? InitializationNeedsSecret { get; init; }

    /// <summary>Whether an ip is expected to bring the CA's certificates in caPubs; presets only.</summary>
    public bool? ExpectsCaPubs { get; init; }

    /// <summary>The reason of a revocation where none is given , for servers that demand one; <see langword="null"/>: none is sent; presets only.</summary>
    public RevocationReason? DefaultRevocationReason { get; init; }

    /// <summary>Whether there is a certificate that signs, be it open or not.</summary>
    internal bool HasClientCertificate => ClientCertificate is not null || ClientCertificateReference is not null;

    /// <summary>These settings, and where they say nothing, those of another. What belongs together is not mixed: a certificate comes with its own key.</summary>
    /// <param name="lower">What fills the gaps.</param>
    /// <returns>Both in one.</returns>
    public ServerSettings Over(ServerSettings lower)
    {
        ServerSettings merged = this with { };
        if (HasClientCertificate)
            lower = lower with { ClientCertificate = null, ClientCertificateReference = null, ClientKey = null, ClientKeyPath = null, ClientKeyPassword = null, ClientChain = null };
        if (Secret is not null || SecretReference is not null)
            lower = lower with { Secret = null, SecretReference = null };
        if (TlsCertificate is not null || TlsCertificateReference is not null)
            lower = lower with { TlsCertificate = null, TlsCertificateReference = null };
        foreach (PropertyInfo property in Properties)
        {
            if (property.GetValue(merged) is null && property.GetValue(lower) is { } value)
                property.SetValue(merged, value);
        }
        return merged;
    }

    /// <summary>These settings, but some of them as others say, or do not say.</summary>
    /// <param name="others">What says them.</param>
    /// <param name="names">The names of the properties.</param>
    /// <returns>The changed settings.</returns>
    public ServerSettings With(ServerSettings others, IEnumerable<string> names)
    {
        ServerSettings changed = this with { };
        foreach (string name in names)
        {
            if (typeof(ServerSettings).GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase) is { } property)
                property.SetValue(changed, property.GetValue(others));
        }
        return changed;
    }

    /// <summary>These settings over their preset and the defaults: nothing that has a default is absent any more.</summary>
    /// <returns>The settings that hold.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Preset</c>: no preset has that name.</exception>
    public ServerSettings Resolve() => Over(Presets.Get(Preset ?? Presets.Rfc9483)).Over(Presets.Defaults);

    /// <summary>These settings without what nobody else may learn: of secrets and passwords only to whom they belong.</summary>
    /// <returns>What may be shown and saved.</returns>
    public ServerSettings WithoutSecrets() => this with
    {
        Secret = null,
        SecretReference = Secret?.Reference ?? SecretReference,
        ClientKeyPassword = null,
        ProxyCredential = ProxyCredential is { } credential ? new System.Net.NetworkCredential(credential.UserName, string.Empty, credential.Domain) : null,
    };

    /// <summary>The server's name or address; never a secret.</summary>
    /// <returns>Text to show.</returns>
    public override string ToString() => Name ?? (Uri is { } uri ? PeerText.Escape(uri.OriginalString) : "(no server)");
}
