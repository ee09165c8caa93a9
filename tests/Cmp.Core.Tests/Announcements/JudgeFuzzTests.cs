using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Fuzz;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Tests.Messages;
using Cmp.Tests.Transactions;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Tests.Announcements;

/// <summary>Whatever octets come, the judge says what is wrong with them: a bounded round, the same at each run.</summary>
public class JudgeFuzzTests(ITestOutputHelper output)
{
    private static readonly Herald Herald = Herald.Shared;

    private static IReadOnlyList<byte[]> Seeds =>
    [
        Herald.Say(Herald.KeyUpdate, Herald.RootSpeaker),
        Herald.Say(new CaKeyUpdContent(new CaKeyUpdAnnContent(Herald.OldWithNew, Herald.NewWithOld, Herald.NewRoot.Certificate)), Herald.Root),
        Herald.Say(new CertAnnContent(Herald.Leaf.Certificate), Herald.Issuing),
        Herald.Say(Herald.Revocation, Herald.Speaker),
        Herald.Say(Herald.Crls, Herald.Speaker),
        Herald.SayUnderMac(Herald.Crls),
        Herald.Say(
            new NestedMessageContent([PkiMessage.Decode(Herald.Say(Herald.Revocation, Herald.Speaker)), PkiMessage.Decode(Herald.Say(Herald.Crls, Herald.Issuing))]),
            Peer.Signature(Herald.Speaker),
            Herald.Speaker.Certificate.Subject),
        .. Samples.AllMessages.Where(sample => Announcement.TypeOf(sample.Body) is not null).Select(sample => sample.Encoded.ToArray()),
    ];

    [Fact]
    public async Task Rule64_Thousands_of_broken_announcements_are_judged_or_refused()
    {
        const int Count = 3_000;
        IReadOnlyList<byte[]> seeds = Seeds;
        var whole = new HashSet<string>(seeds.Select(Convert.ToBase64String));
        var mutator = new Mutator(seeds, seed: 20261126);
        using var client = CmpClient.ByHand(Herald.WithSecret);
        var judge = new AnnouncementJudge(client, settings: Herald.Timed(new JudgeSettings { About = [Herald.Leaf.Certificate] }));
        var watch = Stopwatch.StartNew();
        int judged = 0, believed = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] octets = mutator.Next();
            try
            {
                foreach (Announcement announcement in await judge.JudgeAsync(octets, AnnouncementSource.Push, "fuzz"))
                {
                    judged++;
                    // an outer message, extraCerts and long forms of lengths are nobody's word: a message may still be believed when they are broken
                    believed += announcement.Verified ? 1 : 0;
                    if (announcement.Verified && !whole.Contains(Convert.ToBase64String(octets)))
                        Assert.Contains(seeds, seed => Contains(seed, announcement.Message!.ProtectedPart));
                    Assert.NotEmpty(announcement.Reasons);
                    Assert.Equal(64, announcement.Id.Length);
                    Assert.All(announcement.Reasons, reason => Assert.Equal(reason.Text, PeerText.Escape(reason.Text, int.MaxValue)));
                    Touch.All(announcement.Message!);
                }
            }
            catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
            {
                // no announcement
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Message {i}: {Convert.ToBase64String(octets)}", e);
            }
        }
        output.WriteLine($"{Count} messages, {judged} judged, {believed} believed, {watch.Elapsed.TotalSeconds:F1} s");
        Assert.InRange(judged, Count / 20, Count * 2);
    }

    /// <summary>Whether a message holds header and body as they are.</summary>
    private static bool Contains(byte[] message, byte[] protectedPart)
    {
        PkiMessage part = PkiMessage.Decode(protectedPart);
        return message.AsSpan().IndexOf(part.Header.Encoded.Span) >= 0 && message.AsSpan().IndexOf(part.Body.Encoded.Span) >= 0;
    }

    [Fact]
    public async Task Rule64_Noise_is_no_announcement()
    {
        using var client = CmpClient.ByHand(Herald.Settings);
        var judge = new AnnouncementJudge(client);
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            Assert.Equal("CmpMessage.Malformed", (await Assert.ThrowsAsync<CmpException>(() => judge.JudgeAsync(octets, AnnouncementSource.Push))).ErrorId);
        }
    }
}
