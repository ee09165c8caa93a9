namespace Cmp.Inspection.Captures;

/// <summary>How much all messages that are not whole yet may hold together, whatever a capture says is still to come.</summary>
/// <param name="max">Octets.</param>
internal sealed class OctetBudget(long max)
{
    private long _taken;

    /// <summary>Takes a share.</summary>
    /// <param name="octets">How many octets.</param>
    /// <returns>Whether they were to be had.</returns>
    public bool TryTake(long octets)
    {
        if (_taken + octets > max)
            return false;
        _taken += octets;
        return true;
    }

    /// <summary>Gives a share back.</summary>
    /// <param name="octets">How many octets.</param>
    public void Give(long octets) => _taken -= octets;
}
