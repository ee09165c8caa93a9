using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Keys;
using Cmp.State;

namespace Cmp.Client;

/// <summary>The enrolments that are remembered, by their names.</summary>
public sealed class EnrollmentRecords
{
    private static readonly StateKind Kind = new("enrolments", 1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly StateFolder _folder;

    internal EnrollmentRecords(string home) => _folder = new StateFolder(home, Kind);

    /// <summary>All of them; one that cannot be read hides no other.</summary>
    /// <param name="failed">Hears of those.</param>
    /// <returns>By the names of their files.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>.</exception>
    public IReadOnlyList<EnrollmentRecord> All(Action<CmpException> failed) => _folder.ReadAll(Read, failed);

    /// <summary>Finds one by its name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>It, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpArgument.Name</c>.</exception>
    public EnrollmentRecord? Find(string name) => _folder.Read(name, Read);

    /// <summary>Gets one that must be there.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>It.</returns>
    /// <exception cref="CmpException"><c>CmpEnrollment.NotFound</c>, and as <see cref="Find"/>.</exception>
    public EnrollmentRecord Get(string name) => Find(name) ?? throw NotFound(name);

    /// <summary>That there is none of this name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The error, <c>CmpEnrollment.NotFound</c>.</returns>
    public static CmpException NotFound(string name) => new(CmpErrorKind.Argument, "CmpEnrollment.NotFound", $"There is no enrolment '{PeerText.Escape(name)}'.")
    {
        RecommendedAction = "Get-CmpCertificate lists those there are.",
    };

    /// <summary>Finds the one that brought a certificate.</summary>
    /// <param name="thumbprint">The certificate's thumbprint.</param>
    /// <returns>It, or <see langword="null"/>.</returns>
    public EnrollmentRecord? Of(string thumbprint) => Named(thumbprint).Concat(All(_ => { })).FirstOrDefault(record => string.Equals(record.Thumbprint, thumbprint, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds the one whose certificate took the place of another.</summary>
    /// <param name="thumbprint">The thumbprint of that other one.</param>
    /// <returns>It, or <see langword="null"/>.</returns>
    public EnrollmentRecord? SuccessorOf(string thumbprint) => All(_ => { }).FirstOrDefault(record => record.Replaced.Contains(thumbprint, StringComparer.OrdinalIgnoreCase));

    /// <summary>Remembers one, in place of what had its name.</summary>
    /// <param name="record">It.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpState.…</c>: what has its name cannot be read, and is not overwritten.</exception>
    public void Write(EnrollmentRecord record)
    {
        using StateLock held = Lock(record.Name);
        _ = Find(record.Name);
        _folder.Write(record.Name, StateOf(record), durable: false);
    }

    /// <summary>Remembers something else of one while its certificate stays: what was renewed meanwhile is left as it is.</summary>
    /// <param name="record">It, as it was seen.</param>
    /// <param name="change">Makes what is remembered, from what is by now.</param>
    /// <returns>Whether that is remembered: its certificate is the same still.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpState.…</c>.</exception>
    internal bool Change(EnrollmentRecord record, Func<EnrollmentRecord, EnrollmentRecord> change)
    {
        using StateLock held = Lock(record.Name);
        if (Find(record.Name) is not { } now || !string.Equals(now.Thumbprint, record.Thumbprint, StringComparison.OrdinalIgnoreCase))
            return false;
        _folder.Write(now.Name, StateOf(change(now)), durable: false);
        return true;
    }

    /// <summary>Finds out whether one can be forgotten, before anything goes that it leads to.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void EnsureForgettable(string name) => AtomicFile.EnsureWritable(_folder.PathOf(name), overwrite: true);

    /// <summary>Forgets one; its certificate stays.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public bool Forget(string name)
    {
        if (!_folder.Has(name))
            return false;
        using StateLock held = Lock(name);
        return _folder.Delete(name);
    }

    /// <summary>Most are called by their thumbprint: then no other file is opened.</summary>
    private IEnumerable<EnrollmentRecord> Named(string name)
    {
        EnrollmentRecord? record = null;
        try
        {
            record = Find(name);
        }
        catch (CmpException)
        {
            // whoever lists them hears of it
        }
        return record is null ? [] : [record];
    }

    /// <summary>One lock for all: they change seldom, and at once.</summary>
    private StateLock Lock(string name) => _folder.TryLock(Kind.Name, Patience)
        ?? throw new CmpException(CmpErrorKind.Store, "CmpState.Busy", $"Another process is changing what is remembered of enrolments, so '{PeerText.Escape(name)}' stays as it is.")
        {
            RecommendedAction = "Try again when it has ended.",
        };

    private static StateObject StateOf(EnrollmentRecord record)
    {
        var state = new StateObject();
        state.Set("operation", record.Operation.ToString());
        state.Set("subject", record.Subject);
        state.Set("thumbprint", record.Thumbprint);
        state.Set("notAfter", record.NotAfter);
        state.Set("renewAfter", record.RenewAfter);
        state.Set("destination", DestinationState.Write(record.Destination));
        state.Set("requestedSubject", record.RequestedSubject);
        state.Set("requestedDnsNames", record.RequestedDnsNames);
        state.Set("keyAlgorithm", record.KeyAlgorithm);
        state.Set("centralKey", record.IsCentralKey ? true : null);
        state.Set("archiveKey", record.ArchiveKey ? true : null);
        state.Set("keyExportable", record.IsKeyExportable ? true : null);
        state.Set("keyPath", record.KeyPath);
        state.Set("keyProvider", record.KeyProvider);
        state.Set("keyReference", record.KeyReference?.Text);
        state.Set("keyReaders", record.PrivateKeyReaders.Count > 0 ? record.PrivateKeyReaders : null);
        state.Set("friendlyName", record.FriendlyName);
        state.Set("renewBefore", record.RenewBefore?.ToString());
        if (record.Replaced.Count > 0)
            state.Set("replaced", record.Replaced);
        state.Set("server", SettingsState.Write(record.Server));
        return state;
    }

    private static EnrollmentRecord Read(string name, StateObject state) => new()
    {
        Name = name,
        Operation = state.Word<EnrollmentOperation>("operation") ?? throw new FormatException("'operation' is missing."),
        Subject = state.Require("subject"),
        Thumbprint = state.Require("thumbprint"),
        NotAfter = state.Time("notAfter") ?? throw new FormatException("'notAfter' is missing."),
        RenewAfter = state.Time("renewAfter") ?? throw new FormatException("'renewAfter' is missing."),
        Destination = DestinationState.Read(state.Object("destination") ?? throw new FormatException("'destination' is missing.")),
        RequestedSubject = state.Text("requestedSubject"),
        RequestedDnsNames = state.Texts("requestedDnsNames"),
        KeyAlgorithm = state.Text("keyAlgorithm"),
        IsCentralKey = state.Flag("centralKey") ?? false,
        ArchiveKey = state.Flag("archiveKey") ?? false,
        IsKeyExportable = state.Flag("keyExportable") ?? false,
        KeyPath = state.Text("keyPath"),
        KeyProvider = state.Text("keyProvider"),
        KeyReference = state.Text("keyReference") is { } reference ? KeyReference.Parse(reference) : null,
        PrivateKeyReaders = state.Texts("keyReaders") ?? [],
        FriendlyName = state.Text("friendlyName"),
        Replaced = state.Texts("replaced") ?? [],
        RenewBefore = state.Text("renewBefore") is { } window ? RenewalWindow.Parse(window) : null,
        Server = SettingsState.Read(state.Object("server") ?? throw new FormatException("'server' is missing.")),
    };
}
