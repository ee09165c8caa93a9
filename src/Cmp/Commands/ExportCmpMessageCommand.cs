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

    /// <summary>The transaction whose next message is written.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = TransactionSet)]
    [ArgumentCompleter(typeof(TransactionCompleter))]
    public string Id { get; set; } = null!;

    /// <summary>The octets of a message.</summary>
    [Parameter(Mandatory = true, ParameterSetName = MessageSet)]
    public byte[] Message { get; set; } = null!;

    /// <summary>The file, with the extension .pki: a message in DER.</summary>
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
    protected override void ProcessRecord()
    {
        try
        {
            string path = GetUnresolvedProviderPathFromPSPath(OutFile);
            if (!string.Equals(Path.GetExtension(path), ".pki", StringComparison.OrdinalIgnoreCase))
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OutFile", $"The extension of '{PeerText.Escape(OutFile)}' does not say what the file is to be.")
                {
                    RecommendedAction = "Name a .pki file.",
                };
            }
            byte[] octets = ParameterSetName == MessageSet ? PkiMessage.Decode(Message).Encoded.ToArray() : NextMessage();
            if (!ShouldProcess(path, "Write the message"))
                return;
            // a request may carry a registration token
            AtomicFile.Write(path, octets, isSecret: true, overwrite: Force);
            if (PassThru)
                WriteObject(new FileInfo(path));
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(ParameterSetName == MessageSet ? OutFile : Id));
        }
    }

    private byte[] NextMessage() =>
        Find(Id).NextMessage
        ?? throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.NoMessage", $"The transaction {Id} has no message for the server now.")
        {
            RecommendedAction = "Go on with it by Wait-CmpTransaction.",
        };
}
