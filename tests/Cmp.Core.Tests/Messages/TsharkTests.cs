using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>Wireshark's dissector reads what we write.</summary>
public class TsharkTests
{
    [SkippableFact]
    public void Wireshark_reads_each_of_our_messages()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        PkiMessage[] messages = [.. Samples.AllMessages.Select(m => m with { Body = AsOlderOnesKnowIt(m.Body) })];
        IReadOnlyList<string[]> lines = Read(messages, "cmp.body", "cmp.pvno", "cmp.transactionID", "cmp.senderNonce", "cmp.recipNonce", "cmp.messageTime");
        for (int i = 0; i < lines.Count; i++)
        {
            string[] values = lines[i];
            Assert.Equal((int)messages[i].Body.Type, int.Parse(values[0]));
            Assert.Equal("2", values[1]);
            Assert.Equal(Hex.Of(Samples.Octets(16, 0x10)), Plain(values[2]));
            Assert.Equal(Hex.Of(Samples.Octets(16, 0x20)), Plain(values[3]));
            Assert.Equal(Hex.Of(Samples.Octets(16, 0x30)), Plain(values[4]));
            Assert.Contains("2026", values[5]); // the form of the date is that of its version
            Assert.Contains("12:34:56", values[5]);
        }
    }

    /// <summary>A whole transaction of three requests, of which one waits: each certReqId is where Wireshark looks for it.</summary>
    [SkippableFact]
    public void Wireshark_reads_the_messages_of_several_requests()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        Scene scene = new Scene { Count = 3 }.Start();
        var messages = new List<PkiMessage>();
        Answer(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(0), Scene.Rejected(1), Scene.Waits(2)]));
        scene.Accept();
        Answer(new PkiConfirmContent());
        scene.Resume();
        Answer(Scene.PollRep(5, 2));
        scene.Resume();
        Answer(new CertRepMessage(PkiBodyType.Ip, [scene.Granted(2)]));
        scene.Accept();
        messages.Add(scene.Sent);
        IReadOnlyList<string[]> lines = ReadAll(messages, "cmp.body", "crmf.certReqId", "cmp.certReqId", "cmp.pkistatus");
        Assert.Equal(
            ["ir 0,1,2", "ip 0,1,2", "certConf 0", "pkiconf ", "pollReq 2", "pollRep 2", "pollReq 2", "ip 2", "certConf 2"],
            lines.Select(line => $"{PkiBodyTypeNames.Of((PkiBodyType)int.Parse(line[0]))} {line[1]}{line[2]}"));
        Assert.Equal("0,2,3", lines[1][3]);

        void Answer(PkiBody body)
        {
            messages.Add(scene.Sent);
            ReadOnlyMemory<byte> answer = scene.Octets(body);
            messages.Add(PkiMessage.Decode(answer));
            scene.Receive(answer);
        }
    }

    /// <summary>What a registration authority sends: one message with protection added, one with ours in place of it and the original beside it, and a batch of both.</summary>
    [SkippableFact]
    public void Wireshark_reads_what_a_registration_authority_sends()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        var authority = new SigningCertificate(Peer.Shared.Root.Certificate, Peer.Shared.Root.Key);
        using MessageProtector ours = MessageProtector.Signature(authority, null, pss: false);
        var forwarder = new Forwarder(new TransactionSettings { Protector = ours, Credential = authority, Trust = new TrustSettings() });
        PkiMessage asked = new Scene().Start().Sent;
        PkiMessage added = forwarder.AddProtection(asked, Peer.Now);
        PkiMessage replaced = forwarder.ReplaceProtection(asked, null, raVerified: true, includeOriginal: true, Peer.Now);
        PkiMessage batch = ours.Protect(added.Header with { TransactionId = Samples.Octets(16, 0x10) }, new NestedMessageContent([added, replaced]), []);
        IReadOnlyList<string[]> lines = ReadAll([added, replaced, batch], "cmp.body", "cmp.transactionID", "cmp.senderNonce");
        string id = Hex.Of(asked.Header.TransactionId!.Value.Span), nonce = Hex.Of(asked.Header.SenderNonce!.Value.Span);
        // the original is one more, in the header
        Assert.Equal(["20,0", "0,0", "20,20,0,0,0"], lines.Select(line => string.Join(",", line[0].Split(',').Where(body => body.Length > 0))));
        Assert.Equal($"{id},{id}", Plain(lines[0][1]));
        Assert.Equal($"{nonce},{nonce}", Plain(lines[0][2]));
    }

    /// <summary>What Wireshark reads of messages that travel over HTTP; none of them is malformed to it.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="fields">Its names for what is asked.</param>
    /// <returns>The values of the fields, a row a message.</returns>
    internal static IReadOnlyList<string[]> Read(IReadOnlyList<PkiMessage> messages, params string[] fields) => Read(messages, occurrence: 'f', fields);

    /// <summary>The same with all values of each field, separated by commas.</summary>
    internal static IReadOnlyList<string[]> ReadAll(IReadOnlyList<PkiMessage> messages, params string[] fields) => Read(messages, occurrence: 'a', fields);

    private static IReadOnlyList<string[]> Read(IReadOnlyList<PkiMessage> messages, char occurrence, string[] fields)
    {
        using var folder = new TestFolder();
        string capture = folder.Write("messages.pcap", Capture([.. messages.Select(m => m.Encoded.ToArray())]));
        List<string> arguments = ["-r", capture, "-n", "-Y", "cmp", "-T", "fields", "-E", "separator=|", "-E", $"occurrence={occurrence}", "-e", "_ws.malformed"];
        arguments.AddRange(fields.SelectMany(field => new[] { "-e", field }));
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        string[][] rows = [.. result.Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|'))];
        Assert.Equal(messages.Count, rows.Length);
        Assert.All(rows, row => Assert.Equal(fields.Length + 1, row.Length));
        for (int i = 0; i < rows.Length; i++)
            Assert.True(rows[i][0].Length == 0, $"{messages[i]}: {Programs.Run(Programs.Find("tshark")!, ["-r", capture, "-V", "-Y", $"frame.number == {i + 1}", "-O", "cmp"]).Text}");
        return [.. rows.Select(row => row[1..])];
    }

    /// <summary>
    /// Wireshark 4.0 knows RFC 4210: an EncryptedKey is an EncryptedValue to it, a CertStatus ends with statusInfo, a Challenge with challenge,
    /// and a ckuann has one form.
    /// </summary>
    private static PkiBody AsOlderOnesKnowIt(PkiBody body) => body switch
    {
        CertRepMessage { Responses: [{ CertifiedKeyPair: not null } response, ..] } b =>
            new CertRepMessage(b.Type, [response with { CertifiedKeyPair = Samples.KeyPair with { PrivateKey = null } }]) { CaPubs = b.CaPubs },
        KeyRecRepContent b => b with { KeyPairHist = [.. b.KeyPairHist.Select(pair => pair with { PrivateKey = Samples.EncryptedValue.Encoded })] },
        PopoDecKeyChallContent b => new PopoDecKeyChallContent([.. b.Challenges.Select(challenge => challenge with { EncryptedRand = null })]),
        CaKeyUpdContent { V3: not null } b => new CaKeyUpdContent(new CaKeyUpdAnnContent(b.OldWithNew!, b.NewWithOld!, b.NewWithNew)),
        CertConfirmContent b => new CertConfirmContent([.. b.Statuses.Select(status => status with { HashAlg = null })]),
        _ => body,
    };

    private static string Plain(string hex) => hex.Replace(":", string.Empty).ToUpperInvariant();

    /// <summary>A pcap of one packet a message: Ethernet, IPv4, TCP from a port of its own to 80, an HTTP POST.</summary>
    private static byte[] Capture(IReadOnlyList<byte[]> messages)
    {
        using var pcap = new MemoryStream();
        using var writer = new BinaryWriter(pcap);
        writer.Write(0xA1B2C3D4);
        writer.Write((ushort)2);
        writer.Write((ushort)4);
        writer.Write(0L);
        writer.Write(65_535);
        writer.Write(1); // Ethernet
        for (int i = 0; i < messages.Count; i++)
        {
            byte[] http = [.. Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkixcmp\r\nContent-Length: {messages[i].Length}\r\n\r\n"), .. messages[i]];
            int ipLength = 40 + http.Length;
            byte[] packet =
            [
                2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
                0x45, 0, (byte)(ipLength >> 8), (byte)ipLength, 0, 1, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
                0x9C, (byte)i, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0,
                .. http,
            ];
            writer.Write(0L);
            writer.Write(packet.Length);
            writer.Write(packet.Length);
            writer.Write(packet);
        }
        return pcap.ToArray();
    }
}
