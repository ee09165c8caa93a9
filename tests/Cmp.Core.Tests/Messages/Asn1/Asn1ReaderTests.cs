using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages.Asn1;

public class Asn1ReaderTests
{
    [Theory]
    [InlineData("02 01 00", 0)]
    [InlineData("02 01 7F", 127)]
    [InlineData("02 01 80", -128)]
    [InlineData("02 01 FF", -1)]
    [InlineData("02 02 00 80", 128)]
    [InlineData("02 04 7F FF FF FF", int.MaxValue)]
    [InlineData("02 04 80 00 00 00", int.MinValue)]
    public void Integers_have_the_sign_of_their_first_bit(string octets, int expected)
    {
        Assert.Equal(expected, Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadInt32()));
        Assert.Equal(expected, (int)Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadInteger()));
    }

    [Theory]
    [InlineData("02 05 00 80 00 00 00")]
    [InlineData("02 05 FF 7F FF FF FF")]
    [InlineData("02 00")]
    public void Integers_that_do_not_fit_are_malformed(string octets) =>
        Expect.Malformed(() => Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadInt32()));

    [Fact]
    public void Integers_that_are_reckoned_with_have_256_bits_at_most()
    {
        byte[] Integer(int length) => DerNode.Primitive(2, Samples.Octets(length)).Encode();
        Assert.True(Expect.Read(Integer(32), (ref Asn1Reader r) => r.ReadInteger()) > BigInteger.Pow(2, 240));
        Expect.Malformed(() => Expect.Read(Integer(33), (ref Asn1Reader r) => r.ReadInteger()));
        Assert.Equal(33, Expect.Read(Integer(33), (ref Asn1Reader r) => r.ReadIntegerContent()).Length);
    }

    [Theory]
    [InlineData("30 80 05 00 00 00", "an indefinite length")]
    [InlineData("30", "a tag without a length")]
    [InlineData("30 81", "a length that is cut off")]
    [InlineData("30 82 01", "a length that is cut off")]
    [InlineData("30 85 00 00 00 00 00", "a length of 5 octets")]
    [InlineData("30 FF 00", "a length of 127 octets")]
    [InlineData("30 03 05 00", "a value of 3 octets where 2 are left")]
    [InlineData("30 84 7F FF FF FF", "a value of 2147483647 octets where 0 are left")]
    [InlineData("30 84 FF FF FF FF", "a value of 4294967295 octets where 0 are left")]
    [InlineData("1F", "octets that are no tag")]
    [InlineData("", "SEQUENCE is missing")]
    [InlineData("10 00", "SEQUENCE is primitive")]
    [InlineData("31 00", "SEQUENCE is expected, SET is there")]
    [InlineData("30 00 05 00", "2 octets follow")]
    public void What_is_wrong_is_named(string octets, string what)
    {
        CmpException e = Expect.Malformed(() => Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadSequence().HasData));
        Assert.Contains(what, e.Message);
        Assert.Equal(Hex.Parse(octets), e.Octets.ToArray());
    }

    [Fact]
    public void The_place_is_named_in_octets_from_the_beginning()
    {
        byte[] octets = Hex.Parse("30 06 02 01 00 30 01 05");
        CmpException e = Expect.Malformed(() => Expect.Read(octets, (ref Asn1Reader r) =>
        {
            Asn1Reader inner = r.ReadSequence();
            inner.ReadInt32();
            Asn1Reader innermost = inner.ReadSequence();
            innermost.ReadNull();
            return 0;
        }));
        Assert.Contains("at octet 7", e.Message);
    }

    [Fact]
    public void Slices_are_not_copied()
    {
        byte[] octets = Hex.Parse("30 04 04 02 0A 0B");
        ReadOnlyMemory<byte> slice = Expect.Read(octets, (ref Asn1Reader r) =>
        {
            Asn1Reader inner = r.ReadSequence();
            return inner.ReadOctetString();
        });
        octets[4] = 0x7F;
        Assert.Equal(0x7F, slice.Span[0]);
    }

    [Theory]
    [InlineData("24 04 04 02 0A 0B")]
    [InlineData("23 05 03 03 00 0A 0B")]
    [InlineData("2C 03 0C 01 41")]
    [InlineData("22 03 02 01 01")]
    [InlineData("21 03 01 01 FF")]
    public void Strings_and_numbers_in_pieces_are_refused(string octets)
    {
        byte[] bytes = Hex.Parse(octets);
        Expect.Malformed(() => Expect.Read(bytes, (ref Asn1Reader r) => (bytes[0] & 0x1F) switch
        {
            1 => r.ReadBoolean() ? 1 : 0,
            2 => r.ReadInt32(),
            3 => r.ReadBitStringOctets().Length,
            4 => r.ReadOctetString().Length,
            _ => r.ReadUtf8String().Length,
        }));
    }

    [Fact]
    public void An_end_of_contents_is_no_value() => Expect.Malformed(() => Expect.Read(new byte[2], (ref Asn1Reader r) => r.ReadEncoded()));

    [Theory]
    [InlineData("03 01 00", 0u)]
    [InlineData("03 02 07 80", 1u)]
    [InlineData("03 02 06 40", 2u)]
    [InlineData("03 05 05 00 40 00 20", (1u << 9) | (1u << 26))]
    [InlineData("03 05 00 FF FF FF FF", uint.MaxValue)]
    public void Bit_n_of_a_named_list_counts_from_the_left(string octets, uint bits)
    {
        Assert.Equal(bits, Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadNamedBits()));
        Assert.Equal(Hex.Parse(octets), Samples.Der(w => w.WriteNamedBits(bits)));
    }

    [Fact]
    public void A_list_of_a_million_named_bits_costs_one_finding()
    {
        var findings = new List<Finding>();
        byte[] octets = DerNode.Primitive(3, [0, .. Enumerable.Repeat((byte)0xFF, 125_000)]).Encode();
        Assert.Equal(uint.MaxValue, Expect.Read(octets, (ref Asn1Reader r) => r.ReadNamedBits(), new DecodeOptions(CmpLimits.Default, findings)));
        Assert.Single(findings);
    }

    [Fact]
    public void Zeros_at_the_end_of_a_list_of_named_bits_are_a_finding()
    {
        // as Insta Certifier sends them
        var findings = new List<Finding>();
        Assert.Equal(2u, Expect.Read(Hex.Parse("03 05 05 40 00 00 00"), (ref Asn1Reader r) => r.ReadNamedBits(), new DecodeOptions(CmpLimits.Default, findings)));
        Assert.Equal("A list of named bits ends with zeros.", Assert.Single(findings).Text);
    }

    [Theory]
    [InlineData("03 00")]
    [InlineData("03 01 01")]
    [InlineData("03 02 08 80")]
    public void Unused_bits_that_cannot_be_are_malformed(string octets) =>
        Expect.Malformed(() => Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadBitString(out _)));

    [Fact]
    public void A_key_or_signature_that_ends_within_an_octet_is_malformed() =>
        Expect.Malformed(() => Expect.Read(Hex.Parse("03 02 01 80"), (ref Asn1Reader r) => r.ReadBitStringOctets()));

    [Theory]
    [InlineData("180F32303236313132333132333435365A", "2026-11-23T12:34:56Z", false)]
    [InlineData("181332303236313132333132333435362E3132355A", "2026-11-23T12:34:56.125Z", true)]
    [InlineData("181332303236313132333133333435362B30313030", "2026-11-23T12:34:56Z", true)]
    [InlineData("170D3236313132333132333435365A", "2026-11-23T12:34:56Z", false)]
    [InlineData("170D3439313233313233353935395A", "2049-12-31T23:59:59Z", false)]
    [InlineData("170D3530303130313030303030305A", "1950-01-01T00:00:00Z", false)]
    [InlineData("180F39393939313233313233353935395A", "9999-12-31T23:59:59Z", false)]
    public void Times_are_read(string octets, string expected, bool departs)
    {
        var findings = new List<Finding>();
        DateTimeOffset time = Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadTime(), new DecodeOptions(CmpLimits.Default, findings));
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), time);
        Assert.Equal(departs, findings.Count > 0);
    }

    [Theory]
    [InlineData("20261323123456Z")]
    [InlineData("20260230123456Z")]
    [InlineData("20261123243456Z")]
    [InlineData("20261123126056Z")]
    [InlineData("00000101000000Z")]
    [InlineData("99991231235959-0100")]
    [InlineData("20261123123456")]
    [InlineData("2026")]
    [InlineData("")]
    [InlineData("yesterday at noon Z")]
    [InlineData("20261123123456.Z")]
    [InlineData("20261123123456.99999999999999999999999999999999999999999999999Z0")]
    [InlineData("20261123123456+9999")]
    public void Times_that_are_none_are_malformed(string text) =>
        Expect.Malformed(() => Expect.Read(DerNode.Primitive(0x18, Encoding.ASCII.GetBytes(text)).Encode(), (ref Asn1Reader r) => r.ReadTime()));

    [Theory]
    [InlineData("261323123456Z")]
    [InlineData("2611231234")]
    [InlineData("")]
    [InlineData("261123123456")]
    public void Short_times_that_are_none_are_malformed(string text) =>
        Expect.Malformed(() => Expect.Read(DerNode.Primitive(0x17, Encoding.ASCII.GetBytes(text)).Encode(), (ref Asn1Reader r) => r.ReadTime()));

    [Fact]
    public void Text_that_is_no_Utf8_is_shown_with_marks_and_found()
    {
        var findings = new List<Finding>();
        string text = Expect.Read(Hex.Parse("0C 04 41 FF FE 42"), (ref Asn1Reader r) => r.ReadUtf8String(), new DecodeOptions(CmpLimits.Default, findings));
        Assert.Equal("A\uFFFD\uFFFDB", text);
        Assert.Single(findings);
    }

    [Theory]
    [InlineData("06 00")]
    [InlineData("06 01 80")]
    [InlineData("06 02 2A 80")]
    [InlineData("06 03 2A 80 01")]
    public void Object_identifiers_that_are_none_are_malformed(string octets) =>
        Expect.Malformed(() => Expect.Read(Hex.Parse(octets), (ref Asn1Reader r) => r.ReadOid()));

    [Fact]
    public void An_object_identifier_of_a_kilobyte_is_malformed()
    {
        Expect.Malformed(() => Expect.Read(DerNode.Primitive(6, [.. Enumerable.Repeat((byte)0x2A, 1024)]).Encode(), (ref Asn1Reader r) => r.ReadOid()));
        Expect.Malformed(() => Expect.Read(DerNode.Primitive(6, [0x2A, .. Enumerable.Repeat((byte)0xFF, 1024), 0x7F]).Encode(), (ref Asn1Reader r) => r.ReadOid()));
    }

    [Fact]
    public void Depth_is_bounded()
    {
        var options = new DecodeOptions(CmpLimits.Default with { MaxDepth = 5 });
        static int Descend(ref Asn1Reader r)
        {
            Asn1Reader inner = r.ReadSequence();
            return inner.HasData ? 1 + Descend(ref inner) : 1;
        }
        Assert.Equal(5, Expect.Read(DerNode.Nested(0x30, 5).Encode(), Descend, options));
        Assert.Contains("more than 5 levels", Expect.Malformed(() => Expect.Read(DerNode.Nested(0x30, 6).Encode(), Descend, options)).Message);
        Assert.Equal(32, Expect.Read(DerNode.Nested(0x30, 32).Encode(), Descend));
        Expect.Malformed(() => Expect.Read(DerNode.Nested(0x30, 100).Encode(), Descend));
    }

    [Fact]
    public void Elements_are_bounded()
    {
        byte[] List(int count) => DerNode.Constructed(0x30, [.. Enumerable.Repeat(DerNode.Primitive(5), count)]).Encode();
        Asn1Read<int> read = (ref Asn1Reader r) => r.ReadList((ref Asn1Reader e) =>
        {
            e.ReadNull();
            return 0;
        }).Count;
        Assert.Equal(10_000, Expect.Read(List(10_000), read));
        byte[] many = List(100_000);
        Assert.Contains("more than 10000 elements", Expect.Malformed(() => Expect.Read(many, read), many.Length).Message);
    }

    [Fact]
    public void Findings_are_bounded()
    {
        var findings = new List<Finding>();
        DerNode odd = DerNode.Primitive(1, 1);
        byte[] octets = DerNode.Constructed(0x30, [.. Enumerable.Repeat(odd, 100)]).Encode();
        Expect.Read(octets, (ref Asn1Reader r) => r.ReadList((ref Asn1Reader e) => e.ReadBoolean()).Count, new DecodeOptions(CmpLimits.Default with { MaxElements = 100 }, findings));
        Assert.Equal(100, findings.Count);
        findings.Clear();
        Expect.Malformed(() => Expect.Read(octets, (ref Asn1Reader r) => r.ReadList((ref Asn1Reader e) => e.ReadBoolean()).Count, new DecodeOptions(CmpLimits.Default with { MaxElements = 10 }, findings)));
        Assert.Equal(10, findings.Count);
    }

    [Theory]
    [InlineData("30 81 03 01 01 FF", 0, "A length has more octets than it needs.")]
    [InlineData("30 04 01 82 00 01 FF", -1, null)]
    [InlineData("30 05 01 82 00 01 FF", 2, "A length has more octets than it needs.")]
    [InlineData("30 03 01 01 01", 4, "A BOOLEAN is neither 00 nor FF.")]
    [InlineData("30 03 01 01 FF", null, null)]
    public void Departures_from_DER_that_do_no_harm_are_findings(string octets, int? offset, string? text)
    {
        var findings = new List<Finding>();
        Asn1Read<bool> read = (ref Asn1Reader r) =>
        {
            Asn1Reader inner = r.ReadSequence();
            bool value = inner.ReadBoolean();
            inner.ThrowIfNotEmpty();
            return value;
        };
        var options = new DecodeOptions(CmpLimits.Default, findings);
        if (offset == -1)
        {
            Expect.Malformed(() => Expect.Read(Hex.Parse(octets), read, options));
            return;
        }
        Assert.True(Expect.Read(Hex.Parse(octets), read, options));
        if (text is null)
            Assert.Empty(findings);
        else
            Assert.Equal(new Finding(text.Contains("length") ? MessageRules.DerLength : MessageRules.DerBoolean, text, offset!.Value), Assert.Single(findings));
    }

    [Fact]
    public void Integers_with_octets_too_many_are_findings()
    {
        var findings = new List<Finding>();
        var options = new DecodeOptions(CmpLimits.Default, findings);
        Assert.Equal(1, Expect.Read(Hex.Parse("02 02 00 01"), (ref Asn1Reader r) => r.ReadInt32(), options));
        Assert.Equal(-1, Expect.Read(Hex.Parse("02 02 FF FF"), (ref Asn1Reader r) => r.ReadInt32(), options));
        Assert.Equal(2, findings.Count);
    }

    [Fact]
    public void What_any_structure_throws_ends_as_malformed()
    {
        CmpException e = Expect.Malformed(() => Expect.Read<int>([5, 0], (ref Asn1Reader r) => throw new InvalidOperationException("inside")));
        Assert.IsType<InvalidOperationException>(e.InnerException);
    }

    [Fact]
    public void Findings_in_an_implicitly_tagged_structure_keep_their_place()
    {
        var findings = new List<Finding>();
        byte[] template = Hex.Parse("30 0B A2 09 06 82 00 05 2A 03 04 05 06");
        AlgorithmIdentifier algorithm = Cmp.Messages.Crmf.CertTemplate.Decode(template, new DecodeOptions(CmpLimits.Default, findings)).SigningAlg!;
        Assert.Equal(4, Assert.Single(findings).Offset);
        Assert.Equal("30 09 06 82 00 05 2A 03 04 05 06".Replace(" ", string.Empty), Hex.Of(algorithm.Encoded.Span));
    }
}
