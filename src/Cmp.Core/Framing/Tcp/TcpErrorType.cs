namespace Cmp.Framing;

/// <summary>
/// What an errorMsgRep of version 10 is about: two octets, of which the first says the kind: 1 negotiation of the version, 2 an error of the client,
/// 3 one of the server, 0x80 to 0xFF whatever an application means by it (draft-ietf-pkix-cmp-transport-protocols-05 3.5.6). A peer may send any other number.
/// </summary>
public enum TcpErrorType : ushort
{
    /// <summary>The version is too high. Data: the highest that the server speaks, one octet.</summary>
    VersionNotSupported = 0x0101,

    /// <summary>An error of the client. No data.</summary>
    GeneralClientError = 0x0200,

    /// <summary>A message type that the server does not know. Data: the type, one octet.</summary>
    InvalidMessageType = 0x0201,

    /// <summary>A polling reference that the server does not know. Data: the reference, four octets.</summary>
    InvalidPollId = 0x0202,

    /// <summary>An error of the server. No data.</summary>
    GeneralServerError = 0x0300,
}
