using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What the authority says unasked (RFC 9810 5.3.13 to 5.3.16), without a road.</summary>
public class AnnouncerTests
{
    [Fact]
    public void Rule73_A_key_update_is_signed_under_the_old_root_and_proves_the_new_one()
    {
        using CertificationAuthority authority = NewAuthority();
        using Responder responder = NewResponder(authority);
        Certificate first = authority.Root;
        for (int changes = 0; changes < 2; changes++)
        {
            Certificate old = authority.Root;
            authority.UpdateRoot(DateTimeOffset.UtcNow, _ => { });
            PkiMessage message = PkiMessage.Decode(responder.Announce(AnnouncementType.CaKeyUpdate));
            var content = Assert.IsType<CaKeyUpdContent>(message.Body);
            // RFC 9810 7: the form of before, which clients of both generations read
            Assert.Equal((2, true), (message.Header.Pvno, content.V2 is not null));
            Assert.True(content.NewWithNew.IsSameAs(authority.Root));
            RootUpdate.Prove(old, authority.RootChanges[changes].Content, DateTimeOffset.UtcNow);
            Believe(message, old);
            // by the certificate that the issuing CA had of that root, not by way of the root that is announced
            CertificatePath path = PathBuilder.Build(authority.Signer, [old], message.ExtraCerts.Where(certificate => !certificate.IsSelfIssued), new PathOptions(DateTimeOffset.UtcNow));
            Assert.Equal(3, path.Certificates.Count);
            // what is under the new root is published with it (RFC 9810 D.4)
            Assert.Contains(message.ExtraCerts, certificate => certificate.IsSameAs(authority.Issuing));
            // who trusts another root believes nothing of it
            Disbelieve(message, Peer.Authority.Root);
        }
        // nor who has not heard of the change before
        Disbelieve(PkiMessage.Decode(responder.Announce(AnnouncementType.CaKeyUpdate)), first);
    }

    [Fact]
    public void A_key_update_in_the_form_of_cmp2021_has_its_version()
    {
        using CertificationAuthority authority = NewAuthority();
        using Responder responder = NewResponder(authority, new TestServerOptions { AnnounceInCmp2021 = true });
        Certificate old = authority.Root;
        authority.UpdateRoot(DateTimeOffset.UtcNow, _ => { });
        PkiMessage message = PkiMessage.Decode(responder.Announce(AnnouncementType.CaKeyUpdate));
        var content = Assert.IsType<CaKeyUpdContent>(message.Body);
        Assert.Equal((3, true), (message.Header.Pvno, content.V3 is not null));
        RootUpdate.Prove(old, content.V3!, DateTimeOffset.UtcNow);
        // nothing else needs that version
        Assert.Equal(2, PkiMessage.Decode(responder.Announce(AnnouncementType.Crl)).Header.Pvno);
    }

    [Fact]
    public void Where_the_root_has_not_changed_there_is_nothing_to_say()
    {
        using var peer = new Peer();
        CmpException error = Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.CaKeyUpdate));
        Assert.Equal(("CmpArgument.Announcement", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Contains("UpdateRoot()", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule74_An_announcement_has_the_time_of_the_server_and_is_for_nobody_in_particular()
    {
        using var peer = new Peer();
        peer.Now = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        PkiMessage first = PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Crl)), second = PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Crl));
        Assert.Equal(peer.Now, first.Header.MessageTime);
        Assert.True(first.Header.Recipient.IsNullDn);
        Assert.True(first.Header.Sender.DirectoryName!.IsSameAs(Peer.Authority.Signer.Subject));
        Assert.Null(first.Header.RecipNonce);
        Assert.NotEqual(first.Header.TransactionId!.Value.ToArray(), second.Header.TransactionId!.Value.ToArray());
        Believe(first, Peer.Authority.Root, peer.Now);
        Disbelieve(first, Peer.OtherAuthority.Root, peer.Now);
        Assert.Contains("Sent crlann", peer.Trace.Notes);
    }

    [Fact]
    public void The_CRL_is_the_current_one_of_the_CA_that_issues()
    {
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll();
        CertificateList before = Crl(peer);
        Assert.True(before.Issuer.IsSameAs(Peer.Authority.Issuing.Subject));
        Assert.Null(before.Find(one.Certificate.SerialNumber));
        Revoke(peer, one, RevocationReason.Superseded);
        CertificateList after = Crl(peer);
        Assert.NotNull(after.Find(one.Certificate.SerialNumber));
        Assert.True(after.ThisUpdate > before.ThisUpdate);
        Assert.True(SignatureAlgorithms.Verify(after.SignatureAlgorithm, Peer.Authority.Issuing.PublicKey, after.TbsCertList, after.Signature));
    }

    [Fact]
    public void A_certificate_is_the_one_that_is_named_or_the_last_one()
    {
        using var peer = new Peer();
        CmpException error = Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.Certificate));
        Assert.Equal("CmpArgument.Announcement", error.ErrorId);
        Certificate first = peer.Enroll("CN=first").Certificate, second = peer.Enroll("CN=second").Certificate;
        Assert.True(Announced(peer, null).IsSameAs(second));
        Assert.True(Announced(peer, first).IsSameAs(first));
        // of whom it is nobody asks: who hears it looks
        Certificate foreign = Peer.Vendor().Certificate;
        Assert.True(Announced(peer, foreign).IsSameAs(foreign));

        static Certificate Announced(Peer peer, Certificate? certificate) =>
            Assert.IsType<CertAnnContent>(PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Certificate, certificate)).Body).Certificate;
    }

    [Fact]
    public void A_revocation_that_was_is_told_as_its_CRL_tells_it()
    {
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll("CN=one"), other = peer.Enroll("CN=other");
        DateTimeOffset since = CertificationAuthority.WholeSeconds(peer.Now.AddDays(-3));
        Revoke(peer, one, RevocationReason.KeyCompromise, since);
        Revoke(peer, other, null);
        RevAnnContent told = Rann(peer, one.Certificate);
        Assert.Equal(PkiStatus.RevocationNotification, told.Status);
        Assert.True(told.CertId.Issuer.DirectoryName!.IsSameAs(Peer.Authority.Issuing.Subject));
        Assert.Equal(one.Certificate.SerialNumber.ToArray(), told.CertId.SerialNumber.ToArray());
        Assert.Equal((CertificationAuthority.WholeSeconds(peer.Now), since), (told.WillBeRevokedAt, told.BadSinceDate));
        Assert.Equal(CrlExtensions.Reason(RevocationReason.KeyCompromise).Value.ToArray(), Assert.Single(told.CrlDetails).Value.ToArray());
        // nobody said why, or since when
        RevAnnContent bare = Rann(peer, other.Certificate);
        Assert.Equal((bare.WillBeRevokedAt, 0), (bare.BadSinceDate, bare.CrlDetails.Count));
    }

    [Fact]
    public void A_revocation_that_will_be_is_a_warning_and_revokes_nothing()
    {
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll();
        RevAnnContent told = Rann(peer, one.Certificate);
        Assert.Equal(PkiStatus.RevocationWarning, told.Status);
        Assert.Equal(CertificationAuthority.WholeSeconds(peer.Now.AddDays(1)), told.WillBeRevokedAt);
        Assert.Equal(told.WillBeRevokedAt, told.BadSinceDate);
        Assert.Single(peer.Responder.Issued);
        // said again it is the same, until its time has come
        peer.Now += TimeSpan.FromHours(5);
        Assert.Equal(told.WillBeRevokedAt, Rann(peer, one.Certificate).WillBeRevokedAt);
        peer.Now += TimeSpan.FromDays(1);
        Assert.Equal(CertificationAuthority.WholeSeconds(peer.Now.AddDays(1)), Rann(peer, one.Certificate).WillBeRevokedAt);
        Revoke(peer, one, null);
        Assert.Equal(PkiStatus.RevocationNotification, Rann(peer, one.Certificate).Status);
    }

    [Fact]
    public void A_revocation_is_of_a_certificate_that_was_issued_here()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        Certificate[] strangers = [Peer.Vendor().Certificate, Peer.Authority.Signer, Peer.Authority.Issuing];
        foreach (Certificate stranger in strangers)
            Assert.Equal("CmpArgument.Certificate", Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.Revocation, stranger)).ErrorId);
        Assert.Equal("CmpArgument.Certificate", Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.Revocation)).ErrorId);
        // nor of one that its owner never confirmed
        PkiMessage answer = peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=unconfirmed"));
        Certificate unconfirmed = Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        peer.Now += TimeSpan.FromMinutes(6);
        Assert.Equal("CmpArgument.Certificate", Assert.Throws<CmpException>(() => peer.Responder.Announce(AnnouncementType.Revocation, unconfirmed)).ErrorId);
    }

    [Theory]
    [InlineData(AnnouncementType.Crl)]
    [InlineData(AnnouncementType.CaKeyUpdate)]
    public void A_certificate_that_has_no_place_is_not_passed_over(AnnouncementType type)
    {
        using var peer = new Peer();
        Assert.Equal("CmpArgument.Certificate", Assert.Throws<CmpException>(() => peer.Responder.Announce(type, Peer.Authority.Signer)).ErrorId);
        Assert.Equal("CmpArgument.Announcement", Assert.Throws<CmpException>(() => peer.Responder.Announce((AnnouncementType)99)).ErrorId);
    }

    [Fact]
    public void Each_change_of_the_root_is_found_by_the_key_that_was_the_old_one()
    {
        using CertificationAuthority authority = NewAuthority();
        using Responder responder = NewResponder(authority);
        Certificate first = authority.Root;
        Assert.Null(responder.Announced(KeyUpdate(AuthorityKeyIdentifier.Of(first))));
        authority.UpdateRoot(DateTimeOffset.UtcNow, _ => { });
        Certificate second = authority.Root;
        authority.UpdateRoot(DateTimeOffset.UtcNow, _ => { });
        AuthorityKeyIdentifier[] ways =
        [
            AuthorityKeyIdentifier.Of(first),
            new AuthorityKeyIdentifier { KeyIdentifier = first.SubjectKeyIdentifier },
            new AuthorityKeyIdentifier { CertIssuer = [GeneralName.FromName(first.Issuer)], CertSerialNumber = first.SerialNumber },
        ];
        foreach (AuthorityKeyIdentifier way in ways)
        {
            PkiMessage message = Found(responder, KeyUpdate(way));
            Assert.True(Assert.IsType<CaKeyUpdContent>(message.Body).NewWithNew.IsSameAs(second));
            Believe(message, first);
        }
        Assert.True(Assert.IsType<CaKeyUpdContent>(Found(responder, KeyUpdate(AuthorityKeyIdentifier.Of(second))).Body).NewWithNew.IsSameAs(authority.Root));
        // the present one has no successor; what fits in one part only means another key; and nothing means none
        AuthorityKeyIdentifier[] others =
        [
            AuthorityKeyIdentifier.Of(authority.Root),
            AuthorityKeyIdentifier.Of(first) with { CertSerialNumber = second.SerialNumber },
            AuthorityKeyIdentifier.Of(first) with { CertIssuer = [GeneralName.FromName(authority.Issuing.Subject)] },
            new AuthorityKeyIdentifier(),
        ];
        Assert.All(others, other => Assert.Null(responder.Announced(KeyUpdate(other))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CRLs_are_found_by_their_issuer_however_it_is_written(bool asGeneralNames)
    {
        using var peer = new Peer();
        foreach (Certificate issuer in new[] { Peer.Authority.Issuing, Peer.Authority.Root })
        {
            PkiMessage message = Found(peer.Responder, new AnnouncementTarget.Crl(Issuer(issuer.Subject, asGeneralNames)));
            CertificateList crl = Assert.Single(Assert.IsType<CrlAnnContent>(message.Body).Crls);
            Assert.True(crl.Issuer.IsSameAs(issuer.Subject));
            Assert.True(SignatureAlgorithms.Verify(crl.SignatureAlgorithm, issuer.PublicKey, crl.TbsCertList, crl.Signature));
            Believe(message, Peer.Authority.Root, peer.Now);
        }
        Assert.Null(peer.Responder.Announced(new AnnouncementTarget.Crl(Issuer(Name.Parse("CN=another"), asGeneralNames))));
        Assert.Null(peer.Responder.Announced(new AnnouncementTarget.Crl(Issuer(Name.Empty, asGeneralNames))));
    }

    [Fact]
    public void A_revocation_is_found_when_it_was_or_was_announced()
    {
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll("CN=one"), other = peer.Enroll("CN=other");
        AnnouncementTarget target = Target(one.Certificate);
        Assert.Null(peer.Responder.Announced(target));
        // a warning holds until its time
        peer.Responder.Announce(AnnouncementType.Revocation, one.Certificate);
        Assert.Equal(PkiStatus.RevocationWarning, Assert.IsType<RevAnnContent>(Found(peer.Responder, target).Body).Status);
        Assert.Null(peer.Responder.Announced(Target(other.Certificate)));
        peer.Now += TimeSpan.FromDays(2);
        Assert.Null(peer.Responder.Announced(target));
        peer.Responder.Announce(AnnouncementType.Revocation, one.Certificate);
        // what was held is so no longer when its hold is lifted
        Revoke(peer, one, RevocationReason.CertificateHold);
        PkiMessage held = Found(peer.Responder, target);
        Assert.Equal(PkiStatus.RevocationNotification, Assert.IsType<RevAnnContent>(held.Body).Status);
        Assert.Equal(peer.Now, held.Header.MessageTime!.Value, TimeSpan.FromSeconds(1));
        Believe(held, Peer.Authority.Root, peer.Now);
        // asked for again it is said again, with the time of now (rule 74)
        peer.Now += TimeSpan.FromDays(2);
        Assert.Equal(peer.Now, Found(peer.Responder, target).Header.MessageTime!.Value, TimeSpan.FromSeconds(1));
        peer.MacClient().Send(new RevReqContent([RevDetails.Of(one.Certificate, RevocationReason.RemoveFromCrl)]));
        Assert.Null(peer.Responder.Announced(target));

        // of the same number, and another issuer's
        Revoke(peer, other, null);
        Assert.NotNull(peer.Responder.Announced(Target(other.Certificate)));
        Assert.Null(peer.Responder.Announced(new AnnouncementTarget.Revocation(Issuer(Peer.Authority.Root.Subject, false), other.Certificate.SerialNumber)));
        Assert.NotNull(peer.Responder.Announced(new AnnouncementTarget.Revocation(Issuer(other.Certificate.Issuer, true), other.Certificate.SerialNumber)));
        Assert.Null(peer.Responder.Announced(new AnnouncementTarget.Revocation(other.Certificate.Issuer.Encoded, new byte[] { 0 })));
    }

    [Theory]
    [InlineData("30")]
    [InlineData("0500")]
    [InlineData("3003020101")]
    [InlineData("30030201")]
    [InlineData("3004A402")]
    [InlineData("300030")]
    public void Names_that_are_none_are_malformed(string octets)
    {
        using var peer = new Peer();
        byte[] name = Hex.Parse(octets);
        AnnouncementTarget[] targets = [new AnnouncementTarget.Crl(name), new AnnouncementTarget.Revocation(name, new byte[] { 1 }), new AnnouncementTarget.CaKeyUpdate(name)];
        Assert.All(targets, target => Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => peer.Responder.Announced(target)).ErrorId));
    }

    private static AnnouncementTarget KeyUpdate(AuthorityKeyIdentifier key) => new AnnouncementTarget.CaKeyUpdate(key.Encoded);

    private static AnnouncementTarget Target(Certificate certificate) => new AnnouncementTarget.Revocation(certificate.Issuer.Encoded, certificate.SerialNumber);

    private static byte[] Issuer(Name name, bool asGeneralNames)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        if (asGeneralNames)
            writer.WriteList([GeneralName.FromText(GeneralNameType.DnsName, "ca.example"), GeneralName.FromName(name)]);
        else
            name.Write(writer);
        return writer.Encode();
    }

    private static PkiMessage Found(Responder responder, AnnouncementTarget target) => PkiMessage.Decode(Assert.IsType<ReadOnlyMemory<byte>>(responder.Announced(target)));

    private static CertificationAuthority NewAuthority() => new(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow);

    private static Responder NewResponder(CertificationAuthority authority, TestServerOptions? options = null) => new(options ?? new TestServerOptions(), authority, [1, 2, 3]);

    private static void Believe(PkiMessage message, Certificate anchor, DateTimeOffset? now = null)
    {
        using var verifier = new AnswerVerifier(new TrustSettings { Anchors = [anchor] }, null, ProtectionKind.Signature);
        Assert.True(verifier.Verify(message, [], now ?? DateTimeOffset.UtcNow).IsAuthenticated);
    }

    private static void Disbelieve(PkiMessage message, Certificate anchor, DateTimeOffset? now = null) =>
        Assert.Equal(CmpErrorKind.Trust, Assert.Throws<CmpException>(() => Believe(message, anchor, now)).Kind);

    private static CertificateList Crl(Peer peer) => Assert.Single(Assert.IsType<CrlAnnContent>(PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Crl)).Body).Crls);

    private static RevAnnContent Rann(Peer peer, Certificate certificate) => Assert.IsType<RevAnnContent>(PkiMessage.Decode(peer.Responder.Announce(AnnouncementType.Revocation, certificate)).Body);

    private static void Revoke(Peer peer, SigningCertificate certificate, RevocationReason? reason, DateTimeOffset? since = null)
    {
        PkiMessage answer = peer.SigningClient(certificate).Send(new RevReqContent([RevDetails.Of(certificate.Certificate, reason, since)]));
        Assert.Equal(PkiStatus.Accepted, Assert.Single(Assert.IsType<RevRepContent>(answer.Body).Statuses).Status);
    }
}
