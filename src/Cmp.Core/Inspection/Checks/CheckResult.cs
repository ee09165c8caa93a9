namespace Cmp.Inspection;

/// <summary>What came of a check.</summary>
public enum CheckResult
{
    /// <summary>It is right.</summary>
    Verified,

    /// <summary>There is nothing to check here, and nothing needs to be.</summary>
    Absent,

    /// <summary>It could not be checked: something is not at hand, not understood, or not in this message. Nothing is said for it.</summary>
    NotChecked,

    /// <summary>It is wrong.</summary>
    Failed,
}
