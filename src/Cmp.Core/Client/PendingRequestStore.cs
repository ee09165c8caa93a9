using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.State;

namespace Cmp.Client;

/// <summary>The requests for revocation and for keys of before that are pending on disk, with the keys that open the answers. Safe for several processes: who works on one holds its lock.</summary>
public sealed class PendingRequestStore
{
    private static readonly StateKind Kind = new("requests", 1);

    private readonly StateFolder _folder;

    /// <summary>Opens what a scope has; nothing is read yet.</summary>
    /// <param name="scope">Whose.</param>
    /// <exception cref="CmpException"><c>CmpState.Home</c>.</exception>
    public PendingRequestStore(StateScope scope = StateScope.CurrentUser)
        : this(StateHome.Of(scope))
    {
    }

    /// <summary>Opens what is in a folder.</summary>
    /// <param name="home">The folder that holds it all.</param>
    public PendingRequestStore(string home) => _folder = new StateFolder(home, Kind);

    /// <summary>Their IDs, without opening their files; for completion.</summary>
    public IReadOnlyList<string> Ids => _folder.Files(".json").Select(path => System.IO.Path.GetFileNameWithoutExtension(path).TrimEnd('%').ToUpperInvariant()).ToList();

    /// <summary>All that are pending. What a process could not clear away before it died is cleared away here.</summary>
    /// <param name="failed">Hears of those that cannot be read: they hide no others.</param>
    /// <returns>By their IDs.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public IReadOnlyList<PendingRequest> All(Action<CmpException> failed)
    {
        _folder.EndDeletions(WaitingKeys.Extension, StateFolder.LockExtension);
        return _folder.ReadAll(PendingRequestState.Read, failed);
    }

    /// <summary>Finds one.</summary>
    /// <param name="id">The transactionID in hexadecimal.</param>
    /// <returns>It, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    public PendingRequest? Find(string id) => _folder.Read(id, PendingRequestState.Read);

    /// <summary>Whether there is one of that ID.</summary>
    /// <param name="id">The transactionID in hexadecimal.</param>
    /// <returns>Whether there is, be it readable or not.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>.</exception>
    public bool Has(string id) => _folder.Has(id);

    /// <summary>Goes on with a revocation: asks the server again, where it is time to, and takes its answer.</summary>
    /// <param name="id">The transactionID in hexadecimal.</param>
    /// <param name="options">Who we are, and what was not kept.</param>
    /// <param name="timeout">How long this may take; <see langword="null"/>: as the server's settings say.</param>
    /// <param name="cancellationToken">Ends it; it stays pending.</param>
    /// <returns>What became of each certificate, in the order of the request; with status waiting where the server needs still more time.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>; <c>CmpTransaction.NotBegun</c>: nothing had been sent, and it is cleared away;
    /// <c>CmpArgument.NoCredential</c>, <c>CmpKey.…</c>: who we are must be said again; <c>CmpState.…</c>, <c>CmpStore.…</c>. It stays pending, but where
    /// somebody vouches for the server's refusal.
    /// </exception>
    public async Task<IReadOnlyList<Revocation>> ResumeAsync(string id, ResumeOptions options, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        (PendingRequest pending, StateLock held) = TakeUp(id);
        using (held)
        {
            if (pending.Recovery is not null)
                throw Enrollment.NotFound(id);
            using CmpClient client = options.Open(pending.Server, isOffline: false);
            return await client.ResumeRevocationAsync(this, pending, options, timeout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes one up that something was sent of.</summary>
    /// <returns>It, and what is held until it has come as far as it can.</returns>
    /// <exception cref="CmpException"><c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>, <c>CmpTransaction.NotBegun</c>; <c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    internal (PendingRequest Pending, StateLock Held) TakeUp(string id)
    {
        // of what is not there no lock is left behind
        if (!Has(id))
            throw Enrollment.NotFound(id);
        StateLock held = Lock(id);
        try
        {
            PendingRequest pending = Find(id) ?? throw Enrollment.NotFound(id);
            _folder.Sweep(id, WaitingKeys.Extension);
            if (pending.State is not null)
                return (pending, held);
            Forget(id);
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.NotBegun", $"The transaction {id} had sent nothing when its process ended. It is cleared away.")
            {
                RecommendedAction = "Ask anew.",
            };
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Gives one up: all that is kept of it goes, its keys too. The server is not told, and may revoke all the same; but what lies in a folder and was not answered is taken back.
    /// </summary>
    /// <param name="id">The transactionID in hexadecimal.</param>
    /// <param name="warn">Hears why a message may be carried to the server still, one sentence, escaped.</param>
    /// <exception cref="CmpException"><c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>, <c>CmpStore.…</c>.</exception>
    public void Abandon(string id, Action<string>? warn = null)
    {
        using StateLock held = Lock(id);
        _folder.Sweep(id, WaitingKeys.Extension);
        PendingRequest? pending = Peek();
        if (!Forget(id))
            throw Enrollment.NotFound(id);
        if (pending is not null)
            Roads.Recall(pending.Server, pending.Ticket, warn);

        PendingRequest? Peek()
        {
            try
            {
                return Find(id);
            }
            catch (CmpException)
            {
                return null; // what is damaged is given up all the same
            }
        }
    }

    /// <summary>Takes one, or one that is about to be, into the hands of this process.</summary>
    /// <exception cref="CmpException"><c>CmpTransaction.Busy</c>; <c>CmpStore.…</c>.</exception>
    internal StateLock Lock(string id) => _folder.TryLock(id) ?? throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.Busy", $"Another process works on the transaction {PeerText.Escape(id, 64)}.")
    {
        RecommendedAction = "Wait until it has ended, or end it there.",
    };

    internal void Save(PendingRequest pending, bool durable) =>
        _folder.Write(pending.Id, PendingRequestState.Write(pending with { Process = EnrollmentStore.ThisProcess }), durable);

    /// <summary>Keeps the keys that open the answer, and those that are to be certified.</summary>
    internal void SaveKeys(string id, IEnumerable<PrivateKey> keys) => WaitingKeys.Save(_folder, id, keys);

    /// <summary>Opens them; the caller disposes of them.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>; <c>CmpKey.Malformed</c>.</exception>
    internal IReadOnlyList<PrivateKey> OpenKeys(string id) => WaitingKeys.Open(_folder, id);

    internal bool Forget(string id) => _folder.Delete(id, WaitingKeys.Extension, StateFolder.LockExtension);
}
