using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Fuzz;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;
using Cmp.Tests.Messages;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Tests.Inspection;

public class CmpMessageTests(ITestOutputHelper output)
{
    public static TheoryData<int> EachMessage => [.. Enumerable.Range(0, Samples.AllMessages.Count)];

    [Theory]
    [MemberData(nameof(EachMessage))]
    public void Every_body_shows_its_parts(int which)
    {
        PkiMessage sample = Samples.AllMessages[which];
        CmpMessage message = Of(sample);
        output.WriteLine(message.ToString());
        Assert.Equal(sample.Body.Type, message.Type);
        Assert.NotEqual(string.Empty, message.Summary);
        Assert.DoesNotContain("unreadable", message.Summary, StringComparison.Ordinal);
        Assert.Equal(sample.Encoded.ToArray(), message.GetOctets());
        Assert.Equal(sample.Encoded.ToArray(), message.GetMessage().Encoded.ToArray());
        Assert.NotEmpty(message.Body.Items);
        foreach (string text in Properties.AllTexts(message))
            Assert.Equal(PeerText.Escape(text, int.MaxValue), text);
    }

    [Fact]
    public void All_kinds_of_bodies_are_among_the_samples()
    {
        Assert.Equal(Enumerable.Range(0, 27).Select(type => (PkiBodyType)type), Samples.AllMessages.Select(message => message.Body.Type).Where(type => (int)type < 27).Distinct().OrderBy(type => type));
    }

    [Fact]
    public void A_body_that_nobody_knows_has_its_octets()
    {
        var confirmation = new PkiMessage(Samples.Header, new PkiConfirmContent());
        byte[] octets = confirmation.Encoded.ToArray();
        octets[octets.AsSpan().IndexOf(confirmation.Body.Encoded.Span)] = 0xBE;
        var message = CmpMessage.Read(octets);
        CmpMessageItem item = Assert.Single(message.Body.Items);
        Assert.Equal((PkiBodyType)30, message.Type);
        Assert.Equal(CmpMessageItemKind.Unknown, item.Kind);
        Assert.Equal("0500", Assert.Single(item.Value));
    }

    [Fact]
    public void A_request_says_who_asks_for_what()
    {
        CmpMessage message = Of(new PkiMessage(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [Samples.RequestMessage])));
        CmpMessageItem item = Assert.Single(message.Body.Items);
        Assert.Equal(CmpMessageItemKind.CertificateRequest, item.Kind);
        Assert.Equal(0, item.CertReqId);
        Assert.Equal("CN=router7, O=Example, C=DE", item.Subject);
        Assert.Equal("ECDSA_P256", item.KeyAlgorithm);
        Assert.Contains("router7.example.com", item.SubjectAltNames);
        Assert.Equal("signature (sha256WithRSAEncryption)", item.ProofOfPossession);
        Assert.Equal(Samples.Time, item.NotBefore);
        Assert.Contains(item.Controls, control => control.Name == "oldCertID" && control.Value.Count == 1);
        Assert.Null(item.Status);
        Assert.Null(message.Body.Status);
        Assert.Equal(Hex.Of(Samples.Header.TransactionId!.Value.Span), message.Header.TransactionId);
    }

    [Fact]
    public void Secrets_among_the_controls_do_not_show()
    {
        CmpMessage message = Of(new PkiMessage(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [Samples.RequestMessage])));
        IReadOnlyList<string> texts = Properties.AllTexts(message);
        Assert.Contains(texts, text => text.Contains("regToken", StringComparison.Ordinal));
        Assert.DoesNotContain(texts, text => text == "token" || text.Contains("maiden", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("UserPIN")]
    [InlineData("vpn_pwd")]
    [InlineData("challenge")]
    public void Secrets_among_pairs_are_dots_and_other_pairs_show(string name)
    {
        AttributeTypeAndValue pairs = Controls.Utf8Pairs([new("user", "ann"), new(name, "50%pairs-secret?yes%20pairs-secret"), new("city", "Ulm")]);
        IReadOnlyList<string> texts = Properties.AllTexts(Of(new PkiMessage(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, Samples.Template, []), null, [pairs])]))));
        Assert.Contains(texts, text => text.Contains("user?ann", StringComparison.Ordinal) && text.Contains(name + "?•••%city?Ulm", StringComparison.Ordinal));
        Assert.DoesNotContain(texts, text => text.Contains("pairs-secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Pairs_that_cannot_be_read_do_not_show()
    {
        byte[] octets = Controls.Utf8Pairs([new("password", "pairs-secret")]).Encoded.ToArray();
        int text = octets.AsSpan().IndexOf("password"u8);
        octets[text - 2] = 0x04;
        AttributeTypeAndValue pairs = Asn1Reader.Decode(octets, null, AttributeTypeAndValue.Read);
        PkiMessage message = new(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, Samples.Template, []), null, [pairs])]));
        Assert.Equal(["•••"], Assert.Single(Assert.Single(Of(message).Body.Items).Controls).Value);
        Assert.DoesNotContain(Hex.Of("pairs-secret"u8), Of(message).GetText(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_gives_its_certificate()
    {
        CmpMessage message = Of(new PkiMessage(Samples.Header, new CertRepMessage(PkiBodyType.Ip, [Samples.Response]) { CaPubs = [Samples.Certificate] }));
        CmpMessageItem item = Assert.Single(message.Body.Items);
        Assert.Equal(PkiStatus.GrantedWithMods, message.Body.Status);
        Assert.Equal(Samples.Certificate.Encoded.ToArray(), item.GetCertificate()!.Encoded.ToArray());
        Assert.Equal(Samples.Certificate.Thumbprint, item.Thumbprint);
        Assert.Equal("1234567890", item.SerialNumber);
        Assert.Equal("CN=Test CA, O=Example, C=DE", item.Issuer);
        Assert.True(item.HasPrivateKey);
        Assert.Equal("CN=router7, O=Example, C=DE", Assert.Single(message.Body.CaPubs).Subject);
    }

    [Theory]
    [InlineData(new[] { PkiStatus.Accepted, PkiStatus.Rejection, PkiStatus.Waiting }, PkiStatus.Rejection)]
    [InlineData(new[] { PkiStatus.Accepted, PkiStatus.Waiting }, PkiStatus.Waiting)]
    [InlineData(new[] { PkiStatus.GrantedWithMods, PkiStatus.Accepted }, PkiStatus.GrantedWithMods)]
    [InlineData(new[] { PkiStatus.Accepted, (PkiStatus)77, PkiStatus.Waiting }, (PkiStatus)77)]
    public void Of_several_statuses_the_worst_is_shown(PkiStatus[] statuses, PkiStatus worst)
    {
        CertResponse[] responses = [.. statuses.Select((status, id) => new CertResponse(id, status == PkiStatus.Rejection ? Samples.Refusal : new PkiStatusInfo(status)))];
        CmpMessageBody body = Of(new PkiMessage(Samples.Header, new CertRepMessage(PkiBodyType.Cp, responses))).Body;
        Assert.Equal(worst, body.Status);
        Assert.Equal(worst == PkiStatus.Rejection ? FailInfo.BadPOP | FailInfo.DuplicateCertReq : null, body.FailInfo);
        Assert.Equal(worst == PkiStatus.Rejection ? "no nein" : null, body.StatusText);
        Assert.Equal(statuses.Length, body.Items.Count);
    }

    [Fact]
    public void A_protection_is_told_in_words()
    {
        var message = new PkiMessage(Samples.Header with { ProtectionAlg = Samples.PasswordBasedMac, SenderKid = "1234"u8.ToArray() }, new PkiConfirmContent()) { Protection = Samples.Octets(32) };
        CmpMessageProtection mac = Of(message).Protection;
        Assert.Equal(ProtectionKind.PasswordBasedMac, mac.Kind);
        Assert.Equal("sha256, hmacWithSHA256, 10000 iterations, salt of 16 octets", mac.Parameters);
        Assert.Equal("protected by PasswordBasedMac, reference 1234", mac.ToString());
        Assert.StartsWith("0102", mac.Hex, StringComparison.Ordinal);

        CmpMessageProtection signature = Of(message with { Header = Samples.Header with { ProtectionAlg = Samples.Sha256WithRsa }, ExtraCerts = [Samples.Certificate] }).Protection;
        Assert.Equal("signed by CN=router7, O=Example, C=DE", signature.ToString());
        Assert.Equal("sha256WithRSAEncryption", signature.Algorithm);

        CmpMessageProtection none = Of(new PkiMessage(Samples.Header with { ProtectionAlg = null }, new PkiConfirmContent())).Protection;
        Assert.Equal(ProtectionKind.None, none.Kind);
        Assert.Null(none.Hex);
    }

    [Fact]
    public void Nested_messages_are_children()
    {
        PkiMessage inner = Samples.AllMessages.First(message => message.Body is CertReqMessages);
        CmpMessage outer = Of(new PkiMessage(Samples.Header, new NestedMessageContent([inner, inner])));
        Assert.Equal(2, outer.Body.Messages.Count);
        Assert.All(outer.Body.Messages, message => Assert.Equal(inner.Body.Type, message.Type));
        Assert.Empty(outer.Body.Messages[0].Body.Messages);
    }

    [Fact]
    public void What_does_not_decode_is_an_object_with_its_header_and_what_is_wrong()
    {
        PkiMessage sample = Samples.AllMessages.First(message => message.Body is CertReqMessages);
        byte[] octets = sample.Encoded.ToArray();
        int body = octets.AsSpan().IndexOf(sample.Body.Encoded.Span);
        // a tag in the body that belongs to nothing
        octets[body + 8] = 0x1F;
        var message = CmpMessage.Read(octets);
        Assert.Null(message.Type);
        Assert.Null(message.Body.Status);
        Assert.Empty(message.Body.Items);
        Assert.Equal(Hex.Of(Samples.Header.TransactionId!.Value.Span), message.Header.TransactionId);
        Finding finding = Assert.Single(message.Findings, finding => finding.Rule == "Syntax.Malformed");
        Assert.Equal(FindingSeverity.Error, finding.Severity);
        Assert.InRange(finding.Offset, body, octets.Length);
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => message.GetMessage()).ErrorId);
        Properties.AllTexts(message);
    }

    [Fact]
    public void A_message_that_is_cut_off_is_one_still()
    {
        byte[] octets = Samples.AllMessages[0].Encoded.ToArray();
        for (int length = 12; length < octets.Length; length += 7)
        {
            var message = CmpMessage.Read(octets.AsMemory(0, length));
            Assert.Null(message.Type);
            Assert.NotEmpty(message.Findings);
            Properties.AllTexts(message);
        }
    }

    [Fact]
    public void What_is_no_message_is_refused()
    {
        byte[][] others = [[], [0x30], [0x30, 0x00], "GET / HTTP/1.1"u8.ToArray(), Samples.Certificate.Encoded.ToArray(), Samples.Pkcs10.Encoded.ToArray(), Samples.Crl.Encoded.ToArray(), Samples.PublicKey.Encoded.ToArray()];
        foreach (byte[] octets in others)
            Assert.Equal("CmpMessage.NotAMessage", Assert.Throws<CmpException>(() => CmpMessage.Read(octets)).ErrorId);
    }

    [Fact]
    public void Rule64_Whatever_is_broken_no_property_throws()
    {
        var mutator = new Mutator([.. Samples.AllMessages.Select(message => message.Encoded.ToArray())], seed: 20261126);
        int shown = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] octets = mutator.Next();
            CmpMessage message;
            try
            {
                message = CmpMessage.Read(octets);
            }
            catch (CmpException e)
            {
                Assert.Equal("CmpMessage.NotAMessage", e.ErrorId);
                continue;
            }
            shown++;
            foreach (string text in Properties.AllTexts(message))
                Assert.Equal(PeerText.Escape(text, int.MaxValue), text);
        }
        Assert.InRange(shown, 1500, 3000);
    }

    private static CmpMessage Of(PkiMessage message) => CmpMessage.Read(message.Encoded);
}
