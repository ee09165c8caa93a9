using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace Cmp.Keys.Pkcs11;

/// <summary>A token, or a key in it, by name (RFC 7512). It holds no PIN, but may say which file does.</summary>
/// <remarks>
/// RFC 7512 2.3: <c>pkcs11:</c>, attributes of the path with <c>;</c> between them, after <c>?</c> those of the query with <c>&amp;</c> between them. What is
/// left out matches everything. Attributes that are not used here are refused and not passed over: the URI would match more than it says. Of
/// <c>pin-source</c> (2.4) a file of this computer by its full path is understood, percent-encoded once as other programs read it; a command is refused.
/// </remarks>
internal sealed record Pkcs11Uri
{
    internal const string Prefix = "pkcs11:";

    private const int MaxLength = 4096;
    private const string Private = "private";
    private const string FileScheme = "file:";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The token's label, or <see langword="null"/>.</summary>
    internal string? Token { get; init; }

    /// <summary>The token's serial number, or <see langword="null"/>.</summary>
    internal string? Serial { get; init; }

    /// <summary>Who made the token, or <see langword="null"/>.</summary>
    internal string? Manufacturer { get; init; }

    /// <summary>The token's model, or <see langword="null"/>.</summary>
    internal string? Model { get; init; }

    /// <summary>The number of the slot that the token is in, or <see langword="null"/>.</summary>
    internal ulong? SlotId { get; init; }

    /// <summary>The key's label (CKA_LABEL), or <see langword="null"/>.</summary>
    internal string? Object { get; init; }

    /// <summary>The key's identifier (CKA_ID), or <see langword="null"/>.</summary>
    internal ReadOnlyMemory<byte>? Id { get; init; }

    /// <summary>The full path of the library that reaches the token, or <see langword="null"/>.</summary>
    internal string? ModulePath { get; init; }

    /// <summary>The library's name, without folder, <c>lib</c> and extension, or <see langword="null"/>.</summary>
    internal string? ModuleName { get; init; }

    /// <summary>The full path of the file that holds the PIN, or <see langword="null"/>.</summary>
    internal string? PinSource { get; init; }

    /// <summary>Whether a key is named, and not only a token.</summary>
    internal bool NamesKey => Object is not null || Id is not null;

    /// <summary>The same token, and no key in it.</summary>
    internal Pkcs11Uri TokenOnly => this with { Object = null, Id = null };

    /// <summary>Whether both may mean the same key: neither says anything that the other contradicts. Libraries and slots do not count.</summary>
    internal bool MayMean(Pkcs11Uri other) =>
        May(Token, other.Token) && May(Serial, other.Serial) && May(Manufacturer, other.Manufacturer) && May(Model, other.Model)
        && (Id is { } id && other.Id is { } otherId ? id.Span.SequenceEqual(otherId.Span) : May(Object, other.Object));

    /// <summary>Whether both name the same token, by its label and its serial number.</summary>
    internal bool IsInTokenOf(Pkcs11Uri other) =>
        Token is not null && Serial is not null && (Token, Serial, Manufacturer, Model) == (other.Token, other.Serial, other.Manufacturer, other.Model);

    private static bool May(string? one, string? other) => one is null || other is null || one == other;

    /// <summary>Whether another one names the same token as far as they say, as one that a user wrote and one that was found by it: at least one mark is said by both, and none that both say differs.</summary>
    internal bool MayBeInTokenOf(Pkcs11Uri other)
    {
        (string?, string?)[] marks =
        [
            (Token, other.Token), (Serial, other.Serial),
            (SlotId?.ToString(CultureInfo.InvariantCulture), other.SlotId?.ToString(CultureInfo.InvariantCulture)),
        ];
        return marks.Any(mark => mark is ({ }, { })) && marks.All(mark => May(mark.Item1, mark.Item2)) && May(Manufacturer, other.Manufacturer) && May(Model, other.Model)
            && May(ModulePath, other.ModulePath) && May(ModuleName, other.ModuleName);
    }

    /// <summary>Whether a text is such a URI, well-formed or not.</summary>
    internal static bool IsOne(string? text) => text is not null && text.TrimStart().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a URI. What stands in it never gets into the error: it may be a PIN.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>: it does not read, has an attribute twice, one that is not used here, or a PIN.</exception>
    internal static Pkcs11Uri Parse(string text)
    {
        text = text.Trim();
        if (text.Length > MaxLength || !IsOne(text))
            throw Malformed($"It begins with {Prefix} and has at most {MaxLength} characters.");
        string[] parts = text.Substring(Prefix.Length).Split('?');
        if (parts.Length > 2)
            throw Malformed("It has more than one question mark.");
        var uri = new Pkcs11Uri();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string attribute in parts[0].Split(';').Where(attribute => attribute.Length > 0))
            uri = uri.WithPath(Attribute(attribute, seen));
        foreach (string attribute in (parts.Length == 2 ? parts[1] : string.Empty).Split('&').Where(attribute => attribute.Length > 0))
            uri = uri.WithQuery(Attribute(attribute, seen));
        return uri;
    }

    /// <summary>The URI; what has to be is percent-encoded.</summary>
    /// <returns>Text that <see cref="Parse"/> reads.</returns>
    public override string ToString()
    {
        var text = new StringBuilder(Prefix);
        char separator = '\0';
        Write("token", Token);
        Write("manufacturer", Manufacturer);
        Write("model", Model);
        Write("serial", Serial);
        Write("slot-id", SlotId?.ToString(CultureInfo.InvariantCulture));
        WriteOctets("id", Id);
        Write("object", Object);
        Write("type", NamesKey ? Private : null);
        separator = '?';
        Write("module-path", ModulePath);
        Write("module-name", ModuleName);
        Write("pin-source", PinSource is { } file ? FileScheme + (file[0] == '/' ? string.Empty : "///") + file : null);
        return text.ToString();

        void Write(string name, string? value) => WriteOctets(name, value is null ? null : (ReadOnlyMemory<byte>?)StrictUtf8.GetBytes(value));

        void WriteOctets(string name, ReadOnlyMemory<byte>? value)
        {
            if (value is not { } octets)
                return;
            if (separator != '\0')
                text.Append(separator);
            separator = separator is '?' or '&' ? '&' : ';';
            text.Append(name).Append('=');
            // RFC 7512 2.3 wants all octets of an id encoded, readable or not
            foreach (byte octet in octets.ToArray())
                text.Append(name != "id" && (IsPlain((char)octet) || (octet == '/' && separator == '&')) ? ((char)octet).ToString() : "%" + octet.ToString("X2", CultureInfo.InvariantCulture));
        }
    }

    private static bool IsPlain(char c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '.' or '_' or '~' or ':';

    private static (string Name, byte[] Value) Attribute(string text, HashSet<string> seen)
    {
        int equals = text.IndexOf('=');
        if (equals <= 0)
            throw Malformed("Each of its attributes is a name, an equals sign and a value.");
        string name = text.Substring(0, equals);
        if (name == "pin-value")
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Uri", $"The PKCS #11 URI has the attribute {name}: a PIN stands in no URI, which is kept and shown.")
            {
                RecommendedAction = "Leave it out, and give the PIN as a SecureString; or name the file that holds it, as in pin-source=file:/etc/cmp/pin.",
            };
        }
        if (!seen.Add(name))
            throw Malformed($"It has the attribute '{PeerText.Escape(name, 32)}' twice.");
        return (name, Decode(text.Substring(equals + 1)));
    }

    private static byte[] Decode(string value)
    {
        var octets = new List<byte>(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (c == '%' && i + 2 < value.Length && byte.TryParse(value.Substring(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else if (c is > ' ' and <= '~' and not '%')
            {
                octets.Add((byte)c);
            }
            else
            {
                throw Malformed("What is no plain character in it is encoded, as %20 for a blank.");
            }
        }
        return [.. octets];
    }

    private static string Text((string Name, byte[] Value) attribute)
    {
        try
        {
            string text = StrictUtf8.GetString(attribute.Value);
            return text.Length > 0 && text.IndexOf('\0') < 0 ? text : throw Malformed($"Its attribute {attribute.Name} is empty, or has a zero in it.");
        }
        catch (DecoderFallbackException e)
        {
            throw Malformed($"Its attribute {attribute.Name} is not in UTF-8.", e);
        }
    }

    private static CmpException Malformed(string why, Exception? cause = null) => new(CmpErrorKind.Argument, "CmpKey.Uri", "The PKCS #11 URI does not read. " + why, cause)
    {
        RecommendedAction = "Write it as in pkcs11:token=My%20token;object=web?module-path=/usr/lib/softhsm/libsofthsm2.so (RFC 7512).",
    };

    private Pkcs11Uri WithPath((string Name, byte[] Value) attribute) => attribute.Name switch
    {
        "token" => this with { Token = Text(attribute) },
        "serial" => this with { Serial = Text(attribute) },
        "manufacturer" => this with { Manufacturer = Text(attribute) },
        "model" => this with { Model = Text(attribute) },
        "object" => this with { Object = Text(attribute) },
        "id" => attribute.Value.Length > 0 ? this with { Id = attribute.Value } : throw Malformed("Its attribute id is empty."),
        "slot-id" => ulong.TryParse(Text(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? this with { SlotId = number }
            : throw Malformed("Its attribute slot-id is no number."),
        "type" => Text(attribute) == Private ? this : throw Malformed($"Its attribute type is something else than {Private}: a private key is what is needed."),
        _ => throw Unused(attribute.Name),
    };

    private Pkcs11Uri WithQuery((string Name, byte[] Value) attribute) => attribute.Name switch
    {
        // who may choose where a library is looked for has his own code run
        "module-path" => IsFullPath(Text(attribute)) ? this with { ModulePath = Text(attribute) } : throw Malformed("Its attribute module-path is no full path of a file."),
        "module-name" => Text(attribute) is var name && name.All(c => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '_' or '.')
            ? this with { ModuleName = name }
            : throw Malformed("Its attribute module-name is a file's name without folder and extension."),
        "pin-source" => this with { PinSource = PinFile(Text(attribute)) },
        _ => throw Unused(attribute.Name),
    };

    /// <summary>On Windows a path may be rooted, and mean another file in each folder: <c>C:token.dll</c>, <c>\token.dll</c>.</summary>
    private static bool IsFullPath(string path) => RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? IsFullWindowsPath(path) : Path.IsPathRooted(path);

    /// <summary>A drive and a folder; not a share, whose library would be another computer's.</summary>
    internal static bool IsFullWindowsPath(string path) => path.Length > 3 && path[0] is >= 'a' and <= 'z' or >= 'A' and <= 'Z' && path[1] == ':' && path[2] is '\\' or '/';

    /// <summary>The path of a file: URI without a host, and of nothing else. It is not shown: it may be a PIN that stands in the wrong place.</summary>
    private static string PinFile(string source)
    {
        // whoever may write a URI must not have anything run
        if (source[0] == '|')
            throw Malformed("Its attribute pin-source is a command, which is not run here: name a file.");
        string path = source.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase) ? source.Substring(FileScheme.Length) : string.Empty;
        if (path.StartsWith("///", StringComparison.Ordinal))
            path = path.Substring(2);
        bool isWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
        if (isWindows && path.Length > 0 && path[0] == '/' && IsFullWindowsPath(path.Substring(1)))
            path = path.Substring(1);
        // a timer's current folder is not the user's; of two slashes the second begins a host
        bool isFull = isWindows ? IsFullWindowsPath(path) : path.Length > 1 && path[0] == '/' && path[1] != '/';
        return isFull ? path : throw Malformed("Its attribute pin-source is no file: URI with the full path of a file of this computer, as in pin-source=file:/etc/cmp/pin.");
    }

    private static CmpException Unused(string name) => Malformed(
        $"Its attribute '{PeerText.Escape(name, 32)}' is not used here: token, serial, manufacturer, model, slot-id, object, id and type are, and after the question mark module-path, module-name and pin-source.");
}
