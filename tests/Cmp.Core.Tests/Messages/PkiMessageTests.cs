using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages;

public class PkiMessageTests
{
    public static TheoryData<int> EachMessage => [.. Enumerable.Range(0, Samples.AllMessages.Count)];

    [Theory]
    [MemberData(nameof(EachMessage))]
    public void Every_field_goes_there_and_back(int which)
    {
        byte[] octets = Samples.AllMessages[which].Encoded.ToArray();
        var findings = new List<Finding>();
        PkiMessage message = PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, findings));
        Assert.Empty(findings);
        Assert.Equal(octets, message.Encoded.ToArray());
        Assert.True(message.Header.Encoded.Span.Overlaps(message.Encoded.Span));
        Assert.True(message.Body.Encoded.Span.Overlaps(message.Encoded.Span));
        Assert.Equal(octets, Rebuilt.From(message).Encoded.ToArray());
        Assert.Equal(octets, DerNode.Parse(octets).Encode());
        Assert.Equal(PkiBodyTypeNames.Of(message.Body.Type), message.ToString());
        Touch.All(message);
    }

    [Fact]
    public void The_header_has_the_tags_of_the_RFC()
    {
        // RFC 9810 5.1.1: all explicit
        DerNode header = DerNode.Parse(Samples.Header.Encoded.ToArray());
        Assert.Equal([0x02, 0xA4, 0xA4, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8], header.Children!.Select(c => c.Tag));
        Assert.Equal([0x18, 0x30, 0x04, 0x04, 0x04, 0x04, 0x04, 0x30, 0x30], header.Children!.Skip(3).Select(c => c.Children!.Single().Tag));
        DerNode message = DerNode.Parse(Samples.AllMessages[0].Encoded.ToArray());
        Assert.Equal([0x30, 0xA0, 0xA0, 0xA1], message.Children!.Select(c => c.Tag));
        Assert.Equal(0x03, message.Children![2].Children!.Single().Tag);
        Assert.Equal(0x30, message.Children![3].Children!.Single().Tag);
    }

    [Fact]
    public void The_header_is_read()
    {
        PkiHeader h = PkiMessage.Decode(Samples.AllMessages[0].Encoded).Header;
        Assert.Equal(2, h.Pvno);
        Assert.True(h.Sender.DirectoryName!.IsSameAs(Samples.Subject));
        Assert.True(h.Recipient.DirectoryName!.IsSameAs(Samples.CaName));
        Assert.Equal(Samples.Time, h.MessageTime);
        Assert.True(h.ProtectionAlg!.IsSameAs(Samples.Sha256WithRsa));
        Assert.Equal(Samples.Octets(20), h.SenderKid!.Value.ToArray());
        Assert.Equal(Samples.Octets(20, 0x40), h.RecipKid!.Value.ToArray());
        Assert.Equal(Samples.Octets(16, 0x10), h.TransactionId!.Value.ToArray());
        Assert.Equal(Samples.Octets(16, 0x20), h.SenderNonce!.Value.ToArray());
        Assert.Equal(Samples.Octets(16, 0x30), h.RecipNonce!.Value.ToArray());
        Assert.Equal(["hello"], h.FreeText!.Texts);
        Assert.NotNull(h.FindInfo(Oids.ImplicitConfirm));
        Assert.Null(h.FindInfo("1.2.3"));
        Assert.Equal(Samples.Time, h.FindInfo(Oids.ConfirmWaitTime)!.ReadTime());
        Assert.Null(h.FindInfo("1.2.3.4")!.InfoValue);
    }

    [Fact]
    public void Whole_seconds_are_sent()
    {
        DateTimeOffset time = Samples.Time.AddMilliseconds(789).ToOffset(TimeSpan.FromHours(2));
        PkiHeader header = Samples.Header with { MessageTime = time };
        Assert.Equal(Samples.Header.Encoded.ToArray(), header.Encoded.ToArray());
    }

    [Fact]
    public void Rule8_The_profile_is_read_in_both_forms()
    {
        var rfc = InfoTypeAndValue.CertProfile("tls", "vpn");
        Assert.Equal("0C03746C73" + "0C0376706E", Hex.Of(rfc.InfoValue!.Value.Span).Substring(4));
        Assert.Equal(["tls", "vpn"], rfc.ReadProfiles());
        Assert.Equal(["tls"], new InfoTypeAndValue(Oids.CertProfile, Hex.Parse("0C 03 74 6C 73")).ReadProfiles());
        Assert.Empty(new InfoTypeAndValue(Oids.CertProfile).ReadProfiles());
        Expect.Malformed(() => new InfoTypeAndValue(Oids.CertProfile, Hex.Parse("02 01 00")).ReadProfiles());
        Expect.Malformed(() => new InfoTypeAndValue(Oids.CertProfile, Hex.Parse("30 03 02 01 00")).ReadProfiles());
    }

    [Fact]
    public void Rule8_ImplicitConfirm_has_the_value_NULL() => Assert.Equal("0500", Hex.Of(InfoTypeAndValue.ImplicitConfirm.InfoValue!.Value.Span));

    [Fact]
    public void Rule20_What_is_protected_is_made_of_the_octets_that_came()
    {
        // header: pvno with a length too long, and a sender whose explicit length has an octet too many; body: long lengths too
        DerNode tree = DerNode.Parse(Samples.AllMessages[1].Encoded.ToArray());
        tree.Children![0].Children![0].Length = [0x81, 0x01];
        tree.Children![0].Children![1].Length = [0x83, 0x00, 0x00, (byte)Samples.Header.Sender.Content.Length];
        DerNode response = tree.Children![1].Children![0].Children![1].Children![0];
        response.Children![0].Length = [0x82, 0x00, 0x01];
        byte[] header = tree.Children![0].Encode(), body = tree.Children![1].Encode();
        var findings = new List<Finding>();

        PkiMessage message = PkiMessage.Decode(tree.Encode(), new DecodeOptions(CmpLimits.Default, findings));

        Assert.Equal([.. new byte[] { 0x30 }, .. DerNode.LengthOf(header.Length + body.Length), .. header, .. body], message.ProtectedPart);
        Assert.Equal(3, findings.Count(f => f.Rule == MessageRules.DerLength.Id));
        Assert.NotEqual(message.ProtectedPart, Rebuilt.From(message).ProtectedPart);
    }

    [Fact]
    public void Rule20_A_boolean_of_one_stays_one()
    {
        DerNode tree = DerNode.Parse(Samples.AllMessages[0].Encoded.ToArray());
        DerNode extension = Find(tree.Children![1], Hex.Parse("06 03 55 1D 11"));
        extension.Children!.Insert(1, DerNode.Primitive(1, 1));
        byte[] octets = tree.Encode();
        var findings = new List<Finding>();

        PkiMessage message = PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, findings));

        Assert.Contains(findings, f => f.Rule == MessageRules.DerBoolean.Id && octets[f.Offset] == 1);
        Assert.True(((CertReqMessages)message.Body).Requests[0].CertReq.CertTemplate.Extensions[0].Critical);
        Assert.Equal(tree.Children![1].Encode(), message.ProtectedPart.AsSpan(message.ProtectedPart.Length - message.Body.Encoded.Length).ToArray());
    }

    [Fact]
    public void Rule20_The_length_of_the_whole_does_not_matter()
    {
        byte[] octets = Samples.AllMessages[8].Encoded.ToArray();
        DerNode tree = DerNode.Parse(octets);
        tree.Length = [0x84, .. BitConverter.GetBytes(octets.Length - 4).AsEnumerable().Reverse()];
        Assert.Equal(PkiMessage.Decode(octets).ProtectedPart, PkiMessage.Decode(tree.Encode()).ProtectedPart);
    }

    [Fact]
    public void Rule20_A_protection_that_ends_within_an_octet_is_read_and_marked()
    {
        DerNode tree = DerNode.Parse(Samples.AllMessages[8].Encoded.ToArray());
        tree.Children![2].Children![0].Content[0] = 3;
        var findings = new List<Finding>();
        PkiMessage message = PkiMessage.Decode(tree.Encode(), new DecodeOptions(CmpLimits.Default, findings));
        Assert.Equal(3, message.UnusedProtectionBits);
        Assert.Equal(64, message.Protection!.Value.Length);
        Assert.Equal("Protection.UnusedBits", Assert.Single(findings).Rule);
        Assert.Equal(0, PkiMessage.Decode((message with { }).Encoded).UnusedProtectionBits);
    }

    [Theory]
    [InlineData(27, "body 27")]
    [InlineData(30, "body 30")]
    public void Rule63_A_body_that_is_not_known_is_kept_whole_and_named(int tag, string name)
    {
        byte[] content = Hex.Parse("30 05 02 01 00 05 00");
        DerNode tree = DerNode.Parse(Samples.AllMessages[8].Encoded.ToArray());
        tree.Children![1] = DerNode.Constructed((byte)(0xA0 | tag), DerNode.Parse(content));
        PkiMessage message = PkiMessage.Decode(tree.Encode());
        RawBody body = Assert.IsType<RawBody>(message.Body);
        Assert.Equal(tag, (int)body.Type);
        Assert.Equal(name, body.ToString());
        Assert.Equal(content, body.Content.ToArray());
        Assert.Equal(body.Encoded.ToArray(), (body with { }).Encoded.ToArray());
    }

    [Fact]
    public void Rule63_A_body_with_a_tag_of_many_octets_is_kept_too()
    {
        DerNode tree = DerNode.Parse(Samples.AllMessages[8].Encoded.ToArray());
        byte[] header = tree.Children![0].Encode(), body = Hex.Parse("BF 81 00 02 05 00");
        byte[] octets = [0x30, .. DerNode.LengthOf(header.Length + body.Length), .. header, .. body];
        PkiMessage message = PkiMessage.Decode(octets);
        Assert.Equal(128, (int)message.Body.Type);
        Assert.Equal("body 128", message.ToString());
        Assert.Equal(octets, Rebuilt.From(message).Encoded.ToArray());
    }

    [Theory]
    [InlineData("30 00", "a body with the tag SEQUENCE")]
    [InlineData("61 00", "a body with the tag [APPLICATION 1]")]
    [InlineData("93 00", "[19] is primitive")]
    [InlineData("B3 00", "a value is missing")]
    [InlineData("B3 04 05 00 05 00", "2 octets follow")]
    [InlineData("B3 03 05 01 00", "a NULL with content")]
    public void Rule63_A_body_that_is_none_is_malformed(string body, string what)
    {
        byte[] header = Samples.Header.Encoded.ToArray(), octets = Hex.Parse(body);
        byte[] message = [0x30, .. DerNode.LengthOf(header.Length + octets.Length), .. header, .. octets];
        Assert.Contains(what, Expect.Malformed(() => PkiMessage.Decode(message)).Message);
    }

    [Fact]
    public void Rule63_Unknown_items_and_controls_and_extensions_go_on_unchanged()
    {
        byte[] odd = Hex.Parse("30 81 07 06 03 2A 03 04 04 00"); // a length too long: kept
        var item = Expect.Read(odd, InfoTypeAndValue.Read);
        PkiHeader header = Samples.Header with { GeneralInfo = [.. Samples.Header.GeneralInfo, item] };
        Assert.Equal(odd, Expect.Read(header.Encoded.ToArray(), PkiHeader.Read).FindInfo("1.2.3.4") is { } ? Expect.Read(header.Encoded.ToArray(), PkiHeader.Read).GeneralInfo[^1].Encoded.ToArray() : []);

        var control = Expect.Read(odd, Cmp.Messages.Crmf.AttributeTypeAndValue.Read);
        var request = Samples.Request with { Controls = [control] };
        Assert.Equal(odd, Expect.Read(request.Encoded.ToArray(), Cmp.Messages.Crmf.CertRequest.Read).Controls[0].Encoded.ToArray());

        var extension = Expect.Read(odd, Extension.Read);
        var template = Samples.Template with { Extensions = [extension] };
        Assert.Equal(odd, Cmp.Messages.Crmf.CertTemplate.Decode(template.Encoded).Extensions[0].Encoded.ToArray());
    }

    [Fact]
    public void Rule64_Octets_after_the_message_are_malformed()
    {
        byte[] octets = Samples.AllMessages[8].Encoded.ToArray();
        Assert.Contains("1 octets follow", Expect.Malformed(() => PkiMessage.Decode((byte[])[.. octets, 0])).Message);
        Expect.Malformed(() => PkiMessage.Decode(ReadOnlyMemory<byte>.Empty));
    }

    [Fact]
    public void A_message_within_other_octets_is_read_where_it_stands()
    {
        byte[] octets = Samples.AllMessages[8].Encoded.ToArray();
        byte[] around = [1, 2, 3, .. octets, 4, 5];
        PkiMessage message = PkiMessage.Decode(around.AsMemory(3, octets.Length));
        Assert.Equal(octets, message.Encoded.ToArray());
        CmpException e = Expect.Malformed(() => PkiMessage.Decode(around.AsMemory(3, octets.Length - 1)));
        Assert.Contains("at octet 0", e.Message);
    }

    [Fact]
    public void Unisig_messageTime_may_be_a_UTCTime()
    {
        DerNode tree = DerNode.Parse(Samples.AllMessages[8].Encoded.ToArray());
        DerNode time = tree.Children![0].Children![3];
        time.Children![0] = DerNode.Primitive(0x17, [.. "261123123456Z"u8]);
        var findings = new List<Finding>();
        PkiMessage message = PkiMessage.Decode(tree.Encode(), new DecodeOptions(CmpLimits.Default, findings));
        Assert.Equal(Samples.Time, message.Header.MessageTime);
        Assert.Equal("Header.MessageTimeForm", Assert.Single(findings).Rule);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void Any_version_is_read_for_others_to_judge(int pvno) =>
        Assert.Equal(pvno, Expect.Read((Samples.Header with { Pvno = pvno }).Encoded.ToArray(), PkiHeader.Read).Pvno);

    [Fact]
    public void Cryptlib_says_pkiconf_in_its_own_way()
    {
        var findings = new List<Finding>();
        Assert.IsType<PkiConfirmContent>(Expect.Read(Hex.Parse("B3 04 30 02 05 00"), PkiBody.Read, new DecodeOptions(CmpLimits.Default, findings)));
        Assert.Equal(2, Assert.Single(findings).Offset);
    }

    [Fact]
    public void Empty_lists_that_must_hold_something_are_findings()
    {
        DerNode tree = DerNode.Parse(Samples.AllMessages[1].Encoded.ToArray());
        tree.Children![0].Children![10].Children![0] = DerNode.Constructed(0x30); // freeText
        tree.Children![0].Children![11].Children![0] = DerNode.Constructed(0x30); // generalInfo
        tree.Children![1].Children![0].Children![0].Children![0] = DerNode.Constructed(0x30); // caPubs
        tree.Children![3].Children![0] = DerNode.Constructed(0x30); // extraCerts
        var findings = new List<Finding>();
        PkiMessage message = PkiMessage.Decode(tree.Encode(), new DecodeOptions(CmpLimits.Default, findings));
        Assert.Equal(4, findings.Count);
        Assert.Empty(message.ExtraCerts);
        Assert.Empty(((CertRepMessage)message.Body).CaPubs);
    }

#if NET
    [Fact]
    public void An_ip_is_read_and_asked_within_10_kilobytes()
    {
        byte[] octets = Samples.AllMessages[1].Encoded.ToArray();
        Assert.InRange(octets.Length, 2500, 4000);
        long Cost()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            PkiMessage message = PkiMessage.Decode(octets);
            var answer = (CertRepMessage)message.Body;
            Assert.False(message.ProtectedPart.Length == 0 || message.Header.TransactionId is null || answer.Responses[0].Status.Status != PkiStatus.GrantedWithMods);
            Assert.False(answer.Responses[0].CertifiedKeyPair!.Certificate!.Encoded.IsEmpty);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Cost();
        Assert.InRange(Cost(), 1, 10_000);
    }
#endif

    [Fact]
    public void Rule10_An_empty_list_is_never_sent()
    {
        DerNode tree = DerNode.Parse(new PkiMessage(Samples.Header with { GeneralInfo = [] }, new PkiConfirmContent()) { ExtraCerts = [] }.Encoded.ToArray());
        Assert.Equal(2, tree.Children!.Count);
        Assert.DoesNotContain(tree.Children![0].Children!, c => c.Tag == 0xA8);
    }

    private static DerNode Find(DerNode node, byte[] first)
    {
        var all = new List<DerNode> { node };
        for (int i = 0; i < all.Count; i++)
        {
            if (all[i].Children is { Count: > 0 } children)
            {
                if (children[0].Encode().SequenceEqual(first))
                    return all[i];
                all.AddRange(children);
            }
        }
        throw new ArgumentException("nowhere");
    }
}
