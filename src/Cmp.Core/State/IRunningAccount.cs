namespace Cmp.State;

/// <summary>The account that this process runs under, where accounts are Windows'.</summary>
internal interface IRunningAccount
{
    /// <summary>Its SID, as in <c>S-1-5-18</c>; <see langword="null"/> elsewhere than on Windows.</summary>
    string? Sid { get; }
}
