using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>The body of a message: one of 27 kinds, each in its explicit tag.</summary>
/// <remarks>
/// RFC 9810 5.1.2. <see cref="Asn1Structure.Encoded"/> of a body includes the tag: it is the second half of ProtectedPart.
/// Bodies of a kind that no RFC knows are kept raw (<see cref="RawBody"/>).
/// </remarks>
public abstract record PkiBody : Asn1Structure
{
    /// <summary>Which kind.</summary>
    public abstract PkiBodyType Type { get; }

    /// <summary>
    /// Whether it has syntax of cmp2021, or asks for an answer that has, so that the header must say pvno 3: EnvelopedData, hashAlg, agreeMAC,
    /// encryptedKey, encryptedRand, RootCaKeyUpdateContent in a ckuann (RFC 9810 7). Else it should say 2.
    /// </summary>
    public virtual bool NeedsPvno3 => false;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The body.</returns>
    public static PkiBody Read(ref Asn1Reader reader)
    {
        if (!reader.HasData)
            throw reader.Malformed("the body is missing");
        Asn1Tag tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific)
            throw reader.Malformed($"a body with the tag {Tags.NameOf(tag)}");
        Asn1Reader content = reader.ReadConstructed(tag, out ReadOnlyMemory<byte> encoded);
        var type = (PkiBodyType)tag.TagValue;
        PkiBody body = type switch
        {
            PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.Kur or PkiBodyType.Krr or PkiBodyType.Ccr => CertReqMessages.Read(ref content, type, encoded),
            PkiBodyType.Ip or PkiBodyType.Cp or PkiBodyType.Kup or PkiBodyType.Ccp => CertRepMessage.Read(ref content, type, encoded),
            PkiBodyType.P10cr => P10crBody.Read(ref content, encoded),
            PkiBodyType.CertConf => CertConfirmContent.Read(ref content, encoded),
            PkiBodyType.Pkiconf => PkiConfirmContent.Read(ref content, encoded),
            PkiBodyType.Error => ErrorMsgContent.Read(ref content, encoded),
            PkiBodyType.PollReq => PollReqContent.Read(ref content, encoded),
            PkiBodyType.PollRep => PollRepContent.Read(ref content, encoded),
            PkiBodyType.Popdecc => PopoDecKeyChallContent.Read(ref content, encoded),
            PkiBodyType.Popdecr => PopoDecKeyRespContent.Read(ref content, encoded),
            PkiBodyType.Krp => KeyRecRepContent.Read(ref content, encoded),
            PkiBodyType.Rr => RevReqContent.Read(ref content, encoded),
            PkiBodyType.Rp => RevRepContent.Read(ref content, encoded),
            PkiBodyType.Ckuann => CaKeyUpdContent.Read(ref content, encoded),
            PkiBodyType.Cann => CertAnnContent.Read(ref content, encoded),
            PkiBodyType.Rann => RevAnnContent.Read(ref content, encoded),
            PkiBodyType.Crlann => CrlAnnContent.Read(ref content, encoded),
            PkiBodyType.Nested => NestedMessageContent.Read(ref content, encoded),
            PkiBodyType.Genm => GenMsgContent.Read(ref content, encoded),
            PkiBodyType.Genp => GenRepContent.Read(ref content, encoded),
            _ => RawBody.Read(ref content, type, encoded),
        };
        content.ThrowIfNotEmpty();
        return body;
    }

    /// <inheritdoc/>
    protected sealed override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed((int)Type)))
            WriteContent(writer);
    }

    /// <inheritdoc/>
    protected override string? Describe() => PkiBodyTypeNames.Of(Type);

    /// <summary>Writes what stands within the tag.</summary>
    /// <param name="writer">Where to.</param>
    protected abstract void WriteContent(AsnWriter writer);
}
