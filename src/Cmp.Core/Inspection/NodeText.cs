using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Numerics;
using System.Text;
using Cmp.Inspection.Syntax;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>The text of a part of a message for people: one line, escaped (rule 70), bounded whatever a peer sends.</summary>
internal static class NodeText
{
    /// <summary>What is shown of a secret.</summary>
    internal const string Secret = "•••";

    // a digest is shown whole, of what is longer the half of that
    private const int MaxOctets = 32;
    private const int MaxText = 256;
    private const int MaxItems = 16;

    // texts of parts within parts within parts: what is deeper shows in the tree
    private const int MaxLevels = 5;

    private static readonly Encoding Latin1 = Encoding.GetEncoding("iso-8859-1");

    /// <summary>The keys of attributes in names (RFC 4514 3); others are called by their names.</summary>
    private static readonly Dictionary<string, string> AttributeKeys = new()
    {
        ["commonName"] = "CN",
        ["localityName"] = "L",
        ["stateOrProvinceName"] = "ST",
        ["organizationName"] = "O",
        ["organizationalUnitName"] = "OU",
        ["countryName"] = "C",
        ["streetAddress"] = "STREET",
        ["domainComponent"] = "DC",
        ["uid"] = "UID",
    };

    /// <summary>CHOICEs whose alternatives say nothing that the value does not.</summary>
    private static readonly HashSet<string> SilentChoices = ["Name", "Time", "CMPCertificate", "DirectoryString", "DisplayText", "ECParameters", "PKCS9String", "CertificateChoices", "RevocationInfoChoice", "CertAnnContent"];

    /// <summary>The text of a part.</summary>
    /// <param name="node">The part.</param>
    /// <returns>The text; <see langword="null"/> where its parts say all.</returns>
    internal static string? Of(MessageNode node) => Of(node, MaxLevels);

    private static string? Of(MessageNode? node, int levels)
    {
        if (node is null || levels == 0)
            return null;
        if (node.IsSecret)
            return Secret;
        if (!node.IsValue)
            return node.Length == 0 ? null : Octets(node.Content);
        string? text = node.IsExplicitTag ? Of(node.Children.FirstOrDefault(), levels) : OfType(node, levels - 1);
        if (node.Alternative is not { } alternative || node.Type is not { } type || SilentChoices.Contains(type))
            return text;
        return text is null || text == "NULL" || text == alternative ? alternative : alternative + " " + text;
    }

    /// <summary>Types whose parts are told in one line; others by their kinds.</summary>
    private static string? OfType(MessageNode node, int levels) => node.Tag == "SEQUENCE" || node.Syntax.IsConstructed == true
        ? TypeOf(node) switch
        {
            "Name" or "RDNSequence" => DistinguishedName(node),
            "RelativeDistinguishedName" => Rdn(node),
            "GeneralNames" or "ExtKeyUsageSyntax" or "CertificatePolicies" or "PKIFreeText" => Joined(node, levels),
            "AlgorithmIdentifier" or "HashAlgorithm" or "MaskGenAlgorithm" => Algorithm(node, levels),
            "SubjectPublicKeyInfo" or "OriginatorPublicKey" => PublicKey(node, levels),
            "Certificate" => Of(node.Child("tbsCertificate")?.Child("subject"), levels),
            "CertificateList" => Of(node.Child("tbsCertList")?.Child("issuer"), levels),
            "CertificationRequest" => Of(node.Child("certificationRequestInfo")?.Child("subject"), levels),
            "Extension" => Extension(node, levels),
            "AttributeTypeAndValue" => Pair(node.Child("type"), node.Child("value"), levels),
            "Attribute" => Pair(node.Child("attrType"), node.Child("attrValues")?.Children.FirstOrDefault(), levels),
            "InfoTypeAndValue" => Pair(node.Child("infoType"), node.Child("infoValue"), levels),
            "OtherName" => Pair(node.Child("type-id"), node.Child("value"), levels),
            "PolicyInformation" => OidName(node.Child("policyIdentifier")),
            "PKIStatusInfo" => Status(node, levels),
            "Validity" or "OptionalValidity" => Validity(node, levels),
            "CertId" or "IssuerAndSerialNumber" => Issued(node.Child("issuer"), node.Child("serialNumber"), levels),
            "RevokedCertificate" => Listed([Of(node.Child("userCertificate"), levels), Of(node.Child("revocationDate"), levels)]),
            "BasicConstraints" => node.Child("cA") is { } ca && Of(ca, levels) == "TRUE" ? Limited("CA", node.Child("pathLenConstraint"), levels) : "no CA",
            "AuthorityKeyIdentifier" => Of(node.Child("keyIdentifier"), levels),
            "AccessDescription" => Pair(node.Child("accessMethod"), node.Child("accessLocation"), levels),
            "DistributionPoint" => Of(node.Child("distributionPoint"), levels),
            "CRLDistributionPoints" or "InfoAccessSyntax" => Joined(node, levels),
            "MsCertificateTemplate" => OidName(node.Child("templateID")),
            "EncryptedContentInfo" => Listed([OidName(node.Child("contentType")), Of(node.Child("contentEncryptionAlgorithm"), levels)]),
            "EncapsulatedContentInfo" => OidName(node.Child("eContentType")),
            "ContentInfo" => OidName(node.Child("contentType")),
            "PKMACValue" => Of(node.Child("algId"), levels),
            "POPOSigningKey" => Of(node.Child("algorithmIdentifier"), levels),
            "CertStatus" => node.Child("statusInfo") is { } status ? Of(status, levels) : "accepted",
            "PKIMessage" => node.Child("body")?.Alternative,
            "SEQUENCE OF AlgorithmIdentifier" or "SEQUENCE OF OBJECT IDENTIFIER" or "SEQUENCE OF UTF8String" => Joined(node, levels),
            _ => null,
        }
        : OfKind(node, levels);

    /// <summary>The type that says how the parts lie; what is named by a CHOICE of one is that one.</summary>
    private static string? TypeOf(MessageNode node) => node.Type switch
    {
        "CMPCertificate" or "CertAnnContent" => "Certificate",
        "CertificateChoices" when node.Alternative == "certificate" => "Certificate",
        "RevocationInfoChoice" when node.Alternative == "crl" => "CertificateList",
        "ProofOfPossession" when node.Alternative == "signature" => "POPOSigningKey",
        "POPOPrivKey" when node.Alternative == "agreeMAC" => "PKMACValue",
        "GeneralName" when node.Alternative == "otherName" => "OtherName",
        "DistributionPointName" when node.Alternative == "fullName" => "GeneralNames",
        "CRLSource" when node.Alternative == "issuer" => "GeneralNames",
        "RecipientIdentifier" or "KeyAgreeRecipientIdentifier" or "OriginatorIdentifierOrKey" when node.Alternative == "issuerAndSerialNumber" => "IssuerAndSerialNumber",
        var type => type,
    };

    private static string? OfKind(MessageNode node, int levels)
    {
        ReadOnlySpan<byte> content = node.Content;
        if (node.Defect is not null)
            return OfTag(node);
        switch (node.Syntax.Kind)
        {
            case SyntaxKind.Boolean:
                return content.Length == 1 ? content[0] == 0 ? "FALSE" : "TRUE" : Octets(content);
            case SyntaxKind.Integer or SyntaxKind.Enumerated:
                return Integer(node, content);
            case SyntaxKind.BitString:
                return node.Syntax.Names is { } names ? NamedBits(content, names)
                    : node.Syntax.Element is not null && node.Children.Count > 0 && node.Children[0].IsValue && Of(node.Children[0], levels) is { } contained ? contained
                    : content.Length == 0 ? Octets(content)
                    : content.Length == 1 ? "empty"
                    : Octets(content.Slice(1)) + (content[0] == 0 ? string.Empty : $", {content[0]} bits unused");
            case SyntaxKind.OctetString when node.Syntax.Element is not null && node.Children.Count > 0 && node.Children[0].IsValue:
                return Of(node.Children[0], levels);
            case SyntaxKind.OctetString:
                return node.Alternative == "iPAddress" && Address(content) is { } address ? address : Octets(content);
            case SyntaxKind.ObjectIdentifier:
                return Oid(content);
            case SyntaxKind.Text when node.Type == "UTF8Pairs":
                return Quoted(Utf8PairsText.Of(Decode(content, 12)));
            case SyntaxKind.Text:
                // a type with an implicit tag of its own is ASCII: rfc822Name, dNSName, URI
                return Quoted(Text(node, content));
            case SyntaxKind.Time:
                return Time(node, content);
            case SyntaxKind.Null:
                return content.IsEmpty ? "NULL" : Octets(content);
            default:
                return OfTag(node);
        }
    }

    /// <summary>A value that no module knows, by its tag.</summary>
    private static string? OfTag(MessageNode node)
    {
        ReadOnlySpan<byte> content = node.Content;
        if (node.Children.Count > 0 && node.Children[0].IsValue && Of(node.Children[0], 0) is null && node.Tag is "SEQUENCE" or "SET")
            return null;
        return node.Tag switch
        {
            "SEQUENCE" or "SET" => null,
            "BOOLEAN" when content.Length == 1 => content[0] == 0 ? "FALSE" : "TRUE",
            "INTEGER" or "ENUMERATED" => Integer(node, content),
            "NULL" when content.IsEmpty => "NULL",
            "OBJECT IDENTIFIER" => Oid(content),
            "UTF8String" or "PrintableString" or "IA5String" or "T61String" or "VisibleString" or "NumericString" or "GeneralString" or "BMPString" or "UniversalString" => Quoted(Text(node, content)),
            "UtcTime" or "GeneralizedTime" => Time(node, content),
            _ => node.Children.Count > 0 ? null : Octets(content),
        };
    }

    private static string Integer(MessageNode node, ReadOnlySpan<byte> content)
    {
        bool isSerial = node.Type == "CertificateSerialNumber";
        if (content.IsEmpty || content.Length > 8 || isSerial)
            return (content.IsEmpty || isSerial ? string.Empty : "0x") + Octets(content.Length > 1 && content[0] == 0 ? content.Slice(1) : content);
        long value = (sbyte)content[0];
        for (int i = 1; i < content.Length; i++)
            value = (value << 8) | content[i];
        string number = value.ToString(CultureInfo.InvariantCulture);
        return node.Syntax.Names is { } names && value is >= 0 and <= int.MaxValue && names.TryGetValue((int)value, out string? name) ? $"{name} ({number})" : number;
    }

    private static string NamedBits(ReadOnlySpan<byte> content, IReadOnlyDictionary<int, string> names)
    {
        if (content.IsEmpty || content[0] > 7 || content.Length > 9)
            return Octets(content);
        var set = new List<string>();
        for (int bit = 0; bit < (content.Length - 1) * 8 - content[0]; bit++)
        {
            if ((content[1 + bit / 8] & (0x80 >> (bit % 8))) != 0)
                set.Add(names.TryGetValue(bit, out string? name) ? name : $"bit{bit}");
        }
        return set.Count == 0 ? "none" : string.Join(", ", set);
    }

    private static string? Address(ReadOnlySpan<byte> content) => content.Length switch
    {
        4 or 16 => new IPAddress(content.ToArray()).ToString(),
        8 or 32 => new IPAddress(content.Slice(0, content.Length / 2).ToArray()) + "/" + new IPAddress(content.Slice(content.Length / 2).ToArray()),
        _ => null,
    };

    private static string Oid(ReadOnlySpan<byte> content) =>
        OidText.Of(content) is not { } dots ? Octets(content) : OidNames.Of(dots) is { } name ? $"{name} ({dots})" : dots;

    /// <summary>The name of an identifier alone, or its dots.</summary>
    private static string? OidName(MessageNode? node) =>
        node is null ? null : node.Tag == "OBJECT IDENTIFIER" && OidText.Of(node.Content) is { } dots ? Oids.NameOf(dots) : Octets(node.Content);

    private static string Octets(ReadOnlySpan<byte> content) => content.Length switch
    {
        0 => "empty",
        <= MaxOctets => Hex.Of(content),
        _ => $"{Hex.Of(content.Slice(0, MaxOctets / 2))}… ({content.Length} octets)",
    };

    private static string Text(MessageNode node, ReadOnlySpan<byte> content) => Decode(content, node.Tag switch
    {
        "BMPString" => 30,
        "UniversalString" => 28,
        "T61String" => 20,
        _ => 12,
    });

    private static string Decode(ReadOnlySpan<byte> content, int universal)
    {
        // no character that is shown needs more
        byte[] octets = content.Slice(0, Math.Min(content.Length, 4 * (MaxText + 1))).ToArray();
        return universal switch
        {
            30 => Encoding.BigEndianUnicode.GetString(octets),
            28 => new UTF32Encoding(bigEndian: true, byteOrderMark: false).GetString(octets),
            20 => Latin1.GetString(octets),
            _ => Encoding.UTF8.GetString(octets),
        };
    }

    private static string Quoted(string text) => "\"" + PeerText.Escape(text, MaxText).Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\\\\u{", "\\u{") + "\"";

    private static string Time(MessageNode node, ReadOnlySpan<byte> content)
    {
        string text = Encoding.ASCII.GetString(content.Slice(0, Math.Min(content.Length, 32)).ToArray());
        bool isUtc = content.Length == 13;
        return DateTime.TryParseExact(text, isUtc ? "yyMMddHHmmss'Z'" : "yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime time)
            ? (isUtc && time.Year % 100 < 50 && time.Year < 2000 ? time.AddYears(100) : isUtc && time.Year % 100 >= 50 && time.Year >= 2000 ? time.AddYears(-100) : time).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : Quoted(Text(node, content));
    }

    /// <summary>RFC 4514, with a blank after each comma, as names are written everywhere else here.</summary>
    private static string DistinguishedName(MessageNode node)
    {
        IReadOnlyList<MessageNode> rdns = node.Children;
        if (rdns.Count == 0)
            return "NULL-DN";
        var parts = new List<string>();
        for (int i = rdns.Count - 1; i >= 0 && parts.Count < MaxItems; i--)
            parts.Add(Rdn(rdns[i]));
        return string.Join(", ", parts) + (rdns.Count > MaxItems ? ", …" : string.Empty);
    }

    private static string Rdn(MessageNode node) => string.Join("+", node.Children.Take(MaxItems).Select(attribute =>
    {
        string key = OidName(attribute.Child("type")) ?? "?";
        MessageNode? value = attribute.Child("value");
        string text = value is null ? string.Empty
            : value.Tag is "UTF8String" or "PrintableString" or "IA5String" or "T61String" or "BMPString" or "UniversalString" or "NumericString" or "VisibleString" ? EscapedValue(Text(value, value.Content))
            : "#" + Octets(value.Content);
        return (AttributeKeys.TryGetValue(key, out string? shorter) ? shorter : key) + "=" + text;
    }));

    /// <summary>RFC 4514 2.4.</summary>
    private static string EscapedValue(string text)
    {
        string shown = PeerText.Escape(text, MaxText);
        var escaped = new StringBuilder(shown.Length);
        for (int i = 0; i < shown.Length; i++)
        {
            char c = shown[i];
            bool isEdge = c == ' ' && (i == 0 || i == shown.Length - 1);
            if (c is ',' or '+' or '"' or '<' or '>' or ';' || isEdge || (c == '#' && i == 0) || (c == '\\' && string.CompareOrdinal(shown, i, "\\u{", 0, 3) != 0))
                escaped.Append('\\');
            escaped.Append(c);
        }
        return escaped.ToString();
    }

    /// <summary>The name with what matters of the parameters.</summary>
    private static string? Algorithm(MessageNode node, int levels)
    {
        string? name = OidName(node.Child("algorithm"));
        if (node.Child("parameters") is not { } parameters || parameters.Tag == "NULL")
            return name;
        string? Part(string field) => Of(parameters.Child(field), levels);
        string? Count(string field) => parameters.Child(field)?.Inner is { } value ? $"{value.Length} octets" : null;
        string? text = parameters.Defect is not null ? null : parameters.Type switch
        {
            "PBMParameter" => Listed([Part("owf"), Iterations(parameters), Part("mac"), "salt of " + Count("salt")]),
            "PBKDF2-params" => Listed([Part("prf") ?? "hmacWithSHA1", Iterations(parameters), parameters.Child("specified") is null ? null : "salt of " + Count("specified"), Limited(null, parameters.Child("keyLength"), levels)]),
            "KemBMParameter" => Listed([Part("kdf"), "len " + Part("len"), Part("mac")]),
            "DHBMParameter" => Listed([Part("owf"), Part("mac")]),
            "PBMAC1-params" => Listed([Part("keyDerivationFunc"), Part("messageAuthScheme")]),
            "PBES2-params" => Listed([Part("keyDerivationFunc"), Part("encryptionScheme")]),
            "RSASSA-PSS-params" => Listed([Part("hashAlgorithm") ?? "sha1", Part("maskGenAlgorithm") ?? "mgf1 (sha1)", "salt of " + (Part("saltLength") ?? "20") + " octets"]),
            "RSAES-OAEP-params" => Listed([Part("hashFunc") ?? "sha1", Part("maskGenFunc") ?? "mgf1 (sha1)", Part("pSourceFunc")]),
            "ECParameters" => parameters.Alternative == "namedCurve" ? OidName(parameters) : parameters.Alternative,
            "AlgorithmIdentifier" or "HashAlgorithm" => Of(parameters, levels),
            "OCTET STRING" when parameters.Length > 0 => "IV of " + parameters.Length + " octets",
            "GCMParameters" => "nonce of " + Count("aes-nonce"),
            "GMACParameters" => "nonce of " + Count("nonce"),
            "DomainParameters" or "Dss-Parms" => parameters.Child("p") is { } p ? Bits(p) : null,
            "DHParameter" => parameters.Child("prime") is { } prime ? Bits(prime) : null,
            _ => null,
        };
        return string.IsNullOrEmpty(text) ? name : $"{name} ({text})";
    }

    private static string? Iterations(MessageNode parameters) => parameters.Child("iterationCount") is { } count ? Of(count, 2) + " iterations" : null;

    private static string? PublicKey(MessageNode node, int levels)
    {
        string? algorithm = Of(node.Child("algorithm"), levels);
        MessageNode? key = node.Child("subjectPublicKey") ?? node.Child("publicKey");
        if (key is null)
            return algorithm;
        if (key.Length <= 1)
            return algorithm + ", no key";
        return key.Children.FirstOrDefault()?.Child("modulus") is { } modulus ? $"{algorithm}, {Bits(modulus)}" : algorithm;
    }

    private static string Bits(MessageNode integer)
    {
        ReadOnlySpan<byte> octets = integer.Content;
        int zeros = 0;
        while (zeros < octets.Length && octets[zeros] == 0)
            zeros++;
        if (zeros == octets.Length)
            return "0 bits";
        int bits = (octets.Length - zeros) * 8;
        for (int top = octets[zeros]; top < 0x80; top <<= 1)
            bits--;
        return $"{bits} bits";
    }

    private static string? Extension(MessageNode node, int levels)
    {
        string? name = OidName(node.Child("extnID"));
        if (node.Child("critical") is { } critical && Of(critical, 2) == "TRUE")
            name += ", critical";
        return Of(node.Child("extnValue"), levels) is { } value ? $"{name}: {value}" : name;
    }

    private static string? Pair(MessageNode? type, MessageNode? value, int levels) =>
        Of(value, levels) is { } text && text != "NULL" ? $"{OidName(type)}: {text}" : OidName(type);

    private static string? Status(MessageNode node, int levels)
    {
        string? reasons = Of(node.Child("failInfo"), levels);
        string? words = Of(node.Child("statusString"), levels);
        string? text = node.Child("status") is { } status ? Of(status, levels) : null;
        return text + (reasons is null ? string.Empty : ", " + reasons) + (words is null ? string.Empty : ", " + words);
    }

    private static string? Validity(MessageNode node, int levels) =>
        Listed([Of(node.Child("notBefore"), levels) is { } from ? "from " + from : null, Of(node.Child("notAfter"), levels) is { } to ? "to " + to : null], " ");

    private static string? Issued(MessageNode? issuer, MessageNode? serial, int levels) => Listed([Of(issuer, levels), Of(serial, levels) is { } number ? "serial number " + number : null]);

    private static string? Limited(string? text, MessageNode? number, int levels) => number is null ? text : Listed([text, $"{number.Name} {Of(number, levels)}"]);

    private static string? Joined(MessageNode node, int levels)
    {
        IReadOnlyList<MessageNode> children = node.Children;
        if (children.Count == 0)
            return "empty";
        IEnumerable<string?> shown = children.Take(MaxItems).Select(child => child.Tag == "OBJECT IDENTIFIER" ? OidName(child) : Of(child, levels));
        return Listed(children.Count > MaxItems ? shown.Append("…") : shown);
    }

    private static string? Listed(IEnumerable<string?> texts, string separator = ", ")
    {
        string text = string.Join(separator, texts.Where(one => !string.IsNullOrEmpty(one)));
        return text.Length == 0 ? null : text.Length <= 4 * MaxText ? text : text.Substring(0, 4 * MaxText) + "…";
    }
}
