using System;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp.Tests.Scheduling;

/// <summary>Jobs as Register-CmpRenewal makes them, with names that no quoting may be misled by.</summary>
internal static class Jobs
{
    internal static readonly string[] NastyNames = ["web1", "web 1", "it's", "a\"b", "%h%%i", "$HOME ${HOME}", @"back\slash\", @"end\""", "ünïcode", "a;b & c|d `e` (f) <g>", "-Force", "*"];

    internal static RenewalJob Of(string? enrollment = null, StateScope scope = StateScope.CurrentUser, TimeSpan? interval = null) => new()
    {
        Enrollment = enrollment,
        Scope = scope,
        Schedule = new RenewalSchedule(new TimeSpan(4, 5, 6), interval),
        RandomDelay = TimeSpan.FromHours(1),
        Program = "/bin/sh",
        Arguments = ["-NoProfile", "-NonInteractive", "-Command", $"Update-CmpCertificate -Name '{enrollment ?? "*"}'"],
    };
}
