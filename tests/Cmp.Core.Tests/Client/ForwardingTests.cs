using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;
using HandClient = Cmp.Tests.TestServer.HandClient;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>A registration authority between others and the CA (RFC 9483 5.2): it adds protection, replaces it, sends many at once, and hands back what is not its own.</summary>
public sealed class ForwardingTests : IDisposable
{
    private static readonly SigningCertificate Authority = ServerPeer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA]));

    private readonly ServerPeer _server = new(new TestServerOptions { TrustedClients = [ServerPeer.ToX509(ServerPeer.OtherAuthority.Root)] });
    private readonly ListTrace _trace = new();
    private readonly PrivateKey _key = ServerPeer.NewKey();

    private static ForwardingOptions Adding => new() { AddsProtection = true };

    /// <summary>The secret of the requester, which the server need not know.</summary>
    private static ForwardingOptions Replacing => new() { ReplacesProtection = true, OriginalSecrets = [Secret("ra's own", "between us")] };

    public void Dispose()
    {
        _server.Dispose();
        _key.Dispose();
    }

    private static ReferenceAndSecret Secret(string reference, string secret) => new(reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    private static ServerSettings Said() => new()
    {
        Uri = new Uri("http://ca.example/"),
        ClientCertificate = ServerPeer.ToX509(Authority.Certificate),
        ClientKey = Authority.Key,
        ClientChain = Authority.Chain,
        TrustAnchor = [ServerPeer.Authority.Root],
        Timeout = TimeSpan.FromMinutes(5),
    };

    private CmpClient Client(FakeRoad? road = null, Func<ServerSettings, ServerSettings>? settings = null) =>
        new(settings?.Invoke(Said()) ?? Said(), road ?? FakeRoad.To(_server.Responder), () => _server.Now, (_, _) => Task.CompletedTask, random: () => 1);

    private RequestOptions Options => new() { Trace = _trace };

    private async Task<Delivery> ForwardAsync(PkiMessage message, ForwardingOptions forwarding, FakeRoad? road = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        using CmpClient client = Client(road, settings);
        return await client.ForwardAsync(message.Encoded, forwarding, Options);
    }

    private async Task<IReadOnlyList<ForwardingOutcome>> ForwardAllAsync(IReadOnlyList<PkiMessage> messages, ForwardingOptions? forwarding = null, FakeRoad? road = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        using CmpClient client = Client(road, settings);
        return await client.ForwardAllAsync([.. messages.Select(message => new MessageToForward(message.Encoded, forwarding ?? new ForwardingOptions()))], Options);
    }

    private async Task<CmpException> RefusedAsync(PkiMessage message, ForwardingOptions forwarding, Func<ServerSettings, ServerSettings>? settings = null) =>
        await Assert.ThrowsAnyAsync<CmpException>(() => ForwardAsync(message, forwarding, FakeRoad.ToNobody(), settings));

    /// <summary>A message that somebody made under a secret.</summary>
    private PkiMessage Made(PkiBody body, string reference = "ra's own", string secret = "between us", Func<PkiHeader, PkiHeader>? header = null)
    {
        using var shared = new SharedSecret(Encoding.UTF8.GetBytes(reference), Encoding.UTF8.GetBytes(secret));
        using MessageProtector protector = MessageProtector.Mac(shared, new PbmOptions { Iterations = 500 });
        var made = new PkiHeader(2, GeneralName.FromName(Name.FromCommonName(reference)), GeneralName.FromName(ServerPeer.Authority.Signer.Subject))
        {
            MessageTime = _server.Now,
            SenderKid = protector.SenderKid,
            TransactionId = Secrets.Random(16),
            SenderNonce = Secrets.Random(16),
            GeneralInfo = [InfoTypeAndValue.ImplicitConfirm],
        };
        return protector.Protect(header?.Invoke(made) ?? made, body, []);
    }

    /// <summary>One that the server knows the secret of.</summary>
    private PkiMessage MadeForServer(string subject = "CN=router") => Made(ServerPeer.Request(PkiBodyType.Ir, _key, subject), ServerPeer.Reference, "correct horse battery staple");

    private PkiMessage Asked(string subject = "CN=router") => Made(ServerPeer.Request(PkiBodyType.Ir, _key, subject));

    private static Certificate Issued(ReadOnlyMemory<byte>? answer) => Assert.IsType<CertRepMessage>(PkiMessage.Decode(answer!.Value).Body).Responses[0].CertifiedKeyPair!.Certificate!;

    // added protection

    [Fact]
    public async Task Protection_is_added_and_the_answer_is_that_of_the_message_within()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        PkiMessage request = MadeForServer();
        Delivery delivery = await ForwardAsync(request, Adding, road);
        PkiMessage nested = Assert.Single(road.Sent);
        PkiMessage inner = Assert.Single(Assert.IsType<NestedMessageContent>(nested.Body).Messages);
        Assert.True(inner.Encoded.Span.SequenceEqual(request.Encoded.Span));
        Assert.True(nested.Header.TransactionId!.Value.Span.SequenceEqual(request.Header.TransactionId!.Value.Span));
        Assert.True(nested.Header.SenderNonce!.Value.Span.SequenceEqual(request.Header.SenderNonce!.Value.Span));
        Assert.DoesNotContain(RuleChecker.Check(nested, profile: true), finding => finding.Severity == FindingSeverity.Error);
        Assert.Equal(CmpOperation.Initialization, road.Requests[0].Operation);
        Assert.Equal(DeliveryStatus.Answered, delivery.Status);
        Assert.True(delivery.Message.Encoded.Span.SequenceEqual(request.Encoded.Span));
        Assert.Equal("CN=router", Issued(delivery.Answer).Subject.ToString());
        // under the requester's secret, so it is not for us to say who vouches for it
        Assert.Null(delivery.IsAnswerVerified);
        Assert.Contains("for who made the request", delivery.AnswerRemark);
        Assert.Empty(_trace.Warnings);
    }

    [Fact]
    public async Task A_signed_answer_is_verified_where_there_is_an_anchor_and_given_in_any_case()
    {
        using var signing = new ServerPeer(new TestServerOptions { TrustedClients = [ServerPeer.ToX509(ServerPeer.OtherAuthority.Root)], SignAnswers = true });
        async Task<Delivery> SendAsync(Func<ServerSettings, ServerSettings> settings) => await ForwardAsync(MadeForServer(), Adding, FakeRoad.To(signing.Responder), settings);
        Assert.True((await SendAsync(said => said)).IsAnswerVerified);
        Delivery unknown = await SendAsync(said => said with { TrustAnchor = [] });
        Assert.Null(unknown.IsAnswerVerified);
        Assert.Contains("no trust anchor", unknown.AnswerRemark);
        Delivery foreign = await SendAsync(said => said with { TrustAnchor = [ServerPeer.OtherAuthority.Root] });
        Assert.False(foreign.IsAnswerVerified);
        Assert.NotNull(foreign.Answer);
        Assert.Contains(_trace.Warnings, warning => warning.StartsWith("Nobody vouches for the ip", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_is_not_changed_whatever_it_is_worth()
    {
        ReadOnlyMemory<byte> said = default;
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, ReadOnlyMemory<byte>>(nested =>
        {
            PkiHeader header = new(2, GeneralName.NullDn, GeneralName.NullDn) { TransactionId = nested.Header.TransactionId, RecipNonce = nested.Header.SenderNonce };
            return said = new PkiMessage(header, new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadRequest))).Encoded;
        }));
        Delivery delivery = await ForwardAsync(MadeForServer(), Adding, road);
        Assert.True(delivery.Answer!.Value.Span.SequenceEqual(said.Span));
        Assert.Equal((false, "It is not protected."), (delivery.IsAnswerVerified, delivery.AnswerRemark));
    }

    [Theory]
    [InlineData("CmpTransaction.TransactionId")]
    [InlineData("CmpTransaction.RecipNonce")]
    [InlineData("CmpTransaction.UnexpectedBody")]
    public async Task What_answers_another_message_is_handed_to_nobody(string errorId)
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, ReadOnlyMemory<byte>>(nested =>
        {
            PkiHeader header = new(2, GeneralName.NullDn, GeneralName.NullDn)
            {
                TransactionId = errorId == "CmpTransaction.TransactionId" ? new byte[16] : nested.Header.TransactionId,
                RecipNonce = errorId == "CmpTransaction.RecipNonce" ? new byte[16] : nested.Header.SenderNonce,
            };
            return new PkiMessage(header, errorId == "CmpTransaction.UnexpectedBody" ? nested.Body : new PkiConfirmContent()).Encoded;
        }));
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => ForwardAsync(MadeForServer(), Adding, road))).ErrorId);
    }

    [Fact]
    public async Task What_no_CA_is_sent_is_not_wrapped()
    {
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(new PkiConfirmContent(), header: header => header with { SenderNonce = null }), Adding)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(new GenRepContent([])), Adding)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(new CrlAnnContent([])), Adding)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Asked(), Adding, said => said with { Protection = ProtectionKind.None })).ErrorId);
        Assert.Equal("CmpArgument.NoCredential", (await RefusedAsync(Asked(), Adding, said => said with { ClientCertificate = null, ClientKey = null })).ErrorId);
    }

    [Fact]
    public async Task Where_somebody_says_whose_messages_are_taken_others_are_not()
    {
        ForwardingOptions known = Adding with { OriginalSecrets = [Secret("somebody", "else")] };
        CmpException error = await RefusedAsync(MadeForServer(), known);
        Assert.Equal("CmpProtection.Invalid", error.ErrorId);
        Assert.Contains("-OriginalCredential", error.RecommendedAction);
        Assert.NotNull((await ForwardAsync(MadeForServer(), Adding with { OriginalSecrets = [Secret(ServerPeer.Reference, "correct horse battery staple")] })).Answer);
    }

    // replaced protection

    [Fact]
    public async Task Protection_is_replaced_and_the_body_keeps_its_octets()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        PkiMessage request = Asked();
        Delivery delivery = await ForwardAsync(request, Replacing, road);
        PkiMessage sent = Assert.Single(road.Sent);
        Assert.True(sent.Body.Encoded.Span.SequenceEqual(request.Body.Encoded.Span));
        Assert.Equal(Authority.Certificate.Subject.ToString(), sent.Header.Sender.DirectoryName!.ToString());
        Assert.True(sent.Header.SenderKid!.Value.Span.SequenceEqual(Authority.Certificate.SubjectKeyIdentifier!.Value.Span));
        Assert.True(sent.Header.TransactionId!.Value.Span.SequenceEqual(request.Header.TransactionId!.Value.Span));
        Assert.True(sent.Header.SenderNonce!.Value.Span.SequenceEqual(request.Header.SenderNonce!.Value.Span));
        Assert.True(sent.Header.Recipient.IsSameAs(request.Header.Recipient));
        Assert.NotNull(sent.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Null(sent.Header.FindInfo(Oids.OrigPkiMessage));
        Assert.Equal(ProtectionKind.Signature, ProtectionKinds.Of(sent.Header.ProtectionAlg));
        Assert.Equal("CN=router", Issued(delivery.Answer).Subject.ToString());
        Assert.True(delivery.IsAnswerVerified);
        Assert.Equal(("ir", "ra's own"), (delivery.Message.ToString(), delivery.Requester));
    }

    [Fact]
    public async Task What_was_not_verified_is_not_replaced_unless_somebody_says_so()
    {
        ForwardingOptions blind = new() { ReplacesProtection = true };
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Asked(), blind)).ErrorId);
        Assert.Equal("CmpProtection.Invalid", (await RefusedAsync(Asked() with { Protection = new byte[32] }, Replacing)).ErrorId);
        Assert.Equal("CmpProtection.Invalid", (await RefusedAsync(Made(ServerPeer.Request(PkiBodyType.Ir, _key, "CN=router"), secret: "a guess"), Replacing)).ErrorId);
        PkiMessage bare = Asked();
        Assert.Equal("CmpProtection.Missing", (await RefusedAsync(bare with { Header = bare.Header with { ProtectionAlg = null }, Protection = null }, Replacing)).ErrorId);
        Assert.Equal("CmpTrust.NoAnchor", (await RefusedAsync(SignedBy(ServerPeer.Vendor()), Replacing)).ErrorId);
        Assert.NotNull((await ForwardAsync(Asked(), blind with { AllowsUnverified = true })).Answer);
        Assert.NotNull((await ForwardAsync(Asked() with { Protection = new byte[32] }, Replacing with { AllowsUnverified = true })).Answer);
        Assert.Contains(_trace.Warnings, warning => warning.EndsWith("It is sent on all the same.", StringComparison.Ordinal));
    }

    private PkiMessage SignedBy(SigningCertificate signer, PkiBody? body = null, Func<PkiHeader, PkiHeader>? header = null)
    {
        using MessageProtector protector = MessageProtector.Signature(signer, null, pss: false);
        var made = new PkiHeader(2, GeneralName.FromName(signer.Certificate.Subject), GeneralName.NullDn)
        {
            MessageTime = _server.Now,
            SenderKid = protector.SenderKid,
            TransactionId = Secrets.Random(16),
            SenderNonce = Secrets.Random(16),
        };
        return protector.Protect(header?.Invoke(made) ?? made, body ?? ServerPeer.Request(PkiBodyType.Ir, _key, "CN=router"), [signer.Certificate, .. signer.Chain]);
    }

    [Fact]
    public async Task A_signed_request_is_verified_to_an_anchor()
    {
        SigningCertificate device = ServerPeer.Vendor();
        ForwardingOptions trusting = new() { ReplacesProtection = true, OriginalAnchors = [ServerPeer.OtherAuthority.Root] };
        Assert.Equal("CN=device", (await ForwardAsync(SignedBy(device), trusting)).Requester);
        Assert.Equal("CmpTrust.NoPath", (await RefusedAsync(SignedBy(device), trusting with { OriginalAnchors = [ServerPeer.Authority.Root] })).ErrorId);
        Assert.Equal("CmpProtection.Invalid", (await RefusedAsync(SignedBy(device) with { Protection = new byte[70] }, trusting)).ErrorId);
        Assert.Equal("CmpProtection.NoSigner", (await RefusedAsync(SignedBy(device, header: header => header with { Sender = GeneralName.FromName(Name.Parse("CN=other")) }), trusting)).ErrorId);
        Assert.Equal("CmpTrust.KeyUsage", (await RefusedAsync(SignedBy(ServerPeer.Vendor(TestServer.TestExtensions.KeyUsage(0x20))), trusting)).ErrorId);
        _server.Now += TimeSpan.FromDays(2);
        Assert.Equal("CmpTrust.Expired", (await RefusedAsync(SignedBy(device), trusting)).ErrorId);
    }

    [Fact]
    public async Task Updates_and_keys_that_the_CA_makes_keep_their_protection()
    {
        SigningCertificate old = _server.Enroll();
        ForwardingOptions trusting = new() { ReplacesProtection = true, OriginalAnchors = [ServerPeer.Authority.Root] };
        CmpException error = await RefusedAsync(SignedBy(old, ServerPeer.Request(PkiBodyType.Kur, _key, "CN=enrolled", old.Certificate)), trusting);
        Assert.Equal("CmpArgument.Forwarding", error.ErrorId);
        Assert.Contains("-AddProtection", error.RecommendedAction);
        var central = new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router") }, []), null, [])]);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(central), Replacing)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(new NestedMessageContent([Asked()])), Replacing)).ErrorId);
        // and an update goes as it is, approved of
        Delivery delivery = await ForwardAsync(SignedBy(old, ServerPeer.Request(PkiBodyType.Kur, _key, "CN=enrolled", old.Certificate)), Adding with { OriginalAnchors = [ServerPeer.Authority.Root] });
        Assert.Equal("kup", PkiMessage.Decode(delivery.Answer!.Value).ToString());
        Assert.True(delivery.IsAnswerVerified);
    }

    [Fact]
    public async Task The_original_goes_along_where_it_is_wanted()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        PkiMessage request = Asked();
        Delivery delivery = await ForwardAsync(request, Replacing with { IncludesOriginal = true, RaVerified = true }, road);
        PkiMessage sent = Assert.Single(road.Sent);
        PkiMessage original = Assert.Single(InfoTypes.ReadOrigPkiMessage(sent.Header.FindInfo(Oids.OrigPkiMessage)!));
        Assert.True(original.Encoded.Span.SequenceEqual(request.Encoded.Span));
        Assert.NotNull(Issued(delivery.Answer));
        Assert.DoesNotContain(RuleChecker.Check(sent, profile: true), finding => finding.Severity == FindingSeverity.Error);
    }

    // proofs of possession

    [Fact]
    public async Task RaVerified_takes_the_place_of_a_proof_that_is_right()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        PkiMessage request = Asked();
        Delivery delivery = await ForwardAsync(request, Replacing with { RaVerified = true }, road);
        CertReqMsg before = ((CertReqMessages)request.Body).Requests[0], after = ((CertReqMessages)road.Sent[0].Body).Requests[0];
        Assert.IsType<RaVerified>(after.Popo);
        Assert.True(before.CertReq.Encoded.Span.SequenceEqual(after.CertReq.Encoded.Span));
        Assert.NotNull(Issued(delivery.Answer));
    }

    [Fact]
    public async Task A_wrong_proof_is_sent_on_by_nobody()
    {
        CertReqMsg good = ServerPeer.Signed(ServerPeer.Asked(_key, "CN=router"), _key);
        CertReqMsg wrong = good with { Popo = ((PopoSigningKey)good.Popo!) with { Signature = new byte[70] } };
        PkiMessage request = Made(new CertReqMessages(PkiBodyType.Ir, [wrong]));
        Assert.Equal("CmpPossession.Invalid", (await RefusedAsync(request, Replacing with { RaVerified = true })).ErrorId);
        Assert.Equal("CmpPossession.Invalid", (await RefusedAsync(request, Replacing)).ErrorId);
        P10crBody pkcs10 = ServerPeer.Pkcs10(_key, "CN=router");
        byte[] octets = pkcs10.Request.Encoded.ToArray();
        octets[octets.Length - 1] ^= 1;
        PkiMessage broken = Made(new P10crBody(CertificationRequest.Decode(octets)));
        Assert.Equal("CmpPossession.Invalid", (await RefusedAsync(broken, Replacing with { RaVerified = true })).ErrorId);
        FakeRoad road = FakeRoad.To(_server.Responder);
        Assert.NotNull(Issued((await ForwardAsync(Made(pkcs10), Replacing with { RaVerified = true }, road)).Answer));
        Assert.True(road.Sent[0].Body.Encoded.Span.SequenceEqual(pkcs10.Encoded.Span));
    }

    [Fact]
    public async Task What_only_the_CA_can_check_is_not_called_verified()
    {
        CertRequest asked = ServerPeer.Asked(_key, "CN=router");
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteInteger(0, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 1));
        foreach (ProofOfPossession? proof in new ProofOfPossession?[] { new PopoPrivKey(false, writer.Encode()), null })
        {
            PkiMessage request = Made(new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(asked, proof, [])]));
            Assert.Equal("CmpPossession.NotVerifiable", (await RefusedAsync(request, Replacing with { RaVerified = true })).ErrorId);
            FakeRoad road = FakeRoad.To(_server.Responder);
            await ForwardAsync(request, Replacing, road);
            Assert.True(road.Sent[0].Body.Encoded.Span.SequenceEqual(request.Body.Encoded.Span));
        }
    }

    [Fact]
    public async Task RaVerified_of_a_device_is_not_said_again_in_our_name()
    {
        var claimed = new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(ServerPeer.Asked(_key, "CN=router"), new RaVerified(), [])]);
        ForwardingOptions trusting = new() { ReplacesProtection = true, OriginalAnchors = [ServerPeer.OtherAuthority.Root] };
        foreach (ForwardingOptions forwarding in new[] { Replacing, Replacing with { RaVerified = true }, Replacing with { IncludesOriginal = true }, new ForwardingOptions { ReplacesProtection = true, AllowsUnverified = true } })
            Assert.Equal("CmpPossession.NotVerifiable", (await RefusedAsync(Made(claimed), forwarding)).ErrorId);
        Assert.Equal("CmpPossession.NotVerifiable", (await RefusedAsync(SignedBy(ServerPeer.Vendor(), claimed), trusting)).ErrorId);
        // another registration authority has checked it
        Assert.NotNull(Issued((await ForwardAsync(SignedBy(Authority, claimed), trusting)).Answer));
    }

    [Fact]
    public async Task What_the_CA_grants_by_who_asks_is_not_asked_in_our_name()
    {
        SigningCertificate mine = _server.Enroll(), other = _server.Enroll("CN=other");
        ForwardingOptions trusting = new() { ReplacesProtection = true, OriginalAnchors = [ServerPeer.Authority.Root, ServerPeer.OtherAuthority.Root] };
        CertRequest lost = ServerPeer.Asked(_key, "CN=other") with { Controls = [Controls.OldCertId(other.Certificate), Controls.ProtocolEncrKey(_key.PublicKey)] };
        var recovery = new CertReqMessages(PkiBodyType.Krr, [ServerPeer.Signed(lost, _key)]);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(SignedBy(mine, recovery), trusting)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(SignedBy(Authority, recovery), trusting)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(recovery), Replacing with { AllowsUnverified = true })).ErrorId);

        // a key that the CA makes is none the less one for the word about its proof
        var central = new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router") }, []), PopoPrivKey.Later(false, SubsequentMessage.EncrCert), [])]);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(SignedBy(mine, central), trusting)).ErrorId);

        RevReqContent Revoking(params Certificate[] certificates) => new([.. certificates.Select(certificate => RevDetails.Of(certificate))]);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(SignedBy(mine, Revoking(other.Certificate)), trusting)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(SignedBy(mine, Revoking(mine.Certificate, other.Certificate)), trusting)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(Revoking(other.Certificate)), Replacing)).ErrorId);
        Assert.Equal("CmpArgument.Forwarding", (await RefusedAsync(Made(Revoking(other.Certificate)), new ForwardingOptions { ReplacesProtection = true, AllowsUnverified = true })).ErrorId);
        Assert.Equal("rp", PkiMessage.Decode((await ForwardAsync(SignedBy(mine, Revoking(mine.Certificate)), trusting)).Answer!.Value).ToString());
        Assert.Equal("rp", PkiMessage.Decode((await ForwardAsync(SignedBy(Authority, Revoking(other.Certificate)), trusting)).Answer!.Value).ToString());
    }

    [Fact]
    public async Task What_a_device_calls_an_original_does_not_go_along_under_our_protection()
    {
        PkiMessage before = Asked("CN=another");
        PkiMessage request = Made(ServerPeer.Request(PkiBodyType.Ir, _key, "CN=router"), header: header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm, InfoTypes.OrigPkiMessage([before])] });
        FakeRoad road = FakeRoad.To(_server.Responder);
        Assert.NotNull(Issued((await ForwardAsync(request, Replacing, road)).Answer));
        Assert.Null(road.Sent[0].Header.FindInfo(Oids.OrigPkiMessage));
        Assert.NotNull(road.Sent[0].Header.FindInfo(Oids.ImplicitConfirm));
        await ForwardAsync(request, Replacing with { IncludesOriginal = true }, road);
        Assert.True(Assert.Single(InfoTypes.ReadOrigPkiMessage(road.Sent[1].Header.FindInfo(Oids.OrigPkiMessage)!)).Encoded.Span.SequenceEqual(request.Encoded.Span));
    }

    [Fact]
    public async Task A_proof_that_is_bound_to_the_requester_is_checked_against_him()
    {
        CertRequest asked = ServerPeer.Asked(_key, null);
        PkiMessage Bound(string secret)
        {
            using var shared = new SharedSecret(Encoding.UTF8.GetBytes("ra's own"), Encoding.UTF8.GetBytes(secret));
            var input = new PopoSigningKeyInput(null, PublicKeyMac.Create(shared, _key.PublicKey, new PbmOptions { Iterations = 500 }), _key.PublicKey);
            return Made(new CertReqMessages(PkiBodyType.Ir, [ServerPeer.Signed(asked, _key, input)]));
        }
        Assert.Equal("CmpPossession.Invalid", (await RefusedAsync(Bound("another"), Replacing with { RaVerified = true })).ErrorId);
        Assert.Equal("CmpPossession.NotVerifiable", (await RefusedAsync(Bound("between us"), new ForwardingOptions { ReplacesProtection = true, RaVerified = true, AllowsUnverified = true })).ErrorId);
        FakeRoad road = FakeRoad.To(_server.Responder);
        await ForwardAsync(Bound("between us"), Replacing with { RaVerified = true }, road);
        Assert.IsType<RaVerified>(((CertReqMessages)road.Sent[0].Body).Requests[0].Popo);
        Assert.Empty(_trace.Warnings);
        await ForwardAsync(Bound("between us"), Replacing, FakeRoad.To(_server.Responder));
        Assert.Contains(_trace.Warnings, warning => warning.Contains("bound to the protection that was replaced"));

        SigningCertificate device = ServerPeer.Vendor();
        ForwardingOptions trusting = new() { ReplacesProtection = true, RaVerified = true, OriginalAnchors = [ServerPeer.OtherAuthority.Root] };
        CertReqMessages Named(string name) => new(PkiBodyType.Ir, [ServerPeer.Signed(asked, _key, new PopoSigningKeyInput(GeneralName.FromName(Name.Parse(name)), null, _key.PublicKey))]);
        Assert.Equal("CmpPossession.Invalid", (await RefusedAsync(SignedBy(device, Named("CN=another")), trusting)).ErrorId);
        Assert.NotNull((await ForwardAsync(SignedBy(device, Named("CN=device")), trusting)).Answer);
        // a name that nobody has verified binds nothing, and raVerified would say that it does
        ForwardingOptions blind = new() { ReplacesProtection = true, RaVerified = true, AllowsUnverified = true };
        Assert.Equal("CmpPossession.NotVerifiable", (await RefusedAsync(SignedBy(device, Named("CN=device")), blind)).ErrorId);
        Assert.NotNull((await ForwardAsync(SignedBy(device, Named("CN=device")), blind with { RaVerified = false })).Answer);
    }

    // batches

    [Fact]
    public async Task A_batch_gives_each_its_own_answer()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        PkiMessage[] requests = [MadeForServer("CN=router1"), MadeForServer("CN=router2"), MadeForServer("CN=router3")];
        IReadOnlyList<ForwardingOutcome> outcomes = await ForwardAllAsync(requests, road: road);
        PkiMessage batch = Assert.Single(road.Sent);
        Assert.Equal(3, ((NestedMessageContent)batch.Body).Messages.Count);
        Assert.DoesNotContain(requests, request => request.Header.TransactionId!.Value.Span.SequenceEqual(batch.Header.TransactionId!.Value.Span));
        Assert.Equal(CmpOperation.Nested, road.Requests[0].Operation);
        Assert.Equal(["CN=router1", "CN=router2", "CN=router3"], outcomes.Select(outcome => Issued(outcome.Delivery!.Answer).Subject.ToString()));
        Assert.DoesNotContain(RuleChecker.Check(batch, profile: true), finding => finding.Severity == FindingSeverity.Error);
    }

    [Fact]
    public async Task In_a_batch_protection_is_added_or_replaced_for_each()
    {
        IReadOnlyList<ForwardingOutcome> added = await ForwardAllAsync([MadeForServer("CN=router1"), MadeForServer("CN=router2")], Adding);
        Assert.All(added, outcome => Assert.NotNull(Issued(outcome.Delivery!.Answer)));
        IReadOnlyList<ForwardingOutcome> replaced = await ForwardAllAsync([Asked("CN=router1"), MadeForServer(), Asked("CN=router3")], Replacing with { RaVerified = true });
        Assert.Equal("CN=router1", Issued(replaced[0].Delivery!.Answer).Subject.ToString());
        Assert.True(replaced[0].Delivery!.IsAnswerVerified);
        Assert.Equal("CmpProtection.Invalid", replaced[1].Error!.ErrorId);
        Assert.Equal("CN=router3", Issued(replaced[2].Delivery!.Answer).Subject.ToString());
    }

    /// <summary>A server whose answer to a batch is changed before it is protected.</summary>
    private FakeRoad Changing(Func<IReadOnlyList<PkiMessage>, IReadOnlyList<PkiMessage>> change) => FakeRoad.Of(new Func<PkiMessage, ReadOnlyMemory<byte>>(batch =>
    {
        PkiMessage answer = PkiMessage.Decode(_server.Responder.Respond(batch.Encoded));
        using MessageProtector protector = MessageProtector.Signature(new SigningCertificate(ServerPeer.Authority.Signer, ServerPeer.Authority.SignerKey), null, pss: false);
        return protector.Protect(answer.Header, new NestedMessageContent(change(((NestedMessageContent)answer.Body).Messages)), answer.ExtraCerts).Encoded;
    }));

    [Fact]
    public async Task What_the_answer_leaves_out_is_unavailable()
    {
        IReadOnlyList<ForwardingOutcome> outcomes = await ForwardAllAsync([MadeForServer("CN=router1"), MadeForServer("CN=router2")], road: Changing(answers => [answers[1]]));
        CmpServerException error = Assert.IsType<CmpServerException>(outcomes[0].Error);
        Assert.Equal(("CmpServer.systemUnavail", FailInfo.SystemUnavail), (error.ErrorId, error.FailInfo));
        Assert.Equal("CN=router2", Issued(outcomes[1].Delivery!.Answer).Subject.ToString());
        Assert.Empty(_trace.Warnings);
    }

    [Fact]
    public async Task What_is_too_much_in_the_answer_is_dropped()
    {
        PkiMessage foreign = PkiMessage.Decode(_server.Responder.Respond(MadeForServer("CN=foreign").Encoded));
        IReadOnlyList<ForwardingOutcome> outcomes = await ForwardAllAsync([MadeForServer("CN=router1"), MadeForServer("CN=router2")], road: Changing(answers => [foreign, answers[1], answers[0], answers[0]]));
        Assert.Equal(["CN=router1", "CN=router2"], outcomes.Select(outcome => Issued(outcome.Delivery!.Answer).Subject.ToString()));
        Assert.Equal(2, _trace.Warnings.Count(warning => warning.EndsWith("it is dropped.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_old_answer_in_a_new_batch_is_none()
    {
        IReadOnlyList<ForwardingOutcome> outcomes = await ForwardAllAsync([MadeForServer("CN=router1")], road: Changing(answers => [answers[0] with { Header = answers[0].Header with { RecipNonce = new byte[16] } }]));
        Assert.Equal("CmpServer.systemUnavail", outcomes[0].Error!.ErrorId);
        Assert.Contains(_trace.Warnings, warning => warning.Contains("CmpTransaction.RecipNonce"));
    }

    [Fact]
    public async Task What_happens_to_the_batch_happens_to_all_in_it()
    {
        ForwardingOutcome[] refused = [.. await ForwardAllAsync([MadeForServer(), MadeForServer()], settings: said => said with { ClientCertificate = ServerPeer.ToX509(Stranger.Certificate), ClientKey = Stranger.Key, ClientChain = [] })];
        Assert.All(refused, outcome => Assert.Equal("CmpServer.signerNotTrusted", outcome.Error!.ErrorId));
        FakeRoad unprotected = FakeRoad.Of(new Func<PkiMessage, ReadOnlyMemory<byte>>(batch =>
        {
            PkiMessage answer = PkiMessage.Decode(_server.Responder.Respond(batch.Encoded));
            return (answer with { Header = answer.Header with { ProtectionAlg = null }, Protection = null }).Encoded;
        }));
        Assert.All(await ForwardAllAsync([MadeForServer()], road: unprotected), outcome => Assert.Equal("CmpProtection.Missing", outcome.Error!.ErrorId));
        FakeRoad closed = FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => throw new CmpException(CmpErrorKind.Transport, "CmpTransport.Refused", "Nobody listens.")));
        Assert.All(await ForwardAllAsync([MadeForServer(), MadeForServer()], road: closed), outcome => Assert.Equal("CmpTransport.Refused", outcome.Error!.ErrorId));
    }

    private static SigningCertificate Stranger { get; } = NewStranger();

    private static SigningCertificate NewStranger()
    {
        PrivateKey key = ServerPeer.NewKey();
        return new SigningCertificate(ServerPeer.Authority.Issue(ServerPeer.Content(key, "CN=stranger")), key);
    }

    [Fact]
    public async Task A_batch_that_takes_its_time_is_polled_for()
    {
        using var slow = new ServerPeer(new TestServerOptions { TrustedClients = [ServerPeer.ToX509(ServerPeer.OtherAuthority.Root)], PollCount = 1, CheckAfter = 5 });
        FakeRoad road = FakeRoad.To(slow.Responder);
        using var client = new CmpClient(Said(), road, () => slow.Now, (time, _) =>
        {
            slow.Now += time;
            return Task.CompletedTask;
        });
        IReadOnlyList<ForwardingOutcome> outcomes = await client.ForwardAllAsync([new MessageToForward(MadeForServer().Encoded, new ForwardingOptions())], Options);
        Assert.Equal(["nested", "pollReq", "pollReq"], road.Kinds);
        // what is within waits by itself, and its maker polls
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<CertRepMessage>(PkiMessage.Decode(outcomes[0].Delivery!.Answer!.Value).Body).Responses[0].Status.Status);
    }

    [Fact]
    public async Task Two_messages_of_one_transaction_are_no_batch()
    {
        PkiMessage request = MadeForServer();
        Assert.All(await ForwardAllAsync([request, request], road: FakeRoad.ToNobody()), outcome => Assert.Equal("CmpArgument.Forwarding", outcome.Error!.ErrorId));
    }

    [Fact]
    public async Task Under_a_secret_of_ours_answers_are_verified_by_that()
    {
        ServerSettings Sharing(ServerSettings said) => said with { ClientCertificate = null, ClientKey = null, ClientChain = null, Secret = Secret(ServerPeer.Reference, "correct horse battery staple") };
        Delivery delivery = await ForwardAsync(Asked(), Replacing, settings: Sharing);
        Assert.True(delivery.IsAnswerVerified);
        Assert.Equal(ProtectionKind.PasswordBasedMac, ProtectionKinds.Of(PkiMessage.Decode(delivery.Answer!.Value).Header.ProtectionAlg));
        IReadOnlyList<ForwardingOutcome> outcomes = await ForwardAllAsync([MadeForServer()], settings: Sharing);
        Assert.NotNull(Issued(outcomes[0].Delivery!.Answer));
        Assert.Null(outcomes[0].Delivery!.IsAnswerVerified);
    }

    // on behalf of others

    private async Task<EnrolledCertificate> EnrollAsync(CertificationRequest pkcs10, ProofOfPossessionKind? proof, FakeRoad? road = null)
    {
        using CmpClient client = Client(road);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = pkcs10, ProofOfPossession = proof, Destination = new FakeDestination() });
        return (await enrollment.RunAsync())!;
    }

    [Fact]
    public async Task A_PKCS_10_request_of_somebody_else_becomes_ours_after_its_signature_was_checked()
    {
        FakeRoad road = FakeRoad.To(_server.Responder);
        CertificationRequest pkcs10 = ServerPeer.Pkcs10(_key, "CN=valve").Request;
        EnrolledCertificate enrolled = await EnrollAsync(pkcs10, ProofOfPossessionKind.RaVerified, road);
        Assert.Equal("CN=valve", enrolled.Certificate.Subject.ToString());
        Assert.True(enrolled.Certificate.PublicKey.IsSameAs(pkcs10.PublicKey));
        Assert.Equal((PkiBodyType.Cr, CmpOperation.Certification), (road.Sent[0].Body.Type, road.Requests[0].Operation));
        CertReqMsg asked = ((CertReqMessages)road.Sent[0].Body).Requests[0];
        Assert.IsType<RaVerified>(asked.Popo);
        Assert.Equal(pkcs10.Extensions.Select(extension => extension.Oid), asked.CertReq.CertTemplate.Extensions.Select(extension => extension.Oid));
        // without a word it is sent as it is
        road = FakeRoad.To(_server.Responder);
        await EnrollAsync(pkcs10, null, road);
        Assert.Equal(PkiBodyType.P10cr, road.Sent[0].Body.Type);
    }

    [Fact]
    public async Task One_whose_signature_is_wrong_does_not()
    {
        byte[] octets = ServerPeer.Pkcs10(_key, "CN=valve").Request.Encoded.ToArray();
        octets[octets.Length - 1] ^= 1;
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(CertificationRequest.Decode(octets), ProofOfPossessionKind.RaVerified, FakeRoad.ToNobody()));
        Assert.Equal("CmpPossession.Invalid", error.ErrorId);
        CertificationRequest good = ServerPeer.Pkcs10(_key, "CN=valve").Request;
        Assert.Equal("CmpArgument.ProofOfPossession", (await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(good, ProofOfPossessionKind.None, FakeRoad.ToNobody()))).ErrorId);
    }
}
