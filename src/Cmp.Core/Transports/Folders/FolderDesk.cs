using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// Looks into a folder again and again and has each request answered that it finds there: several at once, those of one transaction in the order in which they were
/// written. What is refused, or failed, is left alone as long as its file does not change.
/// </summary>
internal sealed class FolderDesk
{
    private const int MaxRefused = 4096;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private readonly FolderListenerSettings _settings;
    private readonly IRequestFolder _folder;
    private readonly Func<TransportRequest, CancellationToken, Task<TransportReply>> _handler;
    private readonly Func<string, CancellationToken, Task<TransportReply>>? _collect;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _room;
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTime> _refused = new(StringComparer.Ordinal);
    private readonly Task _looking;

    internal FolderDesk(FolderListenerSettings settings, IRequestFolder folder, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        _settings = settings;
        _folder = folder;
        _handler = handler;
        _collect = collect;
        _room = new SemaphoreSlim(settings.MaxAtOnce);
        _looking = Task.Run(LookAsync);
    }

    /// <summary>Stops looking, and waits until what was under way has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    internal async Task StopAsync()
    {
        _stopping.Cancel();
        await Task.WhenAny(Task.WhenAll([_looking, .. _running.Values]), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

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
                catch (Exception e) when (!_stopping.IsCancellationRequested)
                {
                    // the folder may come back, and whatever else went wrong, others wait for their answers
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
        foreach (RequestFile file in _folder.Unanswered().Where(file => !IsRefused(file)).OrderBy(file => file.Written).ThenBy(file => file.Path, StringComparer.Ordinal).ToList())
        {
            if (_running.ContainsKey(file.Transaction) || Take(file) is not { } request)
                continue;
            found = true;
            await _room.WaitAsync(_stopping.Token).ConfigureAwait(false);
            TaskCompletionSource<bool> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[file.Transaction] = ended.Task;
            _ = Task.Run(async () =>
            {
                try
                {
                    await AnswerAsync(file, request).ConfigureAwait(false);
                }
                finally
                {
                    _running.TryRemove(file.Transaction, out _);
                    ended.SetResult(true);
                }
            });
        }
        return found;
    }

    /// <summary>Reads a request, if it is whole; what can never become one is told once.</summary>
    private TransportRequest? Take(RequestFile file)
    {
        try
        {
            return _folder.Take(file);
        }
        catch (CmpException e)
        {
            Refuse(file);
            _settings.Refused?.Invoke(e);
            return null;
        }
    }

    private async Task AnswerAsync(RequestFile file, TransportRequest request)
    {
        CancellationToken stopping = _stopping.Token;
        bool hasRoom = true;
        try
        {
            TransportReply reply = await _handler(request, stopping).ConfigureAwait(false);
            while (reply is TransportReply.NotYet later)
            {
                if (_collect is null)
                    throw new InvalidOperationException("The answer to '" + file.Stem + "' was put off, and nobody can be asked for it.");
                // others are answered meanwhile
                hasRoom = false;
                _room.Release();
                await UntilAsync(later.NotBefore).ConfigureAwait(false);
                await _room.WaitAsync(stopping).ConfigureAwait(false);
                hasRoom = true;
                reply = await _collect(later.Ticket, stopping).ConfigureAwait(false);
            }
            _folder.Put(file, reply);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // who listens here next finds it unanswered
        }
        catch (Exception e)
        {
            Refuse(file);
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

    private bool IsRefused(RequestFile file)
    {
        lock (_refused)
            return _refused.TryGetValue(file.Path, out DateTime refused) && refused == file.Written;
    }

    private void Refuse(RequestFile file)
    {
        lock (_refused)
        {
            // to forget them all is to look at them once more
            if (_refused.Count == MaxRefused)
                _refused.Clear();
            _refused[file.Path] = file.Written;
        }
    }
}
