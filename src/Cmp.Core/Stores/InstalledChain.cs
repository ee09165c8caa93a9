using System;
using System.Collections.Generic;

namespace Cmp.Stores;

/// <summary>What came of the issuers of a certificate that were to go into stores.</summary>
public sealed class InstalledChain
{
    private Action? _undo;

    internal InstalledChain(Action? undo) => _undo = undo;

    /// <summary>What went where, one sentence each; of what was there already nothing is said.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What could not be put away: the others were.</summary>
    public IReadOnlyList<CmpException> Problems { get; init; } = [];

    /// <summary>Takes out again what was put in, and nothing that was there before. A second call does nothing.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: something stays.</exception>
    public void Remove()
    {
        Action? undo = _undo;
        _undo = null;
        undo?.Invoke();
    }
}
