using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Asn1;

namespace Cmp.Commands;

/// <summary>Certificates that are revoked by one message: those of one row, or with -BatchSize of several rows with the same server and the same requester.</summary>
internal sealed class RevocationBatch(SharedClient client) : IDisposable
{
    private readonly List<(RevocationRequest Request, RevocationTarget Target)> _rows = [];

    /// <summary>How many there are.</summary>
    internal int Count => _rows.Count;

    /// <summary>What an error is about that the batch as a whole ends by.</summary>
    internal object Target => _rows[_rows.Count - 1].Target.Value;

    /// <summary>What progress calls it.</summary>
    internal string Activity => _rows.Count == 1 ? $"Revoking {_rows[0].Target.Name}" : $"Revoking {_rows.Count} certificates";

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    /// <summary>Whether a row that has this client goes into the same message.</summary>
    internal bool Has(SharedClient other) => ReferenceEquals(client, other);

    internal void Add(RevocationRequest request, RevocationTarget target) => _rows.Add((request, target));

    /// <summary>Sends the message, and writes what became of each certificate.</summary>
    internal async Task RunAsync(PipelineWriter writer, RequestOptions options, CancellationToken cancellationToken)
    {
        PendingRequestStore store = options.Store!;
        var id = new byte[16];
        using (var random = RandomNumberGenerator.Create())
            random.GetBytes(id);
        try
        {
            IReadOnlyList<Revocation> revocations = await client.Client.RevokeAsync([.. _rows.Select(row => row.Request)], options with { TransactionId = id }, cancellationToken).ConfigureAwait(false);
            RevocationOutcome.Write(writer, store, revocations, [.. _rows.Select(row => row.Target)], client.Client.Settings, options.IsImpatient);
        }
        catch (CmpException e)
        {
            string name = Hex.Of(id);
            if (store.Has(name))
                writer.Warning(Outcome.Kept(name));
            // the last one's is that of the row
            if (!e.IsTerminating())
                _rows.Take(_rows.Count - 1).ToList().ForEach(row => writer.Error(e.ToErrorRecord(row.Target.Value)));
            throw;
        }
    }
}
