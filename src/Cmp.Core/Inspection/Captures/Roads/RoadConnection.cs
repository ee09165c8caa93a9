using System;
using System.Collections.Generic;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>Reads both directions of one TCP connection. Each is recognized by itself; what the one tells helps the other.</summary>
internal sealed class RoadConnection : IConnectionReader
{
    /// <summary>What may wait for a proof that it is of TCP-Messages.</summary>
    private const int MaxHeld = 16;

    private readonly RoadDirection _first;
    private readonly RoadDirection _second;
    private readonly bool _isOpening;
    private bool _hasLoss;
    private List<CapturedItem>? _held;
    private HttpQuestions? _questions;

    /// <summary>Begins with a connection.</summary>
    /// <param name="reader">Who is told what is found.</param>
    /// <param name="first">Who opened it, where that was seen; else who was heard first.</param>
    /// <param name="second">The other end.</param>
    /// <param name="isOpening">Whether the SYN was seen.</param>
    public RoadConnection(RoadReader reader, IPEndPoint first, IPEndPoint second, bool isOpening)
    {
        Reader = reader;
        _isOpening = isOpening;
        _first = new RoadDirection(this, first, second, isOpening);
        _second = new RoadDirection(this, second, first, isOpening);
        IsTcpPort = reader.IsTcpPort(first.Port) || reader.IsTcpPort(second.Port);
        IsTcpProven = IsTcpPort;
    }

    /// <summary>Who is told what is found.</summary>
    public RoadReader Reader { get; }

    /// <summary>Whether TCP-Messages are read here without looking whether they are some.</summary>
    public bool IsTcpPort { get; }

    /// <summary>Whether what is read as TCP-Messages here is that beyond doubt.</summary>
    public bool IsTcpProven { get; private set; }

    /// <summary>The requests of HTTP that wait for their response.</summary>
    public HttpQuestions Questions => _questions ??= new HttpQuestions(_isOpening && !_hasLoss);

    /// <summary>Who is the client of TCP-Messages; <see langword="null"/> while nobody knows.</summary>
    private RoadDirection? TcpClient { get; set; }

    /// <inheritdoc/>
    public bool IsDone(bool fromFirst) => Of(fromFirst).IsDone;

    /// <inheritdoc/>
    public void Read(bool fromFirst, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets) => Of(fromFirst).Read(time, packet, octets.Span);

    /// <inheritdoc/>
    public void Lose(bool fromFirst, long octets) => Of(fromFirst).Lose(octets);

    /// <inheritdoc/>
    public void End(bool fromFirst) => Of(fromFirst).End();

    /// <summary>The other direction.</summary>
    /// <param name="direction">One of both.</param>
    /// <returns>The other.</returns>
    public RoadDirection OtherThan(RoadDirection direction) => direction == _first ? _second : _first;

    /// <summary>Whether a direction can be the one of the client, by what is known before anything was said.</summary>
    /// <param name="direction">One of both.</param>
    /// <returns>Whether it can.</returns>
    public bool IsFromClient(RoadDirection direction) => direction == _first;

    /// <summary>Octets are missing in a direction.</summary>
    /// <param name="direction">Which.</param>
    /// <param name="isLost">Whether it is not known any more where its next message begins.</param>
    public void NoteLoss(RoadDirection direction, bool isLost)
    {
        _hasLoss = true;
        _questions?.Lose(ofAnswers: isLost && OtherThan(direction).HasRequests);
    }

    /// <summary>Nothing more is read of this connection: it carries something else from now on.</summary>
    public void Finish()
    {
        _first.Finish();
        _second.Finish();
        _held = null;
    }

    /// <summary>It is TLS.</summary>
    public void FinishTls()
    {
        Reader.Summary.TlsConnections++;
        Finish();
    }

    /// <summary>What was read as TCP-Messages is that: what waited for the proof is told.</summary>
    public void ProveTcp()
    {
        IsTcpProven = true;
        if (_held is null)
            return;
        foreach (CapturedItem item in _held)
            Reader.Tell(item);
        _held = null;
    }

    /// <summary>Tells what was found in TCP-Messages, now or once they have proved to be some.</summary>
    /// <param name="direction">Where it was found.</param>
    /// <param name="isOfClient">Whether only a client says so, or only a server; <see langword="null"/> where both may.</param>
    /// <param name="item">What was found; its ends and its direction are set here.</param>
    public void TellTcp(RoadDirection direction, bool? isOfClient, CapturedItem item)
    {
        // the SYN tells, else the well-known port, else the type of the first message, else who spoke first
        TcpClient ??= _isOpening ? _first
            : Reader.IsTcpPort(direction.Receiver.Port) != Reader.IsTcpPort(direction.Sender.Port) ? (Reader.IsTcpPort(direction.Receiver.Port) ? direction : OtherThan(direction))
            : isOfClient == false ? OtherThan(direction) : direction;
        item = item with
        {
            Client = TcpClient.Sender,
            Server = TcpClient.Receiver,
            Direction = direction == TcpClient ? MessageDirection.Request : MessageDirection.Response,
        };
        if (IsTcpProven)
        {
            Reader.Tell(item);
            return;
        }
        (_held ??= []).Add(item);
        if (_held.Count > MaxHeld)
            Finish();
    }

    private RoadDirection Of(bool fromFirst) => fromFirst ? _first : _second;
}
