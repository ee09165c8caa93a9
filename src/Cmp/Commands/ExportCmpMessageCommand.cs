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
    protected override void ProcessRecord()
    {
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
            ReadOnlyMemory<byte> message = ParameterSetName == MessageSet ? PkiMessage.Decode(Message).Encoded : NextMessage();
            byte[] octets = isMail ? MessageMail.Write(message, ParameterSetName == MessageSet ? null : ServerOf(Id), DateTimeOffset.UtcNow) : message.ToArray();
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

    private static bool IsExtension(string path, string extension) => string.Equals(Path.GetExtension(path), extension, StringComparison.OrdinalIgnoreCase);

    private Uri? ServerOf(string id) => (Requests.Find(id)?.Server ?? Store.Find(id)?.Server)?.Uri;

    private byte[] NextMessage() =>
        Find(Id).NextMessage
        ?? throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.NoMessage", $"The transaction {Id} has no message for the server now.")
        {
            RecommendedAction = "Go on with it by Wait-CmpTransaction.",
        };
}
