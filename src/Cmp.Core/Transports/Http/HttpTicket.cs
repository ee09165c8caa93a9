using System;

namespace Cmp.Transports;

/// <summary>A ticket for an answer over HTTP: the one of the TCP-Message, and the operation, since some addresses name it.</summary>
/// <param name="Operation">What the transaction is about.</param>
/// <param name="Tcp">The reference that the server gave.</param>
internal readonly record struct HttpTicket(CmpOperation Operation, TcpTicket Tcp)
{
    private const char Separator = '-';

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="ticket">The ticket.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out HttpTicket ticket)
    {
        ticket = default;
        int separator = text.IndexOf(Separator);
        if (separator < 0 || !Enum.TryParse(text.Substring(0, separator), out CmpOperation operation) || !TcpTicket.TryParse(text.Substring(separator + 1), out TcpTicket tcp))
            return false;
        ticket = new HttpTicket(operation, tcp);
        // a number is none of our names
        return ticket.ToString() == text;
    }

    /// <summary>The ticket as text.</summary>
    /// <returns>As in <c>Initialization-Version10-0000002A</c>.</returns>
    public override string ToString() => Operation.ToString() + Separator + Tcp;
}
