using System;
using System.Threading;

namespace Cmp.Keys.Pkcs11;

/// <summary>A hold on a token: as long as there is one, we stay logged in.</summary>
internal sealed class Pkcs11Hold(Pkcs11Token token) : IDisposable
{
    private int _isReleased;

    /// <summary>Who drops a key without letting go of it, as users of an object in a variable do, lets go when it is collected.</summary>
    ~Pkcs11Hold()
    {
        // a token may be slow, and the thread that collects is everybody's
        if (!Environment.HasShutdownStarted && !AppDomain.CurrentDomain.IsFinalizingForUnload())
            ThreadPool.QueueUserWorkItem(_ => Dispose());
    }

    internal Pkcs11Token Token => Volatile.Read(ref _isReleased) == 0 ? token : throw new ObjectDisposedException(nameof(Pkcs11Hold));

    /// <summary>Another hold on the same token.</summary>
    internal Pkcs11Hold Copy() => Token.Hold();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
            return;
        token.Release();
        GC.SuppressFinalize(this);
    }
}
