namespace Cmp.State;

/// <summary>Whose state it is.</summary>
public enum StateScope
{
    /// <summary>The user's.</summary>
    CurrentUser,

    /// <summary>The computer's, for all its users to read.</summary>
    LocalMachine,
}
