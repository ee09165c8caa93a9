using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Transactions;

namespace Cmp.Commands;

/// <summary>
/// Sends messages that were made before, as they are: announcements until they are stored, others once. As a registration authority it adds our protection to
/// messages of others, puts it in place of theirs, or sends several in one (RFC 9483 5.2).
/// </summary>
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

    private static readonly string[] OfOriginals = [nameof(OriginalCredential), nameof(OriginalTrustAnchor)];

    private static readonly string[] OfReplacing = [nameof(RaVerified), nameof(IncludeOriginal), nameof(AllowUnverifiedOriginal)];

    private readonly GatheredOctets _gathered = new();
    private ForwardingBatch? _batch;
    private SemaphoreSlim? _slots;

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

    /// <summary>Wraps each message in one that we protect: we approve of it, and its own protection stays.</summary>
    [Parameter]
    public SwitchParameter AddProtection { get; set; }

    /// <summary>Puts our protection in place of the one that each message has, after that was verified.</summary>
    [Parameter]
    public SwitchParameter ReplaceProtection { get; set; }

    /// <summary>Puts raVerified in place of proofs of possession, after they were checked.</summary>
    [Parameter]
    public SwitchParameter RaVerified { get; set; }

    /// <summary>Sends each message as it was along with the one that takes its place.</summary>
    [Parameter]
    public SwitchParameter IncludeOriginal { get; set; }

    /// <summary>Secrets that we share with those who made the messages: user name = reference value.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public PSCredential[]? OriginalCredential { get; set; }

    /// <summary>Who vouches for the certificates of those who made the messages.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? OriginalTrustAnchor { get; set; }

    /// <summary>Puts our protection in place of one that nobody has verified, too.</summary>
    [Parameter]
    public SwitchParameter AllowUnverifiedOriginal { get; set; }

    /// <summary>How many messages of the pipeline go out in one; each has its own answer.</summary>
    [Parameter]
    [Within(1, BatchTransaction.MaxMessages)]
    public int? BatchSize { get; set; }

    /// <summary>Sends an announcement once, and does not wait for an answer that is not there yet.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>How many messages are on their way at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int AtOnce => ThrottleLimit * (BatchSize ?? 1);

    /// <inheritdoc/>
    private protected override string Activity => "Sending messages";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Contradiction() is { } contradiction)
            ThrowTerminatingError(new CmpException(CmpErrorKind.Argument, "CmpArgument.Forwarding", contradiction).ToErrorRecord(MyInvocation.MyCommand.Name));
        if (IsForwarding)
            return;
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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            _slots?.Dispose();
    }

    /// <inheritdoc/>
    private protected override void StartGathered()
    {
        _batch?.Start();
        _batch = null;
    }

    /// <summary>Whether something of ours is said with the messages, so that we have to be somebody.</summary>
    private bool IsForwarding => AddProtection || ReplaceProtection || BatchSize is not null;

    /// <summary>What is done with the message of the current object before it goes out.</summary>
    private ForwardingOptions Forwarding => new()
    {
        AddsProtection = AddProtection,
        ReplacesProtection = ReplaceProtection,
        RaVerified = RaVerified,
        IncludesOriginal = IncludeOriginal,
        OriginalSecrets = OriginalCredential?.Select(credential => new ReferenceAndSecret(credential.UserName, credential.Password)).ToList() ?? [],
        OriginalAnchors = Core(OriginalTrustAnchor) ?? [],
        AllowsUnverified = AllowUnverifiedOriginal,
    };

    /// <summary>What of the parameters does not go together; <see langword="null"/>: all does.</summary>
    private string? Contradiction()
    {
        if (AddProtection && ReplaceProtection)
            return "-AddProtection and -ReplaceProtection do not go together: the protection of a message stays, or it does not.";
        if (!ReplaceProtection && Said(OfReplacing) is { } replacing)
            return $"{replacing} goes with -ReplaceProtection: else the message stays as it is.";
        if (!IsForwarding && Said(OfOriginals) is { } original)
            return $"{original} goes with -AddProtection, -ReplaceProtection or -BatchSize: a message that is sent as it is, is not looked at.";
        return null;
    }

    /// <summary>Those of some parameters that stand on the command line.</summary>
    private string? Said(string[] names) =>
        string.Join(", ", names.Where(MyInvocation.BoundParameters.ContainsKey).Select(name => "-" + name)) is { Length: > 0 } said ? said : null;

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
        if (IsForwarding)
            return PrepareForwarding(writer, message, file);
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

    private Func<CancellationToken, Task>? PrepareForwarding(PipelineWriter writer, PkiMessage message, string? file)
    {
        CmpClient client = OpenClient(writer);
        string kind = PkiBodyTypeNames.Of(message.Body.Type);
        string what = file is null ? kind : $"{kind} of '{PeerText.Escape(file)}'";
        string how = AddProtection ? "with our protection added" : ReplaceProtection ? "under our protection in place of its own" : "as it is";
        if (!ShouldProcess($"{client.Settings}", $"Send the {what} {how}{(BatchSize is null ? string.Empty : ", in one message with others")}"))
            return null;
        ForwardingOptions forwarding = Forwarding;
        if (BatchSize is { } size)
            return Gather(writer, client, message, forwarding, size);
        var progress = new CmdletProgress(writer, $"Sending {kind} to {client.Settings}");
        var options = new RequestOptions { Trace = Trace(writer), Progress = progress, IsImpatient = NoWait };
        return async token =>
        {
            try
            {
                writer.Write(new CmpDelivery(await client.ForwardAsync(message.Encoded, forwarding, options, token).ConfigureAwait(false), client.Settings));
            }
            finally
            {
                progress.Complete();
            }
        };
    }

    /// <summary>Has a row's message go out in one with those of other rows.</summary>
    private Func<CancellationToken, Task> Gather(PipelineWriter writer, CmpClient client, PkiMessage message, ForwardingOptions forwarding, int size)
    {
        if (_batch is not null && !_batch.Takes(client, message))
        {
            writer.Verbose("The next message goes to another server, by another credential, or belongs to the same transaction as one before it: a new batch begins.");
            StartGathered();
        }
        _slots ??= new SemaphoreSlim(ThrottleLimit);
        _batch ??= NewBatch(client, size);
        Func<CancellationToken, Task<Delivery>> answer = _batch.Join(writer, message, forwarding);
        if (_batch.IsFull)
            StartGathered();
        return async token => writer.Write(new CmpDelivery(await answer(token).ConfigureAwait(false), client.Settings));
    }

    private ForwardingBatch NewBatch(CmpClient client, int size)
    {
        ForwardingBatch? batch = null;
        ICmpTrace trace = Trace(() => batch!.Writer);
        SemaphoreSlim slots = _slots!;
        bool isImpatient = NoWait;
        batch = new ForwardingBatch(client, size)
        {
            Run = async (rows, token) =>
            {
                await slots.WaitAsync(token).ConfigureAwait(false);
                var progress = new CmdletProgress(rows.Writer, $"Sending {rows.Messages.Count} messages to {client.Settings}");
                try
                {
                    return await client.ForwardAllAsync(rows.Messages, new RequestOptions { Trace = trace, Progress = progress, IsImpatient = isImpatient }, token).ConfigureAwait(false);
                }
                finally
                {
                    progress.Complete();
                    slots.Release();
                }
            },
        };
        return batch;
    }
}
