using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>Fills a request into a CA's template: what stands there is taken over, what is empty gets the requester's values (RFC 9483 4.3.3).</summary>
/// <remarks>
/// What the template says otherwise than the requester is an error, as is what it wants and nobody says: both are found before any traffic. What the
/// requester says besides goes along, since the template does not forbid it, and is told in <see cref="Added"/>. What is empty and not understood is left
/// out, as the RFC demands, and told in <see cref="LeftOut"/>.
/// </remarks>
public sealed class TemplateFiller
{
    /// <summary>Names of attributes, as people write them. A value of another kind is filled in where it is given, and left out where not.</summary>
    private static readonly Dictionary<string, string> Attributes = new()
    {
        [Oids.CommonName] = "CN",
        ["2.5.4.4"] = "SN",
        ["2.5.4.5"] = "SERIALNUMBER",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "S",
        ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["2.5.4.12"] = "T",
        ["2.5.4.42"] = "G",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["1.2.840.113549.1.9.1"] = "E",
    };

    private static readonly GeneralName EmptyUserPrincipalName = GeneralName.FromUserPrincipalName(string.Empty);

    private readonly RequestTemplate _template;
    private readonly CertTemplate _content;
    private readonly List<string> _added = [];
    private readonly List<string> _leftOut = [];

    /// <summary>Takes a template.</summary>
    /// <param name="template">It.</param>
    public TemplateFiller(RequestTemplate template)
    {
        _template = template;
        _content = template.Content.CertTemplate;
    }

    /// <summary>What the request says and the template has no place for: the CA may refuse it. Empty where the template wants nothing at all.</summary>
    public IReadOnlyList<string> Added => IsEmpty(_template) ? [] : _added;

    /// <summary>What the template would have filled in, and nobody here knows how.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>Whether a template wants nothing.</summary>
    /// <param name="template">The template.</param>
    /// <returns>True where it says nothing of names, extensions, validity and keys.</returns>
    public static bool IsEmpty(RequestTemplate template)
    {
        CertTemplate content = template.Content.CertTemplate;
        return content is { Subject: null, Issuer: null, NotBefore: null, NotAfter: null, Extensions.Count: 0 } && template.Content.KeySpec.Count == 0;
    }

    /// <summary>The name of an attribute of a distinguished name, as it stands before the equals sign.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>As in <c>CN</c>, or its dots.</returns>
    public static string NameOfAttribute(string oid) => Attributes.TryGetValue(oid, out string? name) ? name : oid;

    /// <summary>The parts of a template's name that stand.</summary>
    /// <param name="name">The name, or <see langword="null"/>.</param>
    /// <returns>As in <c>O=Example</c>, escaped, in their order.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<string> StandingParts(Name? name) =>
        name is null ? [] : [.. Parts(name).SelectMany(rdn => rdn).Where(part => !part.IsEmpty).Select(part => part.ToString())];

    /// <summary>Fills in a request.</summary>
    /// <param name="request">What the requester says.</param>
    /// <param name="algorithm">The kind of key that he named; <see langword="null"/>: that of the template.</param>
    /// <returns>The request to send.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpRequestTemplate.ToFill</c>: the template wants what is not said; <c>CmpRequestTemplate.Contradiction</c>: it says something else;
    /// <c>CmpRequestTemplate.KeyAlgorithm</c>: it wants another kind of key, or only kinds that are not known here.
    /// </exception>
    public EnrollmentRequest Fill(EnrollmentRequest request, KeyAlgorithm? algorithm = null)
    {
        _added.Clear();
        _leftOut.Clear();
        IReadOnlyList<KeyAlgorithm> kinds = KeyKinds(algorithm);
        var wanted = new List<string>();
        Name? subject = FillName("Subject", _content.Subject, request.Subject, wanted);
        Name? issuer = FillName("Issuer", _content.Issuer, request.Issuer, wanted: null);
        List<Extension> extensions = FillExtensions([.. request.Extensions.Where(extension => extension.Oid != Oids.SubjectAltName)], wanted);
        IEnumerable<GeneralName> own = request.Extensions.Where(extension => extension.Oid == Oids.SubjectAltName).SelectMany(extension => GeneralName.DecodeList(extension.Value));
        if (FillAltNames([.. request.SubjectAltNames ?? [], .. own], isCritical: subject is not { IsEmpty: false }, wanted) is { } names)
            extensions.Insert(0, names);
        if (wanted.Count > 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpRequestTemplate.ToFill", $"The CA's template wants what the request does not say: {string.Join(", ", wanted)}.")
            {
                RecommendedAction = "Give it: the parts of a subject with -Subject, the rest with the parameter that is named.",
            };
        }
        return request with
        {
            Subject = subject,
            Issuer = issuer,
            NotBefore = FillTime("NotBefore", _content.NotBefore, request.NotBefore),
            NotAfter = FillTime("NotAfter", _content.NotAfter, request.NotAfter),
            SubjectAltNames = [],
            Extensions = extensions,
            KeyAlgorithms = kinds,
            Key = Key(request, algorithm, kinds),
        };
    }

    /// <summary>The kinds of keys that may be certified; empty for any.</summary>
    private IReadOnlyList<KeyAlgorithm> KeyKinds(KeyAlgorithm? algorithm)
    {
        IReadOnlyList<KeyAlgorithm> known = _template.KeyAlgorithms;
        if (known.Count == 0 && _template.UnknownKeyAlgorithms.Count > 0)
            throw WrongKey($"The CA's template wants a key of {string.Join(" or ", _template.UnknownKeyAlgorithms)}, which cannot be made here.");
        if (algorithm is not null && known.Count > 0 && !known.Contains(algorithm))
            throw WrongKey($"The CA's template wants a key of {string.Join(" or ", known.Select(kind => kind.Name))}, not of {algorithm}.");
        return algorithm is null ? known : [algorithm];
    }

    /// <summary>A key that is made is of the kind that was named, else of the first in the CA's order that can prove its possession; one at hand is looked at when it is open.</summary>
    private static KeyRequest? Key(EnrollmentRequest request, KeyAlgorithm? algorithm, IReadOnlyList<KeyAlgorithm> kinds)
    {
        if (request.Key is not { Path: null } key || algorithm is not null || kinds.Count == 0)
            return request.Key;
        return key with { Algorithm = kinds.FirstOrDefault(kind => kind.CanSign || request.IsCentralKey || request.ProofOfPossession is not (null or ProofOfPossessionKind.Signature)) ?? kinds[0], IsOfAnyKind = false };
    }

    private DateTimeOffset? FillTime(string what, DateTimeOffset? standing, DateTimeOffset? given)
    {
        if (standing is null && given is not null)
            _added.Add(what);
        if (standing is { } time && given is { } other && time.ToUnixTimeSeconds() != other.ToUnixTimeSeconds())
            throw Contradiction(what, $"{time:u}", $"{other:u}");
        return standing ?? given;
    }

    /// <summary>Fills in a name.</summary>
    /// <param name="what">Subject or issuer.</param>
    /// <param name="template">What stands in the template.</param>
    /// <param name="given">What the requester says.</param>
    /// <param name="wanted">Takes what is missing; <see langword="null"/> where that is just left out.</param>
    private Name? FillName(string what, Name? template, Name? given, List<string>? wanted)
    {
        if (given is { IsEmpty: true })
            given = null;
        if (template is null)
        {
            if (given is not null)
                _added.Add(what);
            return given;
        }
        if (template.IsEmpty)
        {
            if (given is null)
                wanted?.Add(what);
            return given;
        }
        List<List<Part>> rdns = Parts(template);
        List<Part> standingParts = [.. rdns.SelectMany(rdn => rdn).Where(part => !part.IsEmpty)];
        List<Part> own = given is null ? [] : [.. Parts(given).SelectMany(rdn => rdn)];
        foreach (Part standing in standingParts)
            own.FirstOrDefault(part => part.Place is null && part.IsSameAs(standing))?.PutTo(standing);
        foreach (Part empty in rdns.SelectMany(rdn => rdn).Where(part => part.IsEmpty))
            own.FirstOrDefault(part => part.Place is null && part.Oid == empty.Oid)?.PutTo(empty);
        // what is said besides stands before what it stood before
        var besides = new List<Part>();
        foreach (Part part in own)
        {
            if (part.Place is { } place)
            {
                rdns.InsertRange(rdns.FindIndex(rdn => rdn.Contains(place)), besides.Select(one => new List<Part> { one }));
                besides.Clear();
                continue;
            }
            if (standingParts.Find(standing => standing.Oid == part.Oid) is { } other)
                throw Contradiction(what, other.ToString(), part.ToString());
            _added.Add($"{what} {NameOfAttribute(part.Oid)}");
            besides.Add(part);
        }
        rdns.AddRange(besides.Select(one => new List<Part> { one }));
        foreach (Part missing in rdns.SelectMany(rdn => rdn).Where(part => part.IsEmpty && part.Filling is null))
            (wanted is not null && Attributes.ContainsKey(missing.Oid) ? wanted : _leftOut).Add($"{what} {NameOfAttribute(missing.Oid)}");
        foreach (List<Part> rdn in rdns)
            rdn.RemoveAll(part => part.IsEmpty && part.Filling is null);
        rdns.RemoveAll(rdn => rdn.Count == 0);
        return rdns.Count == 0 ? null : Compose(rdns);
    }

    private List<Extension> FillExtensions(IReadOnlyList<Extension> given, List<string> wanted)
    {
        List<Extension> own = [.. given];
        var extensions = new List<Extension>();
        foreach (Extension place in _content.Extensions.Where(extension => extension.Oid != Oids.SubjectAltName))
        {
            int index = own.FindIndex(extension => extension.Oid == place.Oid);
            Extension? value = index < 0 ? null : own[index];
            if (index >= 0)
                own.RemoveAt(index);
            if (!place.Value.IsEmpty)
            {
                if (value is not null && !value.Value.Span.SequenceEqual(place.Value.Span))
                    throw Contradiction(NameOfExtension(place.Oid), "another value", "this one");
                extensions.Add(place);
            }
            else if (value is not null)
            {
                extensions.Add(value with { Critical = place.Critical });
            }
            else
            {
                (ParameterOf(place.Oid) is null ? _leftOut : wanted).Add(NameOfExtension(place.Oid));
            }
        }
        _added.AddRange(own.Select(extension => NameOfExtension(extension.Oid)));
        extensions.AddRange(own);
        return extensions;
    }

    /// <summary>The alternative names that stand, that fill a place, and that are said besides; <see langword="null"/> where there are none.</summary>
    private Extension? FillAltNames(IReadOnlyList<GeneralName> given, bool isCritical, List<string> wanted)
    {
        List<GeneralName> standing = [.. _template.SubjectAltNames.Where(name => !IsEmptyUserPrincipalName(name))];
        List<GeneralName> own = [.. given.Where(name => !standing.Exists(other => other.IsSameAs(name)))];
        var names = new List<GeneralName>(standing);
        for (int i = standing.Count; i < _template.SubjectAltNames.Count; i++)
            Take(GeneralNameType.OtherName);
        foreach (GeneralNameType type in _template.SubjectAltNamesToFill)
            Take(type);
        if (_template.AreSubjectAltNamesToFill && own.Count == 0)
            wanted.Add("SubjectAltName (-DnsName, -IPAddress, -EmailAddress, -UriName or -UserPrincipalName)");
        if (!_template.AreSubjectAltNamesToFill)
            _added.AddRange(own.Select(name => ParameterOf(name.Type) ?? name.Type.ToString()).Distinct());
        names.AddRange(own);
        Extension? place = _content.Extensions.FirstOrDefault(extension => extension.Oid == Oids.SubjectAltName);
        return names.Count == 0 ? null : CertificateExtensions.SubjectAltName(names, isCritical || place is { Critical: true });

        void Take(GeneralNameType type)
        {
            int index = own.FindIndex(name => name.Type == type);
            if (index >= 0)
            {
                names.Add(own[index]);
                own.RemoveAt(index);
            }
            else
            {
                (ParameterOf(type) is null ? _leftOut : wanted).Add(ParameterOf(type) ?? type.ToString());
            }
        }
    }

    /// <summary>Whether an alternative name is a place for a user principal name. It has a text of no characters inside: its form cannot be said by no content at all.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True where it is to be filled in.</returns>
    public static bool IsEmptyUserPrincipalName(GeneralName name) => name.Encoded.Span.SequenceEqual(EmptyUserPrincipalName.Encoded.Span);

    /// <summary>The parameter of New-CmpCertificateRequest that says alternative names of a form.</summary>
    /// <param name="type">The form.</param>
    /// <returns>Its name, or <see langword="null"/> where there is none.</returns>
    public static string? ParameterOf(GeneralNameType type) => type switch
    {
        GeneralNameType.DnsName => "DnsName",
        GeneralNameType.IPAddress => "IPAddress",
        GeneralNameType.Rfc822Name => "EmailAddress",
        GeneralNameType.Uri => "UriName",
        GeneralNameType.OtherName => "UserPrincipalName",
        _ => null,
    };

    private static string? ParameterOf(string extension) => extension switch
    {
        Oids.KeyUsage => "KeyUsage",
        Oids.ExtendedKeyUsage => "EnhancedKeyUsage",
        Oids.CertificatePolicies => "Policy",
        _ => null,
    };

    /// <summary>The name of an extension: the parameter of New-CmpCertificateRequest that says it, where there is one.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>As in <c>KeyUsage</c>.</returns>
    public static string NameOfExtension(string oid) => ParameterOf(oid) ?? Oids.NameOf(oid);

    private static List<List<Part>> Parts(Name name) => Asn1Reader.Decode(name.Encoded, null, (ref Asn1Reader reader) => new List<List<Part>>(
        reader.ReadList((ref Asn1Reader rdn) => new List<Part>(rdn.ReadList(Part.Read, Asn1Tag.SetOf)))));

    private static Name Compose(List<List<Part>> rdns)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (List<Part> rdn in rdns)
            {
                using (writer.PushSetOf())
                {
                    foreach (Part part in rdn)
                        writer.WriteEncodedValue((part.Filling ?? part).Encoded.Span);
                }
            }
        }
        return Name.Decode(writer.Encode());
    }

    private static CmpException Contradiction(string what, string standing, string given) =>
        new(CmpErrorKind.Argument, "CmpRequestTemplate.Contradiction", $"{what}: the CA's template says {standing}, the request {given}.")
        {
            RecommendedAction = "Leave it out, and what the template says is taken over.",
        };

    private static CmpException WrongKey(string message) => new(CmpErrorKind.Argument, "CmpRequestTemplate.KeyAlgorithm", message)
    {
        RecommendedAction = "Name one of them with -KeyAlgorithm, or none.",
    };

    /// <summary>An attribute of a name.</summary>
    private sealed class Part
    {
        private Part(string oid, ReadOnlyMemory<byte> encoded, bool isEmpty)
        {
            Oid = oid;
            Encoded = encoded;
            IsEmpty = isEmpty;
        }

        internal string Oid { get; }

        internal ReadOnlyMemory<byte> Encoded { get; }

        /// <summary>Whether its value is to be filled in.</summary>
        internal bool IsEmpty { get; }

        /// <summary>What fills it in.</summary>
        internal Part? Filling { get; private set; }

        /// <summary>Which part of the template it fills in, or repeats.</summary>
        internal Part? Place { get; private set; }

        /// <summary>As in <c>CN=a</c>, escaped.</summary>
        public override string ToString() => Name.ToString();

        internal static Part Read(ref Asn1Reader reader)
        {
            Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
            string oid = inner.ReadOid();
            bool isEmpty = inner.ReadContent(inner.PeekTag()).IsEmpty;
            inner.ThrowIfNotEmpty();
            return new Part(oid, encoded, isEmpty);
        }

        internal void PutTo(Part place)
        {
            Place = place;
            if (place.IsEmpty)
                place.Filling = this;
        }

        internal bool IsSameAs(Part other) => Oid == other.Oid && Name.IsSameAs(other.Name);

        private Name Name => Compose([[this]]);
    }
}
