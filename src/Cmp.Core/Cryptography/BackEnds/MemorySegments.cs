using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.BackEnds;

/// <summary>For libraries that take arrays only.</summary>
internal static class MemorySegments
{
    /// <summary>The array that the octets lie in, without a copy where there is one.</summary>
    internal static ArraySegment<byte> AsSegment(this ReadOnlyMemory<byte> octets) =>
        MemoryMarshal.TryGetArray(octets, out ArraySegment<byte> segment) ? segment : new ArraySegment<byte>(octets.ToArray());
}
