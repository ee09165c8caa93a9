using System;
using System.Net.NetworkInformation;
using System.Text;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// A mailto address taken apart (RFC 6068): one recipient and, of the header fields, <c>from</c> and <c>subject</c>, each once. Others are refused: what goes into a
/// mail is not chosen by an address. Octets are percent-decoded first and checked afterwards, so that no line end comes in that way.
/// </summary>
internal sealed class MailTarget
{
    /// <summary>What a mail is about where nobody says it.</summary>
    internal const string DefaultSubject = "CMP request";

    private const string Scheme = "mailto:";
    private const int MaxSubject = 200;

    /// <summary>Takes an address apart.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>.</exception>
    internal MailTarget(Uri uri)
    {
        string text = uri.OriginalString;
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Invalid(text, "is no mailto address", "Write it as mailto:ca@example.com.");
        string rest = text.Substring(Scheme.Length);
        if (rest.IndexOf('#') >= 0)
            throw Invalid(text, "has a fragment, which says nothing in a mailto address", "Leave out the # and what follows, or write it as %23.");
        int query = rest.IndexOf('?');
        string to = query < 0 ? rest : rest.Substring(0, query);
        if (to.IndexOf(',') >= 0)
            throw Invalid(text, "names several recipients", "Name the one that answers.");
        Recipient = Address(text, to);
        foreach (string field in query < 0 ? [] : rest.Substring(query + 1).Split('&'))
        {
            int equals = field.IndexOf('=');
            string name = equals < 0 ? field : field.Substring(0, equals), value = equals < 0 ? string.Empty : field.Substring(equals + 1);
            if (name.Equals("from", StringComparison.OrdinalIgnoreCase) && Sender is null)
                Sender = Address(text, value);
            else if (name.Equals("subject", StringComparison.OrdinalIgnoreCase) && Subject is null)
                Subject = Decode(text, value) is { Length: > 0 and <= MaxSubject } subject && IsPlain(subject) ? subject : throw Invalid(text, "has a subject that is empty, too long, or holds control characters", $"Write up to {MaxSubject} characters.");
            else
                throw Invalid(text, $"says '{PeerText.Escape(name, 50)}'", "Name from and subject at most, each once.");
        }
        Sender ??= Here();
        Subject ??= DefaultSubject;
    }

    /// <summary>Whom mails go to.</summary>
    internal MailAddress Recipient { get; }

    /// <summary>Who sends them, and gets the answers.</summary>
    internal MailAddress Sender { get; }

    /// <summary>What they are about.</summary>
    internal string Subject { get; }

    /// <summary>The user at this machine: where mail for him arrives here, this is his address.</summary>
    internal static MailAddress Here()
    {
        IPGlobalProperties machine = IPGlobalProperties.GetIPGlobalProperties();
        string domain = machine.DomainName.Trim('.') is { Length: > 0 } name and not "(none)" ? $"{Plain(machine.HostName)}.{name}" : Plain(machine.HostName);
        return MailAddress.TryParse($"{Plain(Environment.UserName)}@{domain}", out MailAddress? address) || MailAddress.TryParse($"{Plain(Environment.UserName)}@localhost", out address)
            ? address
            : throw new InvalidOperationException("Letters and digits are an address.");
    }

    /// <summary>Letters, digits and hyphens of ASCII; <c>cmp</c> where nothing of that is left.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (char c in text)
        {
            if (c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' && plain.Length < 60)
                plain.Append(c);
        }
        return plain.Length > 0 ? plain.ToString() : "cmp";
    }

    private static MailAddress Address(string uri, string text) => MailAddress.TryParse(Decode(uri, text), out MailAddress? address)
        ? address
        : throw Invalid(uri, $"names '{PeerText.Escape(text, 100)}', which is no mail address that can be written to", "Write it as in ca@example.com, in ASCII; a % in it is written as %25.");

    private static string Decode(string uri, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && !(i + 2 < text.Length && Uri.IsHexDigit(text[i + 1]) && Uri.IsHexDigit(text[i + 2])))
                throw Invalid(uri, "holds a % that begins no octet", "Write it as %25.");
        }
        return Uri.UnescapeDataString(text);
    }

    private static bool IsPlain(string text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
                return false;
        }
        return true;
    }

    private static CmpException Invalid(string uri, string what, string action) =>
        new(CmpErrorKind.Argument, "CmpTransport.InvalidUri", $"The server's URI {PeerText.Escape(uri, 300)} {what}.") { RecommendedAction = action };
}
