using System;
using System.IO;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Asks a server for a CRL: the current one, that of an issuer or a certificate, or one that is newer than the one at hand.</summary>
[Cmdlet(VerbsCommon.Get, "CmpCrl", DefaultParameterSetName = CurrentSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CmpCrl))]
public sealed class GetCmpCrlCommand : QuestionCmdlet
{
    private const string CurrentSet = "Current";
    private const string CertificateSet = "Certificate";
    private const string IssuerSet = "Issuer";
    private const string CrlSet = "Crl";
    private const string PointSet = "DistributionPoint";

    /// <summary>A certificate whose status is of interest: its distribution point, else its issuer.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>Who issues the CRL.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IssuerSet)]
    [ValidateNotNullOrEmpty]
    public string Issuer { get; set; } = null!;

    /// <summary>The CRL at hand: only a newer one comes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CrlSet)]
    [CrlTransformation(Single = true)]
    [Alias("Path")]
    public CertificateList Crl { get; set; } = null!;

    /// <summary>The address of a distribution point.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PointSet)]
    [ValidateNotNullOrEmpty]
    public string DistributionPoint { get; set; } = null!;

    /// <summary>The file that the CRL goes to: .crl (DER) or .pem.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow(ParameterSetName switch
    {
        CertificateSet => Certificate,
        IssuerSet => Issuer,
        CrlSet => Crl.ToString(),
        PointSet => DistributionPoint,
        _ => ServerTarget,
    }, Prepare);

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer)
    {
        string? path = FilePath(OutFile);
        bool isPem = path is not null && IsPem(path);
        CrlRequest? request = Request();
        CmpClient client = OpenClient(writer);
        ServerSettings server = NamedServer ?? client.Said;
        bool overwrite = Force;
        if (path is not null)
        {
            if (!ShouldProcess(path, $"Write the CRL that {client.Settings} gives"))
                return null;
            AtomicFile.EnsureWritable(path, overwrite);
        }
        return Ask(writer, $"Asking {client.Settings} for a CRL", async (options, token) =>
        {
            if (await client.GetCrlAsync(request, options, token).ConfigureAwait(false) is not { } crl)
            {
                writer.Verbose(request?.Crl is { } known ? $"{client.Settings} has no CRL that is newer than that of {known.ThisUpdate:u}." : $"{client.Settings} has no such CRL.");
                return;
            }
            if (!crl.Verified)
                crl = await JudgeAgainAsync(writer, client, crl, options, token).ConfigureAwait(false);
            var result = new CmpCrl(crl, server, path);
            if (!crl.Verified)
                writer.Warning($"The {crl} is not verified: {result.Problem}");
            if (path is not null)
                AtomicFile.Write(path, isPem ? Pem.Write(CrlTransformationAttribute.Label, result.RawData) : result.RawData, isSecret: false, overwrite);
            writer.Write(result);
        });
    }

    /// <summary>The certificate of a CRL's issuer may be among those that the CA gives: it counts only where it leads to a trust anchor.</summary>
    private static async Task<Crl> JudgeAgainAsync(PipelineWriter writer, CmpClient client, Crl crl, RequestOptions options, CancellationToken token)
    {
        try
        {
            return await client.JudgeAgainAsync(crl, options, token).ConfigureAwait(false);
        }
        catch (CmpException e)
        {
            writer.Verbose($"The server was asked in vain for the certificate of the CRL's issuer: {e.Message}");
            return crl;
        }
    }

    private CrlRequest? Request() => ParameterSetName switch
    {
        CertificateSet => new CrlRequest { Certificate = Messages.Pkix.Certificate.From(Certificate) },
        IssuerSet => new CrlRequest { Issuer = Name.Parse(Issuer) },
        CrlSet => new CrlRequest { Crl = Crl },
        PointSet => new CrlRequest { DistributionPoint = DistributionPoint },
        _ => null,
    };

    private bool IsPem(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".crl" => false,
        ".pem" => true,
        _ => throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OutFile", $"The extension of '{PeerText.Escape(OutFile)}' does not say what the file is to be.")
        {
            RecommendedAction = "Name a .crl file for DER, or a .pem file.",
        },
    };
}
