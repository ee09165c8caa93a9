using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp;

/// <summary>What became of a message that was sent as it was.</summary>
public sealed class CmpDelivery
{
    internal CmpDelivery(Delivery delivery, ServerSettings server)
    {
        Server = server.ToString();
        Body = PkiBodyTypeNames.Of(delivery.Message.Body.Type);
        TransactionId = delivery.Message.Header.TransactionId is { } id ? Hex.Of(id.Span) : null;
        Status = delivery.Status;
        HttpStatus = delivery.HttpStatus;
        Attempts = delivery.Attempts;
        Answer = delivery.Answer?.ToArray();
        AnswerBody = Answer is null ? null : PkiBodyTypeNames.Of(PkiMessage.Decode(Answer).Body.Type);
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

    /// <summary>The message that came back: DER, not judged; <see langword="null"/> where none did.</summary>
    public byte[]? Answer { get; }

    /// <summary>What became of it.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{Body} to {Server}: {Status}";
}
