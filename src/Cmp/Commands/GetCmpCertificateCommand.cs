using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Gets the certificates that were enrolled here, by the names of their enrolments.</summary>
[Cmdlet(VerbsCommon.Get, "CmpCertificate")]
[OutputType(typeof(CmpEnrollment))]
public sealed class GetCmpCertificateCommand : PSCmdlet
{
    /// <summary>The names; wildcards are understood. Without it all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only those that are due for renewal.</summary>
    [Parameter]
    public SwitchParameter Due { get; set; }

    /// <summary>The password of files that the certificates are in.</summary>
    [Parameter]
    public SecureString? Password { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            EnrollmentRecords records = new EnrollmentStore().Enrollments;
            foreach (string name in Name ?? ["*"])
            {
                if (EnrollmentNames.PatternOf(records, name, out string literal) is { } pattern)
                    Write(records.All(e => WriteError(e.ToErrorRecord(null))).Where(record => pattern.IsMatch(record.Name)));
                else if (records.Find(literal) is { } record)
                    Write([record]);
                else
                    WriteError(EnrollmentRecords.NotFound(literal).ToErrorRecord(name));
            }
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(Name));
        }
    }

    private void Write(IEnumerable<EnrollmentRecord> records)
    {
        foreach (EnrollmentRecord record in records)
        {
            var enrollment = new CmpEnrollment(record, Password);
            if (!Due || enrollment.Due)
                WriteObject(enrollment);
        }
    }
}
