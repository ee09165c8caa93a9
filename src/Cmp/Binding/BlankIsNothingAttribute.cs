using System;
using System.Linq;
using System.Management.Automation;

namespace Cmp.Binding;

/// <summary>Takes an empty text as nothing said: it is an empty cell of a table that was imported from CSV.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BlankIsNothingAttribute : ArgumentTransformationAttribute
{
    /// <summary>What stands for nothing where the parameter's type has no null.</summary>
    public object? Nothing { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => IsBlank(inputData) ? Nothing! : inputData;

    /// <summary>Whether a value is an empty text, or a list of one.</summary>
    internal static bool IsBlank(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text => string.IsNullOrWhiteSpace(text),
        object[] { Length: 1 } list => IsBlank(list[0]),
        _ => false,
    };
}
