using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Gets the transactions that have not ended yet.</summary>
[Cmdlet(VerbsCommon.Get, "CmpTransaction")]
[OutputType(typeof(CmpTransaction))]
public sealed class GetCmpTransactionCommand : TransactionCmdlet
{
    /// <summary>Their IDs; wildcards are understood. Without it all.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TransactionCompleter))]
    public string[]? Id { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Id is { } ids)
        {
            ForEach(ids, id => WriteObject(Find(id)));
            return;
        }
        try
        {
            foreach (PendingEnrollment pending in Store.All(e => WriteError(e.ToErrorRecord(null))))
                WriteObject(new CmpTransaction(pending));
            foreach (PendingRequest pending in Requests.All(e => WriteError(e.ToErrorRecord(null))))
                WriteObject(new CmpTransaction(pending));
        }
        catch (CmpException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(null));
        }
    }
}
