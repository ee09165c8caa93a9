using System;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>Shows the phase of an operation, the server's reason and the seconds left; of rows that run at once, how many have ended.</summary>
internal sealed class CmdletProgress(PipelineWriter writer, string activity) : IProgress<CmpProgress>
{
    private const int ActivityId = 829; // any number of ours; CMP's port is easy to know again

    public void Report(CmpProgress value) => writer.Progress(new ProgressRecord(ActivityId, activity, value.Phase)
    {
        CurrentOperation = value.Reason,
        SecondsRemaining = value.Remaining is { } rest ? (int)Math.Ceiling(rest.TotalSeconds) : -1,
    });

    internal void Complete() => writer.Progress(Completed(activity));

    internal static ProgressRecord Of(string activity, (int Done, int Failed, int Running) rows) =>
        new(ActivityId, activity, $"{rows.Done} done, {rows.Failed} failed, {rows.Running} in flight");

    internal static ProgressRecord Completed(string activity) => new(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed };
}
