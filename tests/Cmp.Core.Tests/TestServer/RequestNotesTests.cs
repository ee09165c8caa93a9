using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What a request says besides its template (RFC 4211 6 and 7).</summary>
public class RequestNotesTests
{
    private static CertReqMsg Request(PrivateKey key, string subject, params AttributeTypeAndValue[] controls) => Peer.Signed(Peer.Asked(key, subject) with { Controls = controls }, key);

    [Fact]
    public void Rule70_Controls_and_registration_information_are_told_but_not_what_is_secret()
    {
        using var peer = new Peer();
        PrivateKey key = Peer.NewKey();
        CertReqMsg request = Request(
            key,
            "CN=wanted",
            Controls.RegToken("hush hush"),
            Controls.Authenticator("mother's maiden name"),
            Controls.PublicationInfo(new PkiPublicationInfo(true, [])),
            Controls.ProtocolEncrKey(key.PublicKey),
            Controls.AlgId(key.PublicKey.Algorithm),
            Controls.RsaKeyLen(2048),
            new AttributeTypeAndValue("1.2.3.4", new byte[] { 5, 0 })) with
        {
            RegInfo = [Controls.Utf8Pairs([new KeyValuePair<string, string>("department", "17\u001b[31m")])],
        };
        Assert.NotNull(ProofScene.Plain(peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [request]))));
        string[] notes = [.. peer.Trace.Notes.Where(note => note.StartsWith("Request 0 has", StringComparison.Ordinal))];
        Assert.Equal(
            [
                "Request 0 has the control regToken.", "Request 0 has the control authenticator.", "Request 0 has the control pkiPublicationInfo: pleasePublish.",
                "Request 0 has the control protocolEncrKey: ecPublicKey.", "Request 0 has the control algId: ecPublicKey.", "Request 0 has the control rsaKeyLen: 2048.",
                "Request 0 has the control 1.2.3.4.",
            ],
            notes.Take(7));
        Assert.StartsWith("Request 0 has the registration information utf8Pairs: department?17", notes[7], StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", notes[7], StringComparison.Ordinal);
        Assert.DoesNotContain(peer.Trace.Notes, note => note.Contains("hush hush") || note.Contains("maiden"));
    }

    [Fact]
    public void What_is_not_to_be_published_is_not_announced()
    {
        using var folder = new Folder();
        using var peer = new Peer(new TestServerOptions { StatePath = folder.PathOf("server"), ImplicitConfirmation = ImplicitConfirmation.Always });
        PrivateKey key = Peer.NewKey();
        Certificate open = ProofScene.Plain(peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [Request(key, "CN=open")])));
        Certificate secret = ProofScene.Plain(peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [Request(key, "CN=secret", Controls.PublicationInfo(new PkiPublicationInfo(false, [])))])));
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(2, peer.Responder.Issued.Count);
            CertAnnContent announced = Assert.IsType<CertAnnContent>(PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Certificate)).Body);
            Assert.True(announced.Certificate.IsSameAs(open));
            Assert.Equal("CmpArgument.Certificate", Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.Certificate, secret)).ErrorId);
            peer.Restart();
        }
    }

    [Fact]
    public void A_control_that_is_malformed_is_refused_where_it_is_needed()
    {
        using var peer = new Peer();
        Refused.ByResponse(FailInfo.BadDataFormat, peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [Request(Peer.NewKey(), "CN=wanted", new AttributeTypeAndValue(Oids.PkiPublicationInfo, new byte[] { 0x30, 0 }))])));
        Refused.ByResponse(FailInfo.BadDataFormat, peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [Request(Peer.NewKey(), "CN=wanted", new AttributeTypeAndValue(Oids.PkiArchiveOptions, new byte[] { 0x30, 0 }))])));
        Assert.Empty(peer.Responder.Issued);
    }
}
