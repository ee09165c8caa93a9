using System;

namespace Cmp.Inspection.Captures;

/// <summary>Octets that wait for others. It grows with what has come, never by what is said to come.</summary>
/// <param name="budget">What it takes its room from.</param>
internal sealed class OctetBuffer(OctetBudget budget)
{
    private const int FirstBytes = 512;
    private byte[] _octets = [];

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>They; until the next call.</summary>
    public ReadOnlySpan<byte> Span => _octets.AsSpan(0, Length);

    /// <summary>Adds octets.</summary>
    /// <param name="octets">They.</param>
    /// <returns>Whether there was room for them.</returns>
    public bool TryAppend(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > _octets.Length - Length)
        {
            long size = Math.Max(Math.Max(FirstBytes, 2L * _octets.Length), (long)Length + octets.Length);
            if (size > int.MaxValue / 2 || !budget.TryTake(size - _octets.Length))
                return false;
            Array.Resize(ref _octets, (int)size);
        }
        octets.CopyTo(_octets.AsSpan(Length));
        Length += octets.Length;
        return true;
    }

    /// <summary>Forgets them. A small room is kept for the next ones, since most messages are small.</summary>
    public void Clear()
    {
        Length = 0;
        if (_octets.Length > FirstBytes)
            Release();
    }

    /// <summary>Forgets them and gives the room back.</summary>
    public void Release()
    {
        budget.Give(_octets.Length);
        _octets = [];
        Length = 0;
    }
}
