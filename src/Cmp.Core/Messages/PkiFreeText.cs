using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages;

/// <summary>Texts for people, each in one language.</summary>
/// <param name="Texts">The texts as they came: escape them before they are shown (<see cref="PeerText"/>).</param>
/// <remarks>RFC 9810 5.1.1: <code>PKIFreeText ::= SEQUENCE SIZE (1..MAX) OF UTF8String</code></remarks>
public sealed record PkiFreeText(IReadOnlyList<string> Texts) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The texts.</returns>
    public static PkiFreeText Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> encoded = reader.PeekEncoded();
        return new PkiFreeText(reader.ReadFilledList((ref Asn1Reader r) => r.ReadUtf8String())) { Encoded = encoded };
    }

    /// <summary>The texts fit to be shown: escaped, bounded, joined by blanks.</summary>
    /// <param name="limits">How much is kept.</param>
    /// <returns>One line.</returns>
    public string Show(CmpLimits limits)
    {
        var shown = new List<string>();
        for (int i = 0; i < Texts.Count && i < limits.MaxTexts; i++)
            shown.Add(PeerText.Escape(Texts[i], limits.MaxTextLength));
        if (Texts.Count > limits.MaxTexts)
            shown.Add("…");
        return string.Join(" ", shown);
    }

    /// <summary>What several fields say together, as statusString and errorDetails of an error do: what says the same again is left out.</summary>
    /// <param name="limits">How much is shown.</param>
    /// <param name="texts">The fields; <see langword="null"/> where one is not there.</param>
    /// <returns>One line, escaped, with semicolons between them; empty where nothing is said.</returns>
    internal static string Show(CmpLimits limits, params PkiFreeText?[] texts)
    {
        var shown = new List<string>();
        foreach (PkiFreeText? text in texts)
        {
            if (text?.Show(limits) is { Length: > 0 } words && !shown.Contains(words))
                shown.Add(words);
        }
        return string.Join("; ", shown);
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (string text in Texts)
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
        }
    }
}
