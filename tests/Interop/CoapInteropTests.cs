using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.TestServer;
using Cmp.Tests;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>libcoap's client at our CoAP listener: it carries messages of OpenSSL there and brings the answers back, waits for announcements, and finds out what there is.</summary>
public sealed class CoapInteropTests
{
    private const string Reference = "interop";

    /// <summary>Not slow and in one block: libcoap 4.3.1 does not go on with an answer in blocks that comes by itself to a request that had none.</summary>
    [SkippableTheory]
    [InlineData("initial", 16)]
    [InlineData("initial", 32)]
    [InlineData("initial", 64)]
    [InlineData("initial", 128)]
    [InlineData("initial", 256)]
    [InlineData("initial", 512)]
    [InlineData("initial", 1024)]
    [InlineData("whole", 0)]
    [InlineData("slow", 64)]
    [InlineData("slow", 256)]
    [InlineData("lossy", 256)]
    [InlineData("small server", 1024)]
    [InlineData("DTLS", 1024)]
    [InlineData("DTLS", 64)]
    public async Task OpenSSL_enrols_through_libcoap(string how, int blockSize)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        bool isSecured = how == "DTLS";
        Skip.If(!isSecured && LibCoap.Client is null, LibCoap.WhyNot);
        Skip.If(isSecured && LibCoap.SecuredClient is null, LibCoap.WhyNotSecured);
        using Scene scene = new(new CoapListenerSettings
        {
            Certificate = isSecured ? Certificate() : null,
            AckDelay = how == "slow" ? TimeSpan.Zero : TimeSpan.FromSeconds(30),
            BlockSize = how == "small server" ? 128 : 1024,
        });
        // what OpenSSL posts by HTTP is carried on by libcoap, each message by a client of its own
        int carried = 0;
        await using CmpHttpListener bridge = CmpHttpListener.Start(new HttpListenerSettings(), (request, _) => Task.Run<TransportReply>(() =>
        {
            int number = Interlocked.Increment(ref carried);
            string answer = scene.Folder.PathOf($"answer{number}.der");
            List<string> arguments = ["-m", "post", "-t", "259", "-A", "259", "-f", scene.Folder.Write($"request{number}.der", request.Octets.ToArray()), "-o", answer];
            if (blockSize > 0)
                arguments.AddRange(["-b", blockSize.ToString()]);
            // libcoap loses the second and the fifth of its datagrams
            if (how == "lossy")
                arguments.AddRange(["-l", "2,5"]);
            if (isSecured)
                arguments.AddRange(["-C", scene.Folder.Write("root.pem", scene.Certificate!.ExportCertificatePem())]);
            arguments.Add(scene.Listener.Uri + ".well-known/cmp/ir");
            ProgramResult result = isSecured ? LibCoap.AskSecured(arguments) : LibCoap.Ask(arguments);
            Assert.True(result.ExitCode == 0, result.Error);
            return new TransportReply.Octets(File.Exists(answer) ? File.ReadAllBytes(answer) : throw new InvalidOperationException(result.Text + result.Error));
        }));
        scene.Folder.Write("new.key", TestCa.Pem(scene.Key));
        ProgramResult enrolled = OpenSsl.Run(
            ["cmp", "-config", "", "-server", $"127.0.0.1:{bridge.Uri.Port}", "-batch", "-cmd", "ir", "-newkey", scene.Folder.PathOf("new.key"), "-subject", "/CN=wanted", "-recipient", "/CN=Cmp Test Issuing CA", "-ref", Reference, "-secret", "env:CMP_SECRET", "-certout", scene.Folder.PathOf("new.pem")],
            environment: new Dictionary<string, string> { ["CMP_SECRET"] = scene.Secret });
        Assert.True(enrolled.ExitCode == 0, enrolled.Text + enrolled.Error);
        Assert.Equal(2, carried);
        using var issued = X509CertificateLoader.LoadCertificateFromFile(scene.Folder.PathOf("new.pem"));
        Assert.Equal(Assert.Single(scene.Server.Issued).RawData, issued.RawData);
        // nothing was handled twice, and what came is what OpenSSL said
        Assert.Equal(2, scene.Heard.Count);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(File.ReadAllBytes(scene.Folder.PathOf($"request{i + 1}.der")), scene.Heard.ElementAt(i).Octets.ToArray());
            Assert.Equal((CmpOperation.Initialization, "/.well-known/cmp/ir"), (scene.Heard.ElementAt(i).Operation, scene.Heard.ElementAt(i).Path));
        }
    }

    [SkippableFact]
    public void Libcoap_that_trusts_another_root_says_nothing_over_DTLS()
    {
        Skip.If(LibCoap.SecuredClient is null, LibCoap.WhyNotSecured);
        using X509Certificate2 other = Certificate();
        using Scene scene = new(new CoapListenerSettings { Certificate = Certificate() });
        string uri = scene.Listener.Uri + ".well-known/core";
        Assert.Contains("cmp", LibCoap.AskSecured(["-m", "get", "-C", scene.Folder.Write("root.pem", scene.Certificate!.ExportCertificatePem()), uri]).Text, StringComparison.Ordinal);
        ProgramResult refused = LibCoap.AskSecured(["-m", "get", "-B", "5", "-C", scene.Folder.Write("other.pem", other.ExportCertificatePem()), uri]);
        Assert.Contains("self-signed certificate", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("</", refused.Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Libcoap_is_told_what_is_wrong()
    {
        Skip.If(LibCoap.Client is null, LibCoap.WhyNot);
        using Scene scene = new(new CoapListenerSettings { MaxRequestBytes = 2000 });
        string small = scene.Folder.Write("small.der", new byte[100]), large = scene.Folder.Write("large.der", new byte[5000]);
        string uri = scene.Listener.Uri + ".well-known/cmp";
        Assert.Contains("4.15", Ask("-m", "post", "-t", "0", "-f", small, uri), StringComparison.Ordinal);
        Assert.Contains("4.06", Ask("-m", "post", "-t", "259", "-A", "0", "-f", small, uri), StringComparison.Ordinal);
        Assert.Contains("4.13", Ask("-m", "post", "-t", "259", "-f", large, uri), StringComparison.Ordinal);
        Assert.Contains("4.05", Ask("-m", "put", "-t", "259", "-f", small, uri), StringComparison.Ordinal);
        Assert.Contains("4.05", Ask("-m", "get", uri), StringComparison.Ordinal);
        Assert.Contains("4.04", Ask("-m", "get", uri + "/ann"), StringComparison.Ordinal);
        Assert.Contains("4.02", Ask("-m", "post", "-t", "259", "-O", "65001,x", "-f", small, uri), StringComparison.Ordinal);
        Assert.Empty(scene.Heard);

        string Ask(params string[] arguments)
        {
            ProgramResult result = LibCoap.Ask(arguments);
            return result.Text + result.Error;
        }
    }

    [SkippableTheory]
    [InlineData("", 2)]
    [InlineData("?rt=cmp", 2)]
    [InlineData("?href=/.well-known/cmp/a*", 1)]
    [InlineData("?rt=other", 0)]
    public void Libcoap_finds_out_what_there_is(string query, int links)
    {
        Skip.If(LibCoap.Client is null, LibCoap.WhyNot);
        using Scene scene = new(new CoapListenerSettings());
        ProgramResult result = LibCoap.Ask(["-m", "get", "-b", "32", scene.Listener.Uri + ".well-known/core" + query]);
        IReadOnlyList<CoreLink> found = CoreLink.Parse(result.Output);
        Assert.Equal(links, found.Count);
        Assert.All(found, link => Assert.Equal([259], link.ContentFormats));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(512)]
    public async Task Libcoap_waits_for_announcements(int blockSize)
    {
        Skip.If(LibCoap.Client is null, LibCoap.WhyNot);
        using Scene scene = new(new CoapListenerSettings());
        byte[] small = RandomNumberGenerator.GetBytes(60), large = RandomNumberGenerator.GetBytes(3000);
        string output = scene.Folder.PathOf("told");
        List<string> arguments = ["-m", "get", "-s", "6", "-o", output];
        if (blockSize > 0)
            arguments.AddRange(["-b", blockSize.ToString()]);
        Task<ProgramResult> client = Task.Run(() => LibCoap.Ask([.. arguments, scene.Listener.Uri + ".well-known/cmp/p/gold/ann"]));
        // told until it is there to hear it; what is the latest meanwhile comes when it registers
        byte[] expected = [];
        while (await scene.Listener.NotifyAsync(small) == 0)
        {
            expected = small;
            Assert.False(client.IsCompleted, "libcoap did not wait");
            await Task.Delay(10);
        }
        expected = [.. expected, .. small];
        // both at once: the second comes when the first has been fetched
        Task<int> first = scene.Listener.NotifyAsync(large), second = scene.Listener.NotifyAsync(small);
        Assert.Equal(1, await first);
        Assert.Equal(1, await second);
        ProgramResult result = await client;
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Convert.ToHexString([.. expected, .. large, .. small]), Convert.ToHexString(await File.ReadAllBytesAsync(output)));
        // it deregistered at its end
        Assert.Equal(0, await scene.Listener.NotifyAsync(small));
    }

    /// <summary>A certificate for this machine that vouches for itself.</summary>
    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>A test server behind a CoAP listener of its own.</summary>
    private sealed class Scene : IDisposable
    {
        internal Scene(CoapListenerSettings settings)
        {
            Certificate = settings.Certificate;
            using var secret = new SecureString();
            foreach (char c in Secret)
                secret.AppendChar(c);
            Server = Server.Start(new TestServerOptions { Reference = Reference, Secret = secret });
            Listener = CmpCoapListener.Start(settings, async (request, token) =>
            {
                Heard.Enqueue(request);
                // long enough for the acknowledgement to leave before the answer
                if (settings.AckDelay == TimeSpan.Zero)
                    await Task.Delay(200, token);
                ReadOnlyMemory<byte> answer = Server.Responder.Respond(request.Octets);
                return answer.IsEmpty ? new TransportReply.Nothing() : new TransportReply.Octets(answer);
            });
        }

        internal string Secret { get; } = Guid.NewGuid().ToString("N");

        internal TestFolder Folder { get; } = new();

        internal X509Certificate2? Certificate { get; }

        internal ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        internal Server Server { get; }

        internal CmpCoapListener Listener { get; }

        internal ConcurrentQueue<TransportRequest> Heard { get; } = new();

        public void Dispose()
        {
            Listener.Dispose();
            Server.Dispose();
            Key.Dispose();
            Certificate?.Dispose();
            Folder.Dispose();
        }
    }
}
