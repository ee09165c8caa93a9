using System;
using System.Collections.Generic;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>Which TLS server is believed: trust of its own, apart from that in CMP messages; the host name is always verified (rule 59).</summary>
internal static class TlsTrust
{
#if NET
    /// <summary>The policy by which a TLS server's chain is built. Nothing is fetched that the server's certificate names.</summary>
    /// <param name="anchors">The anchors; <see langword="null"/> for the system's.</param>
    /// <returns>The policy.</returns>
    public static X509ChainPolicy Policy(IReadOnlyList<X509Certificate2>? anchors)
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (anchors is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (X509Certificate2 anchor in anchors)
                policy.CustomTrustStore.Add(anchor);
        }
        return policy;
    }
#else
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Whether a TLS server's certificate leads to one of our anchors. .NET Framework cannot build a chain to other roots than the system's, so the root is compared here.</summary>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="presented">The chain that was built already; it holds what the server sent.</param>
    /// <param name="errors">What was found; a wrong name is never forgiven.</param>
    /// <param name="anchors">The anchors.</param>
    /// <returns>Whether the server is believed.</returns>
    public static bool Accepts(X509Certificate2? certificate, X509Chain? presented, SslPolicyErrors errors, IReadOnlyList<X509Certificate2> anchors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using X509Chain chain = new();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (X509Certificate2 anchor in anchors)
            chain.ChainPolicy.ExtraStore.Add(anchor);
        if (presented is not null)
        {
            foreach (X509ChainElement element in presented.ChainElements)
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        }
        if (!chain.Build(certificate))
            return false;
        ReadOnlySpan<byte> root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate.RawData;
        foreach (X509Certificate2 anchor in anchors)
        {
            if (root.SequenceEqual(anchor.RawData))
                return true;
        }
        return false;
    }
#endif
}
