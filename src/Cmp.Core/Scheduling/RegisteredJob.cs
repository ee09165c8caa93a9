namespace Cmp.Scheduling;

/// <summary>A job as the computer's scheduler has it.</summary>
/// <param name="Path">The file of the timer, or the path of the task.</param>
/// <param name="Job">What it does; <see langword="null"/> where that cannot be read.</param>
public sealed record RegisteredJob(string Path, RenewalJob? Job)
{
    /// <summary>Whether it will run by itself.</summary>
    public bool IsActive { get; init; }

    /// <summary>Whether what runs, or when, is otherwise than was registered: somebody changed it, or another version wrote it.</summary>
    public bool IsChanged { get; init; }

    /// <summary>Why it will not, or not always or otherwise, one sentence, escaped; else <see langword="null"/>.</summary>
    public string? Problem { get; init; }
}
