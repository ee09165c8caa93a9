using System;
using System.Globalization;

namespace Cmp.Inspection.Captures;

/// <summary>The packets of a capture in the format of libpcap (draft-ietf-opsawg-pcap), with its times in micro- or nanoseconds, or with the longer records of an old Linux.</summary>
internal sealed class PcapSource : PacketSource
{
    private const uint Microseconds = 0xA1B2C3D4, Nanoseconds = 0xA1B23C4D, Modified = 0xA1B2CD34;
    private const int HeaderBytes = 24;

    /// <summary>Beside the link there may stand how long its frame check sequence is.</summary>
    private const uint LinkTypeBits = 0xFFFF;

    private readonly int _recordBytes = 16;
    private readonly bool _isNano;
    private int _linkType = -1;

    internal PcapSource(CaptureInput input, CaptureOptions options, CaptureSummary summary, uint magic)
        : base(input, options, summary)
    {
        IsBigEndian = IsMagic(magic);
        uint start = magic;
        if (!IsBigEndian)
            magic = UInt32(0);
        if (!IsMagic(magic))
            throw NotACapture(string.Format(CultureInfo.InvariantCulture, "It is no capture: no format begins with the octets {0:X8}.", start));
        _isNano = magic == Nanoseconds;
        if (magic == Modified)
            _recordBytes = 24;
        if (input.Ensure(6) && UInt16(4) != 2)
            throw NotACapture(string.Format(CultureInfo.InvariantCulture, "It is a capture of libpcap's version {0}; known is version 2.", UInt16(4)));
    }

    /// <summary>Whether a capture of the format begins with these four octets, the most significant first.</summary>
    internal static bool IsMagic(uint magic) => magic is Microseconds or Nanoseconds or Modified;

    internal override bool Next(out CapturedPacket packet)
    {
        packet = default;
        if (_linkType < 0)
        {
            if (!Input.Ensure(HeaderBytes))
                return StopAtEnd(Input.Position, "its header");
            _linkType = (int)(UInt32(20) & LinkTypeBits);
            Input.Advance(HeaderBytes);
        }
        long place = Input.Position;
        if (!Input.Ensure(_recordBytes))
            return (Input.Available > 0 || Input.Damage is not null) && StopAtEnd(place, "the header of a packet");
        uint captured = UInt32(8), length = UInt32(12);
        if (captured > Options.MaxPacketBytes)
            return Stop(place, string.Format(CultureInfo.InvariantCulture, "a packet claims {0} octets", captured));
        if (!Input.Ensure(_recordBytes + (int)captured))
            return StopAtEnd(place, "a packet");
        // where less was on the wire than was captured, or more than any packet has, only the captured octets can be believed
        int whole = length < captured || length > int.MaxValue / 2 ? (int)captured : (int)length;
        uint fraction = UInt32(4);
        packet = new CapturedPacket(
            new ReadOnlyMemory<byte>(Input.Buffer, Input.Start + _recordBytes, (int)captured), whole, _linkType, Ticks(UInt32(0), _isNano ? fraction / 100 : fraction * 10L));
        Input.Advance(_recordBytes + (int)captured);
        return true;
    }
}
