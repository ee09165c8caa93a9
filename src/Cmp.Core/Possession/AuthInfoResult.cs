namespace Cmp.Possession;

/// <summary>What the authInfo of a poposkInput comes to: it binds the key to who asks (RFC 4211 4.1).</summary>
public enum AuthInfoResult
{
    /// <summary>It names who was authenticated, or its MAC is right.</summary>
    Right,

    /// <summary>It names a sender, and nobody was authenticated by a name.</summary>
    NotAuthenticated,

    /// <summary>It names another sender than the one who was authenticated.</summary>
    AnotherSender,

    /// <summary>Its MAC is by an algorithm that does not rest on a shared secret.</summary>
    NotUnderSecret,

    /// <summary>Its MAC cannot be checked: there is no secret.</summary>
    NoSecret,

    /// <summary>Its MAC is wrong.</summary>
    WrongMac,
}
