using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Keys that a CA gives back, from the caller to the place where they belong (rules 45, 48 and 50).</summary>
public sealed class KeyRecoveryTests : IDisposable
{
    private static readonly MadeCertificate Lost = KeyArchive.Lost();
    private static readonly MadeCertificate Before = KeyArchive.Lost("CN=router7, OU=before");

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PendingRequestStore Store => new(_folder.PathOf("home"));

    private string[] Left => Directory.Exists(_folder.PathOf("home")) ? Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories) : [];

    private static KeyRecoveryRequest Asked(CertificateDestination destination, Func<KeyRecoveryRequest, KeyRecoveryRequest>? change = null) => (change ?? (same => same))(new KeyRecoveryRequest
    {
        Subject = Name.Parse("CN=router7"),
        EncryptionKeyAlgorithm = KeyAlgorithm.Parse("X25519"),
        Destination = destination,
    });

    private static Func<PkiMessage, ReadOnlyMemory<byte>> Gives(params MadeCertificate[] lost) =>
        krr => Peer.Shared.Answer(krr, KeyArchive.Krp([.. lost.Select(one => KeyArchive.Signed(krr, one))]));

    private static async Task<KeyRecovery> RunAsync(Desk desk, KeyRecoveryRequest request, PendingRequestStore? store = null)
    {
        var recovery = new KeyRecovery(desk.Client, request) { Store = store, Trace = desk.Trace };
        Assert.True(await recovery.RunAsync());
        return recovery;
    }

    [Fact]
    public async Task A_lost_key_comes_back_with_its_certificate()
    {
        Desk desk = new(FakeRoad.Of(Gives(Lost)));
        using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination), Store);
        RecoveredCertificate item = Assert.Single(recovery.Items);
        Assert.Null(item.Failure);
        CertificateToInstall installed = Assert.Single(desk.Destination.Installed);
        Assert.True(installed.Certificate.IsSameAs(Lost.Certificate));
        Assert.True(installed.Key!.PublicKey.IsSameAs(Lost.Certificate.PublicKey));
        EnrolledCertificate restored = item.Restored!;
        Assert.Equal((PkiStatus.Accepted, true, true), (restored.Status, restored.Confirmed, restored.Authenticated));
        Assert.Equal(CmpOperation.KeyRecovery, Assert.Single(desk.Road.Requests).Operation);
        // nothing is left: no record, and no key that opens what went over the road
        Assert.Empty(Left);
    }

    [Fact]
    public void A_krr_names_whose_keys_and_where_to_encrypt_them_and_no_key_of_before()
    {
        CertReqMsg message = Build(Asked(CertificateDestination.None));
        Assert.Equal("CN=router7", message.CertReq.CertTemplate.Subject!.ToString());
        Assert.Null(message.CertReq.CertTemplate.PublicKey);
        Assert.Null(message.Popo);
        Assert.True(Controls.ReadProtocolEncrKey(message.CertReq.FindControl(Oids.ProtocolEncrKey)!).IsSameAs(Lost.Certificate.PublicKey));
        Assert.Null(message.CertReq.FindControl(Oids.OldCertId));

        message = Build(Asked(CertificateDestination.None, request => request with { Subject = null, Certificate = Lost.Certificate }));
        Assert.True(message.CertReq.CertTemplate.Subject!.IsSameAs(Lost.Certificate.Subject));
        Assert.True(message.CertReq.CertTemplate.Issuer!.IsSameAs(Lost.Certificate.Issuer));
        Assert.Null(message.CertReq.CertTemplate.SerialNumber);
        Assert.True(Controls.ReadOldCertId(message.CertReq.FindControl(Oids.OldCertId)!).SerialNumber.Span.SequenceEqual(Lost.Certificate.SerialNumber.Span));

        static CertReqMsg Build(KeyRecoveryRequest request) => KeyRecoveryBuilder.Build(request, Lost.Certificate.PublicKey, null, new ServerSettings().Resolve()).Requests.Single();
    }

    [Fact]
    public async Task Each_key_that_is_made_for_the_CA_is_another_one()
    {
        Desk desk = new(FakeRoad.Of(Gives(Lost), Gives(Lost)));
        (await RunAsync(desk, Asked(desk.Destination))).Dispose();
        (await RunAsync(desk, Asked(desk.Destination))).Dispose();
        Assert.False(KeyArchive.EncryptionKey(desk.Road.Sent[0]).IsSameAs(KeyArchive.EncryptionKey(desk.Road.Sent[1])));
    }

    [Fact]
    public async Task What_cannot_be_asked_is_an_error_before_a_key_is_made_and_an_octet_is_sent()
    {
        foreach ((Func<KeyRecoveryRequest, KeyRecoveryRequest> change, string errorId) in new (Func<KeyRecoveryRequest, KeyRecoveryRequest>, string)[]
        {
            (request => request with { Subject = Name.Empty }, "CmpArgument.Subject"),
            (request => request with { Subject = null, Certificate = KeyArchive.Lost(string.Empty).Certificate, NewKeyAlgorithm = KeyAlgorithm.Parse("ECDSA_P384") }, "CmpArgument.Subject"),
            (request => request with { EncryptionKeyAlgorithm = KeyAlgorithm.Parse("Ed25519") }, "CmpArgument.Algorithm"),
            (request => request with { NewKeyAlgorithm = KeyAlgorithm.Parse("X25519") }, "CmpArgument.Algorithm"),
            (request => request with { Destination = new FakeDestination { NotWritable = new CmpException(CmpErrorKind.Store, "CmpStore.NotFound", "no") } }, "CmpStore.NotFound"),
        })
        {
            Desk desk = new(FakeRoad.ToNobody());
            using var recovery = new KeyRecovery(desk.Client, Asked(desk.Destination, change)) { Store = Store };
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => recovery.RunAsync())).ErrorId);
            Assert.Empty(Left);
        }
    }

    [Fact]
    public async Task Rule48_One_that_does_not_match_hides_no_other_and_is_put_nowhere()
    {
        Desk desk = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, KeyArchive.Krp(KeyArchive.Signed(krr, Lost, key: Before.Key), KeyArchive.Signed(krr, Before)))));
        using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination), Store);
        Assert.Equal(["CmpKey.Mismatch", null], recovery.Items.Select(item => item.Failure?.ErrorId));
        Assert.True(Assert.Single(desk.Destination.Installed).Certificate.IsSameAs(Before.Certificate));
        Assert.Empty(Left);
    }

    [Fact]
    public async Task A_certificate_that_was_asked_for_and_did_not_come_is_worth_a_warning()
    {
        foreach (bool comes in new[] { true, false })
        {
            Desk desk = new(FakeRoad.Of(comes ? Gives(Before, Lost) : Gives(Before)));
            using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination, request => request with { Certificate = Lost.Certificate }));
            Assert.Equal(comes ? 0 : 1, desk.Trace.Warnings.Count);
        }
    }

    // a new certificate

    [Fact]
    public async Task A_new_key_is_proven_and_comes_last_with_its_certificate()
    {
        Desk desk = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, KeyArchive.Krp(KeyArchive.Signed(krr, Lost)) with { NewSigCert = Peer.Shared.Certify(NewKey(krr)) })));
        using KeyRecovery recovery = await RunAsync(desk, WithNew(desk), Store);
        CertReqMsg asked = ((CertReqMessages)desk.Road.Sent[0].Body).Requests[0];
        Assert.True(SignatureProof.Verify(asked.CertReq, Assert.IsType<PopoSigningKey>(asked.Popo)));
        Assert.Equal([false, true], recovery.Items.Select(item => item.IsNew));
        Assert.All(recovery.Items, item => Assert.Null(item.Failure));
        Assert.True(desk.Destination.Installed[1].Key!.PublicKey.IsSameAs(NewKey(desk.Road.Sent[0])));
        Assert.Empty(Left);
    }

    [Fact]
    public async Task A_new_certificate_for_another_key_or_none_is_an_error_of_its_own()
    {
        foreach ((Certificate? sent, string errorId) in new[] { (Before.Certificate, "CmpKey.Mismatch"), (null, "CmpRecovery.NoCertificate") })
        {
            Desk desk = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, KeyArchive.Krp(KeyArchive.Signed(krr, Lost)) with { NewSigCert = sent })));
            using KeyRecovery recovery = await RunAsync(desk, WithNew(desk));
            Assert.Equal([null, errorId], recovery.Items.Select(item => item.Failure?.ErrorId));
            Assert.Single(desk.Destination.Installed);
        }
    }

    [Fact]
    public async Task A_new_certificate_that_nobody_asked_for_is_put_nowhere()
    {
        Desk desk = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, KeyArchive.Krp(KeyArchive.Signed(krr, Lost)) with { NewSigCert = Before.Certificate })));
        using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination));
        Assert.Single(recovery.Items);
    }

    // whom it is from

    [Fact]
    public async Task Rule41_What_comes_leads_to_an_anchor_for_issued_certificates_where_there_is_one()
    {
        MadeCertificate foreign = MadeCertificate.Root("CN=Another root").Issue("CN=router7", new Shape { KeyUsage = KeyUsages.KeyAgreement });
        MadeCertificate over = KeyArchive.Lost("CN=router7, OU=over", new Shape { KeyUsage = KeyUsages.KeyAgreement, NotAfter = Peer.Now.AddDays(-1) });
        Desk desk = new(FakeRoad.Of(Gives(foreign, Lost, over)))
        {
            Settings = said => said with { IssuedTrustAnchor = [Peer.Shared.Root.Certificate], UntrustedCertificate = [Peer.Shared.Issuing.Certificate] },
        };
        using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination));
        // one that is over was in force: what was encrypted to it then is why it comes back
        Assert.Equal(["CmpTrust.IssuedCertificate", null, null], recovery.Items.Select(item => item.Failure?.ErrorId));
        Assert.Equal([Peer.Shared.Issuing.Certificate, Peer.Shared.Root.Certificate], recovery.Items[1].Restored!.Chain);
    }

    [Fact]
    public async Task Rule68_The_old_form_is_refused_unless_it_is_allowed()
    {
        foreach (bool isAllowed in new[] { true, false })
        {
            Desk desk = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, KeyArchive.Krp(KeyArchive.Old(krr, Lost)))))
            {
                Settings = said => said with { ProtocolVersion = 2, AllowEncryptedValue = isAllowed },
            };
            using KeyRecovery recovery = await RunAsync(desk, Asked(desk.Destination, request => request with { EncryptionKeyAlgorithm = KeyAlgorithm.Parse("RSA_2048") }));
            Assert.Equal(2, desk.Road.Sent[0].Header.Pvno);
            Assert.Equal(isAllowed ? null : "CmpEnvelope.EncryptedValue", recovery.Items[0].Failure?.ErrorId);
        }
    }

    // files

    [SkippableFact]
    public async Task Openssl_opens_the_PFX_and_its_key_fits_its_certificate()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        string path = openssl.PathOf("restored.pfx");
        MadeCertificate lost = KeyArchive.Lost("CN=rsa", new Shape { KeyUsage = KeyUsages.KeyEncipherment, Key = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048")) });
        Desk desk = new(FakeRoad.Of(Gives(lost)));
        var password = new NetworkCredential(string.Empty, "secret").SecurePassword;
        using KeyRecovery recovery = await RunAsync(desk, Asked(CertificateDestination.InFile(path, null, password), request => request with { OutPassword = password }));
        Assert.Equal(path, recovery.Items[0].Restored!.Installed.Path);
        openssl.Do("pkcs12 -in restored.pfx -passin pass:secret -nodes -nocerts -out key.pem");
        openssl.Do("pkcs12 -in restored.pfx -passin pass:secret -clcerts -nokeys -out certificate.pem");
        Assert.Equal(openssl.Do("pkey -in key.pem -pubout").Trim(), openssl.Do("x509 -in certificate.pem -noout -pubkey").Trim());
    }

    [SkippableFact]
    public async Task Of_several_each_has_a_file_of_its_own()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string path = _folder.PathOf("keys.pem"), keyPath = _folder.PathOf("keys.key");
        Desk desk = new(FakeRoad.Of(Gives(Lost, Before, Lost)));
        using KeyRecovery recovery = await RunAsync(desk, Asked(CertificateDestination.InFile(path, keyPath)));
        Assert.Equal([path, _folder.PathOf("keys-2.pem"), _folder.PathOf("keys-3.pem")], recovery.Items.Select(item => item.Restored!.Installed.Path));
        Assert.Equal([keyPath, _folder.PathOf("keys-2.key"), _folder.PathOf("keys-3.key")], recovery.Items.Select(item => item.Restored!.Installed.KeyPath));
        using FoundCertificate second = CertificateSource.Find(_folder.PathOf("keys-2.pem"), null);
        Assert.Equal(Before.Certificate.Thumbprint, second.Certificate.Thumbprint, ignoreCase: true);
    }

    [SkippableFact]
    public async Task Rule45_What_has_no_place_stays_until_there_is_one()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string path = _folder.PathOf("keys.pem"), taken = _folder.PathOf("keys-2.pem");
        File.WriteAllText(taken, "something else");
        Desk desk = new(FakeRoad.Of(Gives(Lost, Before)));
        using (KeyRecovery recovery = await RunAsync(desk, Asked(CertificateDestination.InFile(path)), Store))
        {
            Assert.Equal([null, "CmpStore.Exists"], recovery.Items.Select(item => item.Failure?.ErrorId));
            Assert.True(recovery.IsKept);
        }
        Assert.Equal("something else", File.ReadAllText(taken));
        PendingRequest pending = Assert.Single(Store.All(e => throw e));
        Assert.Equal(CmpTransactionStatus.Answered, pending.Status);
        File.Delete(taken);
        using KeyRecovery again = Resume(new Desk(FakeRoad.ToNobody()), pending.Id);
        Assert.True(await again.RunAsync());
        Assert.All(again.Items, item => Assert.NotNull(item.Restored));
        Assert.Empty(Left);
    }

    // time

    [SkippableFact]
    public async Task Rule50_Another_process_ends_what_one_began_and_no_key_is_left()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        PkiMessage? krr = null;
        Desk desk = new(FakeRoad.Of(request => Peer.Shared.Answer(krr = request, new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting))), Desk.PollRep(600, "somebody looks")));
        string path = _folder.PathOf("keys.pem");
        using (var recovery = new KeyRecovery(desk.Client, Asked(CertificateDestination.InFile(path), request => request with { NewKeyAlgorithm = MadeCertificate.NewKey().Algorithm, IsImpatient = true })) { Store = Store })
        {
            Assert.False(await recovery.RunAsync());
            Assert.Equal("somebody looks", recovery.WaitingReason);
        }
        PendingRequest pending = Assert.Single(Store.All(e => throw e));
        Assert.Equal((CmpTransactionStatus.Waiting, "CN=router7"), (pending.Status, pending.Subject));
        // it holds keys, in a file of its own
        Assert.Contains(Left, file => file.EndsWith(".key", StringComparison.Ordinal));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(Left.Single(file => file.EndsWith(".json", StringComparison.Ordinal))));

        Desk other = new(FakeRoad.Of(request => Peer.Shared.Answer(request, KeyArchive.Krp(KeyArchive.Signed(krr!, Lost)) with { NewSigCert = Peer.Shared.Certify(NewKey(krr!)) })));
        other.Clock.Now += TimeSpan.FromMinutes(11);
        using KeyRecovery resumed = Resume(other, pending.Id);
        Assert.True(await resumed.RunAsync());
        Assert.Equal([path, _folder.PathOf("keys-2.pem")], resumed.Items.Select(item => item.Restored?.Installed.Path));
        Assert.Empty(Left);
    }

    [Fact]
    public async Task What_is_given_up_leaves_no_key()
    {
        Desk desk = new(FakeRoad.Of(Waits, Desk.PollRep(600)));
        using (var recovery = new KeyRecovery(desk.Client, Asked(desk.Destination, request => request with { IsImpatient = true })) { Store = Store })
            Assert.False(await recovery.RunAsync());
        Store.Abandon(Assert.Single(Store.Ids));
        Assert.Empty(Left);
    }

    [Fact]
    public async Task What_is_refused_or_cancelled_before_the_server_waits_leaves_nothing()
    {
        Desk refused = new(FakeRoad.Of(krr => Peer.Shared.Answer(krr, new KeyRecRepContent(PkiStatusInfo.Rejection(FailInfo.NotAuthorized)))));
        using (var recovery = new KeyRecovery(refused.Client, Asked(refused.Destination)) { Store = Store })
            Assert.Equal("CmpServer.notAuthorized", (await Assert.ThrowsAnyAsync<CmpException>(() => recovery.RunAsync())).ErrorId);
        Assert.Empty(Left);

        using var cancellation = new CancellationTokenSource();
        Desk silent = new(FakeRoad.ToSilence(cancellation.Cancel));
        using (var recovery = new KeyRecovery(silent.Client, Asked(silent.Destination)) { Store = Store })
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => recovery.RunAsync(cancellationToken: cancellation.Token));
        Assert.Empty(Left);
    }

    [Fact]
    public async Task A_revocation_is_no_recovery()
    {
        Desk desk = new(FakeRoad.Of(Waits, Desk.PollRep(600)));
        using (var recovery = new KeyRecovery(desk.Client, Asked(desk.Destination, request => request with { IsImpatient = true })) { Store = Store })
            await recovery.RunAsync();
        string id = Assert.Single(Store.Ids);
        var options = new ResumeOptions { OpenClient = _ => desk.Client };
        Assert.Equal("CmpTransaction.NotFound", (await Assert.ThrowsAsync<CmpException>(() => Store.ResumeAsync(id, options))).ErrorId);
        Assert.True(Store.Has(id));
    }

    private static ReadOnlyMemory<byte> Waits(PkiMessage krr) => Peer.Shared.Answer(krr, new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)));

    private static KeyRecoveryRequest WithNew(Desk desk) => Asked(desk.Destination, request => request with { NewKeyAlgorithm = MadeCertificate.NewKey().Algorithm });

    private static SubjectPublicKeyInfo NewKey(PkiMessage krr) => KeyArchive.RequestOf(krr).CertTemplate.PublicKey!;

    private KeyRecovery Resume(Desk desk, string id) => KeyRecovery.Resume(Store, id, new ResumeOptions { OpenClient = _ => desk.Client, Trace = desk.Trace });
}
