using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Cmp.Messages.Rules;

namespace Cmp.Messages.Asn1;

/// <summary>Reads one structure at a reader's place.</summary>
/// <typeparam name="T">What is read.</typeparam>
/// <param name="reader">Stands before the structure, and behind it afterwards.</param>
/// <returns>The structure.</returns>
public delegate T Asn1Read<T>(ref Asn1Reader reader);

/// <summary>
/// Reads DER over the octets that arrived, without copying them. The one way in: every structure of a peer is read by it,
/// under the limits of its <see cref="DecodeOptions"/>; departures from DER that do no harm become findings.
/// </summary>
/// <remarks>
/// Octets are read by the rules of BER, for real peers send lengths that are too long and booleans of 1; indefinite lengths
/// and strings in pieces are refused, for they have no place in CMP (RFC 4210 5.1) and would make slices useless.
/// </remarks>
public ref struct Asn1Reader
{
    private const int MaxOidBytes = 64;

    // numbers that are shown and reckoned with; those that are only compared (serial numbers) have no bound
    private const int MaxIntegerBytes = 32;

    private static readonly Asn1Tag EndOfContents = new(UniversalTagNumber.EndOfContents);

    private readonly DecodeOptions _options;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly int _depth;
    private ReadOnlyMemory<byte> _rest;

    private Asn1Reader(ReadOnlyMemory<byte> octets, ReadOnlyMemory<byte> whole, DecodeOptions options, int depth)
    {
        _rest = octets;
        _whole = whole;
        _options = options;
        _depth = depth;
        if (depth > options.Limits.MaxDepth)
            throw Malformed($"more than {options.Limits.MaxDepth} levels of nested values");
    }

    /// <summary>The limits and the findings of this reading.</summary>
    public readonly DecodeOptions Options => _options;

    /// <summary>Whether something is left to read.</summary>
    public readonly bool HasData => !_rest.IsEmpty;

    /// <summary>Reads the one structure that <paramref name="octets"/> hold. The boundary: whatever goes wrong ends in a <see cref="CmpException"/>.</summary>
    /// <typeparam name="T">What is read.</typeparam>
    /// <param name="octets">Exactly one encoded value.</param>
    /// <param name="options">Limits and findings; <see langword="null"/> for the default.</param>
    /// <param name="read">The structure's own reading.</param>
    /// <returns>The structure, its slices pointing into <paramref name="octets"/>.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the octets are not such a structure, exceed a limit, or more follow.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> octets, DecodeOptions? options, Asn1Read<T> read)
    {
        try
        {
            var reader = new Asn1Reader(octets, octets, options ?? DecodeOptions.Default, depth: 0);
            T result = read(ref reader);
            reader.ThrowIfNotEmpty();
            return result;
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"The message does not decode: {e.Message}", e) { Octets = octets };
        }
    }

    /// <summary>As <see cref="Decode"/>, for octets that are a secret: the exception does not carry them.</summary>
    internal static T DecodeSecret<T>(ReadOnlyMemory<byte> octets, DecodeOptions? options, Asn1Read<T> read)
    {
        try
        {
            return Decode(octets, options, read);
        }
        catch (CmpException e)
        {
            throw new CmpException(e.Kind, e.ErrorId, e.Message) { Offset = e.Offset };
        }
    }

    /// <summary>The tag of the next value, which must be there.</summary>
    /// <returns>The tag.</returns>
    public readonly Asn1Tag PeekTag() => PeekTag(out _);

    /// <summary>Whether a value with this tag comes next, of whatever form (primitive or constructed).</summary>
    /// <param name="tag">The tag.</param>
    /// <returns>False also at the end.</returns>
    public readonly bool IsNext(Asn1Tag tag) => HasData && PeekTag().HasSameClassAndValue(tag);

    /// <summary>Reads the next value whole, whatever it is.</summary>
    /// <returns>Tag, length and content.</returns>
    public ReadOnlyMemory<byte> ReadEncoded()
    {
        Read(null, out ReadOnlyMemory<byte> encoded, out _);
        return encoded;
    }

    /// <summary>Looks at the next value whole without passing it.</summary>
    /// <returns>Tag, length and content.</returns>
    public readonly ReadOnlyMemory<byte> PeekEncoded()
    {
        Measure(null, notes: false, out int offset, out int length);
        return _rest.Slice(0, offset + length);
    }

    /// <summary>Reads the content of the next value.</summary>
    /// <param name="tag">The tag that it must have, and the form (primitive or constructed).</param>
    /// <returns>The content octets.</returns>
    public ReadOnlyMemory<byte> ReadContent(Asn1Tag tag)
    {
        Read(tag, out _, out ReadOnlyMemory<byte> content);
        return content;
    }

    /// <summary>Enters the next value, which must be constructed.</summary>
    /// <param name="tag">The tag that it must have.</param>
    /// <returns>A reader of its content.</returns>
    public Asn1Reader ReadConstructed(Asn1Tag tag) => ReadConstructed(tag, out _);

    /// <summary>Enters the next value and tells its octets.</summary>
    /// <param name="tag">The tag that it must have.</param>
    /// <param name="encoded">The value whole.</param>
    /// <returns>A reader of its content.</returns>
    public Asn1Reader ReadConstructed(Asn1Tag tag, out ReadOnlyMemory<byte> encoded)
    {
        Read(tag.AsConstructed(), out encoded, out ReadOnlyMemory<byte> content);
        return new Asn1Reader(content, _whole, _options, _depth + 1);
    }

    /// <summary>Enters a SEQUENCE.</summary>
    /// <returns>A reader of its content.</returns>
    public Asn1Reader ReadSequence() => ReadConstructed(Asn1Tag.Sequence);

    /// <summary>Enters a SEQUENCE and tells its octets.</summary>
    /// <param name="encoded">The SEQUENCE whole.</param>
    /// <returns>A reader of its content.</returns>
    public Asn1Reader ReadSequence(out ReadOnlyMemory<byte> encoded) => ReadConstructed(Asn1Tag.Sequence, out encoded);

    /// <summary>Reads an OPTIONAL value that stands in an explicit context tag.</summary>
    /// <typeparam name="T">What is read.</typeparam>
    /// <param name="number">The number of the tag.</param>
    /// <param name="read">The structure's own reading.</param>
    /// <param name="value">The structure, where it is there.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryReadExplicit<T>(int number, Asn1Read<T> read, out T? value)
    {
        value = default;
        if (!IsNext(Tags.Constructed(number)))
            return false;
        Asn1Reader inner = ReadConstructed(Tags.Constructed(number));
        value = read(ref inner);
        inner.ThrowIfNotEmpty();
        return true;
    }

    /// <summary>Reads all elements of a SEQUENCE OF (or, with another tag, of an implicitly tagged one).</summary>
    /// <typeparam name="T">What each element is.</typeparam>
    /// <param name="read">The element's own reading.</param>
    /// <param name="tag">The tag of the list, SEQUENCE where none is given.</param>
    /// <returns>The elements, at most <see cref="CmpLimits.MaxElements"/>.</returns>
    public IReadOnlyList<T> ReadList<T>(Asn1Read<T> read, Asn1Tag? tag = null)
    {
        Asn1Reader inner = ReadConstructed(tag ?? Asn1Tag.Sequence);
        if (!inner.HasData)
            return Array.Empty<T>();
        var list = new List<T>(1);
        while (inner.HasData)
        {
            if (list.Count == _options.Limits.MaxElements)
                throw Malformed($"more than {_options.Limits.MaxElements} elements in one list");
            list.Add(read(ref inner));
        }
        return list;
    }

    /// <summary>As <see cref="ReadList"/>, for a SEQUENCE SIZE (1..MAX) OF: an empty one is a finding.</summary>
    /// <typeparam name="T">What each element is.</typeparam>
    /// <param name="read">The element's own reading.</param>
    /// <param name="tag">The tag of the list, SEQUENCE where none is given.</param>
    /// <returns>The elements.</returns>
    public IReadOnlyList<T> ReadFilledList<T>(Asn1Read<T> read, Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> start = _rest;
        IReadOnlyList<T> list = ReadList(read, tag);
        if (list.Count == 0)
            Find(MessageRules.SyntaxEmptyList, "A list that must hold something is empty.", start);
        return list;
    }

    /// <summary>Enters a SEQUENCE that is tagged implicitly.</summary>
    /// <param name="tag">The implicit tag.</param>
    /// <param name="encoded">The structure as it stands with its own tag: a copy that begins with 0x30.</param>
    /// <returns>A reader of its content.</returns>
    public Asn1Reader ReadImplicitSequence(Asn1Tag tag, out ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = ReadConstructed(tag, out ReadOnlyMemory<byte> tagged);
        byte[] copy = tagged.ToArray();
        copy[0] = 0x30;
        encoded = copy;
        return inner;
    }

    /// <summary>Reads an INTEGER that fits in 32 bits.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The number.</returns>
    public int ReadInt32(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> content = ReadIntegerContent(tag);
        if (content.Length > 4)
            throw Malformed("an INTEGER that does not fit in 32 bits");
        int value = (sbyte)content.Span[0];
        for (int i = 1; i < content.Length; i++)
            value = (value << 8) | content.Span[i];
        return value;
    }

    /// <summary>Reads an INTEGER of up to 256 bits, or of as many as are named.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <param name="maxOctets">The most octets that it may have.</param>
    /// <returns>The number.</returns>
    public BigInteger ReadInteger(Asn1Tag? tag = null, int maxOctets = MaxIntegerBytes)
    {
        ReadOnlyMemory<byte> content = ReadIntegerContent(tag);
        if (content.Length > maxOctets)
            throw Malformed($"an INTEGER of {content.Length} octets");
        byte[] littleEndian = content.ToArray();
        Array.Reverse(littleEndian);
        return new BigInteger(littleEndian);
    }

    /// <summary>Reads the content octets of an INTEGER of any size: two's complement, big-endian.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>At least one octet.</returns>
    public ReadOnlyMemory<byte> ReadIntegerContent(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> content = ReadPrimitive(tag ?? Asn1Tag.Integer);
        ReadOnlySpan<byte> span = content.Span;
        if (span.IsEmpty)
            throw Malformed("an INTEGER without content");
        if (span.Length > 1 && (span[0] == 0 && span[1] < 0x80 || span[0] == 0xFF && span[1] >= 0x80))
            Find(MessageRules.DerInteger, "An INTEGER has more octets than it needs.", content);
        return content;
    }

    /// <summary>Reads a BOOLEAN; any value but zero is true.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The value.</returns>
    public bool ReadBoolean(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> content = ReadPrimitive(tag ?? Asn1Tag.Boolean);
        if (content.Length != 1)
            throw Malformed("a BOOLEAN that is not one octet");
        if (content.Span[0] is not (0 or 0xFF))
            Find(MessageRules.DerBoolean, "A BOOLEAN is neither 00 nor FF.", content);
        return content.Span[0] != 0;
    }

    /// <summary>Reads a NULL.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    public void ReadNull(Asn1Tag? tag = null)
    {
        if (!ReadPrimitive(tag ?? Asn1Tag.Null).IsEmpty)
            throw Malformed("a NULL with content");
    }

    /// <summary>Reads an OCTET STRING.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The octets, not copied.</returns>
    public ReadOnlyMemory<byte> ReadOctetString(Asn1Tag? tag = null) => ReadPrimitive(tag ?? Asn1Tag.PrimitiveOctetString);

    /// <summary>Reads a BIT STRING.</summary>
    /// <param name="unusedBits">How many bits of the last octet do not count.</param>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The octets, not copied.</returns>
    public ReadOnlyMemory<byte> ReadBitString(out int unusedBits, Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> content = ReadPrimitive(tag ?? Asn1Tag.PrimitiveBitString);
        if (content.IsEmpty || content.Span[0] > 7 || (content.Length == 1 && content.Span[0] != 0))
            throw Malformed("a BIT STRING with a wrong count of unused bits");
        unusedBits = content.Span[0];
        return content.Slice(1);
    }

    /// <summary>Reads a BIT STRING of whole octets, as keys, signatures and MACs are.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The octets, not copied.</returns>
    public ReadOnlyMemory<byte> ReadBitStringOctets(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> octets = ReadBitString(out int unusedBits, tag);
        if (unusedBits != 0)
            throw Malformed("a BIT STRING that does not end at a whole octet");
        return octets;
    }

    /// <summary>Reads a named bit list.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>Bit <c>n</c> of the list at <c>1 &lt;&lt; n</c>; bits over 31 are left out with a finding.</returns>
    public uint ReadNamedBits(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> octets = ReadBitString(out int unusedBits, tag);
        ReadOnlySpan<byte> span = octets.Span;
        uint bits = 0;
        for (int i = 0; i < 32 && i < span.Length * 8L - unusedBits; i++)
        {
            if ((span[i / 8] & (0x80 >> (i % 8))) != 0)
                bits |= 1u << i;
        }
        if (!span.IsEmpty && ((span[span.Length - 1] >> unusedBits) & 1) == 0)
            Find(MessageRules.DerNamedBits, "A list of named bits ends with zeros.", octets);
        if (span.Length > 4)
            Find(MessageRules.SyntaxNamedBits, $"A list of named bits has {span.Length} octets.", octets);
        return bits;
    }

    /// <summary>Reads an OBJECT IDENTIFIER.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>Dotted decimal.</returns>
    public string ReadOid(Asn1Tag? tag = null)
    {
        Asn1Tag expected = tag ?? Asn1Tag.ObjectIdentifier;
        Read(expected, out ReadOnlyMemory<byte> encoded, out ReadOnlyMemory<byte> content);
        if (content.Length > MaxOidBytes)
            throw Malformed($"an OBJECT IDENTIFIER of more than {MaxOidBytes} octets");
        try
        {
            return AsnDecoder.ReadObjectIdentifier(encoded.Span, AsnEncodingRules.BER, out _, expected);
        }
        catch (AsnContentException)
        {
            throw Malformed("an OBJECT IDENTIFIER that is none");
        }
    }

    /// <summary>Reads a UTF8String. Octets that are no UTF-8 are replaced, with a finding.</summary>
    /// <param name="tag">Its tag, where it is tagged implicitly.</param>
    /// <returns>The text as the peer wrote it: escape it before it is shown.</returns>
    public string ReadUtf8String(Asn1Tag? tag = null)
    {
        ReadOnlyMemory<byte> content = ReadPrimitive(tag ?? Tags.Utf8String);
        string text = Text.Utf8(content);
        if (text.IndexOf('\uFFFD') >= 0)
            Find(MessageRules.SyntaxUtf8, "A UTF8String is no UTF-8.", content);
        return text;
    }

    /// <summary>Reads a GeneralizedTime. Fractions of a second and a zone other than Z are read, with a finding (RFC 5280 4.1.2.5.2).</summary>
    /// <returns>The time.</returns>
    public DateTimeOffset ReadGeneralizedTime()
    {
        Read(Asn1Tag.GeneralizedTime, out ReadOnlyMemory<byte> encoded, out ReadOnlyMemory<byte> octets);
        ReadOnlySpan<byte> content = octets.Span;
        if (content.IndexOfAny((byte)'Z', (byte)'+', (byte)'-') < 0)
            throw Malformed("a time without its zone, whose meaning would depend on where it is read");
        if (content.Length != "yyyyMMddHHmmssZ".Length || content[content.Length - 1] != 'Z')
            Find(MessageRules.SyntaxTime, "A GeneralizedTime is not of the form YYYYMMDDHHMMSSZ.", encoded);
        try
        {
            return AsnDecoder.ReadGeneralizedTime(encoded.Span, AsnEncodingRules.BER, out _);
        }
        catch (AsnContentException)
        {
            throw Malformed("a time that is none");
        }
    }

    /// <summary>Reads a Time: UTCTime or GeneralizedTime (RFC 5280 4.1.2.5).</summary>
    /// <returns>The time.</returns>
    public DateTimeOffset ReadTime()
    {
        if (!IsNext(Asn1Tag.UtcTime))
            return ReadGeneralizedTime();
        Read(Asn1Tag.UtcTime, out ReadOnlyMemory<byte> encoded, out _);
        try
        {
            return AsnDecoder.ReadUtcTime(encoded.Span, AsnEncodingRules.BER, out _);
        }
        catch (AsnContentException)
        {
            throw Malformed("a time that is none");
        }
    }

    /// <summary>Refuses what follows the last field that is known.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public readonly void ThrowIfNotEmpty()
    {
        if (HasData)
            throw Malformed($"{_rest.Length} octets follow where the structure should end");
    }

    /// <summary>An exception for octets that are not what they should be.</summary>
    /// <param name="what">What was found, as in "an INTEGER without content".</param>
    /// <returns>The exception, to be thrown.</returns>
    public readonly CmpException Malformed(string what)
    {
        int? offset = _options is null ? null : Offset(_rest);
        return new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"The message does not decode{(offset is null ? string.Empty : $" at octet {offset}")}: {what}.") { Octets = _whole, Offset = offset };
    }

    /// <summary>Notes a departure from the rules that does not stop the reading.</summary>
    /// <param name="rule">Which rule.</param>
    /// <param name="text">What is not as it should be: a sentence.</param>
    /// <param name="where">The octets concerned.</param>
    public readonly void Find(MessageRule rule, string text, ReadOnlyMemory<byte> where)
    {
        if (_options.Findings is { } findings && findings.Count < _options.Limits.MaxElements)
            findings.Add(new Finding(rule, text, Offset(where)));
    }

    private readonly int Offset(ReadOnlyMemory<byte> slice) =>
        MemoryMarshal.TryGetArray(slice, out ArraySegment<byte> part) && MemoryMarshal.TryGetArray(_whole, out ArraySegment<byte> whole) && part.Array == whole.Array
            ? part.Offset - whole.Offset
            : 0;

    private readonly Asn1Tag PeekTag(out int tagLength) =>
        Asn1Tag.TryDecode(_rest.Span, out Asn1Tag tag, out tagLength)
            ? tag
            : throw Malformed(_rest.IsEmpty ? "a value is missing" : "octets that are no tag");

    private ReadOnlyMemory<byte> ReadPrimitive(Asn1Tag tag)
    {
        Read(tag.AsPrimitive(), out _, out ReadOnlyMemory<byte> content);
        return content;
    }

    private void Read(Asn1Tag? expected, out ReadOnlyMemory<byte> encoded, out ReadOnlyMemory<byte> content)
    {
        Measure(expected, notes: true, out int offset, out int length);
        encoded = _rest.Slice(0, offset + length);
        content = _rest.Slice(offset, length);
        _rest = _rest.Slice(offset + length);
    }

    private readonly void Measure(Asn1Tag? expected, bool notes, out int offset, out int length)
    {
        if (expected is { } wanted)
        {
            if (_rest.IsEmpty)
                throw Malformed($"{Tags.NameOf(wanted)} is missing");
            Asn1Tag tag = PeekTag(out offset);
            if (!tag.HasSameClassAndValue(wanted))
                throw Malformed($"{Tags.NameOf(wanted)} is expected, {Tags.NameOf(tag)} is there");
            if (tag != wanted)
                throw Malformed($"{Tags.NameOf(wanted)} is {(tag.IsConstructed ? "in pieces" : "primitive")}");
        }
        else if (PeekTag(out offset) == EndOfContents)
        {
            throw Malformed("an end of contents where a value should be");
        }
        length = ReadLength(ref offset, notes);
    }

    private readonly int ReadLength(ref int offset, bool notes)
    {
        if (!TlvHeader.TryReadLength(_rest.Span, ref offset, out int length, out bool isLong, out string? defect))
            throw Malformed(defect!);
        if (notes && isLong)
            Find(MessageRules.DerLength, "A length has more octets than it needs.", _rest);
        return length;
    }

    private static class Text
    {
        private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);

        internal static string Utf8(ReadOnlyMemory<byte> octets)
        {
#if NET
            return Encoding.GetString(octets.Span);
#else
            return MemoryMarshal.TryGetArray(octets, out ArraySegment<byte> s)
                ? Encoding.GetString(s.Array!, s.Offset, s.Count)
                : Encoding.GetString(octets.ToArray());
#endif
        }
    }
}
