using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Client.Counter;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>Revocation from the caller to the CA and back (rules 15, 17, 46).</summary>
public sealed class RevocationTests : IDisposable
{
    private readonly Folder _folder = new();

    private PendingRequestStore Store => new(_folder.PathOf("home"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rule17_The_certificate_that_is_revoked_signs_though_a_secret_is_there()
    {
        using var counter = new Counter();
        var one = counter.Enroll();
        Revocation revocation = Assert.Single(await counter.Client.RevokeAsync([ByItself(one, RevocationReason.KeyCompromise)], counter.Options));
        Assert.Equal(PkiStatus.Accepted, revocation.Status);
        Assert.True(revocation.IsRevoked);
        Assert.Null(revocation.Error);
        PkiMessage sent = counter.Road.Sent[^1];
        Assert.Equal(ProtectionKind.Signature, ProtectionKinds.Of(sent.Header.ProtectionAlg!));
        Assert.True(sent.ExtraCerts[0].IsSameAs(one.Certificate));
        Crl crl = Assert.IsType<Crl>(revocation.Crl);
        Assert.True(crl.Verified, crl.Reason?.Message);
        Assert.Equal(RevocationReason.KeyCompromise, Assert.IsType<RevokedCertificate>(crl.Value.Find(one.Certificate.SerialNumber)).Reason);
        Assert.DoesNotContain(counter.Server.Responder.Issued, one.Certificate.IsSameAs);
    }

    [Fact]
    public async Task Rule17_Another_protection_overrides_and_a_certificate_without_its_key_is_revoked_by_the_credential()
    {
        using var counter = new Counter(settings: said => said with { Protection = ProtectionKind.PasswordBasedMac });
        Assert.True((await counter.Client.RevokeAsync([ByItself(counter.Enroll())]))[0].IsRevoked);
        Assert.Equal(ProtectionKind.PasswordBasedMac, ProtectionKinds.Of(counter.Road.Sent[^1].Header.ProtectionAlg!));
        using CmpClient plain = counter.Open();
        Assert.True((await plain.RevokeAsync([new RevocationRequest { Certificate = counter.Enroll().Certificate }]))[0].IsRevoked);
        Assert.Equal(ProtectionKind.PasswordBasedMac, ProtectionKinds.Of(counter.Road.Sent[^1].Header.ProtectionAlg!));
    }

    [Fact]
    public async Task Rule15_Issuer_and_serial_number_name_a_certificate()
    {
        using var counter = new Counter();
        Certificate certificate = counter.Enroll().Certificate;
        Revocation revocation = (await counter.Client.RevokeAsync([new RevocationRequest { Issuer = certificate.Issuer, SerialNumber = certificate.SerialNumber }]))[0];
        Assert.True(revocation.IsRevoked);
        Assert.Equal(Hex.Of(certificate.SerialNumber.Span), revocation.SerialNumber);
        RevDetails details = Assert.Single(((RevReqContent)counter.Road.Sent[^1].Body).Details);
        Assert.True(details.CertDetails.Issuer!.IsSameAs(certificate.Issuer));
    }

    [Theory]
    [InlineData("CmpArgument.SerialNumber", true, false, false, false)]
    [InlineData("CmpArgument.SerialNumber", false, true, false, false)]
    [InlineData("CmpArgument.Certificate", false, false, false, false)]
    [InlineData("CmpArgument.Certificate", true, true, true, false)]
    [InlineData("CmpArgument.Certificate", false, false, true, true)]
    public async Task Rule15_One_of_the_two_alone_is_an_error_and_so_are_two_ways_at_once(string errorId, bool issuer, bool serial, bool itself, bool pkcs10)
    {
        using var counter = new Counter();
        Certificate certificate = counter.Enroll().Certificate;
        int sent = counter.Road.Sent.Count;
        var request = new RevocationRequest
        {
            Issuer = issuer ? certificate.Issuer : null,
            SerialNumber = serial ? certificate.SerialNumber : (ReadOnlyMemory<byte>?)null,
            Certificate = itself ? certificate : null,
            Pkcs10 = pkcs10 ? Transactions.MadeCertificate.Pkcs10(ServerPeer.NewKey(), "CN=x") : null,
        };
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => counter.Client.RevokeAsync([request]))).ErrorId);
        Assert.Equal(sent, counter.Road.Sent.Count);
    }

    [Fact]
    public async Task Rule15_A_PKCS10_names_the_certificate_by_subject_and_key()
    {
        using var counter = new Counter();
        var one = counter.Enroll("CN=known by its request");
        CertificationRequest pkcs10 = Transactions.MadeCertificate.Pkcs10(one.Key, "CN=known by its request");
        Assert.True((await counter.Client.RevokeAsync([new RevocationRequest { Pkcs10 = pkcs10 }]))[0].IsRevoked);
        Assert.DoesNotContain(counter.Server.Responder.Issued, one.Certificate.IsSameAs);
        Revocation unknown = (await counter.Client.RevokeAsync([new RevocationRequest { Pkcs10 = Transactions.MadeCertificate.Pkcs10(ServerPeer.NewKey(), "CN=known by its request") }]))[0];
        Assert.Equal("CmpServer.badCertId", unknown.Error!.ErrorId);
    }

    [Theory]
    [InlineData(Presets.Rfc9483, RevocationReason.Unspecified)]
    [InlineData("Siemens", RevocationReason.Unspecified)]
    [InlineData("OpenSslMock", null)]
    public async Task Rule15_Without_a_reason_the_preset_says_what_is_sent(string preset, RevocationReason? sent)
    {
        using var counter = new Counter(settings: said => said with { Preset = preset });
        await counter.Client.RevokeAsync([new RevocationRequest { Certificate = counter.Enroll().Certificate }]);
        Assert.Equal(sent, ((RevReqContent)counter.Road.Sent[^1].Body).Details[0].Reason);
    }

    [Fact]
    public async Task Rule15_There_is_no_reason_7()
    {
        using var counter = new Counter();
        var request = new RevocationRequest { Certificate = counter.Enroll().Certificate, Reason = (RevocationReason)7 };
        int sent = counter.Road.Sent.Count;
        Assert.Equal("CmpArgument.RevocationReason", (await Assert.ThrowsAsync<CmpException>(() => counter.Client.RevokeAsync([request]))).ErrorId);
        Assert.Equal(sent, counter.Road.Sent.Count);
    }

    [Fact]
    public async Task Rule15_Reason_8_lifts_a_hold()
    {
        using var counter = new Counter();
        var one = counter.Enroll();
        var hold = new RevocationRequest { Certificate = one.Certificate, Reason = RevocationReason.CertificateHold, InvalidityDate = DateTimeOffset.UtcNow.AddDays(-1) };
        Crl held = (await counter.Client.RevokeAsync([hold]))[0].Crl!;
        RevokedCertificate entry = Assert.IsType<RevokedCertificate>(held.Value.Find(one.Certificate.SerialNumber));
        Assert.Equal(RevocationReason.CertificateHold, entry.Reason);
        Assert.NotNull(entry.InvalidityDate);
        Crl lifted = (await counter.Client.RevokeAsync([hold with { Reason = RevocationReason.RemoveFromCrl, InvalidityDate = null }]))[0].Crl!;
        Assert.Null(lifted.Value.Find(one.Certificate.SerialNumber));
        Assert.True(lifted.Number > held.Number);
        Assert.True(lifted.ThisUpdate > held.ThisUpdate);
        Assert.Contains(counter.Server.Responder.Issued, one.Certificate.IsSameAs);
        Assert.Equal("CmpServer.badRequest", (await counter.Client.RevokeAsync([hold with { Reason = RevocationReason.RemoveFromCrl }]))[0].Error!.ErrorId);
    }

    [Fact]
    public async Task Rule46_Several_in_one_message_have_each_its_own_status()
    {
        using var counter = new Counter();
        Certificate first = counter.Enroll("CN=first").Certificate, second = counter.Enroll("CN=second").Certificate;
        IReadOnlyList<Revocation> revocations = await counter.Client.RevokeAsync(
        [
            new RevocationRequest { Certificate = first },
            new RevocationRequest { Issuer = first.Issuer, SerialNumber = new byte[] { 1, 2, 3 } },
            new RevocationRequest { Certificate = second },
            new RevocationRequest { Certificate = second },
        ]);
        Assert.Equal([null, "CmpServer.badCertId", null, "CmpServer.certRevoked"], revocations.Select(one => one.Error?.ErrorId));
        Assert.Equal([true, false, true, false], revocations.Select(one => one.IsRevoked));
        Assert.All(revocations, one => Assert.Equal(revocations[0].TransactionId, one.TransactionId));
        Assert.NotNull(revocations[0].Crl!.Value.Find(second.SerialNumber));
        Assert.Single(counter.Road.Sent, message => message.Body is RevReqContent);
    }

    [Fact]
    public async Task What_is_revoked_already_is_told_so_also_when_it_signs_itself()
    {
        using var counter = new Counter();
        var one = counter.Enroll();
        Assert.True((await counter.Client.RevokeAsync([ByItself(one)]))[0].IsRevoked);
        Assert.Equal("CmpServer.certRevoked", (await counter.Client.RevokeAsync([ByItself(one)]))[0].Error!.ErrorId);
        using CmpClient revoked = counter.Open(said => said with { Secret = null, ClientCertificate = one.Object, ClientKey = one.Key });
        Assert.Equal("CmpServer.signerNotTrusted", (await Assert.ThrowsAsync<CmpServerException>(() => revoked.GetCACertificatesAsync())).ErrorId);
    }

    [Fact]
    public async Task A_refusal_of_the_message_as_a_whole_is_an_error()
    {
        using var counter = new Counter(new TestServerOptions { FailInfo = FailInfo.SystemUnavail, RejectByError = true });
        var request = new RevocationRequest { Certificate = ServerPeer.Authority.Signer };
        Assert.Equal("CmpServer.systemUnavail", (await Assert.ThrowsAsync<CmpServerException>(() => counter.Client.RevokeAsync([request]))).ErrorId);
        using var polite = new Counter(new TestServerOptions { FailInfo = FailInfo.SystemUnavail });
        Assert.Equal("CmpServer.systemUnavail", (await polite.Client.RevokeAsync([request]))[0].Error!.ErrorId);
    }

    [Fact]
    public async Task The_profile_of_RFC_9483_is_kept()
    {
        using var counter = new Counter(new TestServerOptions { Strict = true });
        Assert.True((await counter.Client.RevokeAsync([ByItself(counter.Enroll())]))[0].IsRevoked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule46_A_waiting_answer_is_polled_for(bool byError)
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 2, CheckAfter = 10, WaitByError = byError });
        Assert.True((await counter.Client.RevokeAsync([ByItself(counter.Enroll())], counter.Options))[0].IsRevoked);
        Assert.Equal(["Sent rr", "Sent pollReq", "Sent pollReq", "Sent pollReq"], counter.Trace.Sent.Select(kind => "Sent " + kind));
    }

    [Fact]
    public async Task Rule38_Where_the_server_waits_longer_than_there_is_time_it_is_pending_and_another_process_ends_it()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 3600 });
        Certificate certificate = counter.Enroll().Certificate;
        var request = new RevocationRequest { Certificate = certificate, Reason = RevocationReason.Superseded };
        DateTimeOffset before = counter.Server.Now;
        Revocation waiting = Assert.Single(await counter.Client.RevokeAsync([request], counter.Options with { Store = Store, Timeout = TimeSpan.FromMinutes(1) }));
        Assert.Equal(PkiStatus.Waiting, waiting.Status);
        Assert.False(waiting.IsRevoked);
        Assert.Equal(before.AddHours(1), waiting.WaitingUntil!.Value, TimeSpan.FromSeconds(1));
        Assert.Contains(counter.Server.Responder.Issued, certificate.IsSameAs);

        PendingRequest pending = Assert.Single(Store.All(e => throw e));
        Assert.Equal(waiting.TransactionId, pending.Id);
        Assert.Equal([pending.Id], Store.Ids);
        Assert.Equal(certificate.Subject.ToString(), pending.Subject);
        var options = new ResumeOptions { OpenClient = _ => counter.Open() };
        Assert.Equal(PkiStatus.Waiting, Assert.Single(await Store.ResumeAsync(pending.Id, options with { IsImpatient = true })).Status);
        counter.Server.Now += TimeSpan.FromHours(1);
        Revocation revoked = Assert.Single(await Store.ResumeAsync(pending.Id, options));
        Assert.True(revoked.IsRevoked);
        Assert.True(revoked.Certificate!.IsSameAs(certificate));
        Assert.Equal(RevocationReason.Superseded, revoked.Reason);
        Assert.NotNull(revoked.Crl!.Value.Find(certificate.SerialNumber));
        Assert.Empty(Store.Ids);
        Assert.Equal("CmpTransaction.NotFound", (await Assert.ThrowsAsync<CmpException>(() => Store.ResumeAsync(pending.Id, options))).ErrorId);
    }

    [Fact]
    public async Task Rule38_Without_a_store_the_error_says_how_long_the_server_wants()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 3600 });
        var request = new RevocationRequest { Certificate = counter.Enroll().Certificate };
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => counter.Client.RevokeAsync([request], new RequestOptions { Timeout = TimeSpan.FromMinutes(1) }));
        Assert.Equal("CmpTransaction.StillWaiting", error.ErrorId);
    }

    [Fact]
    public async Task Who_stops_it_while_the_server_waits_finds_it_pending_and_before_that_nothing()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 3600 });
        var request = new RevocationRequest { Certificate = counter.Enroll().Certificate };
        using var stop = new CancellationTokenSource();
        var whileWaiting = new CmpClient(counter.Said, counter.Road, () => counter.Server.Now, (_, token) =>
        {
            stop.Cancel();
            token.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => whileWaiting.RevokeAsync([request], new RequestOptions { Store = Store, Timeout = TimeSpan.FromDays(1) }, stop.Token));
        string id = Assert.Single(Store.Ids);
        counter.Server.Now += TimeSpan.FromHours(1);
        Assert.True((await Store.ResumeAsync(id, new ResumeOptions { OpenClient = _ => counter.Open() }))[0].IsRevoked);

        using var atOnce = new CancellationTokenSource();
        var silent = new CmpClient(counter.Said, FakeRoad.ToSilence(atOnce.Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silent.RevokeAsync([request], new RequestOptions { Store = Store }, atOnce.Token));
        Assert.Empty(Store.Ids);
    }

    [Fact]
    public async Task What_is_on_disk_holds_no_secret_and_is_there_before_the_first_octet_leaves()
    {
        using var counter = new Counter();
        Certificate certificate = counter.Enroll().Certificate;
        IReadOnlyList<string> ids = [];
        string text = string.Empty;
        var road = new FakeRoad((request, _) =>
        {
            ids = Store.Ids;
            text = System.IO.File.ReadAllText(System.IO.Directory.GetFiles(_folder.PathOf("home"), "*.json", System.IO.SearchOption.AllDirectories).Single());
            return Task.FromResult<TransportReply>(new TransportReply.Octets(counter.Server.Responder.Respond(request.Octets)));
        });
        using var client = new CmpClient(counter.Said, road, () => counter.Server.Now);
        Assert.True((await client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { Store = Store }))[0].IsRevoked);
        Assert.Single(ids);
        Assert.DoesNotContain("correct horse", text, StringComparison.Ordinal);
        Assert.Empty(Store.Ids);
        Assert.Empty(System.IO.Directory.GetFiles(_folder.PathOf("home"), "*", System.IO.SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_damaged_file_is_named_and_hides_no_other()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 3600 });
        var options = new RequestOptions { Store = Store, IsImpatient = true };
        string bad = (await counter.Client.RevokeAsync([new RevocationRequest { Certificate = counter.Enroll().Certificate }], options))[0].TransactionId;
        string good = (await counter.Client.RevokeAsync([new RevocationRequest { Certificate = counter.Enroll().Certificate }], options))[0].TransactionId;
        string path = System.IO.Directory.GetFiles(_folder.PathOf("home"), "*.json", System.IO.SearchOption.AllDirectories).Single(file => file.Contains(bad, StringComparison.OrdinalIgnoreCase));
        string damaged = System.IO.File.ReadAllText(path).Replace("\"certificates\"", "\"certificate\"");
        System.IO.File.WriteAllText(path, damaged.Substring(0, damaged.Length - 5));
        var errors = new List<CmpException>();
        Assert.Equal(good, Assert.Single(Store.All(errors.Add)).Id);
        Assert.Equal("CmpState.Unreadable", Assert.Single(errors).ErrorId);
        Assert.Equal("CmpState.Unreadable", (await Assert.ThrowsAsync<CmpException>(() => Store.ResumeAsync(bad, new ResumeOptions { OpenClient = _ => counter.Open() }))).ErrorId);
    }

    [Fact]
    public async Task What_failed_or_ended_leaves_nothing_behind_and_what_is_given_up_neither()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 3600 });
        using var other = new Counter(new TestServerOptions { FailInfo = FailInfo.BadRequest, RejectByError = true });
        var request = new RevocationRequest { Certificate = counter.Enroll().Certificate };
        await Assert.ThrowsAsync<CmpServerException>(() => other.Client.RevokeAsync([request], new RequestOptions { Store = Store }));
        Assert.Empty(Store.Ids);
        string id = (await counter.Client.RevokeAsync([request], new RequestOptions { Store = Store, IsImpatient = true }))[0].TransactionId;
        Assert.True(Store.Has(id));
        Store.Abandon(id);
        Assert.Empty(Store.All(e => throw e));
        Assert.Equal("CmpTransaction.NotFound", Assert.Throws<CmpException>(() => Store.Abandon(id)).ErrorId);
    }

    [Fact]
    public async Task A_request_that_perhaps_was_not_heard_is_said_again_and_answered_once()
    {
        using var counter = new Counter(new TestServerOptions { PollCount = 1, CheckAfter = 60 });
        Certificate certificate = counter.Enroll().Certificate;
        string id = (await counter.Client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { Store = Store, IsImpatient = true }))[0].TransactionId;
        counter.Server.Now += TimeSpan.FromMinutes(1);
        var options = new ResumeOptions { OpenClient = _ => counter.Open() };
        Assert.True((await Store.ResumeAsync(id, options))[0].IsRevoked);
        Assert.Equal(2, counter.Road.Sent.Count(message => message.Body is PollReqContent));
    }
}
