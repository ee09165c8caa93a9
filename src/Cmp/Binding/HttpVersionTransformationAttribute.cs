using System;
using System.Globalization;
using System.Management.Automation;

namespace Cmp.Binding;

/// <summary>Takes <c>2</c> for 2.0 and <c>1</c> for 1.0: a Version has two parts, and who says HTTP/2 has none in mind.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpVersionTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        int.TryParse(Convert.ToString(inputData is PSObject wrapped ? wrapped.BaseObject : inputData, CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            ? new Version(major, 0)
            : inputData;
}
