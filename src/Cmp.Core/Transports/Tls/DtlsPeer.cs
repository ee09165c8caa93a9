using System.Net;
using System.Runtime.CompilerServices;

namespace Cmp.Transports;

/// <summary>
/// A client in one DTLS session: the same address in another session is somebody else, who takes up nothing of what was said before (RFC 7252 9.1.1 and 9.1.2).
/// </summary>
internal sealed class DtlsPeer : IPEndPoint
{
    /// <summary>A client whose session begins.</summary>
    /// <param name="place">Where it is.</param>
    public DtlsPeer(IPEndPoint place)
        : base(place.Address, place.Port)
    {
        Place = place;
    }

    /// <summary>Where it is.</summary>
    public IPEndPoint Place { get; }

    /// <inheritdoc/>
    public override bool Equals(object? comparand) => ReferenceEquals(this, comparand);

    /// <inheritdoc/>
    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
}
