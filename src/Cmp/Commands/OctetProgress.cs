using System;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>Shows how much of a file has been read, a word for each hundredth.</summary>
internal sealed class OctetProgress(PipelineWriter writer, string activity, int activityId)
{
    private const long Mebibyte = 1 << 20;

    private long? _length;
    private long _next;

    /// <summary>Begins.</summary>
    /// <param name="length">How many octets there are; <see langword="null"/> where nobody knows.</param>
    internal void Begin(long? length) => _length = length > 0 ? length : null;

    /// <summary>So many octets of the file have been read.</summary>
    internal void Report(long octets)
    {
        if (octets < _next)
            return;
        _next = octets + Math.Max(Mebibyte, (_length ?? 0) / 100);
        writer.Progress(new ProgressRecord(activityId, activity, $"{octets / Mebibyte} MiB")
        {
            PercentComplete = _length is { } length ? (int)Math.Min(100, 100 * octets / length) : -1,
        });
    }

    internal void Complete() => writer.Progress(new ProgressRecord(activityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
}
