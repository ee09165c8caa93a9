using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>What a CRL covers, where it is not all that its issuer issued.</summary>
/// <remarks>
/// RFC 5280 5.2.5, IMPLICIT TAGS (distributionPoint is explicit: it is a CHOICE):
/// <code>
/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN DEFAULT FALSE,
///   onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] BOOLEAN DEFAULT FALSE,
///   onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// </code>
/// </remarks>
public sealed record IssuingDistributionPoint : Asn1Structure
{
    /// <summary>Where it is found; <see langword="null"/> where nothing is said.</summary>
    public DistributionPointName? DistributionPoint { get; init; }

    /// <summary>Whether it covers certificates of end entities only.</summary>
    public bool OnlyContainsUserCerts { get; init; }

    /// <summary>Whether it covers certificates of CAs only.</summary>
    public bool OnlyContainsCACerts { get; init; }

    /// <summary>The reasons that it covers, as bits of ReasonFlags; <see langword="null"/>: all.</summary>
    public uint? OnlySomeReasons { get; init; }

    /// <summary>Whether it may hold entries of other issuers.</summary>
    public bool IndirectCrl { get; init; }

    /// <summary>Whether it covers attribute certificates only.</summary>
    public bool OnlyContainsAttributeCerts { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The extension.</returns>
    public static IssuingDistributionPoint Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        inner.TryReadExplicit(0, DistributionPointName.Read, out DistributionPointName? point);
        bool user = ReadFlag(ref inner, 1);
        bool ca = ReadFlag(ref inner, 2);
        uint? reasons = inner.IsNext(Tags.Primitive(3)) ? inner.ReadNamedBits(Tags.Primitive(3)) : null;
        bool isIndirect = ReadFlag(ref inner, 4);
        bool attribute = ReadFlag(ref inner, 5);
        inner.ThrowIfNotEmpty();
        return new IssuingDistributionPoint
        {
            DistributionPoint = point,
            OnlyContainsUserCerts = user,
            OnlyContainsCACerts = ca,
            OnlySomeReasons = reasons,
            IndirectCrl = isIndirect,
            OnlyContainsAttributeCerts = attribute,
            Encoded = encoded,
        };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteExplicit(0, DistributionPoint);
            WriteFlag(writer, 1, OnlyContainsUserCerts);
            WriteFlag(writer, 2, OnlyContainsCACerts);
            if (OnlySomeReasons is { } reasons)
                writer.WriteNamedBits(reasons, Tags.Primitive(3));
            WriteFlag(writer, 4, IndirectCrl);
            WriteFlag(writer, 5, OnlyContainsAttributeCerts);
        }
    }

    private static bool ReadFlag(ref Asn1Reader reader, int tag) => reader.IsNext(Tags.Primitive(tag)) && reader.ReadBoolean(Tags.Primitive(tag));

    private static void WriteFlag(AsnWriter writer, int tag, bool value)
    {
        if (value)
            writer.WriteBoolean(true, Tags.Primitive(tag));
    }
}
