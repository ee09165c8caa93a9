using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Who we are to a server, what of it lasts, and how its road is used.</summary>
public class CmpClientTests
{
    private static X509Certificate2 ClientCertificate => Cryptography.TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray());

    private static ServerSettings Both(ServerSettings settings) => settings with { ClientCertificate = ClientCertificate, ClientKey = Peer.Shared.Client.Key };

    private static ServerSettings Signing(ServerSettings settings) => Both(settings) with { Secret = null };

    private static EnrollmentRequest Update(EnrollmentRequest request) => request with { Operation = EnrollmentOperation.KeyUpdate, OldCertificate = Peer.Shared.Client.Certificate };

    private static EnrollmentRequest P10(EnrollmentRequest request)
    {
        using PrivateKey key = MadeCertificate.NewKey();
        return request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(key, "CN=router7"), Key = null };
    }

    private static async Task<PkiMessage> FirstMessageAsync(Func<ServerSettings, ServerSettings> settings, Func<EnrollmentRequest, EnrollmentRequest>? request = null)
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Settings = settings, Request = request ?? (asked => asked) };
        await desk.RunAsync();
        return desk.Road.Sent[0];
    }

    private static bool IsSigned(PkiMessage message) => message.Header.ProtectionAlg!.Oid != Oids.PasswordBasedMac;

    // rule 17

    [Fact]
    public async Task Rule17_Of_secret_and_certificate_the_secret_wins_for_ir_cr_and_p10cr()
    {
        Assert.False(IsSigned(await FirstMessageAsync(Both)));
        Assert.False(IsSigned(await FirstMessageAsync(Both, request => request with { Operation = EnrollmentOperation.Certification })));
        Assert.False(IsSigned(await FirstMessageAsync(Both, P10)));
    }

    [Fact]
    public async Task Rule17_For_kur_the_certificate_signs()
    {
        PkiMessage kur = await FirstMessageAsync(Both, Update);
        Assert.Equal(PkiBodyType.Kur, kur.Body.Type);
        Assert.True(IsSigned(kur));
        Assert.Equal(Peer.Shared.Client.Certificate.Thumbprint, kur.ExtraCerts[0].Thumbprint);
    }

    [Theory]
    [InlineData(ProtectionKind.Signature)]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    public async Task Rule17_Protection_overrides(ProtectionKind protection)
    {
        foreach (Func<EnrollmentRequest, EnrollmentRequest> request in new[] { request => request, Update, P10 })
            Assert.Equal(protection == ProtectionKind.Signature, IsSigned(await FirstMessageAsync(settings => Both(settings) with { Protection = protection }, request)));
    }

    [Fact]
    public async Task Rule17_One_credential_serves_for_all()
    {
        Assert.True(IsSigned(await FirstMessageAsync(Signing)));
        Assert.False(IsSigned(await FirstMessageAsync(settings => settings, Update)));
    }

    [Theory]
    [InlineData(ProtectionKind.Signature)]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    public async Task Rule17_A_kind_for_which_there_is_no_credential_is_a_local_error(ProtectionKind protection)
    {
        var desk = new Desk(FakeRoad.ToNobody())
        {
            Settings = settings => (protection == ProtectionKind.Signature ? settings : Signing(settings)) with { Protection = protection },
        };
        Assert.Equal("CmpArgument.NoCredential", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule17_Without_any_nothing_is_sent_unless_no_protection_was_asked_for()
    {
        var desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => settings with { Secret = null } };
        Assert.Equal("CmpArgument.NoCredential", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Requests);

        desk = new Desk(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(), Reply.Unprotected))) { Settings = settings => settings with { Secret = null, Protection = ProtectionKind.None } };
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", (await desk.FailsAsync()).ErrorId);
        Assert.Null(desk.Road.Sent[0].Protection);
        Assert.Equal("CN=router7", desk.Road.Sent[0].Header.Sender.DirectoryName!.ToString());
    }

    [Fact]
    public async Task Rule23_Without_protection_sender_and_senderKID_stay()
    {
        var desk = new Desk(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(), Reply.Unprotected))) { Settings = settings => settings with { Protection = ProtectionKind.None } };
        await desk.FailsAsync();
        Assert.Equal(Peer.Reference, desk.Road.Sent[0].Header.Sender.DirectoryName!.CommonName());
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(desk.Road.Sent[0].Header.SenderKid!.Value.ToArray()));
    }

    [Theory]
    [InlineData(ProtectionKind.KemBasedMac)]
    [InlineData(ProtectionKind.DhBasedMac)]
    public void A_kind_that_lacks_what_it_needs_is_refused_by_name_before_anything_else(ProtectionKind kind)
    {
        var desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => settings with { Protection = kind, TrustAnchor = [] } };
        CmpException error = Assert.Throws<CmpException>(() => desk.Client);
        Assert.Equal("CmpArgument.Protection", error.ErrorId);
        Assert.Contains(kind.ToString(), error.Message);
    }

    [Fact]
    public async Task Rule19_A_client_key_that_is_another_ones_is_found_before_any_traffic()
    {
        var desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => Signing(settings) with { ClientKey = Peer.Shared.Signer.Key } };
        Assert.Equal("CmpKey.Mismatch", (await desk.FailsAsync()).ErrorId);
        desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => Signing(settings) with { ClientKey = null } };
        Assert.Equal("CmpKey.Missing", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(0, desk.KeysMade);
    }

    [Fact]
    public async Task Rule18_The_users_iterations_and_digests_are_used()
    {
        PkiMessage ir = await FirstMessageAsync(settings => settings with { IterationCount = 1234, HashAlgorithm = "SHA-512", MacAlgorithm = "hmac-sha384" });
        PbmParameter parameters = PbmParameter.Decode(ir.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal(1234, parameters.IterationCount);
        Assert.Equal(Oids.Sha512, parameters.Owf.Oid);
        Assert.Equal(Oids.HmacWithSha384, parameters.Mac.Oid);
    }

    [Fact]
    public async Task Rule18_A_count_outside_the_bounds_is_an_error_before_any_traffic()
    {
        var desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => settings with { IterationCount = 99 } };
        Assert.Equal("CmpProtection.Algorithm", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Requests);
    }

    [Theory]
    [InlineData("SHA1", null)]
    [InlineData(null, "HMAC-SHA1")]
    public async Task Rule68_Who_names_SHA1_accepts_it_in_answers(string? hash, string? mac)
    {
        Reply weak = new() { Protector = Peer.Mac(options: Peer.FewIterations with { Mac = Oids.HmacSha1 }) };
        Func<PkiMessage, ReadOnlyMemory<byte>>[] script = [request => Desk.Good(request, weak), Desk.PkiConf];
        await new Desk(FakeRoad.Of(script)) { Settings = settings => settings with { HashAlgorithm = hash, MacAlgorithm = mac } }.EnrollAsync();
        Assert.Equal("CmpProtection.Algorithm", (await new Desk(FakeRoad.Of(script)).FailsAsync()).ErrorId);
        await new Desk(FakeRoad.Of(script)) { Settings = settings => settings with { Preset = "OpenSslMock" } }.EnrollAsync();
    }

    [Fact]
    public async Task Rule66_OpenSslMock_may_sign_answers_to_a_MAC_and_others_draw_a_warning()
    {
        Reply signed = new() { Protector = Peer.Signature(Peer.Shared.Signer) };
        Func<PkiMessage, ReadOnlyMemory<byte>>[] script = [request => Desk.Good(request, signed), request => Peer.Shared.Answer(request, new PkiConfirmContent(), signed)];
        var strict = new Desk(FakeRoad.Of(script));
        await strict.EnrollAsync();
        Assert.Contains(strict.Trace.Warnings, warning => warning.Contains("RFC 9483 3.2", StringComparison.Ordinal));
        var lenient = new Desk(FakeRoad.Of(script)) { Settings = settings => settings with { Preset = "OpenSslMock" } };
        await lenient.EnrollAsync();
        Assert.Empty(lenient.Trace.Warnings);
    }

    // rule 51

    private static EnrollmentRequest Asked(FakeDestination destination) => new() { Subject = Name.Parse("CN=router7"), Key = new Cmp.Keys.KeyRequest(), Destination = destination };

    [Fact]
    public async Task Rule51_The_next_transaction_keeps_the_trust_and_nothing_else()
    {
        Reply bare = new() { ExtraCerts = [] };
        FakeRoad road = FakeRoad.Of(Desk.Good, Desk.PkiConf, request => Desk.Good(request, bare), request => Peer.Shared.Answer(request, new PkiConfirmContent(), bare));
        using var client = new CmpClient(Signing(new Desk(road).Said()), road, () => Peer.Now);
        for (int i = 0; i < 2; i++)
            Assert.NotNull(await new Enrollment(client, Asked(new FakeDestination())).RunAsync());
        Assert.Equal(Peer.Shared.Signer.Certificate.Thumbprint, client.KnownSigner!.Certificate.Thumbprint);
        IReadOnlyList<PkiHeader> headers = road.Sent.Select(message => message.Header).ToList();
        Assert.NotEqual(Hex.Of(headers[0].TransactionId!.Value.Span), Hex.Of(headers[2].TransactionId!.Value.Span));
        Assert.Null(headers[2].RecipNonce);
        Assert.Equal(headers[0].Recipient.ToString(), headers[2].Recipient.ToString());
        Assert.Equal([true, false, true, false], road.Requests.Select(request => request.First));
    }

    [Fact]
    public async Task Rule51_A_client_that_knows_nobody_yet_does_not_find_that_signer()
    {
        var desk = new Desk(FakeRoad.Of(request => Desk.Good(request, new Reply { ExtraCerts = [] }))) { Settings = Signing };
        Assert.Equal("CmpProtection.NoSigner", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule51_The_trust_ends_with_the_certificates()
    {
        DateTimeOffset now = Peer.Now;
        Reply bare = new() { ExtraCerts = [] };
        FakeRoad road = FakeRoad.Of(Desk.Good, Desk.PkiConf, request => Desk.Good(request, bare));
        using var client = new CmpClient(Signing(new Desk(road).Said()), road, () => now);
        Assert.NotNull(await new Enrollment(client, Asked(new FakeDestination())).RunAsync());
        now = Peer.Shared.Signer.Certificate.NotAfter.AddDays(1);
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => new Enrollment(client, Asked(new FakeDestination())).RunAsync());
        Assert.Equal(CmpErrorKind.Trust, error.Kind);
    }

    [Fact]
    public async Task Rule51_Who_failed_is_not_remembered()
    {
        MadeCertificate stranger = MadeCertificate.Root("CN=Test Server", Shape.Server);
        var desk = new Desk(FakeRoad.Of(request => Desk.Good(request, new Reply { Protector = Peer.Signature(stranger), ExtraCerts = [stranger.Certificate] }))) { Settings = Signing };
        await desk.FailsAsync();
        Assert.Null(desk.Client.KnownSigner);
    }

    [Fact]
    public async Task Another_credential_over_the_same_connections_keeps_the_trust()
    {
        Reply bare = new() { ExtraCerts = [] };
        FakeRoad road = FakeRoad.Of(Desk.Good, Desk.PkiConf, request => Desk.Good(request, bare), request => Peer.Shared.Answer(request, new PkiConfirmContent(), bare));
        ServerSettings said = new Desk(road).Said();
        using var client = new CmpClient(Signing(said), road, () => Peer.Now);
        using (CmpClient first = client.WithSettings(Signing(said)))
            Assert.NotNull(await new Enrollment(first, Asked(new FakeDestination())).RunAsync());
        using (CmpClient second = client.WithSettings(Signing(said) with { CertificateProfile = "other" }))
            Assert.NotNull(await new Enrollment(second, Asked(new FakeDestination())).RunAsync());
        Assert.False(road.IsDisposed);
    }

    // rules 55 and 57

    private static FakeRoad WithStatus(int status, Func<PkiMessage, ReadOnlyMemory<byte>> answer, CmpException? statusError = null) => FakeRoad.Of(
        request => new TransportReply.Octets(answer(request)) { HttpStatus = status, StatusError = statusError },
        request => new TransportReply.Octets(Desk.PkiConf(request)) { HttpStatus = 200 });

    private static readonly CmpException Http500 = new(CmpErrorKind.Protocol, "CmpHttp.500", "HTTP status 500.") { HttpStatus = 500 };

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Rule55_A_CMP_error_counts_whatever_the_HTTP_status(int status)
    {
        var desk = new Desk(WithStatus(status, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP, "no")), Http500));
        CmpServerException error = Assert.IsType<CmpServerException>(await desk.FailsAsync());
        Assert.Equal("CmpServer.badPOP", error.ErrorId);
        Assert.Equal(status, error.HttpStatus);
    }

    [Fact]
    public async Task Rule55_It_is_verified_first()
    {
        var desk = new Desk(WithStatus(500, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP, "no"), Reply.Unprotected), Http500));
        CmpServerException error = Assert.IsType<CmpServerException>(await desk.FailsAsync());
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal(500, error.HttpStatus);
        desk = new Desk(WithStatus(500, request => Desk.Good(request, Reply.Unprotected), Http500));
        Assert.Equal("CmpProtection.Missing", (await desk.FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData(201, true)]
    [InlineData(500, true)]
    [InlineData(200, false)]
    public async Task Rule55_A_positive_answer_outside_200_is_accepted_with_a_warning(int status, bool warns)
    {
        EnrolledCertificate enrolled = await new Desk(WithStatus(status, Desk.Good)).EnrollAsync();
        Assert.Equal(warns ? [$"The server sent a good answer with HTTP status {status}."] : [], enrolled.Warnings);
    }

    [Fact]
    public async Task Rule55_Of_what_is_no_message_the_status_is_the_error()
    {
        var desk = new Desk(WithStatus(500, _ => new byte[] { 0x30, 0 }, Http500));
        Assert.Same(Http500, await desk.FailsAsync());
        desk = new Desk(WithStatus(200, _ => new byte[] { 0x30, 0 }));
        Assert.Equal("CmpMessage.Malformed", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task A_warning_of_the_road_reaches_the_user()
    {
        FakeRoad road = FakeRoad.Of(request => new TransportReply.Octets(Desk.Good(request)) { Warning = "An old media type." }, request => new TransportReply.Octets(Desk.PkiConf(request)));
        var desk = new Desk(road);
        Assert.Equal(["An old media type."], (await desk.EnrollAsync()).Warnings);
        Assert.Equal(["An old media type."], desk.Trace.Warnings);
    }

    [Fact]
    public async Task Rule57_An_empty_answer_is_legal_only_where_none_is_due()
    {
        var desk = new Desk(FakeRoad.Of(_ => new TransportReply.Nothing()));
        Assert.Equal("CmpTransport.NoAnswer", (await desk.FailsAsync()).ErrorId);
        EnrolledCertificate enrolled = await new Desk(FakeRoad.Of(request => new TransportReply.Octets(Desk.Good(request)), _ => new TransportReply.Nothing())).EnrollAsync();
        Assert.False(enrolled.Confirmed);
    }

    [Theory]
    [InlineData(CmpErrorKind.Transport)]
    [InlineData(CmpErrorKind.Timeout)]
    [InlineData(CmpErrorKind.Protocol)]
    [InlineData(CmpErrorKind.Malformed)]
    [InlineData(CmpErrorKind.Platform)]
    public async Task What_goes_wrong_on_the_road_goes_out_as_it_is(CmpErrorKind kind)
    {
        var broken = new CmpException(kind, "CmpTransport.Broken", "broken");
        var desk = new Desk(FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => throw broken)));
        Assert.Same(broken, await desk.FailsAsync());
    }

    [Fact]
    public async Task The_road_hears_what_is_first_and_what_is_last()
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Settings = settings => settings with { CertificateProfile = "p" } };
        await desk.EnrollAsync();
        Assert.Equal([true, false], desk.Road.Requests.Select(request => request.First));
        Assert.Equal([false, true], desk.Road.Requests.Select(request => request.Last));
        Assert.All(desk.Road.Requests, request => Assert.Equal(CmpOperation.Initialization, request.Operation));
    }

    // waiting

    [Fact]
    public async Task Rule38_It_waits_for_checkAfter_in_full()
    {
        PkiMessage? ir = null;
        var desk = new Desk(FakeRoad.Of(
            request => Desk.Waiting(ir = request),
            Desk.PollRep(90, "soon\u001b"),
            request => Peer.Shared.Answer(request, Desk.Response(ir!, Peer.Shared.Certify(Desk.KeyOf(ir!)))),
            Desk.PkiConf));
        await desk.EnrollAsync();
        Assert.Equal(TimeSpan.FromSeconds(90), TimeSpan.FromTicks(desk.Clock.Waits.Sum(wait => wait.Ticks)));
        Assert.Equal(Peer.Now.AddSeconds(90), desk.Road.Sent[2].Header.MessageTime);
        // rule 39
        CmpProgress[] waiting = desk.Progress.Where(progress => progress.Reason is not null).ToArray();
        Assert.All(waiting, progress => Assert.Equal("soon\\u{001B}", progress.Reason));
        Assert.Equal(TimeSpan.FromSeconds(90), waiting[0].Remaining);
        Assert.Equal(TimeSpan.FromSeconds(1), waiting[waiting.Length - 1].Remaining);
    }

    [Fact]
    public async Task Rule39_The_phases_are_named()
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, Desk.PkiConf));
        await desk.EnrollAsync();
        Assert.Equal(["Sent ir, waiting for the answer", "Sent certConf, waiting for the answer"], desk.Progress.Select(progress => progress.Phase));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_prolong_the_wait()
    {
        PkiMessage? ir = null;
        var desk = new Desk(FakeRoad.Of(
            request => Desk.Waiting(ir = request),
            Desk.PollRep(10),
            request => Peer.Shared.Answer(request, Desk.Response(ir!, Peer.Shared.Certify(Desk.KeyOf(ir!)))),
            Desk.PkiConf));
        desk.Clock.Waiting = () => desk.Clock.Now -= TimeSpan.FromSeconds(30);
        await desk.EnrollAsync();
        Assert.Equal(TimeSpan.FromSeconds(10), TimeSpan.FromTicks(desk.Clock.Waits.Sum(wait => wait.Ticks)));
    }

    [Fact]
    public async Task A_ticket_of_the_road_is_waited_for_and_collected()
    {
        PkiMessage? ir = null;
        int turn = 0;
        var road = new FakeRoad((request, _) =>
        {
            PkiMessage message = PkiMessage.Decode(request.Octets);
            ir ??= message;
            return Task.FromResult<TransportReply>(turn++ == 0 ? new TransportReply.NotYet("one", Peer.Now.AddSeconds(5)) : new TransportReply.Octets(Desk.PkiConf(message)));
        })
        {
            Collect = ticket => ticket == "one" ? new TransportReply.NotYet("two", Peer.Now.AddSeconds(8)) : new TransportReply.Octets(Desk.Good(ir!)),
        };
        var desk = new Desk(road);
        await desk.EnrollAsync();
        Assert.Equal(TimeSpan.FromSeconds(8), TimeSpan.FromTicks(desk.Clock.Waits.Sum(wait => wait.Ticks)));
    }

    [Fact]
    public async Task What_a_road_waits_for_is_told()
    {
        PkiMessage? ir = null;
        var road = new FakeRoad((request, _) =>
        {
            PkiMessage message = PkiMessage.Decode(request.Octets);
            if (ir is not null)
                return Task.FromResult<TransportReply>(new TransportReply.Octets(Desk.PkiConf(message)));
            ir = message;
            return Task.FromResult<TransportReply>(new TransportReply.NotYet("one", Peer.Now.AddSeconds(5)) { Reason = "a.pki is looked for" });
        })
        {
            Collect = _ => new TransportReply.Octets(Desk.Good(ir!)),
        };
        var desk = new Desk(road);
        await desk.EnrollAsync();
        Assert.Contains(desk.Progress, progress => progress.Reason == "a.pki is looked for");
        Assert.All(road.Requests, request => Assert.Equal(Hex.Of(ir!.Header.TransactionId!.Value.Span), request.TransactionId));
    }

    [Fact]
    public async Task Rule50_Where_the_road_lost_the_ticket_the_same_request_is_said_again()
    {
        int turn = 0;
        var road = new FakeRoad((request, _) =>
        {
            PkiMessage message = PkiMessage.Decode(request.Octets);
            return Task.FromResult<TransportReply>(message.Body.Type != PkiBodyType.Ir ? new TransportReply.Octets(Desk.PkiConf(message))
                : turn++ == 0 ? new TransportReply.NotYet("one", Peer.Now) : new TransportReply.Octets(Desk.Good(message)));
        })
        {
            Collect = _ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "The server knows nothing of it."),
        };
        var desk = new Desk(road);
        await desk.EnrollAsync();
        Assert.Equal(["ir", "ir", "certConf"], road.Kinds);
        Assert.Equal(road.Sent[0].Header.SenderNonce!.Value.ToArray(), road.Sent[1].Header.SenderNonce!.Value.ToArray());
    }

    [Fact]
    public async Task Rule50_A_road_that_loses_every_ticket_ends_in_an_error()
    {
        var road = new FakeRoad((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", Peer.Now)))
        {
            Collect = _ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "The server knows nothing of it."),
        };
        var desk = new Desk(road);
        Assert.Equal("CmpTransport.UnknownTicket", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(["ir", "ir"], road.Kinds);
    }

    // notices

    private static Func<PkiMessage, ReadOnlyMemory<byte>> WrongNonce => request => Desk.Good(request, new Reply { Header = header => header with { RecipNonce = new byte[16] } });

    [Fact]
    public async Task Rule49_A_preset_that_allows_it_tells_the_server_why_we_stop()
    {
        var desk = new Desk(FakeRoad.Of(WrongNonce, Desk.PkiConf)) { Settings = settings => settings with { Preset = "OpenSslMock" } };
        Assert.Equal("CmpTransaction.RecipNonce", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(["ir", "error"], desk.Road.Kinds);
        Assert.Equal(FailInfo.BadRecipientNonce, Assert.IsType<ErrorMsgContent>(desk.Road.Sent[1].Body).Status.FailInfo);
        Assert.True(desk.Road.Requests[1].Last);
    }

    [Fact]
    public async Task Rule49_RFC_9483_does_not()
    {
        var desk = new Desk(FakeRoad.Of(WrongNonce));
        Assert.Equal("CmpTransaction.RecipNonce", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(["ir"], desk.Road.Kinds);
    }

    [Fact]
    public async Task Rule49_Whether_the_server_hears_it_does_not_matter()
    {
        int turn = 0;
        var desk = new Desk(new FakeRoad((request, _) => turn++ == 0
            ? Task.FromResult<TransportReply>(new TransportReply.Octets(WrongNonce(PkiMessage.Decode(request.Octets))))
            : throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ConnectionClosed", "closed")))
        {
            Settings = settings => settings with { Preset = "OpenSslMock" },
        };
        Assert.Equal("CmpTransaction.RecipNonce", (await desk.FailsAsync()).ErrorId);
        Assert.Contains("closed", Assert.Single(desk.Trace.Notes));
    }

    // headers by settings

    [Fact]
    public async Task Rule8_Profile_and_general_info_come_from_the_settings()
    {
        PkiMessage ir = await FirstMessageAsync(settings => settings with { CertificateProfile = "router", GeneralInfo = [new InfoTypeAndValue("1.2.3")] });
        Assert.Equal([Oids.ImplicitConfirm, Oids.CertProfile, "1.2.3"], ir.Header.GeneralInfo.Select(item => item.InfoType));
    }

    [Fact]
    public async Task Rule7_ProtocolVersion_is_spoken() => Assert.Equal(3, (await FirstMessageAsync(settings => settings with { ProtocolVersion = 3 })).Header.Pvno);

    [Fact]
    public async Task Rule2_Recipient_is_named() =>
        Assert.Equal("CN=CA", (await FirstMessageAsync(settings => settings with { Recipient = Name.Parse("CN=CA") })).Header.Recipient.DirectoryName!.ToString());

    [Fact]
    public async Task Rule4_TransactionId_is_taken_from_the_request() =>
        Assert.Equal("0102", Hex.Of((await FirstMessageAsync(settings => settings, request => request with { TransactionId = new byte[] { 1, 2 } })).Header.TransactionId!.Value.Span));

    // many at once, and against the test server

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public async Task Many_transactions_at_once_do_not_disturb_each_other(ProtectionKind protection)
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), Peer.Now);
        using var responder = new Responder(
            new TestServerOptions { Clock = () => Peer.Now, TrustedClients = [ClientCertificate], PollCount = 1, CheckAfter = 0, Reference = Peer.Reference, ImplicitConfirmation = ImplicitConfirmation.Never },
            authority,
            Encoding.UTF8.GetBytes("correct horse"));
        FakeRoad road = FakeRoad.To(responder);
        using var client = new CmpClient(Both(new Desk(road).Said()) with { TrustAnchor = [authority.Root], Protection = protection }, road, () => Peer.Now, (_, _) => Task.CompletedTask);
        EnrolledCertificate?[] enrolled = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() =>
            new Enrollment(client, Asked(new FakeDestination()) with { Subject = Name.Parse($"CN=router{i}") }).RunAsync())));
        Assert.Equal(32, enrolled.Select(one => one!.TransactionId).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 32).Select(i => $"CN=router{i}"), enrolled.Select(one => one!.Certificate.Subject.ToString()));
        Assert.All(enrolled, one => Assert.True(one!.Confirmed));
        Assert.Equal(32 * 4, road.Requests.Count);
    }

    [Theory]
    [InlineData(EnrollmentOperation.Initialization, true)]
    [InlineData(EnrollmentOperation.Certification, false)]
    [InlineData(EnrollmentOperation.Pkcs10, true)]
    [InlineData(EnrollmentOperation.KeyUpdate, false)]
    public async Task Each_operation_runs_at_the_strict_test_server(EnrollmentOperation operation, bool implicitly)
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), Peer.Now);
        using var responder = new Responder(
            new TestServerOptions { Strict = true, Clock = () => Peer.Now, Reference = Peer.Reference, ImplicitConfirmation = implicitly ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never },
            authority,
            Encoding.UTF8.GetBytes("correct horse"));
        FakeRoad road = FakeRoad.To(responder);
        ServerSettings said = new Desk(road).Said() with { TrustAnchor = [authority.Root], IssuedTrustAnchor = [authority.Root], UntrustedCertificate = [authority.Issuing], IterationCount = 10_000 };
        using var client = new CmpClient(said, road, () => Peer.Now);
        using PrivateKey key = MadeCertificate.NewKey();
        EnrollmentRequest request = Asked(new FakeDestination()) with { Operation = operation };
        if (operation == EnrollmentOperation.Pkcs10)
            request = request with { Pkcs10 = MadeCertificate.Pkcs10(key, "CN=router7"), Key = null };
        CmpClient speaker = client;
        if (operation == EnrollmentOperation.KeyUpdate)
        {
            EnrolledCertificate old = (await new Enrollment(client, Asked(new FakeDestination()) with { Key = null, ExistingKey = key }).RunAsync())!;
            speaker = client.WithSettings(said with { ClientCertificate = old.Installed.Certificate, ClientKey = key });
            request = request with { OldCertificate = old.Certificate, Subject = null };
        }
        EnrolledCertificate enrolled = (await new Enrollment(speaker, request).RunAsync())!;
        Assert.True(enrolled.Confirmed);
        Assert.Equal("CN=router7", enrolled.Certificate.Subject.ToString());
        Assert.Equal(implicitly ? 0 : 1, road.Kinds.Count(kind => kind == "certConf") - (operation == EnrollmentOperation.KeyUpdate ? 1 : 0));
    }

    // secrets

    [Fact]
    public async Task Disposing_of_the_client_forgets_the_secret_and_the_derived_key()
    {
        var desk = new Desk(FakeRoad.Of(Desk.Good, Desk.PkiConf));
        await desk.EnrollAsync();
        Identity identity = desk.Client.IdentityFor(EnrollmentOperation.Initialization);
        byte[] secret = Assert.IsType<SharedSecret>(identity.Credential).Secret;
        Assert.Contains(secret, octet => octet != 0);
        desk.Client.Dispose();
        Assert.All(secret, octet => Assert.Equal(0, octet));
        Assert.Throws<ObjectDisposedException>(() => identity.Protector.Protect(desk.Road.Sent[0].Header, new PkiConfirmContent(), []));
    }

    [Fact]
    public async Task A_secret_stands_in_no_text()
    {
        const string Secret = "correct horse";
        var desk = new Desk(FakeRoad.Of(request => Desk.Good(request, new Reply { Protector = Peer.Mac("another secret") })))
        {
            Request = request => request with { RegistrationToken = Desk.Secret("one-time-token").Secret, Authenticator = Desk.Secret("mother's name").Secret },
        };
        CmpException error = await desk.FailsAsync();
        Identity identity = desk.Client.IdentityFor(EnrollmentOperation.Initialization);
        EnrollmentRequest request = desk.Enrollment.Items[0].Request;
        object?[] shown = [error, error.RecommendedAction, desk.Client.Settings, desk.Client.Settings.Secret, identity.Credential, identity.Protector, request, request.RegistrationToken,
            desk.Client.TransactionSettings(request, identity, null), desk.Road.Sent[0], desk.Road.Sent[0].Body, ((CertReqMessages)desk.Road.Sent[0].Body).Requests[0].CertReq.Controls[0]];
        Assert.All(shown, thing =>
        {
            string text = thing?.ToString() ?? string.Empty;
            Assert.DoesNotContain(Secret, text);
            Assert.DoesNotContain("one-time-token", text);
            Assert.DoesNotContain("mother's name", text);
        });
        Assert.All(desk.Trace.Notes.Concat(desk.Trace.Warnings).Concat(desk.Trace.Sent), text => Assert.DoesNotContain(Secret, text));
    }
}
