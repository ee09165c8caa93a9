using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using Cmp.State;

namespace Cmp.Announcements;

/// <summary>What was believed before: by what it is about the last time that a message told, and of CRLs the last thisUpdate and number. Oldest first, bounded.</summary>
internal sealed class AcceptedBefore
{
    /// <summary>Things that are remembered: so many certificates, CAs and CRLs.</summary>
    internal const int MaxSubjects = 500;

    /// <summary>Names that are known again: of what was said, and of the messages that said it.</summary>
    internal const int MaxIds = 2000;

    private readonly List<(string About, DateTimeOffset Time)> _times = [];
    private readonly List<(string Scope, DateTimeOffset ThisUpdate, BigInteger? Number)> _crls = [];

    /// <summary>The names of those that were emitted, and of the messages that were believed.</summary>
    internal List<string> Ids { get; private init; } = [];

    /// <summary>The messageTime of the last message about something; <see langword="null"/> where there was none.</summary>
    internal DateTimeOffset? TimeOf(string about) => _times.FindIndex(one => one.About == about) is >= 0 and var index ? _times[index].Time : null;

    /// <summary>The last CRL of a scope; <see langword="null"/> where there was none.</summary>
    internal (DateTimeOffset ThisUpdate, BigInteger? Number)? CrlOf(string scope) =>
        _crls.FindIndex(one => one.Scope == scope) is >= 0 and var index ? (_crls[index].ThisUpdate, _crls[index].Number) : null;

    /// <summary>Remembers the time of a message; one that came late takes nothing back.</summary>
    internal void SetTime(string about, DateTimeOffset time)
    {
        DateTimeOffset last = TimeOf(about) is { } before && before > time ? before : time;
        _times.RemoveAll(one => one.About == about);
        _times.Add((about, last));
        MakeRoom(_times, MaxSubjects);
    }

    /// <summary>Remembers a CRL; one that came late takes nothing back.</summary>
    internal void SetCrl(string scope, DateTimeOffset thisUpdate, BigInteger? number)
    {
        if (CrlOf(scope) is { } before)
        {
            thisUpdate = before.ThisUpdate > thisUpdate ? before.ThisUpdate : thisUpdate;
            number = before.Number is { } last && !(number > last) ? last : number;
        }
        _crls.RemoveAll(one => one.Scope == scope);
        _crls.Add((scope, thisUpdate, number));
        MakeRoom(_crls, MaxSubjects);
    }

    /// <summary>Remembers that something was emitted.</summary>
    internal void AddId(string id)
    {
        Ids.Remove(id);
        Ids.Add(id);
        MakeRoom(Ids, MaxIds);
    }

    internal StateObject Write()
    {
        var state = new StateObject();
        state.Set("ids", Ids);
        state.Set("times", _times.Select(one =>
        {
            var time = new StateObject();
            time.Set("about", one.About);
            time.Set("time", one.Time);
            return time;
        }));
        state.Set("crls", _crls.Select(one =>
        {
            var crl = new StateObject();
            crl.Set("scope", one.Scope);
            crl.Set("thisUpdate", one.ThisUpdate);
            crl.Set("number", one.Number?.ToString(CultureInfo.InvariantCulture));
            return crl;
        }));
        return state;
    }

    /// <exception cref="FormatException">It is damaged.</exception>
    internal static AcceptedBefore Read(StateObject state)
    {
        var before = new AcceptedBefore { Ids = [.. state.Texts("ids") ?? throw Missing("ids")] };
        foreach (StateObject time in state.Objects("times") ?? throw Missing("times"))
            before._times.Add((time.Require("about"), time.Time("time") ?? throw Missing("time")));
        foreach (StateObject crl in state.Objects("crls") ?? throw Missing("crls"))
            before._crls.Add((crl.Require("scope"), crl.Time("thisUpdate") ?? throw Missing("thisUpdate"), crl.Text("number") is { } number ? BigInteger.Parse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : null));
        return before;
    }

    private static FormatException Missing(string name) => new($"'{name}' is missing.");

    private static void MakeRoom<T>(List<T> list, int most)
    {
        if (list.Count > most)
            list.RemoveRange(0, list.Count - most);
    }
}
