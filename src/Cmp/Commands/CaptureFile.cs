using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>A capture in a file, or in a pipe.</summary>
internal sealed class CaptureFile(string path, CaptureOptions options, InspectionOptions inspection)
{
    private const int ActivityId = 830;
    private const int MaxWordsOfRoad = 5;

    private readonly CaptureSummary _summary = new();
    private readonly List<string> _words = [];
    private long _roadWords;
    private long _messages;

    /// <summary>Whether a file that the user named is a capture, by its beginning. A pipe is none here: what was read of it would be gone.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal static bool IsOne(string path) => CaptureFormat.IsCapture(BoundedFile.ReadStart(path, CaptureFormat.Octets));

    /// <summary>Reads it, and emits what is in it as it comes.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Path</c>: it is a folder; <c>CmpStore.…</c>, <c>CmpCapture.…</c>.</exception>
    internal async Task ReadAsync(PipelineWriter writer, IMessageOutput output, CancellationToken token)
    {
        string name = PeerText.Escape(path);
        if (Directory.Exists(path))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Path", $"'{name}' is a folder, and no capture.")
            {
                RecommendedAction = "Name the captures in it, with a wildcard for example; or give the folder by -Path.",
            };
        }
        var progress = new OctetProgress(writer, $"Reading {name}", ActivityId);
        try
        {
            using FileStream stream = BoundedFile.Open(path);
            progress.Begin(stream.CanSeek ? stream.Length : null);
            foreach (CapturedItem item in CaptureReader.Read(stream, options, _summary, progress.Report, token))
            {
                CmpMessage? message = CmpMessage.Read(item, inspection, path);
                if (message is null)
                    Note(writer, item);
                else
                    _messages++;
                await output.EmitAsync(writer, item, message, token).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            throw BoundedFile.Unreadable(path, e);
        }
        catch (CmpException e) when (e.ErrorId == "CmpCapture.NotACapture")
        {
            throw new CmpException(e.Kind, e.ErrorId, $"'{name}': {e.Message}", e) { RecommendedAction = e.RecommendedAction };
        }
        finally
        {
            progress.Complete();
        }
        Conclude(writer, name);
    }

    /// <summary>What the road said without a message shows with -Verbose; the answers among that are worth a warning at the end.</summary>
    private void Note(PipelineWriter writer, CapturedItem item)
    {
        string text = string.Join(" ", new[] { item.RoadText, item.Defect }.Where(part => part is not null));
        writer.Verbose($"Packet {item.Packet}, {(item.Direction == MessageDirection.Request ? $"{item.Client} → {item.Server}" : $"{item.Server} → {item.Client}")}: {text}");
        if (item.Direction == MessageDirection.Request)
            return;
        _roadWords++;
        if (_words.Count < MaxWordsOfRoad && !_words.Contains(text))
            _words.Add(text);
    }

    private void Conclude(PipelineWriter writer, string name)
    {
        writer.Verbose($"{name}: {_summary.Packets} packets, {_summary.Octets} octets, {_summary.Connections} connections, {_messages} messages of CMP; {_summary.TlsConnections} connections speak TLS and are not read, "
            + $"{_summary.LostOctets} octets are missing in connections that were read, {_summary.CutPackets} packets are cut.");
        if (_summary.Defect is { } defect)
            writer.Warning($"{name} was not read to its end: {defect}");
        foreach (KeyValuePair<int, long> link in _summary.UnknownLinkTypes)
            writer.Warning($"{name} has {link.Value} packets of a link that is not known here (LINKTYPE {link.Key}).");
        if (_messages > 0)
            return;
        string hint = _summary.TlsConnections > 0
            ? $"{_summary.TlsConnections} of {_summary.Connections} connections speak TLS, and nobody but their ends can read them: see about_Cmp_Inspection for -TracePath."
            : _summary.LostOctets > 0 ? $"{_summary.LostOctets} octets of its connections are missing: capture whole packets, as with tcpdump -s 0."
            : $"It has {_summary.Packets} packets and {_summary.Connections} connections. TCP-Messages on a port of their own are found by -Port.";
        writer.Warning($"There is no message of CMP in {name}. {(_words.Count > 0 ? $"Servers answered {string.Join("; ", _words)}. " : string.Empty)}{hint}");
    }
}
