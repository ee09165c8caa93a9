using System;
using System.Management.Automation;
using System.Security;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Gives pending transactions up: the keys of enrolments, and all that is kept of them, go. The server is not told, but a message that lies in a folder still is taken back.</summary>
[Cmdlet(VerbsCommon.Remove, "CmpTransaction", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveCmpTransactionCommand : TransactionCmdlet
{
    /// <summary>Their IDs; wildcards are understood.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TransactionCompleter))]
    public string[] Id { get; set; } = null!;

    /// <summary>The PIN of the token that a key is in, where one was made there: it goes too.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForEach(Id, id =>
    {
        if (Requests.Has(id))
        {
            // what cannot be read is given up all the same
            if (ShouldProcess(CmpTransaction.Describe(Store, Requests, id), IsRecovery(id) ? "Abandon the recovery of keys" : "Abandon the revocation"))
                Requests.Abandon(id, WriteWarning);
        }
        else if (ShouldProcess(CmpTransaction.Describe(Store, Requests, id), "Abandon the transaction and delete its key"))
        {
            Enrollment.Abandon(Store, id, WriteWarning, KeyPassword);
        }
    });

    private bool IsRecovery(string id)
    {
        try
        {
            return Requests.Find(id)?.Recovery is not null;
        }
        catch (CmpException)
        {
            return false;
        }
    }
}
