using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>CRLs are believed where their issuer signed them, they are in force, and no older than the one at hand (rule 74).</summary>
public class CrlJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static readonly HandmadeCrl Good = new() { Signer = Herald.Issuing, Extensions = [Herald.Number(7)] };

    private static byte[] Say(params IReadOnlyList<HandmadeCrl> crls) => Herald.Say(new CrlAnnContent([.. crls.Select(crl => crl.Crl)]), Herald.Speaker);

    private static ServerSettings Having(params IReadOnlyList<HandmadeCrl> crls) => Herald.Settings with { RevocationList = [.. crls.Select(crl => crl.Crl)] };

    [Fact]
    public async Task Rule74_A_CRL_that_its_issuer_signed_is_believed()
    {
        Announcement announcement = await Herald.BelievesAsync(Say(Good with { Revoked = [Herald.Leaf.Certificate] }));
        Crl crl = Assert.Single(announcement.Crls);
        Assert.True(crl.Verified);
        Assert.Single(crl.Entries);
        Assert.Contains("number 7, is signed by its issuer", announcement.Reasons.Single(reason => reason.Id == "CmpAnnouncement.Crl").Text);
    }

    [Fact]
    public async Task Rule74_One_that_another_signed_is_not()
    {
        Announcement announcement = await Herald.RefusesAsync(Say(Good with { IsForged = true }), "CmpTrust.CrlSignature");
        Assert.False(Assert.Single(announcement.Crls).Verified);
        await Herald.RefusesAsync(Say(Good with { Signer = Herald.Other, Issuer = Herald.Issuing.Certificate.Subject }), "CmpTrust.CrlSignature");
        await Herald.RefusesAsync(Say(Good with { Signer = Herald.Stranger }), "CmpTrust.NoPath");
    }

    [Fact]
    public async Task Rule74_Each_of_several_is_judged()
    {
        HandmadeCrl other = new() { Signer = Herald.Other };
        Announcement good = await Herald.BelievesAsync(Say(Good, other));
        Assert.Equal([true, true], good.Crls.Select(crl => crl.Verified));
        Announcement bad = await Herald.RefusesAsync(Say(Good, other with { IsForged = true }), "CmpTrust.CrlSignature");
        Assert.Equal([true, false], bad.Crls.Select(crl => crl.Verified));
        Assert.Contains(bad.Reasons, reason => reason.Holds && reason.Id == "CmpAnnouncement.Crl");
    }

    [Fact]
    public async Task Rule74_None_at_all_and_too_many_are_not()
    {
        await Herald.RefusesAsync(Say(), "CmpAnnouncement.CrlCount");
        await Herald.RefusesAsync(Herald.Say(new CrlAnnContent([.. Enumerable.Repeat(Good.Crl, 101)]), Herald.Speaker), "CmpAnnouncement.CrlCount");
        await Herald.BelievesAsync(Herald.Say(new CrlAnnContent([.. Enumerable.Repeat(Good.Crl, 100)]), Herald.Speaker));
    }

    [Fact]
    public async Task Rule74_An_indirect_CRL_is_its_issuers()
    {
        var indirect = new HandmadeCrl { Signer = Herald.CrlIssuer, Scope = new IssuingDistributionPoint { IndirectCrl = true } };
        ServerSettings settings = Herald.Settings with { UntrustedCertificate = [Herald.CrlIssuer.Certificate] };
        await Herald.BelievesAsync(Herald.Say(new CrlAnnContent([indirect.Crl]), Herald.CrlIssuer), settings);
        await Herald.RefusesAsync(Herald.Say(new CrlAnnContent([(indirect with { IsForged = true }).Crl]), Herald.CrlIssuer), "CmpTrust.CrlSignature", settings);
        // who may not sign CRLs announces none, be he of that name or not
        MadeCertificate leaf = Herald.Root.Issue("CN=CRL issuer", Shape.Leaf);
        await Herald.RefusesAsync(Herald.Say(new CrlAnnContent([indirect.Crl]), leaf), ["CmpTrust.SignerNotAuthorized"], settings);
    }

    [Fact]
    public async Task Rule74_Who_issues_CRLs_announces_his_own_and_dates_no_others()
    {
        var own = new HandmadeCrl { Signer = Herald.CrlIssuer };
        ServerSettings settings = Herald.Settings with { UntrustedCertificate = [Herald.CrlIssuer.Certificate, Herald.Issuing.Certificate] };
        await Herald.BelievesAsync(Herald.Say(new CrlAnnContent([own.Crl]), Herald.CrlIssuer), settings);
        // anybody has the CRL of the CA, and may put it beside his own
        byte[] said = Herald.Say(new CrlAnnContent([own.Crl, Good.Crl]), Herald.CrlIssuer, Herald.Now.AddMinutes(4));
        await Herald.RefusesAsync(said, "CmpTrust.SignerNotAuthorized", settings);
        await Herald.BelievesAsync(Herald.Say(new CrlAnnContent([own.Crl, Good.Crl]), Herald.RootSpeaker), settings);
    }

    [Fact]
    public async Task Rule74_One_that_is_over_or_ahead_of_our_clock_is_not()
    {
        await Herald.RefusesAsync(Say(Good with { NextUpdate = Herald.Now.AddSeconds(-1) }), "CmpCrl.Expired");
        await Herald.RefusesAsync(Say(Good with { ThisUpdate = Herald.Now.AddSeconds(301) }), "CmpCrl.Ahead");
        await Herald.BelievesAsync(Say(Good with { ThisUpdate = Herald.Now.AddSeconds(300), NextUpdate = null }));
    }

    [Fact]
    public async Task Rule74_Numbers_and_times_only_grow_beyond_the_one_at_hand()
    {
        Announcement newer = await Herald.BelievesAsync(Say(Good), Having(Good with { ThisUpdate = Good.ThisUpdate.AddDays(-1), Extensions = [Herald.Number(6)] }));
        Assert.Contains(newer.Reasons, reason => reason.Text.EndsWith("It is newer than the one at hand.", StringComparison.Ordinal));
        Announcement same = await Herald.BelievesAsync(Say(Good), Having(Good));
        Assert.Contains(same.Reasons, reason => reason.Text.EndsWith("It is the one at hand.", StringComparison.Ordinal));
        await Herald.RefusesAsync(Say(Good), "CmpCrl.Older", Having(Good with { ThisUpdate = Good.ThisUpdate.AddSeconds(1), Extensions = [Herald.Number(8)] }));
        await Herald.RefusesAsync(Say(Good), "CmpCrl.Number", Having(Good with { ThisUpdate = Good.ThisUpdate.AddDays(-1), Extensions = [Herald.Number(8)] }));
        await Herald.RefusesAsync(Say(Good), "CmpCrl.Number", Having(Good with { ThisUpdate = Good.ThisUpdate.AddDays(-1) }));
        // one without a number has its time only
        await Herald.BelievesAsync(Say(Good with { Extensions = [] }), Having(Good with { ThisUpdate = Good.ThisUpdate.AddDays(-1) }));
        // others of the same CA, and of others, say nothing of it
        var far = Good with { ThisUpdate = Herald.Now, Extensions = [Herald.Number(99)] };
        await Herald.BelievesAsync(Say(Good), Having(far with { Signer = Herald.Other }, far with { Scope = new IssuingDistributionPoint { OnlyContainsCACerts = true } }));
    }

    [Fact]
    public async Task Rule74_A_number_that_no_CRL_may_have_is_a_reason()
    {
        static HandmadeCrl Numbered(byte[] content) => Good with { Extensions = [new Extension(Oids.CrlNumber, false, Tlv(content))] };
        static byte[] Tlv(byte[] content) => [0x02, (byte)content.Length, .. content];
        await Herald.BelievesAsync(Say(Numbered([0, .. Enumerable.Repeat((byte)0xFF, 20)])));
        await Herald.RefusesAsync(Say(Numbered([1, .. Enumerable.Repeat((byte)0, 20)])), "CmpCrl.Number");
        await Herald.RefusesAsync(Say(Numbered([0xFF])), "CmpCrl.Number");
    }

    [Fact]
    public async Task Rule64_A_CRL_that_is_none_is_a_reason()
    {
        Announcement announcement = await Herald.JudgeAsync(Herald.Say(new CrlAnnContent([CertificateList.Decode(new byte[] { 0x30, 0 }), Good.Crl]), Herald.Speaker));
        Assert.False(announcement.Verified);
        Assert.Equal(2, announcement.Crls.Count);
    }
}
