using System;
using System.Management.Automation;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What every command that talks to a server lets the user see of it: the messages.</summary>
public abstract class TalkingCmdlet : SettingsCmdlet
{
    private TraceFolder? _traceFolder;

    /// <summary>A folder that gets every message as numbered DER files.</summary>
    [Parameter]
    public string? TracePath { get; set; }

    /// <summary>The trace for one piece of work: what goes over the wire by -Verbose and into -TracePath.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <returns>The trace.</returns>
    internal ICmpTrace Trace(PipelineWriter writer) => Trace(() => writer);

    /// <summary>The trace for work that several rows share.</summary>
    /// <param name="writer">The row that hears of a message.</param>
    /// <returns>The trace.</returns>
    internal ICmpTrace Trace(Func<PipelineWriter> writer)
    {
        if (TracePath is { } path)
            _traceFolder ??= new TraceFolder(GetUnresolvedProviderPathFromPSPath(path));
        return new CmdletTrace(writer, _traceFolder);
    }
}
