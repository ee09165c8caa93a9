using System;
using System.Collections.Generic;
using System.Net;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages;

namespace Cmp.Tests.Inspection;

/// <summary>What a capture would hold of a client and a server that talk, a tenth of a second a word.</summary>
internal sealed class Talk
{
    private readonly IPEndPoint _client;
    private readonly IPEndPoint _server = new(IPAddress.Parse("192.0.2.80"), 829);
    private readonly byte[] _transaction;
    private long _packet;

    internal Talk(byte transaction = 1, int port = 49152, DateTimeOffset? start = null)
    {
        _client = new IPEndPoint(IPAddress.Parse("192.0.2.7"), port);
        _transaction = Samples.Octets(16, transaction);
        Now = start ?? Samples.Time;
    }

    internal DateTimeOffset Now { get; set; }

    internal CaptureRoad Road { get; set; } = CaptureRoad.Http;

    internal static CertReqMessages Request { get; } = new(PkiBodyType.Ir, [Samples.RequestMessage]);

    internal static CertRepMessage Issued { get; } = new(PkiBodyType.Ip, [Samples.Response]);

    internal static CertRepMessage Refused { get; } = new(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP, "no \u001b[31mproof"))]);

    internal static CertRepMessage Waiting { get; } = new(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]);

    internal static CertConfirmContent Confirmed { get; } = new([new CertStatus(Samples.Octets(32), 0)]);

    internal static PollReqContent PollReq { get; } = new([0]);

    internal static PollRepContent PollRep(int seconds) => new([new PollRepEntry(0, seconds)]);

    internal CapturedItem Ask(PkiBody body, string? text = "POST /.well-known/cmp", byte[]? transaction = null) => Say(MessageDirection.Request, body, text, transaction);

    internal CapturedItem Answer(PkiBody body, string? text = "HTTP 200 OK", byte[]? transaction = null, bool implicitConfirm = false) => Say(MessageDirection.Response, body, text, transaction, implicitConfirm);

    internal CapturedItem RoadSays(MessageDirection direction, string text, string? defect = null) => Item(direction) with { RoadText = text, Defect = defect };

    private CapturedItem Say(MessageDirection direction, PkiBody body, string? text, byte[]? transaction, bool implicitConfirm = false)
    {
        PkiHeader header = Samples.Header with
        {
            TransactionId = transaction is { Length: 0 } ? null : transaction ?? _transaction,
            SenderKid = "1234"u8.ToArray(),
            ProtectionAlg = Samples.PasswordBasedMac,
            GeneralInfo = implicitConfirm ? [InfoTypeAndValue.ImplicitConfirm] : [],
        };
        var message = new PkiMessage(header, body) { Protection = Samples.Octets(32) };
        return Item(direction) with { Octets = message.Encoded, RoadText = text };
    }

    private CapturedItem Item(MessageDirection direction)
    {
        var item = new CapturedItem(Road, direction, _client, _server, Now, ++_packet);
        Now = Now.AddSeconds(0.1);
        return item;
    }

    /// <summary>What a collector makes of it.</summary>
    internal static IReadOnlyList<CmpConversation> Collect(IEnumerable<CapturedItem> items, ConversationBounds? bounds = null)
    {
        var collector = new ConversationCollector(bounds);
        var conversations = new List<CmpConversation>();
        foreach (CapturedItem item in items)
            conversations.AddRange(collector.Add(item, CmpMessage.Read(item)));
        conversations.AddRange(collector.End());
        return conversations;
    }
}
