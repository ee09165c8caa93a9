using System.Linq;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>Who signs an announcement, and what goes with it.</summary>
public sealed class AnnouncementSignerTests
{
    private static ServerSettings Signs(MadeCertificate signer, params MadeCertificate[] chain) => new()
    {
        ClientCertificate = TestServer.Peer.ToX509(signer.Certificate),
        ClientKey = signer.Key,
        ClientChain = [.. chain.Select(one => one.Certificate)],
    };

    [Fact]
    public void Its_subject_is_the_sender_and_its_signature_is_right()
    {
        MadeCertificate signer = Peer.Shared.Signer;
        PkiMessage message = AnnouncementWriter.Write(ToPush.Revocation, Signs(signer), Peer.Now);
        Assert.Equal(signer.Certificate.Subject.ToString(), message.Header.Sender.DirectoryName!.ToString());
        Assert.Equal(Hex.Of(signer.Certificate.SubjectKeyIdentifier!.Value.Span), Hex.Of(message.Header.SenderKid!.Value.Span));
        Assert.True(SignatureAlgorithms.Verify(message.Header.ProtectionAlg!, signer.Certificate.PublicKey, message.ProtectedPart, message.Protection!.Value));
        Assert.Equal("CN=Other", AnnouncementWriter.Write(ToPush.Revocation, Signs(signer), Peer.Now, Name.Parse("CN=Other")).Header.Sender.DirectoryName!.ToString());
    }

    [Fact]
    public void Rule10_The_signer_comes_first_then_its_chain_without_a_root_then_what_is_added()
    {
        Peer peer = Peer.Shared;
        ServerSettings speaker = Signs(peer.Signer, peer.Issuing, peer.Root) with { ExtraCertificate = [peer.Client.Certificate, peer.Issuing.Certificate] };
        PkiMessage message = AnnouncementWriter.Write(ToPush.Crl, speaker, Peer.Now);
        Assert.Equal(
            new[] { peer.Signer, peer.Issuing, peer.Client }.Select(one => Hex.Of(one.Certificate.Encoded.Span)),
            message.ExtraCerts.Select(certificate => Hex.Of(certificate.Encoded.Span)));
    }

    [Fact]
    public void Of_a_secret_and_a_certificate_the_protection_chooses()
    {
        ServerSettings both = Signs(Peer.Shared.Signer) with { Secret = new ReferenceAndSecret("ref-1", new System.Net.NetworkCredential(string.Empty, "secret").SecurePassword), IterationCount = 100 };
        Assert.Equal(Oids.PasswordBasedMac, AnnouncementWriter.Write(ToPush.Crl, both, Peer.Now).Header.ProtectionAlg!.Oid);
        Assert.NotEqual(Oids.PasswordBasedMac, AnnouncementWriter.Write(ToPush.Crl, both with { Protection = ProtectionKind.Signature }, Peer.Now).Header.ProtectionAlg!.Oid);
    }

    [Fact]
    public void Rule19_A_key_that_is_not_that_of_the_certificate_signs_nothing()
    {
        ServerSettings speaker = Signs(Peer.Shared.Signer) with { ClientKey = Peer.Shared.Client.Key };
        Assert.Equal("CmpKey.Mismatch", Assert.Throws<CmpException>(() => AnnouncementWriter.Write(ToPush.Crl, speaker, Peer.Now)).ErrorId);
    }

    [Fact]
    public void A_certificate_without_a_key_signs_nothing()
    {
        ServerSettings speaker = Signs(Peer.Shared.Signer) with { ClientKey = null };
        Assert.Equal("CmpKey.Missing", Assert.Throws<CmpException>(() => AnnouncementWriter.Write(ToPush.Crl, speaker, Peer.Now)).ErrorId);
    }
}
