using System;
using System.Management.Automation;

namespace Cmp.Binding;

/// <summary>
/// Takes a switch from a cell of a table too: <c>true</c>, <c>yes</c>, <c>1</c>, or <c>false</c>, <c>no</c>, <c>0</c>, whatever the case; an empty one says
/// nothing. PowerShell by itself converts no text to a switch, and passes over such a cell.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FlagTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not string text)
            return inputData;
        return new SwitchParameter(text.Trim().ToLowerInvariant() switch
        {
            "true" or "yes" or "1" => true,
            "false" or "no" or "0" or "" => false,
            _ => throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(text, 64)}' is neither true nor false."),
        });
    }
}
