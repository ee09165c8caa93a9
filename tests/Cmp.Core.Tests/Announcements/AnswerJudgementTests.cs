using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Client;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>What a general message brings in place of an announcement: it answers our nonce, so no time is asked for, and all else is (rules 47, 73 and 74).</summary>
public class AnswerJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    /// <summary>A question that was answered by a body, signed or under the secret.</summary>
    private static GeneralTransaction Answered(bool isSigned, bool isAnswered = true)
    {
        var transaction = new GeneralTransaction(
            new TransactionSettings { Protector = Peer.Mac(), Credential = Peer.Secret(), Trust = new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] } },
            new GenMsgContent([new InfoTypeAndValue(Oids.CurrentCrl)]));
        PkiMessage sent = PkiMessage.Decode(Assert.IsType<TransactionStep.Send>(transaction.Start(Peer.Now)).Octets);
        if (!isAnswered)
            return transaction;
        // its clock is years behind
        var reply = new Reply { Header = header => header with { MessageTime = Peer.Now.AddYears(-5) }, Protector = isSigned ? Peer.Signature(Peer.Shared.Signer) : null };
        Assert.IsType<TransactionStep.Done>(transaction.Receive(Peer.Shared.Answer(sent, new GenRepContent([]), reply), Peer.Now));
        return transaction;
    }

    private static async Task<Announcement> JudgeAsync(PkiBody content, GeneralTransaction answer, AnnouncementMemory? memory = null, ServerSettings? settings = null)
    {
        using var client = CmpClient.ByHand(settings ?? Herald.WithSecret with { UntrustedCertificate = [Herald.Issuing.Certificate] });
        return await new AnnouncementJudge(client, memory, Herald.Timed(null)).JudgeAnswerAsync(content, "http://ca.example/\u001b", answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule74_An_answer_is_fresh_by_its_nonce(bool isSigned)
    {
        Announcement announcement = await JudgeAsync(Herald.KeyUpdate, Answered(isSigned));
        Assert.True(announcement.Verified, announcement.Problem?.ToString());
        Assert.Equal(AnnouncementSource.GeneralMessage, announcement.Source);
        Assert.Null(announcement.Message);
        Assert.Equal("http://ca.example/\\u{001B}", announcement.From);
        Assert.Equal(isSigned, announcement.Signer is not null);
        Assert.StartsWith(isSigned ? "It answers our question, and is signed by CN=Test Server" : "It answers our question, and is protected by PasswordBasedMac", announcement.Reasons[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(announcement.Reasons, reason => reason.Id == "CmpAnnouncement.Time");
        Assert.True(announcement.RootUpdate!.NewWithNew.IsSameAs(Herald.NewRoot.Certificate));
        // the same was said by a message, perhaps
        Assert.Equal((await Herald.BelievesAsync(Herald.Say(Herald.KeyUpdate, Herald.Root))).Id, announcement.Id);
    }

    [Fact]
    public async Task Rule73_What_is_said_is_proven_all_the_same()
    {
        Assert.Equal("CmpRootUpdate.NewWithOldMissing", (await JudgeAsync(new CaKeyUpdContent(new RootCaKeyUpdateContent(Herald.NewRoot.Certificate)), Answered(true))).Problem!.Id);
        Assert.Equal("CmpTrust.CrlSignature", (await JudgeAsync(new CrlAnnContent([new HandmadeCrl { Signer = Herald.Issuing, IsForged = true }.Crl]), Answered(true))).Problem!.Id);
        Assert.Equal("CmpTrust.NoPath", (await JudgeAsync(new CertAnnContent(Herald.Stranger.Certificate), Answered(true))).Problem!.Id);
        Assert.True((await JudgeAsync(new CertAnnContent(Herald.Issuing.Certificate), Answered(true))).Verified);
    }

    [Fact]
    public async Task Rule74_CRLs_grow_with_answers_too_and_these_move_no_time()
    {
        using var folder = new Folder();
        var memory = new AnnouncementMemory(folder.PathOf("home"));
        HandmadeCrl crl = new() { Signer = Herald.Issuing, Extensions = [Herald.Number(7)] };
        CrlAnnContent content = new([crl.Crl]);
        memory.Remember(await JudgeAsync(content, Answered(false), memory));
        Assert.Equal("CmpCrl.Older", (await JudgeAsync(new CrlAnnContent([(crl with { ThisUpdate = crl.ThisUpdate.AddDays(-1) }).Crl]), Answered(false), memory)).Problem!.Id);
        // the same by a message, made yesterday
        Announcement pushed = await Herald.BelievesAsync(Herald.Say(content, Herald.Speaker, Herald.Now.AddHours(-23)), memory: memory);
        Assert.True(memory.Knows(pushed));
    }

    [Fact]
    public async Task Rule51_Who_answered_before_is_known_again_where_he_brings_no_certificates()
    {
        byte[] bare = AnnouncementWriter.Write(new CertAnnContent(Peer.Shared.Issuing.Certificate), Peer.Shared.Signer.Certificate.Subject, Peer.Signature(Peer.Shared.Signer), Peer.Now).Encoded.ToArray();
        ServerSettings settings = Herald.WithSecret with { TrustAnchor = [Peer.Shared.Root.Certificate], UntrustedCertificate = [Peer.Shared.Issuing.Certificate] };
        FakeRoad road = FakeRoad.Of(request => Peer.Shared.Answer(request, new GenRepContent([]), new Reply { Protector = Peer.Signature(Peer.Shared.Signer) }));
        using var client = new CmpClient(settings, road, () => Peer.Now);
        var judge = new AnnouncementJudge(client, settings: Herald.Timed(null));
        Assert.Equal("CmpProtection.NoSigner", (await judge.JudgeAsync(bare, AnnouncementSource.Push)).Single().Problem!.Id);
        await client.GetCACertificatesAsync();
        Announcement announcement = (await judge.JudgeAsync(bare, AnnouncementSource.Push)).Single();
        Assert.True(announcement.Verified, announcement.Problem?.ToString());
    }

    [Fact]
    public async Task Rule33_A_question_that_was_not_answered_vouches_for_nothing() =>
        Assert.Equal("CmpProtection.Missing", (await JudgeAsync(Herald.KeyUpdate, Answered(false, isAnswered: false))).Problem!.Id);
}
