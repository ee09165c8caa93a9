using System;

namespace Cmp.Messages.Rules;

/// <summary>A status, wherever it stands (RFC 9810 5.2.3).</summary>
internal static class StatusRules
{
    /// <summary>The bits that have names.</summary>
    private const uint Named = 0x7FF_FFFF;

    internal static void Check(ref FindingCollector found, PkiStatusInfo status, ReadOnlyMemory<byte> around)
    {
        if (status.Status is PkiStatus.Accepted && status.FailInfo is null)
            return;
        if (status.Status is < PkiStatus.Accepted or > PkiStatus.KeyUpdateWarning)
            found.Add(MessageRules.StatusUnknown, $"The status is {(int)status.Status}, which nobody defined.", status.Encoded, around);
        else if (status.Status != PkiStatus.Rejection && status.FailInfo is not null)
            found.Add(MessageRules.StatusFailInfo, $"The status is {PkiStatusNames.Of(status.Status)}, and there is a failInfo.", status.Encoded, around);
        if (status.FailInfo is { } failInfo && (failInfo == FailInfo.None || ((uint)failInfo & ~Named) != 0))
            found.Add(MessageRules.StatusFailInfoBits, failInfo == FailInfo.None ? "failInfo is there, and no bit of it is set." : $"failInfo has bits that nobody defined: {string.Join(", ", FailInfoNames.Of(failInfo))}.", status.Encoded, around);
        else if (status is { Status: PkiStatus.Rejection, FailInfo: null })
            found.Add(MessageRules.StatusNoReason, "The rejection has no failInfo.", status.Encoded, around);
    }
}
