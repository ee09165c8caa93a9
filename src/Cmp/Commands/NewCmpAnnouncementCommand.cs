using System;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Certificate = Cmp.Messages.Pkix.Certificate;

namespace Cmp.Commands;

/// <summary>Makes what a CA says unasked: that a root has a new key, that a certificate was issued or is revoked, that there are new CRLs. Nothing is sent.</summary>
[Cmdlet(VerbsCommon.New, "CmpAnnouncement", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = CertificateSet)]
[OutputType(typeof(CertificateAnnouncement), ParameterSetName = [CertificateSet])]
[OutputType(typeof(CaKeyUpdateAnnouncement), ParameterSetName = [CaKeyUpdateSet])]
[OutputType(typeof(RevocationAnnouncement), ParameterSetName = [RevocationSet, NumberSet])]
[OutputType(typeof(CrlAnnouncement), ParameterSetName = [CrlSet])]
public sealed class NewCmpAnnouncementCommand : PSCmdlet, IDisposable
{
    private const string CertificateSet = "Certificate";
    private const string CaKeyUpdateSet = "CaKeyUpdate";
    private const string RevocationSet = "Revocation";
    private const string NumberSet = "SerialNumber";
    private const string CrlSet = "Crl";

    private ClientIdentity? _signer;

    /// <summary>A certificate that was issued.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>The new root, signed by its own key.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CaKeyUpdateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 NewRoot { get; set; } = null!;

    /// <summary>The new key, certified by the old one.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CaKeyUpdateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 NewWithOld { get; set; } = null!;

    /// <summary>The old key, certified by the new one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = CaKeyUpdateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2? OldWithNew { get; set; }

    /// <summary>In which form: 2 is that of RFC 4210, which has all three certificates; 3 that of RFC 9480.</summary>
    [Parameter(ParameterSetName = CaKeyUpdateSet)]
    [Within(2, 3)]
    public int? ProtocolVersion { get; set; }

    /// <summary>A certificate that is revoked, or will be.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = RevocationSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 RevokedCertificate { get; set; } = null!;

    /// <summary>Who issued the certificate, as in <c>CN=Issuing CA, O=Example</c>.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NumberSet)]
    public string Issuer { get; set; } = null!;

    /// <summary>The certificate's serial number, in hexadecimal digits.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NumberSet)]
    [SerialNumberTransformation]
    public string SerialNumber { get; set; } = null!;

    /// <summary>RevocationWarning: it will be revoked; RevocationNotification: it has been.</summary>
    [Parameter(ParameterSetName = RevocationSet)]
    [Parameter(ParameterSetName = NumberSet)]
    [ValidateSet(nameof(PkiStatus.RevocationWarning), nameof(PkiStatus.RevocationNotification))]
    public PkiStatus Status { get; set; } = PkiStatus.RevocationNotification;

    /// <summary>When it is revoked.</summary>
    [Parameter(ParameterSetName = RevocationSet)]
    [Parameter(ParameterSetName = NumberSet)]
    public DateTime? WillBeRevokedAt { get; set; }

    /// <summary>Since when it is not to be relied on.</summary>
    [Parameter(ParameterSetName = RevocationSet)]
    [Parameter(ParameterSetName = NumberSet)]
    public DateTime? BadSince { get; set; }

    /// <summary>Why.</summary>
    [Parameter(ParameterSetName = RevocationSet)]
    [Parameter(ParameterSetName = NumberSet)]
    public RevocationReason? Reason { get; set; }

    /// <summary>The CRLs that there are; several go into one announcement.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CrlSet)]
    [CrlTransformation]
    public CertificateList[] Crl { get; set; } = null!;

    /// <summary>The certificate that signs.</summary>
    [Parameter]
    [CertificateTransformation]
    [Alias("ClientCertificate")]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2? Signer { get; set; }

    /// <summary>The file with its key, where the certificate does not bring it.</summary>
    [Parameter]
    [Alias("ClientKeyPath")]
    public string? SignerKeyPath { get; set; }

    /// <summary>The password of that file.</summary>
    [Parameter]
    [Alias("ClientKeyPassword")]
    public SecureString? SignerKeyPassword { get; set; }

    /// <summary>User name = reference value, password = shared secret.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>How it is protected; None not at all.</summary>
    [Parameter]
    public ProtectionKind? Protection { get; set; }

    /// <summary>Whose word it is.</summary>
    [Parameter]
    public string? Sender { get; set; }

    /// <summary>For whom it is.</summary>
    [Parameter]
    public string? Recipient { get; set; }

    /// <summary>When it says that it was made.</summary>
    [Parameter]
    public DateTime? MessageTime { get; set; }

    /// <summary>Certificates that go with it, after those of who signs.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? ExtraCertificate { get; set; }

    /// <summary>Lets go of a key that was read from a file.</summary>
    public void Dispose()
    {
        if (SignerKeyPath is not null)
            _signer?.Key?.Dispose();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            PkiBody content = Content(now);
            if (!ShouldProcess($"{Announcement.TypeOf(content)}", "Make the announcement"))
                return;
            PkiMessage message = AnnouncementWriter.Write(content, Speaker(), MessageTime is { } time ? new DateTimeOffset(time) : now, NameOf(Sender));
            WriteObject(CmpAnnouncement.Of(AnnouncementWriter.Made(message, now), server: null));
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(Target));
        }
    }

    private object? Target => ParameterSetName switch
    {
        CertificateSet => Certificate,
        CaKeyUpdateSet => NewRoot,
        RevocationSet => RevokedCertificate,
        NumberSet => $"serial number {SerialNumber} of {PeerText.Escape(Issuer)}",
        _ => Crl.FirstOrDefault()?.ToString(),
    };

    private PkiBody Content(DateTimeOffset now) => ParameterSetName switch
    {
        CertificateSet => new CertAnnContent(Core(Certificate)),
        CaKeyUpdateSet => KeyUpdate(),
        RevocationSet => Revocation(CertId.Of(Core(RevokedCertificate)), now),
        NumberSet => Revocation(new CertId(GeneralName.FromName(Name.Parse(Issuer)), Hex.Parse(SerialNumber)), now),
        _ => new CrlAnnContent(Crl),
    };

    /// <summary>RFC 9810 5.3.13: the form that older clients know has all three certificates, and is taken where there are all.</summary>
    private CaKeyUpdContent KeyUpdate()
    {
        Certificate newRoot = Core(NewRoot), newWithOld = Core(NewWithOld);
        Certificate? oldWithNew = OldWithNew is null ? null : Core(OldWithNew);
        if ((ProtocolVersion ?? (oldWithNew is null ? 3 : 2)) == 3)
            return new CaKeyUpdContent(new RootCaKeyUpdateContent(newRoot, newWithOld, oldWithNew));
        return oldWithNew is not null ? new CaKeyUpdContent(new CaKeyUpdAnnContent(oldWithNew, newWithOld, newRoot))
            : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OldWithNew", "In the form before version 3 a key update has the old key, certified by the new one, too.")
            {
                RecommendedAction = "Give it with -OldWithNew, or leave -ProtocolVersion out.",
            };
    }

    private RevAnnContent Revocation(CertId certificate, DateTimeOffset now)
    {
        if (Status == PkiStatus.RevocationWarning && WillBeRevokedAt is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.WillBeRevokedAt", "A warning says when the certificate will be revoked.")
            {
                RecommendedAction = "Give the time with -WillBeRevokedAt.",
            };
        }
        DateTimeOffset at = WillBeRevokedAt is { } time ? new DateTimeOffset(time) : now;
        return new RevAnnContent(Status, certificate, at, BadSince is { } since ? new DateTimeOffset(since) : at, Reason is { } reason ? [CrlExtensions.Reason(reason)] : []);
    }

    /// <summary>As whom we speak. The key is opened once for all that the pipeline brings.</summary>
    private ServerSettings Speaker()
    {
        if (Signer is not null)
            _signer ??= ClientIdentity.Open(Signer, SignerKeyPath is null || !KeyProviders.IsFile(SignerKeyPath) ? SignerKeyPath : GetUnresolvedProviderPathFromPSPath(SignerKeyPath), SignerKeyPassword);
        return new ServerSettings
        {
            Secret = Credential is { } credential ? new ReferenceAndSecret(credential.UserName, credential.Password) : null,
            ClientCertificate = _signer?.Certificate,
            ClientKey = _signer?.Key,
            ClientChain = _signer?.Chain,
            Protection = Protection,
            Recipient = NameOf(Recipient),
            ExtraCertificate = ExtraCertificate?.Select(Core).ToArray(),
        };
    }

    private static Certificate Core(X509Certificate2 certificate) => Messages.Pkix.Certificate.From(certificate);

    private static Name? NameOf(string? text) => string.IsNullOrWhiteSpace(text) ? null : Name.Parse(text!);
}
