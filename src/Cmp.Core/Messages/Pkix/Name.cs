using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>A distinguished name. Its octets stay as they are; it is taken apart only to be compared.</summary>
/// <remarks>
/// RFC 5280 4.1.2.4:
/// <code>
/// Name ::= CHOICE { rdnSequence SEQUENCE OF RelativeDistinguishedName }
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
/// </code>
/// </remarks>
public sealed record Name : CarriedStructure
{
    private static readonly byte[] EmptySequence = [0x30, 0];
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictUtf16 = new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictUtf32 = new UTF32Encoding(bigEndian: true, byteOrderMark: false, throwOnInvalidCharacters: true);
    private static readonly Encoding Latin1 = Encoding.GetEncoding("iso-8859-1");

    private string? _comparable;
    private string? _comparableUnordered;

    private Name(ReadOnlyMemory<byte> encoded, bool isEmpty = false)
    {
        Encoded = encoded;
        IsEmpty = isEmpty;
    }

    /// <summary>The NULL-DN: a name of no parts (RFC 4210 D.1).</summary>
    public static Name Empty { get; } = new(EmptySequence, isEmpty: true);

    /// <summary>Whether it is the NULL-DN.</summary>
    public bool IsEmpty { get; }

    /// <summary>Makes a name from text such as <c>CN=router7, O=Example</c> (RFC 4514: the most specific part first).</summary>
    /// <param name="text">The name; empty for the NULL-DN.</param>
    /// <returns>The name.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Name</c>: the text is no name.</exception>
    public static Name Parse(string text)
    {
        try
        {
            return text.Length == 0 ? Empty : new Name(new X500DistinguishedName(text).RawData);
        }
        catch (Exception e) when (e is CryptographicException or FormatException or NotImplementedException)
        {
            // the latter two are Mono's
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Name", $"'{PeerText.Escape(text)}' is no distinguished name: {e.Message}", e)
            {
                RecommendedAction = "Write it as in 'CN=router7, O=Example'.",
            };
        }
    }

    /// <summary>A name of one common name, as RFC 9483 3.1 gives a sender who has a shared secret.</summary>
    /// <param name="commonName">The text.</param>
    /// <returns>The name.</returns>
    public static Name FromCommonName(string commonName)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.CommonName);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, commonName);
        }
        return new Name(writer.Encode());
    }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static Name Read(ref Asn1Reader reader)
    {
        Asn1Reader rdns = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return new Name(encoded, isEmpty: !rdns.HasData);
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The name.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Name Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>
    /// Whether both are the same name by RFC 5280 7.1: letters without case, white space folded, whatever string type.
    /// Values that are no text, or broken text, are compared octet by octet.
    /// </summary>
    /// <param name="other">The other name.</param>
    /// <param name="ignoreOrder">Whether the parts may stand in another order, as a server that sorts them leaves them (rule 24).</param>
    /// <returns>True where they are the same.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: one of them is no name inside.</exception>
    public bool IsSameAs(Name other, bool ignoreOrder = false) =>
        Encoded.Span.SequenceEqual(other.Encoded.Span)
        || (ignoreOrder ? ComparableUnordered() == other.ComparableUnordered() : Comparable() == other.Comparable());

    /// <summary>The parts of the name, in their order, as comparable text each.</summary>
    /// <returns>One text a part.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public IReadOnlyList<string> ComparableParts() => Asn1Reader.Decode(Encoded, null, (ref Asn1Reader reader) => reader.ReadList(ReadRdn));

    /// <summary>The first common name in it, or <see langword="null"/>.</summary>
    /// <returns>The text as the name holds it.</returns>
    public string? CommonName() => Asn1Reader.Decode(Encoded, null, (ref Asn1Reader reader) =>
    {
        Asn1Reader rdns = reader.ReadSequence();
        string? found = null;
        while (rdns.HasData)
        {
            Asn1Reader set = rdns.ReadConstructed(Asn1Tag.SetOf);
            while (set.HasData)
            {
                Asn1Reader attribute = set.ReadSequence();
                if (attribute.ReadOid() == Oids.CommonName)
                    found ??= TextOf(ref attribute);
            }
        }
        return found;
    });

    /// <inheritdoc/>
    protected override string? Describe()
    {
        if (IsEmpty)
            return "NULL-DN";
        const string Unreadable = "(unreadable name)";
        try
        {
            // where it cannot read a name, .NET throws on some platforms and says nothing on others
            string text = new X500DistinguishedName(Encoded.ToArray()).Name;
            return text.Length > 0 ? PeerText.Escape(text) : Unreadable;
        }
        catch (Exception)
        {
            // each platform throws something else at octets that are no name
            return Unreadable;
        }
    }

    // no folded text holds the separators: controls are escaped in it
    private string Comparable() => _comparable ??= string.Join("\u0001", ComparableParts());

    private string ComparableUnordered()
    {
        if (_comparableUnordered is not null)
            return _comparableUnordered;
        var parts = new List<string>(ComparableParts());
        parts.Sort(StringComparer.Ordinal);
        return _comparableUnordered = string.Join("\u0001", parts);
    }

    private static string ReadRdn(ref Asn1Reader reader)
    {
        var attributes = new List<string>(reader.ReadList(ReadAttribute, Asn1Tag.SetOf));
        if (attributes.Count == 0)
            throw reader.Malformed("a RelativeDistinguishedName of no attributes");
        attributes.Sort(StringComparer.Ordinal);
        return string.Join("\u0002", attributes);
    }

    private static string ReadAttribute(ref Asn1Reader reader)
    {
        Asn1Reader attribute = reader.ReadSequence();
        string oid = attribute.ReadOid();
        ReadOnlyMemory<byte> value = attribute.PeekEncoded();
        string? text = TextOf(ref attribute);
        attribute.ThrowIfNotEmpty();
        return text is null ? oid + "#" + Hex.Of(value.Span) : oid + "=" + Fold(text);
    }

    /// <summary>Reads a value; <see langword="null"/> where it is no text, or text that its type does not allow.</summary>
    private static string? TextOf(ref Asn1Reader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        Encoding? encoding = tag.TagClass != TagClass.Universal || tag.IsConstructed ? null : (UniversalTagNumber)tag.TagValue switch
        {
            UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String => StrictUtf8,
            UniversalTagNumber.BMPString => StrictUtf16,
            UniversalTagNumber.UniversalString => StrictUtf32,
            UniversalTagNumber.T61String => Latin1,
            _ => null,
        };
        if (encoding is null)
        {
            reader.ReadEncoded();
            return null;
        }
        try
        {
            return encoding.GetString(reader.ReadContent(tag).ToArray());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// RFC 4518, as far as names in certificates need it: composed, without case, inner white space to one blank, none at the ends.
    /// Control and format characters, which it would drop, are escaped: what cannot be seen is no reason to be the same.
    /// </summary>
    private static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        bool blank = false;
        foreach (char c in text.Normalize(NormalizationForm.FormKC))
        {
            if (char.IsWhiteSpace(c))
            {
                blank = folded.Length > 0;
                continue;
            }
            if (blank)
                folded.Append(' ');
            blank = false;
            if (c == '\\' || char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format)
                folded.Append('\\').Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else
                folded.Append(char.ToLowerInvariant(c));
        }
        return folded.ToString();
    }
}
