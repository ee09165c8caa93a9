using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace Cmp.Inspection.Captures;

/// <summary>
/// Reads captures of network traffic, of whatever length, with bounded memory: pcap and pcapng, as they are or in gzip; Ethernet with VLAN tags, Linux cooked,
/// loopback, PPP and raw IP; IPv4 and IPv6 with their fragments; TCP and UDP.
/// </summary>
public static class CaptureReader
{
    /// <summary>The same with another reader of the roads: what <paramref name="traffic"/> makes of the action to which it tells what it finds.</summary>
    internal static IEnumerable<CapturedItem> Read(
        Stream stream, CaptureOptions options, CaptureSummary summary, Func<Action<CapturedItem>, ITrafficReader> traffic, Action<long>? progress, CancellationToken cancellationToken)
    {
        var found = new Queue<CapturedItem>();
        var packets = new PacketReader(traffic(found.Enqueue), options, summary);
        using var input = new CaptureInput(stream, options.MaxExpansion, progress, cancellationToken);
        PacketSource source = PacketSource.Open(input, options, summary);
        while (source.Next(out CapturedPacket packet))
        {
            packets.Read(packet);
            while (found.Count > 0)
                yield return found.Dequeue();
        }
        packets.End();
        while (found.Count > 0)
            yield return found.Dequeue();
    }
}
