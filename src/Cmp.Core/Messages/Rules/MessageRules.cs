using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace Cmp.Messages.Rules;

/// <summary>
/// The rules that messages keep to: the one table that the decoder, the client, the strict test server and the inspector share. No text and no section
/// stands anywhere else.
/// </summary>
/// <remarks>en-US/about_Cmp_Findings.md shows it, and a test holds the two together.</remarks>
public static class MessageRules
{
#pragma warning disable CS1591 // each rule is what its title says

    // the encoding, found while octets are read
    public static readonly MessageRule SyntaxMalformed = Base("Syntax.Malformed", "RFC 9810 5.1", "A message decodes.", FailInfo.BadDataFormat);
    public static readonly MessageRule DerLength = Note("DER.Length", "X.690 10.1", "A length has as few octets as it can.");
    public static readonly MessageRule DerInteger = Note("DER.Integer", "X.690 8.3.2", "An INTEGER has as few octets as it can.");
    public static readonly MessageRule DerBoolean = Note("DER.Boolean", "X.690 11.1", "A BOOLEAN is 00 or FF.");
    public static readonly MessageRule DerNamedBits = Note("DER.NamedBits", "X.690 11.2.2", "A list of named bits does not end with zeros.");
    public static readonly MessageRule SyntaxNamedBits = Note("Syntax.NamedBits", "X.680 22", "A list of named bits has no bits that nobody named.");
    public static readonly MessageRule SyntaxEmptyList = Note("Syntax.EmptyList", "X.680 51.5", "A list of SIZE (1..MAX) holds something; what is optional and empty is left out.");
    public static readonly MessageRule SyntaxUtf8 = Note("Syntax.Utf8", "RFC 3629 3", "A UTF8String is UTF-8.");
    public static readonly MessageRule SyntaxTime = Note("Syntax.Time", "RFC 5280 4.1.2.5.2", "A GeneralizedTime has the form YYYYMMDDHHMMSSZ.");
    public static readonly MessageRule HeaderMessageTimeForm = Note("Header.MessageTimeForm", "RFC 9810 5.1.1", "messageTime is a GeneralizedTime.");
    public static readonly MessageRule ProtectionUnusedBits = Base("Protection.UnusedBits", "RFC 9810 5.1.3", "The protection ends at a whole octet.", FailInfo.BadMessageCheck);
    public static readonly MessageRule PkiconfValue = Note("Pkiconf.Value", "RFC 9810 5.3.17", "The value of pkiconf is NULL.");
    public static readonly MessageRule PopUnusedBits = Base("Pop.UnusedBits", "RFC 4211 4.1", "A signature that proves possession ends at a whole octet.", FailInfo.BadPOP);
    public static readonly MessageRule TemplateEmptyValidity = Note("Template.EmptyValidity", "RFC 4211 5", "A validity names its beginning, its end, or both.");

    // what signatures and hashes say, found where messages are checked
    public static readonly MessageRule ProtectionDoesNotVerify = Base("Protection.DoesNotVerify", "RFC 9810 5.1.3.3", "A signature verifies under the key of the sender.", FailInfo.BadMessageCheck);
    public static readonly MessageRule PopDoesNotVerify = Base("Pop.DoesNotVerify", "RFC 4211 4.1", "A signature that proves possession verifies under the key of its request.", FailInfo.BadPOP);
    public static readonly MessageRule CertConfHash = Base("CertConf.CertHash", "RFC 9810 5.3.18", "A certHash is that of the certificate that was issued for its request.", FailInfo.BadCertId);

#pragma warning restore CS1591

    private static readonly Dictionary<string, MessageRule> ById = Collect();

    /// <summary>All rules, in the order of the table.</summary>
    public static IReadOnlyList<MessageRule> All { get; } = [.. ById.Values];

    /// <summary>The rule of a name.</summary>
    /// <param name="id">As in <c>Header.SenderNonce</c>.</param>
    /// <returns>The rule; <see langword="null"/> where there is none of that name.</returns>
    public static MessageRule? Find(string id) => ById.TryGetValue(id, out MessageRule? rule) ? rule : null;

    /// <summary>A departure that receivers bear with.</summary>
    private static MessageRule Note(string id, string section, string title) => new(id, section, FindingSeverity.Warning, title);

    /// <summary>What the protocol itself demands.</summary>
    private static MessageRule Base(string id, string section, string title, FailInfo failInfo) => new(id, section, FindingSeverity.Error, title) { FailInfo = failInfo };

    private static Dictionary<string, MessageRule> Collect()
    {
        var rules = new Dictionary<string, MessageRule>();
        foreach (MessageRule rule in typeof(MessageRules).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<MessageRule>())
            rules.Add(rule.Id, rule);
        return rules;
    }
}
