using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;

namespace Cmp.Tests.Cryptography.Paths;

/// <summary>A CRL, put together octet by octet, so that it may say what no CA would.</summary>
internal sealed record HandmadeCrl
{
    /// <summary>Who signs it, and issues it where <see cref="Issuer"/> says nothing else.</summary>
    internal required MadeCertificate Signer { get; init; }

    internal Name? Issuer { get; init; }

    internal DateTimeOffset ThisUpdate { get; init; } = Peer.Now.AddDays(-1);

    internal DateTimeOffset? NextUpdate { get; init; } = Peer.Now.AddDays(6);

    internal IReadOnlyList<Certificate> Revoked { get; init; } = [];

    internal RevocationReason? Reason { get; init; }

    /// <summary>Names the issuer of the entries, as an indirect CRL does.</summary>
    internal Name? CertificateIssuer { get; init; }

    internal IssuingDistributionPoint? Scope { get; init; }

    internal IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>Whether another key signs than that of <see cref="Signer"/>.</summary>
    internal bool IsForged { get; init; }

    internal CertificateList Crl => CertificateList.Decode(Octets);

    internal byte[] Octets
    {
        get
        {
            PrivateKey key = IsForged ? MadeCertificate.NewKey() : Signer.Key;
            AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
            byte[] tbs = Encode(writer =>
            {
                writer.WriteInteger(1);
                algorithm.Write(writer);
                (Issuer ?? Signer.Certificate.Subject).Write(writer);
                writer.WriteUtcTime(ThisUpdate);
                if (NextUpdate is { } next)
                    writer.WriteUtcTime(next);
                if (Revoked.Count > 0)
                {
                    using (writer.PushSequence())
                        Revoked.ToList().ForEach(one => WriteEntry(writer, one));
                }
                List<Extension> extensions = [.. Extensions];
                if (Scope is { } scope)
                    extensions.Add(new Extension(Oids.IssuingDistributionPoint, true, scope.Encoded));
                if (extensions.Count > 0)
                {
                    using (writer.PushSequence(Tags.Constructed(0)))
                        writer.WriteList(extensions);
                }
            });
            return Encode(writer =>
            {
                writer.WriteEncodedValue(tbs);
                algorithm.Write(writer);
                writer.WriteBitString(key.Sign(tbs, algorithm));
            });
        }
    }

    private void WriteEntry(AsnWriter writer, Certificate certificate)
    {
        List<Extension> extensions = [];
        if (Reason is { } reason)
            extensions.Add(CrlExtensions.Reason(reason));
        if (CertificateIssuer is { } issuer)
            extensions.Add(new Extension(Oids.CertificateIssuer, true, Encode(names => GeneralName.FromName(issuer).Write(names))));
        using (writer.PushSequence())
        {
            writer.WriteInteger(certificate.SerialNumber.Span);
            writer.WriteUtcTime(Peer.Now.AddDays(-2));
            if (extensions.Count > 0)
                writer.WriteList(extensions);
        }
    }

    /// <summary>A distribution point, as an extension of a certificate has it.</summary>
    internal static Extension Point(string? location, Name? crlIssuer = null) => new(Oids.CrlDistributionPoints, false, Encode(writer => new CrlDistributionPoint
    {
        Name = location is null ? null : At(location),
        CrlIssuer = crlIssuer is null ? [] : [GeneralName.FromName(crlIssuer)],
    }.Write(writer)));

    internal static DistributionPointName At(string location) => new([GeneralName.FromText(GeneralNameType.Uri, location)]);

    private static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            write(writer);
        return writer.Encode();
    }
}
