using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What the commands on pending transactions have in common: which ones.</summary>
public abstract class TransactionCmdlet : PSCmdlet
{
    private EnrollmentStore? _store;

    /// <summary>The pending enrolments of this user.</summary>
    private protected EnrollmentStore Store => _store ??= new EnrollmentStore();

    /// <summary>The IDs that match; one without wildcards is itself.</summary>
    private protected IEnumerable<string> Matching(IEnumerable<string> ids) =>
        ids.SelectMany(id => WildcardPattern.ContainsWildcardCharacters(id) ? Store.PendingIds.Where(WildcardPattern.Get(id, WildcardOptions.IgnoreCase).IsMatch) : [id]);

    /// <summary>Does something with each transaction; one that fails is one error.</summary>
    private protected void ForEach(IEnumerable<string> ids, Action<string> action)
    {
        foreach (string id in Matching(ids))
        {
            try
            {
                action(id);
            }
            catch (CmpException e)
            {
                WriteError(e.ToErrorRecord(id));
            }
        }
    }
}
