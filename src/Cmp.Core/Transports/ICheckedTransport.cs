using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>A road that shows whether it can be taken before anything is made that would take it: a key, a message.</summary>
public interface ICheckedTransport
{
    /// <summary>Finds out whether a message could be sent; none is.</summary>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>The end of it.</returns>
    /// <exception cref="CmpException">It cannot.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
