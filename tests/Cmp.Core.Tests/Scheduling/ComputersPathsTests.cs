using System;
using System.IO;
using Cmp.Scheduling;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>What root or SYSTEM runs by itself, nobody else may change.</summary>
public sealed class ComputersPathsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void What_is_roots_alone_is_taken_and_what_is_not_there_yet()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "owners of Linux");
        ComputersPaths.Ensure(["/etc/passwd", "/usr/bin/env", "/var/lib/cmp-that-is-not-there/enrolments"], null);
    }

    [SkippableTheory]
    [InlineData("module/0.1.0/Cmp.psd1", 0x1B6)]
    [InlineData("module/0.1.0", 0x1FF)]
    public void What_all_may_write_is_refused_however_deep_it_lies(string weak, int mode)
    {
        Own("module/0.1.0");
        _folder.Write("module/0.1.0/Cmp.psd1", "@{}");
        ComputersPaths.Ensure([_folder.PathOf("module")], null);
        UnixMode.Set(_folder.PathOf(weak), mode);
        AssertRefused(_folder.PathOf("module"), weak);
        AssertRefused(_folder.PathOf("module/0.1.0/Cmp.psd1"), weak);
    }

    [SkippableFact]
    public void What_is_another_users_is_refused_and_a_link_to_it()
    {
        Own("his");
        Own("ours");
        _folder.Write("his/pwsh", string.Empty);
        File.CreateSymbolicLink(_folder.PathOf("ours/pwsh"), "../his/pwsh");
        ComputersPaths.Ensure([_folder.PathOf("ours/pwsh")], null);
        Assert.Equal(0, Programs.Run("/bin/chown", ["65534", _folder.PathOf("his")]).ExitCode);
        AssertRefused(_folder.PathOf("his/pwsh"), "his");
        AssertRefused(_folder.PathOf("ours/pwsh"), "ours/pwsh");
    }

    [SkippableFact]
    public void Links_in_a_ring_lead_to_nothing_and_hang_nothing()
    {
        Own("ring");
        File.CreateSymbolicLink(_folder.PathOf("ring/a"), "b");
        File.CreateSymbolicLink(_folder.PathOf("ring/b"), "a");
        ComputersPaths.Ensure([_folder.PathOf("ring/a")], null);
    }

    [Theory]
    [InlineData(@"C:\Users\admin\Documents\PowerShell\Modules\Cmp", true)]
    [InlineData(@"c:/users/Public/pwsh.exe", true)]
    [InlineData(@"C:\Users2\pwsh.exe", false)]
    [InlineData(@"C:\Program Files\PowerShell\7\pwsh.exe", false)]
    public void On_Windows_no_profile_holds_what_SYSTEM_runs(string path, bool isRefused)
    {
        if (!isRefused)
            ComputersPaths.Ensure([path], @"C:\Users");
        else
            Assert.Contains("AllUsers", Assert.Throws<CmpException>(() => ComputersPaths.Ensure([@"C:\Windows\a", path], @"C:\Users\")).RecommendedAction);
    }

    private void AssertRefused(string path, string weak)
    {
        CmpException error = Assert.Throws<CmpException>(() => ComputersPaths.Ensure([path], null));
        Assert.Equal("CmpRenewal.Unsafe", error.ErrorId);
        Assert.Contains($"'{_folder.PathOf(weak)}'", error.Message);
        Assert.Contains("for all users", error.RecommendedAction);
    }

    private void Own(string folder)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root makes what is root's");
        Directory.CreateDirectory(_folder.PathOf(folder));
    }
}
