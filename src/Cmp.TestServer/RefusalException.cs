using System;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.TestServer;

/// <summary>A request is refused. It never leaves the <see cref="Responder"/>: it becomes the status of an answer.</summary>
internal sealed class RefusalException : Exception
{
    internal RefusalException(FailInfo failInfo, string message)
        : base(message) => FailInfo = failInfo;

    /// <summary>A request departs from a rule of the table.</summary>
    internal RefusalException(MessageRule rule, string? text = null)
        : this(rule.FailInfo ?? FailInfo.BadRequest, $"{text ?? rule.Title} ({rule.Section})") => IsOfMessage = rule.FailInfo == FailInfo.WrongIntegrity;

    internal FailInfo FailInfo { get; }

    /// <summary>Whether it is about the message as such, so that an error message says it whatever the body (RFC 9483 3.6.2).</summary>
    internal bool IsOfMessage { get; init; }

    internal PkiStatusInfo Status => PkiStatusInfo.Rejection(FailInfo, Message);

    /// <summary>What Core throws about octets of a client, as the failure that a server names.</summary>
    internal static RefusalException From(CmpException error) => new(
        error.ErrorId switch
        {
            "CmpMessage.Malformed" => FailInfo.BadDataFormat,
            "CmpTrust.Algorithm" or "CmpProtection.UnsupportedAlgorithm" or "CmpProtection.Algorithm" or "CmpKey.Algorithm" => FailInfo.BadAlg,
            _ when error.Kind == CmpErrorKind.Trust => FailInfo.SignerNotTrusted,
            _ when error.Kind == CmpErrorKind.Malformed => FailInfo.BadDataFormat,
            _ => FailInfo.SystemFailure,
        },
        error.Message);
}
