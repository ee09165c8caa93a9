using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>What a message says of itself. Of one that does not decode there may be nothing.</summary>
public sealed class CmpMessageHeader
{
    internal CmpMessageHeader(PkiHeader? header)
    {
        if (header is null)
            return;
        Pvno = header.Pvno;
        Sender = header.Sender.ToString();
        Recipient = header.Recipient.ToString();
        MessageTime = header.MessageTime;
        ProtectionAlg = header.ProtectionAlg is { } algorithm ? Oids.NameOf(algorithm.Oid) : null;
        SenderKid = HexOf(header.SenderKid);
        RecipKid = HexOf(header.RecipKid);
        TransactionId = HexOf(header.TransactionId);
        SenderNonce = HexOf(header.SenderNonce);
        RecipNonce = HexOf(header.RecipNonce);
        FreeText = header.FreeText?.Texts.Select(one => PeerText.Escape(one)).ToArray() ?? [];
        GeneralInfo = header.GeneralInfo.Select(item => CmpMessageInformation.Of(item)).ToArray();
    }

    /// <summary>The version: 1 cmp1999, 2 cmp2000, 3 cmp2021.</summary>
    public int? Pvno { get; }

    /// <summary>Who sends, escaped.</summary>
    public string? Sender { get; }

    /// <summary>For whom it is, escaped.</summary>
    public string? Recipient { get; }

    /// <summary>When it was made, as the sender says.</summary>
    public DateTimeOffset? MessageTime { get; }

    /// <summary>The algorithm of the protection, by name.</summary>
    public string? ProtectionAlg { get; }

    /// <summary>Which key or secret of the sender protects it, hexadecimal.</summary>
    public string? SenderKid { get; }

    /// <summary>Which key of the recipient was used, hexadecimal.</summary>
    public string? RecipKid { get; }

    /// <summary>The transaction, hexadecimal.</summary>
    public string? TransactionId { get; }

    /// <summary>Fresh random octets of the sender, hexadecimal.</summary>
    public string? SenderNonce { get; }

    /// <summary>The senderNonce of the message that is answered, hexadecimal.</summary>
    public string? RecipNonce { get; }

    /// <summary>Words for people, escaped.</summary>
    public IReadOnlyList<string> FreeText { get; } = [];

    /// <summary>Further information, such as <c>implicitConfirm</c> or <c>certProfile</c>.</summary>
    public IReadOnlyList<CmpMessageInformation> GeneralInfo { get; } = [];

    /// <summary>Who sends, and to whom.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Sender is null ? "(unreadable header)" : $"{Sender} → {Recipient}";

    private static string? HexOf(ReadOnlyMemory<byte>? octets) => octets is { } some ? Hex.Of(some.Span) : null;
}
