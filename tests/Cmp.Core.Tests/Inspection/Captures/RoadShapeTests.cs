using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>What is CMP by its first octets, and above all what is not.</summary>
public class RoadShapeTests
{
    private const int Max = 1 << 20;

    /// <summary>First octets of what other protocols say, and near misses of our own.</summary>
    public static TheoryData<string, string> Others => new()
    {
        { "SSH banner", Text("SSH-2.0-OpenSSH_9.6\r\n") },
        { "SSH key exchange", "000004FC061E1122334455667788990011223344556677" },
        { "SSH new keys", "0000000C0A1500000000000000000000" },
        { "SSH one-octet key data", "0000002C061E0000002012345678" },
        { "SMTP", Text("220 mail.example ESMTP\r\n") },
        { "FTP", Text("USER anonymous\r\n") },
        { "IMAP", Text("* OK IMAP4rev1\r\n") },
        { "POP3", Text("+OK ready\r\n") },
        { "SIP", Text("INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n") },
        { "RTSP", Text("OPTIONS rtsp://a RTSP/1.0\r\n\r\n") },
        { "HTTP/2", Text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
        { "HTTP/2 settings", "00001204000000000000030000006400040000FFFF" },
        { "SMB2", "00000068FE534D4240000100000000000000" },
        { "SMB1", "00000054FF534D4272000000001801280000" },
        { "NetBIOS session", "81000044204341434143" },
        { "Kafka", "0000002300120003000000010007636F6E73756D6572" },
        { "Kafka produce", "00000023000000090000000100" },
        { "PostgreSQL SSL", "0000000804D2162F" },
        { "PostgreSQL startup", "00000029000300007573657200706F737467726573" },
        { "PostgreSQL cancel", "0000001004D2162E0000000100000002" },
        { "MySQL", "4A0000000A382E302E333600" },
        { "Thrift", "0000001A80010001000000047069" },
        { "ZooKeeper", "0000002D0000000000000000000000000000753000000000" },
        { "Cassandra", "0400000001000000160001000B" },
        { "MongoDB", "3A00000001000000000000000D070000" },
        { "BitTorrent handshake", Text("\u0013BitTorrent protocol") },
        { "BitTorrent interested", "0000000102" },
        { "BitTorrent not interested", "0000000103" },
        { "BitTorrent choke", "0000000100" },
        { "BitTorrent have", "000000050400000012" },
        { "BitTorrent bitfield", "0000002505FFFFFFFFFFFF" },
        { "BitTorrent request", "0000000D0600000000000000000000400000" },
        { "BitTorrent extended", "000000B914006431" },
        { "LDAP bind", "300C020101600702010304008000" },
        { "LDAP search result", "3025020102640800" },
        { "SNMP", "3026020101040670756274690A0" + "0" },
        { "Kerberos", "000000C06A81BD3081BAA103020105" },
        { "OCSP request", "306F306D3046304430423009060552" },
        { "OCSP response", "308201D30A0100A08201CC308201C8" },
        { "Certificate", "3082030A308201F2A003020102021431" },
        { "CRL", "308201D13081BA020101300D06092A86" },
        { "PKCS #10", "308202713082015902010030193117" },
        { "PKCS #8", "308204BE020100300D06092A864886F7" },
        { "CMS", "3082066906092A864886F70D010702A0" },
        { "Time stamp request", "3039020101303130" + "0D0609608648" },
        { "Time stamp response", "308203 1A3003020100308203110609".Replace(" ", "", StringComparison.Ordinal) },
        { "DNS over TCP", "001D123401000001000000000000076578616D706C65" },
        { "DNS over TCP, small", "000C000A0100000100000000" },
        { "RDP", "030000130EE000000000000100080003000000" },
        { "MQTT", "101000044D5154540402003C000474657374" },
        { "AMQP", "414D515000000901" },
        { "Redis", Text("*1\r\n$4\r\nPING\r\n") },
        { "Diameter", "0100009080000101000000000000" },
        { "Modbus", "000100000006010300000001" },
        { "RPC portmap", "8000003C1234567800000000000000020001" },
        { "iSCSI", "4387000000000000" },
        { "VNC", Text("RFB 003.008\n") },
        { "zeros", "0000000000000000000000000000000000000000" },
        { "ones", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        // one thing wrong of ours each
        { "length too small for the message", "00000010" + "0A0000" + "30820200308200800201028100" },
        { "a version that there is not", "000002070B0000308202043081800201028100" },
        { "a type that there is not in version 10", "000002070A0004308202043081800201028100" },
        { "a type that there is not in the old style", "0000020907308202043081800201028100" },
        { "flags that nobody sets", "0000000B0A40010000000100000000" },
        { "a finRep that says something", "000000040A000301" },
        { "a pollReq that is too long", "000000080A00020000000100" },
        { "an error of no type", "000000080A000604010001" + "09" },
        { "an error whose data is longer than it", "000000080A000602010009" + "09" },
        { "an error in the old style", "0000000806756E6B6E6F776E" },
        { "an answer to poll in the old style", "00000009010000000165000000" },
        { "the last word in the old style", "000000020300" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Other_traffic_is_not_taken_for_CMP(string what, string hex)
    {
        byte[] octets = Hex.Parse(hex);
        Assert.NotNull(what);
        foreach (bool isClient in new[] { true, false })
        {
            Traffic traffic = new() { Port = 4000 };
            traffic = isClient ? traffic.FromClient(octets, octets) : traffic.FromServer(octets, octets);
            Assert.Empty(traffic.Lines());
            Assert.Equal(0, traffic.Summary.TlsConnections);
            Traffic midst = new() { Port = 4000, IsOpening = false };
            midst.FromClient(octets).FromServer(octets).FromClient(octets).FromServer(octets);
            Assert.Empty(midst.Read());
        }
        Assert.NotEqual(true, PkiMessageShape.Judge(octets, null, Max));
        Assert.NotEqual(TcpMessageLikeness.Certain, TcpMessageShape.Judge(octets, Max));
        List<CapturedItem> items = [];
        var reader = new RoadReader(CaptureOptions.Default, items.Add, new CaptureSummary());
        reader.Datagram(Traffic.Client, new IPEndPoint(IPAddress.Loopback, 5683), default, 1, octets);
        reader.End();
        Assert.Empty(items);
    }

    /// <summary>Octets of nothing: of a million beginnings none is CMP.</summary>
    [Fact]
    public void Random_octets_are_not_taken_for_CMP()
    {
        var random = new Random(8);
        byte[] octets = new byte[1_000_000 + 64];
        random.NextBytes(octets);
        for (int i = 0; i < 1_000_000; i++)
        {
            Assert.NotEqual(true, PkiMessageShape.Judge(octets.AsSpan(i, 32), null, Max));
            Assert.NotEqual(TcpMessageLikeness.Certain, TcpMessageShape.Judge(octets.AsSpan(i, 48), Max));
        }
        // the same behind a length that could be one
        for (int i = 0; i < 1_000_000; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(octets.AsSpan(i), (uint)random.Next(2, 5000));
            Assert.NotEqual(TcpMessageLikeness.Certain, TcpMessageShape.Judge(octets.AsSpan(i, 48), Max));
        }
    }

    [Fact]
    public void QUIC_and_other_datagrams_are_not_taken_for_CoAP_with_CMP()
    {
        var random = new Random(8);
        List<CapturedItem> items = [];
        var reader = new RoadReader(CaptureOptions.Default, items.Add, new CaptureSummary());
        for (int i = 0; i < 200_000; i++)
        {
            byte[] octets = new byte[random.Next(4, 80)];
            random.NextBytes(octets);
            octets[0] = (byte)(0x40 | (octets[0] & 0x3F));
            reader.Datagram(Traffic.Client, new IPEndPoint(IPAddress.Loopback, 443), default, i, octets);
        }
        reader.End();
        Assert.Empty(items);
    }

    public static TheoryData<int> EachMessage => [.. Enumerable.Range(0, Samples.AllMessages.Count)];

    [Theory]
    [MemberData(nameof(EachMessage))]
    public void Every_message_is_known_by_its_first_octets_and_before_that_as_not_yet_known(int index)
    {
        byte[] message = Samples.AllMessages[index].Encoded.ToArray();
        Judge(message, octets => PkiMessageShape.Judge(octets, message.Length, Max), PkiMessageShape.Bytes);
        foreach (TcpMessageStyle style in Enum.GetValues<TcpMessageStyle>())
        {
            foreach (TcpMessage framed in new[] { new TcpMessage(style, TcpMessageType.PkiReq, message), new TcpMessage(style, TcpMessageType.PkiRep, message) })
                Judge(framed.ToArray(), Likeness, TcpMessageShape.Bytes);
        }
        Judge(TcpMessage.PartialMsgRep(new PollingReference(1), 2, message).ToArray(), Likeness, TcpMessageShape.Bytes);
        Assert.Equal(false, PkiMessageShape.Judge(message, message.Length + 1, Max));
        Assert.Equal(false, PkiMessageShape.Judge(message, null, message.Length / 2));
    }

    [Fact]
    public void Every_word_of_version_10_is_known_by_itself()
    {
        foreach (TcpMessage message in new[]
        {
            TcpMessage.PollReq(TcpMessageStyle.Version10, new PollingReference(uint.MaxValue)), TcpMessage.PollRep(TcpMessageStyle.Version10, default, 30), TcpMessage.FinRep(TcpMessageStyle.Version10),
            new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.FinRep, default), new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.ErrorMsgRep, new TcpErrorMessage(TcpErrorType.VersionNotSupported, new byte[] { 10 }, "no").ToArray()),
            new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.ErrorMsgRep, new TcpErrorMessage((TcpErrorType)0x8123, default, "ours").ToArray()),
        })
        {
            Judge(message.ToArray(), Likeness, TcpMessageShape.Bytes);
            Judge((message with { Closes = true }).ToArray(), Likeness, TcpMessageShape.Bytes);
        }
    }

    [Theory]
    [InlineData("16030100320100002E0303", true, true)]
    [InlineData("1603030032", true, true)]
    [InlineData("1503030002", true, true)]
    [InlineData("1703030032", true, false)]
    [InlineData("1703030032", false, true)]
    [InlineData("1403030001", false, true)]
    [InlineData("80310103010018", true, true)]
    [InlineData("802E0100020015", true, true)]
    [InlineData("80310103010018", false, false)]
    [InlineData("80310103010017", true, false)]
    [InlineData("80310103050018", true, false)]
    [InlineData("1602010032", true, false)]
    [InlineData("1603050032", true, false)]
    [InlineData("1603030000", true, false)]
    [InlineData("160303FFFF", true, false)]
    public void TLS_is_known_by_its_record(string hex, bool isBeginning, bool isTls)
    {
        byte[] octets = Hex.Parse(hex);
        Assert.Equal(isTls, TlsShape.Judge(octets, isBeginning));
        if (isTls)
            Assert.Null(TlsShape.Judge(octets.AsSpan(0, 4), isBeginning));
        Traffic traffic = new Traffic { Port = 4000, IsOpening = isBeginning }.FromClient(octets, octets);
        Assert.Empty(traffic.Lines());
        Assert.Equal(isTls ? 1 : 0, traffic.Summary.TlsConnections);
        Assert.Equal((isTls || isBeginning, isTls), traffic.Done);
    }

    private static bool? Likeness(ReadOnlySpan<byte> octets) => TcpMessageShape.Judge(octets, Max) switch
    {
        TcpMessageLikeness.Certain => true,
        TcpMessageLikeness.Unknown => null,
        _ => false,
    };

    private static void Judge(byte[] whole, JudgeOctets judge, int enough)
    {
        bool isKnown = false;
        for (int length = 0; length <= Math.Min(whole.Length, enough); length++)
        {
            bool? judged = judge(whole.AsSpan(0, length));
            Assert.NotEqual(false, judged);
            Assert.False(isKnown && judged is null);
            isKnown = judged == true;
        }
        Assert.True(isKnown);
    }

    private static string Text(string text) => Hex.Of(Encoding.Latin1.GetBytes(text));

    private delegate bool? JudgeOctets(ReadOnlySpan<byte> octets);
}
