using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>A new key of a root is believed where somebody under the old root says it, and the old key certifies it (rule 73).</summary>
public class CaKeyUpdateJudgementTests
{
    private const string Name = "CN=Root of heralds";

    private static readonly Herald Herald = Herald.Shared;

    private static byte[] Say(RootCaKeyUpdateContent content) => Herald.Say(new CaKeyUpdContent(content), Herald.RootSpeaker);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule73_Both_forms_are_proven(bool isV3)
    {
        RootCaKeyUpdateContent update = Herald.Update;
        CaKeyUpdContent content = isV3 ? new CaKeyUpdContent(update) : new CaKeyUpdContent(new CaKeyUpdAnnContent(update.OldWithNew!, update.NewWithOld!, update.NewWithNew));
        Announcement announcement = await Herald.BelievesAsync(Herald.Say(content, Herald.RootSpeaker));
        Assert.True(announcement.RootUpdate!.NewWithNew.IsSameAs(Herald.NewRoot.Certificate));
        Assert.True(announcement.OldRoot!.IsSameAs(Herald.Root.Certificate));
        Assert.Equal(["CmpAnnouncement.Signer", "CmpAnnouncement.Time", "CmpAnnouncement.OldRoot", "CmpAnnouncement.NewRoot"], announcement.Reasons.Select(reason => reason.Id));
    }

    [Fact]
    public async Task Rule73_oldWithNew_need_not_be_there() => await Herald.BelievesAsync(Say(Herald.Update with { OldWithNew = null }));

    [Fact]
    public async Task Rule73_Each_check_that_fails_is_a_reason()
    {
        MadeCertificate stranger = MadeCertificate.Root(Name, Herald.NewShape);
        // a new root that signs itself only
        await Herald.RefusesAsync(Say(new RootCaKeyUpdateContent(stranger.Certificate)), "CmpRootUpdate.NewWithOldMissing");
        await Herald.RefusesAsync(Say(new RootCaKeyUpdateContent(stranger.Certificate, stranger.Certificate)), "CmpRootUpdate.NewWithOld");
        // certified by another key of the same name
        await Herald.RefusesAsync(Say(Herald.Update with { NewWithOld = stranger.Certify(Herald.NewRoot.Key.PublicKey, Name, Shape.CA) }), "CmpRootUpdate.NewWithOld");
        // the old key certifies another one
        await Herald.RefusesAsync(Say(Herald.Update with { NewWithOld = Herald.Root.Certify(stranger.Key.PublicKey, Name, Shape.CA) }), "CmpRootUpdate.Keys");
        // it ends with the old one
        MadeCertificate soon = MadeCertificate.Root(Name, Herald.NewShape with { Key = Herald.NewRoot.Key, NotAfter = Herald.Root.Certificate.NotAfter });
        await Herald.RefusesAsync(Say(Herald.Update with { NewWithNew = soon.Certificate }), "CmpRootUpdate.EndsEarlier");
        // several at once
        await Herald.RefusesAsync(Say(new RootCaKeyUpdateContent(soon.Certificate, null, Herald.Leaf.Certificate)), ["CmpRootUpdate.NewWithOldMissing", "CmpRootUpdate.EndsEarlier", "CmpRootUpdate.OldWithNew"]);
    }

    [Fact]
    public async Task Rule73_What_is_not_proven_gives_no_new_root()
    {
        Announcement announcement = await Herald.JudgeAsync(Say(new RootCaKeyUpdateContent(Herald.NewRoot.Certificate)));
        Assert.Null(announcement.RootUpdate);
        Assert.True(announcement.OldRoot!.IsSameAs(Herald.Root.Certificate));
    }

    [Fact]
    public async Task Rule73_A_root_that_is_not_trusted_hands_on_no_trust()
    {
        MadeCertificate next = MadeCertificate.Root("CN=Root of strangers", Herald.NewShape);
        var content = new RootCaKeyUpdateContent(next.Certificate, Herald.Stranger.Certify(next.Key.PublicKey, "CN=Root of strangers", Shape.CA));
        Announcement announcement = await Herald.RefusesAsync(Say(content), "CmpAnnouncement.OldRoot");
        Assert.Null(announcement.OldRoot);
    }

    [Fact]
    public async Task Rule73_Only_who_is_under_the_old_root_announces_its_successor()
    {
        // another anchor of the server: its speaker speaks for others
        MadeCertificate speaker = Herald.Stranger.Issue("CN=Speaks for strangers", Shape.Server);
        ServerSettings both = Herald.Settings with { TrustAnchor = [Herald.Root.Certificate, Herald.Stranger.Certificate] };
        await Herald.RefusesAsync(Herald.Say(Herald.KeyUpdate, speaker), "CmpTrust.NoPath", both);
        await Herald.BelievesAsync(Herald.Say(Herald.KeyUpdate, Herald.RootSpeaker), both);
        // the new key is not the old one
        await Herald.RefusesAsync(Herald.Say(Herald.KeyUpdate, Herald.NewRoot, extraCerts: [Herald.NewRoot.Certificate]), "CmpTrust.PathInvalid");
        await Herald.RefusesAsync(Herald.Say(Herald.KeyUpdate, Herald.NewRoot, extraCerts: [Herald.NewWithOld]), "CmpTrust.SignerNotAuthorized");
    }

    [Fact]
    public async Task Rule73_The_old_root_may_be_an_anchor_for_issued_certificates() =>
        await Herald.BelievesAsync(Say(Herald.Update), new ServerSettings { TrustAnchor = [Herald.Stranger.Certificate], IssuedTrustAnchor = [Herald.Root.Certificate] });

    [Fact]
    public async Task Rule73_Of_anchors_of_one_name_that_counts_whose_key_certifies_the_new_one()
    {
        MadeCertificate namesake = MadeCertificate.Root(Name);
        Announcement announcement = await Herald.BelievesAsync(Say(Herald.Update), Herald.Settings with { TrustAnchor = [namesake.Certificate, Herald.NewRoot.Certificate, Herald.Root.Certificate] });
        Assert.True(announcement.OldRoot!.IsSameAs(Herald.Root.Certificate));
    }

    [Fact]
    public async Task Rule73_Where_only_the_new_root_is_trusted_the_reason_says_so()
    {
        Announcement announcement = await Herald.JudgeAsync(Say(Herald.Update), new ServerSettings { TrustAnchor = [Herald.NewRoot.Certificate], UntrustedCertificate = [Herald.OldWithNew] });
        Assert.Contains(announcement.Reasons, reason => reason.Id == "CmpAnnouncement.OldRoot" && reason.Text.EndsWith("The new root is trusted already.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rule73_The_old_root_is_neither_expired_nor_revoked()
    {
        JudgeSettings late = new() { Clock = () => Herald.Root.Certificate.NotAfter.AddSeconds(1), MaxAge = TimeSpan.FromDays(9999) };
        Assert.Contains((await Herald.JudgeAsync(Say(Herald.Update), how: late)).Reasons, reason => !reason.Holds && reason.Id == "CmpRootUpdate.OldNotValid");
        CertificateList revoked = new HandmadeCrl { Signer = Herald.Root, Revoked = [Herald.Root.Certificate] }.Crl;
        await Herald.RefusesAsync(Say(Herald.Update), "CmpRootUpdate.OldRevoked", Herald.Settings with { RevocationList = [revoked] });
        await Herald.BelievesAsync(Say(Herald.Update), Herald.Settings with { RevocationList = [new HandmadeCrl { Signer = Herald.Root }.Crl] });
    }

    [Fact]
    public async Task Rule64_Certificates_that_are_none_are_a_reason()
    {
        Certificate none = Certificate.Decode(new byte[] { 0x30, 0 });
        Assert.False((await Herald.JudgeAsync(Say(Herald.Update with { NewWithNew = none }))).Verified);
        Assert.False((await Herald.JudgeAsync(Say(Herald.Update with { NewWithOld = none }))).Verified);
        Assert.False((await Herald.JudgeAsync(Say(new RootCaKeyUpdateContent(none, none, none)))).Verified);
        Assert.Equal("CmpRootUpdate.NotProven", (await Herald.JudgeAsync(Say(Herald.Update with { OldWithNew = none }))).Problem!.Id);
    }
}
