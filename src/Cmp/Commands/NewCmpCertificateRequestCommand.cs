using System;
using System.IO;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Commands;

/// <summary>Enrols a certificate: makes a key, asks the server, confirms, and puts the certificate where it belongs.</summary>
[Cmdlet(VerbsCommon.New, "CmpCertificateRequest", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class NewCmpCertificateRequestCommand : EnrollmentCmdlet
{
    /// <summary>Objects with matching property names enrol one each.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>What the enrolment is called: Get-, Test- and Update-CmpCertificate find it by that. Without it its name is the thumbprint.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
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

    /// <summary>Which request is made.</summary>
    [Parameter]
    [ValidateSet("Initialization", "Certification")]
    public EnrollmentOperation Operation { get; set; }

    /// <summary>How possession of the key is proven.</summary>
    [Parameter]
    public ProofOfPossessionKind ProofOfPossession { get; set; }

    /// <summary>Whether the certificate shall be published.</summary>
    [Parameter]
    public bool? PublicationInfo { get; set; }

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
        string what = request.Pkcs10?.Subject.ToString() ?? NullIfEmpty(request.Subject) ?? request.SubjectAltNames![0].ToString();
        return ShouldProcess(what, $"Enrol a certificate at {client.Settings}") ? Enroll(writer, client, request, $"Enrolling {what}") : null;
    }

    /// <summary>The PKCS #10 request that was named, or that the object in the pipeline is.</summary>
    private CertificationRequest? RequestedPkcs10() =>
        Pkcs10 ?? (Pkcs10TransformationAttribute.IsRequest(InputObject?.BaseObject) ? Pkcs10TransformationAttribute.Open(SessionState, InputObject!.BaseObject) : null);

    private EnrollmentRequest Request(CertificationRequest? pkcs10)
    {
        if (pkcs10 is not null && (Subject is not null || KeyAlgorithm is not null || SubjectAltNames() is not null))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Pkcs10", "A PKCS #10 request brings its own subject, names and key.");
        if (pkcs10 is null && string.IsNullOrEmpty(Subject) && SubjectAltNames() is not { Count: > 0 })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Subject", "The request names nobody.")
            {
                RecommendedAction = InputObject is null
                    ? "Give -Subject, -DnsName or -Pkcs10."
                    : "Give -Subject, -DnsName or -Pkcs10, or objects with a property Subject, DnsName or Pkcs10.",
            };
        }
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
            ProofOfPossession = ProofOfPossession,
            Controls = PublicationInfo is { } publish ? [Controls.PublicationInfo(new PkiPublicationInfo(publish, []))] : [],
            RegistrationToken = RegistrationToken,
            Authenticator = Authenticator,
            RegistrationInfo = RegistrationPairs(),
            ExplicitConfirm = ExplicitConfirm || Approve is not null,
            TransactionId = TransactionIdOctets(),
            Destination = Destination(overwrite: Force),
            FriendlyName = FriendlyName,
        };
    }

    private static string? NullIfEmpty(Messages.Pkix.Name? name) => name is { IsEmpty: false } ? name.ToString() : null;
}
