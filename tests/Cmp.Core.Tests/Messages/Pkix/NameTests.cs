using System;
using System.Collections.Generic;
using System.Text;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class NameTests
{
    private const byte Utf8 = 0x0C, Printable = 0x13, T61 = 0x14, Ia5 = 0x16, Bmp = 0x1E, Universal = 0x1C;

    [Theory]
    [InlineData("CN=router7, O=Example", "CN=ROUTER7,o=example")]
    [InlineData("CN=router7", "CN=\"  router7  \"")]
    [InlineData("CN=a  b", "CN=a b")]
    [InlineData("CN=a\tb", "CN=a b")]
    [InlineData("CN=STRASSE", "CN=strasse")]
    [InlineData("CN=Ärger", "CN=ärger")]
    [InlineData("", "")]
    public void Rule24_Case_and_blanks_do_not_count(string one, string other)
    {
        Assert.True(Name.Parse(one).IsSameAs(Name.Parse(other)));
        Assert.True(Name.Parse(one).IsSameAs(Name.Parse(other), ignoreOrder: true));
    }

    [Theory]
    [InlineData("CN=router7", "CN=router8")]
    [InlineData("CN=router7", "O=router7")]
    [InlineData("CN=router7", "CN=router7, O=Example")]
    [InlineData("CN=ab", "CN=a b")]
    [InlineData("CN=a", "")]
    [InlineData("CN=a, CN=b", "CN=b, CN=a")]
    [InlineData("CN=a, CN=a", "CN=a")]
    public void Rule24_Other_names_are_others(string one, string other)
    {
        Assert.False(Name.Parse(one).IsSameAs(Name.Parse(other)));
        Assert.False(Name.Parse(other).IsSameAs(Name.Parse(one)));
    }

    [Fact]
    public void Rule24_Order_counts_unless_it_is_not_to()
    {
        var one = Name.Parse("CN=a, O=b, C=DE");
        var other = Name.Parse("C=DE, O=b, CN=a");
        Assert.False(one.IsSameAs(other));
        Assert.True(one.IsSameAs(other, ignoreOrder: true));
        Assert.False(one.IsSameAs(Name.Parse("C=DE, CN=a"), ignoreOrder: true));
        Assert.False(Name.Parse("CN=a, CN=a, O=b").IsSameAs(Name.Parse("CN=a, O=b, O=b"), ignoreOrder: true));
    }

    [Fact]
    public void Two_parts_are_not_one_of_two() =>
        Assert.False(Rdns([("2.5.4.3", Utf8, Bytes("a"))], [("2.5.4.10", Utf8, Bytes("b"))]).IsSameAs(Rdns([("2.5.4.3", Utf8, Bytes("a")), ("2.5.4.10", Utf8, Bytes("b"))])));

    [Fact]
    public void The_parts_of_one_part_have_no_order() =>
        Assert.True(Rdns([("2.5.4.3", Utf8, Bytes("a")), ("2.5.4.10", Utf8, Bytes("b"))]).IsSameAs(Rdns([("2.5.4.10", Utf8, Bytes("b")), ("2.5.4.3", Utf8, Bytes("a"))])));

    [Fact]
    public void The_string_type_does_not_count()
    {
        Name[] same =
        [
            Cn(Printable, Bytes("Test CA")),
            Cn(Utf8, Bytes("test ca")),
            Cn(Ia5, Bytes("TEST CA")),
            Cn(T61, Bytes("Test CA")),
            Cn(Bmp, Encoding.BigEndianUnicode.GetBytes("Test CA")),
            Cn(Universal, new UTF32Encoding(bigEndian: true, byteOrderMark: false).GetBytes("Test CA")),
        ];
        foreach (Name one in same)
        {
            foreach (Name other in same)
                Assert.True(one.IsSameAs(other));
            Assert.Equal("test ca", one.CommonName()!.ToLowerInvariant());
        }
        Assert.True(Cn(T61, [0xE4]).IsSameAs(Cn(Utf8, Bytes("ä"))));
    }

    [Fact]
    public void Separators_cannot_be_written_into_a_value()
    {
        var two = Rdns([("2.5.4.3", Utf8, Bytes("a"))], [("2.5.4.3", Utf8, Bytes("b"))]);
        var twoWithEscape = Rdns([("2.5.4.3", Utf8, Bytes("a\\0001"))], [("2.5.4.3", Utf8, Bytes("b"))]);
        var inOne = Cn(Utf8, Bytes("a\u00012.5.4.3=b"));
        Assert.False(two.IsSameAs(inOne));
        Assert.False(twoWithEscape.IsSameAs(inOne));
        Assert.False(Cn(Utf8, Bytes("a\\0001")).IsSameAs(Cn(Utf8, Bytes("a\u0001"))));
        Assert.False(Cn(Utf8, Bytes("#0401AA")).IsSameAs(Cn(4, [0xAA])));
        Assert.False(Rdns([("2.5.4.3", Utf8, Bytes("a\u00022.5.4.10=b"))]).IsSameAs(Rdns([("2.5.4.3", Utf8, Bytes("a")), ("2.5.4.10", Utf8, Bytes("b"))])));
    }

    [Fact]
    public void What_cannot_be_seen_makes_a_difference()
    {
        Assert.False(Cn(Utf8, Bytes("a\u200Bb")).IsSameAs(Cn(Utf8, Bytes("ab"))));
        Assert.False(Cn(Utf8, Bytes("a\u202Eb")).IsSameAs(Cn(Utf8, Bytes("ab"))));
        Assert.False(Cn(Utf8, Bytes("a\0b")).IsSameAs(Cn(Utf8, Bytes("a"))));
        Assert.False(Cn(Utf8, Bytes("a\u00ADb")).IsSameAs(Cn(Utf8, Bytes("ab"))));
    }

    [Fact]
    public void Broken_text_is_compared_octet_by_octet()
    {
        Assert.False(Cn(Utf8, [0xFF]).IsSameAs(Cn(Utf8, [0xFE])));
        Assert.True(Cn(Utf8, [0xFF]).IsSameAs(Cn(Utf8, [0xFF])));
        Assert.False(Cn(Bmp, [0xD8, 0x00]).IsSameAs(Cn(Bmp, [0xD8, 0x01])));
        Assert.False(Cn(Universal, [0x7F, 0, 0, 0]).IsSameAs(Cn(Universal, [0x7F, 0, 0, 1])));
        Assert.False(Cn(Utf8, [0xFF]).IsSameAs(Cn(Utf8, Bytes("\uFFFD"))));
        Assert.Null(Cn(Utf8, [0xFF]).CommonName());
    }

    [Fact]
    public void Values_that_are_no_text_are_compared_octet_by_octet()
    {
        Assert.True(Cn(4, [1]).IsSameAs(Cn(4, [1])));
        Assert.False(Cn(4, [1]).IsSameAs(Cn(4, [2])));
        Assert.False(Cn(4, Bytes("a")).IsSameAs(Cn(Utf8, Bytes("a"))));
        Assert.False(Cn(0x2C, [0x0C, 1, (byte)'a']).IsSameAs(Cn(Utf8, Bytes("a"))));
    }

    [Theory]
    [InlineData("30 00", true)]
    [InlineData("30 81 00", true)]
    [InlineData("30 82 00 00", true)]
    [InlineData("30 02 31 00", false)]
    public void The_empty_name_is_empty_whatever_its_length_looks_like(string octets, bool isEmpty)
    {
        var name = Name.Decode(Hex.Parse(octets));
        Assert.Equal(isEmpty, name.IsEmpty);
        if (isEmpty)
        {
            Assert.True(name.IsSameAs(Name.Empty));
            Assert.Equal("NULL-DN", name.ToString());
        }
    }

    [Theory]
    [InlineData("30 02 31 00")]
    [InlineData("30 02 30 00")]
    [InlineData("30 04 31 02 30 00")]
    [InlineData("30 09 31 07 30 05 06 03 55 04 03")]
    [InlineData("30 0D 31 0B 30 09 06 03 55 04 03 0C 00 05 00")]
    [InlineData("30 03 02 01 00")]
    [InlineData("30 04 31 02 05 01")]
    public void Rule64_Names_that_are_none_inside_say_so_when_they_are_compared(string octets)
    {
        var name = Name.Decode(Hex.Parse(octets));
        Expect.Malformed(() => name.IsSameAs(Samples.Subject));
        Expect.Malformed(() => name.ComparableParts());
        Assert.NotEmpty(name.ToString());
    }

    [Fact]
    public void Rule64_A_hundred_thousand_parts_are_too_many()
    {
        DerNode part = DerNode.Parse(Cn(Utf8, Bytes("a")).Encoded.ToArray()).Children![0];
        byte[] parts = DerNode.Constructed(0x30, [.. Repeat(part, 20_000)]).Encode();
        Expect.Malformed(() => Name.Decode(parts).ComparableParts(), parts.Length);
        byte[] attributes = DerNode.Constructed(0x30, DerNode.Constructed(0x31, [.. Repeat(part.Children![0], 20_000)])).Encode();
        Expect.Malformed(() => Name.Decode(attributes).ComparableParts(), attributes.Length);
    }

    [SkippableFact]
    public void A_name_of_text_is_made_by_its_most_specific_part_first()
    {
        Skip.If(Mono.IsRunning, "Mono's X500DistinguishedName encodes a name in the order of its text");
        var name = Name.Parse("CN=router7, O=Example");
        Assert.Equal(["2.5.4.10=example", "2.5.4.3=router7"], name.ComparableParts());
        Assert.Equal("CN=router7, O=Example", name.ToString());
        Assert.Equal("router7", name.CommonName());
        Assert.Null(Name.Parse("O=Example").CommonName());
        Assert.True(Name.FromCommonName("router7").IsSameAs(Name.Parse("CN=router7")));
        CmpException e = Assert.Throws<CmpException>(() => Name.Parse("router7\u202E"));
        Assert.Equal("CmpArgument.Name", e.ErrorId);
        Assert.DoesNotContain("\u202E", e.Message);
    }

    [Fact]
    public void Rule70_A_name_is_shown_escaped() =>
        Assert.Equal("CN=evil\\u{202E}\\u{001B}[31m", Cn(Utf8, Bytes("evil\u202E\u001B[31m")).ToString());

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static Name Cn(byte tag, byte[] value) => Rdns([("2.5.4.3", tag, value)]);

    private static Name Rdns(params (string Oid, byte Tag, byte[] Value)[][] rdns)
    {
        var parts = new List<DerNode>();
        foreach ((string Oid, byte Tag, byte[] Value)[] rdn in rdns)
        {
            var attributes = new List<DerNode>();
            foreach ((string oid, byte tag, byte[] value) in rdn)
                attributes.Add(DerNode.Constructed(0x30, DerNode.Parse(Samples.Der(w => w.WriteObjectIdentifier(oid))), (tag & 0x20) == 0 ? DerNode.Primitive(tag, value) : DerNode.Constructed(tag, DerNode.Parse(value))));
            parts.Add(DerNode.Constructed(0x31, [.. attributes]));
        }
        return Name.Decode(DerNode.Constructed(0x30, [.. parts]).Encode());
    }

    private static IEnumerable<DerNode> Repeat(DerNode node, int count)
    {
        for (int i = 0; i < count; i++)
            yield return node;
    }
}
