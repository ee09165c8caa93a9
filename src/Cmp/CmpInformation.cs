using System;

namespace Cmp;

/// <summary>One piece of information that a server gave in answer to a general message.</summary>
public sealed class CmpInformation
{
    internal CmpInformation(string infoType, string name, object? value, byte[]? rawValue, string? problem)
    {
        InfoType = infoType;
        Name = name;
        Value = value;
        RawValue = rawValue;
        Problem = problem;
    }

    /// <summary>Its type by its number, as in <c>1.3.6.1.5.5.7.4.17</c>.</summary>
    public string InfoType { get; }

    /// <summary>Its type by its name, as in <c>caCerts</c>; the number where it has none here.</summary>
    public string Name { get; }

    /// <summary>
    /// What it says: certificates, CRLs, names of algorithms, a template, texts (escaped), a time, or octets where the type is unknown here;
    /// <see langword="null"/> where it says nothing.
    /// </summary>
    public object? Value { get; }

    /// <summary>The value in DER; <see langword="null"/> where there is none.</summary>
    public byte[]? RawValue { get; }

    /// <summary>Why there is no value although there are octets; else <see langword="null"/>.</summary>
    public string? Problem { get; }

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
