using System.Collections.Generic;

namespace Cmp.Inspection.Syntax;

/// <summary>A module: types and sets by their names.</summary>
/// <param name="isImplicit">Whether its tags are implicit where nothing else is said.</param>
internal sealed class SyntaxModule(bool isImplicit)
{
    /// <summary>Whether its tags are implicit where nothing else is said.</summary>
    internal bool IsImplicit { get; } = isImplicit;

    /// <summary>The types.</summary>
    internal Dictionary<string, SyntaxType> Types { get; } = [];

    /// <summary>The sets of TYPE-IDENTIFIER.</summary>
    internal Dictionary<string, SyntaxSet> Sets { get; } = [];
}

/// <summary>A set of TYPE-IDENTIFIER: what stands under which object identifier.</summary>
/// <param name="Rows">A type and the name of an object identifier each.</param>
/// <param name="IsExtensible">Whether values under others are shown as what their tags say; else they are not looked into.</param>
internal sealed record SyntaxSet(IReadOnlyList<(SyntaxType Type, string Oid)> Rows, bool IsExtensible);
