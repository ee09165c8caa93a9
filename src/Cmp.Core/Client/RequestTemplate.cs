using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Client;

/// <summary>What a CA wants a request for a certificate to look like: what stands is taken over, what is empty is filled in.</summary>
/// <remarks>RFC 9810 5.3.19.16, RFC 9483 4.3.3. What is empty and not understood is left out of the request.</remarks>
public sealed record RequestTemplate
{
    private RequestTemplate(CertReqTemplateContent content) => Content = content;

    /// <summary>The structure as it came.</summary>
    public CertReqTemplateContent Content { get; }

    /// <summary>The profile that it was asked for, or <see langword="null"/>.</summary>
    public string? Profile { get; private init; }

    /// <summary>The issuer, or <see langword="null"/>.</summary>
    public Name? Issuer => Content.CertTemplate.Issuer;

    /// <summary>The beginning, or <see langword="null"/>.</summary>
    public DateTimeOffset? NotBefore => Content.CertTemplate.NotBefore;

    /// <summary>The end, or <see langword="null"/>.</summary>
    public DateTimeOffset? NotAfter => Content.CertTemplate.NotAfter;

    /// <summary>The subject, the values of its attributes filled in or empty; the NULL-DN: a subject is to be named; <see langword="null"/>: none is.</summary>
    public Name? Subject => Content.CertTemplate.Subject;

    /// <summary>The attributes of the subject whose values are to be filled in, dotted decimal, in their order.</summary>
    public IReadOnlyList<string> SubjectToFill { get; private init; } = [];

    /// <summary>Whether a subject is wanted and nothing of it stands.</summary>
    public bool IsSubjectToFill => Subject is { IsEmpty: true };

    /// <summary>The alternative names that stand.</summary>
    public IReadOnlyList<GeneralName> SubjectAltNames { get; private init; } = [];

    /// <summary>The forms of alternative names that are to be filled in, once for each name.</summary>
    public IReadOnlyList<GeneralNameType> SubjectAltNamesToFill { get; private init; } = [];

    /// <summary>Whether alternative names are wanted, of whatever form.</summary>
    public bool AreSubjectAltNamesToFill { get; private init; }

    /// <summary>The extensions that stand, but for the alternative names.</summary>
    public IReadOnlyList<Extension> Extensions { get; private init; } = [];

    /// <summary>The extensions that are to be filled in, dotted decimal, but for the alternative names.</summary>
    public IReadOnlyList<string> ExtensionsToFill { get; private init; } = [];

    /// <summary>The kinds of keys that the CA takes and that can be made here, in its order; empty where it takes any, or none of them.</summary>
    public IReadOnlyList<KeyAlgorithm> KeyAlgorithms { get; private init; } = [];

    /// <summary>The names of those that cannot be made here.</summary>
    public IReadOnlyList<string> UnknownKeyAlgorithms { get; private init; } = [];

    /// <summary>Reads a template.</summary>
    /// <param name="content">What came.</param>
    /// <param name="profile">The profile that was asked for.</param>
    /// <returns>The template.</returns>
    /// <exception cref="CmpException"><c>CmpRequestTemplate.PublicKey</c>: it holds a key, which no template may; <c>CmpMessage.Malformed</c>.</exception>
    public static RequestTemplate Read(CertReqTemplateContent content, string? profile = null)
    {
        CertTemplate template = content.CertTemplate;
        if (template.PublicKey is not null)
            throw new CmpException(CmpErrorKind.Malformed, "CmpRequestTemplate.PublicKey", $"The server's template for requests holds a public key, which is the requester's to choose ({MessageRules.GeneralTemplate.Section}).") { Octets = content.Encoded };
        Extension? names = template.Extensions.FirstOrDefault(extension => extension.Oid == Oids.SubjectAltName);
        IReadOnlyList<GeneralName> altNames = names is { Value.IsEmpty: false } ? GeneralName.DecodeList(names.Value) : [];
        List<Extension> others = [.. template.Extensions.Where(extension => extension.Oid != Oids.SubjectAltName)];
        var known = new List<KeyAlgorithm>();
        var unknown = new List<string>();
        foreach (AttributeTypeAndValue control in content.KeySpec)
            Add(control, known, unknown);
        return new RequestTemplate(content)
        {
            Profile = profile,
            SubjectToFill = template.Subject is { } subject ? EmptyAttributes(subject) : [],
            SubjectAltNames = [.. altNames.Where(name => !IsToFill(name))],
            SubjectAltNamesToFill = [.. altNames.Where(IsToFill).Select(name => name.Type)],
            AreSubjectAltNamesToFill = names is not null && altNames.Count == 0,
            Extensions = [.. others.Where(extension => !extension.Value.IsEmpty)],
            ExtensionsToFill = [.. others.Where(extension => extension.Value.IsEmpty).Select(extension => extension.Oid)],
            KeyAlgorithms = known,
            UnknownKeyAlgorithms = unknown,
        };
    }

    private static bool IsToFill(GeneralName name) => name.Content.IsEmpty || name.IsNullDn;

    private static void Add(AttributeTypeAndValue control, List<KeyAlgorithm> known, List<string> unknown)
    {
        string what = Oids.NameOf(control.Oid);
        try
        {
            switch (control.Oid)
            {
                case Oids.RsaKeyLen:
                    string rsa = "RSA_" + Controls.ReadRsaKeyLen(control).ToString(CultureInfo.InvariantCulture);
                    what = rsa;
                    known.Add(KeyAlgorithm.Parse(rsa));
                    break;
                case Oids.AlgId:
                    AlgorithmIdentifier algorithm = Controls.ReadAlgId(control);
                    what = algorithm.ToString();
                    KeyAlgorithm of = KeyAlgorithm.Of(new SubjectPublicKeyInfo(algorithm, ReadOnlyMemory<byte>.Empty));
                    if (of.CanBeMade)
                        known.Add(of);
                    else
                        unknown.Add(what);
                    break;
                default:
                    unknown.Add(what);
                    break;
            }
        }
        catch (CmpException e) when (e.ErrorId is "CmpKey.Algorithm" or "CmpMessage.Malformed")
        {
            unknown.Add(what);
        }
    }

    /// <summary>A value that is an empty string is to be filled in.</summary>
    private static List<string> EmptyAttributes(Name subject)
    {
        var empty = new List<string>();
        Asn1Reader.Decode(subject.Encoded, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader rdn) => rdn.ReadList((ref Asn1Reader value) =>
        {
            Asn1Reader attribute = value.ReadSequence();
            string oid = attribute.ReadOid();
            if (attribute.ReadContent(attribute.PeekTag()).IsEmpty)
                empty.Add(oid);
            attribute.ThrowIfNotEmpty();
            return true;
        }, Asn1Tag.SetOf)));
        return empty;
    }
}
