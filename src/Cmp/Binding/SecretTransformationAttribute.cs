using System;
using System.Management.Automation;
using System.Security;

namespace Cmp.Binding;

/// <summary>Takes a secret as a SecureString only. Of a text in a table PowerShell would say nothing and go on without the secret.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        null => null!,
        SecureString secret => secret,
        var blank when BlankIsNothingAttribute.IsBlank(blank) => null!,
        _ => throw new ArgumentTransformationMetadataException("A secret is a SecureString, no text: make it with ConvertTo-SecureString or Read-Host -AsSecureString."),
    };
}
