namespace Cmp.Client;

/// <summary>How far a probe of a server came.</summary>
public enum ProbeStage
{
    /// <summary>The server was not reached.</summary>
    None,

    /// <summary>Something answered there, but no CMP message came.</summary>
    Reached,

    /// <summary>A CMP message came, and nobody vouches for it.</summary>
    Answered,

    /// <summary>A CMP message came that is the server's, and it refuses the question.</summary>
    Authenticated,

    /// <summary>The server answered the question.</summary>
    Informed,
}
