using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Inspection;
using Cmp.Inspection.Captures;

namespace Cmp.Commands;

/// <summary>Checks messages on their way, and gives an answer to each: whether it passed, or all that was found.</summary>
internal sealed class CheckOutput(MessageChecker checker, bool isDetailed) : IMessageOutput
{
    /// <inheritdoc/>
    public long Messages { get; private set; }

    /// <inheritdoc/>
    public async Task EmitAsync(PipelineWriter writer, CmpMessage message, CancellationToken token)
    {
        Messages++;
        IReadOnlyList<MessageCheck> checks = checker.Check(message, DueClock.Now, token);
        if (!isDetailed)
        {
            await writer.WriteAsync(checks.All(check => check.Passed)).ConfigureAwait(false);
            return;
        }
        foreach (MessageCheck check in checks)
            await writer.WriteAsync(check).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task EmitAsync(PipelineWriter writer, CapturedItem item, CmpMessage? message, CancellationToken token) =>
        message is null ? Task.CompletedTask : EmitAsync(writer, message, token);

    /// <inheritdoc/>
    public Task EndAsync(PipelineWriter writer, CancellationToken token) => Task.CompletedTask;
}
