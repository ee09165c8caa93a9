using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>
/// Whoever delivers answers dies at each octet of their mails in turn, and the process that waits for them at each of its boundaries. Afterwards there is
/// exactly one certificate, with its key; nothing hangs, and the server issued one certificate.
/// </summary>
public sealed class MailCutTests : IDisposable
{
    // of the injected clock; a look into a folder may take as long by the real one, on a busy machine too
    private static readonly TimeSpan Stillness = TimeSpan.FromSeconds(10);

    private readonly Folder _folder = new();
    private readonly MailFolders _mail = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly Server _server;
    private readonly ServerSettings _settings;
    private readonly string _root;

    public MailCutTests()
    {
        _server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword, ImplicitConfirmation = ImplicitConfirmation.Never });
        _root = _folder.Write("root.cer", _server.RootCertificate.RawData);
        _settings = Victim.Settings(MailFolders.Address, _server.Reference, _root, _secret) with { MailFolder = _mail.Path };
    }

    public void Dispose()
    {
        _server.Dispose();
        _mail.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_mailer_that_dies_at_any_octet_leaves_one_certificate_with_its_key()
    {
        string home = _folder.PathOf("home");
        var store = new EnrollmentStore(home);
        int[] outcomes = new int[3];
        bool isWhole = false;
        for (int octets = 0; !isWhole; octets++)
        {
            string subject = "CN=" + octets.ToString(CultureInfo.InvariantCulture);
            var mailer = new Mailer(_mail, _server.Responder, octets);
            using CmpClient client = mailer.Open(_settings);
            using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None }) { Store = store };
            EnrolledCertificate? enrolled = null;
            try
            {
                enrolled = await enrollment.RunAsync(Stillness + Stillness);
            }
            catch (CmpException e)
            {
                Assert.Equal("CmpMail.Incomplete", e.ErrorId);
                Assert.True(enrollment.IsKept, $"octet {octets}");
            }
            // where the field was not whole that says what it answers, nobody knew, and the time was up
            isWhole = mailer.Left > 0;
            outcomes[enrolled is null ? 0 : enrolled.Confirmed ? 2 : 1]++;
            if (enrolled is null)
            {
                enrollment.Dispose();
                // the mail is delivered once more
                mailer.Left = int.MaxValue;
                mailer.DeliverAgain();
                using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions { Said = _settings, OpenClient = mailer.Open });
                enrolled = Assert.IsType<EnrolledCertificate>(await again.RunAsync());
                Assert.True(enrolled.Confirmed);
            }
            Assert.Equal(enrolled.Certificate.Thumbprint, _server.Responder.Issued.TakeLast(3).Single(certificate => certificate.Subject.ToString() == subject).Thumbprint);
            Assert.True(enrolled.Installed.Certificate.HasPrivateKey);
            Assert.Empty(Directory.GetFiles(home, "*", SearchOption.AllDirectories));
            foreach (string file in Directory.GetFiles(_mail.Inbox).Concat(_mail.Unsent))
                File.Delete(file);
        }
        // cut in the ip or in front of it, cut in the pkiconf (rule 44), and behind the last octet
        Assert.True(outcomes[0] > 1000, string.Join(" ", outcomes));
        Assert.True(outcomes[1] > 200, string.Join(" ", outcomes));
        Assert.InRange(outcomes[2], 1, 5);
    }

    [Fact]
    public async Task An_enrolment_by_mail_that_dies_anywhere_ends_in_one_certificate()
    {
        using CmpMailListener listener = CmpMailListener.Start(
            new MailListenerSettings { Folder = _mail.Path, Pause = TimeSpan.FromMilliseconds(50) },
            (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(_server.Responder.Respond(request.Octets))));
        var died = new List<string>();
        int tickets = 0;
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}"), outFile = _folder.PathOf($"new{boundary}.pem"), subject = $"CN=victim {boundary}";
            string where = Kill(home, subject, outFile, boundary);
            if (where == "done")
                break;
            died.Add(where);
            var store = new EnrollmentStore(home);
            PendingEnrollment? pending = store.All(error => Assert.Fail(error.Message)).SingleOrDefault();
            bool hasBegun = pending is null ? File.Exists(outFile) : pending.State is not null;
            if (pending is { State: null })
            {
                Assert.Equal("CmpTransaction.NotBegun", Assert.Throws<CmpException>(() => Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = _settings })).ErrorId);
            }
            else if (pending is not null)
            {
                tickets += pending.Ticket is null ? 0 : 1;
                using Enrollment enrollment = Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = _settings });
                Assert.True(Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync()).Confirmed, where);
            }
            Assert.Equal(hasBegun ? 1 : 0, _server.Issued.Count(certificate => certificate.Subject == subject));
            Assert.Equal(hasBegun, File.Exists(outFile));
            if (hasBegun)
            {
                using FoundCertificate found = CertificateSource.Find(outFile);
                found.Key!.EnsureFits(Certificate.From(found.Certificate).PublicKey);
            }
            // what is said again is the same mail: each message has one answer
            string[] answers = [.. Directory.GetFiles(_mail.Inbox).Select(path => Path.GetFileName(path)!)];
            Assert.Equal(hasBegun ? 2 : 0, answers.Length);
            foreach (string file in answers)
                File.Delete(Path.Combine(_mail.Inbox, file));
        }
        Assert.True(died.Count >= 13, string.Join(", ", died));
        Assert.True(tickets >= 4, string.Join(", ", died));
    }

    private string Kill(string home, string subject, string outFile, int boundary)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("dotnet")!,
            [typeof(Program).Assembly.Location, "die", "Initialization", MailFolders.Address, _server.Reference, _root, home, subject, outFile, string.Empty, boundary.ToString(CultureInfo.InvariantCulture)],
            environment: new Dictionary<string, string> { [Victim.SecretVariable] = _secret, [Victim.MailFolderVariable] = _mail.Path });
        string said = result.Text.Trim();
        Assert.True(said == "done" ? result.ExitCode == 0 : result.ExitCode != 0 && said.Length > 0 && result.Error.Length == 0, $"{said}: {result.Error}");
        return said;
    }

    /// <summary>Who sends mails, and of those that come delivers so many octets and dies; time passes while somebody waits for him.</summary>
    private sealed class Mailer(MailFolders mail, Responder responder, int octets)
    {
        private readonly Dictionary<string, byte[]> _delivered = [];
        private DateTimeOffset _now = DateTimeOffset.UtcNow;

        /// <summary>Octets that he could have written still.</summary>
        internal int Left { get; set; } = octets;

        internal CmpClient Open(ServerSettings settings) => new(
            settings,
            new MailTransport(new MailTransportSettings { Uri = settings.Uri!, Folder = settings.MailFolder!, ExchangeTimeout = Stillness }, () => _now),
            () => _now,
            (time, _) =>
            {
                _now += time;
                Work();
                return Task.CompletedTask;
            });

        internal void DeliverAgain()
        {
            foreach (KeyValuePair<string, byte[]> whole in _delivered)
                mail.Deliver(whole.Key, whole.Value);
        }

        private void Work()
        {
            foreach (string path in mail.Unsent)
            {
                byte[] sent = File.ReadAllBytes(path);
                MailHead head = MailHead.Parse(sent.AsSpan(0, MailHead.FindEnd(sent)));
                byte[] request = Assert.IsType<MailContent.Message>(MailReader.Read(sent, 1 << 20, lenient: false)).Octets.ToArray();
                File.Delete(path);
                byte[] answer = Encoding.ASCII.GetBytes(MailFolders.Answer($"In-Reply-To: {head.MessageId}", responder.Respond(request).ToArray()).TrimEnd());
                string name = "re." + Path.GetFileName(path);
                _delivered[name] = answer;
                int written = Math.Min(answer.Length, Left);
                mail.Deliver(name, answer[..written]);
                Left -= Left == int.MaxValue ? 0 : written;
            }
        }
    }
}
