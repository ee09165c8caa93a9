using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>To which certificate of the CA keys are encrypted: the one of the settings, or the one that the server names and that leads to an anchor.</summary>
public sealed class EncryptionCertificateTests
{
    private static readonly Shape Agreeing = new() { KeyUsage = KeyUsages.KeyAgreement };

    private static readonly MadeCertificate Encryption = Peer.Shared.Issuing.Issue("CN=Encryption", Agreeing);

    private static Func<PkiMessage, ReadOnlyMemory<byte>> Names(Certificate certificate) => Says(new InfoTypeAndValue(Oids.CaProtEncCert, certificate.Encoded));

    private static Func<PkiMessage, ReadOnlyMemory<byte>> Says(params InfoTypeAndValue[] items) => request => Peer.Shared.Answer(request, new GenRepContent(items));

    private static Desk At(FakeRoad road, Func<ServerSettings, ServerSettings>? settings = null) => new(road)
    {
        Settings = said => (settings ?? (same => same))(said with { UntrustedCertificate = [Peer.Shared.Issuing.Certificate] }),
    };

    private static async Task<string> FailsAsync(Desk desk, bool mustAgree = false) =>
        (await Assert.ThrowsAsync<CmpException>(() => desk.Client.EncryptionCertificateAsync(mustAgree))).ErrorId;

    [Fact]
    public async Task The_server_is_asked_once_for_all_that_share_its_road()
    {
        Desk desk = At(FakeRoad.Of(Names(Encryption.Certificate)));
        Assert.True((await desk.Client.EncryptionCertificateAsync(mustAgree: true)).IsSameAs(Encryption.Certificate));
        using CmpClient other = desk.Client.WithSettings(desk.Client.Said with { Secret = Desk.Secret("another") });
        Assert.True((await other.EncryptionCertificateAsync(mustAgree: false)).IsSameAs(Encryption.Certificate));
        GenMsgContent asked = Assert.IsType<GenMsgContent>(Assert.Single(desk.Road.Sent).Body);
        InfoTypeAndValue item = Assert.Single(asked.Items);
        Assert.Equal((Oids.CaProtEncCert, null), (item.InfoType, item.InfoValue));
    }

    [Fact]
    public async Task It_is_asked_for_anew_when_it_has_expired()
    {
        Certificate shortLived = Peer.Shared.Issuing.Issue("CN=soon over", Agreeing with { NotAfter = Peer.Now.AddHours(1) }).Certificate;
        Desk desk = At(FakeRoad.Of(Names(shortLived), Names(Encryption.Certificate)));
        Assert.True((await desk.Client.EncryptionCertificateAsync(mustAgree: false)).IsSameAs(shortLived));
        desk.Clock.Now += TimeSpan.FromHours(2);
        Assert.True((await desk.Client.EncryptionCertificateAsync(mustAgree: false)).IsSameAs(Encryption.Certificate));
    }

    [Fact]
    public async Task What_failed_is_not_kept()
    {
        Desk desk = At(FakeRoad.Of(Says(), Names(Encryption.Certificate)));
        Assert.Equal("CmpArgument.EncryptionCertificate", await FailsAsync(desk));
        await desk.Client.EncryptionCertificateAsync(mustAgree: false);
    }

    [Fact]
    public async Task What_is_given_is_taken_without_asking_and_without_a_path()
    {
        Certificate given = MadeCertificate.Root("CN=Elsewhere").Issue("CN=Given", Agreeing).Certificate;
        Desk desk = At(FakeRoad.ToNobody(), said => said with { EncryptionCertificate = given });
        Assert.Same(given, await desk.Client.EncryptionCertificateAsync(mustAgree: true));
        // the same one is nobody's where the server names it
        Assert.Equal("CmpTrust.NoPath", await FailsAsync(At(FakeRoad.Of(Names(given)))));
    }

    [Fact]
    public async Task The_anchors_of_issued_certificates_vouch_for_it_too()
    {
        MadeCertificate other = MadeCertificate.Root("CN=Issuing world");
        Certificate named = other.Issue("CN=Encryption", Agreeing).Certificate;
        Desk desk = At(FakeRoad.Of(Names(named)), said => said with { IssuedTrustAnchor = [other.Certificate] });
        Assert.True((await desk.Client.EncryptionCertificateAsync(mustAgree: false)).IsSameAs(named));
    }

    [Fact]
    public async Task It_is_valid_now_be_it_given_or_named()
    {
        foreach ((Shape shape, string errorId) in new[]
        {
            (Agreeing with { NotAfter = Peer.Now.AddSeconds(-1) }, "CmpTrust.Expired"),
            (Agreeing with { NotBefore = Peer.Now.AddSeconds(1) }, "CmpTrust.NotYetValid"),
        })
        {
            Certificate wrong = Peer.Shared.Issuing.Issue("CN=out of time", shape).Certificate;
            Assert.Equal(errorId, await FailsAsync(At(FakeRoad.Of(Names(wrong)))));
            Assert.Equal(errorId, await FailsAsync(At(FakeRoad.ToNobody(), said => said with { EncryptionCertificate = wrong, AllowExpiredServerCertificate = true })));
        }
    }

    [Fact]
    public async Task Its_key_and_its_key_usage_allow_what_it_is_for()
    {
        PrivateKey rsa = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        foreach ((Shape shape, bool mustAgree, bool isGood) in new (Shape, bool, bool)[]
        {
            (Agreeing, true, true),
            (new Shape { KeyUsage = null }, true, true),
            (new Shape { KeyUsage = KeyUsages.KeyEncipherment, Key = rsa }, false, true),
            (new Shape { KeyUsage = KeyUsages.KeyEncipherment, Key = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-768")) }, false, true),
            (new Shape { KeyUsage = KeyUsages.KeyAgreement, Key = PrivateKey.Generate(KeyAlgorithm.Parse("X25519")) }, true, true),
            (Shape.Leaf, false, false),
            (new Shape { KeyUsage = KeyUsages.KeyEncipherment }, false, false),
            (new Shape { KeyUsage = KeyUsages.KeyAgreement, Key = rsa }, false, false),
            (new Shape { KeyUsage = KeyUsages.KeyEncipherment, Key = rsa }, true, false),
            (new Shape { KeyUsage = null, Key = PrivateKey.Generate(KeyAlgorithm.Parse("Ed25519")) }, false, false),
        })
        {
            Certificate certificate = Peer.Shared.Issuing.Issue("CN=Encryption", shape).Certificate;
            Desk named = At(FakeRoad.Of(Names(certificate))), given = At(FakeRoad.ToNobody(), said => said with { EncryptionCertificate = certificate });
            if (isGood)
            {
                await named.Client.EncryptionCertificateAsync(mustAgree);
                await given.Client.EncryptionCertificateAsync(mustAgree);
            }
            else
            {
                Assert.Equal("CmpTrust.EncryptionCertificate", await FailsAsync(named, mustAgree));
                Assert.Equal("CmpTrust.EncryptionCertificate", await FailsAsync(given, mustAgree));
            }
        }
    }

    [Fact]
    public async Task Rule69_It_is_not_revoked_where_that_is_asked()
    {
        foreach (bool isRevoked in new[] { true, false })
        {
            CertificateList[] crls =
            [
                new HandmadeCrl { Signer = Peer.Shared.Root }.Crl,
                new HandmadeCrl { Signer = Peer.Shared.Issuing, Revoked = isRevoked ? [Encryption.Certificate] : [] }.Crl,
            ];
            Desk named = At(FakeRoad.Of(Names(Encryption.Certificate)), said => said with { RevocationMode = RevocationMode.Offline, RevocationList = crls });
            Desk given = At(FakeRoad.ToNobody(), said => said with { RevocationMode = RevocationMode.Offline, RevocationList = crls, EncryptionCertificate = Encryption.Certificate });
            foreach (Desk desk in new[] { named, given })
            {
                if (isRevoked)
                    Assert.Equal("CmpTrust.Revoked", await FailsAsync(desk));
                else
                    await desk.Client.EncryptionCertificateAsync(mustAgree: false);
            }
        }
    }

    [Fact]
    public async Task Without_an_anchor_or_a_road_nobody_is_asked()
    {
        Assert.Equal("CmpTrust.NoAnchor", await FailsAsync(At(FakeRoad.ToNobody(), said => said with { TrustAnchor = [] })));
        using var byHand = CmpClient.ByHand(new Desk(FakeRoad.ToNobody()).Said());
        Assert.Equal("CmpArgument.EncryptionCertificate", (await Assert.ThrowsAsync<CmpException>(() => byHand.EncryptionCertificateAsync(mustAgree: false))).ErrorId);
    }

    [Fact]
    public async Task What_does_not_decode_is_malformed_and_what_the_server_refuses_is_its_word()
    {
        Assert.Equal("CmpMessage.Malformed", await FailsAsync(At(FakeRoad.Of(Says(new InfoTypeAndValue(Oids.CaProtEncCert, new byte[] { 0x30, 1, 5 }))))));
        Desk refusing = At(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.NotAuthorized))));
        Assert.Equal("CmpServer.notAuthorized", (await Assert.ThrowsAnyAsync<CmpException>(() => refusing.Client.EncryptionCertificateAsync(mustAgree: false))).ErrorId);
    }
}
