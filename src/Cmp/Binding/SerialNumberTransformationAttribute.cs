using System;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using Cmp.Messages.Asn1;

namespace Cmp.Binding;

/// <summary>
/// Takes a serial number in hexadecimal digits as programs show it, as in <c>6F3A</c>, <c>6f:3a</c> or <c>0x6F3A</c>, or as a BigInteger, and makes the
/// digits of its INTEGER of it. A number is not negative: the octet that says so, which some programs leave out, is put before it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SerialNumberTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is null || BlankIsNothingAttribute.IsBlank(input))
            return null!;
        // of a word that PowerShell took for a number, the digits as they were typed
        string text = input is BigInteger number ? number.ToString("X", CultureInfo.InvariantCulture) : LanguagePrimitives.ConvertTo<string>(inputData).Trim();
        return Digits(text) ?? throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(text)}' is no serial number: give its hexadecimal digits, as in '6F3A09'.");
    }

    /// <summary>The digits of the INTEGER; <see langword="null"/> where the text is no number, or a negative one.</summary>
    internal static string? Digits(string text)
    {
        string digits = (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.Substring(2) : text).Replace(" ", string.Empty).Replace(":", string.Empty);
        // hyphens between digits do not count elsewhere, and this one would
        if (digits.IndexOf('-') >= 0)
            return null;
        try
        {
            byte[] octets = Hex.Parse((digits.Length % 2 == 0 ? string.Empty : "0") + digits);
            int first = Array.FindIndex(octets, octet => octet != 0);
            if (first < 0)
                return octets.Length == 0 ? null : "00";
            digits = Hex.Of(octets.AsSpan(first));
            return octets[first] > 0x7F ? "00" + digits : digits;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
