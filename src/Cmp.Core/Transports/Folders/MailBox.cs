using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// A folder of mails that somebody else writes to or takes from: plain, with <c>.eml</c> files, or a maildir (<c>new</c>, <c>cur</c>, <c>tmp</c>). What begins with a
/// dot, and what is empty, is still being written.
/// </summary>
internal sealed class MailBox
{
    private const string Extension = ".eml";
    private const string Inbox = "inbox";
    private const string Outbox = "outbox";
    private const string New = "new";
    private const string Seen = "cur";
    private const string Staging = "tmp";

    private MailBox(string path) => Path = path;

    /// <summary>The folder.</summary>
    internal string Path { get; }

    private bool IsMaildir => IsMaildirAt(Path);

    /// <summary>The box of answers in the folder that a mailer shares with us: <c>inbox</c>, or the folder itself where that is a maildir and has none.</summary>
    internal static MailBox InboxOf(string folder)
    {
        string inbox = System.IO.Path.Combine(folder, Inbox);
        return new MailBox(!Directory.Exists(inbox) && IsMaildirAt(folder) ? folder : inbox);
    }

    /// <summary>The box of mails that are to be sent.</summary>
    internal static MailBox OutboxOf(string folder) => new(System.IO.Path.Combine(folder, Outbox));

    /// <summary>Makes the folder where it is not there.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unwritable</c>.</exception>
    internal void EnsureThere()
    {
        try
        {
            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(Path, e);
        }
    }

    /// <summary>Finds out whether mails can be put into the folder, which is made where it is not there.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unwritable</c>.</exception>
    internal void EnsureWritable()
    {
        EnsureThere();
        AtomicFile.EnsureWritable(System.IO.Path.Combine(IsMaildir ? In(Staging) : Path, "test" + Extension), overwrite: true);
    }

    /// <summary>The mails in it, in no order.</summary>
    /// <param name="most">How many at most.</param>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    internal IReadOnlyList<FileInfo> Files(int most)
    {
        var files = new List<FileInfo>();
        bool isMaildir = IsMaildir;
        Try(() =>
        {
            foreach (string folder in isMaildir ? [In(New), In(Seen)] : new[] { Path })
            {
                if (!Directory.Exists(folder))
                    continue;
                foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles().Take(most - files.Count))
                {
                    if (file.Name[0] != '.' && (isMaildir || file.Extension.Equals(Extension, StringComparison.OrdinalIgnoreCase)) && HasContent(file))
                        files.Add(file);
                }
            }
        });
        return files;
    }

    /// <summary>Where a mail of ours lies, as long as nobody took it.</summary>
    /// <param name="name">What it is called, without an extension.</param>
    /// <returns>Its file; <see langword="null"/> where it is not there.</returns>
    internal string? Find(string name)
    {
        string path = Target(name);
        if (File.Exists(path))
            return path;
        string? seen = null;
        // a mail program that has shown it puts its flags behind its name
        if (IsMaildir)
            Try(() => seen = Directory.EnumerateFiles(In(Seen), name + "*").FirstOrDefault());
        return seen;
    }

    /// <summary>Puts a mail into it, whole or not at all.</summary>
    /// <param name="name">What it is called, without an extension: a name of ours.</param>
    /// <param name="mail">The mail.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: as <see cref="AtomicFile.Write"/>.</exception>
    internal void Put(string name, byte[] mail)
    {
        string target = Target(name);
        string staged = IsMaildir ? System.IO.Path.Combine(In(Staging), name) : target;
        AtomicFile.Sweep(staged);
        // who takes it may be another user: the folder says who may read
        AtomicFile.Write(staged, mail, isSecret: false, overwrite: true);
        if (staged != target)
        {
            Try(() =>
            {
                File.Delete(target);
                File.Move(staged, target);
            });
        }
    }

    /// <summary>Takes a mail of ours out of it.</summary>
    /// <param name="name">What it is called, without an extension.</param>
    /// <returns>Whether it lay there still.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unwritable</c>.</exception>
    internal bool Remove(string name)
    {
        if (Find(name) is not { } path)
            return false;
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }

    /// <summary>Reads a mail as far as it is there.</summary>
    /// <param name="path">Its file; a mailer may be writing it.</param>
    /// <param name="limit">The most octets.</param>
    /// <param name="suffices">Whether what was read is enough, asked before each further piece; <see langword="null"/>: never.</param>
    /// <returns>Its octets; <see langword="null"/> where it cannot be read now, or is no file of its own.</returns>
    internal static byte[]? Read(string path, int limit, Func<byte[], bool>? suffices = null)
    {
        const int Piece = 16 * 1024;
        try
        {
            using FileStream? stream = PlainFile.Open(path);
            if (stream is null)
                return null;
            byte[] octets = [];
            while (octets.Length < limit && suffices?.Invoke(octets) != true)
            {
                int length = octets.Length;
                Array.Resize(ref octets, Math.Min(limit, suffices is null ? Math.Max(Piece, 2 * length) : length + Piece));
                int read = stream.Read(octets, length, octets.Length - length);
                Array.Resize(ref octets, length + read);
                if (read == 0)
                    break;
            }
            return octets;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CmpException { ErrorId: "CmpFile.NotPlain" })
        {
            return null;
        }
    }

    private static bool IsMaildirAt(string path) => new[] { New, Seen, Staging }.All(name => Directory.Exists(System.IO.Path.Combine(path, name)));

    /// <summary>Who renames a file takes it away between two looks.</summary>
    private static bool HasContent(FileInfo file)
    {
        try
        {
            return file.Length > 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private string In(string folder) => System.IO.Path.Combine(Path, folder);

    private string Target(string name) => IsMaildir ? System.IO.Path.Combine(In(New), name) : System.IO.Path.Combine(Path, name + Extension);

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unreadable(Path, e);
        }
    }
}
