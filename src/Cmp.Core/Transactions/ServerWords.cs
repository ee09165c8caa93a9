using System;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Rules;

namespace Cmp.Transactions;

/// <summary>What a server said, as the error that its user sees: all of its words, escaped, and what to do.</summary>
/// <param name="Asked">The body that it answers.</param>
/// <param name="Spoken">The version that we spoke last.</param>
/// <param name="Road">What the road told besides.</param>
/// <param name="Limits">How much of its words is shown.</param>
internal sealed record ServerWords(PkiBodyType Asked, int Spoken, RoadReport Road, CmpLimits Limits)
{
    /// <summary>RFC 2510 3.2.3: bits 0 to 9; what stands above them says nothing in cmp1999.</summary>
    private const FailInfo Cmp1999FailInfo = (FailInfo)0x3FF;

    /// <summary>The message that it answers, where it is at hand: what is advised depends on it.</summary>
    internal PkiMessage? Request { get; init; }

    /// <summary>Rule 7.</summary>
    internal static bool IsSpoken(int pvno, int spoken) => pvno is 2 or 3 || pvno == spoken;

    internal static string VersionName(int pvno) => pvno switch
    {
        1 => "cmp1999",
        2 => "cmp2000",
        3 => "cmp2021",
        _ => $"version {pvno}",
    };

    /// <summary>A refusal that counts.</summary>
    internal CmpServerException Refusal(PkiStatusInfo status, PkiMessage answer, bool isAuthenticated)
    {
        FailInfo failInfo = status.FailInfo ?? FailInfo.None;
        if (Spoken == 1 && answer.Header.Pvno == 1)
            failInfo &= Cmp1999FailInfo;
        string name = failInfo != FailInfo.None ? FailInfoNames.Of(failInfo)[0]
            : Enum.IsDefined(typeof(PkiStatus), status.Status) ? PkiStatusNames.Of(status.Status) : "unknownStatus";
        return Told(CmpErrorKind.Server, "CmpServer." + name, isAuthenticated ? null : "The answer is not authenticated.", status, answer, isAuthenticated, Advice(status with { FailInfo = failInfo }, answer));
    }

    /// <summary>Rule 33: what a server says that nobody vouches for.</summary>
    internal CmpServerException Unauthenticated(PkiStatusInfo status, PkiMessage answer, CmpException? reason) => Told(
        CmpErrorKind.Protection,
        "CmpProtection.UnauthenticatedAnswer",
        $"Nobody vouches for this answer. {reason?.Message ?? "It is not protected."}",
        status,
        answer,
        isAuthenticated: false,
        reason?.RecommendedAction ?? "Check secret, certificate and trust anchor; -AllowUnprotectedErrors takes such answers at their word.",
        reason);

    /// <summary>An error with all that the server said: one sentence of its words, and one of what is to be said of them.</summary>
    internal CmpServerException Told(CmpErrorKind kind, string errorId, string? remark, PkiStatusInfo status, PkiMessage answer, bool isAuthenticated, string? advice, CmpException? reason = null)
    {
        var error = answer.Body as ErrorMsgContent;
        string said = answer.Body is PkiConfirmContent ? string.Empty : $" with status {status}{(error?.ErrorCode is { } code ? $" and errorCode {code}" : string.Empty)}";
        string words = PkiFreeText.Show(Limits, status.StatusString, error?.ErrorDetails);
        string sentence = $"The server answered {PkiBodyTypeNames.Of(Asked)} by {answer}{said}{(words.Length > 0 ? $": \"{words}\"" : string.Empty)}.";
        return new CmpServerException(kind, errorId, remark is null ? sentence : $"{sentence} {remark}", status, isAuthenticated, reason)
        {
            ErrorCode = error?.ErrorCode,
            ErrorDetails = error?.ErrorDetails?.Texts ?? [],
            ServerTime = answer.Header.MessageTime ?? Road.ServerTime,
            HttpStatus = Road.HttpStatus,
            Octets = answer.Encoded,
            RecommendedAction = advice,
        };
    }

    private string? Advice(PkiStatusInfo status, PkiMessage answer) =>
        RefusalAdvice.Of(new RefusalContext(status, answer.Header, Request) { Error = answer.Body as ErrorMsgContent, Spoken = Spoken, ServerTime = answer.Header.MessageTime ?? Road.ServerTime });
}
