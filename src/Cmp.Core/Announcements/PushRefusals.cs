using System;
using System.Net;
using System.Threading;

namespace Cmp.Announcements;

/// <summary>Tells of refused pushes, so many a minute and no more: what is told of each one would otherwise be a flood of its own. What is not told of is counted.</summary>
/// <param name="hear">Hears of them; <see langword="null"/>: nobody.</param>
/// <param name="rate">How many.</param>
internal sealed class PushRefusals(Action<PushRefusal>? hear, MinuteRate rate)
{
    private readonly object _gate = new();
    private PushRefusal? _last;
    private int _untold;

    /// <summary>A push was refused.</summary>
    /// <param name="status">How it was answered.</param>
    /// <param name="reason">Why, escaped.</param>
    /// <param name="from">Where it came from.</param>
    public void Add(int? status, string reason, IPEndPoint? from)
    {
        if (hear is null)
            return;
        var refusal = new PushRefusal(status, reason, from?.ToString());
        lock (_gate)
        {
            if (!rate.TryTake(out _))
            {
                _last = refusal;
                _untold++;
                return;
            }
            refusal = refusal with { Others = _untold };
            _untold = 0;
        }
        Tell(refusal);
    }

    /// <summary>Nothing more comes: tells of what was not told of.</summary>
    public void End()
    {
        PushRefusal refusal;
        lock (_gate)
        {
            if (_untold == 0)
                return;
            refusal = _last! with { Others = _untold - 1 };
            _untold = 0;
        }
        Tell(refusal);
    }

    private void Tell(PushRefusal refusal)
    {
        try
        {
            hear!(refusal);
        }
        catch (Exception e) when (e is not ThreadAbortException)
        {
            // it may be a timer's thread, or the one that accepts: who hears of refusals must not be able to end the listening
        }
    }
}
