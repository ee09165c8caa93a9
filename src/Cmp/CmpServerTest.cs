using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>What a server shows when it is probed: as far as that came, and where it stopped.</summary>
public sealed class CmpServerTest
{
    internal CmpServerTest(ServerProbe probe)
    {
        Server = probe.Server;
        Stage = probe.Stage;
        Problem = probe.Error?.Message;
        ErrorId = probe.Error?.ErrorId;
        RecommendedAction = probe.Error?.RecommendedAction;
        TlsProtocol = probe.TlsProtocol;
        TlsCertificate = probe.TlsCertificate;
        Resources = probe.Resources.ToArray();
        HttpStatus = probe.HttpStatus;
        RoundTrip = probe.RoundTrip;
        Answer = probe.Answer;
        ProtocolVersion = probe.ProtocolVersion;
        Protection = probe.ProtectionAlgorithm is { } algorithm ? InformationValue.NameOf(algorithm) : null;
        Sender = probe.Sender?.ToString();
        Signer = probe.Signer is { } signer ? CACertificateObject.ToX509(signer) : null;
        ClockDifference = probe.ClockDifference;
        // arrays, which scripts can index
        InfoTypes = probe.Items.Select(item => Messages.InfoTypes.InfoTypes.NameOf(item.InfoType)).Distinct().ToArray();
        SignKeyPairTypes = probe.SignKeyPairTypes.ToArray();
        EncKeyPairTypes = probe.EncKeyPairTypes.ToArray();
        PreferredSymmetricAlgorithm = probe.PreferredSymmetricAlgorithm is { } preferred ? InformationValue.NameOf(new AlgorithmIdentifier(preferred)) : null;
    }

    /// <summary>The server's name or address.</summary>
    public string Server { get; }

    /// <summary>Whether a CMP server answers there that is the one that it should be, be it that it tells nothing.</summary>
    public bool Passed => Stage >= ProbeStage.Authenticated;

    /// <summary>How far the probe came.</summary>
    public ProbeStage Stage { get; }

    /// <summary>Whether anything answers there.</summary>
    public bool Reachable => Stage > ProbeStage.None;

    /// <summary>What stopped it; <see langword="null"/> where nothing did.</summary>
    public string? Problem { get; }

    /// <summary>The ID that the problem would have as an error, as in <c>CmpTransport.ConnectFailed</c>; else <see langword="null"/>.</summary>
    public string? ErrorId { get; }

    /// <summary>What to do about the problem, where anything is known; else <see langword="null"/>.</summary>
    public string? RecommendedAction { get; }

    /// <summary>The version of TLS, as in <c>Tls13</c>; <see langword="null"/> without TLS.</summary>
    public string? TlsProtocol { get; }

    /// <summary>The certificate that the TLS server shows, believed or not; <see langword="null"/> without TLS.</summary>
    public X509Certificate2? TlsCertificate { get; }

    /// <summary>The paths at which a CoAP server says to have CMP, escaped; empty on other roads.</summary>
    public IReadOnlyList<string> Resources { get; }

    /// <summary>The HTTP status of the first answer, or <see langword="null"/>.</summary>
    public int? HttpStatus { get; }

    /// <summary>How long the first round trip took.</summary>
    public TimeSpan? RoundTrip { get; }

    /// <summary>What answered, as in <c>genp</c>; <see langword="null"/> where no CMP message came.</summary>
    public string? Answer { get; }

    /// <summary>The version of CMP that it speaks to us, 1 to 3.</summary>
    public int? ProtocolVersion { get; }

    /// <summary>The algorithm that protects its answer; <see langword="null"/> where none does.</summary>
    public string? Protection { get; }

    /// <summary>The sender that its answer names, escaped.</summary>
    public string? Sender { get; }

    /// <summary>Who signed its answer; <see langword="null"/> under a MAC.</summary>
    public X509Certificate2? Signer { get; }

    /// <summary>How far its clock is ahead of ours.</summary>
    public TimeSpan? ClockDifference { get; }

    /// <summary>The types of information that it tells, by their names.</summary>
    public IReadOnlyList<string> InfoTypes { get; }

    /// <summary>The keys for signatures that it certifies.</summary>
    public IReadOnlyList<string> SignKeyPairTypes { get; }

    /// <summary>The keys for encryption and key agreement that it certifies.</summary>
    public IReadOnlyList<string> EncKeyPairTypes { get; }

    /// <summary>The symmetric algorithm that it prefers, or <see langword="null"/>.</summary>
    public string? PreferredSymmetricAlgorithm { get; }

    /// <summary>One line.</summary>
    /// <returns>As in <c>ca: genp of pvno 2 in 12 ms</c>.</returns>
    public override string ToString() => $"{Server}: {(Passed ? $"{Answer} of pvno {ProtocolVersion} in {RoundTrip?.TotalMilliseconds:0} ms" : Problem)}";
}
