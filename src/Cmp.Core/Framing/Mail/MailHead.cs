using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Cmp.Framing;

/// <summary>
/// The header of a mail, or of a part of one (RFC 5322 2.2, RFC 2045 3). Mailers on the way add to it what they like, so a line that is no field is passed over;
/// only what MIME hangs on must be there once. A first line of mbox files (<c>From somebody …</c>) is passed over too.
/// </summary>
public sealed class MailHead
{
    /// <summary>Octets of a header; relays and filters write a lot into it.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Fields of a header.</summary>
    public const int MaxFields = 1000;

    /// <summary>Octets of one field, folded lines together.</summary>
    public const int MaxFieldBytes = 64 * 1024;

    private readonly List<KeyValuePair<string, string>> _fields;

    private MailHead(List<KeyValuePair<string, string>> fields) => _fields = fields;

    /// <summary>Whether it has no field at all: then this is no mail.</summary>
    public bool IsEmpty => _fields.Count == 0;

    /// <summary>The Message-ID with its angle brackets, or <see langword="null"/>.</summary>
    public string? MessageId => First("Message-ID");

    /// <summary>The Subject, its encoded words decoded (RFC 2047); it may hold anything.</summary>
    public string Subject => MailWords.Decode(First("Subject") ?? string.Empty);

    /// <summary>Whether a program says that it wrote this by itself (RFC 3834 5).</summary>
    public bool IsAutomatic => MailField.Parse(First("Auto-Submitted")) is { Value: not "no" };

    /// <summary>Whether a mail system seems to write, of a mail that it could not deliver: by the type of its report, or by its name (RFC 5321 4.5.1, RFC 6522).</summary>
    public bool IsOfMailSystem => MailField.Parse(First("Content-Type")) is { Value: "multipart/report" }
        || (First("From") is { } from && (Contains(from, "mailer-daemon") || Contains(from, "postmaster")));

    /// <summary>Where a header ends.</summary>
    /// <param name="octets">A mail from its beginning, as far as it is there.</param>
    /// <returns>The octets of the header, its empty line included; -1 where that has not come yet.</returns>
    public static int FindEnd(ReadOnlySpan<byte> octets)
    {
        var lines = new MailLines(octets);
        while (lines.Read(out ReadOnlySpan<byte> line))
        {
            if (line.IsEmpty && lines.HasEnded)
                return lines.Next;
        }
        return -1;
    }

    /// <summary>Reads a header.</summary>
    /// <param name="octets">The header, with or without its empty line. Where it is not whole, its last field does not count: nobody knows whether it goes on.</param>
    /// <returns>What stands in it.</returns>
    /// <exception cref="CmpException"><c>CmpMail.Malformed</c>: it is larger than <see cref="MaxBytes"/>, <see cref="MaxFields"/> or <see cref="MaxFieldBytes"/> allow.</exception>
    public static MailHead Parse(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxBytes)
            throw TooLarge($"is larger than {MaxBytes} octets");
        // editors of Windows put it in front of what they save
        if (octets.StartsWith("\uFEFF"u8))
            octets = octets.Slice(3);
        var fields = new List<KeyValuePair<string, string>>();
        var lines = new MailLines(octets);
        string? name = null;
        var value = new StringBuilder();
        bool isWhole = false;
        while (!isWhole && lines.Read(out ReadOnlySpan<byte> line))
        {
            isWhole = line.IsEmpty && lines.HasEnded;
            bool isFolded = !isWhole && !line.IsEmpty && line[0] is (byte)' ' or (byte)'\t';
            if (isFolded)
            {
                // what continues a line that is no field is none either
                if (name is not null)
                    Append(value, line);
                continue;
            }
            Add(fields, name, value);
            name = isWhole ? null : NameOf(line, lines.Start == 0);
            if (name is not null)
                Append(value, line.Slice(line.IndexOf((byte)':') + 1));
        }
        return new MailHead(fields);
    }

    /// <summary>The value of a field, the first one of its name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>The value, unfolded and without blanks at its ends, as it was written; <see langword="null"/> where there is none.</returns>
    public string? First(string name) => All(name).FirstOrDefault();

    /// <summary>The values of all fields of a name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>As for <see cref="First"/>.</returns>
    public IEnumerable<string> All(string name) => _fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);

    /// <summary>A field of MIME: two of them would let two readers see two mails.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <returns>What it says; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpMail.Malformed</c>: there are several, or it breaks the syntax.</exception>
    public MailField? Mime(string name)
    {
        string[] values = [.. All(name)];
        if (values.Length == 0)
            return null;
        return values.Length == 1 && MailField.Parse(values[0]) is { } field ? field
            : throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", values.Length > 1 ? $"The mail has {values.Length} fields {name}." : $"The mail's field {name} breaks its syntax: '{PeerText.Escape(values[0], 200)}'.");
    }

    private static bool Contains(string text, string word) => text.IndexOf(word, StringComparison.OrdinalIgnoreCase) >= 0;

    private static void Add(List<KeyValuePair<string, string>> fields, string? name, StringBuilder value)
    {
        if (name is null)
            return;
        if (fields.Count == MaxFields)
            throw TooLarge($"has more than {MaxFields} fields");
        fields.Add(new KeyValuePair<string, string>(name, value.ToString().Trim()));
        value.Clear();
    }

    /// <summary>Printable ASCII without a colon; blanks before the colon were legal once (RFC 5322 4.5).</summary>
    private static string? NameOf(ReadOnlySpan<byte> line, bool isFirst)
    {
        int colon = line.IndexOf((byte)':');
        if (colon < 1 || (isFirst && line.StartsWith("From "u8)))
            return null;
        ReadOnlySpan<byte> name = line.Slice(0, colon);
        while (!name.IsEmpty && name[name.Length - 1] is (byte)' ' or (byte)'\t')
            name = name.Slice(0, name.Length - 1);
        foreach (byte octet in name)
        {
            if (octet is <= (byte)' ' or >= 0x7F)
                return null;
        }
        return name.IsEmpty ? null : Encoding.ASCII.GetString(name.ToArray());
    }

    private static void Append(StringBuilder value, ReadOnlySpan<byte> line)
    {
        if (value.Length + line.Length > MaxFieldBytes)
            throw TooLarge($"has a field of more than {MaxFieldBytes} octets");
        value.Append(Encoding.UTF8.GetString(line.ToArray()));
    }

    private static CmpException TooLarge(string how) => new(CmpErrorKind.Malformed, "CmpMail.Malformed", $"The mail's header {how}.");
}
