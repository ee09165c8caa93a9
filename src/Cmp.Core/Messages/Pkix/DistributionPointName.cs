using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>Where a CRL is found, or which part of an issuer's CRLs it is.</summary>
/// <remarks>
/// RFC 5280 4.2.1.13, IMPLICIT TAGS:
/// <code>DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }</code>
/// </remarks>
public sealed record DistributionPointName : Asn1Structure
{
    /// <summary>Makes one of its full names.</summary>
    /// <param name="fullName">Names of the same point, a URI as a rule.</param>
    public DistributionPointName(IReadOnlyList<GeneralName> fullName) => FullName = fullName;

    private DistributionPointName(ReadOnlyMemory<byte> relative) => NameRelativeToCrlIssuer = relative;

    /// <summary>The names; empty where it is named by <see cref="NameRelativeToCrlIssuer"/>.</summary>
    public IReadOnlyList<GeneralName> FullName { get; } = [];

    /// <summary>The RelativeDistinguishedName as a SET, whole; <see langword="null"/> where it has full names.</summary>
    public ReadOnlyMemory<byte>? NameRelativeToCrlIssuer { get; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static DistributionPointName Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> encoded = reader.PeekEncoded();
        if (reader.IsNext(Tags.Constructed(0)))
            return new DistributionPointName(reader.ReadFilledList(GeneralName.Read, Tags.Constructed(0))) { Encoded = encoded };
        reader.ReadConstructed(Tags.Constructed(1));
        byte[] set = encoded.ToArray();
        set[0] = 0x31;
        return new DistributionPointName(set) { Encoded = encoded };
    }

    /// <summary>Whether both name the same point: they share a full name, or have the same relative one.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they do.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: a directory name in it is no name inside.</exception>
    public bool IsSameAs(DistributionPointName other)
    {
        if (NameRelativeToCrlIssuer is { } mine)
            return other.NameRelativeToCrlIssuer is { } theirs && mine.Span.SequenceEqual(theirs.Span);
        foreach (GeneralName name in FullName)
        {
            foreach (GeneralName another in other.FullName)
            {
                if (name.IsSameAs(another))
                    return true;
            }
        }
        return false;
    }

    /// <inheritdoc/>
    protected override string? Describe() => FullName.Count > 0 ? FullName[0].ToString() : null;

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        if (NameRelativeToCrlIssuer is { } relative)
            writer.WriteImplicit(0xA1, relative);
        else
            writer.WriteList(FullName, Tags.Constructed(0));
    }
}
