using System;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Says whether a certificate is there with its private key, valid, and not due for renewal. It changes nothing and asks no server.</summary>
[Cmdlet(VerbsDiagnostic.Test, "CmpCertificate", DefaultParameterSetName = NameSet)]
[OutputType(typeof(bool))]
[OutputType(typeof(CmpCertificateTest))]
public sealed class TestCmpCertificateCommand : PSCmdlet
{
    private const string NameSet = "Name";
    private const string CertificateSet = "Certificate";

    /// <summary>The name of its enrolment.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>The certificate itself: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation(MayBeMissing = true)]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>How long before its end a certificate is due: a time span, or a percentage of its lifetime as in '20%'.</summary>
    [Parameter]
    [RenewalWindowTransformation]
    [ArgumentCompleter(typeof(RenewalWindowCompleter))]
    public RenewalWindow? RenewBefore { get; set; }

    /// <summary>The password of the file that the certificate is in.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public SecureString? Password { get; set; }

    /// <summary>Emits what was found out, in place of a truth value.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            CmpCertificateTest test = ParameterSetName == CertificateSet ? Of(NameOf(Certificate), Certificate) : Of(Name);
            WriteObject(Detailed ? test : test.Passed);
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(ParameterSetName == CertificateSet ? Certificate : Name));
        }
    }

    /// <summary>What the enrolment is called that brought it, where one is remembered.</summary>
    private static string NameOf(X509Certificate2 certificate) =>
        new EnrollmentStore().Enrollments.Of(certificate.Thumbprint)?.Name ?? certificate.Thumbprint;

    private CmpCertificateTest Of(string name)
    {
        if (new EnrollmentStore().Enrollments.Find(name) is not { } record)
            return new CmpCertificateTest { Name = name, Problem = "no such enrolment" };
        try
        {
            using FoundCertificate found = record.Open(Password);
            return Of(record.Name, found.Certificate);
        }
        catch (CmpException e)
        {
            return new CmpCertificateTest { Name = record.Name, Problem = e.Message };
        }
    }

    private CmpCertificateTest Of(string name, X509Certificate2 certificate)
    {
        DateTimeOffset now = DueClock.Now;
        Certificate core = Messages.Pkix.Certificate.From(certificate);
        DateTimeOffset renewAfter = Renewal.After(core, RenewBefore);
        return new CmpCertificateTest
        {
            Name = name,
            Certificate = certificate,
            HasPrivateKey = HasKey(certificate, core),
            Valid = now >= core.NotBefore && now <= core.NotAfter,
            Due = now >= renewAfter,
            RenewAfter = renewAfter.LocalDateTime,
            NotAfter = core.NotAfter.LocalDateTime,
        };
    }

    /// <summary>A key counts that signs.</summary>
    internal static bool HasKey(X509Certificate2 certificate, Certificate core)
    {
        try
        {
            using PrivateKey? own = PrivateKey.Of(certificate);
            PrivateKey? key = own ?? ClientIdentity.KeyBeside(certificate);
            key?.EnsureFits(core.PublicKey);
            return key is not null;
        }
        catch (CmpException)
        {
            return false; // it is there in name only
        }
    }
}
