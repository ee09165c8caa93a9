using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Net;
using System.Text;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The forms of a <see cref="GeneralName"/>, by their tag numbers.</summary>
public enum GeneralNameType
{
    /// <summary>otherName [0].</summary>
    OtherName,

    /// <summary>rfc822Name [1]: an e-mail address.</summary>
    Rfc822Name,

    /// <summary>dNSName [2].</summary>
    DnsName,

    /// <summary>x400Address [3].</summary>
    X400Address,

    /// <summary>directoryName [4].</summary>
    DirectoryName,

    /// <summary>ediPartyName [5].</summary>
    EdiPartyName,

    /// <summary>uniformResourceIdentifier [6].</summary>
    Uri,

    /// <summary>iPAddress [7].</summary>
    IPAddress,

    /// <summary>registeredID [8].</summary>
    RegisteredId,
}

/// <summary>A name of any of nine forms.</summary>
/// <remarks>
/// RFC 5280 4.2.1.6:
/// <code>
/// GeneralName ::= CHOICE { otherName [0], rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3],
///   directoryName [4] Name (explicit: Name is a CHOICE), ediPartyName [5], uniformResourceIdentifier [6] IA5String,
///   iPAddress [7] OCTET STRING, registeredID [8] OBJECT IDENTIFIER }
/// </code>
/// </remarks>
public sealed record GeneralName : CarriedStructure
{
    private GeneralName(GeneralNameType type, ReadOnlyMemory<byte> encoded, ReadOnlyMemory<byte> content, Name? directoryName = null)
    {
        Type = type;
        Content = content;
        DirectoryName = directoryName;
        Encoded = encoded;
    }

    /// <summary>Which form it has.</summary>
    public GeneralNameType Type { get; }

    /// <summary>The octets within the tag; of a directoryName the Name whole.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>The NULL-DN as a directoryName, for a sender or a recipient who has no name (RFC 4210 5.1.1).</summary>
    public static GeneralName NullDn { get; } = FromName(Name.Empty);

    /// <summary>The directory name, or <see langword="null"/> where it has another form.</summary>
    public Name? DirectoryName { get; }

    /// <summary>Whether it is the NULL-DN.</summary>
    public bool IsNullDn => DirectoryName is { IsEmpty: true };

    /// <summary>A directoryName.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The GeneralName.</returns>
    public static GeneralName FromName(Name name)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence(Tags.Constructed(4)))
            name.Write(writer);
        return Decode(writer.Encode());
    }

    /// <summary>An rfc822Name, dNSName or URI.</summary>
    /// <param name="type">Which of the three.</param>
    /// <param name="text">ASCII text; internationalized names in their ASCII form.</param>
    /// <returns>The GeneralName.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Name</c>: the text is empty or not ASCII.</exception>
    public static GeneralName FromText(GeneralNameType type, string text)
    {
        foreach (char c in text)
        {
            if (c is <= ' ' or > '~')
                throw Invalid(type, text);
        }
        if (text.Length == 0)
            throw Invalid(type, text);
        var writer = new AsnWriter(AsnEncodingRules.BER);
        writer.WriteCharacterString(UniversalTagNumber.IA5String, text, Tags.Primitive((int)type));
        return Decode(writer.Encode());
    }

    /// <summary>An iPAddress.</summary>
    /// <param name="address">4 or 16 octets.</param>
    /// <returns>The GeneralName.</returns>
    public static GeneralName FromAddress(IPAddress address)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        writer.WriteOctetString(address.GetAddressBytes(), Tags.Primitive(7));
        return Decode(writer.Encode());
    }

    /// <summary>A user principal name: an otherName as Windows uses it (1.3.6.1.4.1.311.20.2.3).</summary>
    /// <param name="text">As in <c>ann@example.com</c>.</param>
    /// <returns>The GeneralName.</returns>
    public static GeneralName FromUserPrincipalName(string text)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence(Tags.Constructed(0)))
        {
            writer.WriteObjectIdentifier(Oids.UserPrincipalName);
            using (writer.PushSequence(Tags.Constructed(0)))
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
        }
        return Decode(writer.Encode());
    }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static GeneralName Read(ref Asn1Reader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific || tag.TagValue > 8)
            throw reader.Malformed($"a GeneralName with the unknown tag {Tags.NameOf(tag)}");
        var type = (GeneralNameType)tag.TagValue;
        ReadOnlyMemory<byte> encoded = reader.PeekEncoded();
        if (type == GeneralNameType.DirectoryName)
        {
            Asn1Reader inner = reader.ReadConstructed(tag);
            var name = Name.Read(ref inner);
            inner.ThrowIfNotEmpty();
            return new GeneralName(type, encoded, name.Encoded, name);
        }
        if (type == GeneralNameType.OtherName)
            CheckOtherName(reader);
        bool constructed = type is GeneralNameType.OtherName or GeneralNameType.X400Address or GeneralNameType.EdiPartyName;
        return new GeneralName(type, encoded, reader.ReadContent(constructed ? tag.AsConstructed() : tag.AsPrimitive()));
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The name.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static GeneralName Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>Reads GeneralNames: the value of a subject alternative name.</summary>
    /// <param name="octets">The SEQUENCE OF GeneralName.</param>
    /// <returns>The names.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<GeneralName> DecodeList(ReadOnlyMemory<byte> octets) =>
        Asn1Reader.Decode(octets, null, (ref Asn1Reader reader) => reader.ReadList(Read));

    /// <summary>
    /// Whether both are the same by RFC 5280 7.1, 7.2 and 7.5: directory names as such, DNS names and the hosts of mail addresses
    /// without case, the rest octet by octet.
    /// </summary>
    /// <param name="other">The other.</param>
    /// <param name="ignoreOrder">Whether the parts of a directory name may stand in another order.</param>
    /// <returns>True where they are the same.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: one of two directory names is no name inside.</exception>
    public bool IsSameAs(GeneralName other, bool ignoreOrder = false) =>
        Type == other.Type && Type switch
        {
            GeneralNameType.DirectoryName => DirectoryName!.IsSameAs(other.DirectoryName!, ignoreOrder),
            GeneralNameType.DnsName => IsSameHost(Content.Span, other.Content.Span),
            GeneralNameType.Rfc822Name => IsSameMailbox(Content.Span, other.Content.Span),
            _ => Content.Span.SequenceEqual(other.Content.Span),
        };

    /// <inheritdoc/>
    protected override string? Describe() => Type switch
    {
        GeneralNameType.DirectoryName => DirectoryName!.ToString(),
        GeneralNameType.IPAddress when Content.Length is 4 or 16 => new IPAddress(Content.ToArray()).ToString(),
        GeneralNameType.Rfc822Name or GeneralNameType.DnsName or GeneralNameType.Uri => PeerText.Escape(Text()),
        _ => $"{Type} {Hex.Of(Content.Span)}",
    };

    /// <summary>The text of an rfc822Name, dNSName or URI as it came.</summary>
    internal string Text() => Encoding.ASCII.GetString(Content.ToArray());

    /// <summary>A header without its sender looks like one with the messageTime as recipient, but for what is in an otherName.</summary>
    private static void CheckOtherName(Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(0));
        inner.ReadOid();
        Asn1Reader value = inner.ReadConstructed(Tags.Constructed(0));
        value.ReadEncoded();
        value.ThrowIfNotEmpty();
        inner.ThrowIfNotEmpty();
    }

    private static bool IsSameMailbox(ReadOnlySpan<byte> mine, ReadOnlySpan<byte> theirs)
    {
        int at = mine.LastIndexOf((byte)'@') + 1;
        return at == theirs.LastIndexOf((byte)'@') + 1
            && mine.Slice(0, at).SequenceEqual(theirs.Slice(0, at))
            && IsSameHost(mine.Slice(at), theirs.Slice(at));
    }

    /// <summary>ASCII letters without case; octets that are no ASCII are themselves.</summary>
    private static bool IsSameHost(ReadOnlySpan<byte> mine, ReadOnlySpan<byte> theirs)
    {
        if (mine.Length != theirs.Length)
            return false;
        for (int i = 0; i < mine.Length; i++)
        {
            if (Lower(mine[i]) != Lower(theirs[i]))
                return false;
        }
        return true;

        static int Lower(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? octet | 0x20 : octet;
    }

    private static CmpException Invalid(GeneralNameType type, string text) =>
        new(CmpErrorKind.Argument, "CmpArgument.Name", $"'{PeerText.Escape(text)}' is no {type}.")
        {
            RecommendedAction = "Give it in ASCII; internationalized domain names in their xn-- form.",
        };
}
