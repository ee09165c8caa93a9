using System;

namespace Cmp.Inspection;

/// <summary>Structures of a peer that decode only when they are asked: what does not decode has no value, and is no reason to stop.</summary>
internal static class PeerValue
{
    /// <summary>Reads an object.</summary>
    /// <returns>It; <see langword="null"/> where it does not decode.</returns>
    internal static T? Of<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (CmpException)
        {
            return null;
        }
    }

    /// <summary>Reads a value.</summary>
    /// <returns>It; <see langword="null"/> where it does not decode.</returns>
    internal static T? OfValue<T>(Func<T?> read)
        where T : struct
    {
        try
        {
            return read();
        }
        catch (CmpException)
        {
            return null;
        }
    }
}
