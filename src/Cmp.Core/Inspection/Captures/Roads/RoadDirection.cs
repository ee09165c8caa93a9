using System;
using System.Collections.Generic;
using System.Net;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>
/// One direction of a connection: what road it is shows in its first octets, and from there on that road reads it. Met in its midst, or after octets that
/// are missing, a message is looked for at the beginning of each piece that was read, which is mostly one of a segment.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="sender">Who sends here.</param>
/// <param name="receiver">Who receives.</param>
/// <param name="isOpening">Whether its first octets are the first ones of the connection.</param>
internal sealed class RoadDirection(RoadConnection connection, IPEndPoint sender, IPEndPoint receiver, bool isOpening)
{
    /// <summary>Octets in which a beginning is looked for where the other direction speaks no road either.</summary>
    private const int MaxSearched = 1 << 20;

    /// <summary>What a wrong guess counts for among them.</summary>
    private const int WrongGuess = 1024;

    private bool _isSearching = !isOpening;
    private long _searched;
    private HttpRoad? _wasHttp;
    private bool _wasTcp;
    private StreamRoad? _road;
    private byte[] _undecided = [];
    private Queue<int>? _beginnings;

    /// <summary>The connection.</summary>
    public RoadConnection Connection => connection;

    /// <summary>Who sends here.</summary>
    public IPEndPoint Sender => sender;

    /// <summary>Who receives.</summary>
    public IPEndPoint Receiver => receiver;

    /// <summary>When the last octets were captured.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>The number of the packet that they came in.</summary>
    public long Packet { get; private set; }

    /// <summary>Whether nothing more is read here.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether a road is being read here.</summary>
    public bool IsReading => _road is not null && !IsDone;

    /// <summary>Whether that is, or was, TCP-Messages, or what can be such.</summary>
    public bool IsTcp => _wasTcp || _road is TcpMessageRoad;

    /// <summary>Whether requests of HTTP come here.</summary>
    public bool HasRequests => (_road as HttpRoad ?? _wasHttp) is { IsRequest: true };

    /// <summary>Takes the next octets.</summary>
    /// <param name="time">When they were captured.</param>
    /// <param name="packet">Their packet.</param>
    /// <param name="octets">They.</param>
    public void Read(DateTimeOffset time, long packet, ReadOnlySpan<byte> octets)
    {
        Time = time;
        Packet = packet;
        while (!octets.IsEmpty && !IsDone)
        {
            if (_road is null)
            {
                octets = Recognize(octets);
                continue;
            }
            StreamRoad road = _road;
            octets = octets.Slice(road.Read(octets));
            if (road.State == RoadState.Reading || IsDone)
                return;
            if (road.State == RoadState.Lost)
            {
                Search();
                return;
            }
            Drop();
            _isSearching = false;
            _wasHttp = null;
        }
    }

    /// <summary>Passes over octets that are missing.</summary>
    /// <param name="octets">How many.</param>
    public void Lose(long octets)
    {
        if (IsDone)
            return;
        _road?.Lose(octets);
        bool isLost = _road is null || _road.State != RoadState.Reading;
        connection.NoteLoss(this, isLost);
        if (isLost)
            Search(isAfterLoss: true);
    }

    /// <summary>The direction has ended.</summary>
    public void End()
    {
        if (!IsDone)
        {
            if (_road is null)
                _wasHttp?.EndLost();
            else
                _road.End();
        }
        Finish();
    }

    /// <summary>Nothing more is read here.</summary>
    public void Finish()
    {
        IsDone = true;
        Drop();
        _undecided = [];
        _beginnings = null;
    }

    private void Search(bool isAfterLoss = false)
    {
        if (_road is { IsProven: true })
        {
            _wasHttp = _road as HttpRoad;
            _wasTcp = _road is TcpMessageRoad;
            _searched = 0;
        }
        else if (_road is not null)
        {
            // who was not what he seemed to be is nothing, unless this is the midst of something
            if (!_isSearching && !isAfterLoss)
            {
                Finish();
                return;
            }
            _searched += WrongGuess;
        }
        Drop();
        _isSearching = true;
        _undecided = [];
        _beginnings = null;
        GiveUpLate();
    }

    /// <summary>Tells what the next octets are, as soon as enough have come.</summary>
    /// <param name="octets">They: what was undecided is before them.</param>
    /// <returns>What is to be read by the road that was found.</returns>
    private ReadOnlySpan<byte> Recognize(ReadOnlySpan<byte> octets)
    {
        int dropped = 0;
        if (_undecided.Length > 0)
        {
            if (_isSearching)
                (_beginnings ??= new Queue<int>()).Enqueue(_undecided.Length);
            byte[] both = new byte[_undecided.Length + octets.Length];
            _undecided.CopyTo(both, 0);
            octets.CopyTo(both.AsSpan(_undecided.Length));
            octets = both;
            _undecided = [];
        }
        while (true)
        {
            switch (Judge(octets))
            {
                case Recognition.Unknown:
                    // few octets: no beginning takes more than some thirty
                    _undecided = octets.ToArray();
                    for (int i = _beginnings?.Count ?? 0; i > 0; i--)
                        _beginnings!.Enqueue(_beginnings.Dequeue() - dropped);
                    return default;
                case Recognition.Tls:
                    connection.FinishTls();
                    return default;
                case Recognition.HttpRequest:
                    return Begin(new HttpRoad(this, isRequest: true), octets);
                case Recognition.HttpResponse:
                    return Begin(new HttpRoad(this, isRequest: false), octets);
                case Recognition.TcpMessage:
                    connection.ProveTcp();
                    return Begin(new TcpMessageRoad(this), octets);
                case Recognition.PossibleTcpMessage:
                    return Begin(new TcpMessageRoad(this), octets);
                default:
                    if (!_isSearching)
                    {
                        Finish();
                        return default;
                    }
                    int next = _beginnings is { Count: > 0 } ? _beginnings.Dequeue() - dropped : octets.Length;
                    dropped += next;
                    octets = octets.Slice(next);
                    _searched += next;
                    if (octets.IsEmpty)
                    {
                        GiveUpLate();
                        return default;
                    }
                    break;
            }
        }
    }

    private ReadOnlySpan<byte> Begin(StreamRoad road, ReadOnlySpan<byte> octets)
    {
        _road = road;
        _beginnings = null;
        return octets;
    }

    private Recognition Judge(ReadOnlySpan<byte> octets)
    {
        int max = connection.Reader.MaxBytes;
        bool isUnknown = false;
        if (_wasHttp is null && !_wasTcp)
        {
            switch (TlsShape.Judge(octets, isBeginning: !_isSearching))
            {
                case true: return Recognition.Tls;
                case null: isUnknown = true; break;
            }
        }
        if (!_wasTcp)
        {
            switch (HttpBegins(octets, out Recognition http))
            {
                case true: return http;
                case null: isUnknown = true; break;
            }
        }
        if (_wasHttp is null)
        {
            TcpMessageLikeness likeness = connection.IsTcpPort ? TcpMessageShape.JudgeOnPort(octets, max) : TcpMessageShape.Judge(octets, max);
            if (likeness == TcpMessageLikeness.Possible)
            {
                // a question of a few octets may begin a connection; everything else of that kind takes one that has shown what it is
                bool isExpected = connection.IsTcpProven || connection.OtherThan(this).IsTcp || (!_isSearching && connection.IsFromClient(this) && octets[4] == (byte)TcpMessageType.PollReq);
                likeness = isExpected ? likeness : TcpMessageLikeness.None;
            }
            switch (likeness)
            {
                case TcpMessageLikeness.Certain: return Recognition.TcpMessage;
                case TcpMessageLikeness.Possible: return Recognition.PossibleTcpMessage;
                case TcpMessageLikeness.Unknown: isUnknown = true; break;
            }
        }
        return isUnknown ? Recognition.Unknown : Recognition.Nothing;
    }

    private static bool? HttpBegins(ReadOnlySpan<byte> octets, out Recognition kind)
    {
        kind = Recognition.HttpRequest;
        bool? isRequest = HttpHead.BeginsRequest(octets);
        if (isRequest == true)
            return true;
        kind = Recognition.HttpResponse;
        bool? isResponse = HttpHead.BeginsResponse(octets);
        return isResponse == true ? true : isRequest is null || isResponse is null ? null : false;
    }

    private void Drop()
    {
        _road?.Release();
        _road = null;
    }

    private void GiveUpLate()
    {
        if (_searched > MaxSearched && !connection.OtherThan(this).IsReading)
            Finish();
    }

    private enum Recognition
    {
        Unknown,
        Nothing,
        Tls,
        HttpRequest,
        HttpResponse,
        TcpMessage,
        PossibleTcpMessage,
    }
}
