using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// CMP by files (RFC 2510 5.1, RFC 9483 6.4.1): each message is a file of a folder, exactly its DER, and its answer is to come as the file of the same name that ends in
/// <c>.response.pki</c>. Who carries the one and brings the other need not be a program, nor careful: an answer counts when it is whole.
/// </summary>
/// <remarks>
/// <para>A message appears under its name at once and whole; until then it is called so that nobody takes it for one. Said again it is the same file. Nothing is removed here:
/// a process that dies over an answer finds it again, a courier who copies and does not move brings nothing back to life, and what was said can be looked up.
/// A courier may remove what he has carried; who gives up takes back what was not answered.</para>
/// <para>Errors: <c>CmpTransport.InvalidUri</c>, <c>.InvalidSetting</c>, <c>.TransactionId</c>, <c>.UnknownTicket</c>; <c>CmpTransport.Timeout</c> where a share does not answer;
/// <c>CmpStore.…</c>: the folder is missing, or may not be written to; <c>CmpFile.NotPlain</c>, <c>CmpFile.Incomplete</c>, <c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>
/// of an answer. What is wrong with an answer ends nothing: another one may take its place.</para>
/// </remarks>
public sealed class FileTransport : ICmpTransport, ICheckedTransport, IRecallingTransport
{
    private readonly FileTransportSettings _settings;
    private readonly string _folder;
    private readonly FolderPatience _patience;
    private readonly FolderWork _work;

    /// <summary>Makes a road through a folder; nobody looks into it yet.</summary>
    /// <param name="settings">Where the folder is.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, <c>CmpTransport.InvalidSetting</c>.</exception>
    public FileTransport(FileTransportSettings settings)
        : this(settings, () => DateTimeOffset.UtcNow)
    {
    }

    /// <summary>For tests: with a clock of their own.</summary>
    internal FileTransport(FileTransportSettings settings, Func<DateTimeOffset> clock)
    {
        settings.Check();
        _settings = settings;
        _folder = FolderAddress.PathOf(settings.Uri);
        _patience = new FolderPatience(settings.ExchangeTimeout, clock);
        _work = new FolderWork(_folder, settings.ExchangeTimeout);
    }

    /// <inheritdoc/>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unwritable</c>; <c>CmpTransport.Timeout</c>.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => _work.InTimeAsync(_ =>
    {
        EnsureFolder();
        AtomicFile.EnsureWritable(Path.Combine(_folder, "test" + MessageFileName.Request), overwrite: true);
        return true;
    }, cancellationToken);

    /// <summary>Writes one message. Its answer comes later, by a ticket, however soon.</summary>
    /// <param name="request">The message; its identifiers are what its file is called by.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns><see cref="TransportReply.NotYet"/>; <see cref="TransportReply.Nothing"/> where no answer is due.</returns>
    /// <exception cref="CmpException">Nothing was written: see the remarks of <see cref="FileTransport"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        string stem = MessageFileName.StemOf(request);
        await _work.InTimeAsync(token => Write(stem, request, token), cancellationToken).ConfigureAwait(false);
        return request.IsAnswerDue ? NotYet(stem, "") : new TransportReply.Nothing();
    }

    /// <summary>Looks for an answer.</summary>
    /// <param name="ticket">The name that the message and its answer begin with.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>The answer, when it is whole; else the same ticket.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.UnknownTicket</c>: no file of this road is called so; of the answer see the remarks of <see cref="FileTransport"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        EnsureOurs(ticket);
        return await _work.InTimeAsync(_ => Look(ticket), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<bool> RecallAsync(string ticket, CancellationToken cancellationToken)
    {
        EnsureOurs(ticket);
        return await _work.InTimeAsync(_ => Remove(ticket), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>There is nothing to let go of: no file stays open.</summary>
    public void Dispose()
    {
    }

    private static void EnsureOurs(string ticket)
    {
        if (!MessageFileName.IsStem(ticket))
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "No answer in a folder is called '" + PeerText.Escape(ticket, 200) + "'.");
    }

    private bool Write(string stem, TransportRequest request, CancellationToken cancellationToken)
    {
        EnsureFolder();
        // said again, and answered meanwhile: to whom it is carried a second time that could be a request in use
        if (IsAnswered(stem))
            return false;
        string path = PathOf(stem, MessageFileName.Request);
        AtomicFile.Sweep(path);
        using AtomicFile file = AtomicFile.Stage(path, request.Octets.ToArray(), isSecret: false);
        cancellationToken.ThrowIfCancellationRequested();
        file.Commit(overwrite: true);
        return true;
    }

    private bool Remove(string stem)
    {
        EnsureFolder();
        string path = PathOf(stem, MessageFileName.Request);
        // what was answered stays, with its answer
        if (!File.Exists(path) || IsAnswered(stem))
            return false;
        try
        {
            File.Delete(path);
            _patience.Forget(stem);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }

    private bool IsAnswered(string stem) => File.Exists(PathOf(stem, MessageFileName.Response)) || File.Exists(PathOf(stem, MessageFileName.Nothing));

    private TransportReply Look(string stem)
    {
        MessageFile answer = MessageFile.Read(PathOf(stem, MessageFileName.Response), _settings.MaxResponseBytes);
        if (answer.Message is { } message)
        {
            _patience.Forget(stem);
            return new TransportReply.Octets(message);
        }
        if (!answer.IsThere)
        {
            if (File.Exists(PathOf(stem, MessageFileName.Nothing)))
                return new TransportReply.Nothing();
            EnsureFolder();
            return NotYet(stem, "");
        }
        if (_patience.HasStoodStill(stem, answer.Have, answer.Written))
        {
            throw new CmpException(CmpErrorKind.Timeout, "CmpFile.Incomplete", "The file '" + Shown(stem) + "' is no answer: " + answer.State + ", and nobody goes on with it.")
            {
                RecommendedAction = "Bring the answer once more, whole and readable.",
            };
        }
        return NotYet(stem, ", but " + answer.State);
    }

    private TransportReply.NotYet NotYet(string stem, string state) => new(stem, _patience.Next(stem))
    {
        Reason = "the answer is to come as '" + Shown(stem) + "'" + state,
    };

    private void EnsureFolder()
    {
        if (!Directory.Exists(_folder))
            throw FileErrors.NoFolder(_folder);
    }

    private string PathOf(string stem, string ending) => Path.Combine(_folder, stem + ending);

    private string Shown(string stem) => PeerText.Escape(PathOf(stem, MessageFileName.Response));
}
