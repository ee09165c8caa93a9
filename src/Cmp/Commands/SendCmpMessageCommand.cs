using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages;

namespace Cmp.Commands;

/// <summary>Sends messages that were made before, as they are: announcements until they are stored, others once.</summary>
[Cmdlet(VerbsCommunications.Send, "CmpMessage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = MessageSet)]
[OutputType(typeof(CmpDelivery))]
public sealed class SendCmpMessageCommand : ServerCmdlet
{
    private const string MessageSet = "Message";
    private const string PathSet = "Path";

    private static readonly string[] OfOurOwn =
    [
        nameof(Credential), nameof(ClientCertificate), nameof(ClientKeyPath), nameof(ClientKeyPassword), nameof(TrustAnchor), nameof(ServerCertificate), nameof(Protection), nameof(ProtocolVersion),
    ];

    private readonly GatheredOctets _gathered = new();

    /// <summary>The octets of a message: from the pipeline as a property, as an array, or one by one.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = MessageSet)]
    [Alias("NextMessage")]
    [AllowNull]
    [AllowEmptyCollection]
    public byte[] Message { get; set; } = null!;

    /// <summary>The file with the message: its DER, or, with the extension .eml, the mail that carries it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>Sends an announcement once, and does not wait for an answer that is not there yet.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>How many messages are on their way at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int AtOnce => ThrottleLimit;

    /// <inheritdoc/>
    private protected override string Activity => "Sending messages";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        // what the pipeline brings beside a message is not said to this command
        if (OfOurOwn.Where(MyInvocation.BoundParameters.ContainsKey).ToArray() is { Length: > 0 } idle)
            WriteWarning($"A message that was made before goes out as it is, and its answer is not judged: {string.Join(", ", idle.Select(name => "-" + name))} changes nothing.");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == PathSet)
        {
            string path = Path;
            ProcessRow(path, writer =>
            {
                string file = FilePath(path)!;
                return Prepare(writer, Read(writer, file), file);
            });
        }
        else if (!IsGathered())
        {
            Send(Message);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        SendGathered();
        base.EndProcessing();
    }

    /// <summary>Whether it was one octet of a message that comes one by one; what is longer ends that message.</summary>
    private bool IsGathered()
    {
        try
        {
            if (Message is not null && _gathered.Take(Message))
                return true;
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(null));
            return true;
        }
        SendGathered();
        return false;
    }

    private void SendGathered()
    {
        if (_gathered.End() is { } octets)
            Send(octets);
    }

    private void Send(byte[]? message) => ProcessRow(message ?? (object)MyInvocation.MyCommand.Name, writer =>
    {
        if (message is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Message", "There is no message to send.")
            {
                RecommendedAction = "What came as the answer to a general message has none of its own, and a transaction that waits has none now.",
            };
        }
        return Prepare(writer, PkiMessage.Decode(message), file: null);
    });

    /// <summary>Another file than a message, such as a web page that was saved, is told by its name.</summary>
    private static PkiMessage Read(PipelineWriter writer, string path)
    {
        try
        {
            return PkiMessage.Decode(SavedMessage.Read(path, writer.Warning));
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"'{PeerText.Escape(path)}' is no CMP message. {e.Message}", e)
            {
                RecommendedAction = "Give a file with a message in DER, or the .eml file of a mail with it, as Export-CmpMessage writes them.",
                Octets = e.Octets,
            };
        }
    }

    /// <summary>Nobody is spoken for here: no secret is opened, and no vault is asked for one.</summary>
    private static ServerSettings AsNobody(ServerSettings settings) => settings with
    {
        Secret = null,
        SecretReference = null,
        ClientCertificate = null,
        ClientKey = null,
        ClientCertificateReference = null,
        Protection = null,
        AllowUnprotectedAnswers = null,
    };

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer, PkiMessage message, string? file)
    {
        CmpClient client = OpenClient(writer, AsNobody);
        string kind = PkiBodyTypeNames.Of(message.Body.Type);
        if (!ShouldProcess($"{client.Settings}", file is null ? $"Send the {kind}" : $"Send the {kind} of '{PeerText.Escape(file)}'"))
            return null;
        var progress = new CmdletProgress(writer, $"Sending {kind} to {client.Settings}");
        var options = new RequestOptions { Trace = Trace(writer), Progress = progress, IsImpatient = NoWait };
        return async token =>
        {
            try
            {
                Delivery delivery = AnnouncementSender.IsAnnouncement(message)
                    ? await new AnnouncementSender(client).SendAsync(message.Encoded, options, token).ConfigureAwait(false)
                    : await client.SendAsync(message.Encoded, options, token).ConfigureAwait(false);
                writer.Write(new CmpDelivery(delivery, client.Settings));
            }
            finally
            {
                progress.Complete();
            }
        };
    }
}
