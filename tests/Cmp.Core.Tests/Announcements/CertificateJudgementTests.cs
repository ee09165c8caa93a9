using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>A certificate that is announced leads to an anchor and is valid now.</summary>
public class CertificateJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static byte[] Say(Certificate certificate, MadeCertificate? signer = null) => Herald.Say(new CertAnnContent(certificate), signer ?? Herald.Speaker);

    [Fact]
    public async Task A_certificate_with_a_path_is_believed()
    {
        Announcement announcement = await Herald.BelievesAsync(Say(Herald.Leaf.Certificate));
        Assert.Contains("leads to the trust anchor CN=Root of heralds", announcement.Reasons.Single(reason => reason.Id == "CmpAnnouncement.Path").Text);
    }

    [Fact]
    public async Task A_certificate_is_its_issuers_to_announce()
    {
        await Herald.BelievesAsync(Say(Herald.Leaf.Certificate, Herald.Issuing));
        await Herald.BelievesAsync(Say(Herald.Root.Certificate, Herald.Root));
        ServerSettings settings = Herald.Settings with { UntrustedCertificate = [Herald.Issuing.Certificate] };
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate, Herald.Other), "CmpTrust.SignerNotAuthorized", settings);
        await Herald.RefusesAsync(Say(Herald.Issuing.Certificate, Herald.Issuing), "CmpTrust.SignerNotAuthorized", settings);
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate, Herald.Leaf), "CmpTrust.SignerNotAuthorized", settings);
        // who is only called as the issuer is no CA
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate, Herald.Root.Issue("CN=Issuing CA", Shape.Leaf)), "CmpTrust.SignerNotAuthorized", settings);
        // what came along counts only where somebody vouches for it
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate, Herald.Other), ["CmpTrust.SignerNotAuthorized", "CmpTrust.NoPath"]);
    }

    [Fact]
    public async Task One_without_a_path_is_not()
    {
        await Herald.RefusesAsync(Say(Herald.Stranger.Issue("CN=router7").Certificate), "CmpTrust.NoPath");
        await Herald.RefusesAsync(Say(Herald.Stranger.Certificate), "CmpTrust.NoPath");
    }

    [Fact]
    public async Task One_that_the_issuer_named_did_not_sign_is_not()
    {
        MadeCertificate namesake = MadeCertificate.Root("CN=Issuing CA");
        await Herald.RefusesAsync(Say(namesake.Issue("CN=router7").Certificate), "CmpTrust.PathInvalid");
    }

    [Theory]
    [InlineData(-60, -1, "CmpTrust.Expired")]
    [InlineData(1, 60, "CmpTrust.NotYetValid")]
    public async Task One_that_is_not_valid_now_is_not(int from, int until, string id) =>
        await Herald.RefusesAsync(Say(Herald.Issuing.Issue("CN=router7", Shape.Leaf with { NotBefore = Herald.Now.AddDays(from), NotAfter = Herald.Now.AddDays(until) }).Certificate), id);

    [Fact]
    public async Task One_under_an_anchor_for_issued_certificates_is_believed() =>
        await Herald.BelievesAsync(Say(Herald.Stranger.Issue("CN=router7").Certificate), Herald.Settings with { IssuedTrustAnchor = [Herald.Stranger.Certificate] });

    [Fact]
    public async Task Rule69_One_that_is_revoked_is_not()
    {
        ServerSettings With(HandmadeCrl crl) => Herald.Settings with { RevocationList = [crl.Crl, new HandmadeCrl { Signer = Herald.Root }.Crl], RevocationMode = RevocationMode.Offline };
        var crl = new HandmadeCrl { Signer = Herald.Issuing };
        await Herald.BelievesAsync(Say(Herald.Leaf.Certificate), With(crl));
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate), "CmpTrust.Revoked", With(crl with { Revoked = [Herald.Leaf.Certificate] }));
        // so much is known of what nobody vouches for too
        await Herald.RefusesAsync(Say(Herald.Leaf.Certificate, Herald.Stranger), ["CmpTrust.NoPath", "CmpTrust.Revoked"], With(crl with { Revoked = [Herald.Leaf.Certificate] }) with { UntrustedCertificate = [Herald.Issuing.Certificate] });
    }

    [Fact]
    public async Task Rule64_One_that_is_none_is_a_reason() => Assert.False((await Herald.JudgeAsync(Say(Certificate.Decode(new byte[] { 0x30, 0 })))).Verified);
}
