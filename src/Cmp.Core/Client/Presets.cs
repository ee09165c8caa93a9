using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>What real servers do differently, as data: a named set of defaults under what the user says.</summary>
public static class Presets
{
    /// <summary>The strict profile, and the default.</summary>
    public const string Rfc9483 = "Rfc9483";

    private static readonly Dictionary<string, ServerSettings> All = new(StringComparer.OrdinalIgnoreCase)
    {
        [Rfc9483] = new(),

        // one transaction a connection; PasswordBasedMac answers with HMAC-SHA1 whatever the request has; no subject without poposkInput
        ["OpenSslMock"] = new()
        {
            DefaultPath = "/pkix/",
            AllowPbmSha1 = true,
            AbsentSubject = Client.AbsentSubject.Omit,
            NotifyErrors = true,
            WarnOnMixedProtection = false,
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
        ClientChain = [],
        Timeout = TimeSpan.FromMinutes(5),
        ExchangeTimeout = TimeSpan.FromMinutes(2),
        AllowAnySigner = false,
        AllowUnprotectedErrors = false,
        AllowUnprotectedAnswers = false,
        AllowExpiredServerCertificate = false,
        RsaPadding = Client.RsaPadding.Pkcs1,
        KeepAlive = HttpKeepAlive.Prefer,
        WellKnown = false,
        MaxResponseBytes = CmpLimits.Default.MaxResponseBytes,
        Lenient = false,
        SenderIsReference = true,
        AbsentSubject = Client.AbsentSubject.NullDn,
        ImplicitConfirm = true,
        NotifyErrors = false,
        WarnOnMixedProtection = true,
        AllowPbmSha1 = false,
        LenientPbmac1 = false,
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
