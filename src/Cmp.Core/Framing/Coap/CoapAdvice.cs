namespace Cmp.Framing;

/// <summary>What can be done about a code of CoAP that stands in place of a message of CMP. The one place: errors of the client and findings of the inspector tell the same.</summary>
internal static class CoapAdvice
{
    /// <summary>The advice for a code.</summary>
    /// <param name="code">As in <c>4.04</c>.</param>
    /// <returns>One sentence; <see langword="null"/> where there is nothing to tell.</returns>
    internal static string? Of(string code) => code switch
    {
        "4.01" or "4.03" => "The server refuses access: check what it demands besides CMP.",
        "4.02" => "The server does not understand an option of the request; a proxy may want its own address in the URI.",
        "4.04" or "4.05" => "Check the path of the server's URI; an address without a path means /.well-known/cmp.",
        "4.08" => "The server lost blocks of the message: try again later.",
        "4.13" => "The message is too large for the server.",
        "4.15" or "4.06" => "The server does not expect CMP at this path.",
        "4.29" or "5.03" => "The server is busy: try again later.",
        "5.02" or "5.04" => "A proxy answered, whose own server did not: try again later.",
        _ => null,
    };
}
