using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Cmp.Tests.Inspection.Captures;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>The examples of the help run as they stand there: at a test server, in a folder with the files that they name.</summary>
[Collection("Commands")]
public sealed partial class ExampleTests : IDisposable
{
    // what this engine lacks, or asks a user
    private const string Surroundings = """
        function Get-Credential { $ca.Credential }
        function Get-Date { [datetime]::Now }
        function Import-Csv { $machines }
        function Export-Csv { }
        function Get-ChildItem($Path) {
            if ($Path -like '*.pcapng') { 'enrol.pcapng' }
            elseif ($Path -like 'requests/*.pki') {
                New-CmpCertificateRequest -Subject CN=router9 -NoInstall -Offline | Export-CmpMessage -OutFile "$folder/router9.pki"
                [IO.FileInfo] "$folder/router9.pki"
            }
            elseif ($Path -like '*.pki') { [IO.FileInfo] "$folder/request.pki", [IO.FileInfo] "$folder/answer.pki" }
            else { $stored }
        }
        function Get-Content($Path) { [IO.File]::ReadAllLines("$folder/$Path") }
        function Set-Content { }
        function Read-Host { $ca.Credential.Password }
        function Sort-Object { $input }
        function Group-Object { $input }
        function ConvertTo-Json { $input }
        function pktmon { }
        function netsh { }
        function etl2pcapng { }
        function tcpdump { }
        function Format-List { $input }
        function Format-Table { $input }
        function Invoke-DscResource { }
        function Invoke-WebRequest($Uri, $Method, $ContentType, $InFile, $OutFile) {
            $content = [Net.Http.ByteArrayContent]::new([IO.File]::ReadAllBytes("$folder/$InFile"))
            $content.Headers.ContentType = $ContentType
            $answer = [Net.Http.HttpClient]::new().PostAsync($Uri, $content).Result
            [IO.File]::WriteAllBytes("$folder/$OutFile", $answer.Content.ReadAsByteArrayAsync().Result)
        }
        $ExecutionContext.SessionState.Path.SetLocation($folder)
        Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
        Register-CmpServer slow (Start-CmpTestServer -Credential $ca.Credential -PollCount 1 -CheckAfter 0).Uri -Credential $ca.Credential
        $null = New-CmpCertificateRequest -Server slow -Subject CN=pending -NoInstall -NoWait
        $null = New-CmpCertificateRequest -Subject CN=web1.example -OutFile web1.pem
        $null = New-CmpCertificateRequest -Subject CN=client -OutFile client.pem
        $stored = New-CmpCertificateRequest -Subject CN=stored
        $thumbprint = $stored.Thumbprint
        $null = New-CmpCertificateRequest -Subject 'CN=Alice, O=Example' -KeyAlgorithm RSA_2048 -KeyUsage KeyEncipherment -ArchiveKey -OutFile alice.cer -OutKeyFile alice.key
        $null = New-CmpCertificateRequest -Subject CN=traced -NoInstall -TracePath trace
        $null = New-CmpCertificateRequest -Subject CN=traced -NoInstall -TracePath answers
        $credential = $ca.Credential
        $roads = Start-CmpTestServer -Credential $ca.Credential -Transport Https, Tcp, HttpTcp, Coap, Coaps, File, Mail
        $bridge = Start-CmpTestServer -TrustedClient other-ca.pem, ra.pem
        Register-CmpServer bridge $bridge.Uri -TrustAnchor $bridge.RootCertificate
        Export-CmpMessage -Message $ca.Announce('Crl').Message -OutFile news.pki
        $reference = $roads.Announce('Crl').PollingReference
        """;

    /// <summary>What the pages call the roads to a server, and a folder that a mailer shares; longer ones before what they hold.</summary>
    private static readonly (string Address, string Road)[] Roads =
    [
        ("http+tcp://ca.example/cmp", "Uris.HttpTcp"), ("tcp://ca.example", "Uris.Tcp"), ("coap://ca.example", "Uris.Coap"), ("file:///srv/cmp", "Uris.File"),
        ("mailto:ca@ca.example", "Uris.Mail"), ("~/Mail/cmp", "FolderPath"),
    ];

    private readonly CaSession _ca = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    /// <summary>A renewal is registered with a PowerShell that is there.</summary>
    public ExampleTests()
    {
        if (Programs.Find("pwsh") is not null)
            return;
        string folder = TestHome.CreateFolder();
        File.WriteAllText(Path.Combine(folder, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh"), string.Empty);
        Environment.SetEnvironmentVariable("PATH", folder + Path.PathSeparator + _path);
    }

    public static TheoryData<string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string>();
            foreach (string page in Directory.GetFiles(Repository.GetPath("en-US"), "*.md").Order())
            {
                foreach ((string title, _) in Read(page))
                    examples.Add(Path.GetFileNameWithoutExtension(page), title);
            }
            return examples;
        }
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _ca.Invoke("Get-CmpRenewal -Scope CurrentUser | Unregister-CmpRenewal");
        _ca.Invoke("Stop-CmpTestServer");
        _ca.Dispose();
    }

    /// <summary>The token of the pages, in whose place one of SoftHSM stands.</summary>
    private const string TokenUri = "pkcs11:token=My%20token?module-path=/usr/lib/softhsm/libsofthsm2.so";

    [SkippableTheory]
    [MemberData(nameof(Examples))]
    public async Task Example_runs(string page, string title)
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        _ca["machines"] = Enumerable.Range(1, 2).Select(number => new PSObject(new { Subject = $"CN=machine{number}", DnsName = "", OutFile = $"machine{number}.pem" })).ToArray();
        File.WriteAllText(Path.Combine(folder, "ca-root.pem"), _ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>().ExportCertificatePem());
        File.Copy(Path.Combine(folder, "ca-root.pem"), Path.Combine(folder, "cmp-signer.pem"));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(folder, "router7.csr"), new CertificateRequest("CN=router7", key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
        File.WriteAllText(Path.Combine(folder, "other-ca.pem"), MadeAuthority.CA("CN=Other CA", key).ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "other-ca.csr"), new CertificateRequest("CN=Other CA", key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
        File.WriteAllText(Path.Combine(folder, "ra.pem"), MadeAuthority.RegistrationAuthority("CN=RA", key).ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        _ca.Invoke(Surroundings).AssertSucceeded();
        // other pages write files of these names
        if (page is "ConvertFrom-CmpMessage" or "Test-CmpMessage" or "about_Cmp_Inspection")
            WriteMessages(folder, key);
        File.WriteAllText(Path.Combine(folder, "tls-root.pem"), _ca.Invoke("$roads.TlsRootCertificate").Single<X509Certificate2>().ExportCertificatePem());

        // who listens for announcements, and stores each
        await using var listener = new ScriptedServer([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }, 4)]);

        string code = Read(Repository.GetPath($"en-US/{page}.md")).Single(example => example.Title == title).Code;
        foreach ((string address, string road) in Roads)
            code = code.Replace(address, _ca.Invoke($"$at = $roads.{road}; if ($at -is [uri]) {{ $at.OriginalString }} else {{ $at }}").Single<string>(), StringComparison.Ordinal);
        if (code.Contains(TokenUri, StringComparison.Ordinal))
        {
            Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
            SoftToken token = SoftHsm.Take();
            _ca["pin"] = token.Pin;
            string pin = SoftToken.WritePin(Path.Combine(folder, "gateway.pin"));
            code = code.Replace(TokenUri, token.Uri, StringComparison.Ordinal).Replace("/etc/cmp/gateway.pin", pin, StringComparison.Ordinal).Replace("$pin = (Get-Credential pin).Password\n", string.Empty, StringComparison.Ordinal);
        }
        // who waits for news waits for an hour there, and the reference came with a letter
        code = code.Replace("-TimeoutSec 3600", "-TimeoutSec 1", StringComparison.Ordinal).Replace("0000002A", _ca.Invoke("$reference").Single<string>(), StringComparison.Ordinal);
        _ca.Invoke(code.Replace("http://ee.example:8829/", listener.Uri.OriginalString, StringComparison.Ordinal).Replace("http://ca.example/pkix/", _ca.Uri.OriginalString, StringComparison.Ordinal).Replace("http://ejbca.example/", _ca.Uri.OriginalString, StringComparison.Ordinal).Replace("8829", FreePort(), StringComparison.Ordinal)).AssertSucceeded();
    }

    [Fact]
    public void The_packed_help_has_the_examples_of_the_pages()
    {
        var maml = XDocument.Load(Path.Combine(Repository.ModuleFolder, "en-US", "Cmp.dll-Help.xml"));
        foreach (string name in ModuleAssemblies.Cmdlets.Keys)
        {
            XElement command = maml.Root!.Elements().Single(element => element.Descendants().First(child => child.Name.LocalName == "name").Value == name);
            Assert.Equal(
                Read(Repository.GetPath($"en-US/{name}.md")).Select(example => example.Code),
                command.Descendants().Where(element => element.Name.LocalName == "code").Select(element => element.Value.ReplaceLineEndings("\n")));
        }
    }

    [Fact]
    public void Every_parameter_is_described_in_Get_Help()
    {
        foreach ((string name, Type cmdlet) in ModuleAssemblies.Cmdlets)
        {
            foreach (string parameter in ModuleAssemblies.GetParameters(cmdlet).Select(parameter => parameter.Name))
            {
                string description = _ca.Invoke($"((Get-Help {name} -Parameter {parameter}).description | ForEach-Object {{ $_.Text }}) -join ' '").Single<string>();
                Assert.True(description.Length > 10, $"{name} -{parameter}: {description}");
                Assert.DoesNotContain('`', description);
            }
        }
    }

    /// <summary>The messages of a trace under the names that the pages have for them, and a capture of them.</summary>
    private static void WriteMessages(string folder, ECDsa key)
    {
        byte[][] messages = [.. Directory.GetFiles(Path.Combine(folder, "trace"), "*.der").Order().Select(File.ReadAllBytes)];
        foreach (string name in new[] { "request.pki", "confirm.pki" })
            File.WriteAllBytes(Path.Combine(folder, name), messages[0]);
        File.WriteAllBytes(Path.Combine(folder, "answer.pki"), messages[1]);
        File.WriteAllText(Path.Combine(folder, "message.txt"), string.Join('\n', Convert.ToHexString(messages[0]).Chunk(64).Select(line => new string(line))));
        File.Copy(Path.Combine(folder, "ca-root.pem"), Path.Combine(folder, "root.pem"));
        foreach (string name in new[] { "kem.pem", "new.key" })
            File.WriteAllText(Path.Combine(folder, name), key.ExportPkcs8PrivateKeyPem());
        byte[] request = [.. Encoding.ASCII.GetBytes($"POST /cmp HTTP/1.1\r\nHost: ca.example\r\nContent-Type: application/pkixcmp\r\nContent-Length: {messages[0].Length}\r\n\r\n"), .. messages[0]];
        byte[] answer = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: {messages[1].Length}\r\n\r\n"), .. messages[1]];
        const byte Acknowledges = 0x18, Tcp = 6;
        File.WriteAllBytes(Path.Combine(folder, "enrol.pcapng"), CaptureFile.Pcapng(
        [
            Packet.IP(Tcp, Packet.Tcp(40_000, 80, 1, 1, Acknowledges, request)),
            Packet.IP(Tcp, Packet.Tcp(80, 40_000, 1, 1 + (uint)request.Length, Acknowledges, answer), fromClient: false),
        ]));
    }

    private static IReadOnlyList<(string Title, string Code)> Read(string page)
    {
        string text = File.ReadAllText(page).ReplaceLineEndings("\n");
        MatchCollection headings = Heading.Matches(text);
        return [.. Code.Matches(text).Select((match, number) => (
            headings.LastOrDefault(heading => heading.Index < match.Index)?.Groups[1].Value ?? $"block {number + 1}",
            match.Groups[1].Value))];
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^### Example \d+: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading { get; }

    [GeneratedRegex(@"^```powershell\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code { get; }
}
