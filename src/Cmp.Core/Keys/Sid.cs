using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Cmp.Keys;

/// <summary>The security identifier of an account of Windows.</summary>
/// <remarks>As winnt.h lays it out: revision (1), number of sub-authorities, authority (6 octets, big-endian), sub-authorities (4 octets each, little-endian).</remarks>
internal sealed class Sid : IEquatable<Sid>
{
    internal const int MaxBytes = HeaderBytes + (4 * MaxSubAuthorities);

    private const int HeaderBytes = 8;
    private const int MaxSubAuthorities = 15;

    /// <summary>Accounts that every Windows has, by their English names: in other languages Windows calls them otherwise, by their SIDs never.</summary>
    private static readonly Dictionary<string, string> WellKnown = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Everyone"] = "S-1-1-0",
        ["Authenticated Users"] = "S-1-5-11",
        ["SYSTEM"] = "S-1-5-18",
        ["LocalSystem"] = "S-1-5-18",
        ["LOCAL SERVICE"] = "S-1-5-19",
        ["LocalService"] = "S-1-5-19",
        ["NETWORK SERVICE"] = "S-1-5-20",
        ["NetworkService"] = "S-1-5-20",
        ["Administrators"] = "S-1-5-32-544",
        ["Users"] = "S-1-5-32-545",
        ["Remote Management Users"] = "S-1-5-32-580",
        ["IIS_IUSRS"] = "S-1-5-32-568",
        ["ALL SERVICES"] = "S-1-5-80-0",
    };

    /// <summary>Whose those are, where that is said: a service called Users is not the users.</summary>
    private static readonly Dictionary<string, Func<string, bool>> Authorities = new(StringComparer.OrdinalIgnoreCase)
    {
        ["BUILTIN"] = sid => sid.StartsWith("S-1-5-32-", StringComparison.Ordinal),
        ["NT SERVICE"] = sid => sid.StartsWith("S-1-5-80-", StringComparison.Ordinal),
        ["NT AUTHORITY"] = sid => sid.StartsWith("S-1-5-", StringComparison.Ordinal) && sid.Split('-').Length == 4,
    };

    private readonly byte[] _octets;

    private Sid(byte[] octets) => _octets = octets;

    /// <summary>The octets, as access lists have them.</summary>
    internal byte[] ToArray() => (byte[])_octets.Clone();

    /// <summary>Reads what is written <c>S-1-…</c>.</summary>
    /// <returns>It, or <see langword="null"/> where the text is none.</returns>
    internal static Sid? Parse(string text)
    {
        string[] parts = text.Trim().Split('-');
        if (parts.Length is < 4 or > MaxSubAuthorities + 3 || !string.Equals(parts[0], "S", StringComparison.OrdinalIgnoreCase) || parts[1] != "1")
            return null;
        if (!TryRead(parts[2], (1L << 48) - 1, out long authority))
            return null;
        var octets = new byte[HeaderBytes + (4 * (parts.Length - 3))];
        octets[0] = 1;
        octets[1] = (byte)(parts.Length - 3);
        for (int i = 0; i < 6; i++)
            octets[2 + i] = (byte)(authority >> (8 * (5 - i)));
        for (int i = 3; i < parts.Length; i++)
        {
            if (!TryRead(parts[i], uint.MaxValue, out long number))
                return null;
            for (int j = 0; j < 4; j++)
                octets[HeaderBytes + (4 * (i - 3)) + j] = (byte)(number >> (8 * j));
        }
        return new Sid(octets);
    }

    /// <summary>Reads one from where an access list has it.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    internal static Sid Read(byte[] octets, int at, int length)
    {
        if (length < HeaderBytes || at > octets.Length - length || octets[at] != 1 || octets[at + 1] > MaxSubAuthorities || length < HeaderBytes + (4 * octets[at + 1]))
            throw new FormatException("A security identifier is damaged.");
        return new Sid(octets.AsSpan(at, HeaderBytes + (4 * octets[at + 1])).ToArray());
    }

    /// <summary>The account that every Windows has under a name.</summary>
    /// <returns>It, or <see langword="null"/> where the name is another one's.</returns>
    internal static Sid? OfWellKnown(string name)
    {
        string[] parts = name.Trim().Split('\\');
        if (parts.Length > 2 || !WellKnown.TryGetValue(parts[parts.Length - 1], out string? sid))
            return null;
        return parts.Length == 1 || (Authorities.TryGetValue(parts[0], out Func<string, bool>? isOf) && isOf(sid)) ? Parse(sid) : null;
    }

    public bool Equals(Sid? other) => other is not null && _octets.AsSpan().SequenceEqual(other._octets);

    public override bool Equals(object? obj) => Equals(obj as Sid);

    public override int GetHashCode() => ToString().GetHashCode();

    /// <summary>As in <c>S-1-5-18</c>.</summary>
    public override string ToString()
    {
        long authority = 0;
        for (int i = 2; i < HeaderBytes; i++)
            authority = authority << 8 | _octets[i];
        IEnumerable<uint> numbers = Enumerable.Range(0, _octets[1]).Select(i => BitConverter.ToUInt32(_octets, HeaderBytes + (4 * i)));
        return $"S-1-{authority.ToString(CultureInfo.InvariantCulture)}{string.Concat(numbers.Select(number => "-" + number.ToString(CultureInfo.InvariantCulture)))}";
    }

    private static bool TryRead(string text, long max, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
}
