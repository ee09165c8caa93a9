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
        string digits = (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.Substring(2) : text).Replace(" ", string.Empty).Replace(":", string.Empty);
        try
        {
            byte[] octets = Hex.Parse((digits.Length % 2 == 0 ? string.Empty : "0") + digits);
            int first = Array.FindIndex(octets, octet => octet != 0);
            digits = first < 0 ? "00" : Hex.Of(octets.AsSpan(first));
            return first >= 0 && octets[first] > 0x7F ? "00" + digits : digits;
        }
        catch (FormatException)
        {
            throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(text)}' is no serial number: give its hexadecimal digits, as in '6F3A09'.");
        }
    }
}
