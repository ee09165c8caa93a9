using System;
using System.Globalization;
using System.Text;

namespace Cmp.State;

/// <summary>Names that users give, as names of files: in small letters, what no file system minds; everything else as its octets in hexadecimal (rule 71).</summary>
internal static class StateName
{
    internal const int MaxLength = 64;

    /// <exception cref="CmpException"><c>CmpArgument.Name</c>: it is empty, too long, or holds control characters.</exception>
    internal static string ToFile(string name)
    {
        if (name.Length is 0 or > MaxLength || name.Trim().Length != name.Length || PeerText.Escape(name) != name)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Name", $"'{PeerText.Escape(name, MaxLength)}' is no name: it has 1 to {MaxLength} characters, no blank at its ends and no control characters.")
            {
                RecommendedAction = "Choose another name.",
            };
        }
        var file = new StringBuilder(name.Length + 8);
        foreach (byte octet in Encoding.UTF8.GetBytes(name.ToLowerInvariant()))
        {
            char c = (char)octet;
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_')
                file.Append(c);
            else
                file.Append('%').Append(octet.ToString("x2", CultureInfo.InvariantCulture));
        }
        // Windows keeps some names for devices, with any extension: con, nul, com1 …
        return file.Length is 3 or 4 ? file.Append('%').ToString() : file.ToString();
    }
}
