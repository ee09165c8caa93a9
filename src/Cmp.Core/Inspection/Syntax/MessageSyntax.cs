using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection.Syntax;

/// <summary>The modules of this folder, read once: what each value of a message is called.</summary>
internal sealed class MessageSyntax
{
    /// <summary>Types whose values are not shown: who has them could enroll, revoke or sign.</summary>
    private static readonly HashSet<string> Secrets = ["RegToken", "Authenticator", "ChallengePassword", "PrivateKey", "KeyGenParameters", "RandomNumber"];

    /// <summary>Pairs among which there may be passwords: where they are not the text that is expected, nobody can tell which.</summary>
    private const string Pairs = "UTF8Pairs";

    private static readonly Lazy<MessageSyntax> Loaded = new(Load);

    private readonly Dictionary<string, SyntaxType> _types = [];
    private readonly Dictionary<string, SyntaxSet> _sets = [];
    private readonly Dictionary<SyntaxType, Content> _contents = [];
    private readonly Dictionary<string, Place> _named = [];

    private MessageSyntax(IEnumerable<SyntaxModule> modules)
    {
        foreach (SyntaxModule module in modules)
        {
            foreach (KeyValuePair<string, SyntaxType> type in module.Types)
                _types[type.Key] = type.Value;
            foreach (KeyValuePair<string, SyntaxSet> set in module.Sets)
                _sets.Add(set.Key, set.Value);
        }
        Message = Of("PKIMessage");
        SecretOids = new OidTable<string>(_sets.Values
            .SelectMany(set => set.Rows)
            .Where(row => row.Type.Kind == SyntaxKind.Reference && (Secrets.Contains(row.Type.Name) || row.Type.Name == Pairs))
            .Select(row => new KeyValuePair<string, string>(OidOf(row.Oid), row.Oid))
            .ToList());
    }

    /// <summary>The syntax.</summary>
    internal static MessageSyntax Instance => Loaded.Value;

    /// <summary>A PKIMessage.</summary>
    internal Place Message { get; }

    /// <summary>The object identifiers under which secrets stand.</summary>
    internal OidTable<string> SecretOids { get; }

    /// <summary>A value of a type.</summary>
    /// <param name="type">The name of the type, as in <c>Certificate</c>.</param>
    /// <returns>Where it may stand.</returns>
    internal Place Of(string type)
    {
        lock (_named)
        {
            if (!_named.TryGetValue(type, out Place? place))
                _named.Add(type, place = MakePlace(type, new SyntaxType(SyntaxKind.Reference, type, _types[type].Module)));
            return place;
        }
    }

    private static MessageSyntax Load()
    {
        Assembly assembly = typeof(MessageSyntax).Assembly;
        var modules = new List<SyntaxModule>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".asn", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            modules.AddRange(SyntaxParser.Parse(reader.ReadToEnd()));
        }
        return new MessageSyntax(modules);
    }

    private static string OidOf(string name) => OidNames.Find(name) ?? throw new FormatException($"No object identifier is called '{name}'.");

    private static string NameOf(SyntaxType type) => type.Kind == SyntaxKind.Tagged ? NameOf(type.Element!) : type.Name;

    private SyntaxType Resolve(SyntaxType reference) =>
        reference.Module.Types.TryGetValue(reference.Name, out SyntaxType? own) ? own
        : _types.TryGetValue(reference.Name, out SyntaxType? other) ? other
        : throw new FormatException($"No type is called '{reference.Name}'.");

    private bool IsUntagged(SyntaxType type) => type.Kind switch
    {
        SyntaxKind.Choice or SyntaxKind.Any or SyntaxKind.Open => true,
        SyntaxKind.Reference => IsUntagged(Resolve(type)),
        _ => false,
    };

    /// <summary>A place for a type; where an object identifier decides, one for each row of its set, and this one for all others.</summary>
    private Place MakePlace(string name, SyntaxType type, bool isOptional = false)
    {
        if (type.FindOpen() is not { } open)
            return MakeClosed(name, type, isOptional);
        SyntaxSet set = _sets[open.Set!];
        var unknown = new SyntaxType(SyntaxKind.Any, "ANY", open.Module);
        Place place = MakeClosed(name, type.Fill(set.IsExtensible ? unknown : null), isOptional);
        place.Path = [.. open.Path];
        place.ByOid = new OidTable<Place>(set.Rows.Select(row => new KeyValuePair<string, Place>(OidOf(row.Oid), MakeClosed(name, type.Fill(row.Type), isOptional))).ToList());
        return place;
    }

    private Place MakeClosed(string name, SyntaxType type, bool isOptional)
    {
        var parts = new List<Part>();
        Add(parts, new Draft(name), type);
        string expected = NameOf(type);
        bool isSecret = parts.Exists(part => part.IsSecret || part.Type == Pairs);
        return new Place
        {
            Name = name,
            Parts = parts.ToArray(),
            IsOptional = isOptional,
            Mistaken = new Part(name, Content.Any) { Defect = $"is not the {expected} that is expected", IsSecret = isSecret },
            Missing = new Part(name, Content.Any) { Type = expected, IsNoValue = true, Defect = "is missing" },
        };
    }

    private void Add(List<Part> parts, Draft draft, SyntaxType type)
    {
        switch (type.Kind)
        {
            case SyntaxKind.Reference:
                SyntaxType resolved = Resolve(type);
                if (type.Contained is not null)
                    resolved = new SyntaxType(resolved.Kind, resolved.Name, type.Module) { Universal = resolved.Universal, Contained = type.Contained };
                Add(parts, draft with { Type = draft.Type ?? type.Name, IsSecret = draft.IsSecret || Secrets.Contains(type.Name) }, resolved);
                break;
            case SyntaxKind.Choice:
                foreach (SyntaxComponent alternative in type.Components)
                    Add(parts, draft with { Alternative = alternative.Name }, alternative.Type);
                break;
            case SyntaxKind.Tagged:
                int key = draft.TagKey ?? Part.KeyOf(Tags.Constructed(type.Tag));
                SyntaxType inner = type.Element!;
                if (!(type.IsExplicit ?? !type.Module.IsImplicit) && !IsUntagged(inner))
                {
                    Add(parts, draft with { TagKey = key }, inner);
                    break;
                }
                parts.Add(new Part(draft.Name, Content.Any)
                {
                    Type = draft.Type ?? NameOf(inner),
                    Alternative = draft.Alternative,
                    TagKey = key,
                    Wrapped = MakeClosed(draft.Alternative ?? NameOf(inner), inner, isOptional: false),
                    IsSecret = draft.IsSecret,
                });
                break;
            case SyntaxKind.Any:
                parts.Add(new Part(draft.Name, Content.Any) { Type = draft.Type, Alternative = draft.Alternative, TagKey = draft.TagKey ?? Part.AnyTag, IsSecret = draft.IsSecret });
                break;
            default:
                parts.Add(new Part(draft.Name, ContentOf(type))
                {
                    Type = draft.Type ?? type.Name,
                    Alternative = draft.Alternative,
                    TagKey = draft.TagKey ?? type.Universal,
                    IsSecret = draft.IsSecret,
                });
                break;
        }
    }

    /// <summary>The content is known before it is filled in: types contain themselves.</summary>
    private Content ContentOf(SyntaxType type)
    {
        if (_contents.TryGetValue(type, out Content? content))
            return content;
        _contents.Add(type, content = new Content { Kind = type.Kind, Names = type.Names });
        content.Components = type.Components.Select(component => MakePlace(component.Name, component.Type, component.IsOptional)).ToArray();
        content.Element = (type.Element ?? type.Contained) is { } element ? MakePlace(NameOf(element), element) : null;
        return content;
    }

    /// <summary>What is known of a part on the way to its type.</summary>
    private sealed record Draft(string Name)
    {
        internal string? Type { get; init; }

        internal string? Alternative { get; init; }

        internal int? TagKey { get; init; }

        internal bool IsSecret { get; init; }
    }
}
