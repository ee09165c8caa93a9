using System;

namespace Cmp.Inspection.Captures;

/// <summary>Hashes of what a peer chooses: of each process other ones, so that nobody can make a capture whose connections, fragments or endpoints all fall into one place of a table.</summary>
internal static class SeededHash
{
    /// <summary>What each of them begins with.</summary>
    internal static readonly ulong Seed = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 0) | 1;

    internal static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29) ^ (Seed >> 7);
    }

    internal static int Fold(ulong hash) => (int)(hash ^ (hash >> 32));
}
