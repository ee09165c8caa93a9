using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.Tests.Messages;

/// <summary>Messages that others made: recorded ones, and those of OpenSSL's client and mock server, made when they are first asked for.</summary>
public static class ForeignMessages
{
    private static readonly Lazy<IReadOnlyList<(string Name, byte[] Octets)>> OpenSslsOwn = new(MakeByOpenSsl);

    /// <summary>Messages of OpenSSL: with a MAC and with signatures, of each kind that it has.</summary>
    public static IReadOnlyList<(string Name, byte[] Octets)> OfOpenSsl => OpenSslsOwn.Value;

    /// <summary>The recorded messages, by their names within <see cref="Repository.Data"/>; none where that is absent.</summary>
    public static IReadOnlyList<string> RecordedNames { get; } = Repository.Data is { } folder
        ? [.. Directory.EnumerateFiles(folder, "*.der", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The messages in recorded captures: those that travel in one packet.</summary>
    public static IReadOnlyList<(string Name, byte[] Octets)> Captured
    {
        get
        {
            var messages = new List<(string, byte[])>();
            string folder = Path.Combine(Repository.Data ?? string.Empty, "captures");
            string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
            foreach (string file in files.Order(StringComparer.Ordinal))
            {
                int number = 0;
                foreach (byte[] message in MessagesOf(ReadPlain(file)))
                    messages.Add(($"{Path.GetFileName(file)} #{++number}", message));
            }
            return messages;
        }
    }

    private static byte[] ReadPlain(string file)
    {
        if (!file.EndsWith(".gz", StringComparison.Ordinal))
            return File.ReadAllBytes(file);
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>Little-endian pcap, Ethernet, IPv4, TCP: in each packet the last octets that are one whole SEQUENCE of 256 octets or more.</summary>
    private static IEnumerable<byte[]> MessagesOf(byte[] pcap)
    {
        for (int at = 24; at < pcap.Length;)
        {
            int length = BitConverter.ToInt32(pcap, at + 8);
            int ip = at + 16 + 14;
            int end = at + 16 + length;
            int payload = ip + 4 * (pcap[ip] & 15);
            payload += 4 * (pcap[payload + 12] >> 4);
            for (int i = payload; i + 4 < end; i++)
            {
                if (pcap[i] == 0x30 && pcap[i + 1] == 0x82 && i + 4 + ((pcap[i + 2] << 8) | pcap[i + 3]) == end)
                {
                    yield return pcap.AsSpan(i, end - i).ToArray();
                    break;
                }
            }
            at = end;
        }
    }

    private static IReadOnlyList<(string Name, byte[] Octets)> MakeByOpenSsl()
    {
        using var folder = new TestFolder();
        using var ca = new TestCa();
        using var rsa = RSA.Create(2048);
        using X509Certificate2 old = ca.Issue("CN=router7, O=Cmp tests", rsa);
        string caFile = folder.Write("ca.pem", ca.Certificate.ExportCertificatePem()), caKey = folder.Write("ca.key", TestCa.Pem(ca.Key));
        string certificate = folder.Write("ee.pem", old.ExportCertificatePem()), key = folder.Write("ee.key", TestCa.Pem(rsa));
        var request = new CertificateRequest("CN=router7, O=Cmp tests", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("router7.example.com");
        request.CertificateExtensions.Add(names.Build());
        string csr = folder.Write("ee.csr", request.CreateSigningRequestPem());
        var environment = new Dictionary<string, string> { ["CMP_MOCK_SECRET"] = "only a test's" };

        string[] server = ["-rsp_cert", certificate, "-rsp_capubs", caFile, "-rsp_extracerts", caFile];
        string[] mac = ["-ref", "router7", "-secret", "env:CMP_MOCK_SECRET", "-srv_ref", "router7", "-srv_secret", "env:CMP_MOCK_SECRET", "-recipient", "/CN=Test Root"];
        string[] signed = ["-cert", certificate, "-key", key, "-trusted", caFile, "-srv_cert", caFile, "-srv_key", caKey, "-srv_trusted", caFile];
        string[] enroll = ["-newkey", key, "-subject", "/CN=router7/O=Cmp tests", "-certout", folder.PathOf("out.pem")];
        var messages = new List<(string, byte[])>();
        Run("ir mac", ["-cmd", "ir", "-sans", "router7.example.com", "-days", "30", .. mac, .. enroll]);
        Run("ir signed", ["-cmd", "ir", .. signed, .. enroll]);
        Run("ir implicit", ["-cmd", "ir", "-implicit_confirm", "-grant_implicitconf", "-geninfo", "1.2.3.4:int:56789", .. mac, .. enroll]);
        Run("ir raVerified", ["-cmd", "ir", "-popo", "0", "-accept_raverified", .. mac, .. enroll]);
        Run("ir without proof", ["-cmd", "ir", "-popo", "-1", .. mac, .. enroll]);
        Run("ir keyEncipherment", ["-cmd", "ir", "-popo", "2", .. mac, .. enroll]);
        Run("cr mac", ["-cmd", "cr", .. mac, .. enroll]);
        Run("cr csr", ["-cmd", "cr", "-csr", csr, .. signed, .. enroll]);
        Run("p10cr mac", ["-cmd", "p10cr", "-csr", csr, .. mac, "-certout", folder.PathOf("out.pem")]);
        Run("p10cr signed", ["-cmd", "p10cr", "-csr", csr, .. signed, "-certout", folder.PathOf("out.pem")]);
        Run("kur signed", ["-cmd", "kur", "-oldcert", certificate, .. signed, .. enroll]);
        Run("kur mac", ["-cmd", "kur", "-oldcert", certificate, .. mac, .. enroll]);
        Run("polling", ["-cmd", "ir", "-poll_count", "2", "-check_after", "1", .. mac, .. enroll]);
        Run("error", ["-cmd", "ir", "-send_error", .. mac, .. enroll]);
        Run("unprotected error", ["-cmd", "ir", "-send_error", "-send_unprot_err", "-unprotected_errors", .. signed, .. enroll]);
        Run("rejection", ["-cmd", "cr", "-pkistatus", "2", "-failurebits", "134217727", "-statusstring", "no, says OpenSSL", .. mac, .. enroll]);
        Run("grantedWithMods", ["-cmd", "cr", "-pkistatus", "1", .. mac, .. enroll]);
        Run("rr", ["-cmd", "rr", "-oldcert", certificate, "-revreason", "1", .. signed]);
        Run("genm", ["-cmd", "genm", "-infotype", "signKeyPairTypes", .. mac]);
        return messages;

        void Run(string name, string[] arguments)
        {
            (IReadOnlyList<byte[]> requests, IReadOnlyList<byte[]> responses) = OpenSsl.Exchange(folder, [.. arguments, .. server], environment);
            foreach (byte[] message in requests.Concat(responses))
                messages.Add(($"{name}: {BodyOf(message)}", message));
        }
    }

    /// <summary>The tag of the body, read without the code under test.</summary>
    private static string BodyOf(byte[] message) => PkiBodyTypeNames.Of((PkiBodyType)(DerNode.Parse(message).Children![1].Tag & 0x1F));
}
