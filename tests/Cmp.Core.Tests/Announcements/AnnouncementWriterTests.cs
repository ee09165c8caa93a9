using System;
using System.Linq;
using System.Net;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>An announcement is made as a CA makes it: the header by RFC 9810 5.1.1 and D.4, protection and certificates as who speaks says.</summary>
public sealed class AnnouncementWriterTests
{
    private static ServerSettings Unprotected { get; } = new() { Protection = ProtectionKind.None };

    private static ServerSettings UnderSecret { get; } = new() { Secret = new ReferenceAndSecret("ref-1", new NetworkCredential(string.Empty, "correct horse").SecurePassword), IterationCount = 100 };

    private static CmpException Fails(PkiBody content, ServerSettings speaker) => Assert.Throws<CmpException>(() => AnnouncementWriter.Write(content, speaker, Peer.Now));

    [Fact]
    public void The_header_is_that_of_one_who_answers_nobody()
    {
        PkiMessage message = AnnouncementWriter.Write(ToPush.Crl, Unprotected, Peer.Now);
        PkiHeader header = PkiMessage.Decode(message.Encoded).Header;
        Assert.Equal((2, Peer.Now, true), (header.Pvno, header.MessageTime!.Value, header.Recipient.IsNullDn));
        Assert.Equal((16, 16), (header.TransactionId!.Value.Length, header.SenderNonce!.Value.Length));
        Assert.Null(header.RecipNonce);
        Assert.Null(header.ProtectionAlg);
        Assert.Null(message.Protection);
        Assert.NotEqual(Hex.Of(header.TransactionId.Value.Span), Hex.Of(AnnouncementWriter.Write(ToPush.Crl, Unprotected, Peer.Now).Header.TransactionId!.Value.Span));
    }

    [Fact]
    public void Where_nobody_signs_the_sender_is_the_CA_that_the_content_is_of()
    {
        string issuing = Peer.Shared.Issuing.Certificate.Subject.ToString();
        Assert.Equal(
            ["CN=Test Root", issuing, issuing, issuing],
            ToPush.All.Select(content => AnnouncementWriter.Write(content, Unprotected, Peer.Now).Header.Sender.DirectoryName!.ToString()));
        Assert.Equal("CN=Other", AnnouncementWriter.Write(ToPush.Crl, Unprotected, Peer.Now, Name.Parse("CN=Other")).Header.Sender.DirectoryName!.ToString());
    }

    [Fact]
    public void A_revocation_whose_issuer_has_no_name_wants_a_sender()
    {
        RevAnnContent content = ToPush.Revocation with { CertId = new CertId(GeneralName.FromText(GeneralNameType.Rfc822Name, "ca@example.com"), new byte[] { 1 }) };
        Assert.Equal("CmpArgument.Sender", Fails(content, Unprotected).ErrorId);
        Assert.Equal("CN=CA", AnnouncementWriter.Write(content, Unprotected, Peer.Now, Name.Parse("CN=CA")).Header.Sender.DirectoryName!.ToString());
    }

    [Fact]
    public void A_recipient_can_be_named()
    {
        ServerSettings speaker = Unprotected with { Recipient = Name.Parse("CN=Someone") };
        Assert.Equal("CN=Someone", AnnouncementWriter.Write(ToPush.Crl, speaker, Peer.Now).Header.Recipient.DirectoryName!.ToString());
    }

    [Fact]
    public void Under_a_secret_its_reference_is_named_and_the_MAC_is_right()
    {
        PkiMessage message = AnnouncementWriter.Write(ToPush.Crl, UnderSecret, Peer.Now);
        Assert.Equal(Oids.PasswordBasedMac, message.Header.ProtectionAlg!.Oid);
        Assert.Equal("ref-1", System.Text.Encoding.UTF8.GetString(message.Header.SenderKid!.Value.ToArray()));
        Assert.Empty(message.ExtraCerts);
        foreach ((string secret, bool isRight) in new[] { ("correct horse", true), ("wrong horse", false) })
        {
            SharedSecretMac mac = SharedSecretMac.Read(message.Header.ProtectionAlg, CmpLimits.Default);
            Assert.Equal(isRight, mac.Verify(Peer.Secret(secret), message.ProtectedPart, message.Protection!.Value) is not null);
        }
    }

    [Fact]
    public void Without_a_credential_it_is_not_made_in_silence()
    {
        CmpException error = Fails(ToPush.Crl, new ServerSettings());
        Assert.Equal("CmpArgument.NoCredential", error.ErrorId);
        Assert.Contains("-Signer", error.RecommendedAction);
    }

    [Theory]
    [InlineData(ProtectionKind.Signature)]
    [InlineData(ProtectionKind.Pbmac1)]
    public void A_protection_needs_its_credential(ProtectionKind kind) => Assert.Equal("CmpArgument.NoCredential", Fails(ToPush.Crl, new ServerSettings { Protection = kind }).ErrorId);

    [Theory]
    [InlineData(ProtectionKind.KemBasedMac)]
    [InlineData(ProtectionKind.DhBasedMac)]
    public void Nobody_is_there_to_agree_on_a_key_with(ProtectionKind kind) => Assert.Equal("CmpArgument.Protection", Fails(ToPush.Crl, UnderSecret with { Protection = kind }).ErrorId);

    [Fact]
    public void What_announces_nothing_is_no_announcement() =>
        Assert.Equal("CmpArgument.Announcement", Assert.Throws<CmpException>(() => AnnouncementWriter.Write(new PkiConfirmContent(), Unprotected, Peer.Now, Name.Parse("CN=CA"))).ErrorId);

    [Fact]
    public void The_version_hangs_on_the_form_of_a_key_update()
    {
        CaKeyUpdContent v3 = ToPush.KeyUpdate;
        var v2 = new CaKeyUpdContent(new CaKeyUpdAnnContent(v3.OldWithNew!, v3.NewWithOld!, v3.NewWithNew));
        Assert.Equal((2, 3), (AnnouncementWriter.Write(v2, Unprotected, Peer.Now).Header.Pvno, AnnouncementWriter.Write(v3, Unprotected, Peer.Now).Header.Pvno));
    }

    [Fact]
    public void What_was_made_here_nobody_has_judged()
    {
        foreach (PkiBody content in ToPush.All)
        {
            PkiMessage message = AnnouncementWriter.Write(content, Unprotected, Peer.Now);
            Announcement made = AnnouncementWriter.Made(message, Peer.Now);
            Assert.Equal((AnnouncementSource.Made, false, "CmpAnnouncement.NotJudged"), (made.Source, made.Verified, made.Problem!.Id));
            Assert.Same(message, made.Message);
            Assert.Equal(content is CrlAnnContent ? 1 : 0, made.Crls.Count);
            Assert.Equal(made.Id, AnnouncementWriter.Made(AnnouncementWriter.Write(content, UnderSecret, Peer.Now), Peer.Now).Id);
        }
    }
}
