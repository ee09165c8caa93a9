using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The parameters of PBMAC1.</summary>
/// <param name="KeyDerivationFunc">How the key is derived of the password: PBKDF2 with its parameters.</param>
/// <param name="MessageAuthScheme">The MAC that the derived key serves.</param>
/// <remarks>
/// RFC 8018 A.5:
/// <code>PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }</code>
/// </remarks>
public sealed record Pbmac1Params(AlgorithmIdentifier KeyDerivationFunc, AlgorithmIdentifier MessageAuthScheme) : Asn1Structure
{
    /// <summary>Makes them for PBKDF2.</summary>
    /// <param name="derivation">Its parameters.</param>
    /// <param name="messageAuthScheme">The MAC.</param>
    /// <returns>The parameters.</returns>
    public static Pbmac1Params Create(Pbkdf2Params derivation, AlgorithmIdentifier messageAuthScheme) =>
        new(new AlgorithmIdentifier(Oids.Pbkdf2, derivation.Encoded), messageAuthScheme);

    /// <summary>Reads them.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <returns>The parameters.</returns>
    public static Pbmac1Params Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier derivation = AlgorithmIdentifier.Read(ref inner);
        AlgorithmIdentifier scheme = AlgorithmIdentifier.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new Pbmac1Params(derivation, scheme) { Encoded = encoded };
    }

    /// <summary>Reads them from octets.</summary>
    /// <param name="octets">Exactly one SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Pbmac1Params Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>The parameters of PBKDF2.</summary>
    /// <returns>The parameters; <see langword="null"/> where the key is derived in another way.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public Pbkdf2Params? ReadPbkdf2() =>
        KeyDerivationFunc is { Oid: Oids.Pbkdf2, Parameters: { } parameters } ? Pbkdf2Params.Decode(parameters) : null;

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            KeyDerivationFunc.Write(writer);
            MessageAuthScheme.Write(writer);
        }
    }
}
