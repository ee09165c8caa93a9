using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.TestServer;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>DHBasedMac between static keys (RFC 9810 5.1.3.2).</summary>
public class DhBasedMacTests
{
    [Theory]
    [InlineData("X25519", null, null)]
    [InlineData("X448", "SHA512", "HMAC-SHA512")]
    [InlineData("ECDSA_P256", "SHA256", "AES256-GMAC")]
    [InlineData("ECDSA_P384", "SHA384", "KMAC256")]
    [InlineData("ECDSA_P521", "SHA256", null)]
    public void Rule31_Client_and_server_with_keys_of_one_curve_protect_each_message_so_and_caPubs_are_not_trusted(string algorithm, string? hash, string? mac)
    {
        using SigningCertificate device = AgreedScene.Device(algorithm, 0x08);
        var peer = new Peer(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse(algorithm), PollCount = 1, ImplicitConfirmation = ImplicitConfirmation.Never });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.DhBasedMac, device, peer.Responder.DhCertificate, hasAnchor: false) with { HashAlgorithm = hash, MacAlgorithm = mac });
        Assert.IsType<TransactionStep.Done>(scene.Run());
        Assert.All(scene.Sent.Concat(scene.Answers), message => Assert.Equal(Oids.DhBasedMac, message.Header.ProtectionAlg!.Oid));
        Assert.All(scene.Sent, message => Assert.Equal(peer.Responder.DhCertificate!.SubjectKeyIdentifier!.Value.ToArray(), message.Header.RecipKid!.Value.ToArray()));
        Assert.True(scene.Sent[0].ExtraCerts[0].IsSameAs(device.Certificate));
        Assert.True(scene.Transaction.KnownSigner!.Certificate.IsSameAs(peer.Responder.DhCertificate!));
        Assert.False(scene.Transaction.Issued!.CaPubsAreTrusted);
        Assert.True(scene.Transaction.Confirmed);
    }

    [Fact]
    public void An_enrolment_is_taken_up_by_another_process()
    {
        using SigningCertificate device = AgreedScene.Device("X25519", 0x08);
        var peer = new Peer(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519"), PollCount = 1 });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.DhBasedMac, device, peer.Responder.DhCertificate, hasAnchor: false));
        scene.Stops = send => send.Body == PkiBodyType.PollReq;
        Assert.IsType<TransactionStep.Send>(scene.Run());
        Assert.IsType<TransactionStep.Done>(scene.Resume());
    }

    public static TheoryData<string, string> BadAnswers => new()
    {
        { "another body", "CmpProtection.Invalid" },
        { "another key", "CmpProtection.Invalid" },
        { "another sender", "CmpProtection.Sender" },
        { "no parameters", "CmpProtection.Algorithm" },
        { "MD5", "CmpProtection.Algorithm" },
        { "SHA-1", "CmpProtection.Algorithm" },
        { "a signature", "CmpProtection.Kind" },
        { "no protection", "CmpProtection.Missing" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public void Rule67_An_answer_that_is_not_under_what_both_keys_agree_on_is_refused(string what, string errorId)
    {
        using SigningCertificate device = AgreedScene.Device("X25519", 0x08);
        var peer = new Peer(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519") });
        using PrivateKey otherKey = PrivateKey.Generate(KeyAlgorithm.Parse("X25519"));
        Certificate other = Peer.Authority.Issue(Peer.Content(otherKey, "CN=Cmp Test Server", TestExtensions.KeyUsage(0x08)));
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.DhBasedMac, device, peer.Responder.DhCertificate, hasAnchor: false), (_, _, octets) =>
        {
            PkiMessage ip = PkiMessage.Decode(octets);
            DhbmParameter dh = DhbmParameter.Decode(ip.Header.ProtectionAlg!.Parameters!.Value);
            using var forger = new DhCertificate(other, otherKey, device.Certificate);
            using var signer = new SigningCertificate(Peer.Authority.Signer, Peer.Authority.SignerKey);
            return what switch
            {
                "another body" => (ip with { Body = new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]) }).Encoded,
                "another key" => MessageProtector.DhBasedMac(forger, new DhMacOptions()).Protect(ip.Header, ip.Body, [other]).Encoded,
                "another sender" => (ip with { Header = ip.Header with { Sender = GeneralName.FromName(Name.Parse("CN=somebody")) } }).Encoded,
                "no parameters" => With(new AlgorithmIdentifier(Oids.DhBasedMac)),
                "MD5" => With(new AlgorithmIdentifier(Oids.DhBasedMac, (dh with { Owf = AlgorithmIdentifier.WithNull(Oids.Md5) }).Encoded)),
                "SHA-1" => With(new AlgorithmIdentifier(Oids.DhBasedMac, (dh with { Owf = AlgorithmIdentifier.WithNull(Oids.Sha1) }).Encoded)),
                "a signature" => MessageProtector.Signature(signer, null, false).Protect(ip.Header, ip.Body, [Peer.Authority.Signer, Peer.Authority.Issuing]).Encoded,
                _ => AgreedScene.Unprotected(ip),
            };

            ReadOnlyMemory<byte> With(AlgorithmIdentifier algorithm) => (ip with { Header = ip.Header with { ProtectionAlg = algorithm } }).Encoded;
        });
        Assert.Equal(errorId, Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
        Assert.Null(scene.Transaction.KnownSigner);
        Assert.Null(scene.Transaction.Issued);
        Assert.False(scene.Transaction.IsOver);
    }

    [Fact]
    public void Rule66_DHBasedMac_is_refused_where_a_signature_is_configured()
    {
        using SigningCertificate device = AgreedScene.Device("ECDSA_P256", 0x88);
        var peer = new Peer(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse("ECDSA_P256") });
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate forged = Peer.Authority.Issue(Peer.Content(key, "CN=Cmp Test Server", TestExtensions.KeyUsage(0x08)));
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.Signature, device), (_, _, octets) =>
        {
            PkiMessage ip = PkiMessage.Decode(octets);
            using var server = new DhCertificate(forged, key, device.Certificate);
            return MessageProtector.DhBasedMac(server, new DhMacOptions()).Protect(ip.Header, ip.Body, [forged]).Encoded;
        });
        Assert.Equal("CmpProtection.Kind", Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
    }

    [Fact]
    public void The_server_refuses_keys_that_are_not_trusted_and_MACs_that_are_wrong()
    {
        using SigningCertificate device = AgreedScene.Device("X25519", 0x08), stranger = AgreedScene.Device("X25519", 0x08), otherCurve = AgreedScene.Device("X448", 0x08);
        using var peer = new Peer(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519") });
        using var none = new Peer(AgreedScene.Trusting(device));
        Assert.Equal(FailInfo.SignerNotTrusted, Ask(peer, stranger, stranger));
        Assert.Equal(FailInfo.BadMessageCheck, Ask(peer, stranger, device));
        Assert.Equal(FailInfo.BadAlg, Ask(none, device, device));

        FailInfo? Ask(Peer server, SigningCertificate key, SigningCertificate named)
        {
            using var credential = new DhCertificate(key.Certificate, key.Key, peer.Responder.DhCertificate!);
            var header = new PkiHeader(2, GeneralName.FromName(named.Certificate.Subject), GeneralName.NullDn)
            {
                SenderKid = named.Certificate.SubjectKeyIdentifier,
                TransactionId = Secrets.Random(16),
                SenderNonce = Secrets.Random(16),
            };
            using PrivateKey asked = Peer.NewKey();
            PkiMessage request = MessageProtector.DhBasedMac(credential, new DhMacOptions()).Protect(header, Peer.Request(PkiBodyType.Ir, asked, "CN=x"), [named.Certificate]);
            return Assert.IsType<ErrorMsgContent>(PkiMessage.Decode(server.Responder.Respond(request.Encoded)).Body).Status.FailInfo;
        }
    }

    [Fact]
    public void Keys_that_do_not_suit_are_an_error_before_any_traffic()
    {
        using SigningCertificate x25519 = AgreedScene.Device("X25519", 0x08), kem = AgreedScene.KemDevice(), wrongUsage = AgreedScene.Device("X25519", 0x20), signing = AgreedScene.Device("ECDSA_P256", 0x80);
        Certificate server = new Peer(new TestServerOptions { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519") }).Responder.DhCertificate!;
        Certificate p256 = new Peer(new TestServerOptions { DhKeyAlgorithm = KeyAlgorithm.Parse("ECDSA_P256") }).Responder.DhCertificate!;
        foreach (ServerSettings settings in new[]
        {
            AgreedScene.Settled(ProtectionKind.DhBasedMac, x25519),
            AgreedScene.Settled(ProtectionKind.DhBasedMac, x25519, p256),
            AgreedScene.Settled(ProtectionKind.DhBasedMac, kem, server),
            AgreedScene.Settled(ProtectionKind.DhBasedMac, wrongUsage, server),
            AgreedScene.Settled(ProtectionKind.DhBasedMac, signing, p256),
            AgreedScene.Settled(ProtectionKind.Signature, x25519),
        })
        {
            Expect.Error("CmpArgument.Protection", () => new AgreedScene(new Peer(), settings));
        }
        Expect.Error("CmpArgument.NoCredential", () => new AgreedScene(new Peer(), AgreedScene.Settled(ProtectionKind.DhBasedMac, null, server)));
    }

    [Fact]
    public void A_server_certificate_whose_point_has_a_small_order_is_refused_before_any_traffic()
    {
        using SigningCertificate device = AgreedScene.Device("X25519", 0x08);
        Certificate server = Peer.Authority.Issue(new CertificateContent(Name.Parse("CN=Cmp Test Server"), new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.X25519), new byte[32]), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), []));
        Expect.Error("CmpProtection.PublicKey", () => new AgreedScene(new Peer(), AgreedScene.Settled(ProtectionKind.DhBasedMac, device, server)));
    }
}
