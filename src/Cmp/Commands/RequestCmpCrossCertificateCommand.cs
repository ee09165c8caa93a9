using System;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Asks a CA to certify another one: a cross-certificate, by which what the other CA issued leads to this one.</summary>
[Cmdlet(VerbsLifecycle.Request, "CmpCrossCertificate", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = CertificateSet)]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class RequestCmpCrossCertificateCommand : ServerCmdlet
{
    private const string CertificateSet = "Certificate";
    private const string Pkcs10Set = "Pkcs10";

    /// <summary>The other CA's certificate: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>The other CA's PKCS #10 request: a file, PEM text or octets.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = Pkcs10Set)]
    [Pkcs10Transformation]
    public CertificationRequest Pkcs10 { get; set; } = null!;

    /// <summary>A registered server's name, an address, or a server object; without it the default server.</summary>
    /// <remarks>Not from the pipeline: a CA's certificate says of which server it came, and another one is to certify it.</remarks>
    [Parameter]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public override ServerSettings? Server { get; set; }

    /// <summary>The CA that is to issue it, where it is not the only trust anchor of the server.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Issuer { get; set; }

    /// <summary>The beginning of validity, now by default; not taken from the pipeline, where the other CA's certificate has one.</summary>
    [Parameter]
    public DateTime? NotBefore { get; set; }

    /// <summary>The end of validity, that of the other CA's certificate by default.</summary>
    [Parameter]
    public DateTime? NotAfter { get; set; }

    /// <summary>Extensions of the cross-certificate; they stand over those of the other CA.</summary>
    [Parameter]
    public X509Extension[]? Extension { get; set; }

    /// <summary>The file that the cross-certificate goes to: .pem or .cer.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Does not ask for implicit confirmation.</summary>
    [Parameter]
    public SwitchParameter ExplicitConfirm { get; set; }

    /// <summary>A script block that sees the certificate as $_ and accepts or refuses it before it is confirmed.</summary>
    [Parameter]
    public ScriptBlock? Approve { get; set; }

    /// <summary>Makes the request and sends nothing: its messages are carried by hand.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <summary>Does not wait where the server needs time: emits the transaction, and Wait-CmpTransaction ends it.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    private protected override string Activity => "Asking for cross-certificates";

    private protected override bool IsByHand => Offline;

    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow(ParameterSetName == CertificateSet ? Certificate : (object)Pkcs10.Subject.ToString(), Prepare);

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer)
    {
        CmpClient client = OpenClient(writer);
        EnrollmentRequest request = Request();
        string what = (request.Pkcs10?.Subject ?? request.CrossCertified!.Subject).ToString();
        if (!ShouldProcess(what, $"Ask for a cross-certificate at {client.Settings}"))
            return null;
        var progress = new CmdletProgress(writer, $"Certifying {what}");
        var store = new EnrollmentStore();
        var enrollment = new Enrollment(client, request)
        {
            Store = store,
            Trace = Trace(writer),
            Progress = progress,
            Approve = Approve is { } script ? (issued, _) => writer.CallAsync(() => Approval.Ask(writer, script, issued)) : null,
        };
        return token => Outcome.RunAsync(writer, store, enrollment, progress, token);
    }

    private EnrollmentRequest Request() => new()
    {
        Operation = EnrollmentOperation.CrossCertification,
        CrossCertified = ParameterSetName == CertificateSet ? Messages.Pkix.Certificate.From(Certificate) : null,
        Pkcs10 = ParameterSetName == Pkcs10Set ? Pkcs10 : null,
        Issuer = Issuer is null ? null : Name.Parse(Issuer),
        NotBefore = NotBefore,
        NotAfter = NotAfter,
        Extensions = [.. (Extension ?? []).Select(extension => new Messages.Pkix.Extension(extension.Oid!.Value!, extension.Critical, extension.RawData))],
        ExplicitConfirm = ExplicitConfirm || Approve is not null,
        IsOffline = Offline,
        IsImpatient = NoWait,
        Destination = OutFile is null ? CertificateDestination.None : CertificateDestination.InFile(FilePath(OutFile)!, null, null, Force),
    };
}
