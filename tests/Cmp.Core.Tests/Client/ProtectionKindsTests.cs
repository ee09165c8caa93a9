using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Each MAC under a shared secret from settings to certificate, at the test server, which answers in kind.</summary>
public sealed class ProtectionKindsTests : IDisposable
{
    private static readonly Lazy<CertificationAuthority> Authority = new(() => new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), Peer.Now));

    private static readonly Dictionary<string, ServerSettings> Kinds = new()
    {
        ["PasswordBasedMac"] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100 },
        ["PasswordBasedMac with HMAC-SHA1"] = new() { MacAlgorithm = "HMAC-SHA1", IterationCount = 100 },
        ["PasswordBasedMac with AES-GMAC"] = new() { MacAlgorithm = "AES128-GMAC", IterationCount = 100 },
        ["PasswordBasedMac with KMAC"] = new() { MacAlgorithm = "KMAC256", IterationCount = 100 },
        ["PBMAC1"] = new() { Protection = ProtectionKind.Pbmac1, IterationCount = 100 },
        ["PBMAC1 as Siemens has it"] = new() { Protection = ProtectionKind.Pbmac1, HashAlgorithm = "SHA512", MacAlgorithm = "HMAC-SHA512", IterationCount = 1000 },
        ["PBMAC1 with HMAC-SHA1"] = new() { Protection = ProtectionKind.Pbmac1, MacAlgorithm = "HMAC-SHA1", IterationCount = 100 },
        ["PBMAC1 with AES-GMAC"] = new() { Protection = ProtectionKind.Pbmac1, MacAlgorithm = "AES256-GMAC", IterationCount = 100 },
        ["HMAC"] = new() { Protection = ProtectionKind.Hmac },
        ["HMAC with SHA-512"] = new() { Protection = ProtectionKind.Hmac, HashAlgorithm = "SHA512" },
        ["HMAC with SHA-1"] = new() { Protection = ProtectionKind.Hmac, MacAlgorithm = "HMAC-SHA1" },
        ["KMAC128"] = new() { Protection = ProtectionKind.Kmac, MacAlgorithm = "KMAC128" },
        ["KMAC256"] = new() { Protection = ProtectionKind.Kmac },
    };

    private readonly FakeClock _clock = new();
    private readonly Folder _folder = new();

    public static TheoryData<string> All => [.. Kinds.Keys];

    public void Dispose() => _folder.Dispose();

    private Responder Serve(Func<TestServerOptions, TestServerOptions>? change = null)
    {
        var options = new TestServerOptions { Clock = () => _clock.Now, Reference = Peer.Reference, ImplicitConfirmation = ImplicitConfirmation.Never };
        return new Responder(change?.Invoke(options) ?? options, Authority.Value, Encoding.UTF8.GetBytes("correct horse"));
    }

    private static ServerSettings Said(string kind) => Kinds[kind] with { Secret = Desk.Secret(), IssuedTrustAnchor = [] };

    private static EnrollmentRequest Asked() => new() { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = new FakeDestination() };

    private CmpClient Open(ServerSettings settings, FakeRoad road) => new(settings, road, () => _clock.Now, _clock.Delay);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Rule66_An_enrolment_has_one_kind_of_protection_from_ir_to_pkiConf(string kind)
    {
        using Responder responder = Serve();
        var answers = new List<PkiMessage>();
        var road = new FakeRoad((request, _) =>
        {
            ReadOnlyMemory<byte> answer = responder.Respond(request.Octets);
            answers.Add(PkiMessage.Decode(answer));
            return Task.FromResult<Cmp.Transports.TransportReply>(new Cmp.Transports.TransportReply.Octets(answer));
        });
        using CmpClient client = Open(Said(kind), road);
        EnrolledCertificate enrolled = (await new Enrollment(client, Asked()).RunAsync())!;
        Assert.True(enrolled.Confirmed);
        Assert.True(enrolled.Authenticated);
        Assert.Empty(enrolled.Warnings);
        Assert.Equal(["ir", "certConf"], road.Kinds);
        ProtectionKind protection = Kinds[kind].Protection ?? ProtectionKind.PasswordBasedMac;
        MacOptions ours = OptionsOf(road.Sent[0]);
        Assert.All(road.Sent.Concat(answers), message => Assert.Equal((protection, ours), (OptionsOf(message).Kind, OptionsOf(message))));
        // a salt of one's own each
        if (ours is not BareMacOptions)
            Assert.False(road.Sent[0].Header.ProtectionAlg!.IsSameAs(answers[0].Header.ProtectionAlg!));
        Assert.Equal(Macs.HasNonce(MacOf(ours)), !road.Sent[0].Header.ProtectionAlg!.IsSameAs(road.Sent[1].Header.ProtectionAlg!));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Rule30_A_wrong_secret_gets_no_certificate_and_believes_no_answer(string kind)
    {
        using Responder responder = Serve();
        using CmpClient client = Open(Said(kind) with { Secret = Desk.Secret("another secret") }, FakeRoad.To(responder));
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => new Enrollment(client, Asked()).RunAsync());
        // what the server says is true, and yet nobody vouches for it
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal(FailInfo.BadMessageCheck, Assert.IsType<CmpServerException>(error).FailInfo);
        Assert.Empty(responder.Issued);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Rule30_So_does_another_reference(string kind)
    {
        using Responder responder = Serve(options => options with { Reference = "somebody else" });
        using CmpClient client = Open(Said(kind), FakeRoad.To(responder));
        await Assert.ThrowsAnyAsync<CmpException>(() => new Enrollment(client, Asked()).RunAsync());
        Assert.Empty(responder.Issued);
    }

    [SkippableTheory]
    [InlineData("PBMAC1")]
    [InlineData("PasswordBasedMac with AES-GMAC")]
    [InlineData("KMAC256")]
    public async Task Rule17_A_pending_enrolment_goes_on_in_its_kind_in_another_process(string kind)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        var store = new EnrollmentStore(_folder.PathOf("home"));
        string state = _folder.PathOf("server");
        byte[] secret = Encoding.UTF8.GetBytes("correct horse");
        Func<ServerState, Responder> serve = kept => new Responder(
            new TestServerOptions { Clock = () => _clock.Now, Reference = Peer.Reference, ImplicitConfirmation = ImplicitConfirmation.Never, PollCount = 2, CheckAfter = 3600 },
            Authority.Value,
            secret,
            kept);
        ServerSettings said = Said(kind);
        string id;
        using (ServerState kept = ServerState.Open(state))
        using (Responder responder = serve(kept))
        using (CmpClient client = Open(said, FakeRoad.To(responder)))
        using (var first = new Enrollment(client, Asked()) { Store = store })
        {
            Assert.Null(await first.RunAsync(TimeSpan.FromMinutes(1)));
            id = first.TransactionId!;
        }
        using (ServerState kept = ServerState.Open(state))
        using (Responder responder = serve(kept))
        {
            FakeRoad road = FakeRoad.To(responder);
            // rule 17: another kind is no way to go on
            foreach (ServerSettings other in new[] { new ServerSettings { Secret = Desk.Secret(), Protection = ProtectionKind.Hmac, MacAlgorithm = "HMAC-SHA256" }, new ServerSettings { Protection = ProtectionKind.Signature, ClientCertificate = Certificate(), ClientKey = Peer.Shared.Client.Key } })
                Assert.Equal("CmpArgument.Protection", Assert.Throws<CmpException>(() => Resume(store, id, road, other)).ErrorId);
            Assert.Empty(road.Requests);
            using Enrollment again = Resume(store, id, road, new ServerSettings { Secret = Desk.Secret() });
            EnrolledCertificate enrolled = (await again.RunAsync(TimeSpan.FromHours(4)))!;
            Assert.True(enrolled.Confirmed);
            Assert.Equal("certConf", road.Kinds.Last());
            Assert.All(road.Sent, message => Assert.Equal(Kinds[kind].Protection ?? ProtectionKind.PasswordBasedMac, ProtectionKinds.Of(message.Header.ProtectionAlg)));
        }
    }

    [Fact]
    public async Task Rule18_PBMAC1_has_100000_iterations_where_nobody_says_otherwise()
    {
        using Responder responder = Serve();
        FakeRoad road = FakeRoad.To(responder);
        using CmpClient client = Open(new ServerSettings { Secret = Desk.Secret(), Protection = ProtectionKind.Pbmac1 }, road);
        await new Enrollment(client, Asked()).RunAsync();
        Assert.Equal(new Pbmac1Options { Iterations = 100_000 }, OptionsOf(road.Sent[0]));
        FakeRoad pbm = FakeRoad.To(responder);
        using CmpClient other = Open(new ServerSettings { Secret = Desk.Secret() }, pbm);
        await new Enrollment(other, Asked()).RunAsync();
        Assert.Equal(new PbmOptions { Iterations = 10_000 }, OptionsOf(pbm.Sent[0]));
    }

    [Theory]
    [InlineData(ProtectionKind.Kmac, "HMAC-SHA256")]
    [InlineData(ProtectionKind.Hmac, "KMAC128")]
    [InlineData(ProtectionKind.Kmac, "AES128-GMAC")]
    [InlineData(ProtectionKind.Hmac, "AES128-GMAC")]
    [InlineData(ProtectionKind.Pbmac1, "DES-MAC")]
    public void A_MAC_that_the_kind_does_not_take_is_an_error_before_anything_else(ProtectionKind protection, string mac)
    {
        CmpException error = Assert.Throws<CmpException>(() => Open(new ServerSettings { Secret = Desk.Secret(), Protection = protection, MacAlgorithm = mac }, FakeRoad.ToNobody()));
        Assert.Equal("CmpArgument.Algorithm", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData(ProtectionKind.Pbmac1)]
    [InlineData(ProtectionKind.Hmac)]
    [InlineData(ProtectionKind.Kmac)]
    public async Task Rule17_A_MAC_without_a_secret_is_a_local_error_and_says_what_is_missing(ProtectionKind protection)
    {
        var desk = new Desk(FakeRoad.ToNobody()) { Settings = settings => settings with { Secret = null, Protection = protection, ClientCertificate = Certificate(), ClientKey = Peer.Shared.Client.Key } };
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpArgument.NoCredential", error.ErrorId);
        Assert.Contains(protection.ToString(), error.Message);
        Assert.Contains("-Credential", error.RecommendedAction);
    }

    [Theory]
    [InlineData("PBMAC1", ProtectionKind.Pbmac1)]
    [InlineData("PasswordBasedMac with KMAC", ProtectionKind.PasswordBasedMac)]
    [InlineData("KMAC128", ProtectionKind.PasswordBasedMac)] // a secret that people know is no key for what anybody may try
    public async Task The_MAC_over_a_public_key_is_of_the_same_kind_but_its_key_is_always_derived(string kind, ProtectionKind expected)
    {
        using Responder responder = Serve();
        FakeRoad road = FakeRoad.To(responder);
        using CmpClient client = Open(Said(kind) with { AbsentSubject = AbsentSubject.OmitWithInput }, road);
        EnrolledCertificate enrolled = (await new Enrollment(client, Asked() with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")] }).RunAsync())!;
        Assert.True(enrolled.Confirmed);
        var proof = Assert.IsType<PopoSigningKey>(((Cmp.Messages.Bodies.CertReqMessages)road.Sent[0].Body).Requests[0].Popo);
        Assert.Equal(expected, ProtectionKinds.Of(proof.PoposkInput!.PublicKeyMac!.Algorithm));
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Pbmac1)]
    [InlineData(ProtectionKind.Hmac)]
    [InlineData(ProtectionKind.Kmac)]
    public async Task Rule31_CaPubs_may_validate_the_certificate_under_each_of_them(ProtectionKind protection)
    {
        using Responder responder = Serve();
        FakeRoad road = FakeRoad.To(responder);
        // an anchor that the certificate does not lead to: only caPubs can
        ServerSettings said = new() { Secret = Desk.Secret(), Protection = protection, IterationCount = 100, IssuedTrustAnchor = [Peer.Shared.Root.Certificate] };
        using CmpClient client = Open(said, road);
        EnrolledCertificate enrolled = (await new Enrollment(client, Asked()).RunAsync())!;
        Assert.Equal(Authority.Value.Root.Thumbprint, Assert.Single(enrolled.CaPubs).Thumbprint);
    }

    private Enrollment Resume(EnrollmentStore store, string id, FakeRoad road, ServerSettings said) =>
        Enrollment.Resume(store, id, new ResumeOptions { Said = said, OpenClient = settings => Open(settings, road) });

    private static System.Security.Cryptography.X509Certificates.X509Certificate2 Certificate() =>
        Cryptography.TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray());

    private static MacOptions OptionsOf(PkiMessage message) => SharedSecretMac.Read(message.Header.ProtectionAlg!, CmpLimits.Default).Options;

    private static string MacOf(MacOptions options) => options switch
    {
        PbmOptions pbm => pbm.Mac,
        Pbmac1Options pbmac1 => pbmac1.Mac,
        BareMacOptions bare => bare.Mac,
        _ => throw new InvalidOperationException(),
    };
}
