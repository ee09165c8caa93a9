using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.TestServer;
using Cmp.Transactions;
using Xunit;
using Info = Cmp.Messages.InfoTypes.InfoTypes;

namespace Cmp.Tests.TestServer;

/// <summary>KemBasedMac in the flows of RFC 9810 appendix E, and what must not come through in any of them.</summary>
public class KemBasedMacTests
{
    private static readonly KeyAlgorithm ServerKem = KeyAlgorithm.Parse("ML-KEM-768");

    [Theory]
    [InlineData("ML-KEM-512", null, null)]
    [InlineData("ML-KEM-768", "SHA384", "KMAC256")]
    [InlineData("ML-KEM-1024", "SHA512", "HMAC-SHA512")]
    public void A_client_with_a_KEM_key_asks_for_a_ciphertext_and_then_for_its_certificate(string algorithm, string? hash, string? mac)
    {
        using SigningCertificate device = AgreedScene.KemDevice(algorithm);
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device)), AgreedScene.Settled(ProtectionKind.KemBasedMac, device) with { HashAlgorithm = hash, MacAlgorithm = mac });
        Assert.IsType<TransactionStep.Done>(scene.Run());
        PkiMessage genm = scene.Sent[0], genp = scene.Answers[0], ir = scene.Sent[1];
        Assert.Equal(new InfoTypeAndValue(Oids.KemCiphertextInfo), Assert.Single(((GenMsgContent)genm.Body).Items) with { });
        Assert.True(genm is { Protection: null, Header.ProtectionAlg: null, Header.RecipNonce: null });
        Assert.True(genp is { Protection: null, Header.ProtectionAlg: null, Body.Type: PkiBodyType.Genp });
        Assert.Equal(Oids.KemBasedMac, ir.Header.ProtectionAlg!.Oid);
        Assert.Equal(genm.Header.TransactionId!.Value.ToArray(), ir.Header.TransactionId!.Value.ToArray());
        Assert.Equal(genp.Header.SenderNonce!.Value.ToArray(), ir.Header.RecipNonce!.Value.ToArray());
        Assert.All(new[] { genm, ir }, message => Assert.True(message.ExtraCerts[0].IsSameAs(device.Certificate)));
        Assert.Equal(device.Certificate.SubjectKeyIdentifier!.Value.ToArray(), ir.Header.SenderKid!.Value.ToArray());
        Assert.All(scene.Answers.Skip(1), answer => Assert.Equal(ProtectionKind.Signature, ProtectionKinds.Of(answer.Header.ProtectionAlg)));
        Assert.True(scene.Transaction.Confirmed);
        Assert.Empty(scene.Transaction.Warnings);
        Assert.Single(scene.Peer.Responder.Issued, certificate => certificate.PublicKey.IsSameAs(scene.Key.PublicKey));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule31_A_server_whose_KEM_key_is_known_answers_under_it_and_its_caPubs_are_not_trusted(bool isSigned)
    {
        using SigningCertificate device = Peer.Vendor();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, PollCount = 1 });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, isSigned ? device : null, peer.Responder.KemCertificate, hasAnchor: false));
        Assert.IsType<TransactionStep.Done>(scene.Run());
        Assert.Equal(isSigned ? ProtectionKind.Signature : ProtectionKind.PasswordBasedMac, ProtectionKinds.Of(scene.Sent[0].Header.ProtectionAlg));
        Assert.NotNull(scene.Sent[0].Header.FindInfo(Oids.KemCiphertextInfo));
        Assert.All(scene.Sent.Skip(1), message => Assert.Null(message.Header.FindInfo(Oids.KemCiphertextInfo)));
        Assert.All(scene.Answers, answer => Assert.Equal(Oids.KemBasedMac, answer.Header.ProtectionAlg!.Oid));
        Assert.True(scene.Transaction.KnownSigner!.Certificate.IsSameAs(peer.Responder.KemCertificate!));
        Assert.False(scene.Transaction.Issued!.CaPubsAreTrusted);
        Assert.True(scene.Transaction.Confirmed);
    }

    [Fact]
    public void Rule33_A_server_that_can_only_answer_so_brings_its_certificate_and_is_asked_again()
    {
        using SigningCertificate device = Peer.Vendor();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, KemOnDemand = true });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        Assert.IsType<TransactionStep.Done>(scene.Run());
        Assert.IsType<ErrorMsgContent>(scene.Answers[0].Body);
        Assert.Equal([PkiBodyType.Ir, PkiBodyType.Ir], scene.Sent.Take(2).Select(message => message.Body.Type));
        Assert.Equal(scene.Sent[0].Header.TransactionId!.Value.ToArray(), scene.Sent[1].Header.TransactionId!.Value.ToArray());
        Assert.Equal(scene.Answers[0].Header.SenderNonce!.Value.ToArray(), scene.Sent[1].Header.RecipNonce!.Value.ToArray());
        Assert.NotEqual(scene.Sent[0].Header.SenderNonce!.Value.ToArray(), scene.Sent[1].Header.SenderNonce!.Value.ToArray());
        Assert.Equal(Oids.KemBasedMac, scene.Answers[1].Header.ProtectionAlg!.Oid);
        Assert.True(scene.Transaction.Confirmed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_sides_have_a_key_and_each_direction_its_secret(bool isPinned)
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, KemOnDemand = !isPinned });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, device, isPinned ? peer.Responder.KemCertificate : null, hasAnchor: !isPinned));
        Assert.IsType<TransactionStep.Done>(scene.Run());
        Assert.Equal(isPinned ? 3 : 4, scene.Sent.Count + (scene.Sent.Any(message => message.Body.Type == PkiBodyType.CertConf) ? 0 : 1));
        Assert.All(scene.Sent.Skip(1).Concat(scene.Answers.Skip(isPinned ? 1 : 2)), message => Assert.Equal(Oids.KemBasedMac, message.Header.ProtectionAlg!.Oid));
        Assert.True(scene.Transaction.Confirmed);
    }

    // what another process goes on with: nothing of it is a secret

    [Theory]
    [InlineData(PkiBodyType.Genm)]
    [InlineData(PkiBodyType.Ir)]
    [InlineData(PkiBodyType.PollReq)]
    public void An_enrolment_is_taken_up_by_another_process_with_the_ciphertext_that_is_kept(PkiBodyType stop)
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device) with { PollCount = 1 }), AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        scene.Stops = send => send.Body == stop;
        Assert.Equal(stop, Assert.IsType<TransactionStep.Send>(scene.Run()).Body);
        Assert.IsType<TransactionStep.Done>(scene.Resume());
        Assert.True(scene.Transaction.Confirmed);
        Assert.Single(scene.Sent, message => message.Body.Type == PkiBodyType.Genm);
    }

    [Theory]
    [InlineData(PkiBodyType.Ir)]
    [InlineData(PkiBodyType.PollReq)]
    public void What_was_encapsulated_for_the_server_ends_with_its_process_and_is_made_anew(PkiBodyType stop)
    {
        var peer = new Peer(new TestServerOptions { KemKeyAlgorithm = ServerKem, PollCount = 1 });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, null, peer.Responder.KemCertificate, hasAnchor: false));
        scene.Stops = send => send.Body == stop;
        byte[] before = CiphertextOf(PkiMessage.Decode(((TransactionStep.Send)scene.Run()).Octets) is { } first && stop == PkiBodyType.Ir ? first : scene.Sent[0]);
        Assert.IsType<TransactionStep.Done>(scene.Resume());
        int resumed = scene.Sent.FindIndex(message => message.Body.Type == stop);
        Assert.NotEqual(before, CiphertextOf(scene.Sent[resumed]));
        Assert.All(scene.Answers, answer => Assert.Equal(Oids.KemBasedMac, answer.Header.ProtectionAlg!.Oid));
        Assert.True(scene.Transaction.Confirmed);

        static byte[] CiphertextOf(PkiMessage message) => message.Header.FindInfo(Oids.KemCiphertextInfo)!.InfoValue!.Value.ToArray();
    }

    // the genp that nobody vouches for

    public static TheoryData<string, string> BadCiphertexts => new()
    {
        { "two items", "CmpTransaction.Ciphertext" },
        { "no item", "CmpTransaction.Ciphertext" },
        { "no value", "CmpTransaction.Ciphertext" },
        { "another item", "CmpTransaction.Ciphertext" },
        { "too short", "CmpProtection.Ciphertext" },
        { "too long", "CmpProtection.Ciphertext" },
        { "of another kind", "CmpProtection.Ciphertext" },
        { "transactionID", "CmpTransaction.TransactionId" },
        { "replayed", "CmpTransaction.RecipNonce" },
        { "no nonce", "CmpTransaction.RecipNonce" },
        { "protectionAlg", "CmpProtection.Invalid" },
        { "positive answer", "CmpProtection.Missing" },
    };

    [Theory]
    [MemberData(nameof(BadCiphertexts))]
    public void Rule33_A_genp_that_is_not_exactly_what_was_asked_for_ends_it_and_nothing_is_sent(string what, string errorId)
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device)), AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        scene.Change = (_, _, octets) =>
        {
            PkiMessage genp = PkiMessage.Decode(octets);
            InfoTypeAndValue item = ((GenRepContent)genp.Body).Items[0];
            KemCiphertextInfo info = Asn1Reader.Decode(item.InfoValue!.Value, null, KemCiphertextInfo.Read);
            return what switch
            {
                "two items" => AgreedScene.Unprotected(genp, body: new GenRepContent([item, item])),
                "no item" => AgreedScene.Unprotected(genp, body: new GenRepContent([])),
                "no value" => AgreedScene.Unprotected(genp, body: new GenRepContent([Info.KemCiphertextInfo()])),
                "another item" => AgreedScene.Unprotected(genp, body: new GenRepContent([InfoTypeAndValue.ImplicitConfirm])),
                "too short" => With(info with { Ct = info.Ct.Slice(1) }),
                "too long" => With(info with { Ct = new byte[100_000] }),
                "of another kind" => With(info with { Kem = new AlgorithmIdentifier(Oids.MLKem768) }),
                "transactionID" => AgreedScene.Unprotected(genp, header => header with { TransactionId = Secrets.Random(16) }),
                "replayed" => AgreedScene.Unprotected(genp, header => header with { RecipNonce = Secrets.Random(16) }),
                "no nonce" => AgreedScene.Unprotected(genp, header => header with { RecipNonce = null }),
                "protectionAlg" => new PkiMessage(genp.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.KemBasedMac) }, genp.Body).Encoded,
                _ => AgreedScene.Unprotected(genp, body: new PollRepContent([new PollRepEntry(0, 1, null)])),
            };

            ReadOnlyMemory<byte> With(KemCiphertextInfo changed) => AgreedScene.Unprotected(genp, body: new GenRepContent([Info.KemCiphertextInfo(changed)]));
        };
        CmpException error = Assert.IsType<TransactionStep.Failed>(scene.Run()).Error;
        Assert.Equal(errorId, error.ErrorId);
        Assert.Single(scene.Sent);
        Assert.False(scene.Transaction.IsOver);
        Assert.Null(scene.Transaction.KnownSigner);
        Assert.Empty(scene.Peer.Responder.Issued);
    }

    [Fact]
    public void A_ciphertext_for_another_key_opens_to_nothing_that_the_server_knows()
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-512"));
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device)), AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        scene.Change = (turn, _, octets) =>
        {
            if (turn > 0)
                return octets;
            using KemEncapsulation encapsulation = Kem.Encapsulate(other.PublicKey);
            return AgreedScene.Unprotected(PkiMessage.Decode(octets), body: new GenRepContent([Info.KemCiphertextInfo(new KemCiphertextInfo(encapsulation.Algorithm, encapsulation.Ciphertext))]));
        };
        CmpServerException error = Assert.IsType<CmpServerException>(Assert.IsType<TransactionStep.Failed>(scene.Run()).Error);
        Assert.Equal(FailInfo.BadMessageCheck, error.FailInfo);
        Assert.True(error.IsAuthenticated);
        Assert.Empty(scene.Peer.Responder.Issued);
    }

    /// <summary>Who makes the genp knows the secret of our direction: under it anybody could answer.</summary>
    [Fact]
    public void Rule66_What_was_encapsulated_for_us_never_vouches_for_an_answer()
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device)), AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        using KemEncapsulation mine = Kem.Encapsulate(device.Certificate.PublicKey);
        scene.Change = (turn, request, octets) =>
        {
            PkiMessage answer = PkiMessage.Decode(octets);
            if (turn == 0)
                return AgreedScene.Unprotected(answer, body: new GenRepContent([Info.KemCiphertextInfo(new KemCiphertextInfo(mine.Algorithm, mine.Ciphertext))]));
            using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, mine.CopySecret());
            using MessageProtector forger = MessageProtector.KemBasedMac(secret, Peer.Authority.Signer, new KemMacOptions { TransactionId = request.Header.TransactionId!.Value });
            return forger.Protect(answer.Header, new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadRequest))]), answer.ExtraCerts).Encoded;
        };
        CmpException error = Assert.IsType<TransactionStep.Failed>(scene.Run()).Error;
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal("CmpProtection.Kind", Assert.IsType<CmpException>(error.InnerException).ErrorId);
        Assert.False(scene.Transaction.IsOver);
    }

    // the error that brings a certificate

    public static TheoryData<string> BadOffers => new("a stranger's", "not the CA's word", "not for encryption", "another nonce", "another transaction", "another reason", "no KEM key", "protected");

    [Theory]
    [MemberData(nameof(BadOffers))]
    public void Rule33_An_error_whose_KEM_certificate_is_not_to_be_trusted_changes_nothing(string what)
    {
        using SigningCertificate device = Peer.Vendor();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, KemOnDemand = true });
        using PrivateKey key = PrivateKey.Generate(ServerKem);
        Certificate stranger = Peer.OtherAuthority.Issue(Peer.Content(key, "CN=Cmp Test Server", TestExtensions.KeyUsage(0x20), TestExtensions.ExtendedKeyUsage(Oids.CmcRA)));
        Certificate simple = Peer.Authority.Issue(Peer.Content(key, "CN=somebody", TestExtensions.KeyUsage(0x20)));
        Certificate signing = Peer.Authority.Issue(Peer.Content(key, "CN=Cmp Test Server", TestExtensions.KeyUsage(0x80), TestExtensions.ExtendedKeyUsage(Oids.CmcRA)));
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, device), (_, _, octets) =>
        {
            PkiMessage error = PkiMessage.Decode(octets);
            return what switch
            {
                "a stranger's" => AgreedScene.Unprotected(error, extraCerts: [stranger, Peer.OtherAuthority.Issuing, Peer.OtherAuthority.Root]),
                "not the CA's word" => AgreedScene.Unprotected(error, extraCerts: [simple, Peer.Authority.Issuing]),
                "not for encryption" => AgreedScene.Unprotected(error, extraCerts: [signing, Peer.Authority.Issuing]),
                "another nonce" => AgreedScene.Unprotected(error, header => header with { RecipNonce = Secrets.Random(16) }),
                "another transaction" => AgreedScene.Unprotected(error, header => header with { TransactionId = Secrets.Random(16) }),
                "another reason" => AgreedScene.Unprotected(error, body: new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadMessageCheck))),
                "no KEM key" => AgreedScene.Unprotected(error, extraCerts: [Peer.Authority.Signer, Peer.Authority.Issuing]),
                _ => new PkiMessage(error.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.KemBasedMac) }, error.Body) { ExtraCerts = error.ExtraCerts, Protection = new byte[32] }.Encoded,
            };
        });
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
        Assert.Single(scene.Sent);
        Assert.Null(scene.Transaction.KnownSigner);
        Assert.False(scene.Transaction.IsOver);
    }

    [Fact]
    public void Rule33_The_second_such_error_of_a_transaction_is_an_error()
    {
        using SigningCertificate device = Peer.Vendor();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, KemOnDemand = true });
        PkiMessage? first = null;
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, device), (turn, request, octets) =>
        {
            first ??= PkiMessage.Decode(octets);
            return turn == 0 ? octets : AgreedScene.Unprotected(first, header => header with { RecipNonce = request.Header.SenderNonce });
        });
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
        Assert.Equal(2, scene.Sent.Count);
    }

    [Fact]
    public void Rule33_Without_KemBasedMac_such_an_error_is_one_that_nobody_vouches_for()
    {
        using SigningCertificate device = Peer.Vendor();
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem, KemOnDemand = true }), AgreedScene.Settled(ProtectionKind.Signature, device));
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
        Assert.Single(scene.Sent);
    }

    // answers

    public static TheoryData<string, string> BadAnswers => new()
    {
        { "another body", "CmpProtection.Invalid" },
        { "another secret", "CmpProtection.Invalid" },
        { "another transaction's", "CmpProtection.Invalid" },
        { "a key of one octet", "CmpProtection.Algorithm" },
        { "a key of a billion", "CmpProtection.Algorithm" },
        { "PBKDF2", "CmpProtection.Algorithm" },
        { "no parameters", "CmpProtection.Algorithm" },
        { "HMAC-SHA1", "CmpProtection.Algorithm" },
        { "another sender", "CmpProtection.Sender" },
        { "a signature", "CmpProtection.Kind" },
        { "the shared secret", "CmpProtection.Kind" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public void Rule67_An_answer_that_is_not_under_what_was_encapsulated_is_refused(string what, string errorId)
    {
        var peer = new Peer(new TestServerOptions { KemKeyAlgorithm = ServerKem });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, null, peer.Responder.KemCertificate, hasAnchor: false));
        scene.Change = (_, request, octets) =>
        {
            PkiMessage ip = PkiMessage.Decode(octets);
            PkiHeader header = ip.Header;
            KemBMParameter kem = KemBMParameter.Decode(header.ProtectionAlg!.Parameters!.Value);
            using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, Secrets.Random(32));
            using MessageProtector forger = MessageProtector.KemBasedMac(secret, peer.Responder.KemCertificate!, new KemMacOptions { TransactionId = header.TransactionId!.Value });
            using var signer = new SigningCertificate(Peer.Authority.Signer, Peer.Authority.SignerKey);
            return what switch
            {
                "another body" => (ip with { Body = new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]) }).Encoded,
                "another secret" => forger.Protect(header, ip.Body, ip.ExtraCerts).Encoded,
                "another transaction's" => InThis(peer.Responder.Respond(InAnother(request))),
                "a key of one octet" => With(kem with { Len = 1 }),
                "a key of a billion" => With(kem with { Len = 1_000_000_000 }),
                "PBKDF2" => With(kem with { Kdf = new AlgorithmIdentifier(Oids.Pbkdf2) }),
                "no parameters" => (ip with { Header = header with { ProtectionAlg = new AlgorithmIdentifier(Oids.KemBasedMac) } }).Encoded,
                "HMAC-SHA1" => With(kem with { Mac = AlgorithmIdentifier.WithNull(Oids.HmacWithSha1) }),
                "another sender" => (ip with { Header = header with { Sender = GeneralName.FromName(Name.Parse("CN=somebody")) } }).Encoded,
                "a signature" => MessageProtector.Signature(signer, null, false).Protect(header, ip.Body, [Peer.Authority.Signer, Peer.Authority.Issuing]).Encoded,
                _ => MessageProtector.PasswordBasedMac(Peer.Secret, new PbmOptions { Iterations = 500 }).Protect(header, ip.Body, []).Encoded,
            };

            ReadOnlyMemory<byte> With(KemBMParameter changed) => (ip with { Header = header with { ProtectionAlg = new AlgorithmIdentifier(Oids.KemBasedMac, changed.Encoded) } }).Encoded;
        };
        Assert.Equal(errorId, Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
        Assert.False(scene.Transaction.IsOver);
        Assert.Null(scene.Transaction.Issued);

        // the same request with the same ciphertext in another transaction, and its answer as if it were of this one
        ReadOnlyMemory<byte> InAnother(PkiMessage request) => MessageProtector.PasswordBasedMac(Peer.Secret, new PbmOptions { Iterations = 500 })
            .Protect(request.Header with { TransactionId = Secrets.Random(16) }, request.Body, []).Encoded;

        ReadOnlyMemory<byte> InThis(ReadOnlyMemory<byte> octets) => PkiMessage.Decode(octets) is var answer ? (answer with { Header = answer.Header with { TransactionId = scene.Transaction.TransactionId } }).Encoded : default;
    }

    [Fact]
    public void Rule66_KemBasedMac_is_refused_where_a_signature_is_configured()
    {
        using SigningCertificate device = Peer.Vendor();
        var peer = new Peer(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ServerKem });
        using var scene = new AgreedScene(peer, AgreedScene.Settled(ProtectionKind.Signature, device), (_, request, octets) =>
        {
            PkiMessage ip = PkiMessage.Decode(octets);
            using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, Secrets.Random(32));
            return MessageProtector.KemBasedMac(secret, Peer.Authority.Signer, new KemMacOptions { TransactionId = request.Header.TransactionId!.Value }).Protect(ip.Header, ip.Body, ip.ExtraCerts).Encoded;
        });
        Assert.Equal("CmpProtection.Kind", Assert.IsType<TransactionStep.Failed>(scene.Run()).Error.ErrorId);
    }

    // settings

    [Fact]
    public void Keys_that_do_not_suit_are_an_error_before_any_traffic()
    {
        using SigningCertificate kem = AgreedScene.KemDevice(), signing = Peer.Vendor(), wrongUsage = AgreedScene.Device("ML-KEM-512", 0x80);
        Certificate server = Peer.Authority.Signer;
        Certificate serverKem = new Peer(new TestServerOptions { KemKeyAlgorithm = ServerKem }).Responder.KemCertificate!;
        foreach (ServerSettings settings in new[]
        {
            // nothing to believe answers by; no KEM key on either side; a KEM key that is to sign; a KEM certificate that is not for it; a pin that cannot sign
            AgreedScene.Settled(ProtectionKind.KemBasedMac, kem, hasAnchor: false),
            AgreedScene.Settled(ProtectionKind.KemBasedMac, signing, server),
            AgreedScene.Settled(ProtectionKind.KemBasedMac, null, hasAnchor: false),
            AgreedScene.Settled(ProtectionKind.Signature, kem),
            AgreedScene.Settled(ProtectionKind.KemBasedMac, wrongUsage),
            AgreedScene.Settled(ProtectionKind.Signature, signing, serverKem),
        })
        {
            Assert.Equal(CmpErrorKind.Argument, Expect.Error("CmpArgument.Protection", () => new AgreedScene(new Peer(), settings)).Kind);
        }
        Expect.Error("CmpArgument.NoCredential", () => new AgreedScene(new Peer(), AgreedScene.Settled(ProtectionKind.KemBasedMac, null) with { Secret = null }));
    }

    // the server's side

    [Fact]
    public void The_server_encapsulates_for_trusted_certificates_only_and_once_a_transaction()
    {
        using SigningCertificate device = AgreedScene.KemDevice(), stranger = AgreedScene.KemDevice(), signing = Peer.Vendor();
        using var peer = new Peer(AgreedScene.Trusting(device, signing));
        PkiMessage Ask(CertificateCredential credential, byte[]? id = null, byte[]? nonce = null) => PkiMessage.Decode(peer.Responder.Respond(MessageProtector.None(null).Protect(
            new PkiHeader(2, GeneralName.FromName(credential.Certificate.Subject), GeneralName.NullDn) { TransactionId = id ?? Secrets.Random(16), SenderNonce = nonce ?? Secrets.Random(16) },
            new GenMsgContent([Info.KemCiphertextInfo()]), [credential.Certificate]).Encoded));
        Assert.Equal(FailInfo.SignerNotTrusted, FailInfoOf(Ask(stranger)));
        Assert.Equal(FailInfo.BadRequest, FailInfoOf(Ask(signing)));
        byte[] id = Secrets.Random(16), nonce = Secrets.Random(16);
        PkiMessage first = Ask(device, id, nonce), again = Ask(device, id, nonce);
        Assert.Equal(first.Body.Encoded.ToArray(), again.Body.Encoded.ToArray());
        Assert.Equal(FailInfo.TransactionIdInUse, FailInfoOf(Ask(device, id)));
        Assert.NotEqual(first.Body.Encoded.ToArray(), Ask(device).Body.Encoded.ToArray());
    }

    [Fact]
    public void A_ciphertext_that_nobody_uses_is_forgotten_and_never_pushes_out_one_that_served()
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var scene = new AgreedScene(new Peer(AgreedScene.Trusting(device) with { PollCount = 1 }), AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        scene.Stops = send => send.Body == PkiBodyType.PollReq;
        TransactionStep poll = scene.Run();
        PkiMessage genm = scene.Sent[0];
        for (int i = 0; i < 1100; i++)
            Assert.Equal(PkiBodyType.Genp, PkiMessage.Decode(scene.Peer.Responder.Respond((genm with { Header = genm.Header with { TransactionId = Secrets.Random(16) } }).Encoded)).Body.Type);
        scene.Peer.Now += TimeSpan.FromHours(20);
        scene.Stops = _ => false;
        Assert.IsType<TransactionStep.Done>(scene.Go(poll));

        using var late = new AgreedScene(scene.Peer, AgreedScene.Settled(ProtectionKind.KemBasedMac, device));
        late.Stops = send => send.Body == PkiBodyType.Ir;
        TransactionStep ir = late.Run();
        late.Peer.Now += TimeSpan.FromMinutes(11);
        late.Stops = _ => false;
        Assert.Equal(FailInfo.BadMessageCheck, Assert.IsType<CmpServerException>(Assert.IsType<TransactionStep.Failed>(late.Go(ir)).Error).FailInfo);
    }

    [Fact]
    public void A_ciphertext_that_the_server_cannot_open_is_badMessageCheck()
    {
        using var peer = new Peer(new TestServerOptions { KemKeyAlgorithm = ServerKem });
        HandClient client = peer.MacClient();
        client.Verifies = false;
        using PrivateKey key = Peer.NewKey();
        foreach (KemCiphertextInfo info in new[]
        {
            new KemCiphertextInfo(new AlgorithmIdentifier(Oids.MLKem768), new byte[1087]),
            new KemCiphertextInfo(new AlgorithmIdentifier(Oids.MLKem768), Array.Empty<byte>()),
            new KemCiphertextInfo(new AlgorithmIdentifier(Oids.MLKem512), new byte[768]),
        })
        {
            client.TransactionId = Secrets.Random(16);
            Assert.Equal(FailInfo.BadMessageCheck, FailInfoOf(client.Send(Peer.Request(PkiBodyType.Ir, key, "CN=x"), header => header with { RecipNonce = null, GeneralInfo = [Info.KemCiphertextInfo(info)] })));
        }
        Assert.Empty(peer.Responder.Issued);
    }

    private static FailInfo? FailInfoOf(PkiMessage answer) => Assert.IsType<ErrorMsgContent>(answer.Body).Status.FailInfo;
}
