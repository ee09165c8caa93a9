using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Inspection;
using Cmp.Inspection.Captures;

namespace Cmp.Commands;

/// <summary>The way of messages into the pipeline: as they are, put together to conversations, or as text. Whoever reads the pipeline slowly is waited for.</summary>
internal sealed class InspectionOutput(bool asConversation, bool asText) : IMessageOutput
{
    /// <summary>What the views of messages go by that stand in a conversation: a line each, and no tree.</summary>
    internal const string PlacedTypeName = "Cmp.PlacedMessage";

    // so many objects may be on their way to the pipeline
    private const int Backlog = 64;

    private readonly ConversationCollector _collector = new();
    private int _written;

    /// <inheritdoc/>
    public long Messages { get; private set; }

    /// <inheritdoc/>
    public async Task EmitAsync(PipelineWriter writer, CmpMessage message, CancellationToken token)
    {
        Messages++;
        if (asConversation)
            await EmitAsync(writer, _collector.Add(message)).ConfigureAwait(false);
        else
            await WriteAsync(writer, Shown(message)).ConfigureAwait(false);
    }

    /// <summary>Emits what a capture holds. What the road says without a message is part of conversations only.</summary>
    public async Task EmitAsync(PipelineWriter writer, CapturedItem item, CmpMessage? message, CancellationToken token)
    {
        if (message is not null)
            Messages++;
        if (asConversation)
            await EmitAsync(writer, _collector.Add(item, message)).ConfigureAwait(false);
        else if (message is not null)
            await WriteAsync(writer, Shown(message)).ConfigureAwait(false);
    }

    /// <summary>Nothing more comes: emits the conversations that are left.</summary>
    public Task EndAsync(PipelineWriter writer, CancellationToken token) => EmitAsync(writer, _collector.End());

    private async Task EmitAsync(PipelineWriter writer, IEnumerable<CmpConversation> conversations)
    {
        foreach (object conversation in conversations.Select(conversation => asText ? conversation.GetText() : (object)conversation))
            await WriteAsync(writer, conversation).ConfigureAwait(false);
    }

    private object Shown(CmpMessage message)
    {
        if (asText)
            return message.GetText();
        if (message.Conversation is null)
            return message;
        var placed = new PSObject(message);
        placed.TypeNames.Insert(0, PlacedTypeName);
        return placed;
    }

    private async Task WriteAsync(PipelineWriter writer, object value)
    {
        if (++_written % Backlog == 0)
            await writer.WriteAsync(value).ConfigureAwait(false);
        else
            writer.Write(value);
    }
}
