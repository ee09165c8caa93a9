using System.Collections.Generic;

namespace Cmp.Inspection.Syntax;

/// <summary>A type as a module writes it down.</summary>
/// <param name="kind">Its kind.</param>
/// <param name="name">What it is called where nobody gave it a name: <c>SEQUENCE</c>, or the name that it refers to.</param>
/// <param name="module">The module that it stands in.</param>
internal sealed class SyntaxType(SyntaxKind kind, string name, SyntaxModule module)
{
    /// <summary>Its kind.</summary>
    internal SyntaxKind Kind { get; } = kind;

    /// <summary>What it is called where nobody gave it a name.</summary>
    internal string Name { get; } = name;

    /// <summary>The module that it stands in, which says where names of types are looked for.</summary>
    internal SyntaxModule Module { get; } = module;

    /// <summary>The number of the universal tag; 0 where the kind has none.</summary>
    internal int Universal { get; init; }

    /// <summary>The number of the context tag of a tagged type.</summary>
    internal int Tag { get; init; }

    /// <summary>Whether EXPLICIT or IMPLICIT is said; <see langword="null"/>: as the module has it.</summary>
    internal bool? IsExplicit { get; init; }

    /// <summary>The components of a SEQUENCE, or the alternatives of a CHOICE.</summary>
    internal IReadOnlyList<SyntaxComponent> Components { get; init; } = [];

    /// <summary>The type of the elements, or the type in a tag.</summary>
    internal SyntaxType? Element { get; init; }

    /// <summary>What a string of bits or octets contains.</summary>
    internal SyntaxType? Contained { get; init; }

    /// <summary>Names of values or bits.</summary>
    internal IReadOnlyDictionary<int, string>? Names { get; init; }

    /// <summary>The set that says what an open type is.</summary>
    internal string? Set { get; init; }

    /// <summary>Where the object identifier stands that decides, from the SEQUENCE with the open type on.</summary>
    internal IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>The open type in this one, which a table fills; <see langword="null"/> where there is none.</summary>
    internal SyntaxType? FindOpen() => Kind switch
    {
        SyntaxKind.Open => this,
        SyntaxKind.Tagged or SyntaxKind.SequenceOf or SyntaxKind.SetOf => Element!.FindOpen(),
        _ => Contained?.FindOpen(),
    };

    /// <summary>This type with something in place of the open type.</summary>
    /// <param name="filling">What; <see langword="null"/>: nothing is known to be contained, or ANY stands there.</param>
    /// <returns>The type.</returns>
    internal SyntaxType Fill(SyntaxType? filling) => Kind switch
    {
        SyntaxKind.Open => filling ?? new SyntaxType(SyntaxKind.Any, "ANY", Module),
        SyntaxKind.Tagged or SyntaxKind.SequenceOf or SyntaxKind.SetOf => With(Element!.Fill(filling), null),
        _ => With(null, Contained!.Kind == SyntaxKind.Open ? filling : Contained.Fill(filling)),
    };

    /// <summary>What a list is called.</summary>
    /// <param name="kind">SEQUENCE OF or SET OF.</param>
    /// <param name="element">The type of its elements.</param>
    /// <returns>As in <c>SEQUENCE OF Extension</c>.</returns>
    internal static string ListOf(SyntaxKind kind, SyntaxType element) => $"{(kind == SyntaxKind.SetOf ? "SET" : "SEQUENCE")} OF {element.Name}";

    private SyntaxType With(SyntaxType? element, SyntaxType? contained) => new(Kind, Kind is SyntaxKind.SequenceOf or SyntaxKind.SetOf ? ListOf(Kind, element!) : element?.Name ?? Name, Module)
    {
        Universal = Universal,
        Tag = Tag,
        IsExplicit = IsExplicit,
        Element = element,
        Contained = contained,
        Names = Names,
    };
}

/// <summary>A component or an alternative.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsOptional">Whether it may be absent: OPTIONAL or DEFAULT.</param>
internal sealed record SyntaxComponent(string Name, SyntaxType Type, bool IsOptional);
