using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>-ArchiveKey: the private key goes to the CA with its request, for it to keep a copy (RFC 4211 6.4).</summary>
public sealed class ArchiveKeyTests
{
    private static readonly MadeCertificate Encryption = Peer.Shared.Issuing.Issue("CN=Encryption", new Shape { KeyUsage = KeyUsages.KeyAgreement });

    private static readonly MadeCertificate RsaEncryption =
        Peer.Shared.Issuing.Issue("CN=Encryption", new Shape { KeyUsage = KeyUsages.KeyEncipherment, Key = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048")) });

    private static readonly Func<PkiMessage, ReadOnlyMemory<byte>> NamesIt =
        request => Peer.Shared.Answer(request, new GenRepContent([new InfoTypeAndValue(Oids.CaProtEncCert, Encryption.Certificate.Encoded)]));

    private static Desk At(FakeRoad road, Func<EnrollmentRequest, EnrollmentRequest>? request = null, Func<ServerSettings, ServerSettings>? settings = null) => new(road)
    {
        Settings = said => (settings ?? (same => same))(said with { UntrustedCertificate = [Peer.Shared.Issuing.Certificate] }),
        Request = asked => (request ?? (same => same))(asked with { ArchiveKey = true }),
    };

    private static PkiArchiveOptions? OptionsOf(PkiMessage request) =>
        ((CertReqMessages)request.Body).Requests[0].CertReq.FindControl(Oids.PkiArchiveOptions) is { } control ? Controls.ReadArchiveOptions(control) : null;

    [Fact]
    public async Task The_CA_is_asked_for_its_certificate_and_gets_the_key_encrypted_to_that()
    {
        Desk desk = At(FakeRoad.Of(NamesIt, Desk.Good, Desk.PkiConf));
        await desk.EnrollAsync();
        Assert.Equal([PkiBodyType.Genm, PkiBodyType.Ir, PkiBodyType.CertConf], desk.Road.Sent.Select(message => message.Body.Type));
        PkiMessage request = desk.Road.Sent[1];
        Assert.Equal(3, request.Header.Pvno);
        using var opener = EnvelopeKey.Of(Encryption.Key, Encryption.Certificate);
        using OpenedEnvelope envelope = EncryptedKeys.Open(OptionsOf(request)!.EncryptedPrivKey!, opener, CmpLimits.Default, allowEncryptedValue: false);
        EncKeyWithId content = envelope.Read(EncKeyWithId.Read, CmpLimits.Default);
        using PrivateKey sent = PrivateKey.FromPkcs8(content.PrivateKeyInfo);
        sent.EnsureFits(desk.Key.PublicKey);
        Assert.Equal("CN=router7", content.Name!.DirectoryName!.ToString());
        // it proves nothing: its own proof stands beside it
        Assert.IsType<PopoSigningKey>(((CertReqMessages)request.Body).Requests[0].Popo);
    }

    [Fact]
    public async Task Nothing_is_archived_and_nobody_is_asked_where_nobody_wants_it()
    {
        Desk desk = At(FakeRoad.Of(Desk.Good, Desk.PkiConf), request => request with { ArchiveKey = false });
        await desk.EnrollAsync();
        Assert.Null(OptionsOf(desk.Road.Sent[0]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_version_that_the_user_names_decides_about_the_form(int pvno)
    {
        Desk desk = At(FakeRoad.Of(Desk.Good, Desk.PkiConf), settings: said => said with { ProtocolVersion = pvno, EncryptionCertificate = RsaEncryption.Certificate });
        await desk.EnrollAsync();
        Assert.Equal(pvno, desk.Road.Sent[0].Header.Pvno);
        EncryptedKey encrypted = OptionsOf(desk.Road.Sent[0])!.EncryptedPrivKey!;
        Assert.Equal(pvno == 2, encrypted.EncryptedValue is not null);
        using var opener = EnvelopeKey.Of(RsaEncryption.Key);
        using OpenedEnvelope envelope = EncryptedKeys.Open(encrypted, opener, CmpLimits.Default, allowEncryptedValue: true);
        Assert.Equal(pvno == 2 ? Oids.Data : Oids.EncKeyWithId, envelope.ContentType);
    }

    [Fact]
    public async Task Of_a_key_that_the_CA_makes_it_is_only_said_that_it_keeps_a_copy()
    {
        Desk desk = At(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error())), request => request with { IsCentralKey = true });
        await Assert.ThrowsAnyAsync<CmpException>(() => desk.RunAsync());
        Assert.True(OptionsOf(Assert.Single(desk.Road.Sent))!.ArchiveRemGenPrivKey);
    }

    [Fact]
    public async Task A_key_that_does_not_leave_its_place_is_an_error_before_anything_is_made()
    {
        foreach (KeyRequest key in new[]
        {
            new KeyRequest { Provider = "Microsoft Software Key Storage Provider" },
            new KeyRequest { Provider = "pkcs11:token=a?module-path=/nowhere.so", Exportable = true },
            new KeyRequest { Path = "pkcs11:token=a;object=b?module-path=/nowhere.so" },
        })
        {
            Desk desk = At(FakeRoad.ToNobody(), request => request with { Key = key });
            Assert.Equal("CmpKey.NotExportable", (await desk.FailsAsync()).ErrorId);
            Assert.Equal(0, desk.KeysMade);
        }
        using var stays = new StayingKey();
        Desk again = At(FakeRoad.ToNobody(), request => request with { Key = null, ExistingKey = stays });
        Assert.Equal("CmpKey.NotExportable", (await again.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task What_has_no_place_for_a_key_is_an_error_before_anything_is_made()
    {
        CertificationRequest pkcs10 = MadeCertificate.Pkcs10(MadeCertificate.NewKey(), "CN=a");
        Desk desk = At(FakeRoad.ToNobody(), request => request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = pkcs10, Key = null });
        Assert.Equal("CmpArgument.ArchiveKey", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Where_nothing_says_to_whom_the_key_goes_it_goes_to_nobody()
    {
        foreach ((FakeRoad road, string errorId) in new[]
        {
            (FakeRoad.Of(request => Peer.Shared.Answer(request, new GenRepContent([]))), "CmpArgument.EncryptionCertificate"),
            (FakeRoad.Of(request => Peer.Shared.Answer(request, new GenRepContent([new InfoTypeAndValue(Oids.CaProtEncCert, MadeCertificate.Root("CN=Elsewhere", new Shape { IsCA = true, KeyUsage = KeyUsages.KeyAgreement }).Certificate.Encoded)]))), "CmpTrust.NoPath"),
        })
        {
            Desk desk = At(road);
            Assert.Equal(errorId, (await desk.FailsAsync()).ErrorId);
            Assert.Equal(PkiBodyType.Genm, Assert.Single(desk.Road.Sent).Body.Type);
        }
    }

    /// <summary>A key as a provider keeps it.</summary>
    private sealed class StayingKey() : PrivateKey(MadeCertificate.NewKey().PublicKey)
    {
        public override bool Exportable => false;

        public override void Dispose()
        {
        }

        internal override bool CanUse(SignatureScheme scheme) => false;

        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

        private protected override byte[] ExportCore() => throw new NotSupportedException();
    }
}
