using System;
using System.Management.Automation;

namespace Cmp.Binding;

/// <summary>Takes numbers of a range, and nothing at all: ValidateRange refuses <c>$null</c>, by which Set-CmpServer takes a setting back.</summary>
/// <param name="least">The least.</param>
/// <param name="most">The greatest.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WithinAttribute(int least, int most) : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is null)
            return;
        int number = LanguagePrimitives.ConvertTo<int>(arguments);
        if (number < least || number > most)
            throw new ValidationMetadataException(most == int.MaxValue ? $"{number} is less than {least}." : $"{number} is not from {least} to {most}.");
    }
}
