using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>
/// The way of announcements into the pipeline, one after the other: each is remembered when whoever reads the pipeline is done with it, so that none is lost to a crash.
/// Where it is enough no more are taken.
/// </summary>
internal sealed class AnnouncementOutput(PipelineWriter writer, AnnouncementMemory memory)
{
    // a timer takes 24 days at the most on .NET Framework
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly TaskCompletionSource<bool> _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _written;

    /// <summary>How many are wanted; <see langword="null"/>: all.</summary>
    internal int? Count { get; init; }

    /// <summary>Whether what was emitted before is left out.</summary>
    internal bool OnlyNew { get; init; }

    /// <summary>Whether what is emitted is remembered here; a listener does that by itself.</summary>
    internal bool Remembers { get; init; }

    /// <summary>What is emitted along this pipeline comes once; <see langword="null"/>: as often as it comes.</summary>
    internal SeenAnnouncements? Emitted { get; init; }

    /// <summary>Whether as many as are wanted have been emitted.</summary>
    internal bool IsFull => _full.Task.IsCompleted;

    /// <summary>Who takes the announcements of a server: he returns when whoever reads the pipeline is done with one, and is cancelled where it is not emitted since it is enough.</summary>
    /// <param name="server">By whose trust they are judged.</param>
    /// <param name="atHand">The certificates that they may be about.</param>
    internal Func<Announcement, CancellationToken, Task> Of(ServerSettings? server, CertificatesAtHand atHand) =>
        (announcement, token) => EmitAsync(announcement, () => CmpAnnouncement.Of(announcement, server, atHand.Find), token);

    /// <summary>Waits until as many as are wanted have been emitted, or the time is up.</summary>
    internal async Task WaitAsync(TimeSpan? time, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan rest = time ?? TimeSpan.MaxValue;
        while (!IsFull && rest > TimeSpan.Zero)
        {
            TimeSpan step = rest < LongestWait ? rest : LongestWait;
            await Task.WhenAny(_full.Task, Task.Delay(step, waiting.Token)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (time is not null)
                rest -= step;
        }
        waiting.Cancel();
    }

    /// <summary>Ends when as many as are wanted have been emitted, and with a token.</summary>
    internal CancellationTokenSource Until(CancellationToken cancellationToken)
    {
        var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = EndAsync();
        return until;

        async Task EndAsync()
        {
            await _full.Task.ConfigureAwait(false);
            try
            {
                until.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // it ended by itself
            }
        }
    }

    private async Task EmitAsync(Announcement announcement, Func<CmpAnnouncement> show, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsFull)
                throw new OperationCanceledException();
            if (Emitted?.HasSaid(announcement) == true)
                return;
            if (OnlyNew && memory.Knows(announcement))
            {
                writer.Verbose($"{announcement.Type} {announcement.Id} was emitted before, and is left out.");
                return;
            }
            await writer.WriteAsync(show()).ConfigureAwait(false);
            Emitted?.Add(announcement);
            if (Remembers)
                Remember(announcement);
            if (++_written == Count)
                _full.TrySetResult(true);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Remember(Announcement announcement)
    {
        try
        {
            memory.Remember(announcement);
        }
        catch (CmpException e)
        {
            writer.Warning($"{announcement.Type} {announcement.Id} is not remembered, and will come as news again: {e.Message}");
        }
    }
}
