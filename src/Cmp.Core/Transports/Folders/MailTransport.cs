using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// CMP by mail (RFC 2510 5.3, RFC 9483 6.4.2), through a folder that any mailer shares with us: each message is written as a mail for it to send, and its answer is looked
/// for among those that it received. A good answer may come days later, and to another process.
/// </summary>
/// <remarks>
/// <para>The answer is the mail that names our message: by its Message-ID in In-Reply-To or References, else by the same token in the Subject. That says where to look
/// and vouches for nothing: who is believed follows from the message in it. Of other mails only the header is read; none is ever moved or deleted.</para>
/// <para>Errors: <c>CmpTransport.InvalidUri</c>, <c>.InvalidSetting</c>, <c>.TransactionId</c>, <c>.UnknownTicket</c>; <c>CmpTransport.Timeout</c> where a share does not answer;
/// <c>CmpStore.…</c>: the folder is missing, or may not be read or written to; of an answer <c>CmpMail.Bounced</c>, <c>CmpMail.NoMessage</c>, <c>CmpMail.TwoAnswers</c>,
/// <c>CmpMail.Incomplete</c>, and what <see cref="MailReader.Read"/> says. What is wrong with an answer ends nothing: a good one counts, whatever else came.</para>
/// </remarks>
public sealed class MailTransport : ICmpTransport, ICheckedTransport, IRecallingTransport
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly MailTransportSettings _settings;
    private readonly Func<DateTimeOffset> _clock;
    private readonly MailTarget _target;
    private readonly MailBox _outbox;
    private readonly MailBox _inbox;
    private readonly MailInbox _answers;
    private readonly FolderPatience _patience;
    private readonly FolderWork _work;
    private DateTimeOffset? _looked;

    /// <summary>Makes a road through a folder; nobody looks into it yet.</summary>
    /// <param name="settings">Whom to write to, and by which folder.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, <c>CmpTransport.InvalidSetting</c>.</exception>
    public MailTransport(MailTransportSettings settings)
        : this(settings, () => DateTimeOffset.UtcNow)
    {
    }

    /// <summary>For tests: with a clock of their own.</summary>
    internal MailTransport(MailTransportSettings settings, Func<DateTimeOffset> clock)
    {
        settings.Check();
        _settings = settings;
        _clock = clock;
        _target = new MailTarget(settings.Uri);
        _outbox = MailBox.OutboxOf(settings.Folder);
        _inbox = MailBox.InboxOf(settings.Folder);
        _answers = new MailInbox(_inbox);
        _patience = new FolderPatience(settings.ExchangeTimeout, clock);
        _work = new FolderWork(settings.Folder, settings.ExchangeTimeout);
    }

    /// <inheritdoc/>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unwritable</c>; <c>CmpTransport.Timeout</c>.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => _work.InTimeAsync(_ =>
    {
        EnsureFolder();
        _outbox.EnsureWritable();
        // so that there is a place to deliver to
        _inbox.EnsureThere();
        return true;
    }, cancellationToken);

    /// <summary>Writes one message. Its answer comes later, by a ticket, however soon.</summary>
    /// <param name="request">The message; its identifiers are what its mail is called by.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns><see cref="TransportReply.NotYet"/>; <see cref="TransportReply.Nothing"/> where no answer is due.</returns>
    /// <exception cref="CmpException">Nothing was written: see the remarks of <see cref="MailTransport"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        string stem = MessageFileName.StemOf(request);
        return _work.InTimeAsync<TransportReply>(token =>
        {
            Write(stem, request, token);
            return request.IsAnswerDue ? NotYet(stem, null) : new TransportReply.Nothing();
        }, cancellationToken);
    }

    /// <summary>Looks for an answer.</summary>
    /// <param name="ticket">What our message is called.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>The answer, when it is there; else the same ticket.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.UnknownTicket</c>: no mail of this road is called so; of the answer see the remarks of <see cref="MailTransport"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        EnsureOurs(ticket);
        return await _work.InTimeAsync(token => Collect(ticket, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> RecallAsync(string ticket, CancellationToken cancellationToken)
    {
        EnsureOurs(ticket);
        return await _work.InTimeAsync(_ =>
        {
            EnsureFolder();
            return _outbox.Remove(MailToken.Of(ticket));
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>There is nothing to let go of: no file stays open.</summary>
    public void Dispose()
    {
    }

    private static void EnsureOurs(string ticket)
    {
        if (!MessageFileName.IsStem(ticket))
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "No mail of ours is called '" + PeerText.Escape(ticket, 200) + "'.");
    }

    private void Write(string stem, TransportRequest request, CancellationToken cancellationToken)
    {
        EnsureFolder();
        _outbox.EnsureThere();
        _inbox.EnsureThere();
        string name = MailToken.Of(stem);
        // said again: as long as the mail lies there, or once it is answered, a second one would only make a second answer
        if (_outbox.Find(name) is not null || AnswersTo(stem, cancellationToken).Count > 0)
            return;
        var mail = new MailMessage
        {
            From = _target.Sender,
            To = _target.Recipient,
            Subject = $"{_target.Subject} [{name}]",
            Date = _clock(),
            MessageId = MailMessage.MessageIdOf(name, _target.Sender),
            FileName = name + ".pki",
            Octets = request.Octets,
        };
        cancellationToken.ThrowIfCancellationRequested();
        _outbox.Put(name, mail.Write());
    }

    private IReadOnlyList<FileInfo> AnswersTo(string stem, CancellationToken cancellationToken)
    {
        lock (_answers)
        {
            DateTimeOffset now = _clock();
            // transactions that wait at once share a look
            if (_looked is not { } looked || now < looked || now - looked >= LookAgain)
            {
                _answers.Look(cancellationToken);
                _looked = now;
            }
            return _answers.AnswersTo(stem);
        }
    }

    private TransportReply Collect(string stem, CancellationToken cancellationToken)
    {
        EnsureFolder();
        (string Path, MailContent.Message Message)? taken = null;
        string? second = null;
        CmpException? error = null;
        string? note = null;
        foreach (FileInfo file in AnswersTo(stem, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string path = file.FullName;
            try
            {
                switch (Read(path))
                {
                    case MailContent.Message message:
                        _patience.Forget(path);
                        taken ??= (path, message);
                        // delivered twice is fine
                        if (!message.Octets.Span.SequenceEqual(taken.Value.Message.Octets.Span))
                            second = path;
                        break;
                    case MailContent.Bounce bounce:
                        error ??= Refused(path, CmpErrorKind.Transport, "CmpMail.Bounced", $"Our mail to {_target.Recipient} did not arrive: {bounce.Text}", "Correct what is wrong, and send it again.");
                        break;
                    case MailContent.Words { IsAutomatic: true } words:
                        note = $"a program answered: {words.Text}";
                        break;
                    case MailContent.Words words:
                        error ??= Refused(path, CmpErrorKind.Protocol, "CmpMail.NoMessage", $"Our mail to {_target.Recipient} was answered without a CMP message: {words.Text}", "Do what it asks for.");
                        break;
                    case MailContent.Unfinished when _patience.HasStoodStill(path, file.Length, file.LastWriteTimeUtc):
                        error ??= Refused(path, CmpErrorKind.Timeout, "CmpMail.Incomplete", "The answer to our mail ends in the middle, and nobody goes on with it.", "Have it delivered once more, whole.");
                        break;
                    default:
                        note = $"'{PeerText.Escape(path)}' is not whole yet";
                        break;
                }
            }
            catch (CmpException e)
            {
                error ??= Refused(path, e.Kind, e.ErrorId, $"The answer to our mail cannot be taken. {e.Message}", e.RecommendedAction ?? "Have it sent again.", e);
            }
            // answered twice is not fine, for nobody could say which one counts; however many more there are, they are not read
            if (second is not null)
                throw Refused(second, CmpErrorKind.Protocol, "CmpMail.TwoAnswers", $"Our mail has two answers, and they differ. One is '{PeerText.Escape(taken!.Value.Path)}'.", "Find out which one is the server's.");
        }
        if (taken is not var (_, answer))
            return error is null ? NotYet(stem, note) : throw error;
        _patience.Forget(stem);
        return new TransportReply.Octets(answer.Octets) { Warning = answer.Warning };
    }

    private MailContent Read(string path) => MailBox.Read(path, MailReader.MaxMailBytes(_settings.MaxResponseBytes) + 1) is { } octets
        ? MailReader.Read(octets, _settings.MaxResponseBytes, _settings.Lenient)
        : new MailContent.Unfinished();

    private TransportReply.NotYet NotYet(string stem, string? note)
    {
        bool hasMore;
        lock (_answers)
        {
            hasMore = _answers.HasMore;
            note ??= _answers.Unreadable is { } unreadable ? $"'{PeerText.Escape(unreadable)}' cannot be read" : null;
        }
        string reason = _outbox.Find(MailToken.Of(stem)) is { } unsent ? $"'{PeerText.Escape(unsent)}' is to be sent" : $"the answer is to come as a mail in '{PeerText.Escape(_inbox.Path)}'";
        return new TransportReply.NotYet(stem, hasMore ? _clock() + LookAgain : _patience.Next(stem)) { Reason = note is null ? reason : $"{reason}; {note}" };
    }

    private void EnsureFolder()
    {
        if (!Directory.Exists(_settings.Folder))
            throw FileErrors.NoFolder(_settings.Folder);
    }

    private static CmpException Refused(string path, CmpErrorKind kind, string errorId, string message, string action, CmpException? cause = null) =>
        new(kind, errorId, $"{message} The mail is '{PeerText.Escape(path)}'.", cause)
        {
            RecommendedAction = $"{action} To go on waiting for another answer, move the mail out of the inbox.",
            Octets = cause?.Octets ?? default,
        };
}
