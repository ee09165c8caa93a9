using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What the commands have in common that ask a server something and change nothing there.</summary>
public abstract class QuestionCmdlet : ServerCmdlet
{
    /// <summary>What an error is about where nothing in particular is asked about: the server.</summary>
    private protected object ServerTarget => (object?)NamedServer ?? MyInvocation.MyCommand.Name;

    /// <summary>Prepares a question; the work asks it and emits what comes.</summary>
    /// <param name="writer">The row.</param>
    /// <param name="activity">What progress calls it.</param>
    /// <param name="ask">Asks.</param>
    private protected Func<CancellationToken, Task> Ask(PipelineWriter writer, string activity, Func<RequestOptions, CancellationToken, Task> ask)
    {
        var progress = new CmdletProgress(writer, activity);
        var options = new RequestOptions { Trace = Trace(writer), Progress = progress };
        return async token =>
        {
            try
            {
                await ask(options, token).ConfigureAwait(false);
            }
            finally
            {
                progress.Complete();
            }
        };
    }
}
