using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>The checks of RFC 9483 3.5 that need no secret: syntax, version, identifiers, nonces, time, order.</summary>
public class HeaderTests
{
    private static CertReqMessages Ir => Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");

    public static TheoryData<string> Garbage => new("", "00", "3003020102", "308070000000", "30847FFFFFFF", "48656C6C6F", "0500");

    [Theory]
    [MemberData(nameof(Garbage))]
    public void What_is_no_message_gets_a_signed_error(string hex)
    {
        using var peer = new Peer();
        PkiMessage answer = PkiMessage.Decode(peer.Responder.Respond(Hex.Parse(hex)));
        Refused.ByError(FailInfo.BadDataFormat, answer);
        Assert.True(answer.Header.Recipient.IsNullDn);
        Assert.Null(answer.Header.RecipNonce);
        Assert.Null(answer.Header.TransactionId);
        AssertSigned(answer, peer);
    }

    [Fact]
    public void A_message_with_a_header_only_gets_an_error_that_finds_its_way()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage good = client.Protector.Protect(client.Header, Ir, []);
        // the body is cut off behind the header
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteEncodedValue(good.Header.Encoded.Span);
        PkiMessage answer = client.Send(writer.Encode());
        Refused.ByError(FailInfo.BadDataFormat, answer);
        Assert.Equal(client.TransactionId, answer.Header.TransactionId!.Value.ToArray());
        Assert.Equal(good.Header.SenderNonce!.Value.ToArray(), answer.Header.RecipNonce!.Value.ToArray());
    }

    [Fact]
    public void Octets_behind_the_message_are_refused()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage good = client.Protector.Protect(client.Header, Ir, []);
        Refused.ByError(FailInfo.BadDataFormat, client.Send((byte[])[.. good.Encoded.Span, 0]));
        Assert.IsType<CertRepMessage>(client.Send(good.Encoded).Body);
    }

    [Theory]
    [InlineData(0, false, 1)]
    [InlineData(-1, false, 1)]
    [InlineData(4, false, 3)]
    [InlineData(1, true, 2)]
    [InlineData(4, true, 3)]
    public void Other_versions_are_refused_in_the_nearest_one(int pvno, bool strict, int answered)
    {
        using var peer = new Peer(new TestServerOptions { Strict = strict });
        PkiMessage answer = peer.MacClient().Send(Ir, header => header with { Pvno = pvno });
        Refused.ByError(FailInfo.UnsupportedVersion, answer);
        Assert.Equal(answered, answer.Header.Pvno);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Versions_2_and_3_are_answered_in_kind(int pvno)
    {
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient().Send(Ir, header => header with { Pvno = pvno });
        Assert.IsType<CertRepMessage>(answer.Body);
        Assert.Equal(pvno, answer.Header.Pvno);
    }

    [Fact]
    public void An_answer_repeats_transaction_and_nonce_and_names_its_time()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir);
        Assert.Equal(client.TransactionId, answer.Header.TransactionId!.Value.ToArray());
        Assert.Equal(client.Sent!.Header.SenderNonce!.Value.ToArray(), answer.Header.RecipNonce!.Value.ToArray());
        Assert.Equal(16, answer.Header.SenderNonce!.Value.Length);
        Assert.True(answer.Header.Recipient.IsSameAs(client.Sent.Header.Sender));
        Assert.Equal(peer.Now.ToUnixTimeSeconds(), answer.Header.MessageTime!.Value.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(257)]
    public void A_transactionID_is_there_and_bounded(int length)
    {
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient().Send(Ir, header => header with { TransactionId = length < 0 ? (ReadOnlyMemory<byte>?)null : new byte[length] });
        Refused.ByError(FailInfo.BadDataFormat, answer);
    }

    [Fact]
    public void A_transactionID_begins_one_transaction_only()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient();
        Certificate issued = ((CertRepMessage)client.Send(Ir).Body).Responses[0].CertifiedKeyPair!.Certificate!;
        HandClient second = peer.MacClient();
        second.TransactionId = client.TransactionId;

        Refused.ByError(FailInfo.TransactionIdInUse, second.Send(Ir));
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(issued)).Body);
        // one that has ended would be a replay
        Refused.ByError(FailInfo.TransactionIdInUse, second.Send(Ir));
        Refused.ByError(FailInfo.TransactionIdInUse, client.Send(Ir));
        second.TransactionId = Secrets.Random(16);
        Assert.IsType<CertRepMessage>(second.Send(Ir).Body);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(15)]
    public void A_senderNonce_has_128_bits_at_least(int length)
    {
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient().Send(Ir, header => header with { SenderNonce = length < 0 ? (ReadOnlyMemory<byte>?)null : new byte[length] });
        Refused.ByError(FailInfo.BadSenderNonce, answer);
        Assert.IsType<CertRepMessage>(peer.MacClient().Send(Ir, header => header with { SenderNonce = new byte[16] }).Body);
    }

    [Fact]
    public void A_wrong_recipNonce_is_refused_and_changes_nothing()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir);
        CertConfirmContent confirmation = Peer.Confirmation(((CertRepMessage)answer.Body).Responses[0].CertifiedKeyPair!.Certificate!);

        Refused.ByError(FailInfo.BadRecipientNonce, client.Send(confirmation, header => header with { RecipNonce = Secrets.Random(16) }));
        Refused.ByError(FailInfo.BadRecipientNonce, client.Send(confirmation, header => header with { RecipNonce = null }));
        Refused.ByError(FailInfo.BadRecipientNonce, client.Send(confirmation, header => header with { RecipNonce = header.SenderNonce }));
        // an error does not belong to the conversation: the nonce of the ip still holds
        Assert.IsType<PkiConfirmContent>(client.Send(confirmation, header => header with { RecipNonce = answer.Header.SenderNonce }).Body);
    }

    public static TheoryData<double, bool> Clocks => new() { { 301, true }, { -301, true }, { 299, false }, { -299, false } };

    [Theory]
    [MemberData(nameof(Clocks))]
    public void A_strict_server_compares_clocks(double seconds, bool refused)
    {
        foreach (bool strict in new[] { true, false })
        {
            using var peer = new Peer(new TestServerOptions { Strict = strict });
            // in whole seconds, as they travel
            peer.Now = DateTimeOffset.FromUnixTimeSeconds(peer.Now.ToUnixTimeSeconds());
            PkiMessage answer = peer.MacClient().Send(Ir, header => header with { MessageTime = peer.Now.AddSeconds(seconds) });
            if (strict && refused)
                Refused.ByError(FailInfo.BadTime, answer);
            else
                Assert.IsType<CertRepMessage>(answer.Body);
        }
    }

    [Fact]
    public void Messages_that_do_not_begin_need_a_transaction()
    {
        using var peer = new Peer();
        Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(new PollReqContent([0])));
        Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(new CertConfirmContent([])));
        Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadPOP))));
    }

    public static TheoryData<int> OtherBodies => new(1, 3, 5, 6, 8, 15, 19, 22, 26, 27, 30);

    [Theory]
    [MemberData(nameof(OtherBodies))]
    public void Bodies_that_are_not_for_us_are_refused(int tag)
    {
        using var peer = new Peer();
        byte[] unknown = [(byte)(0xA0 | tag), 2, 0x30, 0];
        PkiBody body = Cmp.Tests.Messages.Samples.Bodies.FirstOrDefault(sample => (int)sample.Type == tag) ?? Asn1Reader.Decode(unknown, null, PkiBody.Read);
        Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(body));
    }

    private static void AssertSigned(PkiMessage answer, Peer peer)
    {
        SigningCertificate stranger = Peer.Vendor();
        var verifier = new AnswerVerifier(new TrustSettings { Anchors = [Peer.Authority.Root] }, stranger, ProtectionKind.Signature);
        Assert.True(verifier.Verify(answer, [], peer.Now).Signer!.Certificate.IsSameAs(Peer.Authority.Signer));
    }
}
