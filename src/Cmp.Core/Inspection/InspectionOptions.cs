namespace Cmp.Inspection;

/// <summary>How messages are looked at.</summary>
public sealed record InspectionOptions
{
    /// <summary>The default limits, and the rules that hold for everybody.</summary>
    public static InspectionOptions Default { get; } = new();

    /// <summary>The bounds that hold.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;

    /// <summary>Whether what only the Lightweight Profile (RFC 9483) asks for is looked for too.</summary>
    public bool IsStrict { get; init; }
}
