using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>What a message says. Of one that does not decode there is nothing. What takes work is done when it is asked for.</summary>
public sealed class CmpMessageBody
{
    private readonly PkiBody? _body;
    private readonly InspectionOptions _options;
    private readonly PkiStatusInfo? _status;
    private IReadOnlyList<CmpMessageItem>? _items;
    private IReadOnlyList<CmpMessageCertificate>? _caPubs;
    private CmpMessage[]? _messages;

    internal CmpMessageBody(PkiBody? body, InspectionOptions options)
    {
        _body = body;
        _options = options;
        _status = StatusOf(body);
    }

    /// <summary>Which body it is; <see langword="null"/> where the message does not decode.</summary>
    public PkiBodyType? Type => _body?.Type;

    /// <summary>The status, of several the worst; <see langword="null"/> where the body has none.</summary>
    public PkiStatus? Status => _status?.Status;

    /// <summary>Why it was refused; <see langword="null"/> where nothing is said of that.</summary>
    public FailInfo? FailInfo => _status?.FailInfo;

    /// <summary>The peer's words on the status, escaped; <see langword="null"/> where there are none.</summary>
    public string? StatusText => MessageItems.TextOf(_status?.StatusString, (_body as ErrorMsgContent)?.ErrorDetails);

    /// <summary>The requests, responses, statuses or pieces of information in it.</summary>
    public IReadOnlyList<CmpMessageItem> Items => _items ??= _body is null ? [] : MessageItems.Of(_body);

    /// <summary>Certificates of CAs that the body carries beside: caPubs, caCerts of a krp.</summary>
    public IReadOnlyList<CmpMessageCertificate> CaPubs => _caPubs ??= CmpMessageCertificate.Of(_body switch
    {
        CertRepMessage response => response.CaPubs,
        KeyRecRepContent recovery => recovery.CaCerts,
        _ => Array.Empty<Certificate>(),
    });

    /// <summary>The messages that a nested message carries.</summary>
    public IReadOnlyList<CmpMessage> Messages => _messages ??= _body is NestedMessageContent nested ? [.. nested.Messages.Select(message => new CmpMessage(message.Encoded, _options))] : [];

    /// <summary>What the body says, in one line.</summary>
    /// <returns>As in <c>asks for a certificate for CN=web01 (ECDSA P-256), proof by signature</c>.</returns>
    public override string ToString() => BodyText.Of(this);

    /// <summary>The worst status, with what belongs to it.</summary>
    private static PkiStatusInfo? StatusOf(PkiBody? body) => body switch
    {
        CertRepMessage responses => Worst(responses.Responses.Select(response => response.Status)),
        RevRepContent revoked => Worst(revoked.Statuses),
        KeyRecRepContent recovery => recovery.Status,
        ErrorMsgContent error => error.Status,
        CertConfirmContent confirmed => Worst(confirmed.Statuses.Select(status => status.StatusInfo ?? new PkiStatusInfo(PkiStatus.Accepted))),
        RevAnnContent revocation => new PkiStatusInfo(revocation.Status),
        _ => null,
    };

    private static PkiStatusInfo? Worst(IEnumerable<PkiStatusInfo> statuses) => statuses.OrderByDescending(status => Badness(status.Status)).FirstOrDefault();

    private static int Badness(PkiStatus status) => status switch
    {
        PkiStatus.Accepted => 0,
        PkiStatus.GrantedWithMods => 1,
        PkiStatus.KeyUpdateWarning or PkiStatus.RevocationNotification => 2,
        PkiStatus.RevocationWarning => 3,
        PkiStatus.Waiting => 4,
        PkiStatus.Rejection => 6,
        // a status without a name is nothing to build on
        _ => 5,
    };
}
