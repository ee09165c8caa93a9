using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>A message of somebody else that goes out for him.</summary>
/// <param name="Original">As it arrived.</param>
/// <param name="Outgoing">As it goes out: wrapped, under our protection, or as it arrived.</param>
/// <param name="Requester">The certificate of who made it, where its protection was verified by that.</param>
/// <param name="IsOurs">Whether its protection is ours alone.</param>
internal sealed record ForwardedMessage(PkiMessage Original, PkiMessage Outgoing, Certificate? Requester, bool IsOurs);
