using System.Globalization;
using System.Numerics;

namespace Cmp.Keys;

/// <summary>What opening one file may cost (rule 18): each derivation of a key, and all of them together, for a file may hold thousands of encrypted keys.</summary>
/// <param name="limits">The bounds of each.</param>
internal sealed class DerivationBudget(CmpLimits limits)
{
    /// <summary>A PKCS #12 file has three as a rule: its MAC, its certificates, its key.</summary>
    private const int Most = 4;

    private long _spent;

    /// <summary>Holds a count of iterations and a salt against the bounds, before anything is derived.</summary>
    /// <returns>The iterations.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Limit</c>.</exception>
    internal int Spend(BigInteger iterations, int saltBytes)
    {
        if (iterations < 1 || iterations > limits.MaxPbkdf2Iterations)
            throw KeyErrors.Limit("iteration count", iterations.ToString(CultureInfo.InvariantCulture), $"1 to {limits.MaxPbkdf2Iterations}");
        if (saltBytes > limits.MaxSaltBytes)
            throw KeyErrors.Limit("salt", $"{saltBytes} octets long", $"at most {limits.MaxSaltBytes}");
        long most = (long)Most * limits.MaxPbkdf2Iterations;
        _spent += (long)iterations;
        return _spent <= most ? (int)iterations : throw KeyErrors.Limit("sum of all iteration counts", $"more than {most}", $"at most {most}");
    }
}
