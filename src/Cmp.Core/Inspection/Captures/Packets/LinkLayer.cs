using System;
using System.Buffers.Binary;

namespace Cmp.Inspection.Captures;

/// <summary>Finds IP behind the header of a link, by its LINKTYPE as tcpdump.org numbers them.</summary>
internal static class LinkLayer
{
    private const int Null = 0, Ethernet = 1, Ppp = 9, RawOfBsd = 12, RawOfOpenBsd = 14, PppWithHdlc = 50, PppOverEthernet = 51, Raw = 101, WirelessLan = 105, Loop = 108, LinuxCooked = 113;
    private const int IPv4 = 228, IPv6 = 229, LinuxCooked2 = 276;

    private const ushort EtherIPv4 = 0x0800, EtherIPv6 = 0x86DD, EtherPppoe = 0x8864;
    private const ushort PppIPv4 = 0x0021, PppIPv6 = 0x0057;

    /// <summary>Finds it.</summary>
    /// <param name="linkType">The link.</param>
    /// <param name="packet">What was captured of the packet.</param>
    /// <param name="start">Where IP begins, where the packet carries it.</param>
    /// <returns>What the packet carries.</returns>
    internal static LinkContent Find(int linkType, ReadOnlySpan<byte> packet, out int start)
    {
        start = 0;
        switch (linkType)
        {
            case Ethernet:
                return ByEtherType(packet, 12, 14, out start);
            case LinuxCooked:
                return ByEtherType(packet, 14, 16, out start);
            case LinuxCooked2:
                return ByEtherType(packet, 0, 20, out start);
            case Raw or RawOfBsd or RawOfOpenBsd or IPv4 or IPv6:
                return packet.IsEmpty ? LinkContent.TooShort : LinkContent.Ip;
            case Null or Loop:
                return ByFamily(packet, out start);
            case WirelessLan:
                return BelowWirelessLan(packet, out start);
            case Ppp or PppWithHdlc:
                return ByPppProtocol(packet, 0, out start);
            case PppOverEthernet:
                return ByPppProtocol(packet, 6, out start);
            default:
                return LinkContent.UnknownLink;
        }
    }

    /// <summary>Ethernet and what names its content as Ethernet does: below VLAN tags, however many, labels of MPLS or a session of PPPoE. A length in place of a type means LLC, which carries no IP in our days.</summary>
    private static LinkContent ByEtherType(ReadOnlySpan<byte> packet, int typeAt, int contentAt, out int start)
    {
        for (start = contentAt; ; start += 4)
        {
            if (packet.Length < start)
                return LinkContent.TooShort;
            switch (BinaryPrimitives.ReadUInt16BigEndian(packet.Slice(typeAt)))
            {
                case EtherIPv4 or EtherIPv6:
                    return LinkContent.Ip;
                case 0x8100 or 0x88A8 or 0x9100 or 0x9200: // 802.1Q, 802.1ad, and tags from before that
                    typeAt = start + 2;
                    break;
                case 0x8847 or 0x8848:
                    return BelowLabels(packet, ref start);
                case EtherPppoe:
                    return ByPppProtocol(packet, start + 6, out start);
                default:
                    return LinkContent.Other;
            }
        }
    }

    /// <summary>MPLS (RFC 3032): four octets a label, the last of which says that it is; what they carry only its first bits say.</summary>
    private static LinkContent BelowLabels(ReadOnlySpan<byte> packet, ref int start)
    {
        bool isLast = false;
        for (; !isLast; start += 4)
        {
            if (packet.Length < start + 4)
                return LinkContent.TooShort;
            isLast = (packet[start + 2] & 1) != 0;
        }
        return packet.Length == start ? LinkContent.TooShort : packet[start] >> 4 is 4 or 6 ? LinkContent.Ip : LinkContent.Other;
    }

    /// <summary>
    /// Frames of data of IEEE 802.11, which the captures of Windows hold of a wireless network: behind a header of several lengths LLC and SNAP name the content.
    /// Whether that is encrypted is seen where they stand, or do not: the bit that says so is left in captures of what was decrypted.
    /// </summary>
    private static LinkContent BelowWirelessLan(ReadOnlySpan<byte> packet, out int start)
    {
        start = 24;
        if (packet.Length < 2)
            return LinkContent.TooShort;
        // the type is data, and none of those without
        if ((packet[0] & 0x4C) != 0x08)
            return LinkContent.Other;
        // four addresses; quality of service, and the control that may follow it
        if ((packet[1] & 3) == 3)
            start += 6;
        if ((packet[0] & 0x80) != 0)
            start += (packet[1] & 0x80) != 0 ? 6 : 2;
        if (packet.Length < start + 8)
            return LinkContent.TooShort;
        ReadOnlySpan<byte> snap = [0xAA, 0xAA, 3, 0, 0, 0];
        return packet.Slice(start, snap.Length).SequenceEqual(snap) ? ByEtherType(packet, start + 6, start + 8, out start) : LinkContent.Other;
    }

    /// <summary>A family of addresses in the order of octets of who captured; those of IPv6 differ between systems.</summary>
    private static LinkContent ByFamily(ReadOnlySpan<byte> packet, out int start)
    {
        start = 4;
        if (packet.Length < start)
            return LinkContent.TooShort;
        uint family = BinaryPrimitives.ReadUInt32BigEndian(packet);
        if (family > 0xFFFF)
            family = BinaryPrimitives.ReverseEndianness(family);
        return family is 2 or 10 or 23 or 24 or 28 or 30 ? LinkContent.Ip : LinkContent.Other;
    }

    /// <summary>PPP (RFC 1661, RFC 1662): address and control octet may be left out, and so may the first octet of the protocol where it is zero.</summary>
    private static LinkContent ByPppProtocol(ReadOnlySpan<byte> packet, int place, out int start)
    {
        start = place;
        if (packet.Length >= start + 2 && packet[start] == 0xFF && packet[start + 1] == 3)
            start += 2;
        if (packet.Length <= start || (packet.Length == start + 1 && ((packet[start] & 1) == 0 || packet[start] == 0xFF)))
            return LinkContent.TooShort;
        int protocol = packet[start++];
        if ((protocol & 1) == 0)
            protocol = (protocol << 8) | packet[start++];
        return protocol is PppIPv4 or PppIPv6 ? LinkContent.Ip : LinkContent.Other;
    }
}
