using System;
using System.Linq;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Client;

/// <summary>A <see cref="PendingRequest"/> as it stands in its file, and back.</summary>
internal static class PendingRequestState
{
    internal static StateObject Write(PendingRequest pending)
    {
        var state = new StateObject();
        state.Set("subjects", pending.Subjects);
        state.Set("begun", pending.Begun);
        state.Set("process", pending.Process);
        state.Set("waitSince", pending.WaitSince);
        state.Set("waitUntil", pending.WaitUntil);
        state.Set("waitReason", pending.WaitReason);
        state.Set("ticket", pending.Ticket);
        if (pending.Certificates.Count > 0)
            state.Set("certificates", pending.Certificates.Select(certificate => certificate.Encoded));
        if (pending.Recovery is { } recovery)
            state.Set("recovery", Write(recovery));
        if (pending.State is { } transaction)
            state.Set("transaction", PendingEnrollmentState.Write(transaction, withRequest: true));
        state.Set("server", SettingsState.Write(pending.Server));
        return state;
    }

    internal static PendingRequest Read(string id, StateObject state) => new()
    {
        Id = id,
        Subjects = state.Texts("subjects") ?? throw Missing("subjects"),
        Begun = state.Time("begun") ?? throw Missing("begun"),
        Process = state.Text("process"),
        WaitSince = state.Time("waitSince"),
        WaitUntil = state.Time("waitUntil"),
        WaitReason = state.Text("waitReason"),
        Ticket = state.Text("ticket"),
        Certificates = [.. (state.OctetsList("certificates") ?? []).Select(octets => Certificate.Decode(octets))],
        Recovery = state.Object("recovery") is { } recovery ? ReadRecovery(recovery) : null,
        State = state.Object("transaction") is { } transaction ? PendingEnrollmentState.ReadTransaction(transaction, () => throw Missing("request")) : null,
        Server = SettingsState.Read(state.Object("server") ?? throw Missing("server")),
    };

    private static StateObject Write(PendingRecovery recovery)
    {
        var state = new StateObject();
        state.Set("destination", DestinationState.Write(recovery.Destination));
        state.Set("keyExportable", recovery.IsKeyExportable ? true : null);
        state.Set("keyReaders", recovery.PrivateKeyReaders.Count > 0 ? recovery.PrivateKeyReaders : null);
        return state;
    }

    private static PendingRecovery ReadRecovery(StateObject state) => new()
    {
        Destination = DestinationState.Read(state.Object("destination") ?? throw Missing("destination")),
        IsKeyExportable = state.Flag("keyExportable") ?? false,
        PrivateKeyReaders = state.Texts("keyReaders") ?? [],
    };

    private static FormatException Missing(string name) => new($"'{name}' is missing.");
}
