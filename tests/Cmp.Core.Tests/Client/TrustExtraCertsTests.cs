using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>-TrustExtraCerts: a root that comes with the answer, as base stations get theirs (rule 32).</summary>
public class TrustExtraCertsTests
{
    private static readonly Peer Pki = Peer.Shared;

    private static string Hash => Hex.Of(Digests.Compute(Oids.Sha256, Pki.Root.Certificate.Encoded));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule32_A_root_in_extraCerts_is_trusted_by_its_hash_or_at_its_first_use(bool atFirstUse)
    {
        Desk desk = Of(atFirstUse ? "firstuse" : Hash.ToLowerInvariant());
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        string warning = Assert.Single(enrolled.Warnings);
        Assert.Contains(Hash, warning);
        Assert.Contains("CN=Test Root", warning);
        // the user's settings are as they were: the root is stored nowhere
        Assert.Empty(desk.Client.Settings.TrustAnchor!);
        Assert.Empty(enrolled.CaPubs);
    }

    [Fact]
    public async Task Rule32_Nobody_trusts_it_otherwise()
    {
        Assert.Equal("CmpTrust.NoAnchor", (await Of(null).FailsAsync()).ErrorId);
        Assert.Equal("CmpTrust.NoPath", (await Of(new string('0', 64)).FailsAsync()).ErrorId);
        Assert.Equal("CmpTrust.NoPath", (await Of(Hash, [Pki.Signer.Certificate, Pki.Issuing.Certificate]).FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule32_Only_self_signed_certificates_of_CAs_are_roots()
    {
        // an intermediate one, a self-signed one of no CA, and one of the same name that another key signed
        string issuing = Hex.Of(Digests.Compute(Oids.Sha256, Pki.Issuing.Certificate.Encoded));
        Assert.Equal("CmpTrust.NoPath", (await Of(issuing, [Pki.Signer.Certificate, Pki.Issuing.Certificate]).FailsAsync()).ErrorId);
        Assert.Equal("CmpTrust.NoPath", (await Of("FirstUse", [Pki.Signer.Certificate, Pki.Issuing.Certificate]).FailsAsync()).ErrorId);

        MadeCertificate own = MadeCertificate.Root("CN=Test Server", Shape.Server);
        Assert.Equal("CmpTrust.NoPath", (await Of("FirstUse", [own.Certificate], own).FailsAsync()).ErrorId);
        MadeCertificate false1 = MadeCertificate.Root("CN=Root").Issue("CN=Root", Shape.CA);
        Assert.Equal("CmpTrust.NoPath", (await Of("FirstUse", [false1.Certificate], false1).FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule65_A_root_that_came_so_does_not_let_everybody_sign()
    {
        MadeCertificate nobody = Pki.Issuing.Issue("CN=Nobody in particular");
        Assert.Equal("CmpTrust.SignerNotAuthorized", (await Of(Hash, [nobody.Certificate, Pki.Issuing.Certificate, Pki.Root.Certificate], nobody).FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData("12")]
    [InlineData("FirstUse!")]
    [InlineData("")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_hash_is_refused_before_any_traffic(string wrong)
    {
        CmpException error = Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri("http://ca.example/"), TrustExtraCerts = [wrong] }));
        Assert.Equal(("CmpArgument.TrustExtraCerts", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
    }

    private static Desk Of(string? trusted, Certificate[]? extraCerts = null, MadeCertificate? signer = null)
    {
        var reply = new Reply { Protector = Peer.Signature(signer ?? Pki.Signer), ExtraCerts = extraCerts ?? [Pki.Signer.Certificate, Pki.Issuing.Certificate, Pki.Root.Certificate], Header = header => header with { Sender = GeneralName.FromName((signer ?? Pki.Signer).Certificate.Subject) } };
        return new Desk(FakeRoad.Of(request => Desk.Good(request, reply), request => Pki.Answer(request, new PkiConfirmContent(), reply)))
        {
            Settings = settings => settings with { TrustAnchor = null, TrustExtraCerts = trusted is null ? null : [trusted], WarnOnMixedProtection = false },
        };
    }
}
