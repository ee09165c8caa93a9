using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>The ticket of a road that carries TCP-Messages: the reference that a server gave, and the style in which it is to be asked.</summary>
/// <param name="Style">The style of the message that gave the reference.</param>
/// <param name="Reference">The reference.</param>
internal readonly record struct TcpTicket(TcpMessageStyle Style, PollingReference Reference)
{
    private const char Separator = '-';

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="ticket">The ticket.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out TcpTicket ticket)
    {
        int separator = text.IndexOf(Separator);
        ticket = default;
        if (separator < 0 || !PollingReference.TryParse(text.Substring(separator + 1), out PollingReference reference))
            return false;
        foreach (TcpMessageStyle style in new[] { TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510 })
        {
            if (text.StartsWith(style.ToString() + Separator, StringComparison.Ordinal))
            {
                ticket = new TcpTicket(style, reference);
                return true;
            }
        }
        return false;
    }

    /// <summary>The ticket as text.</summary>
    /// <returns>As in <c>Version10-0000002A</c>.</returns>
    public override string ToString() => Style.ToString() + Separator + Reference;
}
