using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>
/// Files of CMP (RFC 9483 6.4.1) that programs of others carry and answer: OpenSSL knows no folders, but it writes a request into a file and reads an answer from one,
/// and curl carries our files to its server.
/// </summary>
public sealed class FilesTests
{
    private static readonly string Curl = Programs.Find("curl") ?? string.Empty;

    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task OpenSSL_answers_our_file_which_curl_carries(ProtectionKind protection)
    {
        Skip.If(Curl.Length == 0, "curl is not installed");
        await EnrollAsync(protection, grantImplicit: true, Carry);

        static Task<byte[]> Carry(string path, Uri server)
        {
            ProgramResult result = Programs.Run(Curl, ["--silent", "--show-error", "--fail", "--header", "Content-Type: application/pkixcmp", "--data-binary", "@" + path, server.AbsoluteUri]);
            Assert.True(result.ExitCode == 0, result.Error);
            return Task.FromResult(result.Output);
        }
    }

    /// <summary>OpenSSL's server forgets a transaction with its connection, so that both messages go over one.</summary>
    [SkippableTheory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task OpenSSL_answers_our_files_of_a_whole_transaction(ProtectionKind protection)
    {
        using var http = new HttpClient();
        await EnrollAsync(protection, grantImplicit: false, CarryAsync);

        async Task<byte[]> CarryAsync(string path, Uri server)
        {
            using var content = new ByteArrayContent(await File.ReadAllBytesAsync(path));
            content.Headers.ContentType = new("application/pkixcmp");
            using HttpResponseMessage answer = await http.PostAsync(server, content);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsByteArrayAsync();
        }
    }

    /// <summary>OpenSSL's client reads each answer from a pipe, so that it waits for it.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenSSL_enrols_by_files_that_our_listener_answers(bool isImplicit)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        Skip.If(Programs.Find("mkfifo") is null, "mkfifo is not installed");
        using Server server = Server.Start(new TestServerOptions { Reference = "interop" });
        using var folder = new TestFolder();
        string exchange = Directory.CreateDirectory(folder.PathOf("exchange")).FullName;
        await using CmpFileListener listener = CmpFileListener.Start(
            new FileListenerSettings { Folder = exchange, Pause = TimeSpan.FromMilliseconds(100) },
            (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(server.Responder.Respond(request.Octets))));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] names = ["one", "two"];
        foreach (string name in names)
            Assert.Equal(0, Programs.Run(Programs.Find("mkfifo")!, [folder.PathOf(name + ".pipe")]).ExitCode);
        List<string> arguments =
        [
            "cmp", "-config", string.Empty, "-cmd", "ir", "-subject", "/CN=wanted", "-newkey", folder.Write("new.key", key.ExportPkcs8PrivateKeyPem()),
            "-ref", "interop", "-secret", "env:CMP_SECRET", "-certout", folder.PathOf("new.pem"), "-batch",
            "-reqout", string.Join(",", names.Select(name => Path.Combine(exchange, name + ".request.pki"))),
            "-rspin", string.Join(",", names.Select(name => folder.PathOf(name + ".pipe"))),
        ];
        if (isImplicit)
            arguments.Add("-implicit_confirm");
        Task<ProgramResult> run = Task.Run(() => OpenSsl.Run(arguments, environment: new Dictionary<string, string> { ["CMP_SECRET"] = new NetworkCredential(string.Empty, server.Secret).Password }));
        foreach (string name in names.Take(isImplicit ? 1 : 2))
        {
            string answer = Path.Combine(exchange, name + ".response.pki");
            while (!File.Exists(answer) && !run.IsCompleted)
                await Task.Delay(20);
            if (!run.IsCompleted)
                await File.WriteAllBytesAsync(folder.PathOf(name + ".pipe"), await File.ReadAllBytesAsync(answer));
        }

        ProgramResult result = await run;
        Assert.True(result.ExitCode == 0, result.Error);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificateFromFile(folder.PathOf("new.pem"));
        Assert.Equal("CN=wanted", issued.Subject);
        Assert.Equal(server.Issued.Single().RawData, issued.RawData);
        Assert.Equal(isImplicit ? 2 : 4, Directory.GetFiles(exchange).Length);
    }

    private static async Task EnrollAsync(ProtectionKind protection, bool grantImplicit, Func<string, Uri, Task<byte[]>> carry)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { GrantImplicitConfirm = grantImplicit });
        using var folder = new TestFolder();
        string exchange = Directory.CreateDirectory(folder.PathOf("two words")).FullName;
        var store = new EnrollmentStore(folder.PathOf("state"));
        ServerSettings settings = new()
        {
            Uri = new Uri("file://" + exchange),
            Preset = "OpenSslMock",
            Protection = protection,
            Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
            ClientCertificate = server.Issued,
            TrustAnchor = [Certificate.From(server.Ca.Certificate)],
        };
        var request = new EnrollmentRequest
        {
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            Key = new KeyRequest { Path = server.Write("client", server.Issued, server.Issued.GetECDsaPrivateKey()).Key },
            Destination = CertificateDestination.InFile(folder.PathOf("new.pem")),
            IsImpatient = true,
        };
        string id;
        using (var client = new CmpClient(settings))
        using (var enrollment = new Enrollment(client, request) { Store = store })
        {
            Assert.Null(await enrollment.RunAsync());
            id = enrollment.TransactionId!;
        }
        EnrolledCertificate? enrolled = null;
        int carried = 0;
        for (int days = 0; enrolled is null && days < 5; days++)
        {
            foreach (string path in Directory.GetFiles(exchange, "*.request.pki"))
            {
                string answer = path.Replace(".request.pki", ".response.pki", StringComparison.Ordinal);
                if (File.Exists(answer))
                    continue;
                await File.WriteAllBytesAsync(answer, await carry(path, server.Uri));
                carried++;
            }
            TimeSpan rest = store.Find(id)!.WaitUntil!.Value - DateTimeOffset.UtcNow;
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            using Enrollment again = Enrollment.Resume(store, id, new ResumeOptions { Said = settings, IsImpatient = true });
            enrolled = await again.RunAsync();
        }

        Assert.True(enrolled!.Confirmed);
        Assert.Equal(grantImplicit ? 1 : 2, carried);
        using FoundCertificate found = CertificateSource.Find(folder.PathOf("new.pem"));
        Assert.Equal(server.Issued.RawData, found.Certificate.RawData);
        Assert.NotNull(found.Key);
        Assert.Empty(store.All(error => Assert.Fail(error.Message)));
    }
}
