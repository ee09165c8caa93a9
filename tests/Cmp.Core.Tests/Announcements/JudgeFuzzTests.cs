using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
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
    public void Rule64_Thousands_of_broken_announcements_are_judged_or_refused()
    {
        const int Count = 3_000;
        IReadOnlyList<byte[]> seeds = Seeds;
        var mutator = new Mutator(seeds, seed: 20261126);
        using var client = CmpClient.ByHand(Herald.WithSecret);
        var target = new JudgeTarget(client, Herald.Timed(new JudgeSettings { About = [Herald.Leaf.Certificate] }));
        var watch = Stopwatch.StartNew();
        int judged = 0, believed = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] octets = mutator.Next();
            try
            {
                IReadOnlyList<Announcement> announcements = target.Run(octets);
                judged += announcements.Count;
                believed += announcements.Count(announcement => announcement.Verified);
                // what is around a message and behind it is nobody's word: it is believed when that is broken, and as it was
                Assert.All(announcements, announcement => Assert.True(!announcement.Verified || seeds.Any(seed => Contains(seed, announcement.Message!))));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Message {i}: {Convert.ToBase64String(octets)}", e);
            }
        }
        output.WriteLine($"{Count} messages, {judged} judged, {believed} believed, {watch.Elapsed.TotalSeconds:F1} s");
        Assert.InRange(judged, Count / 20, Count * 2);
    }

    /// <summary>Whether octets hold header and body of a message as they are.</summary>
    private static bool Contains(byte[] octets, PkiMessage message) => octets.AsSpan().IndexOf([.. message.Header.Encoded.Span, .. message.Body.Encoded.Span]) >= 0;

    [Fact]
    public void Rule64_Noise_is_no_announcement()
    {
        using var client = CmpClient.ByHand(Herald.Settings);
        var target = new JudgeTarget(client);
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            Assert.Empty(target.Run(octets));
        }
    }
}
