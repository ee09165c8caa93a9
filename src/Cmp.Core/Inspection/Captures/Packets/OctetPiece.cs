namespace Cmp.Inspection.Captures;

/// <summary>Octets that came before those that stand before them.</summary>
/// <param name="Place">The place of the first one.</param>
/// <param name="Length">How many there are.</param>
/// <param name="Octets">Those of them that were captured, from the first one on.</param>
/// <param name="Ticks">When.</param>
/// <param name="Packet">The number of their packet.</param>
internal readonly record struct OctetPiece(long Place, int Length, byte[] Octets, long Ticks, long Packet)
{
    internal long End => Place + Length;
}
