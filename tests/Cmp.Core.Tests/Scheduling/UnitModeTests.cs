using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.Scheduling;
using Cmp.State;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>Who may write to what says what runs, or whom we trust: its owner, under whatever umask it was written.</summary>
[Collection(AloneCollection.Name)]
public sealed class UnitModeTests : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Nobody_else_may_write_a_unit_and_systemd_may_read_it()
    {
        var scheduler = new SystemdScheduler(_folder.PathOf("user"), _folder.PathOf("system"), new SystemdSchedulerTests.FakeSystemctl());
        WithoutUmask(() =>
        {
            scheduler.Register(Jobs.Of(scope: StateScope.LocalMachine));
            scheduler.Register(Jobs.Of());
        });
        foreach (string path in Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories))
            Assert.Equal(UnixFileMode.None, UnixMode.Of(path) & Others);
        Assert.Equal(4, Directory.GetFiles(_folder.Path, "cmp-renewal.*", SearchOption.AllDirectories).Count(path => UnixMode.Of(path).HasFlag(UnixFileMode.OtherRead)));
    }

    [SkippableFact]
    public void The_computers_state_is_read_again_under_whatever_umask_it_was_written()
    {
        var folder = new StateFolder(_folder.PathOf("machine"), new StateKind("things", 1), isForAll: true);
        WithoutUmask(() =>
        {
            folder.Write("one", new StateObject(), durable: false);
        });
        Assert.Equal("one", folder.Read("one", (name, _) => name));
        Assert.True(UnixMode.Of(folder.PathOf("one")).HasFlag(UnixFileMode.OtherRead));
    }

    private static void WithoutUmask(Action write)
    {
        UnixMode.OrSkip();
        uint before = umask(0);
        try
        {
            write();
        }
        finally
        {
            _ = umask(before);
        }
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint umask(uint mask);
}
