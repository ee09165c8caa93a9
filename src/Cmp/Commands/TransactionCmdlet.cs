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
    private PendingRequestStore? _requests;

    /// <summary>The pending enrolments of this user.</summary>
    private protected EnrollmentStore Store => _store ??= new EnrollmentStore();

    /// <summary>The pending revocations of this user.</summary>
    private protected PendingRequestStore Requests => _requests ??= new PendingRequestStore();

    /// <summary>A pending transaction, whatever it is about.</summary>
    /// <exception cref="CmpException"><c>CmpTransaction.NotFound</c>, <c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    private protected CmpTransaction Find(string id) =>
        Requests.Find(id) is { } request ? new CmpTransaction(request) : new CmpTransaction(Store.Find(id) ?? throw Enrollment.NotFound(id));

    /// <summary>Does something with each transaction that matches; one that fails is one error.</summary>
    private protected void ForEach(IEnumerable<string> ids, Action<string> action)
    {
        foreach (string id in ids)
            Try(id, () => Matching(id).ForEach(match => Try(match, () => action(match))));
    }

    /// <summary>The IDs that match; one without wildcards is itself.</summary>
    private List<string> Matching(string id) =>
        WildcardPattern.ContainsWildcardCharacters(id) ? Store.PendingIds.Concat(Requests.Ids).Where(WildcardPattern.Get(id, WildcardOptions.IgnoreCase).IsMatch).ToList() : [id];

    private void Try(string id, Action action)
    {
        try
        {
            action();
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(id));
        }
    }
}
