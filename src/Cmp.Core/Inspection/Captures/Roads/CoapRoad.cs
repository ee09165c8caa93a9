using System;
using System.Collections.Generic;
using System.Net;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Finds CMP over CoAP among all datagrams (RFC 9482): on its port, on ports that were named, and wherever a request names <c>cmp</c> or its format.</summary>
/// <param name="reader">Who is told what is found.</param>
internal sealed class CoapRoad(RoadReader reader)
{
    /// <summary>Pairs of endpoints that are remembered; the one that was silent longest is forgotten beyond them.</summary>
    private const int MaxPairs = 1024;

    /// <summary>Pairs of endpoints that speak DTLS that are remembered, so that each is counted once.</summary>
    private const int MaxDtlsPairs = 1 << 16;

    private const int HeaderBytes = 4;

    private readonly Dictionary<(ConnectionKey Ends, bool IsClientLow), CoapPair> _pairs = [];
    private readonly LinkedList<CoapPair> _recent = new();
    private readonly HashSet<ConnectionKey> _dtls = [];

    /// <summary>Takes a datagram.</summary>
    /// <param name="source">Who sent it.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="time">When it was captured.</param>
    /// <param name="packet">Its packet.</param>
    /// <param name="octets">The payload.</param>
    public void Read(IPEndPoint source, IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets)
    {
        ReadOnlySpan<byte> span = octets.Span;
        if (span.Length < HeaderBytes)
            return;
        // most datagrams end here: version, token and code are what they must be in few of them
        var code = new CoapCode(span[1]);
        if (span[0] >> 6 != 1 || (span[0] & 0xF) > CoapMessage.MaxTokenBytes || code.IsReserved || (code.Class == 0 && code.Detail > 7))
        {
            if (TlsShape.IsDtls(span))
                CountDtls(source, destination);
            return;
        }
        // an acknowledgement that says nothing else, or a reset
        if (code == CoapCode.Empty)
        {
            if (span.Length == HeaderBytes && (CoapType)((span[0] >> 4) & 3) == CoapType.Reset)
                ReadReset(source, destination, time, packet, (ushort)((span[2] << 8) | span[3]));
            return;
        }
        if (CoapMessage.Decode(octets, out CoapMessage? message) is not null)
            return;
        if (code.IsRequest)
            ReadRequest(source, destination, time, packet, message!, span);
        else
            ReadResponse(source, destination, time, packet, message!, span);
    }

    /// <summary>No more comes.</summary>
    public void End()
    {
        foreach (CoapPair pair in _recent)
            pair.End();
        _recent.Clear();
        _pairs.Clear();
    }

    private void ReadRequest(IPEndPoint client, IPEndPoint server, DateTimeOffset time, long packet, CoapMessage request, ReadOnlySpan<byte> datagram)
    {
        CoapPair? pair = Find(client, server);
        bool isCmp = NamesCmp(request) || CoapPair.IsCmp(request) || (request.Code == CoapCode.Post && reader.IsNamed(server.Port)) || pair?.GoesOn(request) == true;
        if (!isCmp)
            return;
        pair ??= Add(client, server);
        if (!pair.IsCopy(datagram, time))
            pair.Ask(request, time, packet);
    }

    private void ReadResponse(IPEndPoint server, IPEndPoint client, DateTimeOffset time, long packet, CoapMessage response, ReadOnlySpan<byte> datagram)
    {
        CoapPair? pair = Find(client, server);
        if (pair?.IsAnswer(response) != true && !CoapPair.IsCmp(response))
            return;
        pair ??= Add(client, server);
        if (!pair.IsCopy(datagram, time))
            pair.Answer(response, time, packet);
    }

    private void ReadReset(IPEndPoint source, IPEndPoint destination, DateTimeOffset time, long packet, ushort messageId)
    {
        Find(source, destination)?.Reset(isOfClient: true, messageId, time, packet);
        Find(destination, source)?.Reset(isOfClient: false, messageId, time, packet);
    }

    /// <summary>Whether a request names CMP in its path or as what it wants.</summary>
    private static bool NamesCmp(CoapMessage request)
    {
        foreach (CoapOption option in request.Options)
        {
            if (option.Number == CoapOptionNumber.UriPath && option.Value.Span.SequenceEqual("cmp"u8))
                return true;
        }
        return request.FindNumber(CoapOptionNumber.ContentFormat) == CoapContentFormat.Pkixcmp || request.FindNumber(CoapOptionNumber.Accept) == CoapContentFormat.Pkixcmp;
    }

    private CoapPair? Find(IPEndPoint client, IPEndPoint server)
    {
        if (_pairs.Count == 0 || !_pairs.TryGetValue(KeyOf(client, server), out CoapPair? pair))
            return null;
        _recent.Remove(pair.Node!);
        _recent.AddLast(pair.Node!);
        return pair;
    }

    private CoapPair Add(IPEndPoint client, IPEndPoint server)
    {
        if (_pairs.Count == MaxPairs)
        {
            CoapPair oldest = _recent.First!.Value;
            _recent.RemoveFirst();
            _pairs.Remove(KeyOf(oldest.Client, oldest.Server));
            oldest.End();
        }
        CoapPair pair = new(reader, client, server);
        pair.Node = _recent.AddLast(pair);
        _pairs.Add(KeyOf(client, server), pair);
        return pair;
    }

    private void CountDtls(IPEndPoint source, IPEndPoint destination)
    {
        if (_dtls.Count < MaxDtlsPairs && _dtls.Add(ConnectionKey.Of(source, destination, out _)))
            reader.Summary.DtlsConnections++;
    }

    private static (ConnectionKey Ends, bool IsClientLow) KeyOf(IPEndPoint client, IPEndPoint server)
    {
        ConnectionKey ends = ConnectionKey.Of(client, server, out bool isClientLow);
        return (ends, isClientLow);
    }
}
