using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Cmp.Messages.Rules;

/// <summary>Gathers what a check finds, and says where it is. Nothing is allocated before the first finding.</summary>
internal struct FindingCollector
{
    /// <summary>A message that is wrong in every part of it is wrong enough.</summary>
    private const int MaxFindings = 1000;

    private readonly ReadOnlyMemory<byte> _whole;
    private List<Finding>? _findings;

    /// <summary>Gathers for a message.</summary>
    /// <param name="whole">Its octets, which offsets count from.</param>
    /// <param name="profile">Whether rules that only RFC 9483 knows count.</param>
    internal FindingCollector(ReadOnlyMemory<byte> whole, bool profile)
    {
        _whole = whole;
        _findings = null;
        IsProfile = profile;
    }

    /// <summary>Whether rules that only RFC 9483 knows count.</summary>
    internal bool IsProfile { get; set; }

    /// <summary>What was found, in the order of the message's parts.</summary>
    internal readonly IReadOnlyList<Finding> Findings => _findings ?? (IReadOnlyList<Finding>)[];

    /// <summary>Adds a finding where its rule counts.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="text">What is not as it should be.</param>
    /// <param name="where">The part concerned.</param>
    /// <param name="around">What it stands in, for a part that is a copy.</param>
    internal void Add(MessageRule rule, string text, ReadOnlyMemory<byte> where, ReadOnlyMemory<byte> around = default)
    {
        if ((rule.IsProfile && !IsProfile) || _findings?.Count >= MaxFindings)
            return;
        (_findings ??= []).Add(new Finding(rule, text, OffsetOf(where) ?? OffsetOf(around) ?? 0));
    }

    /// <summary>The place of a slice of the message; <see langword="null"/> where it is none.</summary>
    internal readonly int? OffsetOf(ReadOnlyMemory<byte> part) =>
        !part.IsEmpty && MemoryMarshal.TryGetArray(part, out ArraySegment<byte> slice) && MemoryMarshal.TryGetArray(_whole, out ArraySegment<byte> whole)
            && slice.Array == whole.Array && slice.Offset >= whole.Offset
            ? slice.Offset - whole.Offset
            : null;
}
