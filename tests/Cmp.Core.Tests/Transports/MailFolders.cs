using System;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>A folder that a mailer shares with a client, and what mailers do in it.</summary>
internal sealed class MailFolders : IDisposable
{
    internal const string Address = "mailto:ca@example.com?from=ra@example.org";

    internal static readonly byte[] Octets = [0x30, 0x03, 0x02, 0x01, 0x05];

    private readonly Folder _folder = new();

    internal MailFolders() => Directory.CreateDirectory(Path);

    internal string Path => _folder.PathOf("mail");

    internal string Inbox => System.IO.Path.Combine(Path, "inbox");

    internal string Outbox => System.IO.Path.Combine(Path, "outbox");

    /// <summary>What is to be sent; what begins with a dot is still being written.</summary>
    internal string[] Unsent => Directory.Exists(Outbox) ? [.. Directory.GetFiles(Outbox).Where(path => System.IO.Path.GetFileName(path)[0] != '.').OrderBy(path => path, StringComparer.Ordinal)] : [];

    internal static TransportRequest Request(int number = 1) =>
        new(Octets, CmpOperation.Initialization, First: number == 1, Last: false) { TransactionId = "0A0B", MessageId = $"{number:00000000}112233445566778899AABBCC", Number = number };

    public void Dispose() => _folder.Dispose();

    internal MailTransportSettings Settings() => new() { Uri = new Uri(Address), Folder = Path };

    internal void MakeMaildir(string path)
    {
        foreach (string name in new[] { "new", "cur", "tmp" })
            Directory.CreateDirectory(System.IO.Path.Combine(path, name));
    }

    /// <summary>Takes the one mail that is to be sent, as a mailer does.</summary>
    internal MailHead Send(out byte[] octets)
    {
        string path = Assert.Single(Unsent);
        byte[] mail = File.ReadAllBytes(path);
        octets = Assert.IsType<MailContent.Message>(MailReader.Read(mail, 1 << 20, lenient: false)).Octets.ToArray();
        File.Delete(path);
        return MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail)));
    }

    internal MailHead Send() => Send(out _);

    /// <summary>An answer as a server's mailer writes it.</summary>
    internal static string Answer(string fields, byte[]? octets = null) =>
        $"From: ca@example.com\n{fields.Trim()}\nContent-Type: application/pkixcmp; name=\"x.pki\"\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(octets ?? Octets, Base64FormattingOptions.InsertLineBreaks)}\n";

    /// <summary>Takes all mails that are to be sent, oldest first, each to somebody who says what is delivered in answer; <see langword="null"/> for nothing.</summary>
    internal int Exchange(Func<MailHead, byte[], string?> answer)
    {
        string[] unsent = Unsent;
        foreach (string path in unsent)
        {
            byte[] mail = File.ReadAllBytes(path);
            File.Delete(path);
            byte[] octets = Assert.IsType<MailContent.Message>(MailReader.Read(mail, 1 << 20, lenient: false)).Octets.ToArray();
            if (answer(MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail))), octets) is { } delivered)
                Deliver("re." + System.IO.Path.GetFileName(path), delivered);
        }
        return unsent.Length;
    }

    /// <summary>Delivers a mail.</summary>
    internal string Deliver(string name, string mail, DateTime? written = null) => Deliver(name, Encoding.UTF8.GetBytes(mail), written);

    internal string Deliver(string name, byte[] mail, DateTime? written = null)
    {
        string path = System.IO.Path.Combine(Inbox, name);
        File.WriteAllBytes(path, mail);
        if (written is { } time)
            File.SetLastWriteTimeUtc(path, time);
        return path;
    }
}
