using System;
using System.Management.Automation;
using Cmp.Client;

namespace Cmp.Binding;

/// <summary>Takes a request template as Get-CmpRequestTemplate emits it, or the template in it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequestTemplateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        null => null!,
        RequestTemplate template => template,
        CmpRequestTemplate template => template.RequestTemplate,
        string text when BlankIsNothingAttribute.IsBlank(text) => null!,
        var other => throw new ArgumentTransformationMetadataException($"A {other.GetType().Name} is no request template: give what Get-CmpRequestTemplate emits."),
    };
}
