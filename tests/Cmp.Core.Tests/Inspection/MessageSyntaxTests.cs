using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>The modules of ASN.1 and the decoder say the same of every message.</summary>
public class MessageSyntaxTests
{
    [Fact]
    public void Each_structure_that_the_decoder_sees_is_a_part_of_its_type()
    {
        foreach ((string name, byte[] octets) in Trees.Made)
        {
            PkiMessage message = PkiMessage.Decode(octets);
            Assert.InRange(DecodedParts.Count(message), 8, 1000);
            Assert.True(DecodedParts.Missing(message, octets) is null, $"{name}: no part for {DecodedParts.Missing(message, octets)}");
        }
    }

    [Fact]
    public void Each_structure_of_messages_of_others_is_a_part_of_its_type()
    {
        foreach ((string name, byte[] octets) in Trees.Foreign)
            Assert.True(DecodedParts.Missing(PkiMessage.Decode(octets), octets) is null, $"{name}: no part for {DecodedParts.Missing(PkiMessage.Decode(octets), octets)}");
    }

    [Fact]
    public void A_part_that_is_called_otherwise_is_noticed()
    {
        // the negative twin: the tree of another message has not the parts of this one
        byte[] octets = Trees.Made.First().Octets, other = [.. octets];
        other[MessageTree.Read(octets).Find("header.sender")!.Offset] = 0xA9;
        PkiMessage message = PkiMessage.Decode(octets);
        other.CopyTo(octets, 0);
        Assert.StartsWith("GeneralName at ", DecodedParts.Missing(message, octets));
    }

    [Fact]
    public void No_value_of_a_message_is_without_a_name_but_below_what_nobody_knows()
    {
        foreach ((string name, byte[] octets) in Trees.Made.Concat(Trees.Foreign))
        {
            foreach (MessageNode node in Trees.All(MessageTree.Read(octets)).Where(node => node.Defect is null))
            {
                foreach (MessageNode child in node.Children.Where(child => child.HeaderLength > 0 && child.Name == child.Tag && child.Type is null))
                    Assert.True(node.Type is null && node.Defect is null, $"{name}: {child} at {child.Offset} in {node}");
            }
        }
    }

    [Fact]
    public void Of_whole_messages_only_the_samples_that_are_none_within_say_that_something_is_wrong()
    {
        // an EnvelopedData that nobody looks into is a NULL, or short, in Samples
        string[] hollow = ["CMSVersion", "RecipientInfos", "EncryptedContentInfo"];
        foreach ((string name, byte[] octets) in Trees.Made)
            Assert.All(Trees.All(MessageTree.Read(octets)).Where(node => node.Defect is not null), node => Assert.True(hollow.Any(type => node.Type == type || node.Defect!.Contains(type)), $"{name}: {node}"));
        // what others got wrong: an IV and a PBMParameter that are NULL, and a pkiconf around something else
        string[] wrong = ["insta/GenP_Insta.der: OCTET STRING", "cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #4: PBMParameter", "cmp-in-http-with-errors-in-cmp-protocol.pcap.gz #4: PKIConfirmContent"];
        foreach ((string name, byte[] octets) in Trees.Foreign)
            Assert.All(Trees.All(MessageTree.Read(octets)).Where(node => node.Defect is not null), node => Assert.True(wrong.Any(one => node.Defect!.Contains(one.Split(": ")[1]) && name == one.Split(": ")[0]), $"{name}: {node}"));
    }

    [Fact]
    public void Each_type_of_the_modules_can_be_a_root_and_each_component_has_a_name()
    {
        Assembly core = typeof(MessageTree).Assembly;
        string[] files = [.. core.GetManifestResourceNames().Where(name => name.EndsWith(".asn", System.StringComparison.Ordinal))];
        Assert.Equal(5, files.Length);
        var types = new List<string>();
        foreach (string file in files)
        {
            using var reader = new StreamReader(core.GetManifestResourceStream(file)!);
            types.AddRange(Regex.Matches(reader.ReadToEnd(), @"^([A-Z][\w-]*) +::=", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
        }
        Assert.InRange(types.Count, 150, 400);

        // two modules define an AttributeTypeAndValue each, as their RFCs do
        Assert.Equal(["AttributeTypeAndValue"], types.GroupBy(type => type).Where(group => group.Count() > 1).Select(group => group.Key));
        foreach (string type in types)
            Assert.NotNull(MessageTree.Read(new byte[] { 0x30, 0x00 }, type).Name);
    }

    [Fact]
    public void A_certificate_alone_has_a_tree()
    {
        MessageNode root = MessageTree.Read(Samples.Certificate.Encoded, "Certificate");
        Assert.Equal(("Certificate", "CN=router7, O=Example, C=DE"), (root.Type, root.Value));
        Assert.Equal("digitalSignature, keyCertSign, cRLSign", root.Find("tbsCertificate.extensions[1].extnValue.KeyUsage")!.Value);
    }

    [Fact]
    public void Object_identifiers_have_one_name_each_and_those_of_the_constants_are_among_them()
    {
        Assert.Equal(OidNames.All.Count, OidNames.All.Select(row => row.Value).Distinct().Count());
        Assert.All(OidNames.All, row => Assert.Equal(row.Key, OidNames.Find(row.Value)));
        Assert.All(typeof(Oids).GetFields(BindingFlags.Public | BindingFlags.Static), field => Assert.NotNull(OidNames.Of((string)field.GetRawConstantValue()!)));
        Assert.All(Cmp.Messages.InfoTypes.InfoTypes.Names, name => Assert.Equal(name, Oids.NameOf(Cmp.Messages.InfoTypes.InfoTypes.OidOf(name)!)));
    }

    [Theory]
    [InlineData("2A864886F70D01010B", "1.2.840.113549.1.1.11")]
    [InlineData("00", "0.0")]
    [InlineData("27", "0.39")]
    [InlineData("28", "1.0")]
    [InlineData("8837", "2.999")]
    [InlineData("698398F6B5B1C5B3C2B4D3E5F0A1C2D3E4F56A", "2.25.")]
    [InlineData("", null)]
    [InlineData("2A80", null)]
    [InlineData("2A8001", null)]
    public void Object_identifiers_are_read_from_any_octets(string octets, string? dots)
    {
        string? read = OidText.Of(Hex.Parse(octets));
        if (dots is { } expected && expected.EndsWith('.'))
            Assert.StartsWith(expected, read);
        else
            Assert.Equal(dots, read);
        Assert.Null(OidText.Of(new byte[65]));
    }
}
