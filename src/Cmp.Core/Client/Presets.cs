using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>What real servers do differently, as data: a named set of defaults under what the user says.</summary>
public static class Presets
{
    /// <summary>The strict profile, and the default.</summary>
    public const string Rfc9483 = "Rfc9483";

    /// <summary>Where <see cref="ServerSettings.CertificateProfile"/> stands in a <see cref="ServerSettings.DefaultPath"/>, after a slash; nothing does where none is named.</summary>
    internal const string ProfilePlace = "{/profile}";

    private static readonly Dictionary<string, ServerSettings> All = new(StringComparer.OrdinalIgnoreCase)
    {
        // RFC 9483 4.2: a reasonCode always, 0 where none is known; 4.1.6: EnvelopedData and nothing else
        [Rfc9483] = new() { DefaultRevocationReason = RevocationReason.Unspecified, AllowEncryptedValue = false },

        // errors without protection, signed answers to MACs; the alias of its configuration stands in the path
        ["Ejbca"] = new()
        {
            DefaultPath = "/ejbca/publicweb/cmp" + ProfilePlace,
            AllowUnprotectedErrors = true,
            MinReferenceBytes = 1,
            WarnOnMixedProtection = false,
            NotifyErrors = true,
            DefaultRevocationReason = RevocationReason.Unspecified,
        },

        // refuses hmacWithSHA256 and 2048 iterations
        ["Insta"] = new()
        {
            MinReferenceBytes = 1,
            MacAlgorithm = "HMAC-SHA1",
            IterationCount = 1024,
            AllowPbmSha1 = true,
            AbsentSubject = Client.AbsentSubject.Omit,
            NotifyErrors = true,
        },

        // a MAC of its own kind, its user IDs, and the CA itself as signer; a transaction lives on its connection
        ["Cryptlib"] = new()
        {
            MinReferenceBytes = 8,
            MaxReferenceBytes = 64,
            DecodeUserIds = true,
            SenderIsReference = false,
            MacHashAlgorithm = "SHA1",
            MacAlgorithm = "HMAC-SHA1",
            IterationCount = 500,
            AllowPbmSha1 = true,
            AllowSha1Signatures = true,
            AbsentSubject = Client.AbsentSubject.Omit,
            IdentifySigner = true,
            AllowSigningCA = true,
            AllowMacAsBefore = true,
            WarnOnMixedProtection = false,
            NotifyErrors = true,
            KeepAlive = KeepAliveMode.Require,
            TcpStyle = TcpMessageStyle.Version10,
            UnsupportedRequests = ["p10cr"],
            InitializationNeedsSecret = true,
        },

        // RFC 9483 but for what its software writes
        ["Siemens"] = new()
        {
            LenientPbmac1 = true,
            AllowEncryptedValue = false,
            DefaultRevocationReason = RevocationReason.Unspecified,
        },

        // one transaction a connection; PasswordBasedMac answers with HMAC-SHA1 whatever the request has; no subject without poposkInput
        ["OpenSslMock"] = new()
        {
            DefaultPath = "/pkix/",
            AllowPbmSha1 = true,
            AbsentSubject = Client.AbsentSubject.Omit,
            NotifyErrors = true,
            WarnOnMixedProtection = false,
        },

        // a base station: the vendor's certificate signs, and each certificate is confirmed
        ["Ts33310"] = new()
        {
            Protection = ProtectionKind.Signature,
            AbsentSubject = Client.AbsentSubject.OmitWithInput,
            ImplicitConfirm = false,
        },

        // a train: signatures throughout, and the CA's certificates come with the first one
        ["UnisigSubset137"] = new()
        {
            Protection = ProtectionKind.Signature,
            AbsentSubject = Client.AbsentSubject.OmitWithInput,
            ImplicitConfirm = false,
            ExpectsCaPubs = true,
        },

        // RFC 2510 as a server of its time spoke it
        ["Cmp1999"] = new()
        {
            ProtocolVersion = 1,
            TcpStyle = TcpMessageStyle.Rfc2510,
            MinReferenceBytes = 1,
            NamesNobody = true,
            MacHashAlgorithm = "SHA1",
            MacAlgorithm = "HMAC-SHA1",
            IterationCount = 1024,
            SaltBytes = 4,
            AllowPbmSha1 = true,
            AbsentSubject = Client.AbsentSubject.OmitWithInput,
            ImplicitConfirm = false,
            WarnOnMixedProtection = false,
            NotifyErrors = true,
        },
    };

    /// <summary>The names, in their order.</summary>
    public static IReadOnlyList<string> Names => All.Keys.ToList();

    /// <summary>What holds where neither user nor preset says anything.</summary>
    public static ServerSettings Defaults { get; } = new()
    {
        TrustAnchor = [],
        UntrustedCertificate = [],
        ExtraCertificate = [],
        IssuedTrustAnchor = [],
        GeneralInfo = [],
        TrustExtraCerts = [],
        RevocationList = [],
        ClientChain = [],
        Timeout = TimeSpan.FromMinutes(5),
        ExchangeTimeout = TimeSpan.FromMinutes(2),
        AllowAnySigner = false,
        AllowUnprotectedErrors = false,
        AllowUnprotectedAnswers = false,
        AllowExpiredServerCertificate = false,
        AllowEncryptedValue = true,
        RsaPadding = Client.RsaPadding.Pkcs1,
        KeepAlive = KeepAliveMode.Prefer,
        HttpVersion = System.Net.HttpVersion.Version11,
        AllowRedirect = false,
        WellKnown = false,
        MaxResponseBytes = CmpLimits.Default.MaxResponseBytes,
        Lenient = false,
        SenderIsReference = true,
        AbsentSubject = Client.AbsentSubject.NullDn,
        ImplicitConfirm = true,
        NotifyErrors = false,
        WarnOnMixedProtection = true,
        AllowPbmSha1 = false,
        AllowSha1Signatures = false,
        SaltBytes = 16,
        DecodeUserIds = false,
        NamesNobody = false,
        IdentifySigner = false,
        AllowSigningCA = false,
        AllowMacAsBefore = false,
        LenientPbmac1 = false,
        UnsupportedRequests = [],
        InitializationNeedsSecret = false,
        ExpectsCaPubs = false,
    };

    /// <summary>A preset by its name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Preset</c>.</exception>
    public static ServerSettings Get(string name) => All.TryGetValue(name, out ServerSettings? preset)
        ? preset
        : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Preset", $"There is no preset '{PeerText.Escape(name)}'.")
        {
            RecommendedAction = $"Name one of {string.Join(", ", Names)}.",
        };
}
