using System;
using System.Collections.Generic;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Cmp.Transports;

/// <summary>Which TLS server is believed: trust of its own, apart from that in CMP messages; the host name is always verified (rule 59).</summary>
internal static class TlsTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

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

    /// <summary>Why a server's certificate does not lead to an anchor, where the system does not look itself.</summary>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="others">What the server sent besides.</param>
    /// <param name="anchors">The anchors; <see langword="null"/> for the system's.</param>
    /// <returns>The reason in the system's words, not escaped; <see langword="null"/> where it does.</returns>
    public static string? Refusal(X509Certificate2 certificate, X509Certificate2Collection others, IReadOnlyList<X509Certificate2>? anchors)
    {
        using X509Chain chain = new() { ChainPolicy = Policy(anchors) };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(others);
        return chain.Build(certificate) ? null : Reason(chain);
    }
#else
    /// <summary>How long Windows may look for a certificate that is missing in a chain: nothing is to be fetched, and it has no word for that.</summary>
    private static readonly TimeSpan NoFetching = TimeSpan.FromMilliseconds(1);

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
        X509Certificate2Collection others = [];
        if (presented is not null)
        {
            foreach (X509ChainElement element in presented.ChainElements)
                others.Add(element.Certificate);
            others.AddRange(presented.ChainPolicy.ExtraStore);
        }
        return Refusal(certificate, others, anchors) is null;
    }

    /// <summary>Why a server's certificate does not lead to an anchor, where the system does not look itself.</summary>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="others">What the server sent besides.</param>
    /// <param name="anchors">The anchors; <see langword="null"/> for the system's.</param>
    /// <returns>The reason in the system's words, not escaped; <see langword="null"/> where it does.</returns>
    public static string? Refusal(X509Certificate2 certificate, X509Certificate2Collection others, IReadOnlyList<X509Certificate2>? anchors)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.UrlRetrievalTimeout = NoFetching;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(others);
        if (anchors is not null)
        {
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
            foreach (X509Certificate2 anchor in anchors)
                chain.ChainPolicy.ExtraStore.Add(anchor);
        }
        if (!chain.Build(certificate))
            return Reason(chain);
        if (anchors is null)
            return null;
        ReadOnlySpan<byte> root = chain.ChainElements[chain.ChainElements.Count - 1].Certificate.RawData;
        foreach (X509Certificate2 anchor in anchors)
        {
            if (root.SequenceEqual(anchor.RawData))
                return null;
        }
        return "its chain ends at another root than the trusted ones.";
    }
#endif

    /// <summary>Puts a certificate of ours in front of those that lead to its root, as far as the system has them; the root itself is nobody's to send. Nothing is fetched.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>The DER of each, the certificate's own first.</returns>
    public static IReadOnlyList<byte[]> OwnChain(X509Certificate2 certificate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
#if NET
        chain.ChainPolicy.DisableCertificateDownloads = true;
#else
        chain.ChainPolicy.UrlRetrievalTimeout = NoFetching;
#endif
        List<byte[]> sent = [certificate.RawData];
        chain.Build(certificate);
        for (int i = 1; i < chain.ChainElements.Count; i++)
        {
            X509Certificate2 next = chain.ChainElements[i].Certificate;
            if (!next.IssuerName.RawData.AsSpan().SequenceEqual(next.SubjectName.RawData))
                sent.Add(next.RawData);
        }
        foreach (X509ChainElement element in chain.ChainElements)
            element.Certificate.Dispose();
        return sent;
    }

    private static string Reason(X509Chain chain)
    {
        StringBuilder reason = new();
        foreach (X509ChainStatus status in chain.ChainStatus)
            reason.Append(reason.Length == 0 ? "" : " ").Append(status.Status).Append(": ").Append(status.StatusInformation.Trim());
        return reason.ToString();
    }
}
