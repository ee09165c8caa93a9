using Cmp.Messages;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>A message of somebody else that goes out for him.</summary>
/// <param name="Original">As it arrived.</param>
/// <param name="Outgoing">As it goes out: wrapped, under our protection, or as it arrived.</param>
/// <param name="Requester">Who made it, where its protection was verified.</param>
/// <param name="IsOurs">Whether its protection is ours alone.</param>
internal sealed record ForwardedMessage(PkiMessage Original, PkiMessage Outgoing, VerifiedRequester? Requester, bool IsOurs)
{
    /// <summary>Who made it, for people.</summary>
    internal string? Name => Requester is null ? null : PeerText.Escape(Requester.Certificate?.Subject.ToString() ?? Requester.Secret!.ReferenceText);
}
