namespace Cmp.Inspection;

/// <summary>How a tree is written as text.</summary>
public sealed record MessageTextOptions
{
    /// <summary>What holds where nothing is said.</summary>
    public static MessageTextOptions Default { get; } = new();

    /// <summary>Whether each line begins with the place of the part, in octets from the message's beginning.</summary>
    public bool Offsets { get; init; }

    /// <summary>Whether parts that one line tells whole, such as names and algorithms, are taken apart as well.</summary>
    public bool Everything { get; init; }

    /// <summary>How many characters a line has; longer ones go on in the next.</summary>
    public int Width { get; init; } = 100;

    /// <summary>How many lines are written at most.</summary>
    public int MaxLines { get; init; } = 10_000;
}
