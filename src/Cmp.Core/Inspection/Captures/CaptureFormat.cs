using System;
using System.Buffers.Binary;

namespace Cmp.Inspection.Captures;

/// <summary>Tells captures by how they begin.</summary>
public static class CaptureFormat
{
    /// <summary>Octets that are enough to tell.</summary>
    public const int Octets = 4;

    private const uint Pcapng = 0x0A0D0D0A;
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;
    private const uint Modified = 0xA1B2CD34;
    private const uint Gzip = 0x1F8B0800;

    /// <summary>Whether octets begin like a capture: pcap in either order, pcapng, or what gzip made.</summary>
    /// <param name="start">The first octets.</param>
    /// <returns>True where they do.</returns>
    public static bool IsCapture(ReadOnlySpan<byte> start)
    {
        if (start.Length < Octets)
            return false;
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(start);
        return magic is Pcapng or Microseconds or Nanoseconds or Modified
            || BinaryPrimitives.ReverseEndianness(magic) is Microseconds or Nanoseconds or Modified
            // the fourth octet are gzip's flags
            || (magic & 0xFFFFFF00) == Gzip;
    }
}
