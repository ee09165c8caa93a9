namespace Cmp.Inspection.Captures;

/// <summary>What the fragments of one datagram have in common (RFC 791 3.2, RFC 8200 4.5); the protocol is IPv4's only, and 0 with IPv6.</summary>
internal readonly record struct FragmentKey(NetworkAddress Source, NetworkAddress Destination, uint Id, int Protocol)
{
    public override int GetHashCode()
    {
        ulong hash = SeededHash.Mix(SeededHash.Mix(SeededHash.Seed, Source.Low), Source.High);
        hash = SeededHash.Mix(SeededHash.Mix(hash, Destination.Low), Destination.High);
        return SeededHash.Fold(SeededHash.Mix(hash, ((ulong)Id << 32) | (uint)Protocol));
    }
}
