using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Enrols a certificate: makes a key, asks the server, confirms, and puts the certificate where it belongs.</summary>
[Cmdlet(VerbsCommon.New, "CmpCertificateRequest", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class NewCmpCertificateRequestCommand : EnrollmentCmdlet
{
    private SemaphoreSlim? _slots;
    private RequestBatch? _gathered;

    /// <summary>Objects with matching property names enrol one each.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>What the enrolment is called: Get-, Test- and Update-CmpCertificate find it by that. Without it its name is the thumbprint.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string? Name { get; set; }

    /// <summary>The subject, as in <c>CN=router7, O=Example</c>.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string? Subject { get; set; }

    /// <summary>The issuer that is asked for.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string? Issuer { get; set; }

    /// <summary>The beginning of validity that is asked for.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(DateTime))]
    public DateTime? NotBefore { get; set; }

    /// <summary>The end of validity that is asked for.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(DateTime))]
    public DateTime? NotAfter { get; set; }

    /// <summary>The friendly name in a Windows store.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string? FriendlyName { get; set; }

    /// <summary>A PKCS #10 request: a file, PEM text or octets.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Pkcs10Transformation]
    public CertificationRequest? Pkcs10 { get; set; }

    /// <summary>What the CA wants the request to look like: what Get-CmpRequestTemplate emits.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RequestTemplateTransformation]
    public RequestTemplate? RequestTemplate { get; set; }

    /// <summary>What becomes of the certificate that the enrolment of the same name brought before.</summary>
    [Parameter]
    public OldCertificateAction OldCertificateAction { get; set; } = OldCertificateAction.Keep;

    /// <summary>Which request is made.</summary>
    [Parameter]
    [ValidateSet("Initialization", "Certification")]
    public EnrollmentOperation Operation { get; set; }

    /// <summary>Whether the certificate shall be published.</summary>
    [Parameter]
    public bool? PublicationInfo { get; set; }

    /// <summary>How many objects of the pipeline are asked for in one message.</summary>
    [Parameter]
    [ValidateRange(1, 500)]
    public int BatchSize { get; set; } = 1;

    /// <summary>Replaces files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The name of the file that a PKCS #10 request is piped in is not what its certificate is called.</summary>
    private protected override string? EnrollmentName =>
        NoInstall || (InputObject?.BaseObject is FileInfo file && file.Name == Name) ? null : Name;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // said on the command line; what comes with a row is left out where it cannot be kept
        if (Name is not null && NoInstall)
            ThrowTerminatingError(new CmpException(CmpErrorKind.Argument, "CmpArgument.Name", "-Name goes with a certificate that is put somewhere, not with -NoInstall: what is remembered is to be found again.").ToErrorRecord(Name));
        base.BeginProcessing();
    }

    /// <inheritdoc/>
    private protected override string Activity => "Enrolling certificates";

    /// <summary>The CA finds its template again by the profile that it was asked for.</summary>
    private protected override string? Profile => CertificateProfile ?? RequestTemplate?.Profile;

    /// <summary>-ThrottleLimit counts messages, and a row of each message is in flight until it has ended.</summary>
    private protected override int AtOnce => ThrottleLimit * BatchSize;

    /// <inheritdoc/>
    private protected override void StartGathered()
    {
        _gathered?.Start();
        _gathered = null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            _slots?.Dispose();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() =>
        ProcessRow(InputObject ?? (object?)Subject ?? Pkcs10?.Subject.ToString() ?? DnsName?[0] ?? "certificate request", Prepare);

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer)
    {
        if (InputObject?.BaseObject is X509Certificate2)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.CertificateInPipeline", "A certificate in the pipeline is renewed by Update-CmpCertificate.")
            {
                RecommendedAction = "Pipe it to Update-CmpCertificate.",
            };
        }
        WaitForFiles();
        CmpClient client = OpenClient(writer);
        EnrollmentRequest request = Request(RequestedPkcs10());
        if (RequestTemplate is { } template)
            request = Fill(writer, template, request);
        request = InPlaceOfOld(writer, request);
        string what = request.Pkcs10?.Subject.ToString() ?? NullIfEmpty(request.Subject) ?? SubjectAltNames()?.FirstOrDefault()?.ToString() ?? "the subject that the CA chooses";
        DestinationDescription destination = request.Destination.Description;
        if (Consented(what, Offline ? $"Make a request for a certificate{KeyConsequence}" : $"Enrol a certificate at {client.Settings}{KeyConsequence}", destination.Chain, destination.Store) is not { } chain)
            return null;
        if (chain != destination.Chain)
            request = request with { Destination = CertificateDestination.Of(destination with { Chain = chain }, OutPassword) };
        return BatchSize == 1 ? Enroll(writer, client, request, $"Enrolling {what}") : Gather(writer, client, request, what);
    }

    /// <summary>Has a row's certificate be asked for in one message with those of other rows.</summary>
    private Func<CancellationToken, Task> Gather(PipelineWriter writer, CmpClient client, EnrollmentRequest request, string what)
    {
        if (request.Pkcs10 is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.BatchSize", "A PKCS #10 request is sent in a message of its own.")
            {
                RecommendedAction = "Leave -BatchSize out: -ThrottleLimit has several asked for at once.",
            };
        }
        if (_gathered is not null && !_gathered.Takes(client, request))
        {
            writer.Verbose($"{what} is asked of another server, or by another credential, than the rows before it: a new message begins.");
            StartGathered();
        }
        ClaimFiles(writer);
        _slots ??= new SemaphoreSlim(ThrottleLimit);
        _gathered ??= NewBatch(client, request.Operation);
        RequestBatch batch = _gathered;
        Func<CancellationToken, Task> work = batch.Join(writer, Complete(request));
        if (batch.IsFull)
            StartGathered();
        return work;
    }

    private RequestBatch NewBatch(CmpClient client, EnrollmentOperation operation)
    {
        RequestBatch? batch = null;
        ICmpTrace trace = Trace(() => batch!.Writer);
        var store = new EnrollmentStore();
        SemaphoreSlim slots = _slots!;
        ScriptBlock? approve = Approve;
        batch = new RequestBatch(client, operation, BatchSize)
        {
            Run = async (rows, token) =>
            {
                await slots.WaitAsync(token).ConfigureAwait(false);
                try
                {
                    await EnrollAsync(rows, client, store, trace, approve, token).ConfigureAwait(false);
                }
                finally
                {
                    slots.Release();
                }
            },
        };
        return batch;
    }

    private static async Task EnrollAsync(RequestBatch rows, CmpClient client, EnrollmentStore store, ICmpTrace trace, ScriptBlock? approve, CancellationToken token)
    {
        Enrollment? enrollment = null;
        enrollment = new Enrollment(client, rows.Requests)
        {
            Store = store,
            Trace = trace,
            Ended = item => rows.End(item, writer => Write(writer, enrollment!, item, client.Settings)),
            Approve = approve is null ? null : (issued, _) =>
            {
                PipelineWriter writer = rows.WriterOf(enrollment!.ItemOf(issued));
                return writer.CallAsync(() => Approval.Ask(writer, approve, issued));
            },
        };
        using (enrollment)
        {
            try
            {
                await enrollment.RunAsync(cancellationToken: token).ConfigureAwait(false);
            }
            catch (CmpException) when (enrollment.Items.All(item => item.Failure is not null || item.Enrolled is not null))
            {
                // each row has its own error
            }
            // one transaction stands for all that wait
            if (enrollment.Items.Any(item => item is { Enrolled: null, Failure: null }))
                Outcome.WritePending(rows.Writer, store, enrollment);
        }
    }

    private static void Write(PipelineWriter writer, Enrollment enrollment, EnrollmentItem item, ServerSettings server)
    {
        if (item.Enrolled is { } enrolled)
        {
            Outcome.Write(writer, enrolled, server);
            return;
        }
        if (item.IsKept)
            writer.Warning(Outcome.Kept(enrollment.TransactionId!));
        throw item.Failure!;
    }

    /// <summary>The PKCS #10 request that was named, or that the object in the pipeline is.</summary>
    private CertificationRequest? RequestedPkcs10() =>
        Pkcs10 ?? (Pkcs10TransformationAttribute.IsRequest(InputObject?.BaseObject) ? Pkcs10TransformationAttribute.Open(SessionState, InputObject!.BaseObject) : null);

    /// <summary>Fills the request into the CA's template; what does not go together is said before anything is sent.</summary>
    private EnrollmentRequest Fill(PipelineWriter writer, RequestTemplate template, EnrollmentRequest request)
    {
        if (request.Pkcs10 is not null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Pkcs10", "A PKCS #10 request is signed as it is: no template can be filled in.");
        var filler = new TemplateFiller(template);
        EnrollmentRequest filled = filler.Fill(request, KeyAlgorithm is { } word ? Cryptography.KeyAlgorithm.Parse(word) : null);
        if (filler.Added.Count > 0)
            writer.Warning($"The CA's template has no place for {string.Join(", ", filler.Added)}: it may refuse the request.");
        if (filler.LeftOut.Count > 0)
            writer.Verbose($"Left out, since nothing says what to fill in: {string.Join(", ", filler.LeftOut)}.");
        return filled;
    }

    /// <summary>The certificate that the enrolment of this name brought before gives way, where something is to become of it.</summary>
    private EnrollmentRequest InPlaceOfOld(PipelineWriter writer, EnrollmentRequest request)
    {
        request = request with { IsAnew = true };
        if (OldCertificateAction == OldCertificateAction.Keep)
            return request;
        if (EnrollmentName is not { } name)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OldCertificateAction", "-OldCertificateAction goes with -Name: it is about the certificate that the enrolment of the same name brought before.");
        if (new EnrollmentStore().Enrollments.Find(name) is not { } before)
            return request;
        try
        {
            FoundCertificate old = writer.Own(before.Open(OutPassword));
            return request with
            {
                OldCertificateReference = CertificateReference.Of(old.Certificate, before.Destination.KeyPath ?? before.KeyPath),
                OldCertificateObject = old.Certificate,
                OldCertificateAction = OldCertificateAction,
            };
        }
        catch (CmpException e)
        {
            writer.Verbose($"Of the certificate that {before.Name} brought before, nothing becomes: {e.Message}");
            return request;
        }
    }

    private EnrollmentRequest Request(CertificationRequest? pkcs10)
    {
        if (pkcs10 is not null && (Subject is not null || KeyAlgorithm is not null || SubjectAltNames() is not null))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Pkcs10", "A PKCS #10 request brings its own subject, names and key.");
        if (pkcs10 is null && RequestTemplate is null && string.IsNullOrEmpty(Subject) && SubjectAltNames() is not { Count: > 0 })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Subject", "The request names nobody.")
            {
                RecommendedAction = InputObject is null
                    ? "Give -Subject, -DnsName or -Pkcs10."
                    : "Give -Subject, -DnsName or -Pkcs10, or objects with a property Subject, DnsName or Pkcs10.",
            };
        }
        if (!NoInstall)
            Renewal.Check(RenewBefore, NotAfter - (NotBefore ?? DateTime.Now));
        return new EnrollmentRequest
        {
            Operation = pkcs10 is not null ? EnrollmentOperation.Pkcs10 : Operation,
            Pkcs10 = pkcs10,
            Subject = Subject is null ? null : Messages.Pkix.Name.Parse(Subject),
            SubjectAltNames = SubjectAltNames() ?? [],
            Extensions = Extensions(),
            Issuer = Issuer is null ? null : Messages.Pkix.Name.Parse(Issuer),
            NotBefore = NotBefore,
            NotAfter = NotAfter,
            Key = pkcs10 is not null && KeyPath is null ? null : KeyRequest(defaultAlgorithm: null),
            IsCentralKey = IsCentralKey,
            ArchiveKey = IsKeyArchived,
            ProofOfPossession = ProofOfPossession,
            Controls = PublicationInfo is { } publish ? [Controls.PublicationInfo(new PkiPublicationInfo(publish, []))] : [],
            RegistrationToken = RegistrationToken,
            Authenticator = Authenticator,
            RegistrationInfo = RegistrationPairs(),
            ExplicitConfirm = ExplicitConfirm || Approve is not null,
            TransactionId = TransactionIdOctets(),
            Destination = Destination(overwrite: Force, InstallChain ?? ChainInstallation.None),
            FriendlyName = FriendlyName,
            RenewBefore = RenewBefore,
        };
    }

    private static string? NullIfEmpty(Messages.Pkix.Name? name) => name is { IsEmpty: false } ? name.ToString() : null;
}
