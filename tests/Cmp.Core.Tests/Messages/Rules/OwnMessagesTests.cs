using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Client;
using Cmp.Tests.TestServer;
using Cmp.Transports;
using Xunit;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Messages.Rules;

/// <summary>What our own client and our own strict server say to each other, over every operation, departs from no rule, not even from what RFC 9483 recommends.</summary>
public class OwnMessagesTests
{
    private static readonly Name Subject = Name.Parse("CN=router7, O=Example");

    [SkippableTheory]
    [InlineData(ImplicitConfirmation.WhenAsked)]
    [InlineData(ImplicitConfirmation.Never)]
    public async Task An_enrolment_under_a_secret(ImplicitConfirmation confirmation)
    {
        foreach (ProtectionKind protection in new[] { ProtectionKind.PasswordBasedMac, ProtectionKind.Pbmac1, ProtectionKind.Hmac, ProtectionKind.Kmac })
        {
            using var talk = new Talk(new TestServerOptions { ImplicitConfirmation = confirmation });
            await talk.EnrollAsync(settings => settings with { Protection = protection });
        }
    }

    [SkippableTheory]
    [InlineData("ECDSA_P256")]
    [InlineData("RSA_2048")]
    [InlineData("Ed25519")]
    [InlineData("ML-DSA-44")]
    public async Task An_enrolment_its_update_and_its_revocation_under_a_certificate(string algorithm)
    {
        using var talk = new Talk(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        EnrolledCertificate first = await talk.EnrollAsync(algorithm: algorithm);
        ServerSettings Signing(ServerSettings settings, EnrolledCertificate by) => settings with { Secret = null, ClientCertificate = by.Installed.Certificate, ClientKey = by.Key, ClientChain = [ServerPeer.Authority.Issuing] };
        EnrolledCertificate second = await talk.EnrollAsync(settings => Signing(settings, first), request => request with { Operation = EnrollmentOperation.Certification, Subject = Name.Parse("CN=another") }, algorithm);
        EnrolledCertificate updated = await talk.EnrollAsync(settings => Signing(settings, second), request => request with { Operation = EnrollmentOperation.KeyUpdate, Subject = null, OldCertificate = second.Certificate }, algorithm);
        for (int i = 0; i < 2; i++)
        {
            // the second time it is revoked already
            using CmpClient client = talk.Open(settings => Signing(settings, updated));
            await client.RevokeAsync([new RevocationRequest { Certificate = updated.Certificate, Signer = updated.Installed.Certificate, SignerKey = updated.Key, SignerChain = [ServerPeer.Authority.Issuing], Reason = Cmp.Messages.Pkix.RevocationReason.Superseded }]);
            talk.Judge();
        }
    }

    [SkippableFact]
    public async Task An_enrolment_by_a_PKCS_10_and_by_names_only()
    {
        foreach (ImplicitConfirmation confirmation in new[] { ImplicitConfirmation.WhenAsked, ImplicitConfirmation.Never })
        {
            using var talk = new Talk(new TestServerOptions { ImplicitConfirmation = confirmation, Pkcs10CertReqId = -1 });
            CertificationRequest pkcs10 = Cmp.Tests.Transactions.MadeCertificate.Pkcs10(ServerPeer.NewKey(), "CN=router7");
            await talk.EnrollAsync(request: request => request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = pkcs10, Subject = null, Key = null });
            await talk.EnrollAsync(request: request => request with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "web01.example.com")] });
            await talk.EnrollAsync(settings => settings with { CertificateProfile = "tls" }, request => request with { NotAfter = DateTimeOffset.UtcNow.AddDays(5) });
        }
    }

    [SkippableTheory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public async Task What_has_to_be_polled_for(bool byError, bool confirmation, bool echo)
    {
        var options = new TestServerOptions { PollCount = 2, WaitByError = byError, DelayConfirmation = confirmation, EchoDelayedNonce = echo, ImplicitConfirmation = ImplicitConfirmation.Never };
        using var talk = new Talk(options);
        EnrolledCertificate enrolled = await talk.EnrollAsync();
        using CmpClient client = talk.Open(settings => settings);
        await client.GetCACertificatesAsync();
        talk.Judge();
        await client.RevokeAsync([new RevocationRequest { Certificate = enrolled.Certificate, Signer = enrolled.Installed.Certificate, SignerKey = enrolled.Key, SignerChain = [ServerPeer.Authority.Issuing], Reason = Cmp.Messages.Pkix.RevocationReason.Superseded }]);
        talk.Judge();
    }

    [SkippableFact]
    public async Task A_certificate_with_changes_and_a_cross_certificate()
    {
        using (var talk = new Talk(new TestServerOptions { GrantWithMods = true, ImplicitConfirmation = ImplicitConfirmation.Never }))
            await talk.EnrollAsync();
        PrivateKey key = ServerPeer.NewKey();
        Certificate other = ServerPeer.OtherAuthority.Issue(ServerPeer.Content(key, "CN=Another CA", CertificateExtensions.BasicConstraints(), CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign | KeyUsages.DigitalSignature)));
        using var cross = new Talk(new TestServerOptions { TrustedClients = [ServerPeer.ToX509(other)] });
        await cross.EnrollAsync(
            settings => settings with { Secret = null, ClientCertificate = ServerPeer.ToX509(other), ClientKey = key },
            request => request with { Operation = EnrollmentOperation.CrossCertification, CrossCertified = other, Subject = null, Key = null, NotAfter = DateTimeOffset.UtcNow.AddDays(10) });
    }

    [Fact]
    public async Task General_messages()
    {
        using var talk = new Talk(new TestServerOptions());
        using CmpClient client = talk.Open(settings => settings);
        await client.GetCACertificatesAsync();
        talk.Judge();
        await client.GetRequestTemplateAsync();
        talk.Judge();
        await client.GetRootUpdateAsync();
        talk.Judge();
        await client.GetRootUpdateAsync(ServerPeer.Authority.Root);
        talk.Judge();
        await client.GetCrlAsync();
        talk.Judge();
        await client.GetCrlAsync(new CrlRequest { Issuer = ServerPeer.Authority.Issuing.Subject });
        talk.Judge();
        foreach (InfoTypeAndValue question in new[] { InfoTypes.SignKeyPairTypes(), InfoTypes.EncKeyPairTypes(), InfoTypes.PreferredSymmAlg(), InfoTypes.CaProtEncCert(), InfoTypes.KeyPairParamReq(Oids.EcPublicKey), InfoTypes.SuppLangTags(["en"]), InfoTypes.RootCaCert() })
        {
            await client.SendGeneralMessageAsync([question]);
            talk.Judge();
        }
    }

    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task An_enrolment_under_KemBasedMac(bool ofServer, bool onDemand)
    {
        using SigningCertificate device = AgreedScene.KemDevice();
        using var talk = new Talk(AgreedScene.Trusting(device) with { KemKeyAlgorithm = ofServer || onDemand ? KeyAlgorithm.Parse("ML-KEM-512") : null, KemOnDemand = onDemand });
        Certificate? server = ofServer && !onDemand ? talk.Server.Responder.KemCertificate : null;
        await talk.EnrollAsync(_ => AgreedScene.Settled(ProtectionKind.KemBasedMac, device, server, hasAnchor: server is null));
    }

    [SkippableFact]
    public async Task An_enrolment_under_DhBasedMac()
    {
        using SigningCertificate device = AgreedScene.Device("X25519", 0x08);
        using var talk = new Talk(AgreedScene.Trusting(device) with { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519") });
        await talk.EnrollAsync(_ => AgreedScene.Settled(ProtectionKind.DhBasedMac, device, talk.Server.Responder.DhCertificate, hasAnchor: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refusals(bool byError)
    {
        using var talk = new Talk(new TestServerOptions { FailInfo = FailInfo.BadCertTemplate, RejectByError = byError });
        await Assert.ThrowsAsync<CmpServerException>(() => talk.RunAsync());
        talk.Judge();
        using CmpClient client = talk.Open(settings => settings);
        await Assert.ThrowsAsync<CmpServerException>(() => client.GetCACertificatesAsync());
        talk.Judge();
    }

    [Fact]
    public void Announcements()
    {
        using var talk = new Talk(new TestServerOptions());
        SigningCertificate enrolled = talk.Server.Enroll();
        foreach (AnnouncementType type in new[] { AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl })
        {
            PkiMessage announcement = PkiMessage.Decode(talk.Server.Responder.Announce(type, type == AnnouncementType.Crl ? null : enrolled.Certificate));
            Assert.Empty(RuleChecker.Check(announcement, profile: true));
        }
    }

    /// <summary>A client and a strict server, and all that they say.</summary>
    private sealed class Talk : IDisposable
    {
        private readonly Counter _counter;
        private readonly List<PkiMessage> _said = [];
        private readonly List<Finding> _findings = [];

        internal Talk(TestServerOptions options)
        {
            _counter = new Counter(options with { Strict = true });
        }

        internal ServerPeer Server => _counter.Server;

        internal CmpClient Open(Func<ServerSettings, ServerSettings> settings)
        {
            var road = new FakeRoad((request, _) =>
            {
                ReadOnlyMemory<byte> answer = Server.Responder.Respond(request.Octets);
                _said.Add(PkiMessage.Decode(request.Octets, new DecodeOptions(CmpLimits.Default, _findings)));
                _said.Add(PkiMessage.Decode(answer, new DecodeOptions(CmpLimits.Default, _findings)));
                return Task.FromResult<TransportReply>(new TransportReply.Octets(answer));
            });
            return new CmpClient(settings(_counter.Said with { IterationCount = null }) with { IterationCount = null }, road, () => Server.Now, (time, _) =>
            {
                Server.Now += time;
                return Task.CompletedTask;
            });
        }

        /// <summary>An enrolment that ends well, and what was said of it.</summary>
        internal async Task<EnrolledCertificate> EnrollAsync(Func<ServerSettings, ServerSettings>? settings = null, Func<EnrollmentRequest, EnrollmentRequest>? request = null, string algorithm = "ECDSA_P256")
        {
            Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
            EnrolledCertificate enrolled = await RunAsync(settings, request, algorithm);
            Judge();
            return enrolled;
        }

        internal async Task<EnrolledCertificate> RunAsync(Func<ServerSettings, ServerSettings>? settings = null, Func<EnrollmentRequest, EnrollmentRequest>? request = null, string algorithm = "ECDSA_P256")
        {
            using CmpClient client = Open(settings ?? (said => said));
            var asked = new EnrollmentRequest { Subject = Subject, Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse(algorithm) }, Destination = CertificateDestination.None };
            using var enrollment = new Enrollment(client, request?.Invoke(asked) ?? asked);
            return (await enrollment.RunAsync())!;
        }

        /// <summary>No message so far, and no conversation, has anything to be said of.</summary>
        internal void Judge()
        {
            Assert.NotEmpty(_said);
            List<string> found = [.. _findings.Select(finding => finding.ToString())];
            foreach (PkiMessage message in _said)
                found.AddRange(RuleChecker.Check(message, profile: true).Select(finding => $"{message}: {finding}"));
            foreach (IGrouping<string, PkiMessage> conversation in _said.GroupBy(message => Hex.Of(message.Header.TransactionId!.Value.Span)))
                found.AddRange(RuleChecker.CheckConversation(conversation, profile: true).SelectMany(list => list).Select(finding => $"{string.Join(" ", conversation)}: {finding}"));
            Assert.True(found.Count == 0, string.Join("\n", found.Distinct()));
            _said.Clear();
            _findings.Clear();
        }

        public void Dispose() => _counter.Dispose();
    }
}
