namespace Cmp.Client;

/// <summary>How long a registered server is remembered, and for whom. Of several with one name the first of these serves.</summary>
public enum ServerScope
{
    /// <summary>As long as this process lives.</summary>
    Process,

    /// <summary>In files of this user.</summary>
    CurrentUser,

    /// <summary>In files of this computer, for all its users.</summary>
    LocalMachine,
}
