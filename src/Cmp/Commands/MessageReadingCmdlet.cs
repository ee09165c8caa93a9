using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>What commands have in common that read messages: where from, and in which forms.</summary>
public abstract class MessageReadingCmdlet : AsyncCmdlet
{
    /// <summary>The parameter set of what the pipeline brings, the default.</summary>
    private protected const string InputSet = "InputObject";

    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string CaptureSet = "Capture";
    private const string FromPipeline = "pipeline";

    private readonly GatheredOctets _octets = new();
    private readonly GatheredLines _lines = new();
    private CaptureOptions _captures = CaptureOptions.Default;

    /// <summary>Messages as octets, hexadecimal, base64 or PEM, files, errors, and objects that have a message.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    [Alias("Message")]
    [AllowEmptyString]
    public PSObject InputObject { get; set; } = null!;

    /// <summary>Files with messages, captures, or folders of them; wildcards are understood.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = null!;

    /// <summary>The same by their names as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath")]
    public string[] LiteralPath { get; set; } = null!;

    /// <summary>Captures of network traffic, pcap or pcapng, also compressed by gzip; wildcards are understood.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CaptureSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] CapturePath { get; set; } = null!;

    /// <summary>TCP ports of captures on which TCP-Messages are spoken, where they are not recognized by themselves.</summary>
    [Parameter]
    [ValidateRange(1, 65535)]
    public int[] Port { get; set; } = [];

    /// <summary>How messages are looked at.</summary>
    private protected InspectionOptions Inspection { get; private set; } = InspectionOptions.Default;

    /// <summary>What becomes of the messages.</summary>
    private protected abstract IMessageOutput Output { get; }

    /// <summary>Whether what only the Lightweight Profile asks for is looked for too.</summary>
    private protected virtual bool IsStrict => false;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        // what a file holds may be a CRL
        CmpLimits limits = CmpLimits.Default with { MaxResponseBytes = SavedMessage.MaxBytes };
        Inspection = new InspectionOptions { Limits = limits, IsStrict = IsStrict };
        _captures = new CaptureOptions { Ports = Port };
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case PathSet:
                ReadNamed(Path, isLiteral: false, isCapture: false);
                break;
            case LiteralPathSet:
                ReadNamed(LiteralPath, isLiteral: true, isCapture: false);
                break;
            case CaptureSet:
                ReadNamed(CapturePath, isLiteral: false, isCapture: true);
                break;
            default:
                Take(InputObject);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        EndGathered();
        ProcessRow(this, writer => token => Output.EndAsync(writer, token));
        base.EndProcessing();
    }

    private void ReadNamed(IEnumerable<string> names, bool isLiteral, bool isCapture)
    {
        foreach (string name in names)
        {
            IReadOnlyList<string> paths = [];
            ProcessRow(name, _ =>
            {
                paths = isLiteral ? [NamedFiles.One(this, name)] : NamedFiles.All(this, name);
                return null;
            });
            foreach (string path in paths)
                ProcessRow(path, writer => token => isCapture ? ReadCaptureAsync(writer, path, token) : ReadAsync(writer, path, token));
        }
    }

    private void Take(PSObject input)
    {
        switch (input.BaseObject)
        {
            case byte octet:
                EndLines();
                Gather(() => _octets.Take([octet]));
                return;
            case int and >= 0 and <= byte.MaxValue:
                // as numbers of a script are
                EndLines();
                Gather(() => _octets.Take([(byte)(int)input.BaseObject]));
                return;
            case byte[] { Length: 1 } octets:
                EndLines();
                Gather(() => _octets.Take(octets));
                return;
            case string text:
                EndOctets();
                bool waits = true;
                Gather(() => waits = _lines.Take(text));
                if (!waits)
                    Read(text, writer => MessageInput.Read(text, Inspection.Limits, writer.Warning));
                return;
        }
        EndGathered();
        switch (input.BaseObject)
        {
            case object[] several:
                foreach (object one in several)
                    Take(PSObject.AsPSObject(one));
                break;
            case byte[] octets:
                Read(octets, writer => MessageInput.Read(octets, Inspection.Limits, writer.Warning));
                break;
            case FileSystemInfo file:
                ProcessRow(file, writer => token => ReadAsync(writer, file.FullName, token));
                break;
            case CmpMessage message:
                ProcessRow(message, writer => token => Output.EmitAsync(writer, Again(message), token));
                break;
            case CmpConversation conversation:
                ProcessRow(conversation, writer => token => EmitAsync(writer, conversation.Messages.Select(Again), token));
                break;
            default:
                Read(input, writer => MessageInput.Read(InspectedInput.OctetsOf(input), Inspection.Limits, writer.Warning));
                break;
        }
    }

    /// <summary>A message that was looked at before, as it is asked for now.</summary>
    private CmpMessage Again(CmpMessage message) => CmpMessage.Read(message.GetOctets(), Inspection, message.Conversation, message.Source);

    private void Gather(Action take)
    {
        try
        {
            take();
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(null));
        }
    }

    private void EndGathered()
    {
        EndOctets();
        EndLines();
    }

    private void EndOctets()
    {
        if (_octets.End() is { } octets)
            Read(octets, writer => MessageInput.Read(octets, Inspection.Limits, writer.Warning));
    }

    private void EndLines()
    {
        if (_lines.End() is { } text)
            Read(text, writer => MessageInput.Read(text, Inspection.Limits, writer.Warning));
    }

    private void Read(object target, Func<PipelineWriter, IReadOnlyList<ReadOnlyMemory<byte>>> find) =>
        ProcessRow(target, writer => token => EmitAsync(writer, find(writer).Select(octets => CmpMessage.Read(octets, Inspection, null, FromPipeline)), token));

    private async Task EmitAsync(PipelineWriter writer, IEnumerable<CmpMessage> messages, CancellationToken token)
    {
        foreach (CmpMessage message in messages)
        {
            token.ThrowIfCancellationRequested();
            await Output.EmitAsync(writer, message, token).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(PipelineWriter writer, string path, CancellationToken token)
    {
        if (Directory.Exists(path))
            await ReadFolderAsync(writer, path, token).ConfigureAwait(false);
        else if (CaptureFile.IsOne(path))
            await ReadCaptureAsync(writer, path, token).ConfigureAwait(false);
        else
            await EmitAsync(writer, ReadFile(writer, path), token).ConfigureAwait(false);
    }

    private Task ReadCaptureAsync(PipelineWriter writer, string path, CancellationToken token) => new CaptureFile(path, _captures, Inspection).ReadAsync(writer, Output, token);

    /// <summary>A trace by its log, else all files that have messages.</summary>
    private async Task ReadFolderAsync(PipelineWriter writer, string folder, CancellationToken token)
    {
        IReadOnlyList<TracedMessage> traced = TraceFolder.Read(folder);
        if (traced.Count > 0)
        {
            await EmitAsync(writer, traced.SelectMany(message => ReadFile(writer, message.Path, message)), token).ConfigureAwait(false);
            return;
        }
        long before = Output.Messages;
        foreach (string path in InspectedInput.FilesIn(folder))
        {
            try
            {
                if (CaptureFile.IsOne(path))
                    await ReadCaptureAsync(writer, path, token).ConfigureAwait(false);
                else
                    await EmitAsync(writer, ReadFile(writer, path), token).ConfigureAwait(false);
            }
            catch (CmpException e) when (e.Kind is CmpErrorKind.Malformed or CmpErrorKind.Protocol)
            {
                writer.Verbose($"'{PeerText.Escape(path)}' was left out: {e.Message}");
            }
            catch (CmpException e) when (e.Kind == CmpErrorKind.Store)
            {
                // it may be the one that is looked for
                writer.Warning($"'{PeerText.Escape(path)}' was left out: {e.Message}");
            }
        }
        if (Output.Messages == before)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.NotAMessage", $"No file in '{PeerText.Escape(folder)}' has a message of CMP.")
            {
                RecommendedAction = "-Verbose says why each was left out. Folders in it are not looked into.",
            };
        }
    }

    /// <summary>The messages of a file. What is wrong with it names it.</summary>
    private IReadOnlyList<CmpMessage> ReadFile(PipelineWriter writer, string path, TracedMessage? traced = null)
    {
        byte[] octets = BoundedFile.Read(path, SavedMessage.MaxBytes);
        try
        {
            IReadOnlyList<ReadOnlyMemory<byte>> messages = MessageInput.Read(octets, Inspection.Limits, text => writer.Warning($"'{PeerText.Escape(path)}': {text}"));
            return [.. messages.Select(message => CmpMessage.Read(message, Inspection, PlaceOf(traced), path))];
        }
        catch (CmpException e) when (e.Kind is CmpErrorKind.Malformed or CmpErrorKind.Protocol)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"'{PeerText.Escape(path)}': {e.Message}", e) { RecommendedAction = e.RecommendedAction, Octets = e.Octets };
        }
    }

    private static ConversationPlace? PlaceOf(TracedMessage? traced) => traced is null ? null : new ConversationPlace
    {
        Direction = traced.Direction == TraceDirection.Sent ? MessageDirection.Request : MessageDirection.Response,
        Time = traced.Time,
        Number = traced.Number,
    };
}
