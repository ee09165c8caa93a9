using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp.Announcements;

/// <summary>Reads the announcements of a message: itself, or those that it carries in a batch.</summary>
/// <remarks>
/// RFC 9810 5.1.3.5: whoever forwards messages nests them in one of its own, several at once too. Its protection says who forwarded them, and that they did not
/// change on the way, not whose word they are: so each is judged by its own, and one without is nobody's word whatever is around it.
/// </remarks>
public static class AnnouncementMessages
{
    /// <summary>Announcements of one batch; a CA that has more to say says it in several.</summary>
    public const int MaxMessages = 100;

    /// <summary>Messages around an announcement: who batches, and who protects the batch once more.</summary>
    public const int MaxNesting = 2;

    /// <summary>Reads them, over the octets that came.</summary>
    /// <param name="octets">Exactly one message.</param>
    /// <param name="limits">The bounds of what is decoded.</param>
    /// <returns>The announcements in their order, each with its own octets and protection; at least one.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpMessage.Malformed</c>: the octets are no message; <c>CmpAnnouncement.NotOne</c>: it is one of another kind, or carries one;
    /// <c>CmpAnnouncement.TooMany</c>: it carries more, or deeper, than is looked at.
    /// </exception>
    public static IReadOnlyList<PkiMessage> Read(ReadOnlyMemory<byte> octets, CmpLimits limits)
    {
        var found = new List<PkiMessage>();
        Add(PkiMessage.Decode(octets, new DecodeOptions(limits)), 0, found);
        return found;
    }

    private static void Add(PkiMessage message, int nesting, List<PkiMessage> found)
    {
        if (message.Body is NestedMessageContent nested)
        {
            if (nesting == MaxNesting)
                throw TooMany(message);
            foreach (PkiMessage inner in nested.Messages)
                Add(inner, nesting + 1, found);
            return;
        }
        if (Announcement.TypeOf(message.Body) is null)
            throw new CmpException(CmpErrorKind.Malformed, "CmpAnnouncement.NotOne", $"A {PkiBodyTypeNames.Of(message.Body.Type)} announces nothing.") { Octets = message.Encoded };
        if (found.Count == MaxMessages)
            throw TooMany(message);
        found.Add(message);
    }

    private static CmpException TooMany(PkiMessage message) =>
        new(CmpErrorKind.Malformed, "CmpAnnouncement.TooMany", $"No more than {MaxMessages} announcements in {MaxNesting} messages around each other are looked at.") { Octets = message.Encoded };
}
