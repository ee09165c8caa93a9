using System.IO;

namespace Cmp.Commands;

/// <summary>
/// Octets that come one by one out of the pipeline, as Get-Content -AsByteStream gives them, or PowerShell makes them of an array: together they are what was meant. One octet alone
/// is no message.
/// </summary>
internal sealed class GatheredOctets
{
    private readonly MemoryStream _octets = new();
    private bool _areTooMany;

    /// <summary>Takes what came where it is one octet.</summary>
    /// <returns>Whether it was; else it is a message by itself.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.TooLarge</c>: there are more than a message can have. It is thrown once, and what comes then is not kept.</exception>
    internal bool Take(byte[] octets)
    {
        if (octets.Length != 1)
            return false;
        if (_areTooMany)
            return true;
        if (_octets.Length == SavedMessage.MaxBytes)
        {
            _areTooMany = true;
            _octets.SetLength(0);
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.TooLarge", $"The octets in the pipeline are more than {SavedMessage.MaxBytes}, and no message.");
        }
        _octets.WriteByte(octets[0]);
        return true;
    }

    /// <summary>What has come, and begins anew.</summary>
    /// <returns>The octets; <see langword="null"/> where none has come.</returns>
    internal byte[]? End()
    {
        byte[]? octets = _octets.Length == 0 ? null : _octets.ToArray();
        _octets.SetLength(0);
        _areTooMany = false;
        return octets;
    }
}
