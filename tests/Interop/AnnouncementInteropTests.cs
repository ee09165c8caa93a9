using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Interop;

/// <summary>What the test server announces, fetched by curl and libcoap and checked by OpenSSL: none of our code reads it.</summary>
public sealed class AnnouncementInteropTests : IDisposable
{
    // the tags of the bodies
    private const int Ckuann = 15, Rann = 17, Crlann = 18;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(TestServerRoad.Http)]
    [InlineData(TestServerRoad.Https)]
    [InlineData(TestServerRoad.HttpTcp)]
    public void Curl_polls_a_CRL_that_OpenSSL_verifies(TestServerRoad road)
    {
        using Server server = Start(new TestServerOptions { Roads = [road] });
        foreach (X509Certificate2 issuer in new[] { server.IssuingCertificate, server.RootCertificate })
        {
            string file = Get(server, "CRLAnn.PKI?issuer=" + Convert.ToHexString(issuer.SubjectName.RawData));
            byte[] crl = Assert.Single(Children(File.ReadAllBytes(file), Crlann));
            string written = _folder.Write("crl.der", crl);
            string believed = _folder.Write("ca.pem", issuer.ExportCertificatePem() + "\n" + server.RootCertificate.ExportCertificatePem());
            ProgramResult verified = OpenSsl.Run(["crl", "-inform", "DER", "-in", written, "-CAfile", believed, "-noout", "-issuer", "-nameopt", "RFC2253"]);
            Assert.True(verified.Error.Contains("verify OK", StringComparison.Ordinal), verified.Error);
            Assert.Contains(issuer.Subject, verified.Text, StringComparison.Ordinal);
            VerifyMessage(File.ReadAllBytes(file), server.RootCertificate);
        }
        // a CRL of another authority is not found, and one that another authority should have signed is not believed
        using Server other = Start(new TestServerOptions());
        string stranger = _folder.Write("stranger.pem", other.IssuingCertificate.ExportCertificatePem());
        Assert.DoesNotContain("verify OK", OpenSsl.Run(["crl", "-inform", "DER", "-in", _folder.PathOf("crl.der"), "-CAfile", stranger, "-noout"]).Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Curl_polls_a_key_update_whose_certificates_OpenSSL_verifies_and_which_is_signed_under_the_old_root()
    {
        using Server server = Start(new TestServerOptions());
        X509Certificate2 old = server.RootCertificate;
        string target = "CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=3016" + "8014" + ((X509SubjectKeyIdentifierExtension)old.Extensions["2.5.29.14"]!).SubjectKeyIdentifier;
        Assert.Equal("404", Status(server, target));
        X509Certificate2 root = server.UpdateRoot();
        byte[] message = File.ReadAllBytes(Get(server, target));
        // the form of cmp2000: a SEQUENCE of oldWithNew, newWithOld and newWithNew
        string[] files = [.. Children(message, Ckuann).Select((octets, i) => Pem($"{i}.pem", octets))];
        Assert.Equal(3, files.Length);
        string oldRoot = _folder.Write("old.pem", old.ExportCertificatePem()), newRoot = _folder.Write("new.pem", root.ExportCertificatePem());
        Verify(newRoot, files[0]);
        Verify(oldRoot, files[1]);
        Verify(newRoot, files[2]);
        // what the old root vouches for the new one does not vouch for, and the other way round
        Assert.NotEqual(0, OpenSsl.Run(["verify", "-CAfile", newRoot, files[1]]).ExitCode);
        Assert.NotEqual(0, OpenSsl.Run(["verify", "-CAfile", oldRoot, files[2]]).ExitCode);
        VerifyMessage(message, old);
    }

    [SkippableFact]
    public void Curl_polls_a_revocation_when_there_is_one()
    {
        using Server server = Start(new TestServerOptions());
        X509Certificate2 certificate = Enroll(server);
        string target = $"RevAnn.PKI?issuer={Convert.ToHexString(certificate.IssuerName.RawData)}&serialNumber={certificate.SerialNumber.ToLowerInvariant()}";
        Assert.Equal("404", Status(server, target));
        server.Announce(AnnouncementType.Revocation, certificate);
        byte[] message = File.ReadAllBytes(Get(server, target));
        VerifyMessage(message, server.RootCertificate);
        string[] content = [.. Nodes(message).SkipWhile(node => !node.Text.Contains($"cont [ {Rann} ]", StringComparison.Ordinal)).Skip(1).TakeWhile(node => node.Depth > 1).Select(node => node.Text)];
        // SEQUENCE { status 4 (revocationWarning), certId { issuer, serialNumber }, two times }
        Assert.Matches("INTEGER +:04", content[1]);
        Assert.Contains(content, text => Regex.IsMatch(text, $"INTEGER +:0*{certificate.SerialNumber}"));
        Assert.Equal(2, content.Count(text => text.Contains("GENERALIZEDTIME", StringComparison.Ordinal)));
        Assert.Equal("404", Status(server, target.Replace("serialNumber=", "serialNumber=01", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void Curl_is_told_what_is_no_question()
    {
        using Server server = Start(new TestServerOptions());
        string good = "CRLAnn.PKI?issuer=" + Convert.ToHexString(server.IssuingCertificate.SubjectName.RawData);
        Assert.Equal("200", Status(server, ".well-known/cmp/p/gold/" + good));
        Assert.Equal("404", Status(server, "CRLAnn.PKI?issuer=3000"));
        Assert.Equal("400", Status(server, "CRLAnn.PKI"));
        Assert.Equal("400", Status(server, "CRLAnn.PKI?issuer=no"));
        Assert.Equal("405", Status(server, good, "--request", "DELETE"));
        Assert.Equal("405", Status(server, good, "--head"));
        Assert.Equal("405", Status(server, "other"));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task Libcoap_observes_what_is_announced(int blockSize)
    {
        Skip.If(LibCoap.Client is null, LibCoap.WhyNot);
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap, TestServerRoad.Http] });
        X509Certificate2 certificate = Enroll(server);
        List<byte[]> expected = [server.Announce(AnnouncementType.Crl).Message];
        string output = _folder.PathOf("told");
        List<string> arguments = ["-m", "get", "-A", "259", "-s", "5", "-o", output];
        if (blockSize > 0)
            arguments.AddRange(["-b", blockSize.ToString(CultureInfo.InvariantCulture)]);
        Task<ProgramResult> client = Task.Run(() => LibCoap.Ask([.. arguments, server.Uris["Coap"] + ".well-known/cmp/ann"]));
        // the latest comes when it registers; what comes then is told
        while (!File.Exists(output) || new FileInfo(output).Length < expected[0].Length)
        {
            Assert.False(client.IsCompleted, "libcoap did not wait");
            await Task.Delay(10);
        }
        expected.Add(server.Announce(AnnouncementType.Certificate).Message);
        expected.Add(server.Announce(AnnouncementType.Revocation, certificate).Message);
        server.UpdateRoot();
        expected.Add(server.Announce(AnnouncementType.CaKeyUpdate).Message);
        ProgramResult result = await client;
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(Convert.ToHexString([.. expected.SelectMany(message => message)]), Convert.ToHexString(await File.ReadAllBytesAsync(output)));
    }

    private static Server Start(TestServerOptions options)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        Skip.If(Programs.Find("curl") is null, "curl was not found");
        return Server.Start(options);
    }

    /// <summary>A certificate of the server, by a message to what answers.</summary>
    private static X509Certificate2 Enroll(Server server)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new P10crBody(CertificationRequest.Decode(new CertificateRequest("CN=enrolled", key, HashAlgorithmName.SHA256).CreateSigningRequest()));
        using var secret = new SharedSecret(System.Text.Encoding.UTF8.GetBytes(server.Reference), System.Text.Encoding.UTF8.GetBytes(new System.Net.NetworkCredential(string.Empty, server.Secret).Password));
        MessageProtector protector = MessageProtector.PasswordBasedMac(secret, new PbmOptions());
        var header = new PkiHeader(2, GeneralName.FromName(Name.FromCommonName(server.Reference)), GeneralName.NullDn)
        {
            SenderKid = protector.SenderKid,
            TransactionId = RandomNumberGenerator.GetBytes(16),
            SenderNonce = RandomNumberGenerator.GetBytes(16),
            GeneralInfo = [InfoTypeAndValue.ImplicitConfirm],
        };
        server.Responder.Respond(protector.Protect(header, request, []).Encoded);
        return Assert.Single(server.Issued);
    }

    /// <summary>Fetches what there is.</summary>
    /// <returns>The file that it was written to.</returns>
    private string Get(Server server, string target)
    {
        string output = _folder.PathOf("message.der");
        Assert.Equal("200 application/pkixcmp", Curl(server, target, "%{http_code} %{content_type}", "--output", output));
        return output;
    }

    private string Status(Server server, string target, params string[] arguments) => Curl(server, target, "%{http_code}", ["--output", _folder.PathOf("body"), .. arguments]);

    private string Curl(Server server, string target, string told, params string[] arguments)
    {
        string[] trust = server.TlsRootCertificate is { } root ? ["--cacert", _folder.Write("tls.pem", root.ExportCertificatePem())] : [];
        ProgramResult result = Programs.Run(Programs.Find("curl")!, ["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--write-out", told, .. trust, .. arguments, server.Uri.OriginalString.Replace("http+tcp:", "http:", StringComparison.Ordinal) + target]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }

    /// <summary>The message is signed by who leads to a root, as OpenSSL sees it: the first of extraCerts, over header and body.</summary>
    private void VerifyMessage(byte[] message, X509Certificate2 root)
    {
        byte[][] parts = [.. Below(message, Nodes(message)[0])];
        Assert.Equal(4, parts.Length);
        byte[][] certificates = [.. Below(parts[3], Nodes(parts[3])[1])];
        string signer = Pem("signer.pem", certificates[0]);
        string others = _folder.Write("others.pem", string.Join('\n', certificates.Skip(1).Select(octets => File.ReadAllText(Pem("one.pem", octets)))));
        string trusted = _folder.Write("trusted.pem", root.ExportCertificatePem());
        ProgramResult path = OpenSsl.Run(["verify", "-CAfile", trusted, "-untrusted", others, signer]);
        Assert.True(path.ExitCode == 0, path.Text + path.Error);
        string key = _folder.PathOf("signer.key.pem");
        File.WriteAllBytes(key, OpenSsl.Require(["x509", "-in", signer, "-pubkey", "-noout"]));
        Node bits = Nodes(parts[2])[1];
        string signature = _folder.Write("signature", parts[2].AsSpan(bits.Offset + bits.HeaderLength + 1).ToArray());
        string signed = _folder.Write("signed.der", Sequence([.. parts[0], .. parts[1]]));
        ProgramResult verified = OpenSsl.Run(["dgst", "-sha256", "-verify", key, "-signature", signature, signed]);
        Assert.True(verified.Text.Contains("Verified OK", StringComparison.Ordinal), verified.Text + verified.Error);
    }

    private static void Verify(string root, string certificate)
    {
        ProgramResult result = OpenSsl.Run(["verify", "-CAfile", root, certificate]);
        Assert.True(result.ExitCode == 0, result.Text + result.Error);
    }

    private string Pem(string name, byte[] certificate)
    {
        string file = _folder.PathOf(name);
        File.WriteAllBytes(file, OpenSsl.Require(["x509", "-inform", "DER"], certificate));
        return file;
    }

    /// <summary>What stands in the SEQUENCE of a body.</summary>
    private static IReadOnlyList<byte[]> Children(byte[] message, int body)
    {
        IReadOnlyList<Node> nodes = Nodes(message);
        int at = nodes.ToList().FindIndex(node => node.Depth == 1 && node.Text.Contains($"cont [ {body} ]", StringComparison.Ordinal));
        Assert.True(at > 0, "The message has another body.");
        return Below(message, nodes[at + 1]);
    }

    private static IReadOnlyList<byte[]> Below(byte[] octets, Node parent) =>
        [.. Nodes(octets).Where(node => node.Depth == parent.Depth + 1 && node.Offset > parent.Offset && node.Offset < parent.Offset + parent.HeaderLength + parent.Length)
            .Select(node => octets.AsSpan(node.Offset, node.HeaderLength + node.Length).ToArray())];

    /// <summary>What OpenSSL finds in octets.</summary>
    private static IReadOnlyList<Node> Nodes(byte[] octets)
    {
        string text = System.Text.Encoding.UTF8.GetString(OpenSsl.Require(["asn1parse", "-inform", "DER"], octets));
        return [.. Regex.Matches(text, @"^\s*(\d+):d=\s*(\d+)\s+hl=\s*(\d+)\s+l=\s*(\d+)\s+(.*?)\s*$", RegexOptions.Multiline).Select(match => new Node(
            Number(match, 1), Number(match, 2), Number(match, 3), Number(match, 4), match.Groups[5].Value))];

        static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    private static byte[] Sequence(byte[] content) =>
        content.Length < 256 ? [0x30, 0x81, (byte)content.Length, .. content] : [0x30, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private sealed record Node(int Offset, int Depth, int HeaderLength, int Length, string Text);
}
