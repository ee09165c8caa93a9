using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>A message while it is checked: what is known of its transaction, what is at hand, and what was found so far.</summary>
internal sealed class CheckedMessage
{
    private readonly List<MessageCheck> _checks;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly IReadOnlyList<Certificate> _around;
    private readonly int _number;
    private IReadOnlyList<Certificate>? _atHand;

    /// <summary>Takes a message that stands by itself.</summary>
    internal CheckedMessage(PkiMessage message, int number, KnownTransaction transaction, CheckSettings settings, CheckBudget budget, DateTimeOffset now)
        : this(message, message.Encoded, PkiBodyTypeNames.Of(message.Body.Type), number, transaction, settings, budget, now, [], [])
    {
    }

    private CheckedMessage(
        PkiMessage message,
        ReadOnlyMemory<byte> whole,
        string type,
        int number,
        KnownTransaction transaction,
        CheckSettings settings,
        CheckBudget budget,
        DateTimeOffset now,
        IReadOnlyList<Certificate> around,
        List<MessageCheck> checks)
    {
        Message = message;
        Type = type;
        Transaction = transaction;
        Settings = settings;
        Budget = budget;
        Now = now;
        _whole = whole;
        _number = number;
        _around = around;
        _checks = checks;
    }

    /// <summary>The message.</summary>
    internal PkiMessage Message { get; }

    /// <summary>Its body, with those around it.</summary>
    internal string Type { get; }

    /// <summary>What is known of its transaction.</summary>
    internal KnownTransaction Transaction { get; }

    /// <summary>What is at hand besides.</summary>
    internal CheckSettings Settings { get; }

    /// <summary>What may be computed.</summary>
    internal CheckBudget Budget { get; }

    /// <summary>The time.</summary>
    internal DateTimeOffset Now { get; }

    /// <summary>What was found, also of the messages within.</summary>
    internal IReadOnlyList<MessageCheck> Checks => _checks;

    /// <summary>Who is named as the sender, escaped.</summary>
    internal string Sender => Message.Header.Sender.ToString();

    /// <summary>Certificates that may be those of the signer or lead to an anchor: the message's own first, then those around it, of its transaction, and those that were given.</summary>
    internal IReadOnlyList<Certificate> AtHand
    {
        get
        {
            if (_atHand is not null)
                return _atHand;
            var found = new List<Certificate>();
            foreach (Certificate certificate in Message.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts).Concat(_around).Concat(Transaction.Certificates).Concat(Settings.Certificates).Concat(Settings.Anchors))
            {
                if (!found.Exists(certificate.IsSameAs))
                    found.Add(certificate);
            }
            return _atHand = found;
        }
    }

    /// <summary>A message within this one: its findings stand among those of this one.</summary>
    internal CheckedMessage Within(PkiMessage message, KnownTransaction transaction) =>
        new(message, _whole, $"{Type}/{PkiBodyTypeNames.Of(message.Body.Type)}", _number, transaction, Settings, Budget, Now, [.. Message.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts)], _checks);

    /// <summary>Notes what came of a check.</summary>
    /// <param name="check">What was checked.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="section">Where it stands that it has to be so.</param>
    /// <param name="reason">Why.</param>
    /// <param name="part">The octets concerned, a slice of the message.</param>
    /// <param name="subject">Who it is about, escaped; the sender where nobody is named.</param>
    /// <param name="certReqId">The request, where it is about one.</param>
    internal void Note(CheckKind check, CheckResult result, string section, string reason, ReadOnlyMemory<byte> part, string? subject = null, int? certReqId = null) =>
        _checks.Add(new MessageCheck(check, result, reason, section)
        {
            Message = _number,
            Type = Type,
            TransactionId = Message.Header.TransactionId is { } id ? Hex.Of(id.Span) : null,
            Protection = check is CheckKind.Protection or CheckKind.SignerChain or CheckKind.Revocation ? ProtectionKinds.Of(Message.Header.ProtectionAlg) : null,
            Subject = subject ?? Sender,
            CertReqId = certReqId,
            Offset = OffsetOf(part),
        });

    private int OffsetOf(ReadOnlyMemory<byte> part) =>
        MemoryMarshal.TryGetArray(part, out ArraySegment<byte> slice) && MemoryMarshal.TryGetArray(_whole, out ArraySegment<byte> whole) && slice.Array == whole.Array
            ? slice.Offset - whole.Offset
            : 0;
}
