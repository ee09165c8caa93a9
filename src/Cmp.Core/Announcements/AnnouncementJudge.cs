using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Transactions;

namespace Cmp.Announcements;

/// <summary>
/// Says whether what a CA says unasked is to be believed, and why: who says it, when it was said, and what is said (rules 65 and 73 to 75). Nothing becomes
/// trusted, stored or revoked by that. Safe for several at once.
/// </summary>
/// <param name="client">The server whose announcements they are: whom it trusts, its credential, its CRLs. One without a road will do (<see cref="CmpClient.ByHand"/>).</param>
/// <param name="memory">What was believed before; <see langword="null"/>: nothing is known of it.</param>
/// <param name="settings">How it is judged, where it is not as by default.</param>
/// <exception cref="CmpException"><c>CmpArgument.MaxAge</c>, <c>CmpArgument.MaxAhead</c>: a time that is negative.</exception>
public sealed class AnnouncementJudge(CmpClient client, AnnouncementMemory? memory = null, JudgeSettings? settings = null)
{
    private readonly JudgeSettings _settings = (settings ?? new JudgeSettings()).Checked();

    /// <summary>Judges the announcements of a message: itself, or those that it carries (<see cref="AnnouncementMessages.Read"/>).</summary>
    /// <param name="octets">Exactly one message.</param>
    /// <param name="source">How it came.</param>
    /// <param name="from">Where it came from; it is escaped here.</param>
    /// <param name="cancellationToken">Ends it: CRLs may be fetched (<c>-RevocationMode Online</c>).</param>
    /// <returns>One for each, in their order. What speaks against one is among its reasons.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpMessage.Malformed</c>, <c>CmpAnnouncement.NotOne</c>, <c>CmpAnnouncement.TooMany</c>: the octets are no announcement;
    /// <c>CmpState.…</c>, <c>CmpStore.…</c>: what was believed before cannot be read; <c>CmpKey.…</c>, <c>CmpArgument.…</c>: our own credential cannot be opened.
    /// </exception>
    public async Task<IReadOnlyList<Announcement>> JudgeAsync(ReadOnlyMemory<byte> octets, AnnouncementSource source, string? from = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<PkiMessage> messages = AnnouncementMessages.Read(octets, _settings.Limits);
        AcceptedBefore before = memory?.Before() ?? new AcceptedBefore();
        var announcements = new List<Announcement>();
        foreach (PkiMessage message in messages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var given = new JudgedContent(message.Body, source, from) { Client = client, Settings = _settings, Before = before, Message = message };
            announcements.Add(await Judgement.Of(given).RunAsync(cancellationToken).ConfigureAwait(false));
        }
        return announcements;
    }

    /// <summary>Why octets are no announcement, as <see cref="JudgeAsync"/> would say; <see langword="null"/> where they are one, or several.</summary>
    internal CmpException? WhyNone(ReadOnlyMemory<byte> octets)
    {
        try
        {
            _ = AnnouncementMessages.Read(octets, _settings.Limits);
            return null;
        }
        catch (CmpException e)
        {
            return e;
        }
    }

    /// <summary>Judges what a general message brought in place of an announcement. It answers our nonce, so no time is asked for; CRLs must grow all the same.</summary>
    /// <param name="content">What it says, as an announcement would: <see cref="CaKeyUpdContent"/>, <see cref="CertAnnContent"/> or <see cref="CrlAnnContent"/>.</param>
    /// <param name="from">The address of the server; it is escaped here.</param>
    /// <param name="answer">The transaction that took the answer.</param>
    /// <param name="brought">Certificates that the server gave besides, as candidates for paths; none by default.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was found. What speaks against it is among its reasons.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    public Task<Announcement> JudgeAnswerAsync(PkiBody content, string? from, GeneralTransaction answer, IReadOnlyList<Certificate>? brought = null, CancellationToken cancellationToken = default) =>
        Judgement.Of(new JudgedContent(content, AnnouncementSource.GeneralMessage, from)
        {
            Client = client,
            Settings = _settings,
            Before = memory?.Before() ?? new AcceptedBefore(),
            Answer = answer,
            Brought = brought ?? [],
        }).RunAsync(cancellationToken);
}
