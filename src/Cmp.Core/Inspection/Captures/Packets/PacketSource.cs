using System;
using System.Buffers.Binary;
using System.Globalization;

namespace Cmp.Inspection.Captures;

/// <summary>The packets of a capture, one after the other, as far as it is whole.</summary>
internal abstract class PacketSource
{
    private static readonly long Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private protected PacketSource(CaptureInput input, CaptureOptions options, CaptureSummary summary)
    {
        Input = input;
        Options = options;
        Summary = summary;
    }

    private protected CaptureInput Input { get; }

    private protected CaptureOptions Options { get; }

    private protected CaptureSummary Summary { get; }

    /// <summary>Whether numbers have their most significant octet first.</summary>
    private protected bool IsBigEndian { get; set; }

    /// <summary>Finds out what kind of capture it is.</summary>
    /// <param name="input">Its octets.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="summary">Where its damage is noted.</param>
    /// <returns>What reads it.</returns>
    /// <exception cref="CmpException"><c>CmpCapture.NotACapture</c>: it is none, or of a version that nobody knows.</exception>
    internal static PacketSource Open(CaptureInput input, CaptureOptions options, CaptureSummary summary)
    {
        if (!input.Ensure(4))
            throw NotACapture(input.Damage is { } damage ? "It is no capture: " + char.ToLowerInvariant(damage[0]) + damage.Substring(1) + "." : "It is no capture: it ends within its first four octets.");
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(input.Octets);
        return magic == PcapngSource.SectionHeader ? new PcapngSource(input, options, summary) : new PcapSource(input, options, summary, magic);
    }

    /// <summary>The next packet.</summary>
    /// <param name="packet">It.</param>
    /// <returns>Whether there was one; where not, the capture has ended, and <see cref="CaptureSummary.Defect"/> says so where it should not have.</returns>
    internal abstract bool Next(out CapturedPacket packet);

    private protected static CmpException NotACapture(string message) => new(CmpErrorKind.Malformed, "CmpCapture.NotACapture", message)
    {
        RecommendedAction = "Give a capture of the formats pcap or pcapng, as Wireshark and tcpdump write them, as it is or in gzip. A message by itself is given by -Path.",
    };

    /// <summary>Notes where the capture ends too early.</summary>
    /// <returns>False: there is no next packet.</returns>
    private protected bool Stop(long octet, string why)
    {
        Summary.Defect ??= string.Format(CultureInfo.InvariantCulture, "The capture is damaged at octet {0}, behind packet {1}: {2}.", octet, Summary.Packets, why);
        return false;
    }

    /// <summary>Notes that the capture ends within what begins at an octet.</summary>
    /// <returns>False: there is no next packet.</returns>
    private protected bool StopAtEnd(long octet, string what)
    {
        string why = Input.Damage is { } damage ? char.ToLowerInvariant(damage[0]) + damage.Substring(1) : "it ends within " + what;
        return Stop(octet, why);
    }

    /// <summary>A number of 32 bits at a place of what is at hand.</summary>
    private protected uint UInt32(int place)
    {
        ReadOnlySpan<byte> octets = Input.Buffer.AsSpan(Input.Start + place, 4);
        return IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(octets) : BinaryPrimitives.ReadUInt32LittleEndian(octets);
    }

    /// <summary>A number of 16 bits at a place of what is at hand.</summary>
    private protected ushort UInt16(int place)
    {
        ReadOnlySpan<byte> octets = Input.Buffer.AsSpan(Input.Start + place, 2);
        return IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(octets) : BinaryPrimitives.ReadUInt16LittleEndian(octets);
    }

    /// <summary>The ticks of a time since 1970; what no calendar has is its first or last moment.</summary>
    private protected static long Ticks(long seconds, long ticks)
    {
        const long Most = 400_000_000_000;
        return seconds is < -Most or > Most
            ? seconds < 0 ? DateTime.MinValue.Ticks : DateTime.MaxValue.Ticks
            : Math.Min(Math.Max(Epoch + (seconds * TimeSpan.TicksPerSecond) + ticks, DateTime.MinValue.Ticks), DateTime.MaxValue.Ticks);
    }
}
