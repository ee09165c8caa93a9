using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>Asks the server for information: genm and genp.</summary>
/// <remarks>RFC 9810 5.3.19 and 5.3.20, appendix D.5; RFC 9483 4.3; rule 47.</remarks>
public sealed class GeneralTransaction : RequestTransaction
{
    private readonly GenMsgContent _request;
    private readonly IReadOnlyList<string> _expected;

    /// <summary>Prepares a question.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body: what is asked for; nothing asks for everything (RFC 9810 D.5).</param>
    /// <param name="expected">The types that answer it, the best first; with none every item of the answer is one.</param>
    /// <param name="generalInfo">Items of the header that belong to the question, such as certProfile.</param>
    public GeneralTransaction(TransactionSettings settings, GenMsgContent request, IReadOnlyList<string>? expected = null, IReadOnlyList<InfoTypeAndValue>? generalInfo = null)
        : base(settings, request, PkiBodyType.Genp, generalInfo)
    {
        _request = request;
        _expected = expected ?? [];
    }

    /// <summary>All items of the answer, known and unknown, in their order; empty before it came.</summary>
    public IReadOnlyList<InfoTypeAndValue> Items { get; private set; } = [];

    /// <summary>The first item of an expected type; <see langword="null"/> where there is none, or nothing particular is expected.</summary>
    public InfoTypeAndValue? Item { get; private set; }

    /// <summary>Whether the server says that it does not know what it was asked for (unsupportedOIDs), or answers that with nothing at all.</summary>
    public bool IsUnsupported { get; private set; }

    private protected override HeaderNames Names => new(null, null);

    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer) => [];

    /// <summary>A genp has no status: what is late is said by an error message.</summary>
    private protected override bool IsLate(PkiBody answer) => false;

    private protected override void Take(PkiMessage answer, bool isAuthenticated)
    {
        Items = ((GenRepContent)answer.Body).Items;
        if (_expected.Count == 0)
            return;
        foreach (string type in _expected)
            Item ??= Items.FirstOrDefault(item => item.InfoType == type);
        IsUnsupported = Item is null && (Items.Count == 0 || Items.Any(item => item.InfoType == Oids.UnsupportedOids));
        List<InfoTypeAndValue> others = [.. Items.Where(other => !ReferenceEquals(other, Item) && other.InfoType != Oids.UnsupportedOids)];
        int told = Settings.Trust.Limits.MaxTexts;
        foreach (InfoTypeAndValue other in others.Take(told))
            Warn($"The server sent {Oids.NameOf(other.InfoType)} where {Oids.NameOf(_expected[0])} was asked for: it is ignored.");
        if (others.Count > told)
            Warn($"The server sent {others.Count - told} items more that were not asked for: they are ignored.");
    }
}
