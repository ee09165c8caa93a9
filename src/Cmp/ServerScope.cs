namespace Cmp;

/// <summary>How long a registered server is remembered.</summary>
public enum ServerScope
{
    /// <summary>As long as this process lives.</summary>
    Process,
}
