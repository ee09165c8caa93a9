using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

public class HeaderTests
{
    private static readonly Name Wanted = Name.Parse("CN=Wanted CA");

    private static string? Sender(Scene scene) => scene.Start().Sent.Header.Sender.DirectoryName?.ToString();

    private static string? Recipient(Scene scene) => scene.Start().Sent.Header.Recipient.DirectoryName?.ToString();

    private static Func<TransactionSettings, TransactionSettings> WithoutReferenceAsSender => settings => settings with { SenderIsReference = false };

    [Fact]
    public void Rule1_The_sender_is_the_subject_of_the_protection_certificate() =>
        Assert.Equal("CN=Client, O=Cmp tests", Sender(new Scene { Kind = ProtectionKind.Signature }));

    [Fact]
    public void Rule1_Under_a_MAC_the_sender_is_the_subject_of_the_old_certificate() =>
        Assert.Equal("CN=Client, O=Cmp tests", Sender(new Scene { Request = PkiBodyType.Kur, Settings = WithoutReferenceAsSender }));

    [Fact]
    public void Rule1_Else_it_is_the_subject_of_the_PKCS10() =>
        Assert.Equal("CN=router7", Sender(new Scene { Request = PkiBodyType.P10cr, Settings = WithoutReferenceAsSender }));

    [Fact]
    public void Rule1_Else_it_is_the_requested_subject() =>
        Assert.Equal("CN=router7", Sender(new Scene { Settings = WithoutReferenceAsSender }));

    [Fact]
    public void Rule1_Else_it_is_the_NULL_DN_with_a_senderKID()
    {
        Scene scene = new Scene { Subject = null, Settings = WithoutReferenceAsSender }.Start();
        Assert.True(scene.Sent.Header.Sender.IsNullDn);
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(scene.Sent.Header.SenderKid!.Value.ToArray()));
    }

    [Fact]
    public void Rule1_A_NULL_DN_without_a_senderKID_is_an_error_before_any_traffic()
    {
        MadeCertificate nameless = Peer.Shared.Issuing.Issue("", Shape.Leaf with { HasKeyIdentifier = false });
        var scene = new Scene
        {
            Settings = settings => settings with { Protector = Peer.Signature(nameless), Credential = new SigningCertificate(nameless.Certificate, nameless.Key) },
        };
        Assert.Equal("CmpArgument.Sender", Assert.Throws<CmpException>(() => scene.Start()).ErrorId);
    }

    [Fact]
    public void Rule2_The_recipient_that_was_named_comes_first() => Assert.Equal("CN=Wanted CA", Recipient(new Scene
    {
        Kind = ProtectionKind.Signature,
        Issuer = Name.Parse("CN=Requested issuer"),
        Trust = trust => trust with { Pin = Peer.Shared.Signer.Certificate },
        Settings = settings => settings with { Recipient = Wanted },
    }));

    [Fact]
    public void Rule2_Then_the_subject_of_the_pin() =>
        Assert.Equal("CN=Test Server", Recipient(new Scene { Issuer = Wanted, Trust = trust => trust with { Pin = Peer.Shared.Signer.Certificate } }));

    [Fact]
    public void Rule2_Then_the_requested_issuer() =>
        Assert.Equal("CN=Wanted CA", Recipient(new Scene { Request = PkiBodyType.Kur, Kind = ProtectionKind.Signature, Issuer = Wanted }));

    [Fact]
    public void Rule2_Then_the_issuer_of_the_old_certificate() =>
        Assert.Equal("CN=Test Issuing CA", Recipient(new Scene { Request = PkiBodyType.Kur }));

    [Fact]
    public void Rule2_Then_the_issuer_of_the_protection_certificate() =>
        Assert.Equal("CN=Test Issuing CA", Recipient(new Scene { Kind = ProtectionKind.Signature }));

    [Fact]
    public void Rule2_Else_the_NULL_DN() => Assert.True(new Scene().Start().Sent.Header.Recipient.IsNullDn);

    [Fact]
    public void Rule2_Later_messages_go_to_who_sent_the_last_one() =>
        Assert.Equal("CN=Test Server", new Scene().ToCertConf().Sent.Header.Recipient.DirectoryName!.ToString());

    [Fact]
    public void Rule3_The_senderKID_of_a_signature_is_the_key_identifier_of_the_certificate() =>
        Assert.Equal(
            Peer.Shared.Client.Certificate.SubjectKeyIdentifier!.Value.ToArray(),
            new Scene { Kind = ProtectionKind.Signature }.Start().Sent.Header.SenderKid!.Value.ToArray());

    [Fact]
    public void Rule3_A_certificate_without_key_identifier_gives_no_senderKID()
    {
        MadeCertificate plain = Peer.Shared.Issuing.Issue("CN=Plain", Shape.Leaf with { HasKeyIdentifier = false });
        var scene = new Scene { Settings = settings => settings with { Protector = Peer.Signature(plain), Credential = new SigningCertificate(plain.Certificate, plain.Key) } };
        Assert.Null(scene.Start().Sent.Header.SenderKid);
    }

    [Fact]
    public void Rule3_Under_a_MAC_sender_and_senderKID_are_the_reference()
    {
        PkiHeader header = new Scene().Start().Sent.Header;
        Assert.Equal(Peer.Reference, header.Sender.DirectoryName!.CommonName());
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(header.SenderKid!.Value.ToArray()));
    }

    [Fact]
    public void Rule4_The_transactionID_has_16_octets_and_stays()
    {
        Scene scene = new Scene().ToPolling();
        scene.Answer(scene.Good());
        scene.Accept();
        Assert.Equal(["ir", "pollReq", "certConf"], scene.AllSent.Select(message => message.ToString()));
        string id = Assert.Single(scene.AllSent.Select(message => Hex.Of(message.Header.TransactionId!.Value.Span)).Distinct());
        Assert.Equal(32, id.Length);
        Assert.Equal(id, Hex.Of(scene.Transaction.TransactionId.Span));
    }

    [Fact]
    public void Rule4_A_new_transaction_has_a_new_one() =>
        Assert.NotEqual(Hex.Of(new Scene().Transaction.TransactionId.Span), Hex.Of(new Scene().Transaction.TransactionId.Span));

    [Fact]
    public void Rule4_The_caller_may_set_it()
    {
        var scene = new Scene { Settings = settings => settings with { TransactionId = new byte[] { 1, 2, 3 } } };
        Assert.Equal("010203", Hex.Of(scene.Start().Sent.Header.TransactionId!.Value.Span));
    }

    [Fact]
    public void Rule5_Every_message_has_a_fresh_nonce_of_16_octets()
    {
        Scene scene = new Scene().ToPolling();
        scene.Answer(scene.Good());
        scene.Accept();
        List<string> nonces = scene.AllSent.Select(message => Hex.Of(message.Header.SenderNonce!.Value.Span)).ToList();
        Assert.All(nonces, nonce => Assert.Equal(32, nonce.Length));
        Assert.Equal(3, nonces.Distinct().Count());
    }

    [Fact]
    public void Rule5_The_first_message_has_no_recipNonce_the_next_has_the_peers_nonce()
    {
        Scene scene = new Scene().Start();
        Assert.Null(scene.Sent.Header.RecipNonce);
        scene.Answer(scene.Good(), new Reply { Header = header => header with { SenderNonce = new byte[] { 1, 2, 3 } } });
        scene.Accept();
        Assert.Equal("010203", Hex.Of(scene.Sent.Header.RecipNonce!.Value.Span));
    }

    [Fact]
    public void Rule5_An_answer_without_a_nonce_leaves_the_last_one_in_place()
    {
        Scene scene = new Scene().Start();
        scene.Answer(Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting), new Reply { Header = header => header with { SenderNonce = new byte[] { 1, 2, 3 } } });
        scene.Answer(scene.Good(), new Reply { Header = header => header with { SenderNonce = null } });
        scene.Accept();
        Assert.Equal("010203", Hex.Of(scene.Sent.Header.RecipNonce!.Value.Span));
    }

    [Fact]
    public void A_short_or_missing_nonce_of_the_server_is_tolerated_with_a_note()
    {
        foreach (ReadOnlyMemory<byte>? nonce in new ReadOnlyMemory<byte>?[] { null, new byte[15] })
            Assert.StartsWith("finding: Error Header.SenderNonce (RFC 9483 3.5): ", Assert.Single(new Scene().ToDecision(reply: new Reply { Header = header => header with { SenderNonce = nonce } }).Trace.Notes));
        Assert.Empty(new Scene().ToDecision().Trace.Notes);
    }

    [Fact]
    public void Rule6_messageTime_is_always_there_in_UTC()
    {
        var scene = new Scene { Now = new DateTimeOffset(2026, 6, 1, 14, 0, 0, TimeSpan.FromHours(2)) };
        scene.ToCertConf();
        Assert.All(scene.AllSent, message =>
        {
            Assert.Equal(Peer.Now, message.Header.MessageTime);
            Assert.Equal(TimeSpan.Zero, message.Header.MessageTime!.Value.Offset);
        });
    }

    [Fact]
    public void Rule6_On_badTime_the_user_hears_the_servers_time()
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(Peer.Error(FailInfo.BadTime), new Reply { Header = header => header with { MessageTime = Peer.Now.AddHours(-3) } });
        Assert.Equal("CmpServer.badTime", error.ErrorId);
        Assert.Equal(Peer.Now.AddHours(-3), error.ServerTime);
        Assert.Contains("2026-06-01 09:00:00Z", error.RecommendedAction);
    }

    [Fact]
    public void Rule6_Without_messageTime_the_roads_time_serves()
    {
        Scene scene = new Scene().Start();
        ReadOnlyMemory<byte> answer = scene.Octets(Peer.Error(FailInfo.BadTime), new Reply { Header = header => header with { MessageTime = null } });
        CmpException error = scene.Fails(answer, new RoadReport { ServerTime = Peer.Now.AddHours(2) });
        Assert.Equal(Peer.Now.AddHours(2), error.ServerTime);
        Assert.Contains("2026-06-01 14:00:00Z", error.RecommendedAction);
    }

    [Fact]
    public void Rule7_Version_2_is_spoken_by_default()
    {
        Scene scene = new Scene().ToPolling();
        scene.Answer(scene.Good());
        scene.Accept();
        Assert.All(scene.AllSent, message => Assert.Equal(2, message.Header.Pvno));
    }

    [Fact]
    public void Rule7_Version_3_is_spoken_where_it_is_asked_for()
    {
        Scene scene = new Scene { Settings = settings => settings with { Pvno = 3 } }.ToCertConf();
        Assert.All(scene.AllSent, message => Assert.Equal(3, message.Header.Pvno));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Rule7_Answers_of_version_2_and_3_are_taken(int pvno) =>
        new Scene().ToDecision(reply: new Reply { Header = header => header with { Pvno = pvno } });

    [Theory]
    [InlineData(1, "cmp1999")]
    [InlineData(4, "version 4")]
    [InlineData(0, "version 0")]
    public void Rule7_Other_versions_are_refused_by_name(int pvno, string name)
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(scene.Good(), new Reply { Header = header => header with { Pvno = pvno } });
        Assert.Equal("CmpTransaction.Version", error.ErrorId);
        Assert.Contains(name, error.Message);
        Assert.Equal(pvno == 1 ? "The server speaks cmp1999: use -ProtocolVersion 1." : null, error.RecommendedAction);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData((int)PkiBodyType.Ir)]
    [InlineData((int)PkiBodyType.Cr)]
    [InlineData((int)PkiBodyType.P10cr)]
    [InlineData((int)PkiBodyType.Kur)]
    public void Rule8_implicitConfirm_is_asked_for_in_the_request_and_nowhere_else(int request)
    {
        Scene scene = new Scene { Request = (PkiBodyType)request }.ToPolling();
        scene.Answer(Peer.Response(scene.ResponseType, Peer.Shared.Certify(scene.Key.PublicKey)));
        scene.Accept();
        Assert.Equal([1, 0, 0], scene.AllSent.Select(message => message.Header.GeneralInfo.Count));
        InfoTypeAndValue item = Assert.Single(scene.AllSent[0].Header.GeneralInfo);
        Assert.Equal(Oids.ImplicitConfirm, item.InfoType);
        Assert.Equal([5, 0], item.InfoValue!.Value.ToArray());
    }

    [Fact]
    public void Rule8_implicitConfirm_is_not_asked_for_where_the_preset_or_the_user_says_so()
    {
        Assert.Empty(new Scene { Settings = settings => settings with { ImplicitConfirm = false } }.Start().Sent.Header.GeneralInfo);
        Assert.Empty(new Scene { Settings = settings => settings with { ExplicitConfirm = true } }.Start().Sent.Header.GeneralInfo);
    }

    [Fact]
    public void Rule8_certProfile_and_other_items_stand_in_the_first_message_only()
    {
        Scene scene = new Scene
        {
            Settings = settings => settings with { ImplicitConfirm = false, CertProfile = "router", GeneralInfo = [new InfoTypeAndValue("1.2.3", new byte[] { 5, 0 })] },
        }.ToCertConf();
        Assert.Equal([Oids.CertProfile, "1.2.3"], scene.AllSent[0].Header.GeneralInfo.Select(item => item.InfoType));
        Assert.Equal("3008" + "0C06" + Hex.Of(Encoding.UTF8.GetBytes("router")), Hex.Of(scene.AllSent[0].Header.GeneralInfo[0].InfoValue!.Value.Span));
        Assert.Empty(scene.AllSent[1].Header.GeneralInfo);
    }

    [Fact]
    public void Rule8_The_form_of_certProfile_without_the_inner_sequence_is_read_too()
    {
        Assert.Equal(["router"], new InfoTypeAndValue(Oids.CertProfile, Hex.Parse("0C06" + Hex.Of(Encoding.UTF8.GetBytes("router")))).ReadProfiles());
        Assert.Equal(["router"], InfoTypeAndValue.CertProfile("router").ReadProfiles());
    }

    [Fact]
    public void Rule8_confirmWaitTime_is_the_deadline_of_certConf()
    {
        Scene scene = new Scene().ToDecision(reply: new Reply { Header = header => header with { GeneralInfo = [InfoTypeAndValue.ConfirmWaitTime(Peer.Now.AddMinutes(5))] } });
        Assert.Equal(Peer.Now.AddMinutes(5), scene.Transaction.Issued!.ConfirmWaitTime);
        Assert.Null(new Scene().ToDecision().Transaction.Issued!.ConfirmWaitTime);
    }

    [Theory]
    [InlineData((int)PkiBodyType.Ir)]
    [InlineData((int)PkiBodyType.Cr)]
    [InlineData((int)PkiBodyType.Kur)]
    public void Rule9_The_certReqId_is_0_and_no_other_is_taken(int request)
    {
        Scene scene = new Scene { Request = (PkiBodyType)request }.Start();
        CmpException error = scene.Fails(Peer.Response(scene.ResponseType, Peer.Shared.Certify(scene.Key.PublicKey), certReqId: -1));
        Assert.Equal("CmpTransaction.CertReqId", error.ErrorId);
        scene.StillTakesTheGoodAnswer();
        scene.Accept();
        Assert.Equal(0, scene.CertStatus.CertReqId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Rule9_For_a_p10cr_the_number_of_the_answer_is_used_again(int certReqId)
    {
        Scene scene = new Scene { Request = PkiBodyType.P10cr }.Start();
        scene.Answer(Peer.Response(PkiBodyType.Cp, null, PkiStatus.Waiting, certReqId));
        Assert.Equal([certReqId], Assert.IsType<PollReqContent>(scene.Sent.Body).CertReqIds);
        scene.Answer(Peer.Response(PkiBodyType.Cp, Peer.Shared.Certify(scene.Key.PublicKey), certReqId: certReqId));
        scene.Accept();
        Assert.Equal(certReqId, scene.CertStatus.CertReqId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-2)]
    public void Rule9_For_a_p10cr_any_other_number_is_refused(int certReqId)
    {
        Scene scene = new Scene { Request = PkiBodyType.P10cr }.Start();
        Assert.Equal("CmpTransaction.CertReqId", scene.Fails(Peer.Response(PkiBodyType.Cp, Peer.Shared.Certify(scene.Key.PublicKey), certReqId: certReqId)).ErrorId);
    }

    [Fact]
    public void Rule10_The_signer_comes_first_then_its_chain_without_the_root_then_the_callers_extras_each_once()
    {
        Peer peer = Peer.Shared;
        MadeCertificate other = peer.Issuing.Issue("CN=Extra");
        var scene = new Scene
        {
            Kind = ProtectionKind.Signature,
            Settings = settings => settings with
            {
                Credential = new SigningCertificate(peer.Client.Certificate, peer.Client.Key, [peer.Issuing.Certificate, peer.Root.Certificate]),
                ExtraCertificates = [other.Certificate, peer.Client.Certificate, other.Certificate],
            },
        };
        Assert.Equal(
            new[] { peer.Client.Certificate, peer.Issuing.Certificate, other.Certificate }.Select(certificate => certificate.Thumbprint),
            scene.Start().Sent.ExtraCerts.Select(certificate => certificate.Thumbprint));
    }

    [Fact]
    public void Rule10_Without_certificates_there_is_no_extraCerts()
    {
        PkiMessage sent = new Scene().Start().Sent;
        Assert.Empty(sent.ExtraCerts);
        // protection is the last element: an empty SEQUENCE in [1] would end the message with A1 02 30 00
        Assert.Equal(sent.Protection!.Value.ToArray(), sent.Encoded.Slice(sent.Encoded.Length - sent.Protection.Value.Length).ToArray());
    }

    [Fact]
    public void Rule17_Every_message_is_protected_in_the_same_way()
    {
        foreach (ProtectionKind kind in new[] { ProtectionKind.PasswordBasedMac, ProtectionKind.Signature })
        {
            Scene scene = new Scene { Kind = kind }.ToPolling();
            scene.Answer(scene.Good());
            scene.Accept();
            Assert.Single(scene.AllSent.Select(message => Hex.Of(message.Header.ProtectionAlg!.Encoded.Span)).Distinct());
            Assert.All(scene.AllSent, message => Assert.NotNull(message.Protection));
        }
    }

    [Fact]
    public void Rule23_An_unprotected_message_keeps_sender_and_senderKID()
    {
        PkiMessage sent = new Scene { Kind = ProtectionKind.None }.Start().Sent;
        Assert.Null(sent.Protection);
        Assert.Null(sent.Header.ProtectionAlg);
        Assert.Equal(Peer.Reference, sent.Header.Sender.DirectoryName!.CommonName());
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(sent.Header.SenderKid!.Value.ToArray()));
    }
}
