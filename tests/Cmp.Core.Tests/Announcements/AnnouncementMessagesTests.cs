using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Messages;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>Which messages hold announcements: single ones, and batches (RFC 9810 5.1.3.5).</summary>
public class AnnouncementMessagesTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static PkiMessage Message(byte[] octets) => PkiMessage.Decode(octets);

    private static byte[] Batch(MadeCertificate? by, params IReadOnlyList<byte[]> inner) =>
        Herald.Say(new NestedMessageContent([.. inner.Select(Message)]), by is null ? MessageProtector.None(null) : Peer.Signature(by), Herald.Speaker.Certificate.Subject);

    private static string Fails(byte[] octets)
    {
        CmpException error = Assert.Throws<CmpException>(() => AnnouncementMessages.Read(octets, CmpLimits.Default));
        Assert.Equal(CmpErrorKind.Malformed, error.Kind);
        return error.ErrorId;
    }

    [Fact]
    public void One_announcement_is_one()
    {
        byte[] octets = Herald.Say(Herald.Revocation, Herald.Speaker);
        Assert.Equal(octets, Assert.Single(AnnouncementMessages.Read(octets, CmpLimits.Default)).Encoded.ToArray());
    }

    [Fact]
    public void Those_of_a_batch_keep_their_octets_and_their_order()
    {
        byte[] one = Herald.Say(Herald.Revocation, Herald.Speaker), two = Herald.Say(Herald.Crls, Herald.Issuing), three = Herald.Say(Herald.KeyUpdate, Herald.Root);
        byte[][] expected = [one, two, three];
        Assert.Equal(expected, AnnouncementMessages.Read(Batch(Herald.Speaker, one, two, three), CmpLimits.Default).Select(message => message.Encoded.ToArray()));
        Assert.Equal(expected, AnnouncementMessages.Read(Batch(Herald.Speaker, one, Batch(null, two, three)), CmpLimits.Default).Select(message => message.Encoded.ToArray()));
    }

    [Fact]
    public void Rule64_Batches_are_bounded_in_depth_and_number()
    {
        byte[] one = Herald.Say(Herald.Revocation, Herald.Speaker, extraCerts: []);
        Assert.Equal("CmpAnnouncement.TooMany", Fails(Batch(null, Batch(null, Batch(null, one)))));
        Assert.Equal(AnnouncementMessages.MaxMessages, AnnouncementMessages.Read(Batch(null, [.. Enumerable.Repeat(one, AnnouncementMessages.MaxMessages)]), CmpLimits.Default).Count);
        Assert.Equal("CmpAnnouncement.TooMany", Fails(Batch(null, [.. Enumerable.Repeat(one, AnnouncementMessages.MaxMessages + 1)])));
        byte[] half = Batch(null, [.. Enumerable.Repeat(one, (AnnouncementMessages.MaxMessages / 2) + 1)]);
        Assert.Equal("CmpAnnouncement.TooMany", Fails(Batch(null, half, half)));
        byte[] full = Batch(null, [.. Enumerable.Repeat(one, AnnouncementMessages.MaxMessages)]);
        Assert.Equal("CmpAnnouncement.TooMany", Fails(Batch(null, full, one)));
    }

    [Fact]
    public void Rule63_Another_message_announces_nothing()
    {
        int others = 0;
        foreach (PkiMessage sample in Samples.AllMessages.Where(sample => Announcement.TypeOf(sample.Body) is null && sample.Body is not NestedMessageContent))
        {
            Assert.Equal("CmpAnnouncement.NotOne", Fails(sample.Encoded.ToArray()));
            Assert.Equal("CmpAnnouncement.NotOne", Fails(Batch(null, Herald.Say(Herald.Revocation, Herald.Speaker), sample.Encoded.ToArray())));
            others++;
        }
        Assert.InRange(others, 15, int.MaxValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("0\0")]
    public void Rule64_Garbage_is_no_message(string text) => Assert.Equal("CmpMessage.Malformed", Fails([.. text.Select(c => (byte)c)]));

    [Fact]
    public void Rule56_Octets_behind_it_are_an_error() => Assert.Equal("CmpMessage.Malformed", Fails([.. Herald.Say(Herald.Revocation, Herald.Speaker), 0]));

    [Fact]
    public async Task Each_of_a_batch_is_judged_by_its_own_protection()
    {
        byte[] good = Herald.Say(Herald.Revocation, Herald.Speaker), wrong = Herald.Say(Herald.Revocation, Herald.OtherSpeaker);
        byte[] bare = Herald.Say(Herald.Revocation, MessageProtector.None(null), Herald.Speaker.Certificate.Subject);
        using var client = CmpClient.ByHand(Herald.Settings);
        var judge = new AnnouncementJudge(client, settings: Herald.Timed(null));
        foreach (byte[] batch in new[] { Batch(Herald.Speaker, good, wrong, bare), Batch(null, good, wrong, bare), Batch(Herald.OtherSpeaker, good, wrong, bare) })
        {
            IReadOnlyList<Announcement> announcements = await judge.JudgeAsync(batch, AnnouncementSource.Push);
            Assert.Equal([null, "CmpTrust.SignerNotAuthorized", "CmpProtection.Missing"], announcements.Select(announcement => announcement.Problem?.Id));
        }
    }
}
