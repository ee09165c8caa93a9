using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary><c>-Protection None</c>, and answers that nobody vouches for but TLS (rule 76).</summary>
public sealed class UnprotectedTests : IDisposable
{
    private static readonly Uri Https = new("https://ca.example/cmp");

    private readonly TlsCertificates _tls = new();

    public void Dispose() => _tls.Dispose();

    private static ServerSettings Said(ServerSettings said) => said with
    {
        Uri = Https,
        Secret = null,
        Protection = ProtectionKind.None,
        AllowUnprotectedAnswers = true,
        IssuedTrustAnchor = [Peer.Shared.Root.Certificate],
        UntrustedCertificate = [Peer.Shared.Issuing.Certificate],
    };

    private static ReadOnlyMemory<byte> Good(PkiMessage request) => Desk.Good(request, Reply.Unprotected);

    private static ReadOnlyMemory<byte> PkiConf(PkiMessage request) => Peer.Shared.Answer(request, new PkiConfirmContent(), Reply.Unprotected);

    private static Desk At(FakeRoad road, Func<ServerSettings, ServerSettings>? change = null) => new(road) { Settings = said => change?.Invoke(Said(said)) ?? Said(said) };

    [Fact]
    public async Task Rule76_Over_TLS_the_certificate_comes_and_is_flagged()
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow);
        using var responder = new Responder(new TestServerOptions { AllowUnprotected = true, ImplicitConfirmation = ImplicitConfirmation.Never }, authority, [1]);
        using X509Certificate2 certificate = _tls.Server();
        Func<ScriptedConnection, Task> serve = async connection =>
        {
            while (true)
                await connection.SendAsync(Some.Answer(responder.Respond((await connection.ReceiveAsync()).Body).ToArray()));
        };
        await using ScriptedServer server = new(serve, serve, serve, serve) { Tls = TlsCertificates.Options(certificate) };
        ServerSettings said = new()
        {
            Uri = server.Uri,
            NoProxy = ["*"],
            TlsTrustAnchor = [_tls.Root],
            Protection = ProtectionKind.None,
            AllowUnprotectedAnswers = true,
            IssuedTrustAnchor = [authority.Root],
            UntrustedCertificate = [authority.Issuing],
        };
        EnrollmentRequest asked = new() { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = new FakeDestination() };
        using (var client = new CmpClient(said))
        {
            EnrolledCertificate enrolled = (await new Enrollment(client, asked).RunAsync().WaitAsync(Some.Time))!;
            Assert.False(enrolled.Authenticated);
            Assert.False(enrolled.Confirmed); // rule 33: nobody vouches for the pkiConf either
            Assert.Contains(enrolled.Warnings, warning => warning.Contains("Nobody vouches"));
            Assert.Equal(enrolled.Certificate.Thumbprint, responder.Issued.Single().Thumbprint);
        }
        // TLS is what it rests on: without its anchor nothing is said
        int before = server.Requests.Count;
        using var blind = new CmpClient(said with { TlsTrustAnchor = null });
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => new Enrollment(blind, asked).RunAsync().WaitAsync(Some.Time));
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Equal(before, server.Requests.Count);
    }

    [Theory]
    [InlineData("http://ca.example/cmp")]
    [InlineData(null)]
    public void Rule76_Over_another_road_nothing_is_sent(string? uri)
    {
        CmpException error = Assert.Throws<CmpException>(() => At(FakeRoad.ToNobody(), said => said with { Uri = uri is null ? null : new Uri(uri) }).Client);
        Assert.Equal("CmpArgument.UnprotectedAnswers", error.ErrorId);
        Assert.Contains("https", error.Message);
        Assert.NotNull(error.RecommendedAction);
        // nor by hand, whatever address there is
        Assert.Equal("CmpArgument.UnprotectedAnswers", Assert.Throws<CmpException>(() => CmpClient.ByHand(Said(new ServerSettings()))).ErrorId);
    }

    [Fact]
    public void Rule76_Without_anchors_for_issued_certificates_nothing_is_sent()
    {
        CmpException error = Assert.Throws<CmpException>(() => At(FakeRoad.ToNobody(), said => said with { IssuedTrustAnchor = null }).Client);
        Assert.Equal("CmpArgument.UnprotectedAnswers", error.ErrorId);
        Assert.Contains("-IssuedTrustAnchor", error.RecommendedAction);
    }

    [Fact]
    public async Task Rule76_Only_where_it_is_allowed()
    {
        Desk desk = At(FakeRoad.Of(Good), said => said with { AllowUnprotectedAnswers = null });
        Assert.Equal("CmpProtection.Missing", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule76_And_only_to_requests_without_protection()
    {
        Desk desk = At(FakeRoad.Of(Good), said => said with { Secret = Desk.Secret(), Protection = null });
        Assert.Equal("CmpProtection.Missing", (await desk.FailsAsync()).ErrorId);
        desk = At(FakeRoad.Of(Good), said => said with { Secret = Desk.Secret(), Protection = ProtectionKind.Pbmac1, IterationCount = 100 });
        Assert.Equal("CmpProtection.Missing", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule76_The_anchors_for_issued_certificates_hold_and_caPubs_are_none()
    {
        Desk desk = At(
            FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(request, Peer.Shared.Certify(Desk.KeyOf(request))) with { CaPubs = [Peer.Shared.Root.Certificate] }, Reply.Unprotected), PkiConf),
            said => said with { IssuedTrustAnchor = [MadeCertificate.Root("CN=Another root").Certificate] });
        Assert.Equal("CmpTrust.IssuedCertificate", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(PkiStatus.Rejection, Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses[0].StatusInfo!.Status);
        await At(FakeRoad.Of(Good, PkiConf)).EnrollAsync();
    }

    [Fact]
    public async Task Rule76_The_key_is_ours()
    {
        using PrivateKey other = MadeCertificate.NewKey();
        Desk desk = At(FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(request, Peer.Shared.Certify(other.PublicKey)), Reply.Unprotected), PkiConf));
        Assert.Equal("CmpTransaction.WrongKey", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule76_Identifiers_are_compared_all_the_same()
    {
        Desk desk = At(FakeRoad.Of(request => Desk.Good(request, Reply.Unprotected with { Header = header => header with { RecipNonce = new byte[16] } })));
        Assert.Equal("CmpTransaction.RecipNonce", (await desk.FailsAsync()).ErrorId);
        desk = At(FakeRoad.Of(request => Desk.Good(request, Reply.Unprotected with { Header = header => header with { TransactionId = new byte[16] } })));
        Assert.Equal("CmpTransaction.TransactionId", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule67_A_protection_that_is_there_must_hold()
    {
        // a wrong signature is no missing one
        MadeCertificate other = MadeCertificate.Root("CN=Test Server", Shape.Server);
        Reply stranger = new() { Protector = Peer.Signature(other), ExtraCerts = [other.Certificate] };
        Assert.StartsWith("CmpTrust.", (await At(FakeRoad.Of(request => Desk.Good(request, stranger)), said => said with { TrustAnchor = [Peer.Shared.Root.Certificate] }).FailsAsync()).ErrorId);
        Assert.Equal("CmpProtection.Kind", (await At(FakeRoad.Of(request => Desk.Good(request, new Reply { Protector = Peer.Mac() }))).FailsAsync()).ErrorId);
        Assert.Equal("CmpProtection.Invalid", (await At(FakeRoad.Of(request => Desk.Good(request, Reply.Unprotected with { Message = message => message with { Protection = new byte[32] } }))).FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule66_After_a_signed_answer_none_without_protection_is_taken()
    {
        Reply signed = new() { Protector = Peer.Signature(Peer.Shared.Signer) };
        Desk desk = Polling(Reply.Unprotected);
        Assert.Equal("CmpProtection.Missing", (await desk.FailsAsync()).ErrorId);
        EnrolledCertificate enrolled = await Polling(signed).EnrollAsync();
        Assert.True(enrolled.Authenticated);
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);

        Desk Polling(Reply last)
        {
            PkiMessage? first = null;
            return At(
                FakeRoad.Of(
                    request => Peer.Shared.Answer(first = request, Desk.Response(request, null, PkiStatus.Waiting), signed),
                    request => Peer.Shared.Answer(request, Desk.Response(first!, Peer.Shared.Certify(Desk.KeyOf(first!))), last),
                    request => Peer.Shared.Answer(request, new PkiConfirmContent(), signed)),
                said => said with { TrustAnchor = [Peer.Shared.Root.Certificate] });
        }
    }

    [Fact]
    public async Task Rule33_An_error_without_protection_is_the_servers_there_and_marked()
    {
        Desk desk = At(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertTemplate), Reply.Unprotected)));
        CmpServerException error = Assert.IsType<CmpServerException>(await desk.FailsAsync());
        Assert.Equal("CmpServer.badCertTemplate", error.ErrorId);
        Assert.False(error.IsAuthenticated);
    }
}
