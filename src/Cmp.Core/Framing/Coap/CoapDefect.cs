namespace Cmp.Framing;

/// <summary>What is wrong with a datagram that is no CoAP message.</summary>
public enum CoapDefect
{
    /// <summary>Less than the four octets of a header.</summary>
    TooShort,

    /// <summary>A version other than 1. It is to be passed over in silence (RFC 7252 3).</summary>
    Version,

    /// <summary>A token of more than eight octets, or one that the datagram does not hold.</summary>
    Token,

    /// <summary>An empty message with something in it (RFC 7252 4.1).</summary>
    EmptyWithContent,

    /// <summary>A code of a class that means nothing: 1, 6 or 7 (RFC 7252 4.2).</summary>
    ReservedCode,

    /// <summary>A code that does not go with the type: an acknowledgement with a request, a reset with anything, an empty one that is not confirmable.</summary>
    CodeOfType,

    /// <summary>A nibble of 15 where it is reserved (RFC 7252 3.1).</summary>
    ReservedNibble,

    /// <summary>An option that the datagram does not hold whole.</summary>
    TruncatedOption,

    /// <summary>The number of an option goes beyond 65535.</summary>
    OptionNumber,

    /// <summary>More options than are borne.</summary>
    TooManyOptions,

    /// <summary>The value of an option is longer than is borne.</summary>
    OptionTooLong,

    /// <summary>The marker of a payload without a payload (RFC 7252 3).</summary>
    EmptyPayload,
}
