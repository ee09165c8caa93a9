using System;
using System.IO;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Writes a message to a file: the one of a transaction that is to be carried to the server, or one at hand.</summary>
[Cmdlet(VerbsData.Export, "CmpMessage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = TransactionSet)]
[OutputType(typeof(FileInfo))]
public sealed class ExportCmpMessageCommand : TransactionCmdlet
{
    private const string TransactionSet = "Transaction";
    private const string MessageSet = "Message";

    private bool _isIdSaid;

    /// <summary>The transaction whose next message is written.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = TransactionSet)]
    [ArgumentCompleter(typeof(TransactionCompleter))]
    public string Id { get; set; } = null!;

    /// <summary>The octets of a message.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = MessageSet)]
    [Alias("Answer")]
    public byte[] Message { get; set; } = null!;

    /// <summary>The object in the pipeline: an announcement has an ID and a message, and the message is meant.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The file: .pki is the message in DER, .eml a mail that carries it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string OutFile { get; set; } = null!;

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _isIdSaid = MyInvocation.BoundParameters.ContainsKey(nameof(Id));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        bool isTransaction = ParameterSetName == TransactionSet;
        if (isTransaction && !_isIdSaid && InputObject?.Properties[nameof(Message)] is { } property)
        {
            isTransaction = false;
            Message = (byte[]?)property.Value!;
        }
        try
        {
            string path = GetUnresolvedProviderPathFromPSPath(OutFile);
            bool isMail = IsExtension(path, ".eml");
            if (!isMail && !IsExtension(path, ".pki"))
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OutFile", $"The extension of '{PeerText.Escape(OutFile)}' does not say what the file is to be.")
                {
                    RecommendedAction = "Name a .pki file, or .eml for a mail.",
                };
            }
            ReadOnlyMemory<byte> message = isTransaction ? NextMessage() : MessageAtHand();
            byte[] octets = isMail ? MessageMail.Write(message, isTransaction ? ServerOf(Id) : null, DateTimeOffset.UtcNow) : message.ToArray();
            if (!ShouldProcess(path, "Write the message"))
                return;
            // a request may carry a registration token
            AtomicFile.Write(path, octets, isSecret: true, overwrite: Force);
            if (PassThru)
                WriteObject(new FileInfo(path));
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(isTransaction ? Id : OutFile));
        }
    }

    private static bool IsExtension(string path, string extension) => string.Equals(Path.GetExtension(path), extension, StringComparison.OrdinalIgnoreCase);

    private ReadOnlyMemory<byte> MessageAtHand() => Message is not null ? PkiMessage.Decode(Message).Encoded
        : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Message", "There is no message to write: this came as the answer to a general message.");

    private Uri? ServerOf(string id) => (Requests.Find(id)?.Server ?? Store.Find(id)?.Server)?.Uri;

    private byte[] NextMessage() =>
        Find(Id).NextMessage
        ?? throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.NoMessage", $"The transaction {Id} has no message for the server now.")
        {
            RecommendedAction = "Go on with it by Wait-CmpTransaction.",
        };
}
