namespace Cmp.Possession;

/// <summary>What a private key comes to that was sent as its own proof. Only who opened it himself may learn more than whether it is right.</summary>
internal enum SentKeyResult
{
    /// <summary>It is the key that was asked for, and says whose it is.</summary>
    Right,

    /// <summary>It was not opened: it is encrypted for somebody else, or was changed.</summary>
    NotOpened,

    /// <summary>What was opened is no private key.</summary>
    NoKey,

    /// <summary>It says of nobody that it is his.</summary>
    NoOwner,

    /// <summary>It says that it is somebody else's.</summary>
    AnotherOwner,

    /// <summary>It is another key than the one in the request.</summary>
    AnotherKey,
}
