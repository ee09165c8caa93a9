using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>How a requester shows that the private key is his.</summary>
/// <remarks>
/// RFC 4211 4, IMPLICIT TAGS (POPOPrivKey is a CHOICE, so its tags are explicit):
/// <code>
/// ProofOfPossession ::= CHOICE { raVerified [0] NULL, signature [1] POPOSigningKey, keyEncipherment [2] POPOPrivKey, keyAgreement [3] POPOPrivKey }
/// </code>
/// </remarks>
public abstract record ProofOfPossession : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The proof, of its kind.</returns>
    public static ProofOfPossession Read(ref Asn1Reader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        switch (tag.TagClass == TagClass.ContextSpecific ? tag.TagValue : -1)
        {
            case 0:
                ReadOnlyMemory<byte> whole = reader.PeekEncoded();
                reader.ReadNull(Tags.Primitive(0));
                return new RaVerified { Encoded = whole };
            case 1:
                return PopoSigningKey.Read(ref reader);
            case 2 or 3:
                return PopoPrivKey.Read(ref reader);
            default:
                throw reader.Malformed($"a proof of possession with the tag {Tags.NameOf(tag)}");
        }
    }
}

/// <summary>raVerified: a registration authority has seen the proof (RFC 4211 4).</summary>
public sealed record RaVerified : ProofOfPossession
{
    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer) => writer.WriteNull(Tags.Primitive(0));
}
