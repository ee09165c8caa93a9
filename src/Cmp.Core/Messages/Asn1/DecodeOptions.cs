using System.Collections.Generic;
using Cmp.Messages.Rules;

namespace Cmp.Messages.Asn1;

/// <summary>How octets of a peer are read.</summary>
/// <param name="Limits">The bounds that hold.</param>
/// <param name="Findings">Where departures from the rules that do not stop the reading are collected; <see langword="null"/>: they are not looked for.</param>
public sealed record DecodeOptions(CmpLimits Limits, ICollection<Finding>? Findings = null)
{
    /// <summary>The default limits, no findings.</summary>
    public static DecodeOptions Default { get; } = new(CmpLimits.Default);
}
