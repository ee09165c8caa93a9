using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Keys that the CA makes (RFC 9483 4.1.6, rule 48).</summary>
public class CentralKeyTests
{
    public static TheoryData<ProtectionKind, string> Keys => new()
    {
        { ProtectionKind.PasswordBasedMac, "ECDSA_P384" },
        { ProtectionKind.PasswordBasedMac, "RSA_2048" },
        { ProtectionKind.PasswordBasedMac, "ML-KEM-768" },
        { ProtectionKind.Signature, "ECDSA_P384" },
        { ProtectionKind.Signature, "Ed25519" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Rule48_The_key_is_opened_and_is_the_certificates(ProtectionKind kind, string algorithm)
    {
        SealedScene scene = Scene(kind, algorithm).Start();
        Assert.Equal(3, scene.Sent.Header.Pvno);
        Assert.Null(Assert.IsType<CertReqMessages>(scene.Sent.Body).Requests[0].Popo);
        IssuedCertificate issued = Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key))))).Certificate;
        issued.Key!.EnsureFits(issued.Certificate.PublicKey);
        Assert.True(scene.Key.PublicKey.IsSameAs(issued.Key.PublicKey));
        scene.Accept();
        Assert.Null(Assert.Single(scene.CertConf.Statuses).StatusInfo);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.Empty(scene.Transaction.Warnings);
    }

    /// <summary>A key that is refused must not leave its certificate in force.</summary>
    [Fact]
    public void Rule48_What_may_have_to_be_refused_is_not_confirmed_implicitly()
    {
        SealedScene scene = Scene().Start();
        Assert.Null(scene.Sent.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Null(new SealedScene().Start().Sent.Header.FindInfo(Oids.ImplicitConfirm));
        // a challenge was met before the certificate is there
        Assert.NotNull(new SealedScene { Requests = [new(SubsequentMessage.ChallengeResp)] }.Start().Sent.Header.FindInfo(Oids.ImplicitConfirm));
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule48_Who_signed_it_must_be_an_authority_for_keys(ProtectionKind kind)
    {
        Refused(kind, scene => scene.WithKey(SealedScene.Package(scene.Key, Peer.Shared.Issuing.Issue("CN=no KGA"))), "CmpTrust.KeyGenerationAuthority");
        Refused(kind, scene => scene.WithKey(SealedScene.Package(scene.Key, Peer.Shared.Signer)), "CmpTrust.KeyGenerationAuthority");
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule48_Who_signed_it_must_lead_to_an_anchor(ProtectionKind kind)
    {
        MadeCertificate strange = MadeCertificate.Root("CN=Strange").Issue("CN=Test KGA", Shape.Leaf with { Purposes = [Oids.CmKGA] });
        Refused(kind, scene => scene.WithKey(SealedScene.Package(scene.Key, strange)), "CmpTrust.NoPath");
    }

    [Fact]
    public void Rule48_Without_an_anchor_the_shared_secret_vouches_for_it()
    {
        MadeCertificate strange = MadeCertificate.Root("CN=Strange").Issue("CN=somebody");
        SealedScene scene = new() { Requests = [new(null, "ECDSA_P384")], Anchors = [] };
        scene.Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key, strange)))));
        Assert.Contains(scene.Trace.Notes, note => note.Contains("may make keys"));
    }

    [Fact]
    public void Rule48_A_key_that_nobody_signed_is_refused()
    {
        Refused(ProtectionKind.PasswordBasedMac, scene => scene.WithKey(new AsymmetricKeyPackage([scene.Key.ExportPkcs8()]).Encoded, Oids.KeyPackage), "CmpTransaction.UnsignedKey");
        Refused(ProtectionKind.PasswordBasedMac, scene => scene.WithKey(scene.Key.ExportPkcs8(), Oids.Data), "CmpTransaction.UnsignedKey");
    }

    [Fact]
    public void Rule48_A_package_that_was_changed_is_refused()
    {
        SealedScene scene = Scene().Start();
        byte[] package = SealedScene.Package(scene.Key);
        package[package.Length - 1] ^= 1;
        CmpException error = scene.Fails(scene.Granted(scene.WithKey(package)));
        Assert.StartsWith("Cmp", error.ErrorId, StringComparison.Ordinal);
        Assert.Single(scene.AllSent);
    }

    [SkippableFact]
    public void Rule48_A_key_of_another_certificate_is_refused_by_certConf()
    {
        Skip.If(Mono.IsRunning, Mono.KeepsKeys);
        SealedScene scene = Scene().Start();
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        Assert.IsType<TransactionStep.Send>(scene.Answer(scene.Granted(scene.WithKey(SealedScene.Package(other)))));
        CertStatus status = Assert.Single(scene.CertConf.Statuses);
        Assert.Equal(PkiStatus.Rejection, status.StatusInfo!.Status);
        Assert.Equal(FailInfo.IncorrectData, status.StatusInfo.FailInfo);
        Assert.Equal("CmpTransaction.WrongKey", Assert.IsType<TransactionStep.Failed>(scene.Answer(new PkiConfirmContent())).Error.ErrorId);
        Assert.ThrowsAny<Exception>(() => scene.Transaction.Requests[0].Issued!.Key!.ExportPkcs8());
    }

    [Fact]
    public void Rule48_A_key_must_come_where_one_was_asked_for() => Refused(ProtectionKind.PasswordBasedMac, scene => scene.Plain(), "CmpTransaction.NoKey");

    [Fact]
    public void Rule48_A_key_must_not_come_where_none_was_asked_for()
    {
        SealedScene scene = new SealedScene().Start();
        Assert.Equal("CmpTransaction.UnexpectedKey", scene.Fails(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key)))).ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule76_A_key_is_taken_from_nobody_without_protection()
    {
        SealedScene scene = new()
        {
            Kind = ProtectionKind.Signature,
            Requests = [new(null, "ECDSA_P384")],
            Settings = settings => settings with { Protector = MessageProtector.None(null), Credential = null, Trust = settings.Trust with { AllowUnprotectedAnswers = true } },
        };
        scene.Start();
        Assert.Equal("CmpProtection.Missing", scene.Fails(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key))), Reply.Unprotected).ErrorId);
        Assert.Null(scene.Transaction.Issued);
        // a certificate for a key of ours is
        scene = new() { Kind = ProtectionKind.Signature, Requests = [new(SubsequentMessage.EncrCert)], Settings = scene.Settings };
        scene.Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Encrypted()), Reply.Unprotected));
    }

    [Fact]
    public void One_for_somebody_else_is_not_opened()
    {
        byte[] another = [.. Enumerable.Repeat((byte)'x', 16)];
        Refused(ProtectionKind.PasswordBasedMac, scene => scene.WithKey(SealedScene.Package(scene.Key), recipient: EnvelopeRecipient.OfPassword(another)), "CmpEnvelope.NotOpened");
        Refused(ProtectionKind.Signature, scene => scene.WithKey(SealedScene.Package(scene.Key), recipient: EnvelopeRecipient.Of(new SealedRequest(null, "ECDSA_P384").Key.PublicKey, new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, new byte[] { 0 })))), "CmpEnvelope.NotOpened");
    }

    [Fact]
    public void Another_process_opens_it_again_and_nothing_of_it_is_in_the_state()
    {
        // the private key stands at the end of its PKCS #8
        SealedScene scene = Scene(algorithm: "Ed25519").Start();
        byte[] secret = scene.Key.ExportPkcs8();
        scene.Answer(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key))));
        TransactionState state = scene.Transaction.Capture();
        Assert.DoesNotContain(state.Answers, answer => answer.Span.IndexOf(secret.AsSpan(secret.Length - 32)) >= 0);
        SealedScene again = scene.Resumed();
        IssuedCertificate issued = Assert.IsType<TransactionStep.Decide>(again.Continue()).Certificate;
        Assert.True(scene.Key.PublicKey.IsSameAs(issued.Key!.PublicKey));
        again.Accept();
        SealedScene third = again.Resumed();
        third.Continue();
        Assert.IsType<TransactionStep.Done>(third.Answer(new PkiConfirmContent()));
        Assert.NotNull(third.Transaction.Issued!.Key);
    }

    [SkippableFact]
    public void The_key_goes_with_the_transaction()
    {
        Skip.If(Mono.IsRunning, Mono.KeepsKeys);
        SealedScene scene = Scene(algorithm: "RSA_2048").Start();
        PrivateKey key = Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.WithKey(SealedScene.Package(scene.Key))))).Certificate.Key!;
        scene.Transaction.Dispose();
        Assert.ThrowsAny<Exception>(() => key.ExportPkcs8());
    }

    [Fact]
    public void The_old_form_is_taken_in_the_old_version_where_the_user_wants_that()
    {
        SealedScene scene = Old(pvno: 2, allowed: true);
        Assert.NotNull(Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(OldForm(scene, scene.Key.ExportPkcs8())))).Certificate.Key);
        Assert.Contains("signed by nobody", Assert.Single(scene.Transaction.Warnings), StringComparison.Ordinal);
        scene = Old(pvno: 2, allowed: false);
        Assert.Equal("CmpEnvelope.EncryptedValue", scene.Fails(scene.Granted(OldForm(scene, scene.Key.ExportPkcs8()))).ErrorId);
    }

    [Fact]
    public void Rule48_An_answer_in_the_old_version_does_not_get_around_who_made_the_key()
    {
        SealedScene scene = Old(pvno: null, allowed: true);
        Assert.Equal(3, scene.Sent.Header.Pvno);
        Assert.Equal("CmpEnvelope.EncryptedValue", scene.Fails(scene.Granted(OldForm(scene, scene.Key.ExportPkcs8())), new Reply { Header = header => header with { Pvno = 2 } }).ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void What_is_no_key_in_the_old_form_is_told_from_what_does_not_open_to_nobody()
    {
        SealedScene scene = Old(pvno: 2, allowed: true);
        Assert.Equal("CmpEnvelope.NotOpened", scene.Fails(scene.Granted(OldForm(scene, new byte[] { 4, 2, 1, 1 }))).ErrorId);
        Assert.Single(scene.AllSent);
    }

    private static SealedScene Old(int? pvno, bool allowed) => new SealedScene
    {
        Requests = [new(null, "ECDSA_P384")],
        Kind = ProtectionKind.Signature,
        RecipientKind = "RSA_2048",
        Settings = settings => settings with { Pvno = pvno, AllowEncryptedValue = allowed, NotifyErrors = true },
    }.Start();

    private static CertResponse OldForm(SealedScene scene, ReadOnlyMemory<byte> content) => new(0, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair
    {
        Certificate = scene.Certify(),
        PrivateKey = new EncryptedKey(EncryptedValues.Seal(content, scene.Recipient.PublicKey)).Encoded,
    });

    private static SealedScene Scene(ProtectionKind kind = ProtectionKind.PasswordBasedMac, string algorithm = "ECDSA_P384") => new() { Kind = kind, Requests = [new(null, algorithm)] };

    private static void Refused(ProtectionKind kind, Func<SealedScene, CertResponse> response, string errorId)
    {
        SealedScene scene = Scene(kind).Start();
        Assert.Equal(errorId, scene.Fails(scene.Granted(response(scene))).ErrorId);
        Assert.Single(scene.AllSent);
        Assert.Null(scene.Transaction.Issued);
        Assert.True(scene.Transaction.IsOver);
    }
}
