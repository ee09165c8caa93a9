using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>With whose public key the recipient agrees on a key: one made for this once, as a rule, else that of a certificate.</summary>
/// <remarks>
/// RFC 5652 6.2.2, IMPLICIT TAGS; OriginatorPublicKey has the form of a SubjectPublicKeyInfo, its parameters may be absent where the recipient's say the curve
/// (RFC 5753 3.1.1):
/// <code>
/// OriginatorIdentifierOrKey ::= CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, subjectKeyIdentifier [0] OCTET STRING, originatorKey [1] OriginatorPublicKey }
/// OriginatorPublicKey ::= SEQUENCE { algorithm AlgorithmIdentifier, publicKey BIT STRING }
/// </code>
/// </remarks>
public sealed record OriginatorIdentifierOrKey : Asn1Structure
{
    /// <summary>The key itself.</summary>
    /// <param name="originatorKey">The key.</param>
    public OriginatorIdentifierOrKey(SubjectPublicKeyInfo originatorKey) => OriginatorKey = originatorKey;

    /// <summary>The key of a certificate.</summary>
    /// <param name="certificate">The name of the certificate.</param>
    public OriginatorIdentifierOrKey(RecipientIdentifier certificate) => Certificate = certificate;

    /// <summary>The key; <see langword="null"/> where it is that of a certificate.</summary>
    public SubjectPublicKeyInfo? OriginatorKey { get; }

    /// <summary>The name of the certificate; <see langword="null"/> where the key itself is there.</summary>
    public RecipientIdentifier? Certificate { get; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static OriginatorIdentifierOrKey Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> whole = reader.PeekEncoded();
        return reader.IsNext(Tags.Constructed(1))
            ? new OriginatorIdentifierOrKey(SubjectPublicKeyInfo.ReadImplicit(ref reader, 1)) { Encoded = whole }
            : new OriginatorIdentifierOrKey(RecipientIdentifier.Read(ref reader)) { Encoded = whole };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        Certificate?.Write(writer);
        if (OriginatorKey is { } key)
            writer.WriteImplicit(0xA1, key.Encoded);
    }
}
