using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// Knows which mails of an inbox answer which messages of ours. Of each file only the header is read, and only once while size and time stay as they are, so
/// that an inbox with many mails of others costs a listing a round. Not safe for several threads.
/// </summary>
internal sealed class MailInbox(MailBox box)
{
    /// <summary>Files that are listed: who has more mails than that in one folder gives those of CMP another one.</summary>
    private const int MaxFiles = 100_000;

    /// <summary>Headers that are read in one round, the newest first; the rest in the next.</summary>
    private const int MaxHeads = 500;

    /// <summary>How far into a report it is searched for our message: what came back stands at its end.</summary>
    private const int MaxReportBytes = 64 * 1024;

    private Dictionary<string, Known> _known = [];
    private HashSet<string> _unreadable = new(StringComparer.Ordinal);

    /// <summary>The folder.</summary>
    internal string Path => box.Path;

    /// <summary>Whether there are mails that the last round did not come to.</summary>
    internal bool HasMore { get; private set; }

    /// <summary>A mail that cannot be read now, or <see langword="null"/>.</summary>
    internal string? Unreadable { get; private set; }

    /// <summary>Looks what is new.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>; <c>CmpMail.TooManyMails</c>.</exception>
    internal void Look(CancellationToken cancellationToken)
    {
        IReadOnlyList<FileInfo> files = box.Files(MaxFiles + 1);
        if (files.Count > MaxFiles)
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpMail.TooManyMails", $"There are more than {MaxFiles} mails in '{PeerText.Escape(Path)}'.")
            {
                RecommendedAction = "Have mails of CMP delivered into a folder of their own.",
            };
        }
        var known = new Dictionary<string, Known>(files.Count, StringComparer.Ordinal);
        var unread = new List<FileInfo>();
        foreach (FileInfo file in files)
        {
            if (_known.TryGetValue(file.FullName, out Known? before) && before.File.Length == file.Length && before.File.LastWriteTimeUtc == file.LastWriteTimeUtc)
                known[file.FullName] = before;
            else
                unread.Add(file);
        }
        // what could not be read the last time comes last: be it as much as it may, it keeps nobody from the rest
        HashSet<string> unreadable = new(unread.Select(file => file.FullName).Where(_unreadable.Contains), StringComparer.Ordinal);
        HasMore = unread.Count - unreadable.Count > MaxHeads;
        foreach (FileInfo file in unread.OrderBy(file => _unreadable.Contains(file.FullName)).ThenByDescending(file => file.LastWriteTimeUtc).Take(MaxHeads))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Answered(file.FullName) is { } names)
            {
                known[file.FullName] = new Known(file, names);
                unreadable.Remove(file.FullName);
            }
            else
            {
                unreadable.Add(file.FullName);
            }
        }
        Unreadable = unreadable.FirstOrDefault();
        (_known, _unreadable) = (known, unreadable);
    }

    /// <summary>The mails that answer a message, oldest first.</summary>
    /// <param name="name">What the message is called.</param>
    /// <returns>Files; none where no answer has come.</returns>
    internal IReadOnlyList<FileInfo> AnswersTo(string name) =>
        [.. _known.Values.Where(known => known.Answered.Contains(name)).Select(known => known.File).OrderBy(file => file.LastWriteTimeUtc).ThenBy(file => file.FullName, StringComparer.Ordinal)];

    /// <summary>What a mail answers; <see langword="null"/> where it cannot be read now.</summary>
    private static IReadOnlyList<string>? Answered(string path)
    {
        byte[]? octets = MailBox.Read(path, MailHead.MaxBytes, read => MailHead.FindEnd(read) >= 0);
        if (octets is null)
            return null;
        int end = MailHead.FindEnd(octets);
        try
        {
            MailHead head = MailHead.Parse(octets.AsSpan(0, end < 0 ? octets.Length : end));
            IReadOnlyList<string> answered = MailToken.AnsweredBy(head);
            // mail systems need not name in the header what they report of: what they bring back of it has its Message-ID
            return answered.Count == 0 && head.IsOfMailSystem
                ? MailToken.In(Encoding.ASCII.GetString(MailBox.Read(path, MailHead.MaxBytes + MaxReportBytes, read => read.Length - end > MaxReportBytes) ?? []))
                : answered;
        }
        catch (CmpException)
        {
            return []; // whatever it is, it answers nothing of ours that could be told
        }
    }

    /// <summary>A file as it was when its header was read.</summary>
    private sealed record Known(FileInfo File, IReadOnlyList<string> Answered);
}
