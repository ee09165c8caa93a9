using System.Collections.Generic;

namespace Cmp.Messages.Asn1;

/// <summary>How octets of a peer are read.</summary>
/// <param name="Limits">The bounds that hold.</param>
/// <param name="Findings">Where departures from the rules that do not stop the reading are collected; <see langword="null"/>: they are not looked for.</param>
public sealed record DecodeOptions(CmpLimits Limits, ICollection<Finding>? Findings = null)
{
    /// <summary>The default limits, no findings.</summary>
    public static DecodeOptions Default { get; } = new(CmpLimits.Default);
}

/// <summary>A departure from the rules that did not stop the reading.</summary>
/// <param name="Rule">The rule, such as <c>DER</c> or <c>RFC 9483 3.1</c>.</param>
/// <param name="Text">What is not as it should be.</param>
/// <param name="Offset">The place in the message, in octets from its beginning.</param>
public sealed record Finding(string Rule, string Text, int Offset);
