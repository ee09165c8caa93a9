using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>Names an algorithm and carries its parameters raw.</summary>
/// <param name="Oid">The algorithm, dotted decimal.</param>
/// <param name="Parameters">The parameters whole, NULL included; <see langword="null"/> where absent.</param>
/// <remarks>
/// RFC 5280 4.1.1.2:
/// <code>AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }</code>
/// </remarks>
public sealed record AlgorithmIdentifier(string Oid, ReadOnlyMemory<byte>? Parameters = null) : Asn1Structure
{
    private static readonly byte[] DerNull = [5, 0];

    /// <summary>An algorithm whose parameters are NULL, as RSA's and the older digests' are.</summary>
    /// <param name="oid">The algorithm, dotted decimal.</param>
    /// <returns>The identifier.</returns>
    public static AlgorithmIdentifier WithNull(string oid) => new(oid, DerNull);

    /// <summary>Whether the parameters are absent or NULL.</summary>
    public bool HasNoParameters => Parameters is not { } p || (p.Length == 2 && p.Span[0] == 5);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The identifier.</returns>
    public static AlgorithmIdentifier Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    /// <summary>Whether both name the same algorithm with the same parameters, NULL and absent ones being the same.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they are the same.</returns>
    public bool IsSameAs(AlgorithmIdentifier other) =>
        Oid == other.Oid && ((HasNoParameters && other.HasNoParameters)
            || (Parameters is { } mine && other.Parameters is { } theirs && mine.Span.SequenceEqual(theirs.Span)));

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The identifier.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static AlgorithmIdentifier Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(Oid);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            if (Parameters is { } parameters)
                writer.WriteEncodedValue(parameters.Span);
        }
    }

    internal static AlgorithmIdentifier ReadImplicit(ref Asn1Reader reader, int tag)
    {
        Asn1Reader inner = reader.ReadImplicitSequence(Tags.Constructed(tag), out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    private static AlgorithmIdentifier ReadFields(ref Asn1Reader inner, ReadOnlyMemory<byte> encoded)
    {
        string oid = inner.ReadOid();
        ReadOnlyMemory<byte>? parameters = inner.HasData ? inner.ReadEncoded() : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(oid, parameters) { Encoded = encoded };
    }
}
