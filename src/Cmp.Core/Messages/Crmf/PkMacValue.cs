using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>A MAC over a public key.</summary>
/// <param name="Algorithm">PasswordBasedMac with its parameters, as a rule.</param>
/// <param name="Value">The MAC over the DER of the SubjectPublicKeyInfo.</param>
/// <remarks>RFC 4211 4.1: <code>PKMACValue ::= SEQUENCE { algId AlgorithmIdentifier, value BIT STRING }</code></remarks>
public sealed record PkMacValue(AlgorithmIdentifier Algorithm, ReadOnlyMemory<byte> Value) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The MAC.</returns>
    public static PkMacValue Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Algorithm.Write(writer);
            writer.WriteBitString(Value.Span);
        }
    }

    internal static PkMacValue ReadImplicit(ref Asn1Reader reader, int tag)
    {
        Asn1Reader inner = reader.ReadImplicitSequence(Tags.Constructed(tag), out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    private static PkMacValue ReadFields(ref Asn1Reader inner, ReadOnlyMemory<byte> encoded)
    {
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> value = inner.ReadBitStringOctets();
        inner.ThrowIfNotEmpty();
        return new PkMacValue(algorithm, value) { Encoded = encoded };
    }
}
