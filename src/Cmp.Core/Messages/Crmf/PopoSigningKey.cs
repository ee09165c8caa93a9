using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Messages.Crmf;

/// <summary>A proof by signature.</summary>
/// <param name="PoposkInput">What is signed where the template lacks the subject or the key; <see langword="null"/>: the CertRequest is signed.</param>
/// <param name="Algorithm">The algorithm of the signature.</param>
/// <param name="Signature">The signature by the key that is to be certified.</param>
/// <remarks>
/// RFC 4211 4.1:
/// <code>
/// POPOSigningKey ::= SEQUENCE { poposkInput [0] POPOSigningKeyInput OPTIONAL, algorithmIdentifier AlgorithmIdentifier, signature BIT STRING }
/// </code>
/// The signature covers the DER of poposkInput as a SEQUENCE (tag 30, not A0).
/// </remarks>
public sealed record PopoSigningKey(PopoSigningKeyInput? PoposkInput, AlgorithmIdentifier Algorithm, ReadOnlyMemory<byte> Signature) : ProofOfPossession
{
    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed(1)))
        {
            if (PoposkInput is not null)
                writer.WriteImplicit(0xA0, PoposkInput.Encoded);
            Algorithm.Write(writer);
            writer.WriteBitString(Signature.Span);
        }
    }

    internal static new PopoSigningKey Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(1), out ReadOnlyMemory<byte> encoded);
        PopoSigningKeyInput? input = inner.IsNext(Tags.Constructed(0)) ? PopoSigningKeyInput.ReadImplicit(ref inner) : null;
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> signature = inner.ReadBitString(out int unusedBits);
        if (unusedBits != 0)
            inner.Find(MessageRules.PopUnusedBits, "A signature does not end at a whole octet.", signature); // old cmpforopenssl
        inner.ThrowIfNotEmpty();
        return new PopoSigningKey(input, algorithm, signature) { Encoded = encoded };
    }
}
