using System;
using System.Globalization;
using System.Management.Automation;
using Cmp.Framing;

namespace Cmp.Binding;

/// <summary>Takes a polling reference as a number, or as text: its eight hexadecimal digits as commands and test servers show it, or <c>0x…</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PollingReferenceTransformationAttribute : ArgumentTransformationAttribute
{
    private const int Digits = 8;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is null or PollingReference)
            return input!;
        // of a word that PowerShell took for a number, the digits as they were typed
        object said = inputData is PSObject typed && typed.ToString() is { Length: Digits } word ? word : input;
        uint? value = said switch
        {
            string text when text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) => Hexadecimal(text.Substring(2)),
            string { Length: Digits } text => Hexadecimal(text),
            string text => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : null,
            uint number => number,
            // 0x80000000 and above is negative where PowerShell took it for an Int32
            int number => unchecked((uint)number),
            long and >= int.MinValue and <= uint.MaxValue and var number => unchecked((uint)number),
            _ => null,
        };
        return value is { } reference
            ? new PollingReference(reference)
            : throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(LanguagePrimitives.ConvertTo<string>(inputData))}' is no polling reference: give a number of 32 bits, or its eight hexadecimal digits as in '0000002A'.");
    }

    private static uint? Hexadecimal(string digits) => uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) ? value : null;
}
