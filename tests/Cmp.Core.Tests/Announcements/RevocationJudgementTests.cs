using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>A revocation is the issuer's to say, or that of its CRL issuer (rule 74).</summary>
public class RevocationJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    /// <summary>The certificate is at hand.</summary>
    private static readonly JudgeSettings About = new() { About = [Herald.Other.Issue("CN=Another one").Certificate, Herald.Leaf.Certificate] };

    [Theory]
    [InlineData(PkiStatus.RevocationWarning, "will be revoked at")]
    [InlineData(PkiStatus.RevocationNotification, "was revoked at")]
    public async Task Rule74_The_issuer_is_believed_and_who_speaks_for_it(PkiStatus status, string text)
    {
        foreach (MadeCertificate signer in new[] { Herald.Issuing, Herald.Speaker })
        {
            Announcement announcement = await Herald.BelievesAsync(Herald.Say(Herald.RevocationOf(Herald.Leaf.Certificate, status), signer));
            Assert.Contains(text, announcement.Reasons.Single(reason => reason.Id == "CmpAnnouncement.Status").Text);
            Assert.Contains("issue", announcement.Reasons[0].Text);
            Assert.Null(announcement.Concerned);
        }
    }

    [Fact]
    public async Task Rule74_The_certificate_at_hand_is_known_again()
    {
        Announcement announcement = await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.Speaker), how: About);
        Assert.True(announcement.Concerned!.IsSameAs(Herald.Leaf.Certificate));
        Assert.Null((await Herald.BelievesAsync(Herald.Say(Herald.RevocationOf(Herald.Speaker.Certificate), Herald.Issuing), how: About)).Concerned);
        // another CA may have given the same number
        RevAnnContent namesake = Herald.Revocation with { CertId = new CertId(GeneralName.FromName(Herald.Other.Certificate.Subject), Herald.Leaf.Certificate.SerialNumber) };
        Assert.Null((await Herald.BelievesAsync(Herald.Say(namesake, Herald.OtherSpeaker), how: About)).Concerned);
    }

    [Fact]
    public async Task Rule74_Nobody_else_of_the_same_PKI_is_believed()
    {
        // each of them may sign answers (rule 65), and the user lets any signer do that
        foreach (MadeCertificate signer in new[] { Herald.OtherSpeaker, Herald.Other, Herald.RootSpeaker, Herald.Root, Herald.CrlIssuer })
        {
            await Herald.RefusesAsync(Herald.Say(Herald.Revocation, signer, extraCerts: [signer.Certificate, Herald.Other.Certificate]), "CmpTrust.SignerNotAuthorized");
            await Herald.RefusesAsync(Herald.Say(Herald.Revocation, signer, extraCerts: [signer.Certificate, Herald.Other.Certificate]), "CmpTrust.SignerNotAuthorized", Herald.Settings with { AllowAnySigner = true });
        }
    }

    [Fact]
    public async Task Rule74_Who_is_called_as_the_issuer_and_is_no_CA_is_not_the_issuer()
    {
        MadeCertificate namesake = Herald.Root.Issue("CN=Issuing CA", Shape.Leaf);
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, namesake, extraCerts: [namesake.Certificate]), "CmpTrust.SignerNotAuthorized");
        await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.Issuing));
    }

    [Fact]
    public async Task Rule74_The_CRL_issuer_that_the_certificate_names_is_believed()
    {
        Announcement announcement = await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.CrlIssuer), how: About);
        Assert.Contains("names as issuer of its CRLs", announcement.Reasons[0].Text);
        // of a certificate that names another one, or none, it says nothing
        MadeCertificate plain = Herald.Issuing.Issue("CN=router8");
        await Herald.RefusesAsync(Herald.Say(Herald.RevocationOf(plain.Certificate), Herald.CrlIssuer), "CmpTrust.SignerNotAuthorized", how: new JudgeSettings { About = [plain.Certificate] });
        // nor does one of that name that may sign no CRLs
        MadeCertificate signer = Herald.Root.Issue("CN=CRL issuer", Shape.Leaf);
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, signer), "CmpTrust.SignerNotAuthorized", how: About);
    }

    [Fact]
    public async Task Rule74_A_CA_of_the_issuers_name_and_another_key_is_not_the_issuer_where_the_certificate_is_at_hand()
    {
        MadeCertificate namesake = Herald.Root.Issue("CN=Issuing CA", Shape.CA);
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, namesake, extraCerts: [namesake.Certificate]), "CmpTrust.SignerNotAuthorized", how: About);
        MadeCertificate speaker = namesake.Issue("CN=Speaks for a namesake", Shape.Server);
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, speaker, extraCerts: [speaker.Certificate, namesake.Certificate]), "CmpTrust.SignerNotAuthorized", how: About);
    }

    [Fact]
    public async Task Rule74_A_certificate_of_the_issuer_that_is_no_speaker_says_nothing() =>
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, Herald.Issuing.Issue("CN=router8", Shape.Leaf)), "CmpTrust.SignerNotAuthorized");

    [Fact]
    public async Task Rule74_Under_a_MAC_the_issuer_has_to_be_one_of_the_servers()
    {
        byte[] octets = Herald.SayUnderMac(Herald.Revocation);
        Announcement announcement = await Herald.BelievesAsync(octets, Herald.WithSecret);
        Assert.Contains(announcement.Reasons, reason => reason.Id == "CmpAnnouncement.Issuer");
        MadeCertificate foreign = Herald.Stranger.Issue("CN=router7");
        await Herald.RefusesAsync(Herald.SayUnderMac(Herald.RevocationOf(foreign.Certificate)), "CmpTrust.NoPath", Herald.WithSecret);
        await Herald.RefusesAsync(Herald.SayUnderMac(Herald.RevocationOf(foreign.Certificate)), "CmpTrust.NoPath", Herald.WithSecret with { UntrustedCertificate = [Herald.Stranger.Certificate] });
        await Herald.RefusesAsync(octets, "CmpTrust.NoPath", Herald.WithSecret with { TrustAnchor = [] });
    }

    [Theory]
    [InlineData(PkiStatus.Accepted)]
    [InlineData(PkiStatus.Rejection)]
    [InlineData(PkiStatus.KeyUpdateWarning)]
    [InlineData((PkiStatus)(-7))]
    [InlineData((PkiStatus)4711)]
    public async Task Another_status_says_nothing_of_a_revocation(PkiStatus status) =>
        await Herald.RefusesAsync(Herald.Say(Herald.RevocationOf(Herald.Leaf.Certificate, status), Herald.Speaker), "CmpAnnouncement.Status");

    [Fact]
    public async Task An_issuer_that_is_no_directory_name_is_nobody()
    {
        var content = new RevAnnContent(PkiStatus.RevocationWarning, new CertId(GeneralName.FromText(GeneralNameType.DnsName, "ca.example"), new byte[] { 1 }), Herald.Now, Herald.Now, []);
        await Herald.RefusesAsync(Herald.Say(content, Herald.Speaker), ["CmpTrust.SignerNotAuthorized", "CmpAnnouncement.CertId"]);
        await Herald.RefusesAsync(Herald.Say(content with { CertId = new CertId(GeneralName.NullDn, new byte[] { 1 }) }, Herald.Speaker), ["CmpTrust.SignerNotAuthorized", "CmpAnnouncement.CertId"]);
    }
}
