namespace Cmp.Framing;

/// <summary>
/// What a TCP-Message is. The names are those of version 10, with those of RFC 2510 5.2 beside them; the numbers are the same in both styles.
/// A peer may send any other number.
/// </summary>
public enum TcpMessageType : byte
{
    /// <summary>A PKIMessage of the client (pkiMsg). Some servers answer with it, too.</summary>
    PkiReq = 0,

    /// <summary>The answer is not there yet: a polling reference and a time.</summary>
    PollRep = 1,

    /// <summary>Asks for the answer by its polling reference.</summary>
    PollReq = 2,

    /// <summary>There is nothing more to come (negPollRep); the answer where no other applies.</summary>
    FinRep = 3,

    /// <summary>A PKIMessage that is a part of the answer, with the polling reference of the next part and a time. Version 10 does not know it.</summary>
    PartialMsgRep = 4,

    /// <summary>A PKIMessage of the server (finalMsgRep).</summary>
    PkiRep = 5,

    /// <summary>Something went wrong at this level.</summary>
    ErrorMsgRep = 6,
}
