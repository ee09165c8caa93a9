using Cmp.Messages;

namespace Cmp.Transactions;

/// <summary>What came back for a message that was sent on, and what is known of it. Its octets are those that came: it is for who made the message.</summary>
/// <param name="Message">The answer, over the octets that arrived.</param>
/// <param name="IsVerified">Whether somebody vouches for it whom we believe; <see langword="null"/>: that is not for us to say, since its protection is for who made the message, or we have nothing to verify it by.</param>
/// <param name="Remark">Why it is not verified, escaped; <see langword="null"/> where it is.</param>
public sealed record ForwardedAnswer(PkiMessage Message, bool? IsVerified, string? Remark);
