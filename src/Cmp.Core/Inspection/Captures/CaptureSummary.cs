using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>What was met in a capture, and what of it could not be read. It grows while the capture is read, and is whole when that has ended.</summary>
public sealed class CaptureSummary
{
    private readonly long[] _unreadable = new long[(int)PacketDefect.Interface + 1];
    private readonly SortedDictionary<int, long> _unknownLinkTypes = [];

    /// <summary>The packets.</summary>
    public long Packets { get; internal set; }

    /// <summary>The octets of packets that were captured.</summary>
    public long Octets { get; internal set; }

    /// <summary>TCP connections that were opened or met in their midst.</summary>
    public long Connections { get; internal set; }

    /// <summary>Those of them that speak TLS, and are not read.</summary>
    public long TlsConnections { get; internal set; }

    /// <summary>Pairs of endpoints that speak DTLS over UDP, which is not read; counted up to 65536.</summary>
    public long DtlsConnections { get; internal set; }

    /// <summary>Connections that were forgotten while they were read, since too many were open (<see cref="CaptureOptions.MaxConnections"/>).</summary>
    public long ForgottenConnections { get; internal set; }

    /// <summary>Packets that are whole and of no road of CMP: neither TCP nor UDP over IP.</summary>
    public long OtherPackets { get; internal set; }

    /// <summary>Packets of which fewer octets were captured than were on the wire.</summary>
    public long CutPackets { get; internal set; }

    /// <summary>Octets of connections that were read and that are missing: they were cut off, or their packets were not captured.</summary>
    public long LostOctets { get; internal set; }

    /// <summary>How many packets could not be read, by the reason.</summary>
    public IReadOnlyDictionary<PacketDefect, long> UnreadablePackets
    {
        get
        {
            var counted = new SortedDictionary<PacketDefect, long>();
            for (int i = 0; i < _unreadable.Length; i++)
            {
                if (_unreadable[i] > 0)
                    counted.Add((PacketDefect)i, _unreadable[i]);
            }
            return counted;
        }
    }

    /// <summary>How many packets are of links that are not known here, by their LINKTYPE (the numbers of tcpdump.org).</summary>
    public IReadOnlyDictionary<int, long> UnknownLinkTypes => _unknownLinkTypes;

    /// <summary>Why the capture was not read to its end, in one sentence with the octet at which it is damaged; <see langword="null"/> where it was.</summary>
    public string? Defect { get; internal set; }

    internal void Count(PacketDefect defect, long packets = 1) => _unreadable[(int)defect] += packets;

    internal void CountLinkType(int linkType)
    {
        _unknownLinkTypes.TryGetValue(linkType, out long count);
        _unknownLinkTypes[linkType] = count + 1;
    }
}
