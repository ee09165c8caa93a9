namespace Cmp.Framing;

/// <summary>What the payload of a CoAP message is: numbers of the IANA registry "CoAP Content-Formats".</summary>
public static class CoapContentFormat
{
    /// <summary><c>text/plain;charset=utf-8</c>.</summary>
    public const int Text = 0;

    /// <summary><c>application/link-format</c>, the answer of <c>/.well-known/core</c> (RFC 6690).</summary>
    public const int LinkFormat = 40;

    /// <summary><c>application/pkixcmp</c>, a CMP message (RFC 9482 5).</summary>
    public const int Pkixcmp = 259;
}
