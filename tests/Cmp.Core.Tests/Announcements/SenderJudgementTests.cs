using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>Who says it: each kind of announcement, with each way in which nobody does who may (rules 65 to 69).</summary>
public class SenderJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    public static TheoryData<AnnouncementType> Types => [AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl];

    private static PkiBody Content(AnnouncementType type) => type switch
    {
        AnnouncementType.CaKeyUpdate => Herald.KeyUpdate,
        AnnouncementType.Certificate => new CertAnnContent(Herald.Leaf.Certificate),
        AnnouncementType.Revocation => Herald.Revocation,
        _ => Herald.Crls,
    };

    /// <summary>Who speaks for the CA that it is about.</summary>
    private static MadeCertificate Speaker(AnnouncementType type) => type == AnnouncementType.CaKeyUpdate ? Herald.RootSpeaker : Herald.Speaker;

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule65_Who_speaks_for_the_CA_is_believed(AnnouncementType type)
    {
        Announcement announcement = await Herald.BelievesAsync(Herald.Say(Content(type), Speaker(type)));
        Assert.Equal(type, announcement.Type);
        Assert.True(announcement.Signer!.IsSameAs(Speaker(type).Certificate));
        Assert.Equal(AnnouncementSource.Push, announcement.Source);
        Assert.Equal("203.0.113.7", announcement.From);
        Assert.Equal(Herald.Now, announcement.Received);
        Assert.Null(announcement.Problem);
        AnnouncementReason signer = announcement.Reasons[0];
        Assert.Equal("CmpAnnouncement.Signer", signer.Id);
        Assert.StartsWith($"The message is signed by {Speaker(type).Certificate}, ", signer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule65_The_CA_itself_is_believed(AnnouncementType type) =>
        await Herald.BelievesAsync(Herald.Say(Content(type), type == AnnouncementType.CaKeyUpdate ? Herald.Root : Herald.Issuing));

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule65_Nobody_vouches_for_what_is_not_protected(AnnouncementType type)
    {
        byte[] octets = Herald.Say(Content(type), MessageProtector.None(null), Speaker(type).Certificate.Subject);
        Announcement announcement = await Herald.JudgeAsync(octets);
        Assert.Equal("CmpProtection.Missing", announcement.Problem!.Id);
        Assert.Null(announcement.Signer);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule20_A_changed_octet_is_seen(AnnouncementType type)
    {
        byte[] octets = Herald.Say(Content(type), Peer.Signature(Herald.Issuing), Herald.Issuing.Certificate.Subject, message: said => said with { Header = said.Header with { MessageTime = Herald.Now.AddSeconds(1) } });
        Announcement announcement = await Herald.JudgeAsync(octets, Herald.Settings with { UntrustedCertificate = [Herald.Issuing.Certificate] });
        Assert.Equal("CmpProtection.Invalid", announcement.Problem!.Id);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule65_Another_PKI_is_nobody(AnnouncementType type)
    {
        // it speaks for its own CAs, and calls itself as ours does
        MadeCertificate speaker = Herald.Stranger.Issue(Speaker(type).Certificate.Subject.ToString(), Shape.Server);
        Announcement announcement = await Herald.JudgeAsync(Herald.Say(Content(type), speaker, extraCerts: [speaker.Certificate, Herald.Stranger.Certificate]));
        Assert.Equal("CmpTrust.NoPath", announcement.Problem!.Id);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule65_A_certificate_of_the_same_PKI_is_no_speaker(AnnouncementType type)
    {
        MadeCertificate leaf = Herald.Issuing.Issue("CN=Just somebody", Shape.Leaf);
        Announcement announcement = await Herald.JudgeAsync(Herald.Say(Content(type), leaf));
        Assert.Equal("CmpTrust.SignerNotAuthorized", announcement.Problem!.Id);
    }

    [Fact]
    public async Task Rule65_The_certificate_of_our_own_credential_speaks_for_nobody()
    {
        MadeCertificate own = Herald.Issuing.Issue("CN=We ourselves", Shape.Server);
        ServerSettings settings = Herald.Settings with { ClientCertificate = TestCertificate.Load(own.Certificate.Encoded.ToArray()), ClientKey = own.Key };
        await Herald.BelievesAsync(Herald.Say(Herald.Crls, own));
        Assert.Equal("CmpTrust.SignerNotAuthorized", (await Herald.JudgeAsync(Herald.Say(Herald.Crls, own), settings)).Problem!.Id);
    }

    [Fact]
    public async Task Rule29_A_pin_is_believed_and_nobody_else_beside_it()
    {
        MadeCertificate pinned = Herald.Stranger.Issue("CN=Pinned", Shape.Leaf);
        ServerSettings settings = Herald.Settings with { ServerCertificate = pinned.Certificate };
        Announcement announcement = await Herald.BelievesAsync(Herald.Say(Herald.Revocation, pinned), settings);
        Assert.Contains("pinned", announcement.Reasons[0].Text);
        Assert.False((await Herald.JudgeAsync(Herald.Say(Herald.Revocation, Herald.Speaker), settings)).Verified);
    }

    [Fact]
    public async Task Rule24_Whom_the_user_named_is_believed_under_the_anchors()
    {
        ServerSettings settings = Herald.Settings with { ExpectedSender = Herald.OtherSpeaker.Certificate.Subject };
        await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.OtherSpeaker), settings);
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, Herald.Speaker), "CmpProtection.Sender", settings);
    }

    [Fact]
    public async Task Rule32_Nobody_is_trusted_at_first_use_by_what_he_sends_unasked()
    {
        MadeCertificate speaker = Herald.Stranger.Issue("CN=Speaks for strangers", Shape.Server);
        byte[] octets = Herald.Say(Herald.Revocation, speaker, extraCerts: [speaker.Certificate, Herald.Stranger.Certificate]);
        foreach (string hash in new[] { ServerSettings.FirstUse, Hex.Of(Digests.Compute(Oids.Sha256, Herald.Stranger.Certificate.Encoded)) })
            await Herald.RefusesAsync(octets, "CmpTrust.NoPath", Herald.Settings with { TrustExtraCerts = [hash] });
    }

    [Fact]
    public async Task Rule27_Without_an_anchor_no_signature_is_believed() =>
        Assert.Equal("CmpTrust.NoAnchor", (await Herald.JudgeAsync(Herald.Say(Herald.Revocation, Herald.Speaker), new ServerSettings())).Problem!.Id);

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Rule66_A_MAC_under_our_secret_is_believed_and_another_is_not(AnnouncementType type)
    {
        ServerSettings settings = Herald.WithSecret with { UntrustedCertificate = [Herald.Issuing.Certificate] };
        Announcement announcement = await Herald.BelievesAsync(Herald.SayUnderMac(Content(type)), settings);
        Assert.Equal("CmpAnnouncement.Mac", announcement.Reasons[0].Id);
        Assert.Null(announcement.Signer);
        await Herald.RefusesAsync(Herald.SayUnderMac(Content(type), "another"), "CmpProtection.Invalid", settings);
    }

    [Fact]
    public async Task Rule66_Where_our_credential_signs_or_there_is_none_no_MAC_is_believed()
    {
        MadeCertificate own = Herald.Issuing.Issue("CN=We ourselves");
        ServerSettings signs = Herald.Settings with { ClientCertificate = TestCertificate.Load(own.Certificate.Encoded.ToArray()), ClientKey = own.Key };
        await Herald.RefusesAsync(Herald.SayUnderMac(Herald.Crls), ["CmpProtection.Kind", "CmpTrust.NoPath"], signs);
        await Herald.RefusesAsync(Herald.SayUnderMac(Herald.Crls), ["CmpProtection.Kind", "CmpTrust.NoPath"]);
    }

    [Fact]
    public async Task Rule66_A_signature_is_believed_though_our_credential_is_a_secret()
    {
        var trace = new ListTrace();
        await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.Speaker), Herald.WithSecret, new JudgeSettings { Trace = trace });
        Assert.Empty(trace.Warnings);
    }

    [Fact]
    public async Task Rule68_What_is_too_weak_is_not_believed()
    {
        // HMAC-SHA1 under the right secret
        byte[] weak = Herald.Say(Herald.Crls, Peer.Mac(options: Peer.FewIterations with { Owf = Oids.Sha1 }), Name.FromCommonName(Peer.Reference));
        Assert.Equal("CmpProtection.Algorithm", (await Herald.JudgeAsync(weak, Herald.WithSecret)).Problem!.Id);
        await Herald.BelievesAsync(weak, Herald.WithSecret with { AllowPbmSha1 = true, UntrustedCertificate = [Herald.Issuing.Certificate] });
    }

    [Fact]
    public async Task Rule68_A_signature_over_SHA1_is_not_believed()
    {
        MadeCertificate speaker = Herald.Issuing.Issue("CN=Speaks over SHA-1", Shape.Server with { Key = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048")) });
        byte[] By(string hash) => AnnouncementWriter.Write(
            Herald.Revocation,
            speaker.Certificate.Subject,
            MessageProtector.Signature(new SigningCertificate(speaker.Certificate, speaker.Key), hash, pss: false),
            Herald.Now,
            extraCerts: [speaker.Certificate, Herald.Issuing.Certificate]).Encoded.ToArray();
        await Herald.BelievesAsync(By("SHA256"));
        await Herald.RefusesAsync(By("SHA1"), "CmpTrust.Algorithm");
        await Herald.BelievesAsync(By("SHA1"), Herald.Settings with { AllowSha1Signatures = true });
    }

    [Fact]
    public async Task Rule66_What_was_agreed_on_with_the_server_is_believed_and_counts_as_its_signature()
    {
        Shape agrees = Shape.Server with { KeyUsage = KeyUsages.KeyAgreement };
        MadeCertificate server = Herald.Issuing.Issue("CN=Server that agrees", agrees), own = Herald.Issuing.Issue("CN=We ourselves", agrees), another = Herald.Issuing.Issue("CN=Another client", agrees);
        ServerSettings settings = Herald.Settings with
        {
            Protection = ProtectionKind.DhBasedMac,
            ServerCertificate = server.Certificate,
            ClientCertificate = TestCertificate.Load(own.Certificate.Encoded.ToArray()),
            ClientKey = own.Key,
        };
        byte[] Under(MadeCertificate peer) => Herald.Say(Herald.Revocation, MessageProtector.DhBasedMac(new DhCertificate(server.Certificate, server.Key, peer.Certificate), new DhMacOptions()), server.Certificate.Subject);
        Announcement announcement = await Herald.BelievesAsync(Under(own), settings);
        Assert.True(announcement.Signer!.IsSameAs(server.Certificate));
        Assert.StartsWith("The message is protected by DhBasedMac and the key of CN=Server that agrees, the server's certificate that is pinned.", announcement.Reasons[0].Text, StringComparison.Ordinal);
        await Herald.RefusesAsync(Under(another), "CmpProtection.Invalid", settings);
        await Herald.RefusesAsync(Under(own), "CmpProtection.Kind");
    }

    [Fact]
    public async Task Rule66_A_signature_is_believed_though_a_MAC_was_agreed_on_with_the_server()
    {
        Shape both = Shape.Server with { KeyUsage = KeyUsages.KeyAgreement | KeyUsages.DigitalSignature };
        MadeCertificate server = Herald.Issuing.Issue("CN=Server that agrees and signs", both), own = Herald.Issuing.Issue("CN=We ourselves", both);
        ServerSettings settings = Herald.Settings with
        {
            Protection = ProtectionKind.DhBasedMac,
            ServerCertificate = server.Certificate,
            ClientCertificate = TestCertificate.Load(own.Certificate.Encoded.ToArray()),
            ClientKey = own.Key,
        };
        await Herald.BelievesAsync(Herald.Say(Herald.Revocation, server), settings);
        Assert.False((await Herald.JudgeAsync(Herald.Say(Herald.Revocation, Herald.Speaker), settings)).Verified);
    }

    [Fact]
    public async Task Many_are_judged_at_once()
    {
        using var client = CmpClient.ByHand(Herald.WithSecret with { UntrustedCertificate = [Herald.Issuing.Certificate] });
        var judge = new AnnouncementJudge(client, settings: Herald.Timed(null));
        byte[][] said = [Herald.Say(Herald.KeyUpdate, Herald.Root), Herald.Say(Herald.Revocation, Herald.OtherSpeaker), Herald.SayUnderMac(Herald.Crls), Herald.SayUnderMac(Herald.Crls, "another")];
        IReadOnlyList<Announcement>[] judged = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() => judge.JudgeAsync(said[i % said.Length], AnnouncementSource.Push))));
        for (int i = 0; i < judged.Length; i++)
            Assert.Equal(new[] { null, "CmpTrust.SignerNotAuthorized", null, "CmpProtection.Invalid" }[i % said.Length], judged[i].Single().Problem?.Id);
    }

    [Fact]
    public async Task Rule18_What_nobody_asked_for_may_cost_less_than_an_answer()
    {
        byte[] Dear(int iterations) => Herald.Say(Herald.Crls, MessageProtector.Mac(Peer.Secret(), new Pbmac1Options { Iterations = iterations }), Name.FromCommonName(Peer.Reference));
        ServerSettings settings = Herald.WithSecret with { UntrustedCertificate = [Herald.Issuing.Certificate] };
        Assert.Equal("CmpProtection.Algorithm", (await Herald.JudgeAsync(Dear(300_001), settings)).Problem!.Id);
        await Herald.BelievesAsync(Dear(1000), settings);
    }

    [Fact]
    public async Task Rule67_An_algorithm_without_protection_and_the_reverse_are_not_believed()
    {
        byte[] lacks = Herald.Say(Herald.Revocation, Peer.Signature(Herald.Speaker), Herald.Speaker.Certificate.Subject, message: said => said with { Protection = null });
        byte[] unnamed = Herald.Say(Herald.Revocation, Peer.Signature(Herald.Speaker), Herald.Speaker.Certificate.Subject, message: said => said with { Header = said.Header with { ProtectionAlg = null } });
        await Herald.RefusesAsync(lacks, "CmpProtection.Invalid");
        await Herald.RefusesAsync(unnamed, "CmpProtection.Invalid");
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task Rule7_Only_versions_that_are_spoken_are_believed(int pvno, bool isSpoken)
    {
        byte[] octets = Herald.Say(Herald.Revocation, Peer.Signature(Herald.Speaker), Herald.Speaker.Certificate.Subject, header => header with { Pvno = pvno });
        if (isSpoken)
            await Herald.BelievesAsync(octets);
        else
            await Herald.RefusesAsync(octets, "CmpTransaction.Version");
    }

    [Fact]
    public async Task Rule7_cmp1999_is_believed_where_it_is_spoken() => await Herald.BelievesAsync(
        Herald.Say(Herald.Revocation, Peer.Signature(Herald.Speaker), Herald.Speaker.Certificate.Subject, header => header with { Pvno = 1 }),
        Herald.Settings with { ProtocolVersion = 1 });

    [Fact]
    public async Task Rule69_A_speaker_that_is_revoked_speaks_no_more()
    {
        ServerSettings With(params IReadOnlyList<CertificateList> crls) => Herald.Settings with { RevocationList = crls, RevocationMode = RevocationMode.Offline };
        var crl = new HandmadeCrl { Signer = Herald.Issuing };
        await Herald.BelievesAsync(Herald.Say(Herald.Revocation, Herald.Speaker), With(crl.Crl));
        await Herald.RefusesAsync(Herald.Say(Herald.Revocation, Herald.Speaker), "CmpTrust.Revoked", With((crl with { Revoked = [Herald.Speaker.Certificate] }).Crl));
    }

    [Fact]
    public async Task Rule70_What_strangers_call_themselves_is_escaped_and_bounded()
    {
        MadeCertificate speaker = Herald.Stranger.Issue("CN=\u001b[31mred\u202e" + new string('x', 3000), Shape.Server);
        byte[] said = Herald.Say(new CertAnnContent(speaker.Certificate), Peer.Signature(speaker), speaker.Certificate.Subject, header => header with { FreeText = new PkiFreeText(["\u001b[2J", "\u202e"]) });
        Announcement announcement = await Herald.JudgeAsync(said);
        Assert.False(announcement.Verified);
        Assert.All(announcement.Reasons, reason => Assert.InRange(reason.Text.Length, 1, 8000));
        Assert.Contains(announcement.Reasons, reason => reason.Text.Contains("\\u{001B}"));
    }

    [Fact]
    public async Task Rule70_Where_it_came_from_is_escaped()
    {
        using var client = CmpClient.ByHand(Herald.Settings);
        var judge = new AnnouncementJudge(client, settings: Herald.Timed(null));
        Announcement announcement = (await judge.JudgeAsync(Herald.Say(Herald.Revocation, Herald.Speaker), AnnouncementSource.HttpGet, "http://\u001b]0;x")).Single();
        Assert.Equal("http://\\u{001B}]0;x", announcement.From);
    }
}
