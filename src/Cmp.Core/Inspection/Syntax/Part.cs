using System.Collections.Generic;
using System.Formats.Asn1;

namespace Cmp.Inspection.Syntax;

/// <summary>What a value at one place of a message is: its name, its type, and how its content is taken apart.</summary>
/// <param name="name">Its name, as in <c>messageTime</c>; <see langword="null"/> where only its tag says something.</param>
/// <param name="content">How its content is taken apart.</param>
internal sealed class Part(string? name, Content content)
{
    /// <summary>The key of a value that may have any tag.</summary>
    internal const int AnyTag = -1;

    /// <summary>A value that no module knows.</summary>
    internal static readonly Part Unknown = new(null, Content.Any);

    /// <summary>A value that stands where none should.</summary>
    internal static readonly Part Unexpected = new(null, Content.Any) { Defect = "is not expected here" };

    /// <summary>A value that no module knows, beside the name of a secret.</summary>
    internal static readonly Part UnknownSecret = new(null, Content.Any) { IsSecret = true };

    /// <summary>Octets that are no value.</summary>
    internal static readonly Part Unreadable = new("(unreadable)", Content.Any) { IsNoValue = true };

    /// <summary>What is nested too deeply.</summary>
    internal static readonly Part TooDeep = new("(not shown)", Content.Any) { IsNoValue = true, Defect = $"is nested in more than {MessageTree.MaxLevels} levels" };

    /// <summary>What comes after the elements that are shown of a list.</summary>
    internal static readonly Part TooMany = new("(not shown)", Content.Any) { IsNoValue = true, Defect = "follows after as many elements as are shown" };

    /// <summary>What comes after the end of a structure.</summary>
    internal static readonly Part Surplus = new("(surplus)", Content.Any) { IsNoValue = true, Defect = "follows where the structure should end" };

    /// <summary>Its name.</summary>
    internal string? Name { get; } = name;

    /// <summary>How its content is taken apart.</summary>
    internal Content Content { get; } = content;

    /// <summary>The name of its type.</summary>
    internal string? Type { get; init; }

    /// <summary>Which alternative of a CHOICE it is, where its type is one.</summary>
    internal string? Alternative { get; init; }

    /// <summary>The tag that it has.</summary>
    internal int TagKey { get; init; } = AnyTag;

    /// <summary>What stands in its explicit tag; <see langword="null"/> where it has none.</summary>
    internal Place? Wrapped { get; init; }

    /// <summary>Whether its value is not shown.</summary>
    internal bool IsSecret { get; init; }

    /// <summary>Whether there are no tag and no length: octets that are no value, or something that is missing.</summary>
    internal bool IsNoValue { get; init; }

    /// <summary>Why it is not what it should be, as in "is not expected here".</summary>
    internal string? Defect { get; init; }

    /// <summary>A tag as one number, whether constructed or not.</summary>
    internal static int KeyOf(Asn1Tag tag) => ((int)tag.TagClass << 22) | tag.TagValue;
}

/// <summary>Where a value may stand: a component, an element, what is in a tag or in a string of octets.</summary>
internal sealed class Place
{
    /// <summary>Its name.</summary>
    internal string Name { get; set; } = string.Empty;

    /// <summary>What may stand there, by tags: more than one for a CHOICE.</summary>
    internal Part[] Parts { get; set; } = [];

    /// <summary>Whether it may be empty.</summary>
    internal bool IsOptional { get; set; }

    /// <summary>What may stand there by object identifiers; <see langword="null"/> where none decides.</summary>
    internal OidTable<Place>? ByOid { get; set; }

    /// <summary>Where the deciding object identifier stands.</summary>
    internal string[] Path { get; set; } = [];

    /// <summary>What a value with another tag is here.</summary>
    internal Part Mistaken { get; set; } = Part.Unexpected;

    /// <summary>What is missing here.</summary>
    internal Part Missing { get; set; } = Part.Unexpected;

    /// <summary>What a value with a tag is here.</summary>
    /// <param name="tagKey">The tag.</param>
    /// <returns>The part, or <see langword="null"/>.</returns>
    internal Part? Match(int tagKey)
    {
        foreach (Part part in Parts)
        {
            if (part.TagKey == tagKey || part.TagKey == Part.AnyTag)
                return part;
        }
        return null;
    }
}

/// <summary>How the content of values of a type is taken apart.</summary>
internal sealed class Content
{
    /// <summary>A value that says by its tag what it is.</summary>
    internal static readonly Content Any = new() { Kind = SyntaxKind.Any };

    /// <summary>The kind of the type.</summary>
    internal SyntaxKind Kind { get; set; }

    /// <summary>The components of a SEQUENCE.</summary>
    internal Place[] Components { get; set; } = [];

    /// <summary>The elements of a list, or what a string of bits or octets contains.</summary>
    internal Place? Element { get; set; }

    /// <summary>Names of values or bits.</summary>
    internal IReadOnlyDictionary<int, string>? Names { get; set; }

    /// <summary>Whether values are constructed; <see langword="null"/>: either way.</summary>
    internal bool? IsConstructed => Kind switch
    {
        SyntaxKind.Any => null,
        SyntaxKind.Sequence or SyntaxKind.SequenceOf or SyntaxKind.SetOf => true,
        _ => false,
    };
}
