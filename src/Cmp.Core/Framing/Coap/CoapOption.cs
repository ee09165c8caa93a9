using System;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>One option of a CoAP message: a number, and octets whose meaning the number tells (RFC 7252 3.1 and 3.2).</summary>
/// <param name="Number">The number, 0 to 65535.</param>
/// <param name="Value">The octets; in a message that was received a slice of its datagram.</param>
public readonly record struct CoapOption(int Number, ReadOnlyMemory<byte> Value)
{
    /// <summary>Whether who does not understand it must not go on: its number is odd (RFC 7252 5.4.6).</summary>
    public bool IsCritical => (Number & 1) != 0;

    /// <summary>An option whose value is a number: in as few octets as it takes, none for 0.</summary>
    /// <param name="number">The number of the option.</param>
    /// <param name="value">The value.</param>
    /// <returns>The option.</returns>
    public static CoapOption Of(int number, uint value)
    {
        int length = value == 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4;
        byte[] octets = new byte[length];
        for (int i = length - 1; i >= 0; i--, value >>= 8)
            octets[i] = (byte)value;
        return new CoapOption(number, octets);
    }

    /// <summary>An option whose value is text.</summary>
    /// <param name="number">The number of the option.</param>
    /// <param name="value">The text, sent as UTF-8.</param>
    /// <returns>The option.</returns>
    public static CoapOption Of(int number, string value) => new(number, Encoding.UTF8.GetBytes(value));

    /// <summary>The value as a number. Zeros before it are taken, as they must be.</summary>
    /// <returns>The number, or <see langword="null"/> where there are more than four octets.</returns>
    public uint? ToNumber()
    {
        if (Value.Length > 4)
            return null;
        uint number = 0;
        foreach (byte octet in Value.Span)
            number = (number << 8) | octet;
        return number;
    }

    /// <summary>The value as text; what is no UTF-8 becomes U+FFFD. It is the peer's, and not escaped.</summary>
    /// <returns>The text.</returns>
    public string ToText() => Encoding.UTF8.GetString(Value.ToArray());

    /// <summary>Number and length.</summary>
    /// <returns>As in <c>option 11 (4 octets)</c>.</returns>
    public override string ToString() =>
        "option " + Number.ToString(CultureInfo.InvariantCulture) + " (" + Value.Length.ToString(CultureInfo.InvariantCulture) + " octets)";
}
