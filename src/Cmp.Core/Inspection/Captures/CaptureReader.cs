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
    /// <summary>Reads a capture while what it holds is asked for: each item is given as soon as it is whole, and nothing is gathered.</summary>
    /// <param name="stream">The octets of the capture, from its beginning. It is read once, need not go back, and stays open.</param>
    /// <param name="options">What is looked for, and how much may be remembered; <see langword="null"/> for <see cref="CaptureOptions.Default"/>.</param>
    /// <param name="summary">Where it is counted what was met, and noted why the capture was not read to its end; <see langword="null"/> where nobody asks.</param>
    /// <param name="progress">Told how many octets of the stream were read, after each MiB and at its end; of a compressed capture those of the file.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What travelled on the roads of CMP, in the order that it became whole. A capture that is cut or damaged gives what came before (<see cref="CaptureSummary.Defect"/>).</returns>
    /// <exception cref="CmpException"><c>CmpCapture.NotACapture</c>, with the first item: the octets are no capture.</exception>
    /// <exception cref="OperationCanceledException">The reading was ended.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static IEnumerable<CapturedItem> Read(
        Stream stream, CaptureOptions? options = null, CaptureSummary? summary = null, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        CaptureOptions chosen = options ?? CaptureOptions.Default;
        CaptureSummary counted = summary ?? new CaptureSummary();
        return Read(stream ?? throw new ArgumentNullException(nameof(stream)), chosen, counted, found => new RoadReader(chosen, found, counted), progress, cancellationToken);
    }

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
