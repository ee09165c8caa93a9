using System;

namespace Cmp.Transports;

/// <summary>The body of a request, as far as its blocks have come.</summary>
internal sealed class CoapAssembly
{
    private byte[] _octets;

    /// <summary>Begins with the first block.</summary>
    /// <param name="first">Its octets.</param>
    /// <param name="received">The octets of its datagram.</param>
    public CoapAssembly(ReadOnlyMemory<byte> first, int received)
    {
        _octets = first.ToArray();
        Length = first.Length;
        Received = received;
    }

    /// <summary>The octets of the body that are there.</summary>
    public int Length { get; private set; }

    /// <summary>The octets of all its datagrams: by how much the client has earned an answer.</summary>
    public int Received { get; private set; }

    /// <summary>The octets that are held for it.</summary>
    public int Capacity => _octets.Length;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _octets.AsMemory(0, Length);

    /// <summary>What <see cref="Capacity"/> will be when a block has been added.</summary>
    /// <param name="length">The octets of the block.</param>
    /// <returns>The octets.</returns>
    public int CapacityWith(int length) => Length + length <= _octets.Length ? _octets.Length : Math.Max(Length + length, 2 * _octets.Length);

    /// <summary>Adds the next block.</summary>
    /// <param name="block">Its octets.</param>
    /// <param name="received">The octets of its datagram.</param>
    public void Add(ReadOnlyMemory<byte> block, int received)
    {
        int capacity = CapacityWith(block.Length);
        if (capacity > _octets.Length)
            Array.Resize(ref _octets, capacity);
        block.CopyTo(_octets.AsMemory(Length));
        Length += block.Length;
        Received += received;
    }

    /// <summary>Whether a block is one that came before, in another message.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="block">Its octets.</param>
    /// <returns>Whether the same octets are there.</returns>
    public bool Holds(long offset, ReadOnlyMemory<byte> block) =>
        offset + block.Length <= Length && _octets.AsSpan((int)offset, block.Length).SequenceEqual(block.Span);
}
