using System;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>What a challenge holds, encrypted. The number is a secret until it is sent back.</summary>
/// <param name="Number">The random number.</param>
/// <param name="Sender">Who made it, as the header names him.</param>
/// <remarks>RFC 9810 5.2.8.3.3: <code>Rand ::= SEQUENCE { int INTEGER, sender GeneralName }</code></remarks>
public sealed record Rand(BigInteger Number, GeneralName Sender) : Asn1Structure
{
    internal const int MaxNumberBytes = 512; // what an RSA key of 4096 bits can hide, and far more than anybody sends

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The content.</returns>
    public static Rand Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        BigInteger number = inner.ReadInteger(maxOctets: MaxNumberBytes);
        GeneralName sender = GeneralName.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new Rand(number, sender) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The content.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Rand Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(Number);
            Sender.Write(writer);
        }
    }
}
