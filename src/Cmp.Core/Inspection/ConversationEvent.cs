using System;
using Cmp.Inspection.Captures;
using Cmp.Messages;

namespace Cmp.Inspection;

/// <summary>One thing that was said in a conversation: a message, or what the road said without one.</summary>
/// <param name="Place">Who, to whom, when.</param>
/// <param name="Message">The message; <see langword="null"/> where the road alone says something.</param>
internal sealed record ConversationEvent(ConversationPlace Place, CmpMessage? Message)
{
    private const string PollRequestText = "pollReq";
    private const string PollResponseText = "pollRep";
    private const string FinishedText = "finRep";

    /// <summary>When it was said: by the capture, else by the message itself.</summary>
    internal DateTimeOffset? Time => Place.Time ?? Message?.Header.MessageTime;

    /// <summary>Which way it went: by the capture, else by what is said.</summary>
    internal MessageDirection Direction => Place.Direction ?? (Message?.Type is { } type && IsAsked(type) ? MessageDirection.Request : MessageDirection.Response);

    internal bool IsRequest => Direction == MessageDirection.Request;

    /// <summary>Whether it is a request that goes on with what was begun.</summary>
    internal bool IsFollowing => Message?.Type is PkiBodyType.CertConf or PkiBodyType.PollReq or PkiBodyType.Popdecr;

    /// <summary>Whether the road says in place of the server, or beside it, that something went wrong.</summary>
    internal bool IsRoadFailure => !IsRequest && Place.RoadText is { } text && !IsPolling && !IsFinished && !IsSuccess(text);

    /// <summary>Whether it asks for an answer that is not there yet, or says that it is not, on either floor.</summary>
    internal bool IsPolling => Message is null
        ? IsRoad(PollRequestText) || IsRoad(PollResponseText)
        : Message.Type is PkiBodyType.PollReq or PkiBodyType.PollRep;

    /// <summary>Whether the road says that nothing more comes.</summary>
    internal bool IsFinished => Message is null && IsRoad(FinishedText);

    /// <summary>The polling reference that the road names; <see langword="null"/> where it names none.</summary>
    internal string? Reference => Message is null && IsPolling && Place.RoadText!.Split(' ') is { Length: > 1 } words ? words[1].TrimEnd(',') : null;

    /// <summary>In how long to ask again, as the message says.</summary>
    internal TimeSpan CheckAfter
    {
        get
        {
            long seconds = 0;
            if (Message?.Type == PkiBodyType.PollRep)
            {
                foreach (CmpMessageItem item in Message.Body.Items)
                    seconds = Math.Max(seconds, item.CheckAfterSec ?? 0);
            }
            return TimeSpan.FromSeconds(Math.Min(seconds, (long)TimeSpan.FromDays(365).TotalSeconds));
        }
    }

    private static bool IsAsked(PkiBodyType type) => type is PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.P10cr or PkiBodyType.Popdecr or PkiBodyType.Kur or PkiBodyType.Krr
        or PkiBodyType.Rr or PkiBodyType.Ccr or PkiBodyType.Genm or PkiBodyType.CertConf or PkiBodyType.PollReq or PkiBodyType.Nested
        or PkiBodyType.Ckuann or PkiBodyType.Cann or PkiBodyType.Rann or PkiBodyType.Crlann;

    /// <summary>2xx of HTTP, 2.xx of CoAP: the first number in the text.</summary>
    private static bool IsSuccess(string text)
    {
        foreach (string word in text.Split(' '))
        {
            if (word.Length > 0 && char.IsDigit(word[0]))
                return word[0] == '2' && (word.Length == 3 || (word.Length == 4 && word[1] == '.'));
        }
        return false;
    }

    private bool IsRoad(string word) => Place.RoadText?.StartsWith(word, StringComparison.Ordinal) == true;
}
