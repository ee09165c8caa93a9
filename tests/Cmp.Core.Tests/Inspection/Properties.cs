using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace Cmp.Tests.Inspection;

/// <summary>Asks an object for all that its properties lead to, as ConvertTo-Json does: each answers, and they end.</summary>
internal static class Properties
{
    private const int MaxDepth = 40;

    /// <summary>Walks along all properties.</summary>
    /// <returns>All texts that were met.</returns>
    internal static IReadOnlyList<string> AllTexts(object? value)
    {
        var texts = new List<string>();
        Walk(value, texts, 0);
        return texts;
    }

    private static void Walk(object? value, List<string> texts, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidOperationException($"Properties lead on and on, by way of a {value?.GetType().Name}.");
        switch (value)
        {
            case null:
                return;
            case string text:
                texts.Add(text);
                return;
            case IEnumerable list:
                // PowerShell takes what lists that the compiler makes hold, but not one of them by its number
                if (value is not Array && value.GetType().GetProperty("Item") is null)
                    throw new InvalidOperationException($"A list of the type {value.GetType().Name} has no numbers in PowerShell.");
                foreach (object? element in list)
                    Walk(element, texts, depth + 1);
                return;
        }
        Type type = value.GetType();
        texts.Add(value.ToString()!);
        if (type.IsPrimitive || type.IsEnum || value is DateTimeOffset or TimeSpan)
            return;
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
            Walk(property.GetValue(value), texts, depth + 1);
    }
}
