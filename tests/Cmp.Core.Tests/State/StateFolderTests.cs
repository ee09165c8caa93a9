using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Cmp.State;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.State;

[Collection(nameof(StateHome))]
public sealed class StateFolderTests : IDisposable
{
    private static readonly StateKind Kind = new("thing", 1);

    private readonly Folder _home = new();
    private readonly StateFolder _folder;

    public StateFolderTests() => _folder = new StateFolder(_home.PathOf("home"), Kind);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void What_is_written_is_read_as_it_was()
    {
        var inner = new StateObject();
        inner.Set("flag", true);
        inner.Set("none", (string?)null);
        var content = new StateObject();
        content.Set("text", "ünï \"q\" \\ </root>\u0001\u2028 \U0001F512");
        content.Set("empty", string.Empty);
        content.Set("number", long.MinValue);
        content.Set("octets", new byte[] { 0, 1, 255 });
        content.Set("time", new DateTimeOffset(2026, 11, 25, 12, 0, 0, 123, TimeSpan.FromHours(2)));
        content.Set("inner", inner);
        content.Set("list", new[] { inner, new StateObject() });
        content.Set("texts", new[] { "a", string.Empty });
        content.Set("empty list", Array.Empty<string>());
        _folder.Write("One", content, durable: true);

        StateObject read = Read("one")!;
        Assert.Equal("ünï \"q\" \\ </root>\u0001\u2028 \U0001F512", read.Text("text"));
        Assert.Equal(string.Empty, read.Text("empty"));
        Assert.Equal(long.MinValue, read.Number("number"));
        Assert.Equal([0, 1, 255], read.Octets("octets"));
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 10, 0, 0, 123, TimeSpan.Zero), read.Time("time"));
        Assert.True(read.Object("inner")!.Flag("flag"));
        Assert.False(read.Object("inner")!.Has("none"));
        Assert.Equal(2, read.Objects("list")!.Count);
        Assert.Equal(["a", string.Empty], read.Texts("texts"));
        Assert.Empty(read.Texts("empty list")!);
        Assert.Null(read.Text("absent"));
        Assert.Equal("One", read.Text("name"));
    }

    [Fact]
    public void A_member_of_another_kind_is_an_error_that_names_the_file()
    {
        var content = new StateObject();
        content.Set("text", "no number");
        _folder.Write("one", content, durable: false);
        CmpException error = Expect.Error("CmpState.Unreadable", () => _folder.Read("one", (_, state) => (object?)state.Number("text") ?? string.Empty));
        Assert.Contains(_folder.PathOf("one"), error.Message);
        Expect.Error("CmpState.Unreadable", () => _folder.Read("one", (_, state) => state.Require("absent")));
    }

    [Fact]
    public void A_name_is_the_same_in_any_case_and_never_a_path()
    {
        foreach (string name in new[] { "Ca", "../../etc/passwd", "a/b", @"a\b", "con", "ä b.json", "a:b", "%2e" })
        {
            _folder.Write(name, new StateObject(), durable: false);
            Assert.Equal(name, Read(name.ToUpperInvariant())!.Text("name"));
            Assert.Equal(Path.Combine(_home.PathOf("home"), "thing"), Path.GetDirectoryName(_folder.PathOf(name)));
        }
        Assert.Equal(8, Directory.GetFiles(_folder.Path).Length);
        foreach (string name in new[] { string.Empty, " a", new string('x', 65), "a\u0007", "a\u202Eb" })
            Expect.Error("CmpArgument.Name", () => _folder.PathOf(name));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_by_its_name_and_stays()
    {
        var content = new StateObject();
        content.Set("text", "some text");
        _folder.Write("one", content, durable: false);
        string path = _folder.PathOf("one");
        byte[] whole = File.ReadAllBytes(path);
        // behind the last brace stands the end of the line
        for (int length = 0; length < whole.Length - 1; length++)
        {
            File.WriteAllBytes(path, whole.Take(length).ToArray());
            Assert.Contains(path, Expect.Error("CmpState.Unreadable", () => Read("one")).Message);
            Assert.Equal(length, new FileInfo(path).Length);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"kind\":\"other\",\"schema\":1,\"name\":\"one\"}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":0,\"name\":\"one\"}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":\"1\",\"name\":\"one\"}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":1.5,\"name\":\"one\"}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":1}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":1,\"name\":\"one\",\"name\":\"two\"}")]
    [InlineData("{\"kind\":\"thing\",\"schema\":1,\"name\":\"one\"} more")]
    public void What_is_no_file_of_this_kind_is_refused(string json)
    {
        _folder.Write("one", new StateObject(), durable: false);
        File.WriteAllText(_folder.PathOf("one"), json);
        Expect.Error("CmpState.Unreadable", () => Read("one"));
    }

    [Fact]
    public void Rule64_Deep_and_large_files_are_refused()
    {
        _folder.Write("one", new StateObject(), durable: false);
        File.WriteAllText(_folder.PathOf("one"), $"{{\"kind\":\"thing\",\"schema\":1,\"name\":\"one\",\"x\":{new string('[', 100_000)}");
        Expect.Error("CmpState.Unreadable", () => Read("one"));
        File.WriteAllBytes(_folder.PathOf("one"), new byte[BoundedFile.DefaultLimit + 1]);
        Expect.Error("CmpStore.Unreadable", () => Read("one"));
    }

    [Fact]
    public void An_older_schema_is_migrated_step_by_step_and_a_newer_one_refused()
    {
        var oldest = new StateObject();
        oldest.Set("first", "Ada");
        _folder.Write("one", oldest, durable: false);
        var newer = new StateFolder(_home.PathOf("home"), new StateKind("thing", 3, Rename("first", "given"), Rename("given", "called")));
        Assert.Equal("Ada", newer.Read("one", (_, state) => state)!.Text("called"));
        var newest = new StateObject();
        newest.Set("called", "Grace");
        newer.Write("one", newest, durable: false);
        Assert.Equal("Grace", newer.Read("one", (_, state) => state)!.Text("called"));
        byte[] before = File.ReadAllBytes(_folder.PathOf("one"));
        CmpException error = Expect.Error("CmpState.Newer", () => Read("one"));
        Assert.Contains(_folder.PathOf("one"), error.Message);
        Assert.Equal(before, File.ReadAllBytes(_folder.PathOf("one")));

        static Func<StateObject, StateObject> Rename(string from, string to) => old =>
        {
            old.Set(to, old.Require(from));
            old.Set(from, (string?)null);
            return old;
        };
    }

    [Fact]
    public void One_that_cannot_be_read_hides_no_other()
    {
        foreach (string name in new[] { "a", "b", "c" })
            _folder.Write(name, new StateObject(), durable: false);
        File.WriteAllText(_folder.PathOf("b"), "half");
        File.WriteAllText(Path.Combine(_folder.Path, ".x.json.tmp"), "staged");
        var failed = new List<CmpException>();
        Assert.Equal(["a", "c"], _folder.ReadAll((name, _) => name, failed.Add));
        Assert.Equal("CmpState.Unreadable", Assert.Single(failed).ErrorId);
        Assert.Empty(new StateFolder(_home.PathOf("nowhere"), Kind).ReadAll((name, _) => name, failed.Add));
    }

    [SkippableFact]
    public void Rule71_Files_and_folder_are_the_owners_alone()
    {
        UnixMode.OrSkip();
        _folder.Write("one", new StateObject(), durable: true);
        _folder.WriteSecret("one", ".secret", [1]);
        using StateLock? held = _folder.TryLock("one");
        foreach (string file in Directory.GetFiles(_folder.Path))
            Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(file));
        Assert.Equal("700", Mode(_folder.Path));

        var shared = new StateFolder(_home.PathOf("shared"), Kind, isForAll: true);
        shared.Write("one", new StateObject(), durable: true);
        shared.WriteSecret("one", ".secret", [1]);
        Assert.Equal("755", Mode(shared.Path));
        Assert.NotEqual("600", Mode(shared.PathOf("one")));
        Assert.Equal("600", Mode(shared.PathOf("one", ".secret")));
    }

    [SkippableFact]
    public void Rule71_Links_and_what_others_may_write_are_not_read()
    {
        UnixMode.OrSkip();
        _folder.Write("one", new StateObject(), durable: false);
        _folder.WriteSecret("one", ".secret", [1]);
        string path = _folder.PathOf("one");
        Chmod("660", path);
        Expect.Error("CmpState.Unsafe", () => Read("one"));
        Chmod("600", path);
        Chmod("640", _folder.PathOf("one", ".secret"));
        Expect.Error("CmpState.Unsafe", () => _folder.ReadSecret("one", ".secret"));
        Chmod("600", _folder.PathOf("one", ".secret"));
        Assert.Equal([1], _folder.ReadSecret("one", ".secret"));
        Chmod("777", _folder.Path);
        Expect.Error("CmpState.Unsafe", () => Read("one"));
        Chmod("700", _folder.Path);
        Assert.NotNull(Read("one"));

        string target = _home.PathOf("target");
        File.Move(path, target);
        File.CreateSymbolicLink(path, target);
        Expect.Error("CmpState.Unsafe", () => Read("one"));
        Expect.Error("CmpStore.Link", () => _folder.Write("one", new StateObject(), durable: false));
    }

    [SkippableFact]
    public void What_another_user_has_is_denied_and_not_overlooked()
    {
        string home = _home.PathOf("theirs");
        var store = new StateFolder(home, new StateKind("transactions", 1));
        store.Write("00", new StateObject(), durable: false);
        Skip.If(!Environment.IsPrivilegedProcess, "the tests run as the one user there is");
        Denied();
        // the folder may be looked into, the file is not theirs
        foreach (string folder in new[] { Path.GetDirectoryName(home)!, home, store.Path })
            Chmod("755", folder);
        Denied();
        Assert.Empty(new Cmp.Client.EnrollmentStore(_home.PathOf("nowhere")).All(error => throw error));

        void Denied()
        {
            foreach (string errand in new[] { "pending", "resume" })
                Assert.Equal((1, "CmpStore.AccessDenied"), Errand.RunUnprivileged(null, errand, home));
        }
    }

    [Fact]
    public void A_secret_goes_with_its_file()
    {
        _folder.Write("one", new StateObject(), durable: false);
        _folder.WriteSecret("one", ".secret", [1, 2]);
        Assert.True(_folder.Delete("ONE", ".secret"));
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.False(_folder.Delete("one", ".secret"));
        Assert.Null(Read("one"));
        Assert.Null(_folder.ReadSecret("one", ".secret"));
    }

    /// <summary>Data protection itself is Windows'; that its way is taken is seen anywhere.</summary>
    [Fact]
    public void A_secret_lies_protected_and_one_of_somebody_else_is_refused()
    {
        var mine = new StateFolder(_home.PathOf("home"), Kind, isForAll: false, new Disguise(0x55));
        mine.WriteSecret("one", ".secret", [1, 2, 3]);
        Assert.Equal([0x55, 1 ^ 0x55, 2 ^ 0x55, 3 ^ 0x55], File.ReadAllBytes(mine.PathOf("one", ".secret")));
        Assert.Equal([1, 2, 3], mine.ReadSecret("one", ".secret"));

        var others = new StateFolder(_home.PathOf("home"), Kind, isForAll: false, new Disguise(0x66));
        CmpException error = Expect.Error("CmpState.Protection", () => others.ReadSecret("one", ".secret"));
        Assert.Contains(mine.PathOf("one", ".secret"), error.Message);
        var unable = new StateFolder(_home.PathOf("home"), Kind, isForAll: false, new Disguise(0));
        Expect.Error("CmpState.Protection", () => unable.WriteSecret("one", ".secret", [7]));
        Assert.Equal([1, 2, 3], mine.ReadSecret("one", ".secret"));
    }

    [Fact]
    public void A_lock_is_one_holders_at_a_time()
    {
        using (StateLock? first = _folder.TryLock("one"))
        {
            Assert.NotNull(first);
            Assert.Null(_folder.TryLock("ONE"));
            using StateLock? other = _folder.TryLock("two");
            Assert.NotNull(other);
        }
        using StateLock? again = _folder.TryLock("one");
        Assert.NotNull(again);
    }

    [Fact]
    public void A_home_is_a_full_path()
    {
        string? before = Environment.GetEnvironmentVariable(StateHome.Variable);
        try
        {
            Environment.SetEnvironmentVariable(StateHome.Variable, _home.PathOf("home"));
            Assert.Equal(_home.PathOf("home"), StateHome.Of(StateScope.CurrentUser));
            Assert.Equal(Path.Combine(_home.PathOf("home"), "machine"), StateHome.Of(StateScope.LocalMachine));
            Environment.SetEnvironmentVariable(StateHome.Variable, "relative");
            Expect.Error("CmpState.Home", () => StateHome.Of(StateScope.CurrentUser));
        }
        finally
        {
            Environment.SetEnvironmentVariable(StateHome.Variable, before);
        }
    }

    /// <summary>No protection at all, but one that can be told apart.</summary>
    private sealed class Disguise(byte mask) : ISecretProtection
    {
        public byte[] Protect(byte[] octets) => mask == 0 ? throw new CryptographicException("unable") : [mask, .. octets.Select(octet => (byte)(octet ^ mask))];

        public byte[] Unprotect(byte[] octets) => octets[0] == mask ? [.. octets.Skip(1).Select(octet => (byte)(octet ^ mask))] : throw new CryptographicException("not mine");

        public FileStream Create(string path) => AtomicFile.CreateNew(path, isSecret: true);
    }

    private StateObject? Read(string name) => _folder.Read(name, (_, state) => state);

    private static string Mode(string path) => Convert.ToString((int)UnixMode.Of(path), 8);

    private static void Chmod(string mode, string path) => UnixMode.Set(path, Convert.ToInt32(mode, 8));
}
