using System;
using System.IO;
using Cmp.Scheduling;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>How systemctl is started, and what becomes of what it says. A script stands in for it.</summary>
[Collection(AloneCollection.Name)]
public sealed class SystemctlTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void It_gets_its_words_and_what_it_says_is_the_problem()
    {
        Systemctl systemctl = Of("echo \"$@\" > \"$0.said\"; echo ' no bus\u001b[31m ' >&2; exit 1");
        string? problem = systemctl.Run(true, "restart", "cmp-renewal.timer");
        Assert.Equal("--user --no-ask-password --quiet restart cmp-renewal.timer\n", File.ReadAllText(_folder.PathOf("systemctl.said")));
        Assert.StartsWith("no bus", problem);
        Assert.DoesNotContain('\u001b', problem!);
        systemctl.Run(false, "daemon-reload");
        Assert.Equal("--no-ask-password --quiet daemon-reload\n", File.ReadAllText(_folder.PathOf("systemctl.said")));
    }

    [SkippableFact]
    public void What_went_well_is_no_problem_and_silence_is_one_with_its_code()
    {
        Assert.Null(Of("echo words >&2; exit 0").Run(false, "is-active", "a.timer"));
        Assert.Equal("systemctl ended with 3", Of("exit 3").Run(false, "is-active", "a.timer"));
        Assert.NotNull(new Systemctl(_folder.PathOf("none")).Run(false, "is-active", "a.timer"));
        Assert.Equal("there is no systemctl", new Systemctl(null).Run(false, "is-active", "a.timer"));
    }

    /// <summary>Whoever can write to the folder that root stands in would be run by root otherwise.</summary>
    [SkippableFact]
    public void A_program_of_that_name_in_the_current_folder_is_not_run()
    {
        _ = Of("echo evil > \"$0.said\"");
        string before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = _folder.Path;
            _ = new Systemctl().Run(true, "--version");
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
        Assert.False(File.Exists(_folder.PathOf("systemctl.said")));
    }

    private Systemctl Of(string script)
    {
        UnixMode.OrSkip();
        string path = _folder.Write("systemctl", "#!/bin/sh\n" + script + "\n");
        UnixMode.Set(path, 0x1C0);
        return new Systemctl(path);
    }
}
