using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;

namespace Cmp.Inspection.Captures;

/// <summary>The packets of a capture in the format pcapng (draft-ietf-opsawg-pcapng): sections of either order of octets, each with interfaces of its own. Blocks that hold no packets are passed over.</summary>
internal sealed class PcapngSource : PacketSource
{
    /// <summary>How a section begins, in either order of octets.</summary>
    internal const uint SectionHeader = 0x0A0D0D0A;

    private const uint ByteOrder = 0x1A2B3C4D;
    private const uint InterfaceDescription = 1, ObsoletePacket = 2, SimplePacket = 3, EnhancedPacket = 6;
    private const int HeadBytes = 8, TrailerBytes = 4, LeastBlockBytes = HeadBytes + TrailerBytes;
    private const int SectionBytes = 28, InterfaceBytes = 20;
    private const int MaxInterfaces = 65_536;
    private const int MaxOptionBytes = 65_536;
    private const ushort EndOfOptions = 0, TimeResolution = 9, TimeOffset = 14;

    private readonly List<Interface> _interfaces = [];

    /// <summary>What is left of the block whose packet was given last.</summary>
    private long _left;
    private uint _blockBytes;
    private long _block;
    private long _lastTicks = Ticks(0, 0);

    internal PcapngSource(CaptureInput input, CaptureOptions options, CaptureSummary summary)
        : base(input, options, summary)
    {
        if (input.Ensure(LeastBlockBytes) && !ReadByteOrder())
            throw NotACapture("It is no capture: it begins as pcapng does, and its order of octets is none.");
    }

    internal override bool Next(out CapturedPacket packet)
    {
        packet = default;
        while (EndBlock())
        {
            _block = Input.Position;
            if (!Input.Ensure(LeastBlockBytes))
                return (Input.Available > 0 || Input.Damage is not null) && StopAtEnd(_block, "the head of a block");
            uint type = UInt32(0);
            if (type == SectionHeader && !ReadByteOrder())
                return Stop(_block, "the order of octets of a section is none");
            _blockBytes = UInt32(4);
            if (_blockBytes < LeastBlockBytes || _blockBytes % 4 != 0)
                return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a block claims {0} octets", _blockBytes));
            bool goesOn = type switch
            {
                SectionHeader => ReadSection(),
                InterfaceDescription => ReadInterface(),
                EnhancedPacket => ReadPacket(28, 20, 24, out packet),
                ObsoletePacket => ReadPacket(28, 20, 24, out packet),
                SimplePacket => ReadPacket(12, -1, 8, out packet),
                _ => Pass(0),
            };
            if (!goesOn)
                return false;
            if (type is EnhancedPacket or ObsoletePacket or SimplePacket)
                return true;
        }
        return false;
    }

    private bool ReadByteOrder()
    {
        uint order = BinaryPrimitives.ReadUInt32BigEndian(Input.Octets.Slice(HeadBytes));
        IsBigEndian = order == ByteOrder;
        return IsBigEndian || order == BinaryPrimitives.ReverseEndianness(ByteOrder);
    }

    /// <summary>Takes so many octets of the block, and leaves the others for <see cref="EndBlock"/>.</summary>
    private bool Pass(int taken)
    {
        Input.Advance(taken);
        _left = _blockBytes - taken;
        return true;
    }

    /// <summary>Passes over what is left of a block; its length stands at its end once more.</summary>
    private bool EndBlock()
    {
        if (_left == 0)
            return true;
        if (!Input.Skip(_left - TrailerBytes) || !Input.Ensure(TrailerBytes))
            return StopAtEnd(_block, "a block");
        if (UInt32(0) != _blockBytes)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a block claims {0} octets at its beginning and {1} at its end", _blockBytes, UInt32(0)));
        Input.Advance(TrailerBytes);
        _left = 0;
        return true;
    }

    private bool ReadSection()
    {
        if (_blockBytes < SectionBytes)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a section has {0} octets", _blockBytes));
        if (!Input.Ensure(SectionBytes))
            return StopAtEnd(_block, "the head of a section");
        if (UInt16(12) != 1)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a section is of version {0}; known is version 1", UInt16(12)));
        _interfaces.Clear();
        return Pass(HeadBytes);
    }

    private bool ReadInterface()
    {
        if (_blockBytes < InterfaceBytes)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "the description of an interface has {0} octets", _blockBytes));
        int known = (int)Math.Min(_blockBytes - TrailerBytes, InterfaceBytes + MaxOptionBytes);
        if (!Input.Ensure(known))
            return StopAtEnd(_block, "the description of an interface");
        var described = new Interface(UInt16(8), UInt32(12), 6, 0);
        for (int place = 16; place + 4 <= known;)
        {
            ushort code = UInt16(place), length = UInt16(place + 2);
            place += 4;
            if (code == EndOfOptions || length > known - place)
                break;
            if (code == TimeResolution && length == 1)
                described = described with { Resolution = Input.Buffer[Input.Start + place] };
            if (code == TimeOffset && length == 8)
                described = described with { Offset = (long)(IsBigEndian ? ((ulong)UInt32(place) << 32) | UInt32(place + 4) : ((ulong)UInt32(place + 4) << 32) | UInt32(place)) };
            place += (length + 3) & ~3;
        }
        // packets of those beyond count as of an interface that is not described
        if (_interfaces.Count < MaxInterfaces)
            _interfaces.Add(described);
        return Pass(known);
    }

    /// <summary>Reads a block with a packet, and takes it.</summary>
    /// <param name="headBytes">The octets of the block before the packet.</param>
    /// <param name="capturedAt">Where the length of what was captured stands; -1 where it follows from the others.</param>
    /// <param name="lengthAt">Where the length on the wire stands.</param>
    /// <param name="packet">The packet.</param>
    private bool ReadPacket(int headBytes, int capturedAt, int lengthAt, out CapturedPacket packet)
    {
        packet = default;
        if (_blockBytes < headBytes + TrailerBytes)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a block with a packet has {0} octets", _blockBytes));
        if (!Input.Ensure(headBytes))
            return StopAtEnd(_block, "a packet");
        long room = _blockBytes - headBytes - TrailerBytes;
        uint length = UInt32(lengthAt), captured;
        if (capturedAt >= 0)
        {
            captured = UInt32(capturedAt);
        }
        else
        {
            uint snapLength = _interfaces.Count > 0 ? _interfaces[0].SnapLength : 0;
            captured = snapLength > 0 && snapLength < length ? snapLength : length;
            if (captured > room)
                captured = (uint)room;
        }
        if (captured > room || captured > Options.MaxPacketBytes)
            return Stop(_block, string.Format(CultureInfo.InvariantCulture, "a packet claims {0} octets", captured));
        if (!Input.Ensure(headBytes + (int)captured))
            return StopAtEnd(_block, "a packet");
        uint id = UInt32(0) == SimplePacket ? 0 : UInt32(0) == ObsoletePacket ? UInt16(8) : UInt32(8);
        int linkType = CapturedPacket.NoInterface;
        if (id < _interfaces.Count)
        {
            linkType = _interfaces[(int)id].LinkType;
            // a simple packet has no time: it came after the one before
            if (capturedAt >= 0)
                _lastTicks = _interfaces[(int)id].Time(((ulong)UInt32(12) << 32) | UInt32(16));
        }
        int whole = length < captured || length > int.MaxValue / 2 ? (int)captured : (int)length;
        packet = new CapturedPacket(new ReadOnlyMemory<byte>(Input.Buffer, Input.Start + headBytes, (int)captured), whole, linkType, _lastTicks);
        return Pass(headBytes + (int)captured);
    }

    /// <summary>An interface of a section.</summary>
    /// <param name="LinkType">Its link.</param>
    /// <param name="SnapLength">The most octets of a packet that were captured; 0 for all.</param>
    /// <param name="Resolution">What a unit of its times is: 10 to the power of minus this, or 2 where the highest bit is set.</param>
    /// <param name="Offset">Seconds to add.</param>
    private readonly record struct Interface(int LinkType, uint SnapLength, byte Resolution, long Offset)
    {
        internal long Time(ulong units)
        {
            int power = Resolution & 0x7F;
            ulong perSecond = 1;
            if (Resolution > 0x7F)
            {
                perSecond = power < 64 ? 1UL << power : 0;
            }
            else if (power < 20)
            {
                for (int i = 0; i < power; i++)
                    perSecond *= 10;
            }
            else
            {
                perSecond = 0;
            }
            // of units so small, all that there can be are less than a second
            ulong seconds = perSecond == 0 ? 0 : units / perSecond;
            ulong rest = perSecond == 0 ? 0 : units % perSecond;
            const ulong PerTick = TimeSpan.TicksPerSecond;
            ulong ticks = rest == 0 ? 0 : rest <= ulong.MaxValue / PerTick ? rest * PerTick / perSecond : rest / (perSecond / PerTick);
            const long Most = 1_000_000_000_000;
            return Ticks(Math.Min(Math.Max(Offset, -Most), Most) + (long)Math.Min(seconds, (ulong)Most), (long)ticks);
        }
    }
}
