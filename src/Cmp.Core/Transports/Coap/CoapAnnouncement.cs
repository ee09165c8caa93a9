using System;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>One announcement on its way to those who wait for it.</summary>
internal sealed class CoapAnnouncement
{
    private readonly TaskCompletionSource<int> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = 1;
    private int _acknowledged;

    /// <summary>An announcement that nobody has been told yet.</summary>
    /// <param name="message">The DER of the PKIMessage.</param>
    public CoapAnnouncement(ReadOnlyMemory<byte> message) => Message = message;

    /// <summary>The DER of the PKIMessage.</summary>
    public ReadOnlyMemory<byte> Message { get; }

    /// <summary>Ends with the last of them: how many acknowledged it.</summary>
    public Task<int> Heard => _heard.Task;

    /// <summary>One more is to be told.</summary>
    public void Open() => _open++;

    /// <summary>One has been told, is gone, or all have been counted.</summary>
    /// <param name="isAcknowledged">Whether it said so.</param>
    public void Close(bool isAcknowledged)
    {
        _acknowledged += isAcknowledged ? 1 : 0;
        if (--_open == 0)
            _heard.TrySetResult(_acknowledged);
    }
}
