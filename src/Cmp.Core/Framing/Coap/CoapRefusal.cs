using System.Globalization;

namespace Cmp.Framing;

/// <summary>Why a datagram is no CoAP message. It is for the one who got it to be silent about it, or to answer with a reset where that is allowed (RFC 7252 4.2 and 4.3).</summary>
/// <param name="Defect">What is wrong.</param>
/// <param name="Octet">Where, counted from 0.</param>
public sealed record CoapRefusal(CoapDefect Defect, int Octet)
{
    /// <summary>The Message ID that a reset may name; <see langword="null"/> where the datagram is to be passed over in silence: an acknowledgement, a reset, another version, half a header.</summary>
    public ushort? ResetId { get; init; }

    /// <summary>What is wrong and where, for people; nothing of it is the peer's text.</summary>
    /// <returns>As in <c>TruncatedOption at octet 17</c>.</returns>
    public override string ToString() => Defect + " at octet " + Octet.ToString(CultureInfo.InvariantCulture);
}
