using System;
using System.Collections.Generic;
using Cmp.Announcements;

namespace Cmp.Commands;

/// <summary>Tells of refused pushes: a warning for each kind and peer, what comes of it again by -Verbose. Who floods us floods no log.</summary>
internal sealed class RefusedPushes(PipelineWriter writer)
{
    private const int MaxWarnings = 100;

    private readonly HashSet<(int? Status, string? Peer)> _told = [];

    /// <summary>A push was refused; called from any thread.</summary>
    internal void Add(PushRefusal refusal)
    {
        bool isNew;
        bool isLast;
        lock (_told)
        {
            isNew = _told.Count < MaxWarnings && _told.Add((refusal.Status, PeerOf(refusal.From)));
            isLast = isNew && _told.Count == MaxWarnings;
        }
        if (isNew)
            writer.Warning(refusal.ToString());
        else
            writer.Verbose(refusal.ToString());
        if (isLast)
            writer.Warning("Pushes of many kinds and peers were refused: of others -Verbose tells.");
    }

    /// <summary>The address without the port, which is another one for each connection.</summary>
    private static string? PeerOf(string? from) => from is not null && from.LastIndexOf(':') is > 0 and int colon ? from.Substring(0, colon) : from;
}
