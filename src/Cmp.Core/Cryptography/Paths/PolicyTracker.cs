using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>
/// Certificate policies along a path, for a user who accepts any policy: they refuse a path only where a CA requires an explicit policy
/// (requireExplicitPolicy) and no policy is valid from the anchor to there.
/// </summary>
/// <remarks>
/// RFC 5280 6.1.2 to 6.1.5 with user-initial-policy-set anyPolicy and nothing inhibited initially. Of the valid_policy_tree only its lowest level
/// is kept, as the set of what its nodes expect of the next certificate: whether the tree is NULL shows there, and nothing else is asked of it.
/// Qualifiers are not looked at. What the anchor says of policies is not processed (6.1.1).
/// <code>
/// CertificatePolicies ::= SEQUENCE OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE OPTIONAL }
/// PolicyMappings ::= SEQUENCE OF SEQUENCE { issuerDomainPolicy OBJECT IDENTIFIER, subjectDomainPolicy OBJECT IDENTIFIER }
/// PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0] IMPLICIT INTEGER OPTIONAL, inhibitPolicyMapping [1] IMPLICIT INTEGER OPTIONAL }
/// InhibitAnyPolicy ::= INTEGER
/// </code>
/// </remarks>
internal sealed class PolicyTracker
{
    private const string AnyPolicy = "2.5.29.32.0";

    /// <summary>What the lowest nodes of the tree expect; <see langword="null"/> where the tree is NULL.</summary>
    private HashSet<string>? _expected = [AnyPolicy];
    private int _explicitPolicy;
    private int _inhibitAnyPolicy;
    private int _policyMapping;

    /// <summary>Begins at the anchor.</summary>
    /// <param name="length">Certificates of the path without the anchor.</param>
    internal PolicyTracker(int length) => _explicitPolicy = _inhibitAnyPolicy = _policyMapping = length + 1;

    /// <summary>RFC 5280 6.1.3 (d) to (f), and for the leaf 6.1.5.</summary>
    internal void Enter(Certificate certificate, bool isLeaf)
    {
        if (certificate.Extension(Oids.CertificatePolicies) is not { } extension)
            _expected = null;
        else if (_expected is { } expected)
            _expected = Valid(Read(extension, ReadPolicy), expected, anyAllowed: _inhibitAnyPolicy > 0 || (!isLeaf && certificate.IsSelfIssued));
        if (isLeaf)
        {
            Decrement(ref _explicitPolicy);
            if (Constraints(certificate).RequireExplicitPolicy == 0)
                _explicitPolicy = 0;
        }
        if (_explicitPolicy == 0 && _expected is null)
            throw PathValidator.Invalid(certificate, "a policy is required and none is valid along the whole path");
    }

    /// <summary>RFC 5280 6.1.4 (a), (b) and (h) to (j).</summary>
    internal void Leave(Certificate certificate)
    {
        if (certificate.Extension(Oids.PolicyMappings) is { } extension)
            Map(certificate, Read(extension, ReadMapping));
        if (!certificate.IsSelfIssued)
        {
            Decrement(ref _explicitPolicy);
            Decrement(ref _policyMapping);
            Decrement(ref _inhibitAnyPolicy);
        }
        (int? requireExplicitPolicy, int? inhibitPolicyMapping) = Constraints(certificate);
        _explicitPolicy = Math.Min(_explicitPolicy, requireExplicitPolicy ?? int.MaxValue);
        _policyMapping = Math.Min(_policyMapping, inhibitPolicyMapping ?? int.MaxValue);
        if (certificate.Extension(Oids.InhibitAnyPolicy) is { } inhibit)
            _inhibitAnyPolicy = Math.Min(_inhibitAnyPolicy, Asn1Reader.Decode(inhibit.Value, null, (ref Asn1Reader reader) => ReadCount(ref reader, null)));
    }

    private static HashSet<string>? Valid(IReadOnlyList<string> policies, HashSet<string> expected, bool anyAllowed)
    {
        var valid = new HashSet<string>();
        foreach (string policy in policies)
        {
            if (policy != AnyPolicy && (expected.Contains(policy) || expected.Contains(AnyPolicy)))
                valid.Add(policy);
            else if (policy == AnyPolicy && anyAllowed)
                valid.UnionWith(expected);
        }
        return valid.Count > 0 ? valid : null;
    }

    private void Map(Certificate certificate, IReadOnlyList<(string Issuer, string Subject)> mappings)
    {
        var mapped = new HashSet<string>();
        var issuers = new HashSet<string>();
        foreach ((string issuer, string subject) in mappings)
        {
            if (issuer == AnyPolicy || subject == AnyPolicy)
                throw PathValidator.Invalid(certificate, "it maps anyPolicy");
            issuers.Add(issuer);
            if (_expected is { } expected && (expected.Contains(issuer) || expected.Contains(AnyPolicy)))
                mapped.Add(subject);
        }
        if (_expected is null)
            return;
        _expected.ExceptWith(issuers);
        if (_policyMapping > 0)
            _expected.UnionWith(mapped);
        if (_expected.Count == 0)
            _expected = null;
    }

    private static void Decrement(ref int counter) => counter = Math.Max(counter - 1, 0);

    private static (int? RequireExplicitPolicy, int? InhibitPolicyMapping) Constraints(Certificate certificate) =>
        certificate.Extension(Oids.PolicyConstraints) is { } extension
            ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) =>
            {
                Asn1Reader inner = reader.ReadSequence();
                int? require = inner.IsNext(Tags.Primitive(0)) ? ReadCount(ref inner, 0) : null;
                int? inhibit = inner.IsNext(Tags.Primitive(1)) ? ReadCount(ref inner, 1) : null;
                inner.ThrowIfNotEmpty();
                return (require, inhibit);
            })
            : (null, null);

    private static int ReadCount(ref Asn1Reader reader, int? tag)
    {
        int count = tag is { } number ? reader.ReadInt32(Tags.Primitive(number)) : reader.ReadInt32();
        return count >= 0 ? count : throw reader.Malformed("a negative count of certificates");
    }

    private static IReadOnlyList<T> Read<T>(Extension extension, Asn1Read<T> read) =>
        Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadList(read));

    private static string ReadPolicy(ref Asn1Reader reader) => reader.ReadSequence().ReadOid();

    private static (string Issuer, string Subject) ReadMapping(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        return (inner.ReadOid(), inner.ReadOid());
    }
}
