using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
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
using Cmp.Tests.Messages;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>Whole transactions in cmp1999 (RFC 2510), between our client and our server.</summary>
public class Cmp1999Tests
{
    [Theory]
    [InlineData(EnrollmentOperation.Initialization)]
    [InlineData(EnrollmentOperation.Certification)]
    [InlineData(EnrollmentOperation.Pkcs10)]
    [InlineData(EnrollmentOperation.KeyUpdate)]
    public async Task Rule7_A_transaction_of_cmp1999_ends_with_a_conf_that_nothing_answers(EnrollmentOperation operation)
    {
        using var place = new Place(new TestServerOptions());
        EnrolledCertificate enrolled = await place.EnrollAsync(operation);
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);
        Assert.Contains(place.Responder.Issued, enrolled.Certificate.IsSameAs);
        Assert.Equal("pkiconf", place.Road.Kinds.Last());
        Assert.Equal(place.Road.Kinds.Select(kind => kind != "pkiconf"), place.Road.Requests.Select(request => request.IsAnswerDue));
        Assert.All(place.Road.Sent, message => Assert.Equal(1, message.Header.Pvno));
        Assert.All(place.Answers, answer =>
        {
            Assert.Equal(1, answer.Header.Pvno);
            Assert.Null(answer.Header.SenderKid);
            Assert.NotNull(answer.Header.RecipKid);
            Assert.Empty(answer.Header.GeneralInfo);
        });
    }

    [Fact]
    public async Task A_certificate_that_is_refused_is_none_of_the_servers_afterwards()
    {
        using var place = new Place(new TestServerOptions());
        using var client = place.NewClient();
        var enrollment = new Enrollment(client, place.Asked()) { Approve = (_, _) => Task.FromResult<string?>("not this one") };
        Assert.Equal("CmpTransaction.Refused", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Empty(place.Responder.Issued);
        Assert.Equal("error", place.Road.Kinds.Last());
        Assert.Equal([true, false], place.Road.Requests.Select(request => request.IsAnswerDue));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 2)]
    public async Task A_server_of_today_refuses_cmp1999_and_says_what_it_speaks(bool strict, int? lowest)
    {
        using var place = new Place(new TestServerOptions { Strict = strict, LowestVersion = lowest });
        using var client = place.NewClient();
        var error = await Assert.ThrowsAsync<CmpServerException>(() => new Enrollment(client, place.Asked()).RunAsync());
        // a strict server does not take the MAC of that time either, but the version comes first, under a MAC of its own choice
        Assert.Equal("unsupportedVersion", Assert.Single(FailInfoNames.Of(error.FailInfo)));
        Assert.Single(place.Road.Sent);
        Assert.Contains("ProtocolVersion 2", error.RecommendedAction);
    }

    [Fact]
    public async Task Rule77_A_server_of_version_3_only_gets_version_3()
    {
        using var place = new Place(new TestServerOptions { LowestVersion = 3 });
        using var client = place.NewClient(settings => settings with { Preset = null });
        EnrolledCertificate enrolled = (await new Enrollment(client, place.Asked()).RunAsync())!;
        Assert.True(enrolled.Confirmed);
        Assert.Equal([2, 3], place.Road.Sent.Select(message => message.Header.Pvno));

        using var fixedClient = place.NewClient(settings => settings with { Preset = null, ProtocolVersion = 2 });
        Assert.Equal("CmpServer.unsupportedVersion", (await Assert.ThrowsAsync<CmpServerException>(() => new Enrollment(fixedClient, place.Asked()).RunAsync())).ErrorId);
    }

    [Fact]
    public async Task There_is_no_polling_so_the_server_answers_at_once()
    {
        using var place = new Place(new TestServerOptions { PollCount = 3, ImplicitConfirmation = ImplicitConfirmation.Always });
        await place.EnrollAsync(EnrollmentOperation.Initialization);
        Assert.Equal(["ir", "pkiconf"], place.Road.Kinds);
    }

    [Fact]
    public async Task Of_its_reasons_the_server_gives_those_that_cmp1999_has()
    {
        foreach ((FailInfo told, FailInfo heard) in new[] { (FailInfo.BadPOP | FailInfo.SystemFailure, FailInfo.BadPOP), (FailInfo.NotAuthorized, FailInfo.BadRequest) })
        {
            using var place = new Place(new TestServerOptions { FailInfo = told, RejectByError = true });
            using var client = place.NewClient();
            Assert.Equal(heard, (await Assert.ThrowsAsync<CmpServerException>(() => new Enrollment(client, place.Asked()).RunAsync())).FailInfo);
        }
    }

    [Fact]
    public async Task The_header_is_one_of_its_time()
    {
        using var place = new Place(new TestServerOptions());
        await place.EnrollAsync(EnrollmentOperation.Initialization, request => request with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")] });
        PkiHeader header = place.Road.Sent[0].Header;
        Assert.True(header.Sender.IsNullDn);
        Assert.True(header.Recipient.IsNullDn);
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(header.SenderKid!.Value.ToArray()));
        var proof = Assert.IsType<PopoSigningKey>(Assert.IsType<CertReqMessages>(place.Road.Sent[0].Body).Requests[0].Popo);
        Assert.NotNull(proof.PoposkInput!.PublicKeyMac);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Rule4_A_transactionID_of_another_length_is_the_callers_to_choose(int length)
    {
        using var place = new Place(new TestServerOptions());
        byte[] id = Secrets.Random(length);
        EnrolledCertificate enrolled = await place.EnrollAsync(EnrollmentOperation.Initialization, request => request with { TransactionId = id });
        Assert.Equal(Hex.Of(id), enrolled.TransactionId);
        Assert.All(place.Answers, answer => Assert.Equal(Hex.Of(id), Hex.Of(answer.Header.TransactionId!.Value.Span)));
    }

    [Fact]
    public async Task Digests_in_a_MAC_may_come_without_parameters()
    {
        var parameters = new PbmParameter(Secrets.Random(4), new AlgorithmIdentifier(Oids.Sha1), 1024, new AlgorithmIdentifier(Oids.HmacSha1));
        Desk desk = new(FakeRoad.Of(request =>
        {
            PkiMessage answer = PkiMessage.Decode(Desk.Good(request));
            var bare = new PkiMessage(answer.Header with { Pvno = 1, ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac, parameters.Encoded) }, answer.Body);
            byte[] key = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), parameters.Salt, Oids.Sha1, 1024);
            return (ReadOnlyMemory<byte>)(bare with { Protection = Macs.Compute(parameters.Mac, key, bare.ProtectedPart) }).Encoded;
        }, _ => ReadOnlyMemory<byte>.Empty)) { Settings = settings => settings with { IterationCount = null, Preset = "Cmp1999" } };
        Assert.Single((await desk.EnrollAsync()).Warnings); // what is no message is no empty answer
    }

    [Fact]
    public async Task Over_HTTP_conf_is_answered_by_an_empty_body()
    {
        using Server server = Server.Start();
        using var client = new CmpClient(new ServerSettings { Uri = server.Uri, Preset = "Cmp1999", Secret = new ReferenceAndSecret(server.Reference, server.Secret), IssuedTrustAnchor = [Certificate.From(server.RootCertificate)] });
        EnrolledCertificate enrolled = (await new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=router7"), Key = new Cmp.Keys.KeyRequest(), Destination = new FakeDestination() }).RunAsync())!;
        Assert.True(enrolled.Confirmed);
        Assert.Single(server.Issued);
    }

#if NET // what runs programs is not for .NET Framework
    [SkippableFact]
    public async Task Wireshark_reads_it()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using var place = new Place(new TestServerOptions());
        await place.EnrollAsync(EnrollmentOperation.Initialization);
        List<PkiMessage> messages = [place.Road.Sent[0], .. place.Answers, place.Road.Sent[1]];
        IReadOnlyList<string[]> read = TsharkTests.Read(messages, "cmp.body", "cmp.pvno");
        Assert.Equal(["0", "1", "19"], read.Select(values => values[0]));
        Assert.All(read, values => Assert.Equal("1", values[1]));
    }
#endif

    /// <summary>A server, and what a client of it says.</summary>
    private sealed class Place : IDisposable
    {
        private readonly CertificationAuthority _authority = new(KeyAlgorithm.Parse(Mono.IsRunning ? "ECDSA_P384" : "ECDSA_P256"), Peer.Now);

        internal Place(TestServerOptions options)
        {
            Responder = new Responder(options with { Clock = () => Peer.Now, Reference = Peer.Reference, TrustedClients = [Client] }, _authority, Encoding.UTF8.GetBytes("correct horse"));
            Road = new FakeRoad((request, _) =>
            {
                ReadOnlyMemory<byte> answer = Responder.Respond(request.Octets);
                if (answer.IsEmpty)
                    return Task.FromResult<TransportReply>(new TransportReply.Nothing());
                Answers.Add(PkiMessage.Decode(answer));
                return Task.FromResult<TransportReply>(new TransportReply.Octets(answer));
            });
        }

        internal Responder Responder { get; }

        internal FakeRoad Road { get; }

        internal List<PkiMessage> Answers { get; } = [];

        private static X509Certificate2 Client => Cryptography.TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray());

        public void Dispose()
        {
            Responder.Dispose();
            _authority.Dispose();
        }

        internal CmpClient NewClient(Func<ServerSettings, ServerSettings>? settings = null) =>
            new((settings ?? (same => same))(new ServerSettings { Preset = "Cmp1999", Secret = Desk.Secret(), TrustAnchor = [_authority.Root], IssuedTrustAnchor = [_authority.Root] }), Road, () => Peer.Now);

        internal EnrollmentRequest Asked() => new() { Subject = Name.Parse("CN=router7"), Key = new Cmp.Keys.KeyRequest(), Destination = new FakeDestination() };

        internal async Task<EnrolledCertificate> EnrollAsync(EnrollmentOperation operation, Func<EnrollmentRequest, EnrollmentRequest>? change = null)
        {
            using CmpClient client = NewClient();
            using PrivateKey key = MadeCertificate.NewKey();
            EnrollmentRequest request = Asked() with { Operation = operation };
            if (operation == EnrollmentOperation.Pkcs10)
                request = request with { Pkcs10 = MadeCertificate.Pkcs10(key, "CN=router7"), Key = null };
            CmpClient speaker = client;
            if (operation == EnrollmentOperation.KeyUpdate)
            {
                EnrolledCertificate old = (await new Enrollment(client, Asked() with { Key = null, ExistingKey = key }).RunAsync())!;
                speaker = client.WithSettings(client.Said with { ClientCertificate = old.Installed.Certificate, ClientKey = key });
                request = request with { OldCertificate = old.Certificate, Subject = null };
            }
            return (await new Enrollment(speaker, change?.Invoke(request) ?? request).RunAsync())!;
        }
    }
}
