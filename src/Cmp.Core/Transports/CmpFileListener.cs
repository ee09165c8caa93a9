using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// The other end of <see cref="FileTransport"/>: it looks into a folder for files whose names end in <c>.request.pki</c> and puts each answer beside its request, whole and at once, by
/// the same name ending in <c>.response.pki</c>, or, where there is no message to answer by, an empty file that ends in <c>.nothing</c>.
/// </summary>
/// <remarks>
/// Requests are taken in the order in which they were written, those of one transaction one after the other. What has an answer is done, also for the process that comes after this
/// one. A request is taken whatever the rest of its name is; nothing of the name reaches a path but as it was found there.
/// </remarks>
public sealed class CmpFileListener : ICmpListener
{
    private const int MaxRefused = 4096;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private readonly FileListenerSettings _settings;
    private readonly string _folder;
    private readonly Func<TransportRequest, CancellationToken, Task<TransportReply>> _handler;
    private readonly Func<string, CancellationToken, Task<TransportReply>>? _collect;
    private readonly FolderPatience _patience;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTime> _refused = new(StringComparer.Ordinal);
    private readonly Task _looking;

    private CmpFileListener(FileListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        _settings = settings;
        _folder = settings.Folder;
        _handler = handler;
        _collect = collect;
        _patience = new FolderPatience(settings.RequestTimeout, () => DateTimeOffset.UtcNow);
        _room = new SemaphoreSlim(settings.MaxAtOnce);
        Uri = FolderAddress.Of(_folder);
        _looking = Task.Run(LookAsync);
    }

    /// <summary>The folder, as an address.</summary>
    public Uri Uri { get; }

    /// <summary>Begins to look into a folder.</summary>
    /// <param name="settings">Which, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it. Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the tickets of answers that were not ready, when their time has come; without it an answer is ready or not given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the folder is missing, or may not be written to; <c>CmpTransport.InvalidSetting</c>.</exception>
    public static CmpFileListener Start(FileListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        if (settings.MaxRequestBytes <= 0 || settings.MaxFiles <= 0 || settings.MaxAtOnce <= 0 || settings.Pause <= TimeSpan.Zero || settings.RequestTimeout <= TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "Times, sizes and counts of a listener must be positive.");
        try
        {
            settings = settings with { Folder = Path.GetFullPath(settings.Folder) };
            if (!Directory.Exists(settings.Folder))
                throw FileErrors.NoFolder(settings.Folder);
            AtomicFile.EnsureWritable(Path.Combine(settings.Folder, "test" + MessageFileName.Response), overwrite: true);
        }
        catch (Exception e) when (e is CmpException or ArgumentException or IOException or NotSupportedException)
        {
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed", "Cannot listen in '" + PeerText.Escape(settings.Folder) + "': " + e.Message, e)
            {
                RecommendedAction = "Name a folder that is there and may be written to.",
            };
        }
        return new CmpFileListener(settings, handler, collect);
    }

    /// <summary>Stops looking, and waits until what was under way has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public async Task StopAsync()
    {
        _stopping.Cancel();
        await Task.WhenAny(Task.WhenAll([_looking, .. _running.Values]), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif

    private async Task LookAsync()
    {
        TimeSpan pause = ShortestPause;
        try
        {
            while (true)
            {
                bool found = false;
                try
                {
                    found = await RoundAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // the folder may come back
                    _settings.HandlerFailed?.Invoke(e);
                }
                pause = found ? ShortestPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, _settings.Pause.Ticks));
                await Task.Delay(pause, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // it was stopped
        }
    }

    /// <summary>Looks through the folder once.</summary>
    /// <returns>Whether there was anything new.</returns>
    private async Task<bool> RoundAsync()
    {
        bool found = false;
        foreach (string name in Unanswered())
        {
            string stem = StemOf(name, MessageFileName.Request)!;
            string? transactionId = MessageFileName.TransactionIdIn(stem);
            string transaction = transactionId ?? stem;
            if (_running.ContainsKey(transaction) || Take(name) is not { } octets)
                continue;
            found = true;
            await _room.WaitAsync(_stopping.Token).ConfigureAwait(false);
            TaskCompletionSource<bool> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[transaction] = ended.Task;
            TransportRequest request = new(octets, CmpOperation.General, First: false, Last: false) { TransactionId = transactionId };
            _ = Task.Run(async () =>
            {
                try
                {
                    await AnswerAsync(name, stem, request).ConfigureAwait(false);
                }
                finally
                {
                    _running.TryRemove(transaction, out _);
                    ended.SetResult(true);
                }
            });
        }
        return found;
    }

    /// <summary>The names of requests that have no answer, the oldest first.</summary>
    private List<string> Unanswered()
    {
        List<string> requests = [];
        HashSet<string> answered = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in Directory.EnumerateFiles(_folder).Take(_settings.MaxFiles))
        {
            string name = Path.GetFileName(path);
            // what begins with a dot is still being written
            if (name[0] == '.')
                continue;
            if (StemOf(name, MessageFileName.Request) is not null)
                requests.Add(name);
            else if ((StemOf(name, MessageFileName.Response) ?? StemOf(name, MessageFileName.Nothing)) is { } stem)
                answered.Add(stem);
        }
        return requests
            .Where(name => !answered.Contains(StemOf(name, MessageFileName.Request)!))
            .Select(name => (Name: name, Written: WrittenAt(name)))
            .Where(request => !IsRefused(request.Name, request.Written))
            .OrderBy(request => request.Written).ThenBy(request => request.Name, StringComparer.Ordinal)
            .Select(request => request.Name)
            .ToList();
    }

    /// <summary>Reads a request, if it is whole; what can never become one is told once.</summary>
    private ReadOnlyMemory<byte>? Take(string name)
    {
        try
        {
            string path = Path.Combine(_folder, name);
            MessageFile file = MessageFile.Read(path, _settings.MaxRequestBytes);
            if (file.Message is null && file.IsThere && _patience.HasStoodStill(name, file.Have, file.Written))
                throw new CmpException(CmpErrorKind.Timeout, "CmpFile.Incomplete", "The file '" + PeerText.Escape(path) + "' is no request: " + file.State + ", and nobody goes on with it.");
            if (file.Message is not null)
                _patience.Forget(name);
            return file.Message;
        }
        catch (CmpException e)
        {
            Refuse(name);
            _settings.Refused?.Invoke(e);
            return null;
        }
    }

    private async Task AnswerAsync(string name, string stem, TransportRequest request)
    {
        CancellationToken stopping = _stopping.Token;
        bool hasRoom = true;
        try
        {
            TransportReply reply = await _handler(request, stopping).ConfigureAwait(false);
            while (reply is TransportReply.NotYet later)
            {
                if (_collect is null)
                    throw new InvalidOperationException("The answer to '" + stem + "' was put off, and nobody can be asked for it.");
                // others are answered meanwhile
                hasRoom = false;
                _room.Release();
                await UntilAsync(later.NotBefore).ConfigureAwait(false);
                await _room.WaitAsync(stopping).ConfigureAwait(false);
                hasRoom = true;
                reply = await _collect(later.Ticket, stopping).ConfigureAwait(false);
            }
            Put(stem, reply);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // who listens here next finds it unanswered
        }
        catch (Exception e)
        {
            Refuse(name);
            _settings.HandlerFailed?.Invoke(e);
        }
        finally
        {
            if (hasRoom)
                _room.Release();
        }
    }

    private async Task UntilAsync(DateTimeOffset time)
    {
        TimeSpan longest = TimeSpan.FromHours(1);
        for (TimeSpan rest = time - DateTimeOffset.UtcNow; rest > TimeSpan.Zero; rest = time - DateTimeOffset.UtcNow)
            await Task.Delay(rest < longest ? rest : longest, _stopping.Token).ConfigureAwait(false);
    }

    private void Put(string stem, TransportReply reply)
    {
        try
        {
            if (reply is TransportReply.Octets octets)
                AtomicFile.Write(Path.Combine(_folder, stem + MessageFileName.Response), octets.Value.ToArray(), isSecret: false, overwrite: false);
            else
                AtomicFile.Write(Path.Combine(_folder, stem + MessageFileName.Nothing), [], isSecret: false, overwrite: false);
        }
        catch (CmpException e) when (e.ErrorId == "CmpStore.Exists")
        {
            // somebody else answered, and the client may have read it
        }
    }

    private bool IsRefused(string name, DateTime written)
    {
        lock (_refused)
            return _refused.TryGetValue(name, out DateTime refused) && refused == written;
    }

    private void Refuse(string name)
    {
        DateTime written = WrittenAt(name);
        lock (_refused)
        {
            // to forget them all is to look at them once more
            if (_refused.Count == MaxRefused)
                _refused.Clear();
            _refused[name] = written;
        }
    }

    private DateTime WrittenAt(string name) => File.GetLastWriteTimeUtc(Path.Combine(_folder, name));

    private static string? StemOf(string name, string ending) =>
        name.Length > ending.Length && name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ? name.Substring(0, name.Length - ending.Length) : null;
}
