using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>What a certificate has otherwise than its request, field by field (rule 37). The public key is not among it: a certificate of another one is refused (rule 40).</summary>
internal sealed class Modifications
{
    private const int MaxOctets = 32;

    private readonly List<Modification> _found = [];

    private Modifications()
    {
    }

    /// <summary>Finds the differences. What the CA added counts where it says that it changed something; what is its own matter in every certificate does not.</summary>
    internal static IReadOnlyList<Modification> Between(PkiBody request, IssuedCertificate issued)
    {
        Certificate certificate = issued.Certificate;
        (Name? subject, IReadOnlyList<Extension> extensions, CertTemplate? template) = request switch
        {
            P10crBody pkcs10 => (pkcs10.Request.Subject, pkcs10.Request.Extensions, null),
            CertReqMessages { Requests: var requests } when requests[issued.Request].CertReq.CertTemplate is var asked => (asked.Subject, asked.Extensions, asked),
            _ => ((Name?)null, (IReadOnlyList<Extension>)[], (CertTemplate?)null),
        };
        var differences = new Modifications();
        if (subject is { IsEmpty: false } && !subject.IsSameAs(certificate.Subject))
            differences.CompareNames("Subject", subject, certificate.Subject);
        if (template?.Issuer is { } issuer && !issuer.IsSameAs(certificate.Issuer))
            differences.Add("Issuer", issuer.ToString(), certificate.Issuer.ToString());
        differences.CompareTimes("NotBefore", template?.NotBefore, certificate.NotBefore);
        differences.CompareTimes("NotAfter", template?.NotAfter, certificate.NotAfter);
        foreach (Extension wanted in extensions)
            differences.CompareExtensions(wanted, certificate.Extension(wanted.Oid));
        if (issued.Status.Status != PkiStatus.GrantedWithMods)
            return differences._found;
        if (subject is not { IsEmpty: false } && !certificate.Subject.IsEmpty)
            differences.Add("Subject", null, certificate.Subject.ToString());
        foreach (Extension added in certificate.Extensions.Where(extension => extensions.All(wanted => wanted.Oid != extension.Oid) && !RequestBuilder.IsIssuersOwn(extension.Oid)))
            differences.Add(Oids.NameOf(added.Oid), null, Show(added));
        return differences._found;
    }

    private void Add(string field, string? requested, string? issued) => _found.Add(new Modification(field, requested, issued));

    private void CompareTimes(string field, DateTimeOffset? wanted, DateTimeOffset got)
    {
        // times in certificates have no fractions
        if (wanted is { } time && time.ToUnixTimeSeconds() != got.ToUnixTimeSeconds())
            Add(field, time.ToString("u", CultureInfo.InvariantCulture), got.ToString("u", CultureInfo.InvariantCulture));
    }

    /// <summary>Part by part; where the parts are the same, their order differs, and the whole names are told.</summary>
    private void CompareNames(string field, Name wanted, Name got)
    {
        int before = _found.Count;
        if (Try(() => PartsOf(wanted)) is { } parts && Try(() => PartsOf(got)) is { } others)
            Compare(field, parts, others, (left, right) => left.IsSameAs(right), (left, right) => KindOf(left) == KindOf(right), name => name.ToString());
        if (_found.Count == before)
            Add(field, wanted.ToString(), got.ToString());
    }

    private void CompareExtensions(Extension wanted, Extension? got)
    {
        string field = Oids.NameOf(wanted.Oid);
        if (got is null)
        {
            Add(field, Show(wanted), null);
            return;
        }
        if (!got.Value.Span.SequenceEqual(wanted.Value.Span))
            CompareValues(field, wanted, got);
        if (got.Critical != wanted.Critical)
            Add(field, Criticality(wanted), Criticality(got));
    }

    private void CompareValues(string field, Extension wanted, Extension got)
    {
        switch (wanted.Oid)
        {
            case Oids.SubjectAltName when NamesOf(wanted) is { } names && NamesOf(got) is { } others:
                Compare(field, names, others, (left, right) => left.IsSameAs(right), (left, right) => left.Type == right.Type, name => name.ToString());
                break;
            case Oids.ExtendedKeyUsage when PurposesOf(wanted) is { } purposes && PurposesOf(got) is { } others:
                Compare(field, purposes, others, string.Equals, (_, _) => false, Oids.NameOf);
                break;
            case Oids.CertificatePolicies when PoliciesOf(wanted) is { } policies && PoliciesOf(got) is { } others && !policies.OrderBy(Self).SequenceEqual(others.OrderBy(Self)):
                Compare(field, policies, others, string.Equals, (_, _) => false, Oids.NameOf);
                break;
            default:
                string requested = Show(wanted), issued = Show(got);
                if (requested != issued)
                    Add(field, requested, issued);
                else if (wanted.Oid is not (Oids.KeyUsage or Oids.BasicConstraints))
                    Add(field, Raw(wanted), Raw(got));
                break;
        }

        static string Self(string oid) => oid;
    }

    /// <summary>What is missing, what is new, and as a change what is new in place of what is missing.</summary>
    private void Compare<T>(string field, IReadOnlyList<T> wanted, IReadOnlyList<T> got, Func<T, T, bool> isSame, Func<T, T, bool> isSameKind, Func<T, string> show)
    {
        List<T> added = [.. got];
        var missing = new List<T>();
        foreach (T one in wanted)
        {
            int index = added.FindIndex(other => isSame(one, other));
            if (index < 0)
                missing.Add(one);
            else
                added.RemoveAt(index);
        }
        foreach (T one in missing)
        {
            int index = added.FindIndex(other => isSameKind(one, other));
            Add(field, show(one), index < 0 ? null : show(added[index]));
            if (index >= 0)
                added.RemoveAt(index);
        }
        foreach (T one in added)
            Add(field, null, show(one));
    }

    private static string Criticality(Extension extension) => extension.Critical ? "critical" : "not critical";

    /// <summary>An extension as people read it, or its first octets.</summary>
    private static string Show(Extension extension) => extension.Oid switch
    {
        Oids.SubjectAltName => NamesOf(extension) is { } names ? string.Join(", ", names.Select(name => name.ToString())) : null,
        Oids.KeyUsage => Try(() => ((KeyUsages)Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadNamedBits())).ToString()),
        Oids.ExtendedKeyUsage => PurposesOf(extension) is { } purposes ? string.Join(", ", purposes.Select(Oids.NameOf)) : null,
        Oids.CertificatePolicies => PoliciesOf(extension) is { } policies ? string.Join(", ", policies.Select(Oids.NameOf)) : null,
        Oids.BasicConstraints => Try(() => Asn1Reader.Decode(extension.Value, null, ReadConstraints)),
        _ => null,
    } ?? Raw(extension);

    private static string Raw(Extension extension) => extension.Value.Length <= MaxOctets
        ? Hex.Of(extension.Value.Span)
        : $"{Hex.Of(extension.Value.Span.Slice(0, MaxOctets))}… ({extension.Value.Length} octets)";

    private static IReadOnlyList<GeneralName>? NamesOf(Extension extension) => Try(() => GeneralName.DecodeList(extension.Value));

    private static IReadOnlyList<string>? PurposesOf(Extension extension) =>
        Try(() => Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader purpose) => purpose.ReadOid())));

    private static IReadOnlyList<string>? PoliciesOf(Extension extension) =>
        Try(() => Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader policy) => policy.ReadSequence().ReadOid())));

    private static string ReadConstraints(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        bool isCA = inner.IsNext(Asn1Tag.Boolean) && inner.ReadBoolean();
        string length = inner.IsNext(Asn1Tag.Integer) ? $", path length {inner.ReadInt32()}" : string.Empty;
        inner.ThrowIfNotEmpty();
        return (isCA ? "CA" : "no CA") + length;
    }

    /// <summary>The parts of a name as names of one part each.</summary>
    private static List<Name> PartsOf(Name name)
    {
        var parts = new List<Name>();
        AsnDecoder.ReadSequence(name.Encoded.Span, AsnEncodingRules.BER, out int offset, out int length, out _);
        for (ReadOnlyMemory<byte> rest = name.Encoded.Slice(offset, length); !rest.IsEmpty;)
        {
            AsnDecoder.ReadEncodedValue(rest.Span, AsnEncodingRules.BER, out _, out _, out int consumed);
            var writer = new AsnWriter(AsnEncodingRules.BER);
            using (writer.PushSequence())
                writer.WriteEncodedValue(rest.Span.Slice(0, consumed));
            parts.Add(Name.Decode(writer.Encode()));
            rest = rest.Slice(consumed);
        }
        // what cannot be compared part by part is compared as a whole
        parts.ForEach(part => part.ComparableParts());
        return parts;
    }

    /// <summary>Of which attributes a part is.</summary>
    private static string KindOf(Name part) =>
        string.Join("+", part.ComparableParts()[0].Split('\u0002').Select(attribute => attribute.Substring(0, attribute.IndexOfAny(['=', '#']))));

    private static T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CmpException or AsnContentException)
        {
            return null; // what cannot be read is compared and shown as octets
        }
    }
}
