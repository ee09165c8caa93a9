using System;
using System.Globalization;
using System.Security.Cryptography;

namespace Cmp.Transports;

/// <summary>
/// What the files of a transaction are called: <c>&lt;transactionID&gt;-&lt;number&gt;-&lt;message&gt;</c>, and behind that whose word it is. The number orders
/// them for people; the last part, of the message's nonce, is what an answer belongs to, so that one to an earlier question is never looked at.
/// </summary>
/// <remarks>
/// Everything is hexadecimal or a number of ours (rule 71): a name never holds text of a peer. RFC 9483 6.4.1 wants the extension <c>.pki</c> for every message;
/// that there is none (<see cref="Nothing"/>) is no message and says so by another one.
/// </remarks>
internal static class MessageFileName
{
    /// <summary>Ends the name of what a client says.</summary>
    public const string Request = ".request.pki";

    /// <summary>Ends the name of what a server answers.</summary>
    public const string Response = ".response.pki";

    /// <summary>Ends the name of an empty file: the server has the message, and there is no message to answer it by (rule 57).</summary>
    public const string Nothing = ".nothing";

    private const int MaxTransactionId = 128;
    private const int MessagePart = 16;

    /// <summary>What the names of a message and of its answer begin with: the ticket.</summary>
    /// <param name="request">The message.</param>
    /// <returns>The same for a message that is said again.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.TransactionId</c>: the message has no identifiers to make a name of.</exception>
    public static string StemOf(TransportRequest request)
    {
        if (!IsHex(request.TransactionId, 2, MaxTransactionId) || (request.MessageId is { } id && !IsHex(id, MessagePart, int.MaxValue)) || request.Number is < 1)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.TransactionId",
                "A file is called by the identifiers of its message, and the transactionID '" + PeerText.Escape(request.TransactionId, MaxTransactionId) + "' is not hexadecimal, or too long.");
        }
        return request.TransactionId!.ToUpperInvariant()
            + "-" + (request.Number ?? 1).ToString("000", CultureInfo.InvariantCulture)
            + "-" + (request.MessageId ?? DigestOf(request.Octets)).Substring(0, MessagePart).ToUpperInvariant();
    }

    /// <summary>Whether a ticket is one of ours: nothing else becomes part of a path.</summary>
    /// <param name="ticket">Text from wherever.</param>
    /// <returns>Whether <see cref="StemOf"/> could have made it.</returns>
    public static bool IsStem(string ticket)
    {
        string[] parts = ticket.Split('-');
        return parts.Length == 3 && IsHex(parts[0], 2, MaxTransactionId) && IsHex(parts[2], MessagePart, MessagePart)
            && parts[1].Length >= 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number > 0 && parts[1] == number.ToString("000", CultureInfo.InvariantCulture) && ticket.ToUpperInvariant() == ticket;
    }

    /// <summary>The transactionID in the name of a file.</summary>
    /// <param name="stem">What its name begins with.</param>
    /// <returns>It, hexadecimal; <see langword="null"/> where the file was called otherwise.</returns>
    public static string? TransactionIdIn(string stem) => IsStem(stem) ? stem.Substring(0, stem.IndexOf('-')) : null;

    private static bool IsHex(string? text, int least, int most)
    {
        if (text is null || text.Length < least || text.Length > most || text.Length % 2 != 0)
            return false;
        foreach (char c in text)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'A' and <= 'F') or (>= 'a' and <= 'f')))
                return false;
        }
        return true;
    }

    private static string DigestOf(ReadOnlyMemory<byte> octets)
    {
        using SHA256 sha = SHA256.Create();
        return BitConverter.ToString(sha.ComputeHash(octets.ToArray())).Replace("-", "");
    }
}
