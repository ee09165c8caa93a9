using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Renews certificates that are due, or with -Force at once: a new certificate for the old one, signed with the old one.</summary>
[Cmdlet(VerbsData.Update, "CmpCertificate", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = "Certificate")]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class UpdateCmpCertificateCommand : EnrollmentCmdlet
{
    private const string CertificateSet = "Certificate";
    private const string NameSet = "Name";

    private static readonly Random Random = new();
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    private EnrollmentRecord? _record;

    /// <summary>The row as it came, which its error is about.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true, ParameterSetName = CertificateSet)]
    public PSObject? InputObject { get; set; }

    /// <summary>The certificate to renew: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>The name of the enrolment whose certificate is renewed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>The file with the old certificate's key, where the certificate does not bring it; the password is -ClientKeyPassword.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateKeyPath { get; set; }

    /// <summary>Renews although it is not due.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How long before its end a certificate is due: a time span, or a percentage of its lifetime as in '20%'.</summary>
    [Parameter]
    [RenewalWindowTransformation]
    [ArgumentCompleter(typeof(RenewalWindowCompleter))]
    public RenewalWindow? RenewBefore { get; set; }

    /// <summary>The beginning of validity that is asked for; not taken from the pipeline, where the old certificate has one.</summary>
    [Parameter]
    public DateTime? NotBefore { get; set; }

    /// <summary>The end of validity that is asked for; not taken from the pipeline, where the old certificate has one.</summary>
    [Parameter]
    public DateTime? NotAfter { get; set; }

    /// <summary>The friendly name in a Windows store, the old one's by default; not taken from the pipeline either.</summary>
    [Parameter]
    public string? FriendlyName { get; set; }

    /// <summary>Certifies the old key again.</summary>
    [Parameter]
    public SwitchParameter ReuseKey { get; set; }

    /// <summary>What becomes of the old certificate: archived by default, kept where the new one goes nowhere.</summary>
    [Parameter]
    public OldCertificateAction? OldCertificateAction { get; set; }

    /// <summary>Waits a random time up to this before a renewal that is due, so that a fleet does not come at once.</summary>
    [Parameter]
    public TimeSpan RandomDelay { get; set; }

    private protected override ServerSettings? UnnamedServer => _record?.CurrentServer ?? base.UnnamedServer;

    private protected override string? EnrollmentName => _record is { IsNameless: false } ? _record.Name : null;

    /// <inheritdoc/>
    private protected override string Activity => "Renewing certificates";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        X509Certificate2? old = ParameterSetName == CertificateSet ? Certificate : null;
        ProcessRow(old is null ? Name : InputObject ?? (object)old, writer => Prepare(writer, old));
    }

    /// <summary>The certificate that is meant, and the enrolment that brought it, if it is remembered.</summary>
    private X509Certificate2 Find(PipelineWriter writer, X509Certificate2? certificate)
    {
        EnrollmentRecords records = new EnrollmentStore().Enrollments;
        _record = certificate is null ? records.Find(Name) ?? throw GetCmpCertificateCommand.NotFound(Name) : records.Of(certificate.Thumbprint);
        Prefer(_record);
        return certificate ?? writer.Own(Open(_record!)).Certificate;
    }

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer, X509Certificate2? certificate)
    {
        X509Certificate2 old = Find(writer, certificate);
        Certificate oldCertificate = Messages.Pkix.Certificate.From(old);
        DateTimeOffset due = Renewal.After(oldCertificate, RenewBefore);
        if (!Force && due > DateTimeOffset.UtcNow)
        {
            writer.Verbose($"{old.Thumbprint} is not due before {due.LocalDateTime:g}.");
            return null;
        }
        WaitForFiles();
        FoundCertificate? place = PlaceOf(old);
        PrivateKey? oldKey = writer.Own(CertificateKeyPath is { } path ? Keys.KeyFile.Read(FilePath(path)!, ClientKeyPassword) : PrivateKey.Of(old)) ?? ClientIdentity.KeyBeside(old);
        CmpClient client = OpenClient(writer, settings => SignedBy(writer, settings, old, oldKey));
        EnrollmentRequest request = Request(old, oldCertificate, oldKey, place);
        if (!ShouldProcess(oldCertificate.Subject.ToString(), $"Renew the certificate at {client.Settings}"))
            return null;
        Func<CancellationToken, Task> enroll = Enroll(writer, client, request, $"Renewing {oldCertificate.Subject}");
        TimeSpan delay = Force ? TimeSpan.Zero : Delay();
        if (delay == TimeSpan.Zero)
            return enroll;
        return async token =>
        {
            writer.Verbose($"Waiting {delay.TotalSeconds:0} seconds.");
            // a timer takes 24 days at the most on .NET Framework
            for (TimeSpan rest = delay; rest > TimeSpan.Zero; rest -= OneDay)
                await Task.Delay(rest < OneDay ? rest : OneDay, token).ConfigureAwait(false);
            await enroll(token).ConfigureAwait(false);
        };
    }

    private FoundCertificate Open(EnrollmentRecord record)
    {
        try
        {
            return record.Open(OutPassword ?? KeyPassword);
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.PasswordRequired")
        {
            throw new CmpException(e.Kind, e.ErrorId, e.Message, e) { RecommendedAction = "Give it with -OutPassword: passwords are not kept. It protects the new file too." };
        }
    }

    /// <summary>Rule 17: the old certificate signs, unless -Protection or an expired certificate says otherwise.</summary>
    private ServerSettings SignedBy(PipelineWriter writer, ServerSettings settings, X509Certificate2 old, PrivateKey? oldKey)
    {
        if (Protection is not null and not ProtectionKind.Signature)
            return settings;
        bool isExpired = old.NotAfter.ToUniversalTime() < DateTime.UtcNow;
        if (isExpired && (settings.Secret is not null || settings.SecretReference is not null) && Protection is null)
        {
            writer.Verbose($"{old.Thumbprint} has expired: the credential protects the request.");
            return settings with { Protection = settings.Protection?.IsUnderSharedSecret() == true ? settings.Protection : ProtectionKind.PasswordBasedMac };
        }
        if (oldKey is null && ClientCertificate is null)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "The certificate that is to be renewed has no private key here, so it cannot sign the request.")
            {
                RecommendedAction = "Name its key with -CertificateKeyPath, or use the shared secret with -Protection PasswordBasedMac.",
            };
        }
        return ClientCertificate is not null
            ? settings with { Protection = ProtectionKind.Signature }
            : settings with { Protection = ProtectionKind.Signature, ClientCertificate = old, ClientKey = oldKey, ClientKeyPath = FilePath(CertificateKeyPath), ClientKeyPassword = ClientKeyPassword, ClientChain = ClientIdentity.ChainOf(old) };
    }

    private EnrollmentRequest Request(X509Certificate2 old, Certificate oldCertificate, PrivateKey? oldKey, FoundCertificate? place)
    {
        if (ReuseKey && oldKey is null)
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "-ReuseKey needs the old certificate's private key.");
        return new EnrollmentRequest
        {
            Operation = EnrollmentOperation.KeyUpdate,
            OldCertificate = oldCertificate,
            OldCertificateReference = CertificateReference.Of(old, FilePath(CertificateKeyPath)),
            OldCertificateObject = old,
            OldCertificateAction = OldCertificateAction ?? (NoInstall ? Stores.OldCertificateAction.Keep : Stores.OldCertificateAction.Archive),
            SubjectAltNames = SubjectAltNames(),
            Extensions = Extensions(),
            NotBefore = NotBefore,
            NotAfter = NotAfter,
            Key = ReuseKey ? null : KeyRequest(Cryptography.KeyAlgorithm.Of(oldCertificate.PublicKey)),
            ExistingKey = ReuseKey ? oldKey : null,
            RegistrationToken = RegistrationToken,
            Authenticator = Authenticator,
            RegistrationInfo = RegistrationPairs(),
            ExplicitConfirm = ExplicitConfirm || Approve is not null,
            TransactionId = TransactionIdOctets(),
            Destination = Destination(place),
            FriendlyName = NullIfEmpty(FriendlyName ?? FriendlyNameOf(old)),
        };
    }

    /// <summary>The new certificate goes where the old one is; to a file only where the user says so, or said so when he enrolled it.</summary>
    private CertificateDestination Destination(FoundCertificate? place)
    {
        bool isSaid = CertStoreLocation is not null || OutFile is not null || NoInstall;
        if (!isSaid && _record is { } record)
            return CertificateDestination.Of(record.Destination, OutPassword);
        if (!isSaid && place is { Store: null })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Destination", "The old certificate is in a file: where the new one goes must be said.")
            {
                RecommendedAction = "Give -OutFile (the same file is replaced at the very end), -CertStoreLocation or -NoInstall.",
            };
        }
        return isSaid || place?.Store is not { } store ? Destination(overwrite: true) : CertificateDestination.InStore($@"Cert:\{store.Store}");
    }

    /// <summary>Where the old certificate is kept: as it was named, else by its thumbprint in the stores.</summary>
    private static FoundCertificate? PlaceOf(X509Certificate2 old)
    {
        try
        {
            return FoundCertificate.Of(old) ?? CertificateSource.Find(old.Thumbprint);
        }
        catch (CmpException)
        {
            return null; // it is an object only
        }
    }

    private TimeSpan Delay()
    {
        lock (Random)
            return TimeSpan.FromTicks((long)(RandomDelay.Ticks * Random.NextDouble()));
    }

    private static string FriendlyNameOf(X509Certificate2 certificate) =>
        Environment.OSVersion.Platform == PlatformID.Win32NT ? certificate.FriendlyName : string.Empty;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
