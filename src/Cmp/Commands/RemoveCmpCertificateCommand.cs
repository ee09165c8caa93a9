using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Removes certificates that were enrolled here, with their keys and what is remembered of them. It revokes nothing and asks no server.</summary>
[Cmdlet(VerbsCommon.Remove, "CmpCertificate", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveCmpCertificateCommand : PSCmdlet
{
    /// <summary>The names of their enrolments; wildcards are understood.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[] Name { get; set; } = null!;

    /// <summary>The password of the files that the certificates are in; it is tried on no token.</summary>
    [Parameter]
    public SecureString? Password { get; set; }

    /// <summary>The PIN of the token that their keys are in; it is tried on no file. Without it the file is read that pin-source of the URI names.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            try
            {
                var store = new EnrollmentStore();
                foreach (EnrollmentRecord record in Find(store, name))
                    Remove(store, record);
            }
            catch (CmpException e)
            {
                WriteError(e.ToErrorRecord(name));
            }
        }
    }

    private IEnumerable<EnrollmentRecord> Find(EnrollmentStore store, string name)
    {
        if (EnrollmentNames.PatternOf(store.Enrollments, name, out string literal) is not { } pattern)
            return [store.Enrollments.Get(literal)];
        return store.Enrollments.All(e => WriteError(e.ToErrorRecord(name))).Where(record => pattern.IsMatch(record.Name));
    }

    private void Remove(EnrollmentStore store, EnrollmentRecord record)
    {
        if (!ShouldProcess($"{record.Name} ({record.Subject}, {record.Thumbprint})", "Remove the certificate and its key"))
            return;
        try
        {
            foreach (string done in EnrollmentRemoval.Remove(store, record, Password, KeyPassword))
                WriteVerbose(done);
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(record.Name));
        }
    }
}
