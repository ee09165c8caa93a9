using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Values for people, and the tree as text.</summary>
public class NodeTextTests
{
    private static string Approved => Path.Combine(Repository.Root, "tests", "Cmp.Core.Tests", "Inspection", "Bodies.txt");

    [Fact]
    public void The_text_of_each_body_is_the_one_that_was_approved()
    {
        var text = new StringBuilder();
        foreach (PkiMessage message in Samples.AllMessages)
        {
            using var writer = new StringWriter { NewLine = "\n" };
            MessageText.Write(writer, MessageTree.Read(message.Encoded).Find("body")!, new MessageTextOptions { MaxLines = 45 });
            text.Append(writer).Append('\n');
        }
        text.Append(Trees.Text(Samples.AllMessages[8].Encoded.ToArray(), new MessageTextOptions { Offsets = true, Everything = true }));

        // who changes the form lets it be written anew, and looks at what became of it
        if (Environment.GetEnvironmentVariable("CMP_APPROVE") == "1")
            File.WriteAllText(Approved, text.ToString());
        string[] lines = text.ToString().Split('\n'), approved = File.ReadAllText(Approved).Replace("\r\n", "\n").Split('\n');
        for (int i = 0; i < Math.Min(lines.Length, approved.Length); i++)
            Assert.True(lines[i] == approved[i], $"line {i + 1} of {Approved}:{Environment.NewLine}{lines[i]}{Environment.NewLine}{approved[i]}");
        Assert.Equal(approved.Length, lines.Length);
    }

    [Fact]
    public void Lines_have_no_more_than_100_characters_unless_asked_for()
    {
        foreach ((_, byte[] octets) in Trees.Made.Concat(Trees.Foreign))
        {
            Assert.All(Trees.Text(octets).Split('\n'), line => Assert.InRange(line.Length, 0, 100));
            Assert.All(Trees.Text(octets, new MessageTextOptions { Everything = true, Offsets = true }).Split('\n'), line => Assert.InRange(line.Length, 0, 100));
            Assert.Contains(Trees.Text(octets, new MessageTextOptions { Width = 200 }).Split('\n'), line => line.Length > 60);
        }
        string few = Trees.Text(Trees.Made.First().Octets, new MessageTextOptions { MaxLines = 10 });
        Assert.Equal(11, few.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.EndsWith("…\n", few);
    }

    [Theory]
    [InlineData("0C0C68656C6C6F202277C3B6726C", "\"hello \\\"wörl\"")]
    [InlineData("0C055B1B5B316D", "\"[\\u{001B}[1m\"")]
    [InlineData("0C06E280AE616263", "\"\\u{202E}abc\"")]
    [InlineData("1E0400410042", "\"AB\"")]
    [InlineData("1302FFFE", "\"\uFFFD\uFFFD\"")]
    [InlineData("170D3236313132333132333435365A", "2026-11-23 12:34:56Z")]
    [InlineData("170D3530303130313030303030305A", "1950-01-01 00:00:00Z")]
    [InlineData("180F32303530303130313030303030305A", "2050-01-01 00:00:00Z")]
    [InlineData("180F32303530393930313030303030305A", "\"20509901000000Z\"")]
    [InlineData("0101FF", "TRUE")]
    [InlineData("020100", "0")]
    [InlineData("0202FF7F", "-129")]
    [InlineData("02090080000000000000FF", "0x80000000000000FF")]
    [InlineData("0200", "empty")]
    [InlineData("0500", "NULL")]
    [InlineData("06032A0304", "1.2.3.4")]
    [InlineData("06092A864886F70D01010B", "sha256WithRSAEncryption (1.2.840.113549.1.1.11)")]
    [InlineData("0602FFFF", "FFFF")]
    [InlineData("3000", null)]
    [InlineData("04021234", "1234")]
    public void Values_that_no_module_knows_are_told_by_their_tags(string value, string? text)
    {
        MessageNode node = MessageTree.Read(new InfoTypeAndValue("1.2.3", Hex.Parse(value)).Encoded, "InfoTypeAndValue").Find("infoValue")!;
        Assert.Equal(text, node.Value);
    }

    [Fact]
    public void Rule70_Octets_and_texts_are_bounded()
    {
        byte[] octets = Samples.Octets(200);
        MessageNode node = MessageTree.Read(new InfoTypeAndValue("1.2.3", Samples.Der(w => w.WriteOctetString(octets))).Encoded, "InfoTypeAndValue");
        Assert.Equal("0102030405060708090A0B0C0D0E0F10… (200 octets)", node.Find("infoValue")!.Value);
        node = MessageTree.Read(new InfoTypeAndValue("1.2.3", Samples.Der(w => w.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.UTF8String, new string('ä', 100_000)))).Encoded, "InfoTypeAndValue");
        Assert.InRange(node.Find("infoValue")!.Value!.Length, 256, 300);
    }

    [Theory]
    [InlineData("CN=\"a,b\"", "CN=a\\,b")]
    [InlineData("CN=\"a+b\"", "CN=a\\+b")]
    [InlineData("CN=Ä, OU=x, O=Z, C=DE", "CN=Ä, OU=x, O=Z, C=DE")]
    [InlineData("CN=#1", "CN=\\#1")]
    [InlineData("", "NULL-DN")]
    public void Names_are_told_as_RFC_4514_writes_them(string name, string text) =>
        Assert.Equal(text, MessageTree.Read(Name.Parse(name).Encoded, "Name").Value);

    [Fact]
    public void A_part_of_several_attributes_is_joined_by_plus()
    {
        byte[] name = Samples.Der(w =>
        {
            using (w.PushSequence())
            using (w.PushSetOf())
            {
                foreach ((string oid, string text) in new[] { (Oids.CommonName, "a"), ("2.5.4.5", "7"), ("1.2.3", "x") })
                {
                    using (w.PushSequence())
                    {
                        w.WriteObjectIdentifier(oid);
                        w.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.UTF8String, text);
                    }
                }
            }
        });
        Assert.Equal(["1.2.3=x", "CN=a", "serialNumber=7"], MessageTree.Read(name, "Name").Value!.Split('+').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rule70_Hostile_names_are_escaped()
    {
        MessageNode node = MessageTree.Read(Name.FromCommonName("a\u001B[2J\u202Eb\r\nc").Encoded, "Name");
        Assert.Equal("CN=a\\u{001B}[2J\\u{202E}b\\u{000D}\\u{000A}c", node.Value);
    }

    [Fact]
    public void Secrets_are_dots_wherever_they_stand()
    {
        const string Token = "a-token-of-mine", Authenticator = "mother's maiden name", Challenge = "challenge-42";
        var request = new CertReqMsg(
            new CertRequest(0, Samples.Template, [Controls.RegToken(Token), Controls.Authenticator(Authenticator)]),
            null,
            [Controls.Utf8Pairs([new("user", "ann"), new("Password", "pairs-secret")])]);
        byte[] octets = new PkiMessage(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [request])).Encoded.ToArray();
        Check(octets, "user?ann");

        // where the place is another one, and no module knows what stands there
        MessageNode controls = MessageTree.Read(octets).Find("body.ir.CertReqMsg.certReq.controls")!;
        foreach (byte tag in new byte[] { 0x31, 0xA7, 0x64 })
        {
            byte[] moved = [.. octets];
            moved[controls.Offset] = tag;
            Check(moved, null);
        }

        // and where the value has another type
        MessageNode value = controls.Find("[0].value")!;
        foreach (byte tag in new byte[] { 0x04, 0x16, 0x80 })
        {
            byte[] changed = [.. octets];
            changed[value.Offset] = tag;
            Check(changed, "user?ann");
        }

        // and the pairs likewise
        MessageNode pairs = MessageTree.Read(octets).Find("body.ir.CertReqMsg.regInfo")!;
        MessageNode pair = pairs.Find("[0].value")!;
        foreach ((int place, byte tag) in new (int, byte)[] { (pairs.Offset, 0xA7), (pair.Offset, 0x04), (pair.Offset, 0x16), (pair.Offset, 0x80) })
        {
            byte[] changed = [.. octets];
            changed[place] = tag;
            Check(changed, null);
        }

        MessageNode attribute = MessageTree.Read(
            Samples.Der(w =>
            {
                using (w.PushSequence())
                {
                    w.WriteObjectIdentifier("1.2.840.113549.1.9.7");
                    using (w.PushSetOf())
                        w.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.PrintableString, Challenge);
                }
            }),
            "Attribute");
        Assert.Equal("challengePassword: •••", attribute.Value);

        MessageNode key = MessageTree.Read(
            Samples.Der(w =>
            {
                using (w.PushSequence())
                {
                    w.WriteInteger(0);
                    w.WriteEncodedValue(Samples.Sha256WithRsa.Encoded.Span);
                    w.WriteOctetString(Samples.PublicKey.Encoded.Span);
                }
            }),
            "OneAsymmetricKey");
        Assert.Equal("•••", key.Find("privateKey")!.Value);
        Assert.Empty(key.Find("privateKey")!.Children);

        static void Check(byte[] octets, string? shown)
        {
            string text = Trees.Text(octets) + Trees.Text(octets, new MessageTextOptions { Everything = true });
            text += string.Concat(Trees.All(MessageTree.Read(octets)).Select(node => node.Value + node));
            foreach (string secret in new[] { Token, Authenticator, "pairs-secret" })
            {
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
                Assert.DoesNotContain(Hex.Of(Encoding.UTF8.GetBytes(secret)), text, StringComparison.Ordinal);
            }
            Assert.Contains("•••", text, StringComparison.Ordinal);
            if (shown is not null)
                Assert.Contains(shown, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Algorithms_are_told_with_their_parameters()
    {
        Assert.Equal("passwordBasedMac (sha256, 10000 iterations, hmacWithSHA256, salt of 16 octets)", Told(Samples.PasswordBasedMac));
        Assert.Equal("PBMAC1 (PBKDF2 (hmacWithSHA256, 10000 iterations, salt of 16 octets, keyLength 32), hmacWithSHA256)", Told(new AlgorithmIdentifier(Oids.Pbmac1, Pbmac1Params.Create(Samples.Pbkdf2Params, Samples.HmacWithSha256).Encoded)));
        Assert.Equal("RSASSA-PSS (sha256, mgf1 (sha256), salt of 32 octets)", Told(new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha256, 32).Encoded)));
        Assert.Equal("RSASSA-PSS (sha1, mgf1 (sha1), salt of 20 octets)", Told(new AlgorithmIdentifier(Oids.RsassaPss, new byte[] { 0x30, 0 })));
        Assert.Equal("dhBasedMac (sha256, hmacWithSHA256)", Told(new AlgorithmIdentifier(Oids.DhBasedMac, new DhbmParameter(AlgorithmIdentifier.WithNull(Oids.Sha256), Samples.HmacWithSha256).Encoded)));
        Assert.Equal("ecPublicKey (secp256r1)", Told(Samples.PublicKey.Algorithm));
        Assert.Equal("sha256WithRSAEncryption", Told(Samples.Sha256WithRsa));
        Assert.Equal("1.2.3", Told(new AlgorithmIdentifier("1.2.3", new byte[] { 0x30, 0 })));

        static string? Told(AlgorithmIdentifier algorithm) => MessageTree.Read(algorithm.Encoded, "AlgorithmIdentifier").Value;
    }
}
