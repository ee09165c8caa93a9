using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;

namespace Cmp.Inspection;

/// <summary>What a body says, as a person would tell it: the predicate of a sentence whose subject is the sender.</summary>
internal static class BodyText
{
    private const int MaxItemsTold = 3;

    internal static string Of(CmpMessageBody body) => body.Type switch
    {
        null => "does not decode",
        PkiBodyType.Genm => body.Items.Count == 0 ? "asks for information" : $"asks for {List(body.Items)}",
        PkiBodyType.Genp => body.Items.Count == 0 ? "has no information" : $"tells {List(body.Items)}",
        PkiBodyType.Krr => "asks for keys of its own to be given back",
        PkiBodyType.Nested => body.Items.Count == 1 ? $"carries {body.Items[0].Name}, which {body.Messages[0].Body}" : $"carries {body.Items.Count} messages: {string.Join(", ", body.Items.Take(MaxItemsTold).Select(item => item.Name))}{More(body.Items)}",
        PkiBodyType.Ckuann => body.Items[0].Subject is { } root ? $"announces a new key of the root {root}" : "announces a new key of a root",
        PkiBodyType.Pkiconf => "confirms",
        _ => body.Items.Count == 0 ? "says nothing" : $"{string.Join("; ", body.Items.Take(MaxItemsTold).Select(item => item.Text).Distinct())}{More(body.Items)}",
    };

    private static string List(IReadOnlyList<CmpMessageItem> items) => $"{string.Join("; ", items.Take(MaxItemsTold).Select(item => item.Text))}{More(items)}";

    private static string More(IReadOnlyList<CmpMessageItem> items) => items.Count > MaxItemsTold ? $"; and {items.Count - MaxItemsTold} more" : string.Empty;
}
