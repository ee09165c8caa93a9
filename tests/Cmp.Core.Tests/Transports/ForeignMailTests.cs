using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Transports;

/// <summary>Our mails as programs of others read them, theirs as we do, and a mail system between.</summary>
public sealed class ForeignMailTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly MailFolders _mail = new();
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private Process? _smtpd;

    public void Dispose()
    {
        if (_smtpd is not null)
        {
            Programs.Stop(_smtpd);
            _smtpd.Dispose();
        }
        _mail.Dispose();
        _folder.Dispose();
    }

    /// <summary>Runs a script of Python's email and mailbox modules; what it writes, without the line end.</summary>
    private string Python(string script, params string[] arguments)
    {
        string? python = Programs.Find("python3");
        Skip.If(python is null, "python3 was not found");
        ProgramResult result = Programs.Run(python!, ["-c", "import sys,email,email.policy,email.utils,mailbox\nfrom email.message import EmailMessage\n" + script, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text.Trim();
    }

    [SkippableTheory]
    [InlineData("mailto:ca@example.com?from=ra@example.org", "ra@example.org", "CMP request ")]
    [InlineData("mailto:ca@example.com?from=ra@example.org&subject=Zertifikat%20f%C3%BCr%20den%20Rechner%20im%20B%C3%BCro%20von%20Frau%20%E8%A8%BC%E6%98%8E%E6%9B%B8", "ra@example.org", "Zertifikat für den Rechner im Büro von Frau 証明書 ")]
    public async Task Python_reads_our_mails_without_a_defect(string uri, string from, string subject)
    {
        using var road = new MailTransport(_mail.Settings() with { Uri = new Uri(uri) });
        byte[] octets = [0x30, 0x82, 0x07, 0xD0, .. Enumerable.Range(0, 2000).Select(i => (byte)i)];
        await road.ExchangeAsync(MailFolders.Request() with { Octets = octets }, default);
        string read = Python(
            """
            m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.SMTP)
            assert not m.defects and not any(h.defects for h in m.values()), (m.defects, [h.defects for h in m.values()])
            assert email.utils.parsedate_to_datetime(m['date'])
            sys.stdout.reconfigure(encoding='utf-8')
            print(m['from'], m['to'], m.get_content_type(), m['content-transfer-encoding'], m.get_filename(), m.get_content_disposition(), m.is_multipart(), m['message-id'], sep='|')
            print(m['subject'])
            print(m.get_content().hex())
            """, Assert.Single(_mail.Unsent));
        const string Name = "0A0B-001-0000000111223344";
        Assert.Equal(
            [$"{from}|ca@example.com|application/pkixcmp|base64|cmp.{Name}.pki|attachment|False|<cmp.{Name}@example.org>", $"{subject}[cmp.{Name}]", Convert.ToHexString(octets).ToLowerInvariant()],
            read.Split('\n').Select(line => line.TrimEnd('\r')));
    }

    /// <summary>Each way in which a program of Python answers; where it makes parts of it, on demand only.</summary>
    [SkippableTheory]
    [InlineData(false, "a = EmailMessage(policy=email.policy.SMTP); a.set_content(octets, 'application', 'pkixcmp', filename='x.pki'); a['In-Reply-To'] = m['Message-ID']")]
    [InlineData(false, "a = EmailMessage(); a.set_content(octets, 'application', 'pkixcmp'); a['References'] = ' '.join(['<%d@example.net>' % i for i in range(40)] + [m['Message-ID']])")]
    [InlineData(false, "a = EmailMessage(policy=email.policy.SMTP); a.set_content(octets, 'application', 'x-pkixcmp', filename='x.pki'); a['Subject'] = 'Re: ' + m['Subject']")]
    [InlineData(false, "a = EmailMessage(policy=email.policy.SMTP); a.set_content(octets, 'application', 'pkixcmp', filename='Antwort für Sie.pki'); a['Subject'] = 'Réponse à votre demande 回复: ' + m['Subject']")]
    [InlineData(false, "from email.mime.application import MIMEApplication; a = MIMEApplication(octets, 'pkixcmp', name='x.pki'); a['In-Reply-To'] = m['Message-ID']")]
    [InlineData(true, "a = EmailMessage(policy=email.policy.SMTP); a.set_content('Here it is.'); a.add_attachment(octets, 'application', 'pkixcmp', filename='x.pki'); a['In-Reply-To'] = m['Message-ID']")]
    [InlineData(true, "a = EmailMessage(); a.set_content('Here'); a.add_alternative('<p>Here</p>', 'html'); a.add_attachment(octets, 'application', 'octet-stream', filename='x.pki'); a['In-Reply-To'] = m['Message-ID']")]
    public async Task We_read_what_Python_answers(bool needsLenient, string answer)
    {
        using var road = new MailTransport(_mail.Settings());
        using var lenient = new MailTransport(_mail.Settings() with { Lenient = true });
        var later = Assert.IsType<TransportReply.NotYet>(await road.ExchangeAsync(MailFolders.Request(), default));
        byte[] octets = [0x30, 0x82, 0x03, 0xE8, .. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        Python(
            "m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.SMTP)\noctets = bytes.fromhex(sys.argv[2])\n" + answer
            + "\na['From'] = 'The CA <ca@example.com>'\na['To'] = m['From']\na['Date'] = email.utils.localtime() if a.policy.linesep == '\\r\\n' else email.utils.formatdate()\nopen(sys.argv[3], 'wb').write(a.as_bytes())",
            Assert.Single(_mail.Unsent), Convert.ToHexString(octets), Path.Combine(_mail.Inbox, "answer.eml"));
        var reply = Assert.IsType<TransportReply.Octets>(await lenient.CollectAsync(later.Ticket, default));
        Assert.Equal(octets, reply.Value.ToArray());
        if (needsLenient)
            Assert.Equal("CmpMail.SeveralParts", (await Assert.ThrowsAsync<CmpException>(() => Fresh().CollectAsync(later.Ticket, default))).ErrorId);
        else
            Assert.Equal(octets, Assert.IsType<TransportReply.Octets>(await Fresh().CollectAsync(later.Ticket, default)).Value.ToArray());

        MailTransport Fresh() => new(_mail.Settings());
    }

    [SkippableFact]
    public async Task We_and_Python_share_maildirs()
    {
        _mail.MakeMaildir(_mail.Inbox);
        _mail.MakeMaildir(_mail.Outbox);
        using var road = new MailTransport(_mail.Settings());
        var later = Assert.IsType<TransportReply.NotYet>(await road.ExchangeAsync(MailFolders.Request(), default));
        Python(
            """
            out, into = mailbox.Maildir(sys.argv[1], create=False), mailbox.Maildir(sys.argv[2], create=False)
            key, m = out.popitem()
            a = mailbox.MaildirMessage(m)
            del a['Message-ID']
            a['In-Reply-To'] = m['Message-ID']
            a.set_subdir('cur'); a.add_flag('S')
            into.add(a)
            """, _mail.Outbox, _mail.Inbox);
        Assert.Empty(Directory.GetFiles(_mail.Outbox, "*", SearchOption.AllDirectories));
        using var another = new MailTransport(_mail.Settings());
        Assert.Equal(MailFolders.Octets, Assert.IsType<TransportReply.Octets>(await another.CollectAsync(later.Ticket, default)).Value.ToArray());
    }

    /// <summary>OpenSMTPD takes our mails from its own sendmail -t, and those of the server over SMTP, and delivers each into a maildir.</summary>
    [SkippableFact]
    public async Task An_enrolment_goes_through_OpenSMTPD()
    {
        int port = StartSmtpd();
        using Server server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword, ImplicitConfirmation = ImplicitConfirmation.Never });
        using var client = new CmpClient(Settings(server, "ca@example.com"));
        using var enrollment = new Enrollment(client, Asked());
        using var limit = new CancellationTokenSource(Limit);
        Task<EnrolledCertificate?> enrolling = enrollment.RunAsync(Limit, limit.Token);
        int answered = 0;
        while (!enrolling.IsCompleted)
        {
            Send();
            foreach (string path in Received("ca"))
            {
                byte[] mail = File.ReadAllBytes(path);
                File.Delete(path);
                MailHead head = MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail)));
                Assert.Contains("OpenSMTPD", head.First("Received"));
                var request = Assert.IsType<MailContent.Message>(MailReader.Read(mail, 1 << 20, lenient: false));
                var answer = new MailMessage
                {
                    From = Address("ca@example.com"),
                    To = MailAddress.Find(head.First("From")),
                    Subject = "Re: " + head.Subject,
                    Date = DateTimeOffset.UtcNow,
                    MessageId = $"<{++answered}.{Guid.NewGuid():N}@example.com>",
                    InReplyTo = head.MessageId,
                    FileName = "answer.pki",
                    Octets = server.Responder.Respond(request.Octets),
                };
                string[] smtp = ["--silent", "--show-error", "--noproxy", "*", $"smtp://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}", "--mail-from", "ca@example.com", "--mail-rcpt", "ra@example.org"];
                ProgramResult sent = Programs.Run(Programs.Find("curl")!, [.. smtp, "--upload-file", _folder.Write("answer.eml", answer.Write())]);
                Assert.True(sent.ExitCode == 0, sent.Error);
            }
            await Task.WhenAny(enrolling, Task.Delay(50, limit.Token));
        }
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrolling);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(Assert.Single(server.Issued).Thumbprint, enrolled.Certificate.Thumbprint);
        Assert.Equal(2, answered);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_mail.Inbox, "new")).Length);
    }

    [SkippableFact]
    public async Task What_OpenSMTPD_cannot_deliver_is_an_error_with_its_words()
    {
        StartSmtpd();
        using Server server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword });
        var store = new EnrollmentStore(_folder.PathOf("home"));
        using var client = new CmpClient(Settings(server, "gone@example.com"));
        using var enrollment = new Enrollment(client, Asked()) { Store = store };
        using var limit = new CancellationTokenSource(Limit);
        Task<EnrolledCertificate?> enrolling = enrollment.RunAsync(Limit, limit.Token);
        while (!enrolling.IsCompleted)
        {
            Send();
            await Task.WhenAny(enrolling, Task.Delay(50, limit.Token));
        }
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => enrolling);
        Assert.Equal("CmpMail.Bounced", error.ErrorId);
        Assert.Contains("gone@example.com: exited abnormally", error.Message);
        Assert.True(enrollment.IsKept);
    }

    private ServerSettings Settings(Server server, string to) => new()
    {
        Uri = new Uri($"mailto:{to}?from=ra@example.org"),
        MailFolder = _mail.Path,
        Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, _secret).SecurePassword),
        TrustAnchor = [Certificate.From(server.RootCertificate)],
        IterationCount = 500,
    };

    private static EnrollmentRequest Asked() => new() { Subject = Name.Parse("CN=by mail"), Key = new KeyRequest(), Destination = CertificateDestination.None };

    private static MailAddress Address(string text) => MailAddress.TryParse(text, out MailAddress? address) ? address : throw new ArgumentException(text);

    private IEnumerable<string> Received(string box) => Directory.GetFiles(Path.Combine(_folder.PathOf(box), "new"));

    /// <summary>Gives what lies in our outbox to sendmail -t, and removes it, as scripts of administrators do.</summary>
    private void Send()
    {
        foreach (string path in _mail.Unsent)
        {
            ProgramResult sent = Programs.Run(Find("sendmail")!, ["-t"], File.ReadAllBytes(path));
            Assert.True(sent.ExitCode == 0, sent.Error);
            File.Delete(path);
        }
    }

    /// <summary>Programs for administrators are not on everybody's path.</summary>
    private static string? Find(string name) => Programs.Find(name) ?? (File.Exists("/usr/sbin/" + name) ? "/usr/sbin/" + name : null);

    /// <summary>Starts OpenSMTPD with boxes of our own: ra@example.org is our inbox, ca@example.com the server's, and nobody else is there.</summary>
    private int StartSmtpd()
    {
        string? smtpd = Find("smtpd");
        Skip.If(smtpd is null || Find("smtpctl") is null, "OpenSMTPD was not found");
        Skip.IfNot(Environment.IsPrivilegedProcess, "OpenSMTPD runs as root only");
        Skip.If(Find("sendmail") is not { } sendmail || new FileInfo(sendmail).ResolveLinkTarget(returnFinalTarget: true)?.Name != "smtpctl", "sendmail is another mail system's");
        Skip.If(Programs.Find("curl") is null, "curl was not found");
        Skip.If(File.Exists("/var/run/smtpd.sock") && Programs.Run(Find("smtpctl")!, ["show", "status"]).ExitCode == 0, "another OpenSMTPD runs on this machine");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        socket.Close();
        Directory.CreateDirectory(_folder.PathOf("ca"));
        foreach (string box in new[] { _mail.Inbox, _folder.PathOf("ca") })
        {
            _mail.MakeMaildir(box);
            foreach (string folder in Directory.GetDirectories(box).Append(box))
                UnixMode.Set(folder, 0x1FF);
        }
        string configuration = _folder.Write("smtpd.conf", Encoding.ASCII.GetBytes(
            $"""
            table users file:{_folder.PathOf("users")}
            listen on 127.0.0.1 port {port.ToString(CultureInfo.InvariantCulture)}
            action "ra" maildir "{_mail.Inbox}" virtual <users>
            action "ca" maildir "{_folder.PathOf("ca")}" virtual <users>
            action "refuse" mda "exit 69" virtual <users>
            match from any for rcpt-to "ra@example.org" action "ra"
            match from any for rcpt-to "ca@example.com" action "ca"
            match from any for any action "refuse"

            """));
        _folder.Write("users", "@ nobody\n"u8.ToArray());
        _smtpd = new Process { StartInfo = Programs.StartInfo(smtpd!, ["-d", "-f", configuration], null) };
        var log = new StringBuilder();
        _smtpd.OutputDataReceived += (_, line) => Hear(line.Data);
        _smtpd.ErrorDataReceived += (_, line) => Hear(line.Data);
        _smtpd.Start();
        _smtpd.BeginOutputReadLine();
        _smtpd.BeginErrorReadLine();
        for (Stopwatch waited = Stopwatch.StartNew(); ; Thread.Sleep(20))
        {
            Assert.True(waited.Elapsed < Limit && !_smtpd.HasExited, log.ToString());
            try
            {
                using var probe = new TcpClient();
                probe.Connect(IPAddress.Loopback, port);
                return port;
            }
            catch (SocketException)
            {
                // it does not listen yet
            }
        }

        void Hear(string? line)
        {
            lock (log)
                log.AppendLine(line);
        }
    }
}
