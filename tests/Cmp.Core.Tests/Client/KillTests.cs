using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>
/// A process is killed (SIGKILL) at each boundary between two steps of an enrolment in turn. Afterwards it ends in exactly one certificate, or nothing
/// was begun; no key is orphaned, and the server issued at most one certificate for it.
/// </summary>
public sealed class KillTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Initialization", 0, true, 10)]
    [InlineData("Initialization", 0, false, 13)]
    [InlineData("Initialization", 2, false, 22)]
    [InlineData("KeyUpdate", 0, true, 11)]
    public async Task An_enrolment_that_dies_anywhere_ends_in_one_certificate(string operation, int polls, bool isImplicit, int atLeast)
    {
        using Server server = Server.Start(new TestServerOptions
        {
            Secret = new NetworkCredential(string.Empty, _secret).SecurePassword,
            PollCount = polls,
            CheckAfter = 0,
            ImplicitConfirmation = isImplicit ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never,
        });
        string root = _folder.Write("root.cer", server.RootCertificate.RawData);
        ServerSettings settings = Victim.Settings(server.Uri.OriginalString, server.Reference, root, _secret);
        var died = new List<string>();
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}");
            string outFile = _folder.PathOf($"new{boundary}.pem");
            string subject = $"CN=victim {boundary}";
            string old = operation == "KeyUpdate" ? await EnrollAsync(settings, subject, _folder.PathOf($"old{boundary}.pem")) : string.Empty;
            int issuedBefore = Issued(server, subject);
            string where = Kill(operation, server, root, home, subject, outFile, old, boundary);
            if (where == "done")
                break;
            died.Add(where);

            var store = new EnrollmentStore(home);
            PendingEnrollment[] pending = [.. store.All(error => Assert.Fail(error.Message))];
            if (pending.Length == 0)
            {
                // it had ended, or not begun
                Assert.Equal(issuedBefore + (File.Exists(outFile) ? 1 : 0), Issued(server, subject));
            }
            else if (Assert.Single(pending).State is null)
            {
                Assert.Equal("CmpTransaction.NotBegun", Assert.Throws<CmpException>(() => Enrollment.Resume(store, pending[0].Id, new ResumeOptions { Said = settings })).ErrorId);
                Assert.False(File.Exists(outFile));
                Assert.Equal(issuedBefore, Issued(server, subject));
            }
            else
            {
                using Enrollment enrollment = Enrollment.Resume(store, pending[0].Id, new ResumeOptions { Said = settings });
                EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
                Assert.Equal(issuedBefore + 1, Issued(server, subject));
                Assert.Equal(server.Issued.Last().Thumbprint, enrolled.Certificate.Thumbprint);
                Assert.True(enrolled.Confirmed, where);
            }
            Alone(store, outFile, old, where);
        }
        Assert.True(died.Count >= atLeast, string.Join(", ", died));
    }

    [Fact]
    public async Task Several_certificates_of_one_message_whose_process_dies_anywhere_end_in_one_certificate_each()
    {
        using Server server = Server.Start(new TestServerOptions
        {
            Secret = new NetworkCredential(string.Empty, _secret).SecurePassword,
            PollCount = 1,
            CheckAfter = 0,
            ImplicitConfirmation = ImplicitConfirmation.Never,
            Outcome = (_, subject) => subject!.ToString().EndsWith("waits2", StringComparison.Ordinal) ? RequestOutcome.Wait : RequestOutcome.Grant,
        });
        string root = _folder.Write("root.cer", server.RootCertificate.RawData);
        ServerSettings settings = Victim.Settings(server.Uri.OriginalString, server.Reference, root, _secret);
        var died = new List<string>();
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}");
            string outFile = _folder.PathOf($"new{boundary}.pem");
            string subject = $"CN=victim {boundary} waits";
            string where = Kill("Several", server, root, home, subject, outFile, string.Empty, boundary);
            if (where == "done")
                break;
            died.Add(where);

            var store = new EnrollmentStore(home);
            PendingEnrollment? pending = store.All(error => Assert.Fail(error.Message)).SingleOrDefault();
            bool hasBegun = pending is null ? File.Exists(outFile) : pending.State is not null;
            if (pending is { State: null })
            {
                Assert.Equal("CmpTransaction.NotBegun", Assert.Throws<CmpException>(() => Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = settings })).ErrorId);
            }
            else if (pending is not null)
            {
                using Enrollment enrollment = Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = settings });
                await enrollment.RunAsync();
                Assert.All(enrollment.Items, item => Assert.True(item.Enrolled?.Confirmed, where));
            }
            foreach ((string file, string name) in new[] { (outFile, subject), (Victim.Second(outFile), subject + "2") })
            {
                Assert.Equal(hasBegun ? 1 : 0, Issued(server, name));
                Assert.Equal(hasBegun, File.Exists(file));
                if (!hasBegun)
                    continue;
                using FoundCertificate found = CertificateSource.Find(file);
                found.Key!.EnsureFits(Certificate.From(found.Certificate).PublicKey);
                Assert.Equal(name, found.Certificate.Subject);
                Assert.NotNull(store.Enrollments.Of(found.Certificate.Thumbprint));
            }
            string[] left = Directory.Exists(home) ? [.. Directory.GetFiles(home, "*", SearchOption.AllDirectories).Where(path => !path.Contains("enrolments") && !path.EndsWith(".lock", StringComparison.Ordinal))] : [];
            Assert.True(left.Length == 0, $"{where}: {string.Join(", ", left)}");
        }
        Assert.True(died.Count >= 25, $"{died.Count}: {string.Join(", ", died)}");
    }

    /// <summary>Nothing of a transaction is left; where there is a certificate, it has its key, the old one is gone, and it is remembered.</summary>
    private void Alone(EnrollmentStore store, string outFile, string old, string where)
    {
        string home = Path.Combine(Path.GetDirectoryName(outFile)!, "home" + Path.GetFileNameWithoutExtension(outFile).Substring(3));
        string[] left = Directory.Exists(home) ? [.. Directory.GetFiles(home, "*", SearchOption.AllDirectories).Where(file => !file.Contains("enrolments") && !file.EndsWith(".lock", StringComparison.Ordinal))] : [];
        Assert.True(left.Length == 0, $"{where}: {string.Join(", ", left)}");
        Assert.DoesNotContain(_folder.Files, file => file.EndsWith(".tmp", StringComparison.Ordinal));
        if (!File.Exists(outFile))
        {
            Assert.Empty(store.Enrollments.All(error => Assert.Fail(error.Message)));
            if (old.Length > 0)
                Assert.True(File.Exists(old), where);
            return;
        }
        using FoundCertificate found = CertificateSource.Find(outFile);
        found.Key!.EnsureFits(Certificate.From(found.Certificate).PublicKey);
        EnrollmentRecord record = Assert.Single(store.Enrollments.All(error => Assert.Fail(error.Message)));
        Assert.Equal(found.Certificate.Thumbprint, record.Thumbprint);
        if (old.Length > 0)
            Assert.False(File.Exists(old), where);
    }

    private string Kill(string operation, Server server, string root, string home, string subject, string outFile, string old, int boundary) =>
        Kill(operation, server, _secret, root, home, subject, outFile, old, boundary, new Dictionary<string, string>());

    /// <summary>Runs a victim until it dies.</summary>
    /// <returns>Where that was, or "done".</returns>
    internal static string Kill(string operation, Server server, string secret, string root, string home, string subject, string outFile, string old, int boundary, IReadOnlyDictionary<string, string> variables)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("dotnet")!,
            [typeof(Program).Assembly.Location, "die", operation, server.Uri.OriginalString, server.Reference, root, home, subject, outFile, old, boundary.ToString(CultureInfo.InvariantCulture)],
            environment: new Dictionary<string, string>(variables) { [Victim.SecretVariable] = secret });
        string said = result.Text.Trim();
        Assert.True(said == "done" ? result.ExitCode == 0 : result.ExitCode != 0 && said.Length > 0 && result.Error.Length == 0, $"{said}: {result.Error}");
        return said;
    }

    private static async Task<string> EnrollAsync(ServerSettings settings, string subject, string path)
    {
        using var client = new CmpClient(settings);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse(subject), Key = new Cmp.Keys.KeyRequest(), Destination = CertificateDestination.InFile(path) });
        Assert.NotNull(await enrollment.RunAsync());
        return path;
    }

    private static int Issued(Server server, string subject) => server.Issued.Count(certificate => certificate.Subject == subject);
}
