using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// The mails that clients have sent, as if every mailer in between had done its work: what lies in their outbox is taken, and its answer is put into their inbox. Once the
/// answer lies there the request is removed, as a mailer does; who dies in between finds the answer and makes no other.
/// </summary>
internal sealed class MailRequests(MailListenerSettings settings, MailAddress address) : IRequestFolder
{
    private const string Answer = "re.";
    private const int MaxSubject = 300;

    private readonly FolderPatience _patience = new(settings.RequestTimeout, () => DateTimeOffset.UtcNow);
    private readonly MailBox _requests = MailBox.OutboxOf(settings.Folder);
    private readonly MailBox _answers = MailBox.InboxOf(settings.Folder);

    /// <summary>Finds out whether both can be used.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void Check()
    {
        _requests.EnsureWritable();
        _answers.EnsureWritable();
    }

    /// <inheritdoc/>
    public IEnumerable<RequestFile> Unanswered()
    {
        foreach (FileInfo file in _requests.Files(settings.MaxFiles))
        {
            // a file that nobody renamed is called by what its answer is called by; others by all of their name
            string stem = MailToken.In(file.Name).FirstOrDefault() ?? DigestOf(file.Name);
            if (_answers.Find(Answer + stem) is null)
                yield return new MailRequestFile(file.FullName, stem, MessageFileName.TransactionIdIn(stem) ?? stem, file.LastWriteTimeUtc);
            else
                Remove(file.FullName);
        }
    }

    /// <inheritdoc/>
    public TransportRequest? Take(RequestFile file)
    {
        byte[]? octets = MailBox.Read(file.Path, MailReader.MaxMailBytes(settings.MaxRequestBytes) + 1);
        MailContent content = octets is null ? new MailContent.Unfinished() : MailReader.Read(octets, settings.MaxRequestBytes, settings.Lenient);
        switch (content)
        {
            case MailContent.Message message:
                ((MailRequestFile)file).Head = MailHead.Parse(octets.AsSpan(0, MailHead.FindEnd(octets)));
                _patience.Forget(file.Path);
                return new TransportRequest(message.Octets, CmpOperation.General, First: false, Last: false) { TransactionId = MessageFileName.TransactionIdIn(file.Stem) };
            case MailContent.Unfinished when octets is not null && _patience.HasStoodStill(file.Path, octets.Length, file.Written):
                throw new CmpException(CmpErrorKind.Timeout, "CmpMail.Incomplete", $"The mail '{PeerText.Escape(file.Path)}' ends in the middle, and nobody goes on with it.");
            case MailContent.Unfinished:
                return null;
            default:
                throw new CmpException(CmpErrorKind.Protocol, "CmpMail.NoMessage", $"The mail '{PeerText.Escape(file.Path)}' has no CMP message.");
        }
    }

    /// <inheritdoc/>
    public void Put(RequestFile file, TransportReply reply)
    {
        if (reply is TransportReply.Octets octets)
            _answers.Put(Answer + file.Stem, Reply(file, octets.Value).Write());
        Remove(file.Path);
    }

    private MailMessage Reply(RequestFile file, ReadOnlyMemory<byte> octets)
    {
        MailHead head = ((MailRequestFile)file).Head!;
        // of what a client writes only what can stand in a field comes back to him
        string subject = new([.. head.Subject.Where(c => !char.IsControl(c)).Take(MaxSubject)]);
        return new MailMessage
        {
            From = address,
            To = MailAddress.Find(head.First("Reply-To")) ?? MailAddress.Find(head.First("From")),
            Subject = subject.StartsWith("Re:", StringComparison.OrdinalIgnoreCase) ? subject : "Re: " + subject,
            Date = DateTimeOffset.UtcNow,
            MessageId = MailMessage.MessageIdOf(Answer + file.Stem, address),
            InReplyTo = MailMessage.IsMessageId(head.MessageId) ? head.MessageId : null,
            IsAutomaticAnswer = true,
            FileName = $"{Answer}{file.Stem}.pki",
            Octets = octets,
        };
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // its answer lies there: it is not answered again
        }
    }

    private static string DigestOf(string name)
    {
        using var sha256 = SHA256.Create();
        return BitConverter.ToString(sha256.ComputeHash(Encoding.UTF8.GetBytes(name)), 0, 16).Replace("-", string.Empty);
    }
}
