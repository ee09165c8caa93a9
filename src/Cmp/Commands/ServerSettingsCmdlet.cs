using System;
using System.Collections;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Management.Automation;
using System.Numerics;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Transports;

namespace Cmp.Commands;

/// <summary>What Register-CmpServer and Set-CmpServer both let the user say: all settings of a server, and where its secrets go.</summary>
public abstract class ServerSettingsCmdlet : SettingsCmdlet
{
    /// <summary>Serves where no server is named.</summary>
    [Parameter]
    public SwitchParameter Default { get; set; }

    /// <summary>Where the secrets of a saved server are kept.</summary>
    [Parameter]
    public CredentialStoreKind? CredentialStore { get; set; }

    /// <summary>Emits the server.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Certificates that may stand in paths but are no anchors.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? UntrustedCertificate { get; set; }

    /// <summary>The CA's certificate to encrypt keys to, or to agree with.</summary>
    [Parameter]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2? EncryptionCertificate { get; set; }

    /// <summary>Certificates that are sent after our chain.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? ExtraCertificate { get; set; }

    /// <summary>Anchors that issued certificates must lead to.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? IssuedTrustAnchor { get; set; }

    /// <summary>The name that answers must come from.</summary>
    [Parameter]
    public string? ExpectedSender { get; set; }

    /// <summary>Whoever has a path to a trust anchor may sign answers.</summary>
    [Parameter]
    public SwitchParameter AllowAnySigner { get; set; }

    /// <summary>Takes errors at their word that nobody vouches for.</summary>
    [Parameter]
    public SwitchParameter AllowUnprotectedErrors { get; set; }

    /// <summary>Takes answers without protection to requests without protection, over https only.</summary>
    [Parameter]
    public SwitchParameter AllowUnprotectedAnswers { get; set; }

    /// <summary>Takes certificates and keys that are encrypted in the form before pvno 3, in answers of those versions.</summary>
    [Parameter]
    public SwitchParameter AllowEncryptedValue { get; set; }

    /// <summary>The pinned certificate may have expired.</summary>
    [Parameter]
    public SwitchParameter AllowExpiredServerCertificate { get; set; }

    /// <summary>SHA-256 hashes of roots that are trusted although they come with the answer, or FirstUse.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ExtraCertsCompleter))]
    public string[]? TrustExtraCerts { get; set; }

    /// <summary>How far it is asked whether certificates are revoked.</summary>
    [Parameter]
    public RevocationMode? RevocationMode { get; set; }

    /// <summary>CRLs at hand: files, octets, or what Get-CmpCrl emits.</summary>
    [Parameter]
    [CrlTransformation]
    public CertificateList[]? RevocationList { get; set; }

    /// <summary>The digest of signatures, of PasswordBasedMac and of the derivation of PBMAC1, as in SHA256.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(DigestCompleter))]
    public string? HashAlgorithm { get; set; }

    /// <summary>The MAC under the shared secret, as in HMAC-SHA256 or KMAC256.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MacCompleter))]
    public string? MacAlgorithm { get; set; }

    /// <summary>The iterations of PasswordBasedMac, up to 100 000, or of PBMAC1.</summary>
    [Parameter]
    [Within(100, 2_000_000)]
    public int? IterationCount { get; set; }

    /// <summary>How RSA keys sign.</summary>
    [Parameter]
    public RsaPadding? RsaPadding { get; set; }

    /// <summary>The recipient named in our messages.</summary>
    [Parameter]
    public string? Recipient { get; set; }

    /// <summary>Further items of generalInfo: OID to octets (DER), a string (UTF8String), a number (INTEGER) or nothing.</summary>
    [Parameter]
    public IDictionary? GeneralInfo { get; set; }

    /// <summary>Seconds that one round trip may take.</summary>
    [Parameter]
    [Within(1, int.MaxValue)]
    public int? ExchangeTimeoutSec { get; set; }

    /// <summary>The proxy.</summary>
    [Parameter]
    public Uri? Proxy { get; set; }

    /// <summary>What the proxy asks for.</summary>
    [Parameter]
    [Credential]
    public PSCredential? ProxyCredential { get; set; }

    /// <summary>Hosts that are reached without the proxy.</summary>
    [Parameter]
    public string[]? NoProxy { get; set; }

    /// <summary>The certificate that we show to the TLS server.</summary>
    [Parameter]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2? TlsCertificate { get; set; }

    /// <summary>Roots that the TLS server's certificate must lead to.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? TlsTrustAnchor { get; set; }

    /// <summary>Whether connections are kept.</summary>
    [Parameter]
    public KeepAliveMode? KeepAlive { get; set; }

    /// <summary>The version of HTTP: 1.0, 1.1 or 2.0; 2.0 in PowerShell 7 only.</summary>
    [Parameter]
    [HttpVersionTransformation]
    [ArgumentCompleter(typeof(HttpVersionCompleter))]
    public Version? HttpVersion { get; set; }

    /// <summary>The text whose way over HTTP is spoken, for servers from before RFC 6712.</summary>
    [Parameter]
    public HttpGeneration? HttpGeneration { get; set; }

    /// <summary>The style of TCP-Messages over tcp: and http+tcp:, where it is not to be found out.</summary>
    [Parameter]
    public TcpMessageStyle? TcpStyle { get; set; }

    /// <summary>Follows redirects, at most 5 and never from https to http.</summary>
    [Parameter]
    public SwitchParameter AllowRedirect { get; set; }

    /// <summary>The folder through which mail to a mailto: address goes.</summary>
    [Parameter]
    public string? MailFolder { get; set; }

    /// <summary>Fills an empty path by /.well-known/cmp and the operation.</summary>
    [Parameter]
    public SwitchParameter WellKnown { get; set; }

    /// <summary>Octets that an answer may have.</summary>
    [Parameter]
    [Within(1024, int.MaxValue)]
    public int? MaxResponseBytes { get; set; }

    /// <summary>Takes legacy media types and the like, with warnings.</summary>
    [Parameter]
    public SwitchParameter Lenient { get; set; }

    /// <summary>The vault that the server's secrets go to, where one is to be asked.</summary>
    private protected ICredentialStore? Vault(ServerSettings server)
    {
        bool hasSecret = server.Secret is not null || server.ProxyCredential is not null || server.ClientKeyPassword is not null;
        return server.Scope == ServerScope.CurrentUser && (server.CredentialStore == CredentialStoreKind.SecretManagement || (server.CredentialStore is null && hasSecret))
            ? SecretManagementStore.Find()
            : null;
    }

    /// <summary>
    /// Asks once more before any root is trusted that comes with an answer, as an action of high impact does: extraCerts are not protected, and who
    /// stands between can issue the certificate himself (rule 32).
    /// </summary>
    /// <param name="server">The server as it is to be registered.</param>
    /// <returns>Whether to go on.</returns>
    private protected bool ConfirmFirstUse(ServerSettings server)
    {
        if (TrustExtraCerts?.Contains(ServerSettings.FirstUse, StringComparer.OrdinalIgnoreCase) != true)
            return true;
        bool isSafe = Roads.SpeaksTls(server.Uri);
        WriteWarning($"The first root that comes from {server} is trusted, whoever sends it.{(isSafe ? string.Empty : " Over https the TLS server's certificate would stand for it at least.")} Where the hash of the root is known, give that.");
        // who said -Confirm was asked, and who said -Confirm:$false is not to be
        bool asks = !MyInvocation.BoundParameters.ContainsKey("Confirm")
            && !string.Equals(LanguagePrimitives.ConvertTo<string>(GetVariableValue("ConfirmPreference", "High")), "None", StringComparison.OrdinalIgnoreCase);
        return !asks || ShouldContinue($"Trust the first root that comes from {server}?", "Register CMP server");
    }

    /// <summary>Emits the server as it is registered now, where that was asked for.</summary>
    private protected void Emit(string name, ServerScope? scope)
    {
        if (PassThru)
            WriteObject(ServerRegistry.All(scope, _ => { }, name).First());
    }

    private protected override ServerSettings Said()
    {
        ServerSettings said = base.Said();
        return said with
        {
            TrustAnchor = NoneIfEmpty(said.TrustAnchor),
            Preset = NoneIfBlank(Preset),
            UntrustedCertificate = NoneIfEmpty(Core(UntrustedCertificate)),
            EncryptionCertificate = EncryptionCertificate is { } encryption ? Certificate.From(encryption) : null,
            ExtraCertificate = NoneIfEmpty(Core(ExtraCertificate)),
            IssuedTrustAnchor = NoneIfEmpty(Core(IssuedTrustAnchor)),
            ExpectedSender = NameOf(ExpectedSender),
            AllowAnySigner = Given(nameof(AllowAnySigner), AllowAnySigner),
            AllowUnprotectedErrors = Given(nameof(AllowUnprotectedErrors), AllowUnprotectedErrors),
            AllowEncryptedValue = Given(nameof(AllowEncryptedValue), AllowEncryptedValue),
            AllowUnprotectedAnswers = Given(nameof(AllowUnprotectedAnswers), AllowUnprotectedAnswers),
            AllowExpiredServerCertificate = Given(nameof(AllowExpiredServerCertificate), AllowExpiredServerCertificate),
            TrustExtraCerts = NoneIfEmpty(TrustExtraCerts?.Select(hash => hash.Replace(":", string.Empty)).ToList()),
            RevocationMode = RevocationMode,
            RevocationList = NoneIfEmpty(RevocationList),
            HashAlgorithm = NoneIfBlank(HashAlgorithm),
            MacAlgorithm = NoneIfBlank(MacAlgorithm),
            IterationCount = IterationCount,
            RsaPadding = RsaPadding,
            Recipient = NameOf(Recipient),
            GeneralInfo = GeneralInfo is { Count: > 0 } ? Items(GeneralInfo) : null,
            ExchangeTimeout = Seconds(ExchangeTimeoutSec),
            Proxy = Proxy is { OriginalString.Length: > 0 } ? Proxy : null,
            ProxyCredential = ProxyCredential?.GetNetworkCredential(),
            NoProxy = NoneIfEmpty(NoProxy),
            TlsCertificate = TlsCertificate,
            TlsTrustAnchor = NoneIfEmpty(TlsTrustAnchor),
            KeepAlive = KeepAlive,
            HttpVersion = HttpVersion,
            HttpGeneration = HttpGeneration,
            TcpStyle = TcpStyle,
            AllowRedirect = Given(nameof(AllowRedirect), AllowRedirect),
            MailFolder = NoneIfBlank(MailFolder) is { } folder ? GetUnresolvedProviderPathFromPSPath(folder) : null,
            WellKnown = Given(nameof(WellKnown), WellKnown),
            MaxResponseBytes = MaxResponseBytes,
            Lenient = Given(nameof(Lenient), Lenient),
        };
    }

    /// <summary>Nothing for an empty list or table, by which a setting is taken back.</summary>
    private static IReadOnlyList<T>? NoneIfEmpty<T>(IReadOnlyList<T>? list) => list is { Count: > 0 } ? list : null;

    private static string? NoneIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static Name? NameOf(string? text) => NoneIfBlank(text) is { } name ? Name.Parse(name) : null;

    /// <summary>The items in the order of the table: an [ordered] one keeps it.</summary>
    private static List<InfoTypeAndValue> Items(IDictionary table)
    {
        var items = new List<InfoTypeAndValue>();
        foreach (DictionaryEntry entry in table)
        {
            string oid = LanguagePrimitives.ConvertTo<string>(entry.Key);
            try
            {
                var item = new InfoTypeAndValue(oid, InfoValue.Encode(entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value));
                _ = item.Encoded;
                items.Add(item);
            }
            catch (Exception e) when (e is ArgumentException or PSInvalidCastException or AsnContentException)
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.GeneralInfo", $"The item '{PeerText.Escape(oid)}' of -GeneralInfo cannot be encoded: {e.Message}", e);
            }
        }
        return items;
    }

    private static TimeSpan? Seconds(int? seconds) => seconds is { } number ? TimeSpan.FromSeconds(number) : null;

    /// <summary>Yes or no where that was said; <c>-Lenient:$false</c> says no.</summary>
    private bool? Given(string name, SwitchParameter parameter) => MyInvocation.BoundParameters.ContainsKey(name) ? parameter.ToBool() : null;
}
