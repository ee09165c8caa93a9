using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Announcements;

/// <summary>The questions of a poll that are asked one by one, by general messages or HTTP GET, under one deadline.</summary>
/// <param name="client">The server.</param>
/// <param name="judge">Judges what comes.</param>
/// <param name="question">What is asked.</param>
/// <param name="options">Who hears of it.</param>
/// <param name="deadline">Until when.</param>
internal sealed class PollingRound(CmpClient client, AnnouncementJudge judge, AnnouncementQuestion question, RequestOptions options, Deadline deadline)
{
    private readonly AnnouncementArguments _arguments = new(question, client.Settings);

    /// <summary>The certificates that the CA gave, where it was asked for them.</summary>
    private IReadOnlyList<Certificate>? _brought;

    /// <summary>What leads from new roots to old ones, proven: the CA may issue under the new one already.</summary>
    private readonly List<Certificate> _links = [];

    /// <summary>What is to be asked, each with its type; asked when it is called.</summary>
    /// <exception cref="CmpException">As <see cref="AnnouncementQuestion.Check"/>.</exception>
    internal IEnumerable<(AnnouncementType Type, Func<CancellationToken, Task<IReadOnlyList<Announcement>>> Ask)> Questions()
    {
        if (question.PollBy == PollingWay.HttpGet)
            return [.. _arguments.Targets(client.Now).Select(one => (one.Type, Ask(token => GetAsync(one.Type, one.Target, token))))];
        return [.. question.AskedTypes.Distinct().SelectMany(type => General(type).Select(ask => (type, Ask(ask))))];
    }

    private string? From => client.Settings.Uri?.OriginalString;

    private IReadOnlyList<Certificate> Candidates => [.. _brought ?? [], .. _links];

    private RequestOptions Rest => options with { Timeout = deadline.End - client.Now, TransactionId = null };

    private Func<CancellationToken, Task<IReadOnlyList<Announcement>>> Ask(Func<CancellationToken, Task<IReadOnlyList<Announcement>>> ask) =>
        token => client.Now < deadline.End ? ask(token) : throw deadline.Error();

    private IEnumerable<Func<CancellationToken, Task<IReadOnlyList<Announcement>>>> General(AnnouncementType type) => type switch
    {
        AnnouncementType.CaKeyUpdate => Roots().Select(root => new Func<CancellationToken, Task<IReadOnlyList<Announcement>>>(token => AskRootUpdateAsync(root, token))),
        AnnouncementType.Crl => [AskCrlsAsync],
        _ => [AskCACertificatesAsync],
    };

    /// <summary>The roots whose next key is asked for; where none is known the server may know which one is meant.</summary>
    private IEnumerable<Certificate?> Roots()
    {
        if (_arguments.OldRoots.Count == 0)
            yield return null;
        foreach (Certificate root in _arguments.OldRoots)
        {
            if (_arguments.HasEnded(root, client.Now))
                options.Trace?.Note($"The root {root} ended at {root.NotAfter:u} and vouches for none: it is not asked about.");
            else
                yield return root;
        }
    }

    private async Task<IReadOnlyList<Announcement>> AskRootUpdateAsync(Certificate? root, CancellationToken cancellationToken)
    {
        (CaKeyUpdContent? content, GeneralTransaction answer) = await client.AskRootUpdateAsync(root, Rest, cancellationToken).ConfigureAwait(false);
        // rule 47: an absent value means no update; so does the root that was asked about
        if (content is null || (root is not null && content.NewWithNew.IsSameAs(root)))
            return Nothing(AnnouncementType.CaKeyUpdate);
        Announcement announcement = await judge.JudgeAnswerAsync(content, From, answer, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (announcement.RootUpdate is { } update)
            _links.Add(update.NewWithOld);
        return [announcement];
    }

    private async Task<IReadOnlyList<Announcement>> AskCrlsAsync(CancellationToken cancellationToken)
    {
        var request = new CrlRequest { Certificate = question.Certificate };
        (IReadOnlyList<CertificateList> crls, GeneralTransaction answer) = await client.AskCrlsAsync(request.Status(), Rest, cancellationToken).ConfigureAwait(false);
        if (crls.Count == 0)
            return Nothing(AnnouncementType.Crl);
        var content = new CrlAnnContent(crls);
        Announcement announcement = await judge.JudgeAnswerAsync(content, From, answer, Candidates, cancellationToken).ConfigureAwait(false);
        if (_brought is not null || announcement.Crls.All(crl => crl.Verified))
            return [announcement];
        try
        {
            // the certificate of a CRL's issuer may be among those that the CA gives: it counts only where it leads to a trust anchor
            _brought = await client.GetCACertificatesAsync(Rest, cancellationToken).ConfigureAwait(false);
        }
        catch (CmpException e)
        {
            options.Trace?.Note($"The server was asked in vain for the certificate of the CRL's issuer: {e.Message}");
            return [announcement];
        }
        return [await judge.JudgeAnswerAsync(content, From, answer, Candidates, cancellationToken).ConfigureAwait(false)];
    }

    private async Task<IReadOnlyList<Announcement>> AskCACertificatesAsync(CancellationToken cancellationToken)
    {
        (_brought, GeneralTransaction answer) = await client.AskCACertificatesAsync(Rest, cancellationToken).ConfigureAwait(false);
        var announcements = new List<Announcement>();
        foreach (Certificate certificate in _brought)
            announcements.Add(await judge.JudgeAnswerAsync(new CertAnnContent(certificate), From, answer, Candidates, cancellationToken).ConfigureAwait(false));
        return announcements.Count > 0 ? announcements : Nothing(AnnouncementType.Certificate);
    }

    private async Task<IReadOnlyList<Announcement>> GetAsync(AnnouncementType type, AnnouncementTarget target, CancellationToken cancellationToken)
    {
        if (await client.GetAnnouncementAsync(target, deadline, options, cancellationToken).ConfigureAwait(false) is not { } reply)
            return Nothing(type);
        // rule 55: a message counts, whatever the status; of what is none the status is the error
        if (reply.StatusError is { } status)
        {
            if (judge.WhyNone(reply.Value) is not null)
                throw status;
            options.Trace?.Warning($"The server sent an announcement as an error of its transport ({status.ErrorId}).");
        }
        IReadOnlyList<Announcement> announcements = await judge.JudgeAsync(reply.Value, AnnouncementSource.HttpGet, From, cancellationToken).ConfigureAwait(false);
        return announcements.FirstOrDefault(announcement => announcement.Type != type || !IsAboutOurs(announcement)) is { } other
            ? throw new CmpException(CmpErrorKind.Protocol, "CmpAnnouncement.NotAsked", $"Asked for a {type}, the server announces {(other.Type == type ? "that of another certificate" : $"a {other.Type}")}.") { Octets = reply.Value }
            : announcements;
    }

    /// <summary>Whether a revocation is that of the certificate that was named.</summary>
    private bool IsAboutOurs(Announcement announcement) =>
        announcement.Content is not RevAnnContent { CertId: var id } || question.Certificate is not { } certificate
        || (id.SerialNumber.Span.SequenceEqual(certificate.SerialNumber.Span) && id.Issuer.DirectoryName is { } issuer && issuer.IsSameAs(certificate.Issuer));

    private IReadOnlyList<Announcement> Nothing(AnnouncementType type)
    {
        options.Trace?.Note($"{client.Settings} announces no {type} that was asked for.");
        return [];
    }
}
