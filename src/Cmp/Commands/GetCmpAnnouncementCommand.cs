using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Framing;

namespace Cmp.Commands;

/// <summary>Gets what a CA says unasked: asks for it, listens for it, or reads it. Nothing becomes trusted, stored or revoked by that.</summary>
[Cmdlet(VerbsCommon.Get, "CmpAnnouncement", DefaultParameterSetName = PollSet)]
[OutputType(typeof(CaKeyUpdateAnnouncement))]
[OutputType(typeof(CertificateAnnouncement))]
[OutputType(typeof(RevocationAnnouncement))]
[OutputType(typeof(CrlAnnouncement))]
public sealed class GetCmpAnnouncementCommand : QuestionCmdlet
{
    private const string PollSet = "Poll";
    private const string ListenSet = "Listen";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string MessageSet = "Message";

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly SeenAnnouncements _emitted = new();
    private readonly List<X509Certificate2> _atHand = [];
    private readonly GatheredOctets _gathered = new();
    private readonly ObservedServers _servers = new();
    private readonly List<ServerSettings?> _serversOf = [];
    private AnnouncementMemory? _memory;
    private EnrollmentRecord? _record;
    private bool _isNamed;
    private bool _areSaid;
    private bool _isBegun;

    /// <summary>Which kinds; all that the way has by default.</summary>
    [Parameter(ParameterSetName = PollSet)]
    [ValidateNotNullOrEmpty]
    public AnnouncementType[]? Type { get; set; }

    /// <summary>How the CA is asked.</summary>
    [Parameter(ParameterSetName = PollSet)]
    public PollingWay? PollBy { get; set; }

    /// <summary>What the CA gave to pick an announcement up by: a number, or eight hexadecimal digits.</summary>
    [Parameter(ParameterSetName = PollSet)]
    [PollingReferenceTransformation]
    public PollingReference? PollingReference { get; set; }

    /// <summary>HTTP GET names issuers as GeneralNames, not as bare Names.</summary>
    [Parameter(ParameterSetName = PollSet)]
    public SwitchParameter IssuerAsGeneralNames { get; set; }

    /// <summary>Where pushed announcements are listened for.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ListenSet)]
    [ArgumentCompleter(typeof(ListenUriCompleter))]
    public Uri ListenUri { get; set; } = null!;

    /// <summary>The certificate, with its key, that TLS is spoken with at an https address.</summary>
    [Parameter(ParameterSetName = ListenSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2? ListenCertificate { get; set; }

    /// <summary>Files with messages; wildcards are understood.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = null!;

    /// <summary>Files with messages, by their names as they are.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    [Alias("FullName")]
    public string[] LiteralPath { get; set; } = null!;

    /// <summary>The octets of a message, also one by one from the pipeline.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = MessageSet)]
    [ValidateNotNullOrEmpty]
    public byte[] Message { get; set; } = null!;

    /// <summary>Certificates to ask about: their CRL, their revocation, the next key of their root. Where nothing is asked they are at hand.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation(Many = true, OneEach = true, MayBeOther = true)]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2[]? Certificate { get; set; }

    /// <summary>Ends after so many.</summary>
    [Parameter(ParameterSetName = PollSet)]
    [Parameter(ParameterSetName = ListenSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? Count { get; set; }

    /// <summary>Leaves out what was emitted before, also by an earlier process.</summary>
    [Parameter(ParameterSetName = PollSet)]
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = MessageSet)]
    public SwitchParameter NewOnly { get; set; }

    /// <summary>How old a message may be that is believed: a day by default.</summary>
    [Parameter]
    [BlankIsNothing(typeof(TimeSpan))]
    public TimeSpan? MaxAge { get; set; }

    /// <inheritdoc/>
    private protected override bool IsByHand => ParameterSetName != PollSet;

    /// <summary>Only general messages are ours; what is announced is signed as a rule.</summary>
    private protected override bool NeedsSecret => ParameterSetName == PollSet && Way == PollingWay.GeneralMessage;

    /// <summary>The server that the certificate was enrolled at is its CA's; where it is not remembered, the default one.</summary>
    private protected override ServerSettings? UnnamedServer => _record is { } record ? OrTheSame(record.CurrentServer) : base.UnnamedServer;

    private AnnouncementMemory Memory => _memory ??= new AnnouncementMemory();

    private PollingWay Way => PollBy ?? (PollingReference is null ? PollingWay.GeneralMessage : PollingWay.TcpReference);

    /// <summary>Whether what comes does not depend on the certificates: they are at hand then, and the server is asked once.</summary>
    private bool IsAskedOnce => Way is PollingWay.Observe or PollingWay.TcpReference;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Dictionary<string, object> said = MyInvocation.BoundParameters;
        _isNamed = said.ContainsKey(nameof(Path)) || said.ContainsKey(nameof(LiteralPath)) || said.ContainsKey(nameof(Message));
        _areSaid = said.ContainsKey(nameof(Certificate));
        try
        {
            CheckArguments();
        }
        catch (CmpException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(MyInvocation.MyCommand.Name));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == PollSet)
        {
            Poll();
            return;
        }
        AddAtHand();
        // what is named is read, and listened for, when all certificates are there
        if (!_isNamed && ParameterSetName == LiteralPathSet)
            ReadFiles(LiteralPath, isLiteral: true);
        else if (!_isNamed && ParameterSetName == MessageSet)
            TakeOctets();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // where the pipeline brought nothing
        if (_areSaid)
            AddAtHand();
        switch (ParameterSetName)
        {
            case PollSet when IsAskedOnce:
                AskOnce();
                break;
            case ListenSet:
                ProcessRow(ListenUri, Listen);
                break;
            case PathSet:
                ReadFiles(Path, isLiteral: false);
                break;
            case LiteralPathSet when _isNamed:
                ReadFiles(LiteralPath, isLiteral: true);
                break;
            case MessageSet when _isNamed:
                Read(Message);
                break;
        }
        ReadGathered();
        base.EndProcessing();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            _servers.Dispose();
    }

    /// <summary>What no certificate and no server can make right is said once, before anything is read or sent.</summary>
    private void CheckArguments()
    {
        if (MaxAge is { } age && age <= TimeSpan.Zero)
            throw Refused("MaxAge", "-MaxAge is a time span above zero, as in 7.00:00:00 for a week.");
        if (ParameterSetName is ListenSet or PathSet or LiteralPathSet or MessageSet)
            return;
        if (IssuerAsGeneralNames && Way != PollingWay.HttpGet)
            throw Refused("IssuerAsGeneralNames", $"-IssuerAsGeneralNames is of HTTP GET, and {Way} has no such thing.");
        if (Count is not null && Way != PollingWay.Observe)
            throw Refused("Count", $"-Count is of what comes until it is enough: -ListenUri and -PollBy Observe. {Way} is asked once.");
        if (IsServerSaid && Server is { } server)
            CheckWay(server);

        static CmpException Refused(string parameter, string message) => new(CmpErrorKind.Argument, "CmpArgument." + parameter, message);
    }

    /// <summary>Of a server on the command line it is known already which ways there are. Whom it is about may come with the certificates.</summary>
    private void CheckWay(ServerSettings server)
    {
        try
        {
            Question(null, Type).Check(new ServerSettings { Preset = Preset, TrustAnchor = Core(TrustAnchor) }.Over(server));
        }
        catch (CmpException e) when (e.ErrorId == "CmpArgument.Certificate")
        {
            // each row says that for itself
        }
    }

    private AnnouncementQuestion Question(X509Certificate2? certificate, IReadOnlyList<AnnouncementType>? types) => new()
    {
        PollBy = Way,
        Types = types,
        Certificate = certificate is null ? null : Messages.Pkix.Certificate.From(certificate),
        Reference = PollingReference,
        IssuerAsGeneralNames = IssuerAsGeneralNames,
    };

    private void Poll()
    {
        IReadOnlyList<X509Certificate2?> certificates = Certificate is { Length: > 0 } given ? given : new X509Certificate2?[1];
        foreach (X509Certificate2? certificate in certificates)
        {
            object target = certificate ?? ServerTarget;
            ProcessRow(target, writer =>
            {
                Find(certificate);
                return IsAskedOnce ? AddServer(certificate) : AskFor(writer, certificate, target);
            });
        }
    }

    /// <summary>The enrolment that brought the certificate.</summary>
    private void Find(X509Certificate2? certificate)
    {
        _record = IsServerSaid || certificate is null ? null : new EnrollmentStore().Enrollments.Of(certificate.Thumbprint);
        Prefer(_record);
    }

    /// <summary>Asks about a certificate, or about what the server is trusted for; what was asked along this pipeline is not asked again.</summary>
    private Func<CancellationToken, Task>? AskFor(PipelineWriter writer, X509Certificate2? certificate, object target)
    {
        CmpClient client = OpenClient(writer);
        AnnouncementQuestion question = Question(certificate, Type);
        question.Check(client.Said);
        if (question.Certificate is { } about)
        {
            AnnouncementType[] types = [.. question.AskedTypes.Where(type => _asked.Add(CertificatesAtHand.AskedOf(type, about, client.Settings)))];
            if (types.Length == 0)
            {
                writer.Verbose($"What {about} stands for was asked about already.");
                return null;
            }
            question = question with { Types = types };
        }
        var atHand = new CertificatesAtHand(certificate is null ? [] : [certificate]);
        var output = new AnnouncementOutput(writer, Memory) { OnlyNew = NewOnly, Remembers = true, Emitted = _emitted };
        var poller = new AnnouncementPoller(client, Judge(client, writer, atHand));
        Func<Announcement, CancellationToken, Task> emit = output.Of(NamedServer, atHand);
        return Ask(writer, $"Asking {client.Settings} for announcements", (options, token) =>
            poller.PollAsync(question, emit, options, (type, error) => writer.Error(ErrorOf(type, error, target)), token));
    }

    /// <summary>Of several questions about the same the error says which one it was.</summary>
    private static ErrorRecord ErrorOf(AnnouncementType type, CmpException error, object target)
    {
        ErrorRecord record = error.ToErrorRecord(target);
        record.ErrorDetails = new ErrorDetails($"{type}: {error.Message}") { RecommendedAction = record.ErrorDetails.RecommendedAction };
        return record;
    }

    /// <summary>Keeps the connection to a server that is asked once, after all certificates have come.</summary>
    private Func<CancellationToken, Task>? AddServer(X509Certificate2? certificate)
    {
        _isBegun = true;
        SharedClient client = ShareClient();
        try
        {
            Question(null, Type).Check(client.Client.Said);
        }
        catch
        {
            client.Dispose();
            throw;
        }
        _servers.Add(client, NamedServer, ServerTarget, certificate);
        return null;
    }

    /// <summary>Asks for what comes whichever certificates there are: it is observed until it is enough, or picked up by its reference.</summary>
    private void AskOnce()
    {
        // of no certificate it is still what the server says
        if (!_isBegun)
            Poll();
        IReadOnlyList<ObservedServer> servers = _servers.Servers;
        if (servers.Count > 0)
            ProcessRow(servers[0].Target, writer => AskOnce(writer, servers));
    }

    private Func<CancellationToken, Task> AskOnce(PipelineWriter writer, IReadOnlyList<ObservedServer> servers)
    {
        if (servers.Count > 1 && Way == PollingWay.TcpReference)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.PollingReference", "A polling reference is of one server, and the certificates are of several.")
            {
                RecommendedAction = "Name the server with -Server.",
            };
        }
        var output = new AnnouncementOutput(writer, Memory) { OnlyNew = NewOnly, Remembers = true, Count = Count };
        string names = string.Join(", ", servers.Select(server => server.Client.Settings.ToString()));
        Func<RequestOptions, CancellationToken, Task>[] questions = [.. servers.Select(server => AskOnce(writer, output, server))];
        return Ask(writer, $"{(Way == PollingWay.Observe ? "Observing" : "Asking")} {names}", async (options, token) =>
        {
            using CancellationTokenSource enough = output.Until(token);
            try
            {
                await Task.WhenAll(questions.Select(ask => ask(options, enough.Token))).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (output.IsFull)
            {
            }
        });
    }

    private Func<RequestOptions, CancellationToken, Task> AskOnce(PipelineWriter writer, AnnouncementOutput output, ObservedServer server)
    {
        var atHand = new CertificatesAtHand(server.Certificates);
        var poller = new AnnouncementPoller(server.Client, Judge(server.Client, writer, atHand));
        Func<Announcement, CancellationToken, Task> emit = output.Of(server.Server, atHand);
        AnnouncementQuestion question = Question(null, Type);
        // as long as a server may take for an answer is nothing to who waits for news
        TimeSpan? time = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return async (options, token) =>
        {
            try
            {
                await poller.PollAsync(question, emit, question.PollBy == PollingWay.Observe ? options with { Timeout = time } : options, null, token).ConfigureAwait(false);
            }
            catch (CmpException e) when (!e.IsTerminating())
            {
                // the other servers may have something to say yet
                writer.Error(e.ToErrorRecord(server.Target));
            }
        };
    }

    private AnnouncementJudge Judge(CmpClient client, PipelineWriter writer, CertificatesAtHand atHand)
    {
        var settings = new JudgeSettings { About = atHand.Certificates, Trace = Trace(writer) };
        return new AnnouncementJudge(client, Memory, MaxAge is { } age ? settings with { MaxAge = age } : settings);
    }

    /// <summary>The certificates that announcements may be about, and whose word they are; those on the command line once.</summary>
    private void AddAtHand()
    {
        if (ParameterSetName == PollSet || (_areSaid && _atHand.Count > 0))
            return;
        foreach (X509Certificate2 certificate in Certificate ?? [])
        {
            try
            {
                _atHand.Add(certificate);
                AddServerOf(certificate);
            }
            catch (CmpException e)
            {
                WriteError(e.ToErrorRecord(certificate));
            }
        }
    }

    private void AddServerOf(X509Certificate2 certificate)
    {
        if (IsServerSaid)
            return;
        Find(certificate);
        ServerSettings? server = NamedServer;
        _record = null;
        if (!_serversOf.Exists(other => other?.ToString() == server?.ToString()))
            _serversOf.Add(server);
    }

    /// <summary>Who is believed follows from one server: the one that is named, else that of the certificates.</summary>
    private void ChooseServer()
    {
        if (_serversOf.Count > 1)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", $"The certificates are of several servers, and announcements are believed by the settings of one: {string.Join(", ", _serversOf)}.")
            {
                RecommendedAction = "Name it with -Server, and use a command for each server.",
            };
        }
        if (_serversOf is [{ } server])
            Server = server;
    }

    /// <summary>Listens until it is enough: the count, the time, whoever reads the pipeline, or Ctrl+C.</summary>
    private Func<CancellationToken, Task> Listen(PipelineWriter writer)
    {
        ChooseServer();
        CmpClient client = OpenClient(writer);
        var atHand = new CertificatesAtHand(_atHand);
        var output = new AnnouncementOutput(writer, Memory) { Count = Count };
        var refusals = new RefusedPushes(writer);
        if (client.Settings is { TrustAnchor.Count: 0, ServerCertificate: null, Secret: null })
            writer.Warning("Nobody is trusted to announce anything, so nothing will be verified. Name a -Server, or a -TrustAnchor.");
        var settings = new AnnouncementListenerSettings { Uri = ListenUri, TlsCertificate = ListenCertificate, Lenient = client.Settings.Lenient!.Value };
        AnnouncementJudge judge = Judge(client, writer, atHand);
        Func<Announcement, CancellationToken, Task> emit = output.Of(NamedServer, atHand);
        TimeSpan? time = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        return async token =>
        {
            using AnnouncementListener listener = AnnouncementListener.Start(settings, judge, Memory, emit, refusals.Add);
            try
            {
                writer.Verbose($"Listening at {listener.Uri}.");
                await output.WaitAsync(time, token).ConfigureAwait(false);
            }
            finally
            {
                // the user does not wait; else whoever pushed the last one is told what became of it
                if (writer.IsStopping)
                    await listener.StopAsync().ConfigureAwait(false);
                else
                    await listener.FinishAsync().ConfigureAwait(false);
            }
        };
    }

    private void ReadFiles(string[]? given, bool isLiteral)
    {
        foreach (string name in given ?? [])
        {
            IReadOnlyList<string> paths = [];
            ProcessRow(name, _ =>
            {
                paths = isLiteral ? [FilePath(name)!] : NamedFiles.All(this, name);
                return null;
            });
            foreach (string path in paths)
                ProcessRow(path, writer => Read(writer, SavedMessage.Read(path, writer.Warning), path));
        }
    }

    /// <summary>A message comes whole, or octet by octet, as Get-Content gives it; what is longer ends that message.</summary>
    private void TakeOctets()
    {
        try
        {
            if (_gathered.Take(Message))
                return;
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(null));
            return;
        }
        ReadGathered();
        Read(Message);
    }

    private void ReadGathered()
    {
        if (_gathered.End() is { } octets)
            Read(octets);
    }

    private void Read(byte[] octets) => ProcessRow(octets, writer => Read(writer, octets, null));

    /// <summary>Judges what is at hand. It is remembered only with -NewOnly: who looks into old files does not say that they came just now.</summary>
    private Func<CancellationToken, Task> Read(PipelineWriter writer, ReadOnlyMemory<byte> octets, string? path)
    {
        if (_isNamed)
            ChooseServer();
        CmpClient client = OpenClient(writer);
        var atHand = new CertificatesAtHand(_atHand);
        var output = new AnnouncementOutput(writer, Memory) { OnlyNew = NewOnly, Remembers = NewOnly };
        AnnouncementJudge judge = Judge(client, writer, atHand);
        Func<Announcement, CancellationToken, Task> emit = output.Of(NamedServer, atHand);
        return async token =>
        {
            foreach (Announcement announcement in await JudgeAsync(judge, octets, path, token).ConfigureAwait(false))
                await emit(announcement, token).ConfigureAwait(false);
        };
    }

    private static async Task<IReadOnlyList<Announcement>> JudgeAsync(AnnouncementJudge judge, ReadOnlyMemory<byte> octets, string? path, CancellationToken token)
    {
        try
        {
            return await judge.JudgeAsync(octets, AnnouncementSource.Read, path, token).ConfigureAwait(false);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"{(path is null ? "What came" : $"'{PeerText.Escape(path)}'")} is no announcement. {e.Message}", e)
            {
                Octets = e.Octets,
                RecommendedAction = "Give the octets of a message in DER, a file with them, or the .eml file of the mail with it.",
            };
        }
    }
}
