using System;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace Cmp.Binding;

/// <summary>
/// Takes an empty text as nothing said: it is an empty cell of a table that was imported from CSV. A cell that cannot be converted is an error;
/// PowerShell by itself takes it as nothing said too, and the certificate would lack what was asked for.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BlankIsNothingAttribute : ArgumentTransformationAttribute
{
    private readonly Type? _type;

    /// <summary>For what every text converts to.</summary>
    public BlankIsNothingAttribute()
    {
    }

    /// <summary>For what not every text converts to.</summary>
    /// <param name="type">The parameter's type.</param>
    public BlankIsNothingAttribute(Type type) => _type = type;

    /// <summary>What stands for nothing where the parameter's type has no null.</summary>
    public object? Nothing { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (IsBlank(inputData))
            return Nothing!;
        if (_type is null || inputData is null)
            return inputData!;
        try
        {
            return LanguagePrimitives.ConvertTo(inputData, _type, CultureInfo.CurrentCulture);
        }
        catch (PSInvalidCastException e)
        {
            // with the cause inside, PowerShell would pass over it
            throw new ArgumentTransformationMetadataException(e.Message);
        }
    }

    /// <summary>Whether a value is an empty text, or a list of one.</summary>
    internal static bool IsBlank(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text => string.IsNullOrWhiteSpace(text),
        object[] { Length: 1 } list => IsBlank(list[0]),
        _ => false,
    };
}
