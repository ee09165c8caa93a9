using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Asks the server to revoke certificates, to put them on hold, or to lift their hold.</summary>
[Cmdlet(VerbsSecurity.Revoke, "CmpCertificate", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = CertificateSet)]
[OutputType(typeof(CmpRevocation))]
[OutputType(typeof(CmpTransaction))]
public sealed class RevokeCmpCertificateCommand : ServerCmdlet
{
    private const string CertificateSet = "Certificate";
    private const string NumberSet = "SerialNumber";
    private const string Pkcs10Set = "Pkcs10";

    private readonly List<PrivateKey> _keys = [];
    private EnrollmentRecord? _record;
    private RevocationBatch? _batch;
    private string _way = CertificateSet;

    /// <summary>The row as it came, which its error is about where no certificate is at hand.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The certificate to revoke: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [AllowNull]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>The file with the certificate's key, or the PKCS #11 URI of a key in a token, where the certificate does not bring it; password or PIN is -ClientKeyPassword.</summary>
    [Parameter(ParameterSetName = CertificateSet)]
    [ValidateNotNullOrEmpty]
    public string? CertificateKeyPath { get; set; }

    /// <summary>Who issued the certificate, as in <c>CN=Issuing CA, O=Example</c>.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NumberSet)]
    public string Issuer { get; set; } = null!;

    /// <summary>The certificate's serial number, in hexadecimal digits.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = NumberSet)]
    [SerialNumberTransformation]
    public string SerialNumber { get; set; } = null!;

    /// <summary>The PKCS #10 request that the certificate was issued for: a file, PEM text or octets.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = Pkcs10Set)]
    [Pkcs10Transformation]
    public CertificationRequest Pkcs10 { get; set; } = null!;

    /// <summary>Why; RemoveFromCrl lifts a hold.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(RevocationReason))]
    public RevocationReason? Reason { get; set; }

    /// <summary>Since when the certificate, or its key, is not to be believed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(DateTime))]
    public DateTime? InvalidityDate { get; set; }

    /// <summary>How many certificates go into one message.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int BatchSize { get; set; } = 1;

    /// <summary>Does not wait where the server needs time: emits the transaction, and Wait-CmpTransaction ends it.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    private protected override string Activity => "Revoking certificates";

    /// <summary>The server that the certificate was enrolled at is its CA's; where it is not remembered, the default one.</summary>
    private protected override ServerSettings? UnnamedServer => _record is { } record ? OrTheSame(record.CurrentServer) : base.UnnamedServer;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _way = Way();
        if (_way == CertificateSet && Certificate is null)
        {
            WriteError(new CmpException(CmpErrorKind.Argument, "CmpArgument.Certificate", "There is no certificate that could be revoked, neither itself nor its issuer and serial number.").ToErrorRecord(InputObject));
            return;
        }
        RevocationTarget target = Target();
        (RevocationRequest Request, SharedClient Client)? row = null;
        ProcessRow(target.Value, _ =>
        {
            row = Prepare(target);
            return null;
        });
        if (row is not { } prepared)
            return;
        // of another server, or by somebody else, it is another message
        if (_batch?.Has(prepared.Client) == false)
            Send();
        if (_batch is null)
            _batch = new RevocationBatch(prepared.Client);
        else
            prepared.Client.Dispose();
        _batch.Add(prepared.Request, target);
        if (_batch.Count == BatchSize)
            Send();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Send();
        base.EndProcessing();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _batch?.Dispose();
        base.Dispose(disposing);
        if (disposing)
            _keys.ForEach(key => key.Dispose());
    }

    private void Send()
    {
        if (_batch is not { } batch)
            return;
        _batch = null;
        ProcessRow(batch.Target, writer =>
        {
            writer.Own(batch);
            var progress = new CmdletProgress(writer, batch.Activity);
            var options = new RequestOptions { Store = new PendingRequestStore(), IsImpatient = NoWait, Trace = Trace(writer), Progress = progress };
            return async token =>
            {
                try
                {
                    await batch.RunAsync(writer, options, token).ConfigureAwait(false);
                }
                finally
                {
                    progress.Complete();
                }
            };
        });
    }

    /// <summary>What the pipeline brings without its certificate, as a revocation by number was emitted, has its number all the same.</summary>
    private string Way()
    {
        if (ParameterSetName != CertificateSet || Certificate is not null || InputObject is null)
            return ParameterSetName;
        if (InputObject.Properties[nameof(Issuer)]?.Value is not string { Length: > 0 } issuer
            || InputObject.Properties[nameof(SerialNumber)]?.Value is not string { Length: > 0 } number
            || SerialNumberTransformationAttribute.Digits(number) is not { } digits)
        {
            return CertificateSet;
        }
        Issuer = issuer;
        SerialNumber = digits;
        return NumberSet;
    }

    private RevocationTarget Target()
    {
        switch (_way)
        {
            case CertificateSet:
                return RevocationTarget.Of(Certificate);
            case NumberSet:
                string name = $"serial number {SerialNumber} of {PeerText.Escape(Issuer)}";
                return new RevocationTarget(InputObject ?? (object)name, name, null);
            default:
                string request = $"the certificate for the request of {Pkcs10.Subject}";
                return new RevocationTarget(InputObject ?? (object)request, request, null);
        }
    }

    /// <summary>What is asked for, and who asks whom; <see langword="null"/> where the user does not want it.</summary>
    private (RevocationRequest Request, SharedClient Client)? Prepare(RevocationTarget target)
    {
        var request = new RevocationRequest
        {
            Reason = Reason,
            InvalidityDate = InvalidityDate is { } date ? new DateTimeOffset(date) : null,
        };
        Func<ServerSettings, ServerSettings>? adjust = null;
        _record = null;
        switch (_way)
        {
            case CertificateSet:
                Find(Certificate);
                request = WithSigner(request with { Certificate = Messages.Pkix.Certificate.From(Certificate) });
                if (request.Signer is not null)
                    adjust = settings => SignedByItself(settings, ref request);
                break;
            case NumberSet:
                request = request with { Issuer = Name.Parse(Issuer), SerialNumber = Hex.Parse(SerialNumber) };
                break;
            default:
                request = request with { Pkcs10 = Pkcs10 };
                break;
        }
        SharedClient client = ShareClient(adjust);
        try
        {
            EnsureCredential(request, client.Client.Settings);
            if (ShouldProcess(target.Name, Describe(client.Client.Settings)))
                return (request, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
        client.Dispose();
        return null;
    }

    /// <summary>The enrolment that brought the certificate.</summary>
    private void Find(X509Certificate2 certificate)
    {
        _record = IsServerSaid ? null : new EnrollmentStore().Enrollments.Of(certificate.Thumbprint);
        Prefer(_record);
    }

    /// <summary>Rule 17: the certificate signs where its key is here, unless somebody else is named. A message of several certificates has one signer, who is none of them.</summary>
    private RevocationRequest WithSigner(RevocationRequest request)
    {
        if (BatchSize > 1 || ClientCertificate is not null || Protection is not (null or ProtectionKind.Signature))
            return request;
        PrivateKey? key = KeyBeside.Of(Certificate);
        // a token without its PIN is left alone: a credential may speak in its place
        string? path = KeyPlace(CertificateKeyPath) ?? (key is null && !Certificate.HasPrivateKey && _record?.TokenKey is { } kept && (ClientKeyPassword is not null || KeyProviders.HasPinSource(kept)) ? kept : null);
        if (path is not null)
        {
            key = KeyProviders.Open(path, ClientKeyPassword);
            _keys.Add(key);
        }
        if (key is null && !Certificate.HasPrivateKey)
            return request;
        return request with { Signer = Certificate, SignerKey = key, SignerKeyPath = path, SignerChain = ClientIdentity.ChainOf(Certificate) ?? [] };
    }

    /// <summary>A saved protection does not keep the certificate from signing; but what is on hold cannot lift that itself, where somebody else can.</summary>
    private ServerSettings SignedByItself(ServerSettings settings, ref RevocationRequest request)
    {
        if (Reason != RevocationReason.RemoveFromCrl || !HasCredential(settings))
            return settings with { Protection = ProtectionKind.Signature };
        request = request with { Signer = null };
        return settings;
    }

    /// <summary>Who could speak for a certificate that has no key here is asked for before any traffic.</summary>
    private void EnsureCredential(RevocationRequest request, ServerSettings settings)
    {
        if (request.Signer is not null || HasCredential(settings) || settings.Protection is not null || request.Certificate is null || BatchSize > 1)
            return;
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.NoCredential", "The certificate that is to be revoked has no private key here, and nobody else is named who could ask for it.")
        {
            RecommendedAction = _record?.TokenKey is null
                ? "Name its key with -CertificateKeyPath, or give -Credential or -ClientCertificate."
                : "Its key is in a token: give the PIN with -ClientKeyPassword, or give -Credential or -ClientCertificate.",
        };
    }

    private static bool HasCredential(ServerSettings settings) =>
        settings.Secret is not null || settings.SecretReference is not null || settings.ClientCertificate is not null || settings.ClientCertificateReference is not null;

    private string Describe(ServerSettings server) => Reason switch
    {
        RevocationReason.RemoveFromCrl => $"Lift the hold of the certificate at {server}",
        RevocationReason.CertificateHold => $"Put the certificate on hold at {server}",
        { } reason => $"Revoke the certificate at {server} ({reason})",
        null => $"Revoke the certificate at {server}",
    };
}
