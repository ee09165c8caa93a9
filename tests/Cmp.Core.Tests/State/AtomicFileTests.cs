using System;
using System.IO;
using Cmp.State;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.State;

public sealed class AtomicFileTests : IDisposable
{
    private static readonly byte[] Old = [1, 2, 3];
    private static readonly byte[] New = [4, 5, 6, 7];

    private readonly string _folder = Directory.CreateTempSubdirectory("cmp-").FullName;

    private string Target => Path.Combine(_folder, "target");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Rule45_What_is_not_committed_changes_nothing_and_leaves_nothing()
    {
        File.WriteAllBytes(Target, Old);
        using (AtomicFile staged = AtomicFile.Stage(Target, New, isSecret: false))
        {
            Assert.Equal(New, File.ReadAllBytes(staged.StagedPath));
            Assert.Equal(Old, File.ReadAllBytes(Target));
        }
        Assert.Equal(Old, File.ReadAllBytes(Target));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Rule45_A_committed_file_is_whole_and_alone()
    {
        File.WriteAllBytes(Target, Old);
        AtomicFile.Write(Target, New, isSecret: false, overwrite: true);
        Assert.Equal(New, File.ReadAllBytes(Target));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Rule45_A_file_is_not_replaced_unless_that_is_allowed()
    {
        File.WriteAllBytes(Target, Old);
        Expect.Error("CmpStore.Exists", () => AtomicFile.Write(Target, New, isSecret: false, overwrite: false));
        Expect.Error("CmpStore.Exists", () => AtomicFile.EnsureWritable(Target, overwrite: false));
        Assert.Equal(Old, File.ReadAllBytes(Target));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
        AtomicFile.EnsureWritable(Target, overwrite: true);
        Assert.Equal(Old, File.ReadAllBytes(Target));
    }

    [SkippableFact]
    public void Rule71_A_secret_has_mode_0600_from_its_first_moment()
    {
        UnixMode.OrSkip();
        using AtomicFile staged = AtomicFile.Stage(Target, New, isSecret: true);
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(staged.StagedPath));
        staged.Commit(overwrite: false);
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(Target));
    }

    [SkippableFact]
    public void Rule71_A_secret_that_replaces_an_open_file_does_not_inherit_its_mode()
    {
        UnixMode.OrSkip();
        File.WriteAllBytes(Target, Old);
        UnixMode.Set(Target, 0b110_110_110);
        AtomicFile.Write(Target, New, isSecret: true, overwrite: true);
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(Target));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule71_A_link_in_place_of_the_target_is_neither_followed_nor_replaced(bool dangling)
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string elsewhere = Path.Combine(_folder, "elsewhere");
        if (!dangling)
            File.WriteAllBytes(elsewhere, Old);
        File.CreateSymbolicLink(Target, elsewhere);
        foreach (bool overwrite in new[] { false, true })
        {
            Expect.Error("CmpStore.Link", () => AtomicFile.Write(Target, New, isSecret: true, overwrite));
            Expect.Error("CmpStore.Link", () => AtomicFile.EnsureWritable(Target, overwrite));
        }
        Assert.Equal(elsewhere, new FileInfo(Target).LinkTarget);
        Assert.Equal(!dangling, File.Exists(elsewhere));
        if (!dangling)
            Assert.Equal(Old, File.ReadAllBytes(elsewhere));
        Assert.DoesNotContain(Directory.GetFiles(_folder), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Rule71_A_link_that_comes_between_the_check_and_the_rename_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string elsewhere = Path.Combine(_folder, "elsewhere");
        File.WriteAllBytes(elsewhere, Old);
        using AtomicFile staged = AtomicFile.Stage(Target, New, isSecret: true);
        File.CreateSymbolicLink(Target, elsewhere);
        Expect.Error("CmpStore.Link", () => staged.Commit(overwrite: true));
        Assert.Equal(Old, File.ReadAllBytes(elsewhere));
    }

    [Fact]
    public void A_folder_that_is_missing_is_named()
    {
        string missing = Path.Combine(_folder, "none", "target");
        CmpException e = Expect.Error("CmpStore.NotFound", () => AtomicFile.EnsureWritable(missing, overwrite: true));
        Assert.Contains(Path.Combine(_folder, "none"), e.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        Directory.CreateDirectory(Target);
        Expect.Error("CmpStore.Unwritable", () => AtomicFile.Write(Target, New, isSecret: false, overwrite: true));
        Assert.Empty(Directory.GetFileSystemEntries(Target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a\0b")]
    public void What_is_no_path_of_a_file_is_an_error_of_ours(string path) =>
        Assert.StartsWith("CmpStore.", Assert.Throws<CmpException>(() => AtomicFile.Write(path, New, isSecret: false, overwrite: false)).ErrorId, StringComparison.Ordinal);

    [SkippableFact]
    public void Rule45_A_folder_that_may_not_be_written_is_found_before_anything_happens()
    {
        UnixMode.OrSkip();
        File.WriteAllBytes(Target, Old);
        UnixMode.Set(_folder, 0b101_101_101);
        try
        {
            (int exitCode, string output) = Errand.RunUnprivileged(null, "write", Target);
            Assert.Equal(1, exitCode);
            Assert.Contains("CmpStore.AccessDenied", output);
            Assert.Equal(Old, File.ReadAllBytes(Target));
            UnixMode.Set(_folder, 0b111_111_111);
            Assert.Equal((0, "written"), Errand.RunUnprivileged(null, "write", Target));
        }
        finally
        {
            UnixMode.Set(_folder, 0b111_000_000);
        }
    }

    /// <summary>What belongs to a target whose name begins alike, or to somebody else, is none of it.</summary>
    [Fact]
    public void Sweeping_takes_what_was_staged_for_a_file_and_nothing_else()
    {
        using var folder = new Folder();
        string mine = folder.Write($".web.{Guid.NewGuid():N}.tmp", [1]);
        string[] others = [folder.Write($".web.pem.{Guid.NewGuid():N}.tmp", [1]), folder.Write(".web.backup.tmp", [1]), folder.Write($".web.{Guid.NewGuid():N}.tmp.old", [1]), folder.Write($".other.{Guid.NewGuid():N}.tmp", [1])];
        AtomicFile.Sweep(folder.PathOf("web"));
        Assert.False(File.Exists(mine));
        Assert.All(others, path => Assert.True(File.Exists(path)));
        AtomicFile.Sweep(folder.PathOf("w*b"));
        Assert.All(others, path => Assert.True(File.Exists(path)));
    }
}
