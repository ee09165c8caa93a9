using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Inspection.Captures;

/// <summary>
/// Puts the octets of TCP connections in order (RFC 9293): each once, those that came first where some come twice, and what does not come is lost.
/// Checksums and windows are not looked at.
/// </summary>
/// <remarks>
/// A gap is waited for until the other side, which has what it acknowledges, says something that acknowledges the octets behind it, or until the connection
/// or the room for what waits comes to its end. The reader of a connection is asked for with its first octet, not before: who scans ports opens many that say nothing.
/// </remarks>
internal sealed class TcpTable(ITrafficReader traffic, CaptureOptions options, CaptureSummary summary)
{
    /// <summary>Connections that nobody reads are known, for each that is read.</summary>
    private const int PassedPerRead = 4;

    /// <summary>Pieces of one direction that wait: a search among them is to cost little.</summary>
    private const int MaxPieces = 1024;

    /// <summary>What lies further behind is no repetition but another connection between the same ends, whose SYN was not captured.</summary>
    private const long MaxBehind = 1 << 24;

    private readonly Dictionary<ConnectionKey, TcpConnection> _connections = [];

    /// <summary>Those that are read, and the others: not opened yet, of no interest, ended. The one that spoke last stands first.</summary>
    private readonly LinkedList<TcpConnection> _read = new();
    private readonly LinkedList<TcpConnection> _passed = new();

    /// <summary>What waits for octets before it; the one that waits longest stands first.</summary>
    private readonly LinkedList<(TcpConnection Connection, TcpDirection Direction)> _waiting = new();
    private long _cost;

    /// <summary>Takes a segment; what it completes is told before this returns.</summary>
    internal void Read(in TcpSegment segment)
    {
        ConnectionKey key = ConnectionKey.Of(segment.Source, segment.SourcePort, segment.Destination, segment.DestinationPort, out bool isFromLow);
        if (_connections.TryGetValue(key, out TcpConnection? connection) && IsAnother(connection, isFromLow, segment))
        {
            Forget(connection);
            connection = null;
        }
        if (connection is null)
        {
            // what acknowledges, ends or refuses something that nobody saw tells nothing
            if (segment.IsRst || (!segment.IsSyn && (segment.Length == 0 || IsProbe(segment))))
                return;
            connection = Add(key, segment.IsSyn && segment.IsAck ? !isFromLow : isFromLow, segment.IsSyn);
        }
        else
        {
            Touch(connection);
        }
        if (connection is not { FromFirst: { } direction, FromSecond: { } other })
            return;
        if (isFromLow != connection.IsFirstLow)
            (direction, other) = (other, direction);
        uint sequence = segment.Sequence;
        if (segment.IsSyn)
        {
            sequence++;
            if (!direction.HasBegun)
                direction.BeginAt(sequence);
        }
        if (segment.IsRst)
        {
            // RFC 9293 3.10.7.4: who does not know where the other stands cannot reset it
            if (!direction.HasBegun || Math.Abs(direction.PlaceOf(sequence) - direction.Next) <= MaxBehind)
                Close(connection);
            return;
        }
        bool speaks = segment.Length > 0 || segment.IsFin;
        if (segment.IsAck)
            Acknowledge(connection, other, segment.Acknowledgement, speaks, segment.IsSyn);
        if (!speaks || direction.HasEnded)
            return;
        if (!direction.HasBegun)
        {
            if (IsProbe(segment))
                return;
            direction.BeginAt(sequence);
        }
        long place = direction.PlaceOf(sequence);
        if (segment.Length > 0)
        {
            if (!connection.IsAsked && !Ask(connection))
                return;
            Take(connection, direction, place, segment.Octets, segment.Length, segment.Ticks, segment.Packet);
        }
        if (segment.IsFin && direction.Fin is null && place + segment.Length >= direction.Next)
            direction.Fin = place + segment.Length;
        if (direction.Fin is { } fin && (direction.Next >= fin || direction.IsDone))
            EndDirection(connection, direction);
    }

    /// <summary>The capture has ended: what waits is told, and each connection ends.</summary>
    internal void End()
    {
        foreach (TcpConnection connection in _read.Reverse().Concat(_passed.Reverse()).ToArray())
            Forget(connection);
    }

    /// <summary>A keep-alive probe of Windows has an octet that means nothing; where a connection is met by it, nobody could tell.</summary>
    private static bool IsProbe(in TcpSegment segment) => segment is { Length: 1, Octets.Length: 1, IsFin: false } && segment.Octets.Span[0] == 0;

    /// <summary>Whether a segment is of another connection between the same ends, which is to replace the one that is known.</summary>
    private static bool IsAnother(TcpConnection connection, bool isFromLow, in TcpSegment segment)
    {
        if (segment.IsRst)
            return false;
        TcpDirection? direction = isFromLow == connection.IsFirstLow ? connection.FromFirst : connection.FromSecond;
        if (segment.IsSyn)
        {
            // who was refused may ask again with the same number
            return direction is null || (direction.HasEnded && !connection.IsAsked) ? !segment.IsAck
                : direction.HasBegun ? direction.PlaceOf(segment.Sequence + 1) != direction.Begin
                : connection.IsAsked && !segment.IsAck;
        }
        if (segment.Length == 0 || direction is not { HasBegun: true })
            return false;
        long place = direction.PlaceOf(segment.Sequence);
        return place + segment.Length < direction.Next - MaxBehind || (direction.HasEnded && place > direction.Next + MaxBehind);
    }

    private TcpConnection Add(ConnectionKey key, bool isFirstLow, bool isOpening)
    {
        if (_passed.Count >= (long)options.MaxConnections * PassedPerRead && _passed.Last is { } oldest)
            Forget(oldest.Value);
        var connection = new TcpConnection(key, isFirstLow, isOpening);
        connection.Node = _passed.AddFirst(connection);
        _connections.Add(key, connection);
        summary.Connections++;
        return connection;
    }

    private static void Touch(TcpConnection connection)
    {
        LinkedList<TcpConnection> list = connection.Node.List!;
        if (list.First != connection.Node)
            MoveTo(list, connection);
    }

    private static void MoveTo(LinkedList<TcpConnection> list, TcpConnection connection)
    {
        connection.Node.List!.Remove(connection.Node);
        list.AddFirst(connection.Node);
    }

    /// <summary>Asks who reads a connection.</summary>
    /// <returns>Whether somebody does.</returns>
    private bool Ask(TcpConnection connection)
    {
        connection.IsAsked = true;
        connection.Reader = connection.IsFirstLow
            ? traffic.Connect(connection.Key.Low, connection.Key.High, connection.IsOpening)
            : traffic.Connect(connection.Key.High, connection.Key.Low, connection.IsOpening);
        if (connection.Reader is null)
        {
            connection.Pass();
            return false;
        }
        MoveTo(_read, connection);
        if (_read.Count > options.MaxConnections && _read.Last is { } oldest && oldest != connection.Node)
        {
            summary.ForgottenConnections++;
            Forget(oldest.Value);
        }
        foreach (TcpDirection direction in new[] { connection.FromFirst!, connection.FromSecond! })
        {
            if (direction.HasEnded)
                connection.Reader.End(direction.IsFromFirst);
        }
        return true;
    }

    /// <summary>What the other side acknowledges it has: what was not captured of it does not come any more.</summary>
    private void Acknowledge(TcpConnection connection, TcpDirection acknowledged, uint number, bool speaks, bool opens)
    {
        if (!acknowledged.HasBegun)
        {
            if (speaks || opens)
                acknowledged.BeginAt(number);
            return;
        }
        if (acknowledged.HasEnded || (!acknowledged.IsWaiting && acknowledged.Fin is null))
            return;
        long place = acknowledged.PlaceOf(number);
        while (speaks && acknowledged.IsWaiting && acknowledged.Waiting![0].Place <= place)
            GiveUp(connection, acknowledged);
        if (acknowledged.Fin is { } fin && place > fin)
        {
            GiveUpAll(connection, acknowledged);
            if (acknowledged.Next < fin && !acknowledged.IsDone && connection.Reader is not null)
                Lose(connection, acknowledged, fin - acknowledged.Next);
            EndDirection(connection, acknowledged);
        }
    }

    /// <summary>Takes octets of a direction, wherever they stand.</summary>
    private void Take(TcpConnection connection, TcpDirection direction, long place, ReadOnlyMemory<byte> octets, int length, long ticks, long packet)
    {
        long end = place + length;
        if (!direction.IsDone)
            SeeWhetherDone(connection, direction);
        while (place < end && !direction.IsDone)
        {
            if (place < direction.Next)
            {
                long known = Math.Min(direction.Next, end) - place;
                octets = octets.Slice((int)Math.Min(known, octets.Length));
                place += known;
            }
            else if (place > direction.Next)
            {
                Wait(connection, direction, place, octets, (int)(end - place), ticks, packet);
                return;
            }
            else
            {
                long until = direction.IsWaiting ? Math.Min(end, direction.Waiting![0].Place) : end;
                int captured = (int)Math.Min(until - place, octets.Length);
                Give(connection, direction, octets.Slice(0, captured), (int)(until - place), ticks, packet);
                octets = octets.Slice(captured);
                place = until;
                GiveWaiting(connection, direction);
            }
        }
        // of what is not read it counts only how far it came
        if (direction.IsDone && direction.Next < end)
            direction.Next = end;
    }

    private void Wait(TcpConnection connection, TcpDirection direction, long place, ReadOnlyMemory<byte> octets, int length, long ticks, long packet)
    {
        OctetPieces waiting = direction.Waiting ??= new OctetPieces();
        direction.Node ??= _waiting.AddLast((connection, direction));
        int cost = waiting.Cost;
        waiting.Add(place, octets.Span, length, ticks, packet);
        _cost += waiting.Cost - cost;
        while (direction.IsWaiting && (waiting.Cost > options.MaxWaitingBytes || waiting.Count > MaxPieces))
            GiveUp(connection, direction);
        while (_cost > options.MaxWaitingBytesInAll && _waiting.First is { } longest)
            GiveUp(longest.Value.Connection, longest.Value.Direction);
    }

    private void Give(TcpConnection connection, TcpDirection direction, ReadOnlyMemory<byte> octets, int length, long ticks, long packet)
    {
        if (!octets.IsEmpty)
        {
            direction.Next += octets.Length;
            connection.Reader!.Read(direction.IsFromFirst, new DateTimeOffset(ticks, TimeSpan.Zero), packet, octets);
            SeeWhetherDone(connection, direction);
        }
        if (octets.Length < length && !direction.IsDone)
            Lose(connection, direction, length - octets.Length);
    }

    private void Lose(TcpConnection connection, TcpDirection direction, long octets)
    {
        direction.Next += octets;
        summary.LostOctets += octets;
        connection.Reader!.Lose(direction.IsFromFirst, octets);
        SeeWhetherDone(connection, direction);
    }

    /// <summary>Gives what waited for octets that are there now.</summary>
    private void GiveWaiting(TcpConnection connection, TcpDirection direction)
    {
        if (direction.Waiting is not { } waiting)
            return;
        int count = 0;
        while (!direction.IsDone && count < waiting.Count && waiting[count].Place <= direction.Next)
        {
            OctetPiece piece = waiting[count++];
            Give(connection, direction, piece.Octets, piece.Length, piece.Ticks, piece.Packet);
        }
        if (direction.IsDone)
            return;
        int cost = waiting.Cost;
        waiting.RemoveFirst(count);
        _cost += waiting.Cost - cost;
        if (waiting.Count == 0)
            DropWaiting(direction);
    }

    private void DropWaiting(TcpDirection direction)
    {
        if (direction.Node is not null)
            _waiting.Remove(direction.Node);
        _cost -= direction.Waiting?.Cost ?? 0;
        direction.Node = null;
        direction.Waiting = null;
    }

    /// <summary>Waits no longer for the octets before the first that are there.</summary>
    private void GiveUp(TcpConnection connection, TcpDirection direction)
    {
        // what the other direction said may have ended this one
        SeeWhetherDone(connection, direction);
        if (!direction.IsWaiting)
            return;
        Lose(connection, direction, direction.Waiting![0].Place - direction.Next);
        GiveWaiting(connection, direction);
    }

    private void GiveUpAll(TcpConnection connection, TcpDirection direction)
    {
        while (direction.IsWaiting)
            GiveUp(connection, direction);
    }

    private void SeeWhetherDone(TcpConnection connection, TcpDirection direction)
    {
        if (!connection.Reader!.IsDone(direction.IsFromFirst))
            return;
        direction.IsDone = true;
        DropWaiting(direction);
        if (connection is { FromFirst.IsDone: true, FromSecond.IsDone: true })
            MoveTo(_passed, connection);
    }

    private void EndDirection(TcpConnection connection, TcpDirection direction)
    {
        if (direction.HasEnded)
            return;
        DropWaiting(direction);
        direction.HasEnded = true;
        connection.Reader?.End(direction.IsFromFirst);
        if (connection is { FromFirst.HasEnded: true, FromSecond.HasEnded: true })
        {
            connection.Reader = null;
            MoveTo(_passed, connection);
        }
    }

    /// <summary>Ends both directions, with all that waits.</summary>
    private void Close(TcpConnection connection)
    {
        if (connection is not { FromFirst: { } first, FromSecond: { } second })
            return;
        GiveUpAll(connection, first);
        EndDirection(connection, first);
        GiveUpAll(connection, second);
        EndDirection(connection, second);
    }

    private void Forget(TcpConnection connection)
    {
        Close(connection);
        _connections.Remove(connection.Key);
        connection.Node.List!.Remove(connection.Node);
    }
}
