using System;
using Cmp.State;

namespace Cmp.Client;

/// <summary>The renewal of a certificate in the hands of this process: no other one begins it meanwhile. It goes with its process, however that ends.</summary>
public sealed class RenewalLock : IDisposable
{
    private readonly StateFolder _folder;
    private readonly string _thumbprint;
    private readonly StateLock _held;

    internal RenewalLock(StateFolder folder, string thumbprint, StateLock held)
    {
        _folder = folder;
        _thumbprint = thumbprint;
        _held = held;
    }

    /// <summary>Lets go.</summary>
    public void Dispose()
    {
        try
        {
            // while it is held: once it is let go it may be another one's
            _folder.Delete(_thumbprint, StateFolder.LockExtension);
        }
        catch (CmpException)
        {
            // an empty file that stays is in nobody's way
        }
        _held.Dispose();
    }
}
