using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using static Cmp.Tests.TestServer.ProofScene;

namespace Cmp.Tests.TestServer;

/// <summary>Keys that are archived (RFC 4211 6.4) and given back (RFC 9810 5.3.7), seen from the server.</summary>
public sealed class KeyArchiveTests : IDisposable
{
    private static readonly string[] Kinds = ["X25519", "ECDSA_P256", "RSA_2048", "ML-KEM-512"];

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TestServerOptions Kept => new() { StatePath = _folder.PathOf("server") };

    private string[] Archived => Directory.Exists(Path.Combine(_folder.PathOf("server"), "archive")) ? Directory.GetFiles(Path.Combine(_folder.PathOf("server"), "archive")) : [];

    private static AttributeTypeAndValue Copy(Peer peer, PrivateKey key, int pvno = 3, string? type = null) =>
        Controls.ArchiveOptions(new PkiArchiveOptions(pvno < 3
            ? new EncryptedKey(EncryptedValues.Seal(key.ExportPkcs8(), peer.Responder.EncryptionCertificate!.PublicKey))
            : new EncryptedKey(Envelope.Seal(new EncKeyWithId(key.ExportPkcs8(), null, null).Encoded, type ?? Oids.EncKeyWithId, EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!)).Encoded)));

    private static CertReqMsg Signed(PrivateKey key, string subject, params AttributeTypeAndValue[] controls) => Peer.Signed(Peer.Asked(key, subject) with { Controls = controls }, key);

    private static Certificate Enroll(Peer peer, CertReqMsg request, int pvno = 3, params PrivateKey[] challenged)
    {
        HandClient client = peer.MacClient(pvno);
        PkiMessage answer = client.Send(Ir(request));
        if (answer.Body is PopoDecKeyChallContent)
            answer = client.Send(Numbers(answer, challenged));
        Certificate certificate = Response(answer).CertifiedKeyPair?.EncryptedCert is null ? Plain(answer) : Open(answer, challenged[0]);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
        return certificate;
    }

    private static CertReqMessages Krr(CertTemplate template, params AttributeTypeAndValue[] controls) => new(PkiBodyType.Krr, [new CertReqMsg(new CertRequest(0, template, controls), null, [])]);

    private static CertReqMessages KrrOf(string subject, PrivateKey mine) => Krr(new CertTemplate { Subject = Name.Parse(subject) }, ProtocolEncrKey(mine));

    private static KeyRecRepContent Given(PkiMessage answer)
    {
        KeyRecRepContent krp = Assert.IsType<KeyRecRepContent>(answer.Body);
        Assert.True(krp.Status.Status is PkiStatus.Accepted or PkiStatus.GrantedWithMods, krp.Status.StatusString?.Texts[0]);
        return krp;
    }

    private static void Refuses(FailInfo failInfo, PkiMessage answer)
    {
        KeyRecRepContent krp = Assert.IsType<KeyRecRepContent>(answer.Body);
        Assert.Equal((PkiStatus.Rejection, failInfo), (krp.Status.Status, krp.Status.FailInfo));
        Assert.Empty(krp.KeyPairHist);
        Assert.Null(krp.NewSigCert);
    }

    private static PrivateKey Opened(CertifiedKeyPair pair, PrivateKey mine)
    {
        var encrypted = EncryptedKey.Decode(pair.PrivateKey!.Value);
        using var with = EnvelopeKey.Of(mine);
        using OpenedEnvelope envelope = EncryptedKeys.Open(encrypted, with, CmpLimits.Default, allowEncryptedValue: true);
        if (encrypted.EncryptedValue is not null)
            return PrivateKey.FromPkcs8(envelope.Content);
        using SignedKeyPackage package = SignedKeyPackage.Open(envelope.Content);
        return package.OpenKey();
    }

    [Fact]
    public void A_key_that_was_archived_comes_back_with_its_certificate()
    {
        using var peer = new Peer();
        using PrivateKey mine = Peer.NewKey("ML-KEM-768");
        foreach (string kind in Kinds)
        {
            using PrivateKey key = Peer.NewKey(kind);
            AttributeTypeAndValue copy = Copy(peer, key);
            Certificate certificate = Enroll(peer, key.CanSign ? Signed(key, $"CN={kind}", copy) : EncrCert(key, $"CN={kind}", 0, copy), 3, key);
            KeyRecRepContent krp = Given(peer.MacClient(3).Send(KrrOf($"CN={kind}", mine)));
            Assert.Equal(PkiStatus.Accepted, krp.Status.Status);
            Assert.Equal([Peer.Authority.Issuing.Encoded.ToArray(), Peer.Authority.Root.Encoded.ToArray()], krp.CaCerts.Select(ca => ca.Encoded.ToArray()));
            CertifiedKeyPair pair = Assert.Single(krp.KeyPairHist);
            Assert.True(pair.Certificate!.IsSameAs(certificate));
            using PrivateKey back = Opened(pair, mine);
            Assert.Equal(key.ExportPkcs8(), back.ExportPkcs8());
        }
    }

    [Fact]
    public void Before_pvno_3_it_goes_there_and_back_in_an_EncryptedValue()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("RSA_2048"), mine = Peer.NewKey("RSA_2048"), agreeing = Peer.NewKey("X25519");
        Enroll(peer, Signed(key, "CN=old", Copy(peer, key, 2)), 2);
        CertifiedKeyPair pair = Assert.Single(Given(peer.MacClient(2).Send(KrrOf("CN=old", mine))).KeyPairHist);
        var value = EncryptedKey.Decode(pair.PrivateKey!.Value).EncryptedValue!;
        Assert.Equal(Oids.RsaEncryption, value.IntendedAlg!.Oid);
        using PrivateKey back = Opened(pair, mine);
        back.EnsureFits(key.PublicKey);
        Refuses(FailInfo.BadRequest, peer.MacClient(2).Send(KrrOf("CN=old", agreeing)));
    }

    [Fact]
    public void Keys_that_are_made_here_are_archived_on_demand_only()
    {
        using var peer = new Peer();
        using PrivateKey mine = Peer.NewKey("X25519");
        foreach (bool? archive in new bool?[] { true, false, null })
        {
            CertReqMsg asked = CentralKeyTests.Asked("ECDSA_P256", archive is { } wish ? [Controls.ArchiveOptions(new PkiArchiveOptions(wish))] : []);
            asked = asked with { CertReq = asked.CertReq with { CertTemplate = asked.CertReq.CertTemplate with { Subject = Name.Parse($"CN=central {archive}") } } };
            Certificate certificate = Enroll(peer, asked);
            PkiMessage answer = peer.MacClient(3).Send(KrrOf($"CN=central {archive}", mine));
            if (archive == true)
            {
                using PrivateKey back = Opened(Assert.Single(Given(answer).KeyPairHist), mine);
                back.EnsureFits(certificate.PublicKey);
            }
            else
            {
                Refuses(FailInfo.BadCertId, answer);
            }
        }
    }

    [Fact]
    public void A_key_that_was_its_own_proof_is_archived()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519"), mine = Peer.NewKey("X25519");
        PopoPrivKey proof = EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!), Peer.Reference);
        Enroll(peer, new CertReqMsg(Peer.Asked(key, "CN=sent"), proof, []));
        using PrivateKey back = Opened(Assert.Single(Given(peer.MacClient(3).Send(KrrOf("CN=sent", mine))).KeyPairHist), mine);
        back.EnsureFits(key.PublicKey);
    }

    [Fact]
    public void Another_key_than_that_of_the_certificate_or_none_is_refused_in_one_way()
    {
        using var peer = new Peer();
        using var stranger = new Peer();
        using PrivateKey key = Peer.NewKey(), other = Peer.NewKey();
        var texts = new HashSet<string>();
        foreach (AttributeTypeAndValue wrong in new[] { Copy(peer, other), Copy(stranger, key), Copy(peer, key, type: Oids.Data), Copy(peer, other, 2) })
            texts.Add(Refused.ByResponse(FailInfo.BadRequest, peer.MacClient(3).Send(Ir(Signed(key, "CN=wanted", wrong)))).StatusString!.Texts.Single());
        Assert.Single(texts);
        Refused.ByResponse(FailInfo.BadRequest, peer.MacClient(3).Send(Ir(Signed(key, "CN=wanted", Controls.ArchiveOptions(new PkiArchiveOptions(new byte[] { 1, 2, 3 }))))));
        Refused.ByResponse(FailInfo.BadRequest, peer.MacClient(3).Send(Ir(CentralKeyTests.Asked("ECDSA_P256", Copy(peer, key)))));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_certificate_is_named_in_several_ways_and_its_subject_has_a_history()
    {
        using var peer = new Peer();
        using PrivateKey one = Peer.NewKey(), two = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Certificate first = Enroll(peer, Signed(one, "CN=holder", Copy(peer, one))), second = Enroll(peer, Signed(two, "CN=holder", Copy(peer, two)));
        Enroll(peer, Signed(Peer.NewKey(), "CN=holder"));
        Assert.Equal(new[] { second, first }.Select(Serial), Serials(KrrOf("CN=holder", mine)));
        Assert.Equal([Serial(first)], Serials(Krr(new CertTemplate { SerialNumber = first.SerialNumber, Issuer = first.Issuer }, ProtocolEncrKey(mine))));
        Assert.Equal([Serial(second)], Serials(Krr(new CertTemplate(), Controls.OldCertId(second), ProtocolEncrKey(mine))));
        Assert.Equal([Serial(first)], Serials(Krr(new CertTemplate { PublicKey = one.PublicKey }, ProtocolEncrKey(mine))));
        Refuses(FailInfo.BadCertId, peer.MacClient(3).Send(Krr(new CertTemplate { SerialNumber = first.SerialNumber, Issuer = Name.Parse("CN=other") }, ProtocolEncrKey(mine))));
        Refuses(FailInfo.BadCertId, peer.MacClient(3).Send(KrrOf("CN=nobody", mine)));

        IEnumerable<string> Serials(CertReqMessages krr) => Given(peer.MacClient(3).Send(krr)).KeyPairHist.Select(pair => Serial(pair.Certificate!));
    }

    [Fact]
    public void Keys_come_back_to_their_owner_and_to_registration_authorities_only()
    {
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        using PrivateKey key = Peer.NewKey("X25519"), signing = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Enroll(peer, EncrCert(key, "CN=holder", 0, Copy(peer, key)), 3, key);
        SigningCertificate holder = peer.Enroll("CN=holder"), other = peer.Enroll("CN=other");
        Refuses(FailInfo.NotAuthorized, Send(other));
        Refuses(FailInfo.NotAuthorized, Send(Peer.Vendor()));
        Assert.Single(Given(Send(holder)).KeyPairHist);
        Assert.Single(Given(Send(Peer.Vendor(TestExtensions.ExtendedKeyUsage(Oids.CmcRA)))).KeyPairHist);
        // who names nobody means himself
        HandClient client = Client(holder);
        Assert.Single(Given(client.Send(Krr(new CertTemplate(), ProtocolEncrKey(mine)))).KeyPairHist);
        Refuses(FailInfo.BadCertId, Client(other).Send(Krr(new CertTemplate(), ProtocolEncrKey(mine))));

        PkiMessage Send(SigningCertificate signer) => Client(signer).Send(KrrOf("CN=holder", mine));
        HandClient Client(SigningCertificate signer)
        {
            HandClient made = peer.SigningClient(signer);
            made.Pvno = 3;
            return made;
        }
    }

    [Fact]
    public void Nobody_asks_without_protection_or_without_a_key_to_encrypt_to()
    {
        using var peer = new Peer(new TestServerOptions { AllowUnprotected = true });
        using PrivateKey mine = Peer.NewKey("X25519");
        Refuses(FailInfo.BadRequest, peer.MacClient(3).Send(Krr(new CertTemplate { Subject = Name.Parse("CN=holder") })));
        HandClient nobody = peer.MacClient(3);
        nobody.Verifies = false;
        nobody.Protector = MessageProtector.None(null);
        Refused.ByError(FailInfo.WrongIntegrity, nobody.Send(KrrOf("CN=holder", mine)));
        CertReqMessages two = new(PkiBodyType.Krr, [KrrOf("CN=a", mine).Requests[0], KrrOf("CN=b", mine).Requests[0]]);
        Refuses(FailInfo.BadRequest, peer.MacClient(3).Send(two));
    }

    [Fact]
    public void A_new_key_for_signatures_is_certified_with_it()
    {
        using var peer = new Peer(Kept);
        using PrivateKey key = Peer.NewKey("X25519"), signing = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Enroll(peer, EncrCert(key, "CN=holder", 0, Copy(peer, key)), 3, key);
        KeyRecRepContent krp = Given(peer.MacClient(3).Send(new CertReqMessages(PkiBodyType.Krr, [Signed(signing, "CN=holder", ProtocolEncrKey(mine))])));
        Assert.True(krp.NewSigCert!.PublicKey.IsSameAs(signing.PublicKey));
        Assert.Single(krp.KeyPairHist);
        Assert.Equal(["CN=holder", "CN=holder"], Issued(peer));
        peer.Restart();
        Assert.Equal(["CN=holder", "CN=holder"], Issued(peer));
        // without a history to give back, or without one that is asked for
        krp = Given(peer.MacClient(3).Send(new CertReqMessages(PkiBodyType.Krr, [Signed(signing, "CN=new", ProtocolEncrKey(mine))])));
        Assert.Equal(PkiStatus.GrantedWithMods, krp.Status.Status);
        krp = Given(peer.MacClient(3).Send(new CertReqMessages(PkiBodyType.Krr, [Signed(signing, "CN=holder")])));
        Assert.Equal((PkiStatus.Accepted, 0), (krp.Status.Status, krp.KeyPairHist.Count));
        Refuses(FailInfo.BadPOP, peer.MacClient(3).Send(new CertReqMessages(PkiBodyType.Krr, [Challenged(mine, "CN=holder", 0, ProtocolEncrKey(mine))])));
        Refuses(FailInfo.BadPOP, peer.MacClient(3).Send(new CertReqMessages(PkiBodyType.Krr, [Signed(signing, "CN=holder") with { CertReq = Peer.Asked(Peer.NewKey(), "CN=holder") }])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recovery_waits_like_everything(bool restarts)
    {
        using var peer = new Peer(new TestServerOptions { StatePath = restarts ? _folder.PathOf("server") : null });
        using PrivateKey key = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Enroll(peer, Signed(key, "CN=holder", Copy(peer, key)));
        using var slow = new Peer(new TestServerOptions { StatePath = restarts ? Moved(peer) : null, PollCount = 1 });
        HandClient client = slow.MacClient(3);
        if (!restarts)
        {
            Assert.Equal(PkiStatus.Waiting, Assert.IsType<KeyRecRepContent>(client.Send(new CertReqMessages(PkiBodyType.Krr, [Signed(key, "CN=holder")])).Body).Status.Status);
            slow.Now += TimeSpan.FromSeconds(1);
            Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body);
            slow.Now += TimeSpan.FromSeconds(1);
            Assert.NotNull(Given(client.Send(new PollReqContent([-1]))).NewSigCert);
            return;
        }
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<KeyRecRepContent>(client.Send(KrrOf("CN=holder", mine)).Body).Status.Status);
        slow.Restart();
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([-1])).Body);
        slow.Now += TimeSpan.FromSeconds(1);
        using PrivateKey back = Opened(Assert.Single(Given(client.Send(new PollReqContent([0]))).KeyPairHist), mine);
        back.EnsureFits(key.PublicKey);

        string Moved(Peer one)
        {
            one.Dispose();
            return one.Options.StatePath!;
        }
    }

    [Fact]
    public void Rule71_The_archive_outlives_the_server_in_files_of_its_own()
    {
        using PrivateKey key = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Certificate certificate;
        using (var peer = new Peer(Kept))
            certificate = Enroll(peer, Signed(key, "CN=holder", Copy(peer, key)));
        string file = Assert.Single(Archived);
        Assert.Contains(Hex.Of(certificate.SerialNumber.Span).ToLowerInvariant(), file, StringComparison.Ordinal);
        // nowhere else, in whatever form
        string secret = Convert.ToBase64String(key.ExportPkcs8());
        foreach (string other in Directory.GetFiles(_folder.PathOf("server"), "*", SearchOption.AllDirectories).Where(other => other != file && !other.EndsWith(".lock", StringComparison.Ordinal)))
            Assert.DoesNotContain(secret.Substring(40, 60), File.ReadAllText(other), StringComparison.Ordinal);
        using (var peer = new Peer(Kept))
        {
            using PrivateKey back = Opened(Assert.Single(Given(peer.MacClient(3).Send(KrrOf("CN=holder", mine))).KeyPairHist), mine);
            back.EnsureFits(key.PublicKey);
        }
        byte[] whole = File.ReadAllBytes(file);
        foreach (byte[] wrong in new[] { whole.Take(whole.Length - 1).ToArray(), Peer.NewKey().ExportPkcs8() })
        {
            File.WriteAllBytes(file, wrong);
            CmpException error = Assert.Throws<CmpException>(() => new Peer(Kept));
            Assert.Equal("CmpState.Unreadable", error.ErrorId);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }
        File.WriteAllBytes(file, whole);
        // whoever died before the answer left a key that belongs to nothing
        string orphan = Path.Combine(Path.GetDirectoryName(file)!, "4711.secret");
        File.Copy(file, orphan);
        new Peer(Kept).Dispose();
        Assert.Equal([file], Archived);
    }

    [Fact]
    public void What_nobody_took_is_not_archived_for_long()
    {
        using var peer = new Peer(Kept);
        using PrivateKey key = Peer.NewKey(), mine = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        Certificate certificate = Plain(client.Send(Ir(Signed(key, "CN=holder", Copy(peer, key)))));
        Assert.Single(Archived);
        peer.Restart();
        Assert.Single(Archived);
        client.Send(Peer.Confirmation(certificate, 0, PkiStatusInfo.Rejection(FailInfo.BadCertTemplate, "no")));
        Assert.Empty(Archived);
        Refuses(FailInfo.BadCertId, peer.MacClient(3).Send(KrrOf("CN=holder", mine)));
    }

    [Fact]
    public void A_key_waits_with_its_certificate()
    {
        using var peer = new Peer(Kept with { PollCount = 1 });
        using PrivateKey key = Peer.NewKey(), mine = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        client.Send(Ir(Signed(key, "CN=holder", Copy(peer, key))));
        peer.Restart();
        Assert.Single(Archived);
        client.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromSeconds(1);
        client.Send(Peer.Confirmation(Plain(client.Send(new PollReqContent([0])))));
        peer.Restart();
        Assert.Single(Archived);
    }

    [Fact]
    public void A_server_that_was_told_to_refuse_keeps_no_key()
    {
        using var peer = new Peer(Kept with { FailInfo = FailInfo.DuplicateCertReq });
        using PrivateKey key = Peer.NewKey(), mine = Peer.NewKey("X25519");
        Refused.ByResponse(FailInfo.DuplicateCertReq, peer.MacClient(3).Send(Ir(Signed(key, "CN=holder", Copy(peer, key)))));
        Assert.Empty(Archived);
        Refuses(FailInfo.DuplicateCertReq, peer.MacClient(3).Send(KrrOf("CN=holder", mine)));
    }

    private static string Serial(Certificate certificate) => Hex.Of(certificate.SerialNumber.Span);
}
