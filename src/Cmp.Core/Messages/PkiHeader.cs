using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Messages;

/// <summary>What every message says of itself.</summary>
/// <param name="Pvno">The version: 1 cmp1999, 2 cmp2000, 3 cmp2021.</param>
/// <param name="Sender">Who sends.</param>
/// <param name="Recipient">For whom it is.</param>
/// <remarks>
/// RFC 9810 5.1.1, EXPLICIT TAGS:
/// <code>
/// PKIHeader ::= SEQUENCE { pvno INTEGER, sender GeneralName, recipient GeneralName, messageTime [0] GeneralizedTime OPTIONAL,
///   protectionAlg [1] AlgorithmIdentifier OPTIONAL, senderKID [2] KeyIdentifier OPTIONAL, recipKID [3] KeyIdentifier OPTIONAL,
///   transactionID [4] OCTET STRING OPTIONAL, senderNonce [5] OCTET STRING OPTIONAL, recipNonce [6] OCTET STRING OPTIONAL,
///   freeText [7] PKIFreeText OPTIONAL, generalInfo [8] SEQUENCE SIZE (1..MAX) OF InfoTypeAndValue OPTIONAL }
/// </code>
/// </remarks>
public sealed record PkiHeader(int Pvno, GeneralName Sender, GeneralName Recipient) : Asn1Structure
{
    /// <summary>When the message was made, in whole seconds.</summary>
    public DateTimeOffset? MessageTime { get; init; }

    /// <summary>The algorithm of the protection; <see langword="null"/> where there is none.</summary>
    public AlgorithmIdentifier? ProtectionAlg { get; init; }

    /// <summary>Which key or secret of the sender protects.</summary>
    public ReadOnlyMemory<byte>? SenderKid { get; init; }

    /// <summary>Which key of the recipient was used.</summary>
    public ReadOnlyMemory<byte>? RecipKid { get; init; }

    /// <summary>The transaction, 16 random octets as a rule.</summary>
    public ReadOnlyMemory<byte>? TransactionId { get; init; }

    /// <summary>Fresh random octets of the sender.</summary>
    public ReadOnlyMemory<byte>? SenderNonce { get; init; }

    /// <summary>The senderNonce of the message that is answered.</summary>
    public ReadOnlyMemory<byte>? RecipNonce { get; init; }

    /// <summary>Words for people.</summary>
    public PkiFreeText? FreeText { get; init; }

    /// <summary>Further information; empty where there is none.</summary>
    public IReadOnlyList<InfoTypeAndValue> GeneralInfo { get; init; } = [];

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The header.</returns>
    public static PkiHeader Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int pvno = inner.ReadInt32();
        GeneralName sender = GeneralName.Read(ref inner);
        GeneralName recipient = GeneralName.Read(ref inner);
        DateTimeOffset? messageTime = inner.TryReadExplicit(0, ReadMessageTime, out DateTimeOffset time) ? time : null;
        inner.TryReadExplicit(1, AlgorithmIdentifier.Read, out AlgorithmIdentifier? protectionAlg);
        var header = new PkiHeader(pvno, sender, recipient)
        {
            MessageTime = messageTime,
            ProtectionAlg = protectionAlg,
            SenderKid = ReadOctets(ref inner, 2),
            RecipKid = ReadOctets(ref inner, 3),
            TransactionId = ReadOctets(ref inner, 4),
            SenderNonce = ReadOctets(ref inner, 5),
            RecipNonce = ReadOctets(ref inner, 6),
            FreeText = inner.TryReadExplicit(7, PkiFreeText.Read, out PkiFreeText? freeText) ? freeText : null,
            GeneralInfo = inner.TryReadExplicit(8, (ref Asn1Reader r) => r.ReadFilledList(InfoTypeAndValue.Read), out IReadOnlyList<InfoTypeAndValue>? info) ? info! : [],
            Encoded = encoded,
        };
        inner.ThrowIfNotEmpty();
        return header;
    }

    /// <summary>The first item of a kind in generalInfo.</summary>
    /// <param name="infoType">Which kind, dotted decimal.</param>
    /// <returns>The item, or <see langword="null"/>.</returns>
    public InfoTypeAndValue? FindInfo(string infoType)
    {
        foreach (InfoTypeAndValue item in GeneralInfo)
        {
            if (item.InfoType == infoType)
                return item;
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(Pvno);
            Sender.Write(writer);
            Recipient.Write(writer);
            if (MessageTime is { } time)
            {
                using (writer.PushSequence(Tags.Constructed(0)))
                    writer.WriteWholeSeconds(time);
            }
            writer.WriteExplicit(1, ProtectionAlg);
            writer.WriteExplicitOctets(2, SenderKid);
            writer.WriteExplicitOctets(3, RecipKid);
            writer.WriteExplicitOctets(4, TransactionId);
            writer.WriteExplicitOctets(5, SenderNonce);
            writer.WriteExplicitOctets(6, RecipNonce);
            writer.WriteExplicit(7, FreeText);
            writer.WriteExplicitList(8, GeneralInfo);
        }
    }

    /// <summary>A railway's profile (SUBSET-137) knows messageTime as UTCTime too.</summary>
    private static DateTimeOffset ReadMessageTime(ref Asn1Reader reader)
    {
        if (reader.IsNext(Asn1Tag.UtcTime))
            reader.Find(MessageRules.HeaderMessageTimeForm, "messageTime is a UTCTime.", reader.PeekEncoded());
        return reader.ReadTime();
    }

    private static ReadOnlyMemory<byte>? ReadOctets(ref Asn1Reader reader, int tag) =>
        reader.TryReadExplicit(tag, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
}
