using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>The names that a CA may give below itself: of directoryName, dNSName, rfc822Name, URI and iPAddress.</summary>
/// <remarks>
/// RFC 5280 4.2.1.10:
/// <code>
/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] IMPLICIT GeneralSubtrees OPTIONAL, excludedSubtrees [1] IMPLICIT GeneralSubtrees OPTIONAL }
/// GeneralSubtrees ::= SEQUENCE OF SEQUENCE { base GeneralName, minimum [0] IMPLICIT INTEGER DEFAULT 0, maximum [1] IMPLICIT INTEGER OPTIONAL }
/// </code>
/// A certificate with a name of a constrained form that is not one of the five is refused, as are a minimum and a maximum.
/// </remarks>
internal sealed class NameConstraints
{
    /// <summary>Comparisons for one certificate; what needs more is an attack.</summary>
    private const long MaxComparisons = 1 << 18;

    private readonly IReadOnlyList<ConstrainedName> _permitted;
    private readonly IReadOnlyList<ConstrainedName> _excluded;

    private NameConstraints(IReadOnlyList<ConstrainedName> permitted, IReadOnlyList<ConstrainedName> excluded)
    {
        _permitted = permitted;
        _excluded = excluded;
    }

    internal static NameConstraints Decode(ReadOnlyMemory<byte> extension) => Asn1Reader.Decode(extension, null, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        IReadOnlyList<ConstrainedName> permitted = inner.IsNext(Tags.Constructed(0)) ? inner.ReadList(ReadSubtree, Tags.Constructed(0)) : [];
        IReadOnlyList<ConstrainedName> excluded = inner.IsNext(Tags.Constructed(1)) ? inner.ReadList(ReadSubtree, Tags.Constructed(1)) : [];
        inner.ThrowIfNotEmpty();
        return new NameConstraints(permitted, excluded);
    });

    /// <summary>Holds a certificate's names against the constraints of all CAs above it.</summary>
    /// <exception cref="CmpException"><c>CmpTrust.PathInvalid</c>.</exception>
    internal static void CheckAll(IReadOnlyList<NameConstraints> constraints, Certificate certificate)
    {
        if (constraints.Count == 0)
            return;
        IReadOnlyList<ConstrainedName> names = ConstrainedName.AllOf(certificate);
        long comparisons = 0;
        foreach (NameConstraints one in constraints)
            comparisons += (long)names.Count * (one._permitted.Count + one._excluded.Count);
        if (comparisons > MaxComparisons)
            throw PathValidator.Invalid(certificate, $"its names and the name constraints above it would need {comparisons} comparisons");
        foreach (NameConstraints one in constraints)
        {
            foreach (ConstrainedName name in names)
                one.Check(name, certificate);
        }
    }

    private void Check(ConstrainedName name, Certificate certificate)
    {
        bool restricted = false;
        bool permitted = false;
        foreach (ConstrainedName subtree in _permitted)
        {
            if (subtree.Type != name.Type)
                continue;
            restricted = true;
            permitted |= Covers(subtree, name, certificate);
        }
        if (restricted && !permitted)
            throw PathValidator.Invalid(certificate, $"its name {name} is not among those that a CA above it may give");
        foreach (ConstrainedName subtree in _excluded)
        {
            if (subtree.Type == name.Type && Covers(subtree, name, certificate))
                throw PathValidator.Invalid(certificate, $"its name {name} is among those that a CA above it may not give");
        }
    }

    private static bool Covers(ConstrainedName subtree, ConstrainedName name, Certificate certificate) =>
        subtree.Covers(name) ?? throw PathValidator.Invalid(certificate, $"its name {name} cannot be held against the name constraints of a CA above it");

    private static ConstrainedName ReadSubtree(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        GeneralName name = GeneralName.Read(ref inner);
        if (inner.IsNext(Tags.Primitive(0)) && inner.ReadInt32(Tags.Primitive(0)) != 0)
            throw inner.Malformed("a name constraint with a minimum");
        inner.ThrowIfNotEmpty();
        return new ConstrainedName(name);
    }
}
