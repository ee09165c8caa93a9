using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;

namespace Cmp.State;

/// <summary>
/// Files of one kind, each under a name: read whole or refused with its name, replaced whole or not at all. Beside a file may stand others of the
/// same name with another extension: a secret, a lock.
/// </summary>
/// <remarks>
/// The folder is the owner's alone (0700, files 0600 on Unix); the computer's may be read by all, but for secrets. What others may write to, and
/// links in place of files, are not read: who can write there could say whom we trust.
/// </remarks>
public sealed class StateFolder
{
    /// <summary>The extension of what <see cref="TryLock(string)"/> locks.</summary>
    internal const string LockExtension = ".lock";

    private const string Extension = ".json";
    private const string Gone = ".gone";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly StateKind _kind;
    private readonly bool _isForAll;
    private readonly ISecretProtection _protection;

    /// <summary>Files of a kind in the home of a scope.</summary>
    /// <param name="scope">Whose.</param>
    /// <param name="kind">Which.</param>
    /// <exception cref="CmpException"><c>CmpState.Home</c>.</exception>
    public StateFolder(StateScope scope, StateKind kind)
        : this(StateHome.Of(scope), kind, scope == StateScope.LocalMachine)
    {
    }

    /// <summary>Files of a kind in a home of one's own.</summary>
    /// <param name="home">The folder that holds the kind's.</param>
    /// <param name="kind">Which.</param>
    /// <param name="isForAll">Whether others may read what is no secret. In the computer's folder on Windows, where SYSTEM's state is too, they may.</param>
    public StateFolder(string home, StateKind kind, bool isForAll = false)
        : this(home, kind, isForAll || StateHome.IsComputers(home), OwnersAlone.OrDataProtection(isForAll || StateHome.IsComputers(home)))
    {
    }

    /// <summary>For tests: secrets protected in another way.</summary>
    internal StateFolder(string home, StateKind kind, bool isForAll, ISecretProtection protection)
    {
        _kind = kind;
        _isForAll = isForAll;
        _protection = protection;
        Path = System.IO.Path.Combine(home, kind.Name);
    }

    /// <summary>The folder; it is made when something is written.</summary>
    public string Path { get; }

    /// <summary>The file of a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="extension">With its dot.</param>
    /// <returns>A full path; the file need not exist.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Name</c>.</exception>
    public string PathOf(string name, string extension = Extension) => System.IO.Path.Combine(Path, StateName.ToFile(name) + extension);

    /// <summary>Whether there is a file of that name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>Whether there is, be it readable or not.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>: another user's folder does not say.</exception>
    public bool Has(string name) => FileSafety.Exists(PathOf(name));

    /// <summary>Reads the file of a name.</summary>
    /// <typeparam name="T">What becomes of it.</typeparam>
    /// <param name="name">The name, in any case.</param>
    /// <param name="decode">Makes it; a <see cref="FormatException"/> says that something in it is wrong.</param>
    /// <returns>It; <see langword="null"/> where there is no such file.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpState.Unreadable</c>: damaged, or no such file of ours; <c>CmpState.Newer</c>: a newer version wrote it; <c>CmpState.Unsafe</c>: a link,
    /// or open to others; <c>CmpStore.AccessDenied</c>.
    /// </exception>
    public T? Read<T>(string name, Func<string, StateObject, T> decode)
        where T : class => ReadFile(PathOf(name), decode);

    /// <summary>Reads all files. One that cannot be read hides no other.</summary>
    /// <typeparam name="T">What becomes of each.</typeparam>
    /// <param name="decode">As for <see cref="Read"/>.</param>
    /// <param name="failed">Hears of those that cannot be read.</param>
    /// <returns>What could be read, in the order of the names of the files.</returns>
    public IReadOnlyList<T> ReadAll<T>(Func<string, StateObject, T> decode, Action<CmpException> failed)
        where T : class
    {
        var all = new List<T>();
        foreach (string path in Files(Extension))
        {
            try
            {
                if (ReadFile(path, decode) is { } one)
                    all.Add(one);
            }
            catch (CmpException e)
            {
                failed(e);
            }
        }
        return all;
    }

    /// <summary>The paths of all files with an extension, in their order.</summary>
    /// <param name="extension">With its dot.</param>
    /// <returns>Full paths; none where there is no folder.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>.</exception>
    public IReadOnlyList<string> Files(string extension)
    {
        try
        {
            // a folder that may not be looked into is not one that is not there, although Exists says so of both
            return Directory.GetFiles(Path, "*" + extension)
                .Where(path => path.EndsWith(extension, StringComparison.Ordinal) && System.IO.Path.GetFileName(path)[0] != '.')
                .OrderBy(path => path, StringComparer.Ordinal)
                .ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unreadable(Path, e);
        }
    }

    /// <summary>Writes the file of a name, whole or not at all.</summary>
    /// <param name="name">The name as it is shown.</param>
    /// <param name="content">What it says; no secret.</param>
    /// <param name="durable">Whether it must be on the disk, and not in its cache only, when this returns.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: as <see cref="AtomicFile.Write"/>.</exception>
    public void Write(string name, StateObject content, bool durable)
    {
        string path = PathOf(name);
        var whole = new StateObject();
        whole.Set("kind", _kind.Name);
        whole.Set("schema", _kind.Schema);
        whole.Set("name", name);
        foreach (string member in content.Names)
            whole.Put(member, content[member]);
        Make();
        if (_isForAll)
            AtomicFile.WriteForAll(path, StateJson.Write(whole), durable);
        else
            AtomicFile.Write(path, StateJson.Write(whole), isSecret: true, overwrite: true, durable);
    }

    /// <summary>Writes a file beside the one of a name that nobody but the owner may read: mode 0600, or under Windows' data protection.</summary>
    /// <param name="name">The name.</param>
    /// <param name="extension">With its dot.</param>
    /// <param name="octets">What; the caller clears them.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: as <see cref="AtomicFile.Write"/>; <c>CmpState.Protection</c>.</exception>
    public void WriteSecret(string name, string extension, byte[] octets)
    {
        string path = PathOf(name, extension);
        Make();
        byte[] covered = [];
        try
        {
            covered = _protection.Protect(octets);
            using AtomicFile file = AtomicFile.Stage(path, covered, _protection.Create, durable: true);
            file.Commit(overwrite: true);
        }
        catch (CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpState.Protection", $"'{PeerText.Escape(path)}' cannot be protected, and is not written: {PeerText.Escape(e.Message, 200)}", e);
        }
        finally
        {
            Array.Clear(covered, 0, covered.Length);
        }
    }

    /// <summary>Reads a file that <see cref="WriteSecret"/> wrote.</summary>
    /// <param name="name">The name.</param>
    /// <param name="extension">With its dot.</param>
    /// <returns>Its octets, which the caller clears; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpState.Unsafe</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>; <c>CmpState.Protection</c>: it is another user's or computer's.</exception>
    public byte[]? ReadSecret(string name, string extension)
    {
        string path = PathOf(name, extension);
        if (!FileSafety.Ensure(path, isSecret: true, _isForAll))
            return null;
        byte[] covered = BoundedFile.Read(path);
        try
        {
            return _protection.Unprotect(covered);
        }
        catch (CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpState.Protection", $"'{PeerText.Escape(path)}' cannot be opened: {PeerText.Escape(e.Message, 200)}", e)
            {
                RecommendedAction = "Another user or another computer protected it: give the secret again.",
            };
        }
        finally
        {
            Array.Clear(covered, 0, covered.Length);
        }
    }

    /// <summary>Deletes the file of a name, and what stands beside it: at once, or after the death of this process when the files are listed next.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="extensions">What goes with it, each with its dot.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public bool Delete(string name, params string[] extensions)
    {
        if (!Directory.Exists(Path))
            return false;
        string path = PathOf(name);
        bool isThere = File.Exists(path);
        Try(path, () =>
        {
            // from here on there is none of that name; whoever finds this goes on with what follows
            if (isThere)
                Replace(path, path + Gone);
            foreach (string extension in extensions)
                File.Delete(PathOf(name, extension));
            File.Delete(path + Gone);
        });
        return isThere;
    }

    /// <summary>Ends what <see cref="Delete"/> could not: removes what stands beside files that were deleted.</summary>
    /// <param name="extensions">As for <see cref="Delete"/>.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public void EndDeletions(params string[] extensions)
    {
        foreach (string gone in Files(Extension + Gone))
        {
            string path = gone.Substring(0, gone.Length - Extension.Length - Gone.Length);
            Try(path, () =>
            {
                // one of the same name may have been written since
                if (!File.Exists(path + Extension))
                {
                    foreach (string extension in extensions)
                        File.Delete(path + extension);
                }
                File.Delete(gone);
            });
        }
    }

    /// <summary>Removes what a process left of a name that died while it wrote; for who holds its lock.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="extensions">Of what stands beside it, each with its dot.</param>
    public void Sweep(string name, params string[] extensions)
    {
        foreach (string extension in extensions.Append(Extension))
            AtomicFile.Sweep(PathOf(name, extension));
    }

    /// <summary>Locks what has a name against other processes.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>The lock; <see langword="null"/> where another one has it.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public StateLock? TryLock(string name)
    {
        Make();
        return StateLock.Try(PathOf(name, LockExtension));
    }

    /// <summary>Locks what has a name, waiting for another one that has it: for what is over at once.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="patience">How long it is waited for.</param>
    /// <returns>The lock; <see langword="null"/> where another one had it all that time.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public StateLock? TryLock(string name, TimeSpan patience)
    {
        var waiting = Stopwatch.StartNew();
        for (; ; )
        {
            if (TryLock(name) is { } held)
                return held;
            if (waiting.Elapsed > patience)
                return null;
            Thread.Sleep(PollInterval);
        }
    }

    private T? ReadFile<T>(string path, Func<string, StateObject, T> decode)
        where T : class
    {
        try
        {
            if (!FileSafety.Ensure(path, isSecret: false, _isForAll))
                return null;
            StateObject content = StateJson.Read(BoundedFile.Read(path));
            if (content.Text("kind") != _kind.Name || content.Number("schema") is not (> 0 and <= int.MaxValue and var schema))
                throw new FormatException($"It is no {_kind.Name} of Cmp.");
            if (schema > _kind.Schema)
            {
                throw new CmpException(CmpErrorKind.Store, "CmpState.Newer", $"'{PeerText.Escape(path)}' has the schema {schema}, and this version of Cmp reads up to {_kind.Schema}: a newer version wrote it.")
                {
                    RecommendedAction = "Use the newer version of Cmp.",
                };
            }
            return decode(content.Require("name"), _kind.Migrate(content, (int)schema));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or CmpException { Kind: CmpErrorKind.Malformed or CmpErrorKind.Argument })
        {
            throw new CmpException(CmpErrorKind.Store, "CmpState.Unreadable", $"'{PeerText.Escape(path)}' is damaged: {PeerText.Escape(e.Message, 200)}", e)
            {
                RecommendedAction = "Put back a copy of the file, or remove what it is about.",
            };
        }
        catch (CmpException e) when (e.ErrorId == "CmpStore.NotFound")
        {
            return null; // another process removed it meanwhile
        }
    }

    private static void Replace(string path, string by)
    {
        File.Delete(by);
        File.Move(path, by);
    }

    private static void Try(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }

    private void Make()
    {
        try
        {
            FileSafety.MakeFolder(Path, _isForAll);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CmpException(CmpErrorKind.Store, e is UnauthorizedAccessException ? "CmpStore.AccessDenied" : "CmpStore.Unwritable", $"The folder '{PeerText.Escape(Path)}' for state cannot be made: {e.Message}", e)
            {
                RecommendedAction = $"Set {StateHome.Variable} to a folder that you may write to.",
            };
        }
    }
}
