using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>The ways of POPOPrivKey, by their tag numbers.</summary>
public enum PopoPrivKeyKind
{
    /// <summary>thisMessage [0]: the private key itself, encrypted in an EncryptedValue; deprecated.</summary>
    ThisMessage = 0,

    /// <summary>subsequentMessage [1]: the proof follows in another message.</summary>
    SubsequentMessage = 1,

    /// <summary>dhMAC [2]: a MAC by a key that was agreed; deprecated.</summary>
    DhMac = 2,

    /// <summary>agreeMAC [3]: a MAC by a key that was agreed.</summary>
    AgreeMac = 3,

    /// <summary>encryptedKey [4]: the private key itself, in an EnvelopedData.</summary>
    EncryptedKey = 4,
}

/// <summary>How the proof follows in another message (RFC 4211 4.2).</summary>
public enum SubsequentMessage
{
    /// <summary>The CA encrypts the certificate; who can decrypt it has the key.</summary>
    EncrCert = 0,

    /// <summary>The CA sends a challenge (popdecc).</summary>
    ChallengeResp = 1,
}

/// <summary>keyEncipherment or keyAgreement: a proof by those who cannot sign.</summary>
/// <param name="IsKeyAgreement">Whether it is keyAgreement.</param>
/// <param name="Choice">The POPOPrivKey with its tag, whole.</param>
/// <remarks>
/// RFC 4211 4.2 and 4.3, IMPLICIT TAGS:
/// <code>
/// POPOPrivKey ::= CHOICE { thisMessage [0] BIT STRING, subsequentMessage [1] SubsequentMessage, dhMAC [2] BIT STRING, agreeMAC [3] PKMACValue,
///   encryptedKey [4] EnvelopedData }
/// SubsequentMessage ::= INTEGER { encrCert (0), challengeResp (1) }
/// </code>
/// </remarks>
public sealed record PopoPrivKey(bool IsKeyAgreement, ReadOnlyMemory<byte> Choice) : ProofOfPossession
{
    /// <summary>Which way.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public PopoPrivKeyKind Kind => Ask((ref Asn1Reader reader) =>
    {
        PopoPrivKeyKind kind = KindOf(ref reader);
        reader.ReadEncoded();
        return kind;
    });

    /// <summary>How the proof follows; <see langword="null"/> where the way is another one.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public SubsequentMessage? Subsequent => Kind == PopoPrivKeyKind.SubsequentMessage ? Ask(ReadSubsequent) : null;

    /// <summary>The MAC of agreeMAC; <see langword="null"/> where the way is another one.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public PkMacValue? AgreeMac => Kind == PopoPrivKeyKind.AgreeMac ? Ask((ref Asn1Reader reader) => PkMacValue.ReadImplicit(ref reader, 3)) : null;

    /// <summary>The EnvelopedData of encryptedKey as a SEQUENCE, whole; <see langword="null"/> where the way is another one.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public ReadOnlyMemory<byte>? EnvelopedData => Kind == PopoPrivKeyKind.EncryptedKey ? Ask(ReadEnveloped) : (ReadOnlyMemory<byte>?)null;

    /// <summary>The octets in the BIT STRING of thisMessage (an EncryptedValue) or dhMAC; <see langword="null"/> where the way is another one.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public ReadOnlyMemory<byte>? Bits =>
        Kind is var kind and (PopoPrivKeyKind.ThisMessage or PopoPrivKeyKind.DhMac)
            ? Ask((ref Asn1Reader reader) => reader.ReadBitStringOctets(Tags.Primitive((int)kind)))
            : (ReadOnlyMemory<byte>?)null;

    internal bool NeedsPvno3 => Kind is PopoPrivKeyKind.AgreeMac or PopoPrivKeyKind.EncryptedKey;

    /// <summary>The proof follows in another message.</summary>
    /// <param name="isKeyAgreement">Whether the key agrees on keys, and does not decrypt.</param>
    /// <param name="how">How.</param>
    /// <returns>The proof.</returns>
    public static PopoPrivKey Later(bool isKeyAgreement, SubsequentMessage how)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger((int)how, Tags.Primitive((int)PopoPrivKeyKind.SubsequentMessage));
        return new PopoPrivKey(isKeyAgreement, writer.Encode());
    }

    /// <summary>The private key itself is the proof, encrypted for the CA (pvno 3).</summary>
    /// <param name="isKeyAgreement">Whether the key agrees on keys, and does not decrypt.</param>
    /// <param name="envelopedData">An EnvelopedData as a SEQUENCE, whole.</param>
    /// <returns>The proof.</returns>
    public static PopoPrivKey OfEnvelopedData(bool isKeyAgreement, ReadOnlyMemory<byte> envelopedData)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        writer.WriteImplicit(0xA4, envelopedData);
        return new PopoPrivKey(isKeyAgreement, writer.Encode());
    }

    /// <summary>The private key itself is the proof, encrypted for the CA (before pvno 3).</summary>
    /// <param name="isKeyAgreement">Whether the key agrees on keys, and does not decrypt.</param>
    /// <param name="value">The encrypted PrivateKeyInfo.</param>
    /// <returns>The proof.</returns>
    public static PopoPrivKey OfEncryptedValue(bool isKeyAgreement, EncryptedValue value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteBitString(value.Encoded.Span, tag: Tags.Primitive((int)PopoPrivKeyKind.ThisMessage));
        return new PopoPrivKey(isKeyAgreement, writer.Encode());
    }

    /// <summary>A MAC by a key that was agreed with the CA's (before pvno 3).</summary>
    /// <param name="mac">The MAC over the CertRequest.</param>
    /// <returns>The proof.</returns>
    public static PopoPrivKey OfDhMac(DhSigStatic mac)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteBitString(mac.Encoded.Span, tag: Tags.Primitive((int)PopoPrivKeyKind.DhMac));
        return new PopoPrivKey(true, writer.Encode());
    }

    /// <summary>A MAC by a key that was agreed with the CA's (pvno 3).</summary>
    /// <param name="mac">The MAC over the CertRequest.</param>
    /// <returns>The proof.</returns>
    public static PopoPrivKey OfAgreeMac(PkMacValue mac)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        writer.WriteImplicit(0xA3, mac.Encoded);
        return new PopoPrivKey(true, writer.Encode());
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed(IsKeyAgreement ? 3 : 2)))
            writer.WriteEncodedValue(Choice.Span);
    }

    internal static new PopoPrivKey Read(ref Asn1Reader reader)
    {
        bool isKeyAgreement = reader.IsNext(Tags.Constructed(3));
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(isKeyAgreement ? 3 : 2), out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte> choice = inner.PeekEncoded();
        switch (KindOf(ref inner))
        {
            case PopoPrivKeyKind.SubsequentMessage:
                ReadSubsequent(ref inner);
                break;
            case PopoPrivKeyKind.AgreeMac:
                PkMacValue.ReadImplicit(ref inner, 3);
                break;
            case PopoPrivKeyKind.EncryptedKey:
                ReadEnveloped(ref inner);
                break;
            case var kind:
                inner.ReadBitStringOctets(Tags.Primitive((int)kind));
                break;
        }
        inner.ThrowIfNotEmpty();
        return new PopoPrivKey(isKeyAgreement, choice) { Encoded = encoded };
    }

    private static PopoPrivKeyKind KindOf(ref Asn1Reader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue > (int)PopoPrivKeyKind.EncryptedKey)
            throw reader.Malformed($"a POPOPrivKey with the tag {Tags.NameOf(tag)}");
        return (PopoPrivKeyKind)tag.TagValue;
    }

    private static SubsequentMessage ReadSubsequent(ref Asn1Reader reader) =>
        (SubsequentMessage)reader.ReadInt32(Tags.Primitive((int)PopoPrivKeyKind.SubsequentMessage));

    private static ReadOnlyMemory<byte> ReadEnveloped(ref Asn1Reader reader)
    {
        reader.ReadImplicitSequence(Tags.Constructed((int)PopoPrivKeyKind.EncryptedKey), out ReadOnlyMemory<byte> enveloped);
        return enveloped;
    }

    private T Ask<T>(Asn1Read<T> read) => Asn1Reader.Decode(Choice, null, read);
}
