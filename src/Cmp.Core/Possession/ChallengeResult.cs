namespace Cmp.Possession;

/// <summary>What opening a challenge comes to.</summary>
internal enum ChallengeResult
{
    /// <summary>It was opened, and holds a number and the name of the sender.</summary>
    Right,

    /// <summary>It was not opened, or what was opened is no Rand: it is for another key, or was changed.</summary>
    NotOpened,

    /// <summary>It holds another name than the sender's.</summary>
    AnotherSender,
}
