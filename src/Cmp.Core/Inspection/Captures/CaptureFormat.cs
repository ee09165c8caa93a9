using System;
using System.Buffers.Binary;

namespace Cmp.Inspection.Captures;

/// <summary>Tells captures by how they begin.</summary>
public static class CaptureFormat
{
    /// <summary>Octets that are enough to tell.</summary>
    public const int Octets = 4;

    private const uint Deflated = ((uint)CaptureInput.Gzip << 16) | 0x0800;

    /// <summary>Whether octets begin like a capture: pcap in either order, pcapng, or what gzip made.</summary>
    /// <param name="start">The first octets.</param>
    /// <returns>True where they do.</returns>
    public static bool IsCapture(ReadOnlySpan<byte> start)
    {
        if (start.Length < Octets)
            return false;
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(start);
        return magic == PcapngSource.SectionHeader || PcapSource.IsMagic(magic) || PcapSource.IsMagic(BinaryPrimitives.ReverseEndianness(magic))
            // the fourth octet are gzip's flags
            || (magic & 0xFFFFFF00) == Deflated;
    }
}
