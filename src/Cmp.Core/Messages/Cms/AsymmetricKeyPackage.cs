using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>Private keys that travel together; in CMP exactly one (RFC 9483 4.1.6). The structure is a secret.</summary>
/// <param name="Keys">The keys, each a OneAsymmetricKey, whole.</param>
/// <remarks>
/// RFC 5958 2:
/// <code>AsymmetricKeyPackage ::= SEQUENCE SIZE (1..MAX) OF OneAsymmetricKey</code>
/// Whoever needs its octets gives <see cref="Asn1Structure.Write"/> a writer that he clears: <see cref="Asn1Structure.Encoded"/> would keep them.
/// </remarks>
public sealed record AsymmetricKeyPackage(IReadOnlyList<ReadOnlyMemory<byte>> Keys) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The package.</returns>
    public static AsymmetricKeyPackage Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> encoded = reader.PeekEncoded();
        return new AsymmetricKeyPackage(reader.ReadFilledList(ReadKey)) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The package.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; it does not carry the octets.</exception>
    public static AsymmetricKeyPackage Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.DecodeSecret(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (ReadOnlyMemory<byte> key in Keys)
                writer.WriteEncodedValue(key.Span);
        }
    }

    private static ReadOnlyMemory<byte> ReadKey(ref Asn1Reader reader)
    {
        reader.ReadSequence(out ReadOnlyMemory<byte> key);
        return key;
    }
}
