using System;
using System.Globalization;
using System.Text;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Reads the requests, or the responses, of one direction of a connection of HTTP/1.x (RFC 9112), and tells what is CMP of them.</summary>
/// <param name="direction">The direction.</param>
/// <param name="isRequest">Whether requests come here.</param>
internal sealed class HttpRoad(RoadDirection direction, bool isRequest) : StreamRoad
{
    private const int MaxTarget = 300;
    private const int MaxShown = 80;

    private readonly OctetBuffer _head = new(direction.Connection.Reader.Budget);
    private CapturedBody? _body;
    private HttpQuestion? _question;
    private HttpChunks _chunks;
    private Place _place;
    private int _seen;
    private bool _isBodyDue;
    private bool _isLineSeen;
    private bool _isProven;
    private long _left;
    private string _text = "";

    private enum Place
    {
        Head,
        Counted,
        Chunked,
        UntilClose,
    }

    /// <inheritdoc/>
    public override bool IsProven => _isProven;

    /// <summary>Whether requests come here.</summary>
    public bool IsRequest => isRequest;

    private CapturedBody Body => _body ??= new CapturedBody(direction.Connection.Reader.Budget, direction.Connection.Reader.MaxBytes);

    /// <inheritdoc/>
    public override int Read(ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<byte> rest = octets;
        while (!rest.IsEmpty && State == RoadState.Reading && !direction.IsDone)
        {
            if (_isBodyDue && IsNotSent(rest[0]))
            {
                Body.GiveUp("It was not sent: the answer came first.");
                Finish();
            }
            _isBodyDue = false;
            switch (_place)
            {
                case Place.Head:
                    ReadHead(ref rest);
                    break;
                case Place.Counted:
                    int length = (int)Math.Min(_left, rest.Length);
                    Body.Write(rest.Slice(0, length));
                    rest = rest.Slice(length);
                    _left -= length;
                    if (_left == 0)
                        Finish();
                    break;
                case Place.Chunked:
                    Body.Write(_chunks.Read(ref rest));
                    if (_chunks.IsComplete)
                        Finish();
                    else if (_chunks.IsBroken)
                        Break("Its chunks are broken.");
                    break;
                default:
                    Body.Write(rest);
                    rest = default;
                    break;
            }
        }
        return octets.Length - rest.Length;
    }

    /// <inheritdoc/>
    public override void Lose(long octets)
    {
        if (_place == Place.Counted && octets <= _left)
        {
            Body.Lose(octets);
            _left -= octets;
            if (_left == 0)
                Finish();
        }
        else if (_place == Place.Chunked && octets <= _chunks.Promised)
        {
            Body.Lose(octets);
            _chunks.Skip(octets);
        }
        else if (_place == Place.UntilClose)
        {
            Body.Lose(octets);
        }
        else
        {
            Break("Its end is missing in the capture.");
        }
    }

    /// <inheritdoc/>
    public override void End()
    {
        if (_place == Place.UntilClose)
            Finish();
        else if (_place != Place.Head || _head.Length > 0)
            Break("The connection ends before it does.");
        else if (!isRequest && direction.Connection.Questions.GiveUp())
            TellMissing();
    }

    /// <inheritdoc/>
    public override void Release()
    {
        _head.Release();
        _body?.Release();
    }

    /// <summary>The direction has ended, and where its messages begin was not found again.</summary>
    public void EndLost()
    {
        if (!isRequest && direction.Connection.Questions.GiveUp())
            TellMissing();
    }

    private void ReadHead(ref ReadOnlySpan<byte> rest)
    {
        if (_head.Length == 0)
        {
            // RFC 9112 2.2: an empty line before a request is passed over
            while (rest[0] is (byte)'\r' or (byte)'\n')
            {
                rest = rest.Slice(1);
                if (rest.IsEmpty)
                    return;
            }
            _seen = 0;
            _isLineSeen = false;
        }
        ReadOnlySpan<byte> octets = rest;
        int before = _head.Length;
        int checkedTo = _seen;
        if (before > 0)
        {
            if (!_head.TryAppend(rest))
            {
                Stop();
                return;
            }
            octets = _head.Span;
        }
        int end = HttpHead.FindEnd(octets, ref _seen);
        if (end < 0)
        {
            if (octets.Length > HttpHead.MaxBytes || !IsLikeHead(octets, checkedTo) || (before == 0 && !_head.TryAppend(rest)))
                Stop();
            else
                rest = default;
            return;
        }
        rest = rest.Slice(end - before);
        if (HttpHead.TryRead(octets.Slice(0, end), isRequest, out HttpHead head))
        {
            _isProven = true;
            if (isRequest)
                BeginRequest(in head);
            else
                BeginResponse(in head);
        }
        else
        {
            Stop();
        }
        _head.Clear();
    }

    /// <summary>Whether what came of a head can become one: its first line is judged as soon as it is there, and before that only text is borne.</summary>
    private bool IsLikeHead(ReadOnlySpan<byte> octets, int checkedTo)
    {
        if (_isLineSeen)
            return true;
        int feed = octets.Slice(checkedTo).IndexOf((byte)'\n');
        if (feed >= 0)
        {
            _isLineSeen = HttpHead.IsFirstLine(octets.Slice(0, checkedTo + feed), isRequest);
            _isProven |= _isLineSeen;
            return _isLineSeen;
        }
        foreach (byte octet in octets.Slice(checkedTo))
        {
            if (octet is < (byte)' ' and not ((byte)'\r' or (byte)'\t'))
                return false;
        }
        return true;
    }

    private void BeginRequest(in HttpHead head, bool isCut = false)
    {
        bool isPost = head.Method.SequenceEqual("POST"u8);
        bool hasBody = head.IsChunked || head.ContentLength > 0;
        bool isCmp = (hasBody || isPost) && IsCmp(head.ContentType);
        string? announcement = !isCmp && head.Method.SequenceEqual("GET"u8) ? AnnouncementDefect(head.Target) : null;
        bool isAnnouncement = announcement is not null;
        _question = isCmp || isPost || isAnnouncement ? new HttpQuestion { IsPost = isPost, IsCmp = isCmp || isAnnouncement }
            : head.Method.SequenceEqual("HEAD"u8) ? HttpQuestion.Head
            : head.Method.SequenceEqual("CONNECT"u8) ? HttpQuestion.Connect
            : HttpQuestion.Other;
        direction.Connection.Questions.Ask(_question);
        if (isCmp || isPost || isAnnouncement)
            _text = Shown(head.Method, MaxShown) + " " + Shown(head.Target, MaxTarget) + TypeText(head.ContentType, hasBody && !(isCut && head.ContentType.IsEmpty));
        if (isAnnouncement)
            Tell(Item() with { RoadText = _text, Defect = announcement!.Length == 0 ? null : announcement });
        Body.Begin(isCmp, isLookedAt: isPost, isText: false, CodingOf(in head));
        if (isCut)
            return;
        // RFC 9112 6.3: without chunks nobody knows where a request ends that is encoded
        BeginBody(in head, endsAtClose: false, isBroken: !head.TransferCoding.IsEmpty && !head.IsChunked);
        _isBodyDue = isCmp && _place is Place.Counted or Place.Chunked;
        if (_question.IsConnect && State == RoadState.Reading)
            State = RoadState.Ended;
    }

    private void BeginResponse(in HttpHead head, bool isCut = false)
    {
        // RFC 9110 15.2: others follow it, but for 101, behind which comes what was agreed on
        if (head.Status < 200)
        {
            if (head.Status == 101)
                direction.Connection.Finish();
            return;
        }
        _question = direction.Connection.Questions.Answer(out bool isMissing);
        if (isMissing)
            TellMissing();
        if (_question is { IsPost: true })
            _question.IsAnswered = true;
        if (_question is { IsConnect: true } && head.Status < 300)
        {
            State = RoadState.Ended;
            return;
        }
        bool isCmp = IsCmp(head.ContentType);
        bool isLookedAt = _question is null or { IsPost: true } or { IsCmp: true };
        bool isBare = _question is { IsHead: true } || head.Status is 204 or 304;
        bool hasBody = !isBare && !(isCut && head.ContentType.IsEmpty) && (head.IsChunked || head.ContentLength is not 0);
        if (isCmp || isLookedAt)
            _text = "HTTP " + head.Status.ToString(CultureInfo.InvariantCulture) + (head.Reason.IsEmpty ? "" : " " + Shown(head.Reason, MaxShown)) + TypeText(head.ContentType, hasBody);
        Body.Begin(isCmp, isLookedAt, isText: _question is { IsCmp: true } && IsText(head.ContentType), CodingOf(in head));
        if (isCut)
            return;
        if (isBare)
            Finish();
        else
            BeginBody(in head, endsAtClose: head.ContentLength is null && !head.IsChunked, isBroken: false);
    }

    private void BeginBody(in HttpHead head, bool endsAtClose, bool isBroken)
    {
        if (head.HasBadLength || isBroken)
        {
            Body.GiveUp("How long it is cannot be known.");
            Finish();
            State = RoadState.Lost;
        }
        else if (head.IsChunked)
        {
            _place = Place.Chunked;
            _chunks = default;
        }
        else if (head.ContentLength is > 0 and { } length)
        {
            _place = Place.Counted;
            _left = length;
        }
        else if (endsAtClose)
        {
            _place = Place.UntilClose;
        }
        else
        {
            Finish();
        }
    }

    /// <summary>
    /// Whether in the place of a body the next request begins: who asks with Expect: 100-continue, and is refused, need not send it (RFC 9110 10.1.1).
    /// No message begins with such a letter, and no size of a chunk.
    /// </summary>
    private bool IsNotSent(byte octet) => isRequest && _question is { IsAnswered: true } && octet is > (byte)'F' and <= (byte)'Z';

    /// <summary>A message has come to its end.</summary>
    private void Finish()
    {
        _place = Place.Head;
        Body.Finish(out ReadOnlyMemory<byte> octets, out string text);
        if (Body.IsCmp)
        {
            if (isRequest)
                _question!.IsCmp = true;
            TellBody(octets);
        }
        else if (!isRequest && _question is { IsCmp: true })
        {
            Tell(Item() with { RoadText = text.Length == 0 ? _text : _text + ": " + text });
        }
    }

    private void TellBody(ReadOnlyMemory<byte> octets)
    {
        RoadReader reader = direction.Connection.Reader;
        CapturedItem item = Item() with { RoadText = _text, Defect = Body.Defect };
        // nothing at all is an answer where none is due, as to an announcement
        if (octets.IsEmpty)
            Tell(item with { Defect = item.Defect ?? (Body.IsEmpty && isRequest ? "There is no message in it." : null) });
        else if (HttpBody.IsFramed(octets.Span) && Framed(octets, reader.MaxBytes) is { } message)
            TellFramed(item, message);
        else
            Tell(item with { Octets = octets, Defect = item.Defect ?? reader.DefectOf(octets.Span) });
    }

    private void TellFramed(CapturedItem item, TcpMessage message)
    {
        ReadOnlyMemory<byte> octets = TcpMessageText.OctetsOf(message);
        Tell(item with
        {
            Road = CaptureRoad.HttpTcp,
            Octets = octets,
            RoadText = _text + ", " + TcpMessageText.Of(message),
            Defect = octets.IsEmpty ? item.Defect : item.Defect ?? direction.Connection.Reader.DefectOf(octets.Span),
        });
    }

    /// <summary>The TCP-Message that a body is, or <see langword="null"/>.</summary>
    private static TcpMessage? Framed(ReadOnlyMemory<byte> octets, int maxBytes)
    {
        try
        {
            return TcpMessage.Decode(octets, maxBytes);
        }
        catch (CmpException)
        {
            return null;
        }
    }

    /// <summary>A message cannot be read to its end, nor what follows it.</summary>
    private void Break(string defect)
    {
        if (_place != Place.Head)
        {
            Body.GiveUp(defect);
            Finish();
        }
        else if (_head.Length > 0 && HttpHead.TryRead(_head.Span, isRequest, out HttpHead head))
        {
            // of the head there is a part; it may tell enough
            if (isRequest)
                BeginRequest(in head, isCut: true);
            else
                BeginResponse(in head, isCut: true);
            if (Body.IsCmp || (!isRequest && _question is { IsCmp: true }))
                Tell(Item() with { RoadText = _text, Defect = "Of it only a part of its head is in the capture." });
        }
        Stop();
    }

    /// <summary>What comes next is not known.</summary>
    private void Stop()
    {
        _place = Place.Head;
        _head.Release();
        State = RoadState.Lost;
    }

    private void TellMissing() => Tell(Item() with { Defect = "The answer is missing in the capture." });

    private CapturedItem Item() => new(
        CaptureRoad.Http,
        isRequest ? MessageDirection.Request : MessageDirection.Response,
        isRequest ? direction.Sender : direction.Receiver,
        isRequest ? direction.Receiver : direction.Sender,
        direction.Time,
        direction.Packet);

    private void Tell(CapturedItem item) => direction.Connection.Reader.Tell(item);

    /// <summary>Whether a GET asks for an announcement (draft-ietf-pkix-cmp-transport-protocols-11 3.7.2).</summary>
    /// <returns><see langword="null"/> where it does not; else why nobody knows which, or nothing.</returns>
    private static string? AnnouncementDefect(ReadOnlySpan<byte> target)
    {
        if (target.IndexOf("Ann.PKI"u8) < 0)
            return null;
        try
        {
            return AnnouncementTarget.Read(Text(target)) is null ? null : "";
        }
        catch (CmpException exception)
        {
            return exception.Message;
        }
    }

    private static bool IsCmp(ReadOnlySpan<byte> contentType)
    {
        ReadOnlySpan<byte> beginning = "application/"u8;
        // nothing is copied for what is something else by its first letters
        return contentType.Length > beginning.Length && HttpRequestHead.Is(contentType.Slice(0, beginning.Length), beginning)
            && (contentType[beginning.Length] | 0x20) is 'p' or 'x' && CmpMediaType.Of(Text(contentType)) is not null;
    }

    private static bool IsText(ReadOnlySpan<byte> contentType) => Begins(contentType, "text/"u8) || Begins(contentType, "application/json"u8) || Begins(contentType, "application/problem+json"u8);

    private static bool Begins(ReadOnlySpan<byte> value, ReadOnlySpan<byte> lower) => value.Length >= lower.Length && HttpRequestHead.Is(value.Slice(0, lower.Length), lower);

    /// <summary>The media type is worth a word where it is not the one of RFC 9811.</summary>
    private static string TypeText(ReadOnlySpan<byte> contentType, bool hasBody) =>
        !hasBody || CmpMediaType.IsPkixcmp(Text(contentType)) ? "" : contentType.IsEmpty ? " (no media type)" : " (" + Shown(contentType, MaxShown) + ")";

    private static string? CodingOf(in HttpHead head)
    {
        if (HttpCoding.IsNone(head.ContentEncoding))
            return head.TransferCoding.IsEmpty ? null : Text(head.TransferCoding);
        return head.TransferCoding.IsEmpty ? Text(head.ContentEncoding) : Text(head.ContentEncoding) + "," + Text(head.TransferCoding);
    }

    private static string Shown(ReadOnlySpan<byte> octets, int length) => PeerText.Escape(Text(octets.Slice(0, Math.Min(octets.Length, 4 * length))), length);

    private static string Text(ReadOnlySpan<byte> octets) => Encoding.UTF8.GetString(octets.ToArray());
}
