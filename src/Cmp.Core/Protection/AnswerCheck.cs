using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>What the verification of each kind of protection has in common: the sender that is expected, and its errors.</summary>
/// <param name="trust">Whom we believe.</param>
internal abstract class AnswerCheck(TrustSettings trust)
{
    private protected TrustSettings Trust { get; } = trust;

    /// <summary>Rule 24. Gives the name that a signer must have: the sender's; where the sender is the NULL-DN, the expected one.</summary>
    private protected Name? CheckExpectedSender(PkiMessage answer, bool underMac)
    {
        Name? sender = answer.Header.Sender.DirectoryName;
        if (sender is null && !underMac)
            throw Sender($"The sender of the message, {answer.Header.Sender}, is no directoryName.", answer);
        Name? expected = Trust.ExpectedSender ?? (underMac ? null : Trust.Pin?.Subject);
        if (expected is null)
            return sender;
        if (sender is { IsEmpty: true } && !underMac)
            return expected;
        if (sender is null || !expected.IsSameAs(sender, ignoreOrder: true))
            throw Sender($"The message comes from {answer.Header.Sender}, expected was {expected}.", answer);
        return sender;
    }

    internal static CmpException Invalid(string message, PkiMessage answer, string? advice = null) =>
        new(CmpErrorKind.Protection, "CmpProtection.Invalid", message) { RecommendedAction = advice, Octets = answer.Encoded };

    internal static CmpException WrongKind(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Kind", message) { Octets = answer.Encoded };

    private static CmpException Sender(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Sender", message)
        {
            RecommendedAction = "Name the sender with -ExpectedSender as the server writes it.",
            Octets = answer.Encoded,
        };
}
