using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using Xunit;

namespace Cmp.Tests;

/// <summary>Who may know whom: the table of src/README.md, held against the compiled assembly.</summary>
public class HouseTests
{
    /// <summary>A small house, to see that the rules bite.</summary>
    private const string SmallHouse = """
        | room | what is in it | may know |
        |---|---|---|
        | Messages | what is on the wire | |
        | Client | what users want | Messages |
        """;

    [Fact]
    public void Each_room_knows_only_whom_the_table_allows()
    {
        using AssemblyMap map = OpenCore();
        Assert.Empty(Violations(map.Dependencies(), ReadTable(Document())));
    }

    [Fact]
    public void The_table_names_each_room_and_none_else()
    {
        using AssemblyMap map = OpenCore();
        string[] standing = [.. map.Types.Select(RoomOf).OfType<string>().Where(room => room.Length > 0).Distinct().Order()];
        Assert.NotEmpty(standing);
        Dictionary<string, HashSet<string>> table = ReadTable(Document());
        Assert.Equal(standing, table.Keys.Order());
    }

    [Fact]
    public void Every_type_lives_in_Cmp()
    {
        using AssemblyMap map = OpenCore();

        // the compiler's helpers that PolySharp writes live where the compiler looks for them
        string[] strangers = ["System.", "Microsoft.CodeAnalysis."];
        Assert.DoesNotContain(map.Types, type => RoomOf(type) is null && !strangers.Any(prefix => type.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Org.BouncyCastle")]
    [InlineData("Net.Pkcs11Interop")]
    public void No_type_of_a_library_stands_in_a_public_signature(string library)
    {
        using AssemblyMap map = OpenCore();
        IReadOnlyCollection<TypeDependency> visible = map.VisibleSignatures();
        Assert.Contains(visible, dependency => dependency.To == "Cmp.Messages.PkiHeader");
        Assert.DoesNotContain(visible, dependency => dependency.To.StartsWith(library, StringComparison.Ordinal));
        Assert.Contains(map.Dependencies(), dependency => dependency.To.StartsWith(library, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("base")]
    [InlineData("field")]
    [InlineData("parameter")]
    [InlineData("generic argument")]
    [InlineData("body")]
    [InlineData("catch")]
    [InlineData("attribute")]
    public void A_step_over_the_threshold_is_seen(string how)
    {
        using AssemblyMap map = new(Build(how));
        IReadOnlyList<string> violations = Violations(map.Dependencies(), ReadTable(SmallHouse));
        Assert.NotEmpty(violations);
        Assert.All(violations, violation => Assert.StartsWith("Messages must not know Client: Cmp.Messages.Low names Cmp.Client.High in ", violation));
    }

    [Fact]
    public void A_step_that_the_table_allows_is_none()
    {
        TypeDependency[] dependencies = [new("Cmp.Client.High", "Cmp.Messages.Asn1.Low", "x"), new("Cmp.Messages.Low", "Cmp.CmpException", "x"), new("Cmp.Messages.A", "Cmp.Messages.Pkix.B", "x"), new("Cmp.Messages.A", "System.String", "x")];
        Assert.Empty(Violations(dependencies, ReadTable(SmallHouse)));
    }

    [Fact]
    public void The_root_knows_no_room_and_no_room_is_unknown()
    {
        Assert.Single(Violations([new("Cmp.CmpException", "Cmp.Messages.PkiStatus", "x")], ReadTable(SmallHouse)));
        Assert.Single(Violations([new("Cmp.Attic.A", "Cmp.CmpLimits", "x")], ReadTable(SmallHouse)));
    }

    private static AssemblyMap OpenCore() => new(File.OpenRead(typeof(CmpException).Assembly.Location));

    private static string Document() => File.ReadAllText(Path.Combine(Repository.Root, "src", "README.md"));

    /// <summary>The rooms of a markdown table with the columns "room" and "may know", each with those that it may know.</summary>
    private static Dictionary<string, HashSet<string>> ReadTable(string markdown)
    {
        string[] lines = [.. markdown.Split('\n').Select(line => line.Trim())];
        int head = Array.FindIndex(lines, line => Cells(line) is var cells && cells.Contains("room") && cells.Contains("may know"));
        Assert.True(head >= 0, "src/README.md has no table with the columns 'room' and 'may know'");
        int room = Array.IndexOf(Cells(lines[head]), "room"), mayKnow = Array.IndexOf(Cells(lines[head]), "may know");
        var table = new Dictionary<string, HashSet<string>>();
        for (int i = head + 2; i < lines.Length && lines[i].StartsWith('|'); i++)
        {
            string[] cells = Cells(lines[i]);
            table.Add(cells[room], [.. cells[mayKnow].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]);
        }
        Assert.All(table.Values.SelectMany(known => known), name => Assert.True(table.ContainsKey(name), $"the table names '{name}', which has no row"));
        return table;

        static string[] Cells(string line) => [.. line.Split('|').Select(cell => cell.Trim())];
    }

    private static IReadOnlyList<string> Violations(IEnumerable<TypeDependency> dependencies, Dictionary<string, HashSet<string>> table)
    {
        var violations = new List<string>();
        foreach (TypeDependency dependency in dependencies)
        {
            if (RoomOf(dependency.From) is not { } from || RoomOf(dependency.To) is not { } to)
                continue;
            if (from.Length > 0 && !table.ContainsKey(from))
                violations.Add($"{from} is no room of the table ({dependency.From})");
            else if (to.Length > 0 && from != to && (from.Length == 0 || !table[from].Contains(to)))
                violations.Add($"{(from.Length == 0 ? "The root" : from)} must not know {to}: {dependency.From} names {dependency.To} in {dependency.Where}");
        }
        return violations;
    }

    /// <summary>The room of a type; empty for the root, <see langword="null"/> for a type that is not ours.</summary>
    private static string? RoomOf(string type)
    {
        string[] parts = type.Split('.');
        return parts[0] != "Cmp" || parts.Length < 2 ? null : parts.Length == 2 ? string.Empty : parts[1];
    }

    /// <summary>A small assembly in which Cmp.Messages.Low names Cmp.Client.High in one way.</summary>
    private static MemoryStream Build(string how)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Made.Up"), typeof(object).Assembly);
        ModuleBuilder module = assembly.DefineDynamicModule("Made.Up");
        Type highBase = how switch { "catch" => typeof(Exception), "attribute" => typeof(Attribute), _ => typeof(object) };
        TypeBuilder high = module.DefineType("Cmp.Client.High", TypeAttributes.Public, highBase);
        ConstructorBuilder highConstructor = high.DefineDefaultConstructor(MethodAttributes.Public);
        TypeBuilder low = module.DefineType("Cmp.Messages.Low", TypeAttributes.Public, how == "base" ? high : typeof(object));
        if (how == "field")
            low.DefineField("_high", high, FieldAttributes.Private);
        if (how == "attribute")
            low.SetCustomAttribute(new CustomAttributeBuilder(highConstructor, []));
        Type[] parameters = how switch { "parameter" => [high], "generic argument" => [typeof(List<>).MakeGenericType(high)], _ => [] };
        MethodBuilder method = low.DefineMethod("Do", MethodAttributes.Public | MethodAttributes.Static, typeof(void), parameters);
        ILGenerator code = method.GetILGenerator();
        if (how == "body")
        {
            code.Emit(OpCodes.Newobj, highConstructor);
            code.Emit(OpCodes.Pop);
        }
        if (how == "catch")
        {
            code.BeginExceptionBlock();
            code.BeginCatchBlock(high);
            code.Emit(OpCodes.Pop);
            code.EndExceptionBlock();
        }
        code.Emit(OpCodes.Ret);
        high.CreateType();
        low.CreateType();
        var stream = new MemoryStream();
        assembly.Save(stream);
        stream.Position = 0;
        return stream;
    }
}
