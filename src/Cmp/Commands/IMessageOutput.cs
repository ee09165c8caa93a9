using System.Threading;
using System.Threading.Tasks;
using Cmp.Inspection;
using Cmp.Inspection.Captures;

namespace Cmp.Commands;

/// <summary>What becomes of messages that a command reads. Whoever reads the pipeline slowly is waited for.</summary>
internal interface IMessageOutput
{
    /// <summary>How many messages came.</summary>
    long Messages { get; }

    /// <summary>Takes a message.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <param name="message">The message.</param>
    /// <param name="token">Ends the work.</param>
    Task EmitAsync(PipelineWriter writer, CmpMessage message, CancellationToken token);

    /// <summary>Takes what a capture holds.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <param name="item">What was found.</param>
    /// <param name="message">The message in it; <see langword="null"/> where the road alone says something.</param>
    /// <param name="token">Ends the work.</param>
    Task EmitAsync(PipelineWriter writer, CapturedItem item, CmpMessage? message, CancellationToken token);

    /// <summary>Nothing more comes.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <param name="token">Ends the work.</param>
    Task EndAsync(PipelineWriter writer, CancellationToken token);
}
