namespace Cmp.Scheduling;

/// <summary>The program that speaks to systemd.</summary>
internal interface ISystemctl
{
    /// <summary>Whether systemd runs this computer at all (sd_booted(3)).</summary>
    bool IsRunning { get; }

    /// <summary>Whether what is the user's runs while nobody is logged on, too (loginctl(1), enable-linger).</summary>
    bool IsLingering { get; }

    /// <summary>Says something to systemd.</summary>
    /// <param name="isUser">Whether to that of the user.</param>
    /// <param name="arguments">What.</param>
    /// <returns><see langword="null"/> where it went well; else what it says, escaped.</returns>
    string? Run(bool isUser, params string[] arguments);
}
