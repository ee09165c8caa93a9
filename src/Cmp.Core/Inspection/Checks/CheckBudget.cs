using System.Threading;

namespace Cmp.Inspection;

/// <summary>How much may be computed for one message, whatever stands in it: a nested message may hold thousands of others, each with a salt of its own.</summary>
/// <param name="signatures">Signatures that may be verified; other work counts as several.</param>
/// <param name="token">Ends the work between two computations.</param>
internal sealed class CheckBudget(int signatures, CancellationToken token)
{
    /// <summary>What a derivation of a MAC's key counts: it costs up to a second.</summary>
    internal const int Derivation = 20;

    /// <summary>What a search for a path counts.</summary>
    internal const int Path = 20;

    /// <summary>Why nothing more is computed.</summary>
    internal const string IsSpent = "There is too much in the message to check all of it, and this was not.";

    private int _left = signatures;

    /// <summary>Asks for a computation.</summary>
    /// <param name="cost">What it counts.</param>
    /// <returns>Whether it may be done.</returns>
    /// <exception cref="System.OperationCanceledException">The work was ended.</exception>
    internal bool Allows(int cost = 1)
    {
        token.ThrowIfCancellationRequested();
        if (_left < cost)
            return false;
        _left -= cost;
        return true;
    }
}
