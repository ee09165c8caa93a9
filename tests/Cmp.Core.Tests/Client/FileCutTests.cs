using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>
/// Whoever writes answers into a folder dies at each octet of them in turn, and the process that waits for them at each of its boundaries. Afterwards there
/// is exactly one certificate, with its key; nothing hangs, and the server issued one certificate.
/// </summary>
public sealed class FileCutTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly Server _server;
    private readonly ServerSettings _settings;
    private readonly string _root;

    public FileCutTests()
    {
        _server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword, ImplicitConfirmation = ImplicitConfirmation.Never });
        _root = _folder.Write("root.cer", _server.RootCertificate.RawData);
        Directory.CreateDirectory(Exchange);
        _settings = Victim.Settings(FolderAddress.Of(Exchange).AbsoluteUri, _server.Reference, _root, _secret);
    }

    private string Exchange => _folder.PathOf("exchange");

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_writer_that_dies_at_any_octet_leaves_one_certificate_with_its_key()
    {
        string home = _folder.PathOf("home");
        var store = new EnrollmentStore(home);
        int[] outcomes = new int[3];
        bool isWhole = false;
        for (int octets = 0; !isWhole; octets++)
        {
            string subject = "CN=" + octets.ToString(CultureInfo.InvariantCulture);
            var courier = new Courier(Exchange, _server.Responder, octets);
            using CmpClient client = courier.Open(_settings);
            using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None }) { Store = store };
            EnrolledCertificate? enrolled = null;
            try
            {
                enrolled = await enrollment.RunAsync(TimeSpan.FromMinutes(10));
                // where nothing was written at all the time was up
                Assert.True(enrolled is not null || courier.IsSilent);
            }
            catch (CmpException e)
            {
                Assert.Equal("CmpFile.Incomplete", e.ErrorId);
                Assert.True(enrollment.IsKept, $"octet {octets}");
            }
            isWhole = courier.Left > 0;
            int outcome = enrolled is null ? 0 : enrolled.Confirmed ? 2 : 1;
            // what came whole counts, and nothing else; an answer of which nothing came is waited for still
            Assert.Equal(courier.IsSilent ? 0 : courier.Whole, outcome);
            outcomes[outcome]++;
            if (enrolled is null)
            {
                // another courier brings it once more
                enrollment.Dispose();
                courier = new Courier(Exchange, _server.Responder, int.MaxValue);
                using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions { Said = _settings, OpenClient = courier.Open });
                enrolled = Assert.IsType<EnrolledCertificate>(await again.RunAsync());
                Assert.True(enrolled.Confirmed);
            }
            Assert.Equal(enrolled.Certificate.Thumbprint, _server.Responder.Issued.TakeLast(3).Single(certificate => certificate.Subject.ToString() == subject).Thumbprint);
            Assert.True(enrolled.Installed.Certificate.HasPrivateKey);
            Assert.Empty(Directory.GetFiles(home, "*", SearchOption.AllDirectories));
            foreach (string file in Directory.GetFiles(Exchange))
                File.Delete(file);
        }
        // cut in the ip, cut in the pkiconf (rule 44)
        Assert.True(outcomes[0] > 500, string.Join(" ", outcomes));
        Assert.True(outcomes[1] > 100, string.Join(" ", outcomes));
    }

    [Fact]
    public async Task An_enrolment_through_a_folder_that_dies_anywhere_ends_in_one_certificate()
    {
        using CmpFileListener listener = CmpFileListener.Start(
            new FileListenerSettings { Folder = Exchange, Pause = TimeSpan.FromMilliseconds(50) },
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
            // what is said again is the same file: each message has one request and one answer
            string[] files = [.. Directory.GetFiles(Exchange).Select(path => Path.GetFileName(path)!)];
            Assert.Equal(files.Count(name => name.EndsWith(".request.pki", StringComparison.Ordinal)), files.Count(name => name.EndsWith(".response.pki", StringComparison.Ordinal)));
            Assert.True(files.Length <= (hasBegun ? 4 : 0), $"{where}: {string.Join(", ", files)}");
            // requests go first: one whose answer is taken away is unanswered, and answered anew
            foreach (string file in files.OrderBy(name => name.EndsWith(".request.pki", StringComparison.Ordinal) ? 0 : 1))
                File.Delete(Path.Combine(Exchange, file));
        }
        Assert.True(died.Count >= 13, string.Join(", ", died));
        Assert.True(tickets >= 4, string.Join(", ", died));
    }

    private string Kill(string home, string subject, string outFile, int boundary)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("dotnet")!,
            [typeof(Program).Assembly.Location, "die", "Initialization", _settings.Uri!.OriginalString, _server.Reference, _root, home, subject, outFile, string.Empty, boundary.ToString(CultureInfo.InvariantCulture)],
            environment: new Dictionary<string, string> { [Victim.SecretVariable] = _secret });
        string said = result.Text.Trim();
        Assert.True(said == "done" ? result.ExitCode == 0 : result.ExitCode != 0 && said.Length > 0 && result.Error.Length == 0, $"{said}: {result.Error}");
        return said;
    }

    /// <summary>Who writes so many octets of answers and dies; time passes while somebody waits for him.</summary>
    private sealed class Courier(string folder, Responder responder, int octets)
    {
        private DateTimeOffset _now = DateTimeOffset.UtcNow;

        /// <summary>Octets that he could have written still.</summary>
        internal int Left { get; private set; } = octets;

        /// <summary>Answers that he has written whole.</summary>
        internal int Whole { get; private set; }

        /// <summary>Whether an answer is missing that he has written nothing of.</summary>
        internal bool IsSilent => Directory.GetFiles(folder, "*.request.pki").Any(request => !File.Exists(AnswerTo(request)));

        internal CmpClient Open(ServerSettings settings) => new(settings, new FileTransport(new FileTransportSettings { Uri = settings.Uri! }, () => _now), () => _now, (time, _) =>
        {
            _now += time;
            Write();
            return Task.CompletedTask;
        });

        private static string AnswerTo(string request) => request.Replace(".request.pki", ".response.pki");

        private void Write()
        {
            foreach (string request in Directory.GetFiles(folder, "*.request.pki").OrderBy(path => path, StringComparer.Ordinal))
            {
                string path = AnswerTo(request);
                if (Left == 0 || (File.Exists(path) && Left != int.MaxValue))
                    continue;
                byte[] answer = responder.Respond(File.ReadAllBytes(request)).ToArray();
                int written = Math.Min(answer.Length, Left);
                File.WriteAllBytes(path, [.. answer.Take(written)]);
                Whole += written == answer.Length ? 1 : 0;
                if (Left != int.MaxValue)
                    Left -= written;
            }
        }
    }
}
