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

/// <summary>Gets private keys back that a CA has kept, with their certificates, and puts both where they belong.</summary>
[Cmdlet(VerbsData.Restore, "CmpKey", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = CertificateSet)]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class RestoreCmpKeyCommand : DestinationCmdlet
{
    private const string SubjectSet = "Subject";
    private const string CertificateSet = "Certificate";

    /// <summary>Whose keys, as in <c>CN=router7, O=Example</c>: all that the CA has of that name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = SubjectSet)]
    [ValidateNotNullOrEmpty]
    public string Subject { get; set; } = null!;

    /// <summary>The certificate whose key is lost: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>Has a new key for signatures certified along with it.</summary>
    [Parameter]
    public SwitchParameter NewCertificate { get; set; }

    /// <summary>The kind of the new key, with -NewCertificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(KeyAlgorithmCompleter))]
    public string? KeyAlgorithm { get; set; }

    /// <summary>The kind of key that is made for the CA to encrypt to, and thrown away afterwards.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EncryptionKeyAlgorithmCompleter))]
    public string EncryptionKeyAlgorithm { get; set; } = "RSA_3072";

    /// <summary>Whether a key in a store of Windows may leave it again.</summary>
    [Parameter]
    public KeyExportPolicy KeyExportPolicy { get; set; }

    /// <summary>Replaces files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override string Activity => "Restoring keys";

    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow(ParameterSetName == CertificateSet ? Certificate : (object)Subject, Prepare);

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer)
    {
        WaitForFiles();
        if (ParameterSetName == CertificateSet)
            Prefer(new EnrollmentStore().Enrollments.Of(Certificate.Thumbprint));
        CmpClient client = OpenClient(writer);
        KeyRecoveryRequest request = Request();
        string whose = (request.Subject ?? request.Certificate!.Subject).ToString();
        DestinationDescription destination = request.Destination.Description;
        if (Consented(whose, $"Restore private keys from {client.Settings}", destination.Chain, destination.Store) is not { } chain)
            return null;
        if (chain != destination.Chain)
            request = request with { Destination = CertificateDestination.Of(destination with { Chain = chain }, OutPassword) };
        ClaimFiles(writer);
        CmdletProgress? progress = AtOnce == 1 ? new CmdletProgress(writer, $"Restoring keys of {whose}") : null;
        var store = new PendingRequestStore();
        var outcome = new RecoveryOutcome(writer, store, client.Settings, whose);
        var recovery = new KeyRecovery(client, request)
        {
            Store = store,
            Trace = Trace(writer),
            Progress = progress,
            Ended = outcome.Write,
        };
        return token => outcome.RunAsync(recovery, progress, timeout: null, token);
    }

    private KeyRecoveryRequest Request()
    {
        if (!NewCertificate && KeyAlgorithm is not null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.KeyAlgorithm", "-KeyAlgorithm is about a new key, which is made with -NewCertificate only: keys that come back are as they were.");
        return new KeyRecoveryRequest
        {
            Subject = ParameterSetName == SubjectSet ? Name.Parse(Subject) : null,
            Certificate = ParameterSetName == CertificateSet ? Messages.Pkix.Certificate.From(Certificate) : null,
            EncryptionKeyAlgorithm = Cryptography.KeyAlgorithm.Parse(EncryptionKeyAlgorithm),
            NewKeyAlgorithm = NewCertificate ? Cryptography.KeyAlgorithm.Parse(KeyAlgorithm ?? "ECDSA_P256") : null,
            Destination = Destination(overwrite: Force, InstallChain ?? ChainInstallation.None),
            OutPassword = OutPassword,
            IsKeyExportable = KeyExportPolicy == KeyExportPolicy.Exportable || OutFile is not null || NoInstall,
            PrivateKeyReaders = PrivateKeyReader is { } readers ? Given(readers).ToArray() : [],
            IsImpatient = NoWait,
        };
    }
}
