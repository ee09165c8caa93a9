using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>
/// PowerShell knows the types of <c>Cmp.dll</c> and those that it forwards. Whatever a script can get hold of is one
/// of these, PowerShell's, or the framework's; and nothing of ours shows a type of BouncyCastle or of Pkcs11Interop.
/// </summary>
public sealed class PublicSurfaceTests
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly HashSet<Type> Forwarded = [.. ModuleAssemblies.Commands.GetForwardedTypes()];

    [Fact]
    public void Types_that_scripts_come_across_have_names_for_them()
    {
        var seen = new HashSet<Type>();
        var nameless = new SortedSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<(Type Type, string Way)>();
        foreach ((string name, Type cmdlet) in ModuleAssemblies.Cmdlets)
        {
            foreach (PropertyInfo parameter in ModuleAssemblies.GetParameters(cmdlet))
                Meet(parameter.PropertyType, $"{name} -{parameter.Name}");
            foreach (PSTypeName output in cmdlet.GetCustomAttributes<OutputTypeAttribute>().SelectMany(attribute => attribute.Type))
                Meet(output.Type, $"output of {name}");
        }
        foreach (Type exception in ModuleAssemblies.Core.GetExportedTypes().Where(type => type.IsAssignableTo(typeof(Exception))))
            Meet(exception, exception.Name);

        while (waiting.TryDequeue(out (Type Type, string Way) next))
        {
            if (!IsNamed(next.Type))
                nameless.Add($"{next.Type}: {next.Way}");
            if (!IsOurs(next.Type.Assembly))
                continue;
            foreach (PropertyInfo property in next.Type.GetProperties())
                Meet(property.PropertyType, $"{next.Way}.{property.Name}");
            foreach (FieldInfo field in next.Type.GetFields())
                Meet(field.FieldType, $"{next.Way}.{field.Name}");
            foreach (MethodInfo method in next.Type.GetMethods().Where(method => !method.IsSpecialName && method.Name[0] != '<'))
                Meet(method.ReturnType, $"{next.Way}.{method.Name}()");
        }
        Assert.True(nameless.Count == 0, "PublicTypes.cs lacks " + string.Join("\n", nameless));

        void Meet(Type? type, string way)
        {
            foreach (Type part in TakeApart(type))
            {
                if (seen.Add(part))
                    waiting.Enqueue((part, way));
            }
        }
    }

    [Theory]
    [InlineData("Cmp")]
    [InlineData("Cmp.Core")]
    [InlineData("Cmp.TestServer")]
    public void No_signature_shows_a_library(string assemblyName)
    {
        Assembly assembly = new[] { ModuleAssemblies.Commands, ModuleAssemblies.Core, ModuleAssemblies.TestServer }.Single(item => item.GetName().Name == assemblyName);
        var shown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in assembly.GetExportedTypes())
        {
            foreach (Type part in type.GetInterfaces().Append(type.BaseType).SelectMany(TakeApart))
                Look(part, type.Name);
            foreach (MemberInfo member in type.GetMembers(Members).Where(IsVisible))
            {
                foreach (Type part in GetSignature(member).SelectMany(TakeApart))
                    Look(part, $"{type.Name}.{member.Name}");
            }
        }
        Assert.True(shown.Count == 0, string.Join("\n", shown));

        void Look(Type type, string where)
        {
            if (type.Assembly.GetName().Name is { } name && (name.StartsWith("BouncyCastle", StringComparison.Ordinal) || name.StartsWith("Pkcs11Interop", StringComparison.Ordinal)))
                shown.Add($"{where}: {type}");
        }
    }

    private static bool IsOurs(Assembly assembly) => assembly.GetName().Name!.StartsWith("Cmp", StringComparison.Ordinal);

    private static bool IsNamed(Type type) =>
        type.Assembly == ModuleAssemblies.Commands
        || type.Assembly == typeof(PSObject).Assembly
        || Path.GetDirectoryName(type.Assembly.Location) == Path.GetDirectoryName(typeof(object).Assembly.Location)
        || Forwarded.Contains(type);

    // elements of arrays, arguments and definitions of generics; not the parameters of generics
    private static IEnumerable<Type> TakeApart(Type? type)
    {
        if (type is null || type.IsGenericParameter)
            return [];
        if (type.HasElementType)
            return TakeApart(type.GetElementType());
        return type.IsConstructedGenericType
            ? type.GetGenericArguments().SelectMany(TakeApart).Append(type.GetGenericTypeDefinition())
            : [type];
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        _ => false,
    };

    // properties and events show themselves by their methods
    private static IEnumerable<Type?> GetSignature(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType),
        MethodBase constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
        FieldInfo field => [field.FieldType],
        _ => [],
    };
}
