using System;
using System.Collections.Generic;
using System.Net;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Finds CMP on its roads: HTTP, TCP-Messages and CoAP, wherever they come along. Whatever a peer's octets are, nothing is thrown for them.</summary>
internal sealed class RoadReader : ITrafficReader
{
    /// <summary>The port of TCP-Messages (RFC 2510 5.2).</summary>
    private const int TcpPort = 829;

    /// <summary>Octets of all messages that are not whole yet, 64 MiB.</summary>
    private const int MaxGatheredBytes = 1 << 26;

    private readonly Action<CapturedItem> _found;
    private readonly HashSet<int> _ports;
    private readonly CoapRoad _coap;

    /// <summary>Begins with a capture.</summary>
    /// <param name="options">What is looked for.</param>
    /// <param name="found">Is told what was found, in the order that it became whole.</param>
    /// <param name="summary">Where it is counted what is not read.</param>
    public RoadReader(CaptureOptions options, Action<CapturedItem> found, CaptureSummary summary)
    {
        _found = found;
        _ports = [.. options.Ports];
        MaxBytes = options.Limits.MaxResponseBytes;
        Summary = summary;
        _coap = new CoapRoad(this);
    }

    /// <summary>Where it is counted what is not read.</summary>
    public CaptureSummary Summary { get; }

    /// <summary>The octets that a message may have.</summary>
    public int MaxBytes { get; }

    /// <summary>What the messages take their room from that are not whole yet.</summary>
    public OctetBudget Budget { get; } = new(MaxGatheredBytes);

    /// <inheritdoc/>
    public IConnectionReader? Connect(IPEndPoint first, IPEndPoint second, bool isOpening) => new RoadConnection(this, first, second, isOpening);

    /// <inheritdoc/>
    public void Datagram(IPEndPoint source, IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets) =>
        _coap.Read(source, destination, time, packet, octets);

    /// <inheritdoc/>
    public void End() => _coap.End();

    /// <summary>Whether a port was named.</summary>
    /// <param name="port">The port.</param>
    /// <returns>Whether it was.</returns>
    public bool IsNamed(int port) => _ports.Contains(port);

    /// <summary>Whether what comes on a TCP port are TCP-Messages where it is nothing else.</summary>
    /// <param name="port">The port.</param>
    /// <returns>Whether they are.</returns>
    public bool IsTcpPort(int port) => port == TcpPort || IsNamed(port);

    /// <summary>Tells what was found.</summary>
    /// <param name="item">It.</param>
    public void Tell(CapturedItem item) => _found(item);

    /// <summary>Why octets that came whole are not one message.</summary>
    /// <param name="octets">What there is of it; at least one octet.</param>
    /// <returns>A sentence; <see langword="null"/> where they are.</returns>
    public string? DefectOf(ReadOnlySpan<byte> octets)
    {
        try
        {
            MessageOctets.Verify(octets, MaxBytes);
            return null;
        }
        catch (CmpException exception)
        {
            return exception.Message;
        }
    }
}
