using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>A listener that can end without leaving anybody without an answer.</summary>
public interface IFinishingListener : ICmpListener
{
    /// <summary>
    /// Takes no connection and no request any more, waits until what its handler has is answered, 5 seconds at most, and stops. The handler must not wait for it: it would
    /// wait for itself.
    /// </summary>
    /// <returns>The end of it.</returns>
    Task FinishAsync();
}
