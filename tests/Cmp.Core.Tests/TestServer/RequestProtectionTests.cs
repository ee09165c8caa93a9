using System;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Who may ask: protection of requests, its kind and value, its signer (RFC 9483 3.5).</summary>
public class RequestProtectionTests
{
    private static CertReqMessages Ir => Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");

    private static TestServerOptions TrustsVendors => new() { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] };

    [Fact]
    public void A_message_without_protection_is_refused_by_a_signature()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        client.Verifies = false;
        client.Protector = MessageProtector.None(Peer.Secret);
        PkiMessage answer = client.Send(Ir);
        Refused.ByError(FailInfo.WrongIntegrity, answer);
        Assert.Equal(Oids.Sha256WithEcdsa, answer.Header.ProtectionAlg!.Oid);
    }

    [Fact]
    public void ProtectionAlg_and_protection_come_together()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Protection = null }));
        client.Verifies = false;
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = null } }));
    }

    [Fact]
    public void A_wrong_secret_gets_an_error_under_the_right_one()
    {
        using var peer = new Peer();
        var client = new HandClient(peer, Peer.WrongSecret, null) { Verifies = false };
        PkiMessage answer = client.Send(Ir);
        Refused.ByError(FailInfo.BadMessageCheck, answer);
        var verifier = new AnswerVerifier(new TrustSettings(), Peer.Secret, ProtectionKind.PasswordBasedMac);
        Assert.True(verifier.Verify(answer, [], peer.Now).IsAuthenticated);
        // who is not known to have the secret does not choose how weak a MAC under it is
        PbmParameter parameters = PbmParameter.Decode(answer.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal(10_000, parameters.IterationCount);
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_changed_message_is_refused()
    {
        using var peer = new Peer(TrustsVendors);
        foreach (HandClient client in new[] { peer.MacClient(), peer.SigningClient(Peer.Vendor()) })
        {
            Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Body = Ir }));
            Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Header = message.Header with { MessageTime = peer.Now.AddSeconds(1) } }));
            Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Protection = message.Protection!.Value.Slice(1) }));
            Assert.IsType<CertRepMessage>(client.Send(Ir).Body);
        }
    }

    [Fact]
    public void The_reference_names_the_secret()
    {
        using var peer = new Peer();
        Refused.ByError(FailInfo.BadMessageCheck, peer.MacClient().Send(Ir, header => header with { SenderKid = Encoding.UTF8.GetBytes("reference 2") }));
        Refused.ByError(FailInfo.BadMessageCheck, peer.MacClient().Send(Ir, header => header with { SenderKid = null, Sender = GeneralName.NullDn }));
        Refused.ByError(FailInfo.BadMessageCheck, peer.MacClient().Send(Ir, header => header with { SenderKid = null, Sender = GeneralName.FromName(Name.FromCommonName("reference 2")) }));
        // either will do, as clients of RFC 4210 and of RFC 9483 have it
        Assert.IsType<CertRepMessage>(peer.MacClient().Send(Ir, header => header with { SenderKid = null }).Body);
        Assert.IsType<CertRepMessage>(peer.MacClient().Send(Ir, header => header with { Sender = GeneralName.NullDn }).Body);
        Assert.IsType<CertRepMessage>(peer.MacClient().Send(Ir, header => header with { Sender = GeneralName.FromText(GeneralNameType.DnsName, "a.example") }).Body);
    }

    public static TheoryData<string, string, int, int> Macs => new()
    {
        { Oids.Sha256, Oids.HmacWithSha256, 99, 16 },
        { Oids.Sha256, Oids.HmacWithSha256, 100_001, 16 },
        { Oids.Sha256, Oids.HmacWithSha256, int.MaxValue, 16 },
        { Oids.Sha256, Oids.HmacWithSha256, -1, 16 },
        { Oids.Sha256, Oids.HmacWithSha256, 500, 1025 },
        { Oids.Md5, Oids.HmacWithSha256, 500, 16 },
        { Oids.Sha256, "1.2.3", 500, 16 },
    };

    [Theory]
    [MemberData(nameof(Macs))]
    public void Rule18_Parameters_of_a_MAC_are_bounded_before_any_derivation(string owf, string mac, int iterations, int salt)
    {
        using var peer = new Peer();
        var parameters = new PbmParameter(new byte[salt], AlgorithmIdentifier.WithNull(owf), iterations, AlgorithmIdentifier.WithNull(mac));
        HandClient client = peer.MacClient();
        Refused.ByError(FailInfo.BadAlg, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac, parameters.Encoded) } }));
        Refused.ByError(FailInfo.BadAlg, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac) } }));
    }

    [Theory]
    [InlineData(Oids.KemBasedMac, FailInfo.BadMessageCheck)]
    [InlineData(Oids.DhBasedMac, FailInfo.BadAlg)]
    public void MACs_that_no_key_was_agreed_on_for_are_refused_and_the_answer_is_signed(string oid, FailInfo failInfo)
    {
        using var peer = new Peer();
        Refused.ByError(failInfo, peer.MacClient().Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = AlgorithmIdentifier.WithNull(oid) } }));
    }

    /// <summary>A kind of MAC, its parameters, and what is said of them.</summary>
    public static TheoryData<string, string> BadMacs => new()
    {
        { "PBMAC1 without parameters", "parameters" },
        { "PBMAC1 with 0 iterations", "iterationCount" },
        { "PBMAC1 with a billion iterations", "1000000000" },
        { "PBMAC1 with a salt of 1025", "salt" },
        { "PBMAC1 with a keyLength of 1025", "keyLength" },
        { "PBMAC1 with a keyLength of 1", "keyLength" },
        { "PBMAC1 with an unknown prf", "1.2.3" },
        { "PBMAC1 with an unknown kdf", "1.2.3" },
        { "PBMAC1 with an unknown MAC", "1.2.3" },
        { "PBMAC1 whose kdf is called PBES2", "PBES2" },
        { "KMAC of 8 bits", "kMACOutputLength" },
        { "HMAC with parameters", "parameters" },
    };

    private static AlgorithmIdentifier BadMac(string name)
    {
        return name switch
        {
            "PBMAC1 without parameters" => new AlgorithmIdentifier(Oids.Pbmac1),
            "PBMAC1 with 0 iterations" => Pbmac1(iterations: 0),
            "PBMAC1 with a billion iterations" => Pbmac1(iterations: 1_000_000_000),
            "PBMAC1 with a salt of 1025" => Pbmac1(salt: 1025),
            "PBMAC1 with a keyLength of 1025" => Pbmac1(keyLength: 1025),
            "PBMAC1 with a keyLength of 1" => Pbmac1(keyLength: 1),
            "PBMAC1 with an unknown prf" => Pbmac1(prf: "1.2.3"),
            "PBMAC1 with an unknown kdf" => Pbmac1(kdf: "1.2.3"),
            "PBMAC1 with an unknown MAC" => Pbmac1(mac: "1.2.3"),
            "PBMAC1 whose kdf is called PBES2" => Pbmac1(kdf: Oids.Pbes2),
            "KMAC of 8 bits" => new AlgorithmIdentifier(Oids.Kmac128, new byte[] { 0x30, 3, 2, 1, 8 }),
            _ => new AlgorithmIdentifier(Oids.HmacWithSha256, new byte[] { 2, 1, 1 }),
        };

        static AlgorithmIdentifier Pbmac1(int iterations = 100, int salt = 16, int keyLength = 32, string prf = Oids.HmacWithSha256, string kdf = Oids.Pbkdf2, string mac = Oids.HmacWithSha256) => new(
            Oids.Pbmac1,
            new Pbmac1Params(new AlgorithmIdentifier(kdf, new Pbkdf2Params(new byte[salt], iterations, keyLength, new AlgorithmIdentifier(prf)).Encoded), new AlgorithmIdentifier(mac)).Encoded);
    }

    [Theory]
    [MemberData(nameof(BadMacs))]
    public void Rule18_What_a_MAC_does_not_take_is_refused_by_name_before_any_derivation(string name, string said)
    {
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient().Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = BadMac(name) } });
        PkiStatusInfo status = Refused.ByError(FailInfo.BadAlg, answer);
        Assert.Contains(said, Assert.Single(status.StatusString!.Texts));
        Assert.Empty(peer.Responder.Issued);
    }

    public static TheoryData<string> Kinds => ["PBMAC1", "HMAC", "KMAC", "GMAC"];

    private static MacOptions Options(string kind) => kind switch
    {
        "PBMAC1" => new Pbmac1Options { Iterations = 300, Prf = Oids.HmacWithSha384, Mac = Oids.HmacWithSha512 },
        "HMAC" => new BareMacOptions { Mac = Oids.HmacWithSha384 },
        "KMAC" => new BareMacOptions { Mac = Oids.Kmac128 },
        _ => new PbmOptions { Iterations = 300, Mac = Oids.Aes128Gmac },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_MAC_is_answered_in_kind_also_where_the_server_was_restarted_in_between(string kind)
    {
        using var folder = new Folder();
        using var peer = new Peer(new TestServerOptions { StatePath = folder.PathOf("state"), ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient(Options(kind));
        PkiMessage answer = client.Send(Ir);
        Assert.Equal(Options(kind), SharedSecretMac.Read(answer.Header.ProtectionAlg!, CmpLimits.Default).Options);
        Certificate issued = Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        peer.Restart();
        PkiMessage again = client.SendAgain();
        Assert.Equal(Options(kind), SharedSecretMac.Read(again.Header.ProtectionAlg!, CmpLimits.Default).Options);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(issued)).Body);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_MAC_is_verified_whole(string kind)
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient(Options(kind));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Body = Ir }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Protection = message.Protection!.Value.Slice(1) }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Protection = message.Protection!.Value.Slice(0, 12) }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, header => header with { SenderKid = Encoding.UTF8.GetBytes("reference 2") }));
        var stranger = new HandClient(peer, Peer.WrongSecret, Options(kind)) { Verifies = false };
        PkiMessage answer = stranger.Send(Ir);
        Refused.ByError(FailInfo.BadMessageCheck, answer);
        // who is not known to have the secret gets no MAC that he could try secrets on at leisure
        Assert.Equal(new PbmOptions(), SharedSecretMac.Read(answer.Header.ProtectionAlg!, CmpLimits.Default).Options);
        Assert.Empty(peer.Responder.Issued);
        Assert.IsType<CertRepMessage>(client.Send(Ir).Body);
    }

    [Fact]
    public void One_transaction_has_one_kind_of_MAC()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient(Options("PBMAC1"));
        PkiMessage answer = client.Send(Ir);
        CertConfirmContent confirmation = Peer.Confirmation(((CertRepMessage)answer.Body).Responses[0].CertifiedKeyPair!.Certificate!);
        PkiHeader Join(PkiHeader header) => header with { TransactionId = client.TransactionId, RecipNonce = answer.Header.SenderNonce };
        Refused.ByError(FailInfo.WrongIntegrity, peer.MacClient(Options("KMAC")).Send(confirmation, Join));
        Assert.IsType<PkiConfirmContent>(peer.MacClient(Options("PBMAC1")).Send(confirmation, Join).Body);
    }

    [Theory]
    [InlineData(Oids.HmacSha1)]
    [InlineData(Oids.HmacWithSha1)]
    public void Rule68_Neither_does_a_strict_server_take_HMAC_SHA1_bare_or_in_PBMAC1(string mac)
    {
        using var strict = new Peer(new TestServerOptions { Strict = true });
        using var peer = new Peer();
        foreach (MacOptions options in new MacOptions[] { new BareMacOptions { Mac = mac }, new Pbmac1Options { Iterations = 100, Mac = mac }, new Pbmac1Options { Iterations = 100, Prf = Oids.HmacWithSha1 } })
        {
            Refused.ByError(FailInfo.BadAlg, strict.MacClient(options).Send(Ir));
            Assert.IsType<CertRepMessage>(peer.MacClient(options).Send(Ir).Body);
        }
    }

    [Fact]
    public void Rule76_Without_protection_only_where_the_server_was_told_to_and_no_update()
    {
        using var peer = new Peer(new TestServerOptions { AllowUnprotected = true, ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient();
        client.Verifies = false;
        client.Protector = MessageProtector.None(Peer.Secret);
        PkiMessage answer = client.Send(Ir);
        Assert.Null(answer.Protection);
        CertRepMessage ip = Assert.IsType<CertRepMessage>(answer.Body);
        Assert.Empty(ip.CaPubs);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(ip.Responses[0].CertifiedKeyPair!.Certificate!)).Body);
        HandClient updater = peer.MacClient();
        updater.Verifies = false;
        updater.Protector = MessageProtector.None(Peer.Secret);
        SigningCertificate old = peer.Enroll();
        Refused.ByError(FailInfo.WrongIntegrity, updater.Send(Peer.Request(PkiBodyType.Kur, Peer.NewKey(), null, old.Certificate)));
        // nor may nobody go on with what somebody began
        HandClient known = peer.MacClient();
        PkiMessage granted = known.Send(Ir);
        CertConfirmContent confirmation = Peer.Confirmation(((CertRepMessage)granted.Body).Responses[0].CertifiedKeyPair!.Certificate!);
        Refused.ByError(FailInfo.WrongIntegrity, updater.Send(confirmation, header => header with { TransactionId = known.TransactionId, RecipNonce = granted.Header.SenderNonce }));
    }

    [Fact]
    public void Rule76_Without_protection_nothing_is_revoked_and_no_CA_is_certified()
    {
        using var peer = new Peer(new TestServerOptions { AllowUnprotected = true });
        SigningCertificate old = peer.Enroll();
        Refused.ByError(FailInfo.WrongIntegrity, Nobody().Send(new RevReqContent([RevDetails.Of(old.Certificate, RevocationReason.KeyCompromise)])));
        Assert.Contains(peer.Responder.Issued, old.Certificate.IsSameAs);
        Refused.ByError(FailInfo.WrongIntegrity, Nobody().Send(Peer.Request(PkiBodyType.Ccr, Peer.NewKey(), "CN=Another CA")));
        Assert.Single(peer.Responder.Issued);

        HandClient Nobody()
        {
            HandClient nobody = peer.MacClient();
            nobody.Verifies = false;
            nobody.Protector = MessageProtector.None(Peer.Secret);
            return nobody;
        }
    }

    [Theory]
    [InlineData(Oids.Sha1, Oids.HmacSha1)]
    [InlineData(Oids.Sha256, Oids.HmacSha1)]
    [InlineData(Oids.Sha256, Oids.HmacWithSha1)]
    [InlineData(Oids.Sha1, Oids.HmacWithSha256)]
    public void Rule68_SHA1_is_taken_but_by_a_strict_server(string owf, string mac)
    {
        var options = new PbmOptions { Owf = owf, Mac = mac, Iterations = 500 };
        using var peer = new Peer();
        PkiMessage answer = peer.MacClient(options).Send(Ir);
        Assert.IsType<CertRepMessage>(answer.Body);
        // the answer is made alike, under a salt of its own
        PbmParameter parameters = PbmParameter.Decode(answer.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal((owf, mac, 500), (parameters.Owf.Oid, parameters.Mac.Oid, (int)parameters.IterationCount));

        using var strict = new Peer(new TestServerOptions { Strict = true });
        Refused.ByError(FailInfo.BadAlg, strict.MacClient(options).Send(Ir));
    }

    [Theory]
    [InlineData(Oids.Sha224, Oids.HmacWithSha224)]
    [InlineData(Oids.Sha384, Oids.HmacWithSha384)]
    [InlineData(Oids.Sha512, Oids.HmacWithSha512)]
    public void Other_digests_are_answered_in_kind(string owf, string mac)
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient(new PbmOptions { Owf = owf, Mac = mac, Iterations = 100 });
        Assert.IsType<CertRepMessage>(client.Send(Ir).Body);
    }

    [Fact]
    public void Signers_are_trusted_by_their_issuer_or_by_themselves()
    {
        SigningCertificate vendor = Peer.Vendor();
        using var all = new Peer(TrustsVendors);
        Assert.IsType<CertRepMessage>(all.SigningClient(vendor).Send(Ir).Body);
        using var one = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(vendor.Certificate)] });
        Assert.IsType<CertRepMessage>(one.SigningClient(vendor).Send(Ir).Body);
        Refused.ByError(FailInfo.SignerNotTrusted, one.SigningClient(Peer.Vendor()).Send(Ir));
        using var none = new Peer();
        Refused.ByError(FailInfo.SignerNotTrusted, none.SigningClient(vendor).Send(Ir));
    }

    [Theory]
    [InlineData(PkiBodyType.Ir)]
    [InlineData(PkiBodyType.Cr)]
    public void The_servers_own_certificates_may_ask(PkiBodyType type)
    {
        using var peer = new Peer();
        Assert.IsType<CertRepMessage>(peer.SigningClient(peer.Enroll()).Send(Peer.Request(type, Peer.NewKey(), "CN=wanted")).Body);
    }

    [Fact]
    public void A_certificate_of_the_same_authority_that_this_server_never_issued_may_not()
    {
        using var peer = new Peer();
        using var other = new Peer();
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(other.Enroll()).Send(Ir));
    }

    [Fact]
    public void A_certificate_that_its_owner_refused_may_not_ask()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        PrivateKey key = Peer.NewKey();
        HandClient client = peer.MacClient();
        Certificate issued = ((CertRepMessage)client.Send(Peer.Request(PkiBodyType.Ir, key, "CN=wanted")).Body).Responses[0].CertifiedKeyPair!.Certificate!;
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(issued, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData))).Body);
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(new SigningCertificate(issued, key)).Send(Ir));
    }

    [Fact]
    public void An_expired_signer_is_not_trusted()
    {
        using var peer = new Peer();
        SigningCertificate signer = peer.Enroll();
        peer.Now = signer.Certificate.NotAfter.AddSeconds(1);
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(signer).Send(Ir));
        peer.Now = signer.Certificate.NotBefore.AddSeconds(-1);
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(signer).Send(Ir));
    }

    [Fact]
    public void A_signer_whose_key_is_not_for_signatures_is_not_trusted()
    {
        using var peer = new Peer(TrustsVendors);
        Refused.ByError(FailInfo.SignerNotTrusted, peer.SigningClient(Peer.Vendor(TestExtensions.KeyUsage(0x08))).Send(Ir));
        Assert.IsType<CertRepMessage>(peer.SigningClient(Peer.Vendor(TestExtensions.KeyUsage(0x80))).Send(Ir).Body);
    }

    [Fact]
    public void The_sender_is_the_signer()
    {
        using var peer = new Peer(TrustsVendors);
        HandClient client = peer.SigningClient(Peer.Vendor());
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, header => header with { Sender = GeneralName.FromName(Name.Parse("CN=someone else")) }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, header => header with { SenderKid = new byte[20] }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, header => header with { Sender = GeneralName.FromText(GeneralNameType.DnsName, "device.example") }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, header => header with { Sender = GeneralName.NullDn, SenderKid = null }));
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { ExtraCerts = [] }));
        Assert.IsType<CertRepMessage>(client.Send(Ir, header => header with { Sender = GeneralName.NullDn }).Body);
    }

    [Fact]
    public void ExtraCerts_may_come_in_any_order_and_need_not_come_again()
    {
        using var peer = new Peer(TrustsVendors with { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.SigningClient(Peer.Vendor());
        var rep = (CertRepMessage)client.Send(Ir, message: message => message with { ExtraCerts = message.ExtraCerts.Reverse().ToList() }).Body;
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(rep.Responses[0].CertifiedKeyPair!.Certificate!), message: message => message with { ExtraCerts = [] }).Body);
    }

    [Fact]
    public void Algorithm_and_key_of_a_signature_agree()
    {
        using var peer = new Peer(TrustsVendors);
        HandClient client = peer.SigningClient(Peer.Vendor());
        Refused.ByError(FailInfo.BadMessageCheck, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa) } }));
        Refused.ByError(FailInfo.BadAlg, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.Sha1WithEcdsa) } }));
        Refused.ByError(FailInfo.BadAlg, client.Send(Ir, message: message => message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier("1.2.3") } }));
    }

    [Fact]
    public void One_transaction_has_one_credential()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        SigningCertificate one = peer.Enroll("CN=one"), two = peer.Enroll("CN=two");
        HandClient client = peer.SigningClient(one);
        PkiMessage answer = client.Send(Ir);
        CertConfirmContent confirmation = Peer.Confirmation(((CertRepMessage)answer.Body).Responses[0].CertifiedKeyPair!.Certificate!);
        PkiHeader Join(PkiHeader header) => header with { TransactionId = client.TransactionId, RecipNonce = answer.Header.SenderNonce };

        Refused.ByError(FailInfo.WrongIntegrity, peer.MacClient().Send(confirmation, Join));
        Refused.ByError(FailInfo.NotAuthorized, peer.SigningClient(two).Send(confirmation, Join));
        Assert.IsType<PkiConfirmContent>(peer.SigningClient(one).Send(confirmation, Join).Body);
    }

    [Fact]
    public void A_server_that_fails_says_so_and_no_more()
    {
        using var responder = new Responder(new TestServerOptions { Reference = Peer.Reference, Trace = new FaultyTrace() }, Peer.Authority, [1]);
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage answer = PkiMessage.Decode(responder.Respond(client.Protector.Protect(client.Header, Ir, []).Encoded));
        PkiStatusInfo status = Refused.ByError(FailInfo.SystemFailure, answer);
        Assert.Equal("This server failed.", Assert.Single(status.StatusString!.Texts));
    }

    private sealed class FaultyTrace : ICmpTrace
    {
        public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
        {
            if (direction == TraceDirection.Received)
                throw new InvalidOperationException("/a/path/of/ours");
        }

        public void Note(string text)
        {
        }

        public void Warning(string text)
        {
        }
    }
}
