using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>What a server shows when it is asked for everything: as far as the probe came, and where it stopped.</summary>
public sealed record ServerProbe
{
    /// <summary>The server's name or address.</summary>
    public required string Server { get; init; }

    /// <summary>How far it came.</summary>
    public ProbeStage Stage { get; init; }

    /// <summary>What stopped it there; <see langword="null"/> where nothing did.</summary>
    public CmpException? Error { get; init; }

    /// <summary>Whether anything answered there.</summary>
    public bool IsReachable => Stage > ProbeStage.None;

    /// <summary>The version of TLS, as in <c>Tls13</c>; <see langword="null"/> without TLS, or where it stopped before.</summary>
    public string? TlsProtocol { get; init; }

    /// <summary>The certificate that the TLS server shows, believed or not.</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>The paths at which a CoAP server says to have CMP (RFC 9482 2.2), escaped, and believed by nobody; empty where it does not say, and on other roads.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>The HTTP status of the first answer, or <see langword="null"/>.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>How long the first round trip took.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>What answers the empty genm: the body and its status, as in <c>genp</c> or <c>error with status rejection (badRequest)</c>.</summary>
    public string? Answer { get; init; }

    /// <summary>The version of CMP that it speaks to us.</summary>
    public int? ProtocolVersion { get; init; }

    /// <summary>The algorithm that protects its answer; <see langword="null"/> where none does.</summary>
    public AlgorithmIdentifier? ProtectionAlgorithm { get; init; }

    /// <summary>The name of the sender of its answer; it is believed only where <see cref="Stage"/> says so.</summary>
    public GeneralName? Sender { get; init; }

    /// <summary>Who signed its answer, validated; <see langword="null"/> under a MAC.</summary>
    public Certificate? Signer { get; init; }

    /// <summary>How far the server's clock is ahead of ours, as its messageTime, else the road, tells.</summary>
    public TimeSpan? ClockDifference { get; init; }

    /// <summary>What it tells, item by item.</summary>
    public IReadOnlyList<InfoTypeAndValue> Items { get; init; } = [];

    /// <summary>The info types that it answers, by their names.</summary>
    public IReadOnlyList<string> InfoTypes { get; init; } = [];

    /// <summary>The keys for signatures that it certifies, by the names of -KeyAlgorithm where they have one; RSA without its length.</summary>
    public IReadOnlyList<string> SignKeyPairTypes { get; init; } = [];

    /// <summary>The keys for encryption and key agreement that it certifies.</summary>
    public IReadOnlyList<string> EncKeyPairTypes { get; init; } = [];

    /// <summary>The symmetric algorithm that it prefers, or <see langword="null"/>.</summary>
    public string? PreferredSymmetricAlgorithm { get; init; }
}
