using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp;

/// <summary>What became of a message that was sent as it was.</summary>
public sealed class CmpDelivery
{
    private const int MaxStatuses = 20;

    internal CmpDelivery(Delivery delivery, ServerSettings server)
    {
        Server = server.ToString();
        Body = PkiBodyTypeNames.Of(delivery.Message.Body.Type);
        TransactionId = delivery.Message.Header.TransactionId is { } id ? Hex.Of(id.Span) : null;
        Status = delivery.Status;
        HttpStatus = delivery.HttpStatus;
        Attempts = delivery.Attempts;
        Answer = delivery.Answer?.ToArray();
        Requester = delivery.Requester;
        AnswerVerified = delivery.IsAnswerVerified;
        AnswerRemark = delivery.AnswerRemark;
        if (Answer is null)
            return;
        PkiBody body = PkiMessage.Decode(Answer).Body;
        AnswerBody = PkiBodyTypeNames.Of(body.Type);
        AnswerStatus = string.Join("; ", StatusesOf(body).Select(status => status.ToString()).Distinct().Take(MaxStatuses)) is { Length: > 0 } status ? status : null;
    }

    /// <summary>To whom it went: the server's name or address.</summary>
    public string Server { get; }

    /// <summary>What it was, as RFC 9810 calls it: <c>crlann</c>, <c>ir</c>.</summary>
    public string Body { get; }

    /// <summary>Its transactionID, hexadecimal; <see langword="null"/> where it has none.</summary>
    public string? TransactionId { get; }

    /// <summary>How far it came.</summary>
    public DeliveryStatus Status { get; }

    /// <summary>The HTTP status of the last answer; <see langword="null"/> on other roads.</summary>
    public int? HttpStatus { get; }

    /// <summary>How often it was sent.</summary>
    public int Attempts { get; }

    /// <summary>What came back, as RFC 9810 calls it; <see langword="null"/> where no message did.</summary>
    public string? AnswerBody { get; }

    /// <summary>What its answer says of each request, as in <c>accepted</c> or <c>rejection (badPOP)</c>, each once; <see langword="null"/> where it has no status.</summary>
    public string? AnswerStatus { get; }

    /// <summary>Who made a message that was forwarded, where its protection was verified: the subject of his certificate or the reference of his secret.</summary>
    public string? Requester { get; }

    /// <summary>Whether somebody vouches for the answer to a message that was forwarded; <see langword="null"/>: nobody looked, or that is for who made it to say.</summary>
    public bool? AnswerVerified { get; }

    /// <summary>Why the answer is not verified; <see langword="null"/> where it is, or nobody looked.</summary>
    public string? AnswerRemark { get; }

    /// <summary>The message that came back: DER, not judged; <see langword="null"/> where none did.</summary>
    public byte[]? Answer { get; }

    private static IEnumerable<PkiStatusInfo> StatusesOf(PkiBody body) => body switch
    {
        CertRepMessage rep => rep.Responses.Select(response => response.Status),
        RevRepContent rep => rep.Statuses,
        KeyRecRepContent rep => [rep.Status],
        ErrorMsgContent error => [error.Status],
        _ => [],
    };

    /// <summary>What became of it.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{Body} to {Server}: {Status}";
}
