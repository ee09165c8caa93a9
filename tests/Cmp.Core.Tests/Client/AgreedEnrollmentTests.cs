using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.TestServer;
using Cmp.Transactions;
using Cmp.TestServer;
using Xunit;
using Peer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>Enrolments under KemBasedMac, whole: from a key to an installed certificate, through a file in between.</summary>
public sealed class AgreedEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enrolment_under_KemBasedMac_waits_on_disk_without_a_secret_and_ends_in_another_process(bool hasServerKey)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using SigningCertificate device = AgreedScene.KemDevice();
        using var peer = new Peer(AgreedScene.Trusting(device) with { PollCount = 1, CheckAfter = 3600, KemKeyAlgorithm = hasServerKey ? KeyAlgorithm.Parse("ML-KEM-512") : null });
        ServerSettings settings = AgreedScene.Settled(ProtectionKind.KemBasedMac, device, peer.Responder.KemCertificate, hasAnchor: !hasServerKey) with { Uri = new Uri("http://ca.example/") };
        var store = new EnrollmentStore(_folder.PathOf("home"));
        FakeRoad road = FakeRoad.To(peer.Responder);
        CmpClient Open(ServerSettings said) => new(said with { ClientCertificateReference = null, ClientCertificate = settings.ClientCertificate, ClientKey = device.Key }, road, () => peer.Now);

        using (var enrollment = new Enrollment(Open(settings with { ClientCertificate = null, ClientKey = null }), Asked()) { Store = store })
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.NotNull(pending.State!.KemCiphertext);
        peer.Now += TimeSpan.FromHours(2);

        using Enrollment resumed = Enrollment.Resume(store, pending.Id, new ResumeOptions { OpenClient = Open });
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await resumed.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Equal(1, road.Kinds.Count(kind => kind == "genm"));
        Assert.All(road.Sent.Skip(1), message => Assert.Equal(Oids.KemBasedMac, message.Header.ProtectionAlg!.Oid));
        Assert.Empty(store.All(error => Assert.Fail(error.Message)));
    }

    [SkippableTheory]
    [InlineData(false)] // our certificate has the KEM key: the request follows the ciphertext
    [InlineData(true)] // the server has it, and says so when it is asked: the request is sent once more
    public async Task A_registration_token_waits_in_its_own_file_with_the_request_as_it_was_sent_last(bool isOnDemand)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using SigningCertificate device = AgreedScene.KemDevice();
        using Peer peer = Ready(device, isOnDemand, polls: 1);
        (ServerSettings settings, FakeRoad road, Func<ServerSettings, CmpClient> open) = Opened(peer, device, isOnDemand);
        var store = new EnrollmentStore(_folder.PathOf("home"));
        using (var enrollment = new Enrollment(open(settings with { ClientCertificate = null, ClientKey = null }), WithToken()) { Store = store, Boundary = _ => LookForToken() })
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.Equal(road.Sent.Last(message => message.Body.Type == PkiBodyType.Ir).Encoded.ToArray(), pending.State!.Request.ToArray());
        peer.Now += TimeSpan.FromHours(2);

        using Enrollment resumed = Enrollment.Resume(store, pending.Id, new ResumeOptions { OpenClient = open, Boundary = _ => LookForToken() });
        Assert.True(Assert.IsType<EnrolledCertificate>(await resumed.RunAsync()).Confirmed);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task So_it_does_where_the_process_ends_before_that_request_leaves(bool isOnDemand)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using SigningCertificate device = AgreedScene.KemDevice();
        using Peer peer = Ready(device, isOnDemand, polls: 0);
        (ServerSettings settings, FakeRoad road, Func<ServerSettings, CmpClient> open) = Opened(peer, device, isOnDemand);
        string home = _folder.PathOf("home");
        int sends = 0;
        using (var enrollment = new Enrollment(open(settings with { ClientCertificate = null, ClientKey = null }), WithToken()) { Store = new EnrollmentStore(home), Boundary = DieAtSecond })
            await Assert.ThrowsAsync<NotSupportedException>(() => enrollment.RunAsync());
        Assert.Single(road.Sent);

        var store = new EnrollmentStore(_folder.PathOf("left"));
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.Equal(pending.State!.LastMessage.ToArray(), pending.State.Request.ToArray());
        using Enrollment resumed = Enrollment.Resume(store, pending.Id, new ResumeOptions { OpenClient = open, Boundary = _ => LookForToken() });
        Assert.True(Assert.IsType<EnrolledCertificate>(await resumed.RunAsync()).Confirmed);

        void DieAtSecond(string step)
        {
            if (step != nameof(TransactionStep.Send) || ++sends < 2)
                return;
            _folder.Copy("home", "left");
            LookForToken();
            throw new NotSupportedException("The process ends here.");
        }
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule26_What_is_late_of_several_may_repeat_the_nonce_of_the_request_under_KemBasedMac(bool isOnDemand)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using SigningCertificate device = AgreedScene.KemDevice();
        using Peer peer = Ready(device, isOnDemand, polls: 0, options => options with { EchoDelayedNonce = true, Outcome = (certReqId, _) => certReqId == 1 ? RequestOutcome.Wait : RequestOutcome.Grant });
        (ServerSettings settings, FakeRoad road, Func<ServerSettings, CmpClient> open) = Opened(peer, device, isOnDemand);
        using CmpClient client = open(settings);
        using var enrollment = new Enrollment(client, [Asked("first.pem"), Asked("second.pem")]);
        await enrollment.RunAsync();
        Assert.All(enrollment.Items, item => Assert.True(item.Enrolled!.Confirmed));
        Assert.Contains(road.Sent, message => message.Body.Type == PkiBodyType.PollReq);
    }

    private static Peer Ready(SigningCertificate device, bool isOnDemand, int polls, Func<TestServerOptions, TestServerOptions>? options = null)
    {
        TestServerOptions made = AgreedScene.Trusting(device) with { PollCount = polls, CheckAfter = 3600, KemOnDemand = isOnDemand, KemKeyAlgorithm = isOnDemand ? KeyAlgorithm.Parse("ML-KEM-512") : null };
        return new Peer(options?.Invoke(made) ?? made);
    }

    private static (ServerSettings Settings, FakeRoad Road, Func<ServerSettings, CmpClient> Open) Opened(Peer peer, SigningCertificate device, bool isOnDemand)
    {
        ServerSettings settings = AgreedScene.Settled(ProtectionKind.KemBasedMac, isOnDemand ? null : device) with { Uri = new Uri("http://ca.example/") };
        FakeRoad road = FakeRoad.To(peer.Responder);
        return (settings, road, said => new CmpClient(said with { ClientCertificateReference = null, SecretReference = null, ClientCertificate = settings.ClientCertificate, ClientKey = settings.ClientKey, Secret = settings.Secret }, road, () => peer.Now));
    }

    private EnrollmentRequest WithToken() => Asked() with { RegistrationToken = new System.Net.NetworkCredential(string.Empty, "one-time-token").SecurePassword };

    private void LookForToken()
    {
        foreach (string path in Directory.GetFiles(_folder.PathOf("."), "*.json", SearchOption.AllDirectories))
        {
            string state = File.ReadAllText(path).Replace("\\/", "/");
            // three octets make four signs, wherever the text begins
            for (int shift = 0; shift < 3; shift++)
            {
                string signs = Convert.ToBase64String([.. new byte[shift], .. System.Text.Encoding.UTF8.GetBytes("one-time-token")]);
                Assert.DoesNotContain(signs.Substring(4, signs.Length - 8), state);
            }
        }
    }

    private EnrollmentRequest Asked(string file = "agreed.pem") => new()
    {
        Subject = Name.Parse("CN=agreed"),
        Key = new KeyRequest { Exportable = true },
        Destination = new FileDestination(_folder.PathOf(file), null, null, overwrite: false),
    };
}
