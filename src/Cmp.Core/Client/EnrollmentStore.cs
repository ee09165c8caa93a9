using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.State;

namespace Cmp.Client;

/// <summary>
/// What enrolments leave on disk: those that are pending, with the keys that wait for their certificates, and those that have ended and are
/// remembered. Safe for several processes: who works on a pending one holds its lock.
/// </summary>
public sealed class EnrollmentStore
{
    private const string RequestExtension = ".request";

    private static readonly StateKind PendingKind = new("transactions", 1);
    private static readonly StateKind RenewalKind = new("renewals", 1);

    internal static readonly string ThisProcess = DescribeProcess();

    private readonly StateFolder _pending;
    private readonly StateFolder _renewals;

    /// <summary>Opens what a scope has; nothing is read yet.</summary>
    /// <param name="scope">Whose.</param>
    /// <exception cref="CmpException"><c>CmpState.Home</c>.</exception>
    public EnrollmentStore(StateScope scope = StateScope.CurrentUser)
        : this(StateHome.Of(scope))
    {
    }

    /// <summary>Opens what is in a folder.</summary>
    /// <param name="home">The folder that holds it all.</param>
    public EnrollmentStore(string home)
    {
        _pending = new StateFolder(home, PendingKind);
        _renewals = new StateFolder(home, RenewalKind);
        Enrollments = new EnrollmentRecords(home);
    }

    /// <summary>Finds who keeps the key of a pending enrolment, where that is a provider.</summary>
    internal Func<KeyReference, IKeyKeeper> KeeperOf { get; init; } = KeyProviders.KeeperOf;

    /// <summary>The enrolments that have ended well.</summary>
    public EnrollmentRecords Enrollments { get; }

    /// <summary>The IDs of pending enrolments, without opening their files; for completion.</summary>
    public IReadOnlyList<string> PendingIds => _pending.Files(".json").Select(path => System.IO.Path.GetFileNameWithoutExtension(path).TrimEnd('%').ToUpperInvariant()).ToList();

    /// <summary>Takes a pending enrolment, or one that is about to be, into the hands of this process.</summary>
    /// <exception cref="CmpException"><c>CmpTransaction.Busy</c>: another process has it, and the message says which; <c>CmpStore.…</c>.</exception>
    internal StateLock Lock(string id)
    {
        if (_pending.TryLock(id) is { } held)
            return held;
        string? who = null;
        try
        {
            who = _pending.Read(id, (_, state) => state.Text("process") ?? string.Empty);
        }
        catch (CmpException)
        {
            // that somebody has it is the news
        }
        throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.Busy", $"{(string.IsNullOrEmpty(who) ? "Another process" : PeerText.Escape(who))} works on the transaction {id}.")
        {
            RecommendedAction = "Wait until it has ended, or end it there.",
        };
    }

    /// <summary>Whether there is a pending enrolment of that ID.</summary>
    internal bool Has(string id) => _pending.Has(id);

    /// <summary>Finds a pending enrolment.</summary>
    /// <param name="id">The transactionID in hexadecimal.</param>
    /// <returns>It, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    public PendingEnrollment? Find(string id) => _pending.Read(id, Read);

    /// <summary>All pending enrolments. What a process could not clear away before it died is cleared away here.</summary>
    /// <param name="failed">Hears of those that cannot be read: they hide no others.</param>
    /// <returns>By their IDs.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public IReadOnlyList<PendingEnrollment> All(Action<CmpException> failed)
    {
        _pending.EndDeletions(WaitingKeys.Extension, RequestExtension, StateFolder.LockExtension);
        return _pending.ReadAll(Read, failed);
    }

    /// <summary>Takes the renewal of a certificate into the hands of this process.</summary>
    /// <param name="thumbprint">The thumbprint of the certificate that is renewed.</param>
    /// <returns>To be disposed of when the renewal has come as far as it can; <see langword="null"/> where somebody else renews it.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public RenewalLock? TryLockRenewal(string thumbprint) => _renewals.TryLock(thumbprint) is { } held ? new RenewalLock(_renewals, thumbprint, held) : null;

    /// <summary>Finds the pending enrolment that renews a certificate.</summary>
    /// <param name="thumbprint">The thumbprint of the certificate that is renewed.</param>
    /// <returns>One whose request was made and which can go on still; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public PendingEnrollment? RenewalOf(string thumbprint) => All(_ => { }).FirstOrDefault(pending => pending is { State: not null, IsInDoubt: false }
        && pending.Items.Any(item => !item.HasEnded && string.Equals(item.OldCertificate?.Certificate.Thumbprint, thumbprint, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Writes where a pending enrolment stands.</summary>
    internal void Save(PendingEnrollment pending, bool durable)
    {
        if (pending.IsRequestSecret && pending.State is { } state)
            SaveRequest(pending.Id, state.Request);
        _pending.Write(pending.Id, PendingEnrollmentState.Write(pending with { Process = ThisProcess }), durable);
    }

    /// <summary>Keeps a request that holds a secret, as it was sent last; what is there already is not written again.</summary>
    private void SaveRequest(string id, ReadOnlyMemory<byte> request)
    {
        byte[]? before = _pending.ReadSecret(id, RequestExtension);
        byte[] octets = request.ToArray();
        try
        {
            if (before is null || !request.Span.SequenceEqual(before))
                _pending.WriteSecret(id, RequestExtension, octets);
        }
        finally
        {
            Secrets.Clear(before);
            Secrets.Clear(octets);
        }
    }

    /// <summary>Keeps keys until their certificates have come, in place of those that were kept.</summary>
    internal void SaveKeys(string id, IEnumerable<PrivateKey> keys) => WaitingKeys.Save(_pending, id, keys);

    /// <summary>Opens the keys that wait; the caller disposes of them.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>; <c>CmpKey.Malformed</c>.</exception>
    internal IReadOnlyList<PrivateKey> OpenKeys(string id) => WaitingKeys.Open(_pending, id);

    internal static CmpException Vanished(string id) => WaitingKeys.Vanished(id);

    /// <summary>Removes what a process left half written that died; for who holds the lock.</summary>
    internal void Sweep(string id) => _pending.Sweep(id, WaitingKeys.Extension, RequestExtension);

    /// <summary>Forgets a pending enrolment, with its key and its lock.</summary>
    internal bool Forget(string id) => _pending.Delete(id, WaitingKeys.Extension, RequestExtension, StateFolder.LockExtension);

    private static string DescribeProcess()
    {
        using Process process = Process.GetCurrentProcess();
        return string.Format(CultureInfo.InvariantCulture, "Process {0} ({1}) on {2}", process.Id, process.ProcessName, Environment.MachineName);
    }

    private PendingEnrollment Read(string id, StateObject state) => PendingEnrollmentState.Read(
        id,
        state,
        name => _pending.ReadSecret(name, RequestExtension) ?? throw new FormatException("The request, which is in a file of its own, is not there."));
}
