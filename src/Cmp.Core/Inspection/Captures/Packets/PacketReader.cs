using System;
using System.Buffers.Binary;

namespace Cmp.Inspection.Captures;

/// <summary>Takes packets apart, from their link to TCP and UDP. Checksums are not verified: network cards fill them in behind the back of who captures.</summary>
internal sealed class PacketReader(ITrafficReader traffic, CaptureOptions options, CaptureSummary summary)
{
    /// <summary>Headers of IP within each other.</summary>
    private const int MaxLayers = 4;

    private const int HopByHop = 0, IPv4InIP = 4, Tcp = 6, Udp = 17, IPv6InIP = 41, Routing = 43, Fragment = 44, Authentication = 51, DestinationOptions = 60, Mobility = 135, HostIdentity = 139, Shim6 = 140;

    private readonly FragmentTable _fragments = new(options, summary);
    private readonly TcpTable _connections = new(traffic, options, summary);
    private readonly EndPoints _endPoints = new();
    private long _ticks;
    private bool _isCut;

    /// <summary>Reads a packet; what it completes is told before this returns.</summary>
    internal void Read(in CapturedPacket packet)
    {
        ReadOnlyMemory<byte> octets = packet.Octets;
        summary.Packets++;
        summary.Octets += octets.Length;
        _ticks = packet.Ticks;
        _isCut = octets.Length < packet.Length;
        if (_isCut)
            summary.CutPackets++;
        if (packet.LinkType == CapturedPacket.NoInterface)
        {
            summary.Count(PacketDefect.Interface);
            return;
        }
        switch (LinkLayer.Find(packet.LinkType, octets.Span, out int start))
        {
            case LinkContent.Ip:
                ReadIP(octets.Slice(start), packet.Length - start, 1);
                break;
            case LinkContent.Other:
                summary.OtherPackets++;
                break;
            case LinkContent.TooShort:
                summary.Count(_isCut ? PacketDefect.Cut : PacketDefect.Link);
                break;
            default:
                summary.CountLinkType(packet.LinkType);
                break;
        }
    }

    /// <summary>The capture has ended.</summary>
    internal void End()
    {
        _connections.End();
        _fragments.End();
        traffic.End();
    }

    /// <summary>Reads IP of either version.</summary>
    /// <param name="octets">What was captured, from its header on.</param>
    /// <param name="length">How much was on the wire, with what a link may have added behind.</param>
    /// <param name="layer">How many headers of IP there are so far.</param>
    private void ReadIP(ReadOnlyMemory<byte> octets, int length, int layer)
    {
        ReadOnlySpan<byte> header = octets.Span;
        int version = header.IsEmpty ? 0 : header[0] >> 4;
        if (layer > MaxLayers || (version is not (4 or 6) && !header.IsEmpty))
            summary.Count(PacketDefect.Ip);
        else if (header.Length < (version == 6 ? 40 : 20))
            CountShort(octets.Length, length, PacketDefect.Ip);
        else if (version == 4)
            ReadIPv4(octets, length, layer);
        else
            ReadIPv6(octets, length, layer);
    }

    private void ReadIPv4(ReadOnlyMemory<byte> octets, int length, int layer)
    {
        const int MoreFragments = 0x2000, Place = 0x1FFF;
        ReadOnlySpan<byte> header = octets.Span;
        int headerLength = (header[0] & 0xF) * 4, total = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(2));
        // where the network card cuts a segment into packets (TSO) the length is not known yet
        if (total == 0)
            total = length;
        if (headerLength < 20 || headerLength > total)
        {
            summary.Count(PacketDefect.Ip);
            return;
        }
        Trim(ref octets, total);
        if (octets.Length < headerLength)
        {
            CountShort(octets.Length, total, PacketDefect.Ip);
            return;
        }
        NetworkAddress source = NetworkAddress.V4(header.Slice(12)), destination = NetworkAddress.V4(header.Slice(16));
        int protocol = header[9], fragment = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(6));
        octets = octets.Slice(headerLength);
        length = total - headerLength;
        if ((fragment & (MoreFragments | Place)) == 0)
            ReadContent(protocol, source, destination, octets, length, layer);
        else
            ReadFragment(new FragmentKey(source, destination, BinaryPrimitives.ReadUInt16BigEndian(header.Slice(4)), protocol), (fragment & Place) * 8, (fragment & MoreFragments) == 0, protocol, octets, length, layer);
    }

    private void ReadIPv6(ReadOnlyMemory<byte> octets, int length, int layer)
    {
        const int HeaderLength = 40;
        ReadOnlySpan<byte> header = octets.Span;
        int payload = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(4));
        // a jumbogram, or not known yet
        int total = payload == 0 ? length : HeaderLength + payload;
        Trim(ref octets, total);
        ReadContent(header[6], NetworkAddress.V6(header.Slice(8)), NetworkAddress.V6(header.Slice(24)), octets.Slice(HeaderLength), total - HeaderLength, layer);
    }

    /// <summary>Leaves out what a link added behind the packet, and sees where it was cut though the capture does not say so.</summary>
    private void Trim(ref ReadOnlyMemory<byte> octets, int total)
    {
        if (octets.Length > total)
            octets = octets.Slice(0, total);
        if (octets.Length < total && !_isCut)
        {
            _isCut = true;
            summary.CutPackets++;
        }
    }

    /// <summary>Reads what IP carries, below the extension headers of IPv6 (RFC 8200 4).</summary>
    private void ReadContent(int protocol, NetworkAddress source, NetworkAddress destination, ReadOnlyMemory<byte> octets, int length, int layer)
    {
        while (true)
        {
            ReadOnlySpan<byte> header = octets.Span;
            int skip;
            switch (protocol)
            {
                case Tcp:
                    ReadTcp(source, destination, octets, length);
                    return;
                case Udp:
                    ReadUdp(source, destination, octets, length);
                    return;
                case IPv4InIP or IPv6InIP:
                    ReadIP(octets, length, layer + 1);
                    return;
                case HopByHop or Routing or DestinationOptions or Mobility or HostIdentity or Shim6:
                    skip = header.Length < 8 ? 8 : (header[1] + 1) * 8;
                    break;
                case Authentication:
                    skip = header.Length < 8 ? 8 : (header[1] + 2) * 4;
                    break;
                case Fragment:
                    skip = 8;
                    break;
                default:
                    summary.OtherPackets++;
                    return;
            }
            if (header.Length < skip)
            {
                CountShort(header.Length, length, PacketDefect.Ip);
                return;
            }
            if (protocol == Fragment)
            {
                int fragment = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(2));
                bool isLast = (fragment & 1) == 0;
                if (fragment >> 3 != 0 || !isLast)
                {
                    ReadFragment(new FragmentKey(source, destination, BinaryPrimitives.ReadUInt32BigEndian(header.Slice(4)), 0), fragment & ~7, isLast, header[0], octets.Slice(skip), length - skip, layer);
                    return;
                }
            }
            protocol = header[0];
            octets = octets.Slice(skip);
            length -= skip;
        }
    }

    private void ReadFragment(in FragmentKey key, int place, bool isLast, int protocol, ReadOnlyMemory<byte> octets, int length, int layer)
    {
        bool isOfInterest = protocol is Tcp or Udp or IPv4InIP or IPv6InIP or HopByHop or Routing or DestinationOptions or Authentication;
        if (!isOfInterest)
            summary.OtherPackets++;
        else if (octets.Length < length)
            summary.Count(PacketDefect.Cut);
        else if (_fragments.Add(key, place, octets.Span, isLast, _ticks, summary.Packets) is { } whole)
            ReadContent(protocol, key.Source, key.Destination, whole, whole.Length, layer);
    }

    private void ReadTcp(NetworkAddress source, NetworkAddress destination, ReadOnlyMemory<byte> octets, int length)
    {
        const int LeastHeader = 20, UpToFlags = 14;
        ReadOnlySpan<byte> header = octets.Span;
        if (header.Length < UpToFlags)
        {
            CountShort(header.Length, length, PacketDefect.Tcp);
            return;
        }
        int headerLength = (header[12] >> 4) * 4;
        if (headerLength < LeastHeader || headerLength > length)
        {
            summary.Count(PacketDefect.Tcp);
            return;
        }
        _connections.Read(
            new TcpSegment
            {
                Source = source,
                Destination = destination,
                SourcePort = BinaryPrimitives.ReadUInt16BigEndian(header),
                DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(2)),
                Sequence = BinaryPrimitives.ReadUInt32BigEndian(header.Slice(4)),
                Acknowledgement = BinaryPrimitives.ReadUInt32BigEndian(header.Slice(8)),
                Flags = header[13],
                Octets = octets.Length > headerLength ? octets.Slice(headerLength) : default,
                Length = length - headerLength,
                Ticks = _ticks,
                Packet = summary.Packets,
            });
    }

    private void ReadUdp(NetworkAddress source, NetworkAddress destination, ReadOnlyMemory<byte> octets, int length)
    {
        const int HeaderLength = 8;
        ReadOnlySpan<byte> header = octets.Span;
        if (header.Length < HeaderLength)
        {
            CountShort(header.Length, length, PacketDefect.Udp);
            return;
        }
        int total = BinaryPrimitives.ReadUInt16BigEndian(header.Slice(4));
        // a jumbogram (RFC 2675 4)
        if (total == 0)
            total = length;
        if (total < HeaderLength || total > length)
        {
            summary.Count(PacketDefect.Udp);
            return;
        }
        if (octets.Length < total)
        {
            summary.Count(PacketDefect.Cut);
            return;
        }
        traffic.Datagram(
            _endPoints.Of(source, BinaryPrimitives.ReadUInt16BigEndian(header)),
            _endPoints.Of(destination, BinaryPrimitives.ReadUInt16BigEndian(header.Slice(2))),
            new DateTimeOffset(_ticks, TimeSpan.Zero),
            summary.Packets,
            octets.Slice(HeaderLength, total - HeaderLength));
    }

    private void CountShort(int captured, int length, PacketDefect defect) => summary.Count(captured < length ? PacketDefect.Cut : defect);
}
