using System;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
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

    /// <summary>The PIN of the token that the key is in: with it the key signs, without it the token is looked at.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <summary>Emits what was found out, in place of a truth value.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            CmpCertificateTest test = ParameterSetName == CertificateSet ? Of(Certificate) : Of(Name);
            WriteObject(Detailed ? test : test.Passed);
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(ParameterSetName == CertificateSet ? Certificate : Name));
        }
    }

    /// <summary>A certificate is called as the enrolment that brought it, where one is remembered.</summary>
    private CmpCertificateTest Of(X509Certificate2 certificate)
    {
        EnrollmentRecord? record = new EnrollmentStore().Enrollments.Of(certificate.Thumbprint);
        return Of(record?.Name ?? certificate.Thumbprint, certificate, record);
    }

    private CmpCertificateTest Of(string name)
    {
        if (new EnrollmentStore().Enrollments.Find(name) is not { } record)
            return new CmpCertificateTest { Name = name, Problem = "no such enrolment" };
        FoundCertificate found;
        try
        {
            found = record.Open(Password);
        }
        catch (CmpException e)
        {
            return new CmpCertificateTest { Name = record.Name, Problem = e.Message };
        }
        using (found)
            return Of(record.Name, found.Certificate, record);
    }

    private CmpCertificateTest Of(string name, X509Certificate2 certificate, EnrollmentRecord? record)
    {
        DateTimeOffset now = DueClock.Now;
        Certificate core = Messages.Pkix.Certificate.From(certificate);
        DateTimeOffset renewAfter = Renewal.After(core, RenewBefore, record);
        bool hasKey = false;
        string? problem = null;
        try
        {
            hasKey = KeyCheck.HasKey(certificate, record, KeyPassword);
        }
        catch (CmpException e)
        {
            problem = e.Message;
        }
        return new CmpCertificateTest
        {
            Name = name,
            Certificate = certificate,
            HasPrivateKey = hasKey,
            Problem = problem,
            Valid = now >= core.NotBefore && now <= core.NotAfter,
            Due = now >= renewAfter,
            RenewAfter = renewAfter.LocalDateTime,
            NotAfter = core.NotAfter.LocalDateTime,
        };
    }
}
