using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A message that was made before, and goes out as it is: what a road wants to know of it is read from itself.</summary>
internal static class PreparedMessage
{
    private const int LongestTransactionId = 64;
    private const int ShortestNonce = 8;

    /// <summary>The message as a road gets it.</summary>
    /// <param name="message">The message, over its octets.</param>
    /// <param name="isAnswerDue">Whether a message is due in answer.</param>
    /// <returns>The request. It is the last of its kind: what follows on its answer is another one's business.</returns>
    internal static TransportRequest Request(PkiMessage message, bool isAnswerDue) => new(message.Encoded, OperationOf(message), BeginsTransaction(message.Body.Type), Last: true)
    {
        // a message without one is called by itself
        TransactionId = message.Header.TransactionId is { Length: > 0 and <= LongestTransactionId } id ? Hex.Of(id.Span) : "00",
        MessageId = message.Header.SenderNonce is { Length: >= ShortestNonce } nonce ? Hex.Of(nonce.Span) : null,
        IsAnswerDue = isAnswerDue,
    };

    /// <summary>
    /// What its transaction is about, where the message says so: a certConf or a pollReq does not. An announcement goes where requests go (RFC 9811 3.5); the path that CoAP has
    /// for announcements is for those who ask for them (RFC 9482 5).
    /// </summary>
    private static CmpOperation OperationOf(PkiMessage message) => message.Body.Type switch
    {
        PkiBodyType.Ir => CmpOperation.Initialization,
        PkiBodyType.Cr => CmpOperation.Certification,
        PkiBodyType.Kur => CmpOperation.KeyUpdate,
        PkiBodyType.P10cr => CmpOperation.Pkcs10,
        PkiBodyType.Rr => CmpOperation.Revocation,
        PkiBodyType.Krr => CmpOperation.KeyRecovery,
        PkiBodyType.Ccr => CmpOperation.CrossCertification,
        PkiBodyType.Genm => CmpClient.OperationOf(((GenMsgContent)message.Body).Items),
        PkiBodyType.Nested => ((NestedMessageContent)message.Body).Messages is [var only] ? OperationOf(only) : CmpOperation.Nested,
        _ => CmpOperation.General,
    };

    /// <summary>Whether a road may send it a second time by itself: who gets it twice can know it again.</summary>
    private static bool BeginsTransaction(PkiBodyType type) => type is PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.Kur or PkiBodyType.P10cr or PkiBodyType.Rr or PkiBodyType.Krr or PkiBodyType.Ccr
        or PkiBodyType.Genm or PkiBodyType.Nested or (>= PkiBodyType.Ckuann and <= PkiBodyType.Crlann);
}
