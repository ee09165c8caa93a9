using System;

namespace Cmp.Transports;

/// <summary>What a listener bears that looks into a folder for requests.</summary>
public abstract record FolderListenerSettings
{
    private protected FolderListenerSettings()
    {
    }

    /// <summary>The full path of the folder; it is there.</summary>
    public required string Folder { get; init; }

    /// <summary>Octets of a request; one that has more is not read.</summary>
    public int MaxRequestBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Files of the folder that are looked at in one round, whatever they are; of a folder that holds more, others are not seen.</summary>
    public int MaxFiles { get; init; } = 100_000;

    /// <summary>Requests that are answered at once; more wait for their turn.</summary>
    public int MaxAtOnce { get; init; } = 16;

    /// <summary>How long a request that is being written may stand still before it counts as broken off.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest pause between two rounds; while there is something to do the pauses are shorter.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Hears of a file that is no request, once as long as it does not change. It must not throw.</summary>
    public Action<CmpException>? Refused { get; init; }

    /// <summary>Hears of what a handler threw, or the folder did; the client hears nothing. It must not throw.</summary>
    public Action<Exception>? HandlerFailed { get; init; }

    /// <summary>Refuses what cannot hold.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>.</exception>
    internal void Check()
    {
        if (MaxRequestBytes <= 0 || MaxFiles <= 0 || MaxAtOnce <= 0 || Pause <= TimeSpan.Zero || RequestTimeout <= TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "Times, sizes and counts of a listener must be positive.");
    }
}
