using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

public class CaPubsTests
{
    private static Scene Enrolled(ProtectionKind kind, PkiBodyType request)
    {
        Scene scene = new Scene { Kind = kind, Request = request }.Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Good() with { CaPubs = [Peer.Shared.Root.Certificate] }));
        return scene;
    }

    [Fact]
    public void Rule31_In_an_ip_under_a_shared_secret_they_may_validate_the_certificate()
    {
        IssuedCertificate issued = Enrolled(ProtectionKind.PasswordBasedMac, PkiBodyType.Ir).Transaction.Issued!;
        Assert.Equal(Peer.Shared.Root.Certificate.Thumbprint, Assert.Single(issued.CaPubs).Thumbprint);
        Assert.True(issued.CaPubsAreTrusted);
    }

    [Fact]
    public void Rule31_In_a_signed_ip_they_are_reported_and_not_trusted()
    {
        IssuedCertificate issued = Enrolled(ProtectionKind.Signature, PkiBodyType.Ir).Transaction.Issued!;
        Assert.Single(issued.CaPubs);
        Assert.False(issued.CaPubsAreTrusted);
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac, (int)PkiBodyType.Cr)]
    [InlineData(ProtectionKind.PasswordBasedMac, (int)PkiBodyType.P10cr)]
    [InlineData(ProtectionKind.PasswordBasedMac, (int)PkiBodyType.Kur)]
    [InlineData(ProtectionKind.Signature, (int)PkiBodyType.Kur)]
    public void Rule31_In_cp_and_kup_they_are_ignored_with_a_warning(ProtectionKind kind, int request)
    {
        Scene scene = Enrolled(kind, (PkiBodyType)request);
        Assert.Empty(scene.Transaction.Issued!.CaPubs);
        Assert.False(scene.Transaction.Issued.CaPubsAreTrusted);
        Assert.Contains("are ignored", Assert.Single(scene.Transaction.Warnings));
    }

    [Fact]
    public void Rule31_They_never_verify_the_message_that_brings_them()
    {
        MadeCertificate evil = MadeCertificate.Root("CN=Test Server", Shape.CA with { Purposes = [Cmp.Messages.Asn1.Oids.CmcRA] });
        Scene scene = new Scene { Kind = ProtectionKind.Signature }.Start();
        CmpException error = scene.Fails(scene.Good() with { CaPubs = [evil.Certificate] }, new Reply { Protector = Peer.Signature(evil), ExtraCerts = [evil.Certificate] });
        Assert.Equal("CmpTrust.NoPath", error.ErrorId);
        error = scene.Fails(scene.Good() with { CaPubs = [evil.Certificate] }, new Reply { Protector = Peer.Signature(evil), ExtraCerts = [] });
        Assert.NotEqual("CmpTrust.NoPath", error.ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule31_In_a_message_that_failed_they_are_not_even_seen()
    {
        Scene scene = new Scene().Start();
        scene.Fails(scene.Good() with { CaPubs = [Peer.Shared.Root.Certificate] }, Reply.Unprotected);
        Assert.Null(scene.Transaction.Issued);
    }
}
