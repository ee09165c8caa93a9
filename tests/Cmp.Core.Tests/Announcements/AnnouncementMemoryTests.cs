using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.State;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>What of announcements outlives the process: nothing older is believed later, and nothing is news twice (rule 74).</summary>
public sealed class AnnouncementMemoryTests : IDisposable
{
    private static readonly Herald Herald = Herald.Shared;

    private readonly Folder _folder = new();

    private string Home => _folder.PathOf("home");

    /// <summary>Another process's, for nothing is kept in memory.</summary>
    private AnnouncementMemory Memory => new(Home);

    private string FileOf(string name) => Path.Combine(Home, "announcements", name + ".json");

    public void Dispose() => _folder.Dispose();

    private static byte[] Revocation(int seconds, Certificate? certificate = null, PkiStatus status = PkiStatus.RevocationWarning) =>
        Herald.Say(Herald.RevocationOf(certificate ?? Herald.Leaf.Certificate, status), Herald.Speaker, Herald.Now.AddSeconds(seconds));

    private async Task<Announcement> AcceptAsync(byte[] octets)
    {
        Announcement announcement = await Herald.BelievesAsync(octets, memory: Memory);
        Memory.Remember(announcement);
        return announcement;
    }

    [Fact]
    public async Task Rule74_What_is_older_than_the_last_is_not_believed()
    {
        await AcceptAsync(Revocation(-60));
        await Herald.RefusesAsync(Revocation(-61, status: PkiStatus.RevocationNotification), "CmpAnnouncement.Older", memory: Memory);
        // the same again, and what is newer
        Announcement again = await Herald.BelievesAsync(Revocation(-60), memory: Memory);
        Assert.True(Memory.Knows(again));
        Announcement newer = await Herald.BelievesAsync(Revocation(-59, status: PkiStatus.RevocationNotification), memory: Memory);
        Assert.False(Memory.Knows(newer));
    }

    [Fact]
    public async Task Rule74_A_replay_of_the_one_before_is_not_believed_after_its_successor()
    {
        byte[] warning = Revocation(-60), revoked = Revocation(-30, status: PkiStatus.RevocationNotification);
        await AcceptAsync(warning);
        await AcceptAsync(revoked);
        await Herald.RefusesAsync(warning, "CmpAnnouncement.Older", memory: Memory);
    }

    [Fact]
    public async Task Rule74_Kinds_CAs_and_certificates_have_times_of_their_own()
    {
        await AcceptAsync(Revocation(0));
        await AcceptAsync(Herald.Say(Herald.Crls, Herald.Speaker, Herald.Now.AddMinutes(-1)));
        await AcceptAsync(Herald.Say(Herald.KeyUpdate, Herald.RootSpeaker, Herald.Now.AddMinutes(-2)));
        await AcceptAsync(Herald.Say(new CertAnnContent(Herald.Leaf.Certificate), Herald.Speaker, Herald.Now.AddMinutes(-3)));
        // whoever asks for each of his certificates does not hear of them in the order of their revocation
        await AcceptAsync(Revocation(-240, Herald.Speaker.Certificate));
        await AcceptAsync(Herald.Say(Herald.RevocationOf(Herald.OtherSpeaker.Certificate), Herald.Other, Herald.Now.AddMinutes(-5)));
        await Herald.RefusesAsync(Herald.Say(Herald.Crls, Herald.Issuing, Herald.Now.AddMinutes(-2)), "CmpAnnouncement.Older", memory: Memory);
        await Herald.RefusesAsync(Herald.Say(Herald.KeyUpdate, Herald.Root, Herald.Now.AddMinutes(-3)), "CmpAnnouncement.Older", memory: Memory);
        await Herald.RefusesAsync(Herald.Say(new CertAnnContent(Herald.Leaf.Certificate), Herald.Issuing, Herald.Now.AddMinutes(-4)), "CmpAnnouncement.Older", memory: Memory);
    }

    [Fact]
    public async Task Rule74_CRLs_grow_beyond_those_that_were_believed()
    {
        HandmadeCrl crl = new() { Signer = Herald.Issuing, Extensions = [Herald.Number(7)] };
        static byte[] Say(HandmadeCrl crl) => Herald.Say(new CrlAnnContent([crl.Crl]), Herald.Speaker);
        await AcceptAsync(Say(crl));
        Announcement same = await Herald.BelievesAsync(Say(crl), memory: Memory);
        Assert.Contains(same.Reasons, reason => reason.Text.EndsWith("It is the one at hand.", StringComparison.Ordinal));
        await Herald.RefusesAsync(Say(crl with { ThisUpdate = crl.ThisUpdate.AddSeconds(-1) }), "CmpCrl.Older", memory: Memory);
        await Herald.RefusesAsync(Say(crl with { ThisUpdate = crl.ThisUpdate.AddSeconds(1), Extensions = [Herald.Number(6)] }), "CmpCrl.Number", memory: Memory);
        await Herald.RefusesAsync(Say(crl with { ThisUpdate = crl.ThisUpdate.AddSeconds(1) }), "CmpCrl.Number", memory: Memory);
        await AcceptAsync(Say(crl with { ThisUpdate = crl.ThisUpdate.AddSeconds(1), Extensions = [Herald.Number(8)] }));
        await Herald.RefusesAsync(Say(crl), "CmpCrl.Older", memory: Memory);
    }

    [Fact]
    public async Task Rule74_Another_CA_of_the_same_name_has_CRLs_of_its_own()
    {
        MadeCertificate namesake = Herald.Stranger.Issue("CN=Issuing CA", Shape.CA);
        ServerSettings settings = Herald.Settings with { TrustAnchor = [Herald.Root.Certificate, Herald.Stranger.Certificate] };
        static byte[] Say(MadeCertificate signer, int number) => Herald.Say(
            new CrlAnnContent([new HandmadeCrl { Signer = signer, Extensions = [Herald.Number(number), new Extension(Oids.AuthorityKeyIdentifier, false, AuthorityKeyIdentifier.Of(signer.Certificate).Encoded)] }.Crl]),
            signer,
            Herald.Now.AddSeconds(number),
            [signer.Certificate]);
        Memory.Remember(await Herald.BelievesAsync(Say(namesake, 9), settings, memory: Memory));
        Memory.Remember(await Herald.BelievesAsync(Say(Herald.Issuing, 2), settings, memory: Memory));
        await Herald.RefusesAsync(Say(Herald.Issuing, 1), ["CmpAnnouncement.Older", "CmpCrl.Number"], settings, memory: Memory);
    }

    [Fact]
    public async Task Rule74_What_is_not_believed_moves_nothing_and_makes_nothing_known()
    {
        Announcement unprotected = await Herald.JudgeAsync(Herald.Say(Herald.Revocation, MessageProtector.None(null), Herald.Speaker.Certificate.Subject, header => header with { MessageTime = Herald.Now.AddSeconds(200) }));
        Assert.False(Memory.Knows(unprotected));
        Memory.Remember(unprotected);
        Assert.True(Memory.Knows(unprotected));
        // the same, and now somebody vouches for it; older than the other claimed to be
        Announcement believed = await Herald.BelievesAsync(Revocation(-60), memory: Memory);
        Assert.Equal(unprotected.Id, believed.Id);
        Assert.False(Memory.Knows(believed));
        Memory.Remember(believed);
        Assert.True(Memory.Knows(believed));

        HandmadeCrl forged = new() { Signer = Herald.Issuing, IsForged = true, ThisUpdate = Herald.Now, Extensions = [Herald.Number(1_000_000)] };
        Memory.Remember(await Herald.JudgeAsync(Herald.Say(new CrlAnnContent([forged.Crl]), Herald.Speaker)));
        await AcceptAsync(Herald.Say(Herald.Crls, Herald.Speaker));
    }

    [Fact]
    public async Task A_message_that_was_believed_is_no_news_whatever_speaks_against_its_repetition()
    {
        byte[] warning = Revocation(-60);
        await AcceptAsync(warning);
        await AcceptAsync(Revocation(-30, status: PkiStatus.RevocationNotification));
        Announcement replay = await Herald.JudgeAsync(warning, memory: Memory);
        Assert.False(replay.Verified);
        Assert.True(Memory.Knows(replay));
    }

    [Fact]
    public async Task That_somebody_says_without_proof_what_the_CA_said_is_news_once()
    {
        await AcceptAsync(Revocation(0));
        Announcement copy = await Herald.JudgeAsync(Herald.Say(Herald.Revocation, MessageProtector.None(null), Herald.Speaker.Certificate.Subject));
        Assert.False(Memory.Knows(copy));
        Memory.Remember(copy);
        Assert.True(Memory.Knows(copy));
    }

    [Fact]
    public async Task What_comes_late_takes_nothing_back()
    {
        Announcement older = await Herald.BelievesAsync(Revocation(-60)), newer = await Herald.BelievesAsync(Revocation(0, status: PkiStatus.RevocationNotification));
        Memory.Remember(newer);
        Memory.Remember(older);
        await Herald.RefusesAsync(Revocation(-1), "CmpAnnouncement.Older", memory: Memory);
    }

    [Fact]
    public async Task It_is_bounded_and_the_oldest_goes()
    {
        Announcement one = await Herald.BelievesAsync(Revocation(0));
        Announcement false1 = await Herald.JudgeAsync(Herald.Say(Herald.Revocation, MessageProtector.None(null), Herald.Speaker.Certificate.Subject));
        AnnouncementMemory memory = Memory;
        memory.Remember(one with { Id = "FIRST" });
        for (int i = 0; i < AcceptedBefore.MaxIds; i++)
            memory.Remember(false1 with { Id = $"{i}" });
        Assert.True(memory.Knows(false1 with { Id = "0" }));
        memory.Remember(false1 with { Id = "ONE MORE" });
        Assert.False(memory.Knows(false1 with { Id = "0" }));
        Assert.True(memory.Knows(false1 with { Id = "1" }));
        // however much comes that is not believed
        Assert.True(memory.Knows(one with { Id = "FIRST" }));

        var before = new AcceptedBefore();
        for (int i = 0; i < 2 * AcceptedBefore.MaxSubjects; i++)
        {
            before.SetTime($"{i}", Herald.Now);
            before.SetCrl($"{i}", Herald.Now, i);
        }
        for (int i = 0; i < 2 * AcceptedBefore.MaxIds; i++)
            before.AddId($"{i}");
        Assert.Null(before.TimeOf($"{AcceptedBefore.MaxSubjects - 1}"));
        Assert.NotNull(before.TimeOf($"{AcceptedBefore.MaxSubjects}"));
        Assert.Null(before.CrlOf($"{AcceptedBefore.MaxSubjects - 1}"));
        Assert.NotNull(before.CrlOf($"{AcceptedBefore.MaxSubjects}"));
        Assert.Equal(AcceptedBefore.MaxIds, before.Ids.Count);
        // what is used stays
        before.SetTime($"{AcceptedBefore.MaxSubjects}", Herald.Now);
        before.SetTime("another", Herald.Now);
        Assert.NotNull(before.TimeOf($"{AcceptedBefore.MaxSubjects}"));
        AcceptedBefore again = AcceptedBefore.Read(before.Write());
        Assert.Equal(before.Write().Texts("ids"), again.Write().Texts("ids"));
        Assert.Equal(AcceptedBefore.MaxSubjects, again.Write().Objects("times")!.Count);
        Assert.Equal(before.CrlOf($"{AcceptedBefore.MaxSubjects + 5}"), again.CrlOf($"{AcceptedBefore.MaxSubjects + 5}"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("{\"kind\":\"announcements\",\"schema\":1,\"name\":\"accepted\"}")]
    [InlineData("{\"kind\":\"announcements\",\"schema\":1,\"name\":\"accepted\",\"ids\":[],\"times\":[{\"about\":\"x\"}],\"crls\":[]}")]
    [InlineData("{\"kind\":\"announcements\",\"schema\":1,\"name\":\"accepted\",\"ids\":[],\"times\":[],\"crls\":[{\"scope\":\"x\",\"thisUpdate\":\"2026-01-01T00:00:00Z\",\"number\":\"many\"}]}")]
    [InlineData("{\"kind\":\"enrolments\",\"schema\":1,\"name\":\"accepted\",\"ids\":[],\"times\":[],\"crls\":[]}")]
    public async Task A_damaged_memory_is_said_and_nothing_is_believed_or_overwritten(string text)
    {
        Announcement announcement = await AcceptAsync(Revocation(0));
        File.WriteAllText(FileOf("accepted"), text);
        foreach (Func<Task> use in new Func<Task>[]
        {
            () => Herald.JudgeAsync(Revocation(0), memory: Memory),
            () => Task.FromResult(Memory.Knows(announcement)),
            () => Task.Run(() => Memory.Remember(announcement)),
        })
        {
            CmpException error = await Assert.ThrowsAsync<CmpException>(use);
            Assert.Equal("CmpState.Unreadable", error.ErrorId);
            Assert.NotNull(error.RecommendedAction);
        }
        Assert.Equal(text, File.ReadAllText(FileOf("accepted")));
    }

    [Fact]
    public async Task A_newer_versions_memory_is_not_overwritten()
    {
        Announcement announcement = await AcceptAsync(Revocation(0));
        File.WriteAllText(FileOf("accepted"), System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(FileOf("accepted")), "(\"schema\": *)1", "${1}2"));
        Assert.Equal("CmpState.Newer", Assert.Throws<CmpException>(() => Memory.Remember(announcement)).ErrorId);
    }

    [Fact]
    public async Task Its_files_are_the_owners_alone()
    {
        await AcceptAsync(Revocation(0));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FileOf("accepted")));
        string text = File.ReadAllText(FileOf("accepted"));
        Assert.DoesNotContain("router", text);
    }

    [Fact]
    public async Task Many_at_once_lose_nothing()
    {
        Announcement[] announcements = [.. await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Herald.BelievesAsync(Revocation(-i, Herald.Issuing.Issue($"CN={i}").Certificate))))];
        // instances share nothing but the files, as processes do
        await Task.WhenAll(announcements.Select(announcement => Task.Run(() => Memory.Remember(announcement))));
        Assert.All(announcements, announcement => Assert.True(Memory.Knows(announcement)));
    }

    [Fact]
    public async Task Another_process_remembers_what_this_one_believed()
    {
        Announcement one = await AcceptAsync(Revocation(0));
        string announcement = _folder.Write("other.der", Herald.Say(Herald.RevocationOf(Herald.Speaker.Certificate), Herald.Issuing));
        string root = _folder.Write("root.der", Herald.Root.Certificate.Encoded.ToArray());
        (int exitCode, string output) = Errand.Run("hear", Home, root, announcement, Herald.Now.ToString("o"));
        Assert.True(exitCode == 0, output);
        Assert.Equal("believed, news", output);
        (exitCode, output) = Errand.Run("hear", Home, root, announcement, Herald.Now.ToString("o"));
        Assert.Equal("believed, known", output);
        Assert.True(Memory.Knows(one));
        Assert.True(Memory.Knows(await Herald.BelievesAsync(File.ReadAllBytes(announcement))));
    }

    [Fact]
    public async Task What_a_process_left_half_written_is_swept_away()
    {
        await AcceptAsync(Revocation(-1));
        string[] before = Directory.GetFiles(Path.GetDirectoryName(FileOf("accepted"))!);
        AtomicFile.Stage(FileOf("accepted"), [1, 2, 3], isSecret: true);
        Assert.NotEqual(before.Length, Directory.GetFiles(Path.GetDirectoryName(FileOf("accepted"))!).Length);
        await AcceptAsync(Revocation(0));
        Assert.Equal(before, Directory.GetFiles(Path.GetDirectoryName(FileOf("accepted"))!));
    }
}
