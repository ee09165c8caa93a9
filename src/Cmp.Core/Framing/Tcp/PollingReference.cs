using System.Globalization;

namespace Cmp.Framing;

/// <summary>What a server gives in place of an answer, to ask for it by (RFC 2510 5.2).</summary>
/// <param name="Value">32 bits without a meaning of their own.</param>
public readonly record struct PollingReference(uint Value)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">Any text, or <see langword="null"/>.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>Whether it is one: eight hexadecimal digits, letters large.</returns>
    public static bool TryParse(string? text, out PollingReference reference)
    {
        reference = default;
        if (text is not { Length: 8 } || !uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
            return false;
        reference = new PollingReference(value);
        return reference.ToString() == text;
    }

    /// <summary>The reference as text.</summary>
    /// <returns>Eight hexadecimal digits.</returns>
    public override string ToString() => Value.ToString("X8", CultureInfo.InvariantCulture);
}
