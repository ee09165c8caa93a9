using System;
using System.Buffers.Binary;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Reads TCP-Messages of both styles, one after the other, in one direction of a connection.</summary>
/// <param name="direction">The direction.</param>
internal sealed class TcpMessageRoad(RoadDirection direction) : StreamRoad
{
    /// <summary>From so many octets on a message says how long it is, and from <see cref="NamedOctets"/> on what it is, in either style.</summary>
    private const int LengthOctets = 5;

    private const int NamedOctets = 7;

    private readonly OctetBuffer _gathered = new(direction.Connection.Reader.Budget);
    private int _length;
    private long _passedOver;

    /// <inheritdoc/>
    public override bool IsProven => direction.Connection.IsTcpProven;

    /// <inheritdoc/>
    public override int Read(ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<byte> rest = octets;
        while (!rest.IsEmpty && State == RoadState.Reading && !direction.IsDone)
        {
            if (_passedOver > 0)
            {
                int passed = (int)Math.Min(_passedOver, rest.Length);
                _passedOver -= passed;
                rest = rest.Slice(passed);
            }
            else if (_length == 0)
            {
                // a message that is there whole is not gathered first
                if (_gathered.Length == 0 && rest.Length >= NamedOctets)
                    ReadLength(rest);
                else
                    Gather(ref rest, HeadOctets(_gathered.Span));
            }
            else if (_gathered.Length == 0 && rest.Length >= _length)
            {
                ReadMessage(rest.Slice(0, _length));
                rest = rest.Slice(_length);
                _length = 0;
            }
            else
            {
                Gather(ref rest, _length);
            }
        }
        return octets.Length - rest.Length;
    }

    /// <inheritdoc/>
    public override void Lose(long octets)
    {
        if (_passedOver > 0)
        {
            _passedOver -= octets;
            if (_passedOver < 0)
                State = RoadState.Lost;
        }
        else if (_length > 0 && octets <= _length - _gathered.Length)
        {
            _passedOver = _length - _gathered.Length - octets;
            Break(Octets(octets) + " of the message " + (octets == 1 ? "is" : "are") + " missing in the capture.", _gathered.Span, RoadState.Reading);
        }
        else if (_gathered.Length > 0)
        {
            Break("The rest of the message is missing in the capture.", _gathered.Span, RoadState.Lost);
        }
        else
        {
            State = RoadState.Lost;
        }
    }

    /// <inheritdoc/>
    public override void End()
    {
        if (_gathered.Length > 0)
            Break("The connection ends after " + Octets(_gathered.Length) + (_length > 0 ? " of " + Number(_length) : "") + " of the message.", _gathered.Span, RoadState.Lost);
    }

    /// <inheritdoc/>
    public override void Release() => _gathered.Release();

    private void Gather(ref ReadOnlySpan<byte> rest, int wanted)
    {
        int taken = Math.Min(wanted - _gathered.Length, rest.Length);
        if (!_gathered.TryAppend(rest.Slice(0, taken)))
        {
            // where the length did not come yet, nobody knows where the next message begins
            bool isLengthKnown = _length > 0;
            _passedOver = isLengthKnown ? _length - _gathered.Length : 0;
            Break("Too many messages are under way at once.", _gathered.Span, isLengthKnown ? RoadState.Reading : RoadState.Lost);
            return;
        }
        rest = rest.Slice(taken);
        if (_gathered.Length < wanted)
            return;
        if (_length == 0)
        {
            if (_gathered.Length < HeadOctets(_gathered.Span))
                return;
            ReadLength(_gathered.Span);
            // a message may have no more than its header
            if (_length == 0 || _length != _gathered.Length)
                return;
        }
        ReadMessage(_gathered.Span);
        _gathered.Clear();
        _length = 0;
    }

    /// <summary>The octets of the head, as far as that is known.</summary>
    private static int HeadOctets(ReadOnlySpan<byte> start) =>
        start.Length >= LengthOctets && start[LengthOctets - 1] == TcpMessage.Version ? NamedOctets : LengthOctets;

    private void ReadLength(ReadOnlySpan<byte> start)
    {
        try
        {
            // in the old style there are no other types: where one stands, something else begins
            if (start[LengthOctets - 1] is > (byte)TcpMessageType.ErrorMsgRep and < TcpMessage.Version)
                Break("What follows the last message is none.", start, RoadState.Lost);
            else
                _length = TcpMessage.ReadLength(start, direction.Connection.Reader.MaxBytes);
        }
        catch (CmpException exception)
        {
            // what is only too long ends where it says
            bool isTooLong = exception.ErrorId == "CmpMessage.TooLarge" && start[LengthOctets - 1] <= TcpMessage.Version;
            _passedOver = isTooLong ? BinaryPrimitives.ReadUInt32BigEndian(start) + 4L - _gathered.Length : 0;
            Break(exception.Message, start, isTooLong ? RoadState.Reading : RoadState.Lost);
        }
    }

    private void ReadMessage(ReadOnlySpan<byte> octets)
    {
        RoadReader reader = direction.Connection.Reader;
        TcpMessage message = TcpMessage.Decode(octets.ToArray(), reader.MaxBytes);
        ReadOnlyMemory<byte> carried = TcpMessageText.OctetsOf(message);
        if (!direction.Connection.IsTcpProven && !carried.IsEmpty)
        {
            // what is to carry a message and carries something else is no TCP-Message, and none is kept until it proves to be one
            if (PkiMessageShape.Judge(carried.Span, carried.Length, reader.MaxBytes) != true)
            {
                direction.Connection.Finish();
                return;
            }
            direction.Connection.ProveTcp();
        }
        Tell((byte)message.Type, Item() with
        {
            Octets = carried,
            RoadText = TcpMessageText.Of(message),
            Defect = carried.IsEmpty ? Missing(message.Type) : reader.DefectOf(carried.Span),
        });
    }

    private static string? Missing(TcpMessageType type) =>
        type is TcpMessageType.PkiReq or TcpMessageType.PkiRep or TcpMessageType.PartialMsgRep ? "There is no message in it." : null;

    /// <summary>What came of a message does not become one.</summary>
    private void Break(string defect, ReadOnlySpan<byte> start, RoadState state)
    {
        bool isVersion10 = start.Length >= NamedOctets && start[LengthOctets - 1] == TcpMessage.Version;
        byte? type = isVersion10 ? start[NamedOctets - 1] : start.Length >= LengthOctets && start[LengthOctets - 1] < TcpMessage.Version ? start[LengthOctets - 1] : null;
        Tell(type, Item() with
        {
            RoadText = type is { } known ? TcpMessageText.NameOf(isVersion10 ? TcpMessageStyle.Version10 : TcpMessageStyle.Rfc2510, known) : null,
            Defect = defect,
        });
        _gathered.Release();
        _length = 0;
        State = state;
    }

    private CapturedItem Item() => new(CaptureRoad.Tcp, MessageDirection.Request, direction.Sender, direction.Receiver, direction.Time, direction.Packet);

    private void Tell(byte? type, CapturedItem item) => direction.Connection.TellTcp(direction, type is { } known ? TcpMessageText.IsOfClient(known) : null, item);

    private static string Octets(long count) => Number(count) + (count == 1 ? " octet" : " octets");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
