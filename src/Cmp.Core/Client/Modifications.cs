using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>What a certificate has otherwise than its request (rule 37).</summary>
internal static class Modifications
{
    internal static IReadOnlyList<string> Between(PkiBody request, IssuedCertificate issued)
    {
        Certificate certificate = issued.Certificate;
        var differences = new List<string>();
        (Name? subject, IReadOnlyList<Extension> extensions, CertTemplate? template) = request switch
        {
            P10crBody pkcs10 => (pkcs10.Request.Subject, pkcs10.Request.Extensions, null),
            CertReqMessages { Requests: var requests } when requests[issued.Request] is var one => (one.CertReq.CertTemplate.Subject, one.CertReq.CertTemplate.Extensions, one.CertReq.CertTemplate),
            _ => ((Name?)null, (IReadOnlyList<Extension>)[], (CertTemplate?)null),
        };
        if (subject is { IsEmpty: false } && !subject.IsSameAs(certificate.Subject))
            differences.Add($"Subject: {certificate.Subject} instead of {subject}");
        if (template?.Issuer is { } issuer && !issuer.IsSameAs(certificate.Issuer))
            differences.Add($"Issuer: {certificate.Issuer} instead of {issuer}");
        if (template?.NotBefore is { } notBefore && Seconds(notBefore) != Seconds(certificate.NotBefore))
            differences.Add($"NotBefore: {certificate.NotBefore:u} instead of {notBefore:u}");
        if (template?.NotAfter is { } notAfter && Seconds(notAfter) != Seconds(certificate.NotAfter))
            differences.Add($"NotAfter: {certificate.NotAfter:u} instead of {notAfter:u}");
        foreach (Extension wanted in extensions)
        {
            if (certificate.Extension(wanted.Oid) is not { } got)
                differences.Add($"{Oids.NameOf(wanted.Oid)}: left out");
            else if (!got.Value.Span.SequenceEqual(wanted.Value.Span) || got.Critical != wanted.Critical)
                differences.Add($"{Oids.NameOf(wanted.Oid)}: changed");
        }
        return differences;
    }

    private static long Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds();
}
