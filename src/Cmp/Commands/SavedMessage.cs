using System;
using System.IO;
using Cmp.Client;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>A message in a file: its DER, or, with the extension .eml, the mail that carries it.</summary>
internal static class SavedMessage
{
    /// <summary>Octets that are read: an announcement may carry a CRL.</summary>
    internal static int MaxBytes => CmpLimits.Default.MaxCrlBytes;

    /// <summary>Reads the octets of the message; they are not looked into.</summary>
    /// <param name="path">A full path.</param>
    /// <param name="warn">Hears of what was tolerated in a mail.</param>
    /// <returns>The octets.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpMail.…</c>.</exception>
    internal static ReadOnlyMemory<byte> Read(string path, Action<string> warn)
    {
        ReadOnlyMemory<byte> octets = BoundedFile.Read(path, MaxBytes);
        return string.Equals(Path.GetExtension(path), ".eml", StringComparison.OrdinalIgnoreCase) ? MessageMail.Read(octets, warn) : octets;
    }
}
