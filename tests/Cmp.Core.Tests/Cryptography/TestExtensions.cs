using System;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Cryptography;

/// <summary>Extensions for certificates of the tests.</summary>
internal static class TestExtensions
{
    internal const string AnyPolicy = "2.5.29.32.0";

    internal static X509Extension Unknown(bool critical) => new("1.2.3.4.5", [5, 0], critical);

    internal static X509Extension AuthorityKeyIdentifier(byte[] keyIdentifier) => Make(Oids.AuthorityKeyIdentifier, false, writer =>
    {
        using (writer.PushSequence())
            writer.WriteOctetString(keyIdentifier, Tags.Primitive(0));
    });

    internal static X509Extension EnhancedKeyUsage(params string[] usages) => Make(Oids.ExtendedKeyUsage, false, writer =>
    {
        using (writer.PushSequence())
        {
            foreach (string usage in usages)
                writer.WriteObjectIdentifier(usage);
        }
    });

    internal static X509Extension SubjectAltNames(params GeneralName[] names) => Make(Oids.SubjectAltName, false, writer =>
    {
        using (writer.PushSequence())
        {
            foreach (GeneralName name in names)
                name.Write(writer);
        }
    });

    internal static X509Extension NameConstraints(GeneralName[]? permitted = null, GeneralName[]? excluded = null, int? minimum = null, int? maximum = null) =>
        Make(Oids.NameConstraints, true, writer =>
        {
            using (writer.PushSequence())
            {
                Write(writer, 0, permitted);
                Write(writer, 1, excluded);
            }

            void Write(AsnWriter w, int tag, GeneralName[]? names)
            {
                if (names is null)
                    return;
                using (w.PushSequence(Tags.Constructed(tag)))
                {
                    foreach (GeneralName name in names)
                    {
                        using (w.PushSequence())
                        {
                            name.Write(w);
                            if (minimum is { } least)
                                w.WriteInteger(least, Tags.Primitive(0));
                            if (maximum is { } most)
                                w.WriteInteger(most, Tags.Primitive(1));
                        }
                    }
                }
            }
        });

    internal static X509Extension Policies(params string[] policies) => Make(Oids.CertificatePolicies, false, writer =>
    {
        using (writer.PushSequence())
        {
            foreach (string policy in policies)
            {
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier(policy);
            }
        }
    });

    internal static X509Extension PolicyMappings(params (string Issuer, string Subject)[] mappings) => Make(Oids.PolicyMappings, true, writer =>
    {
        using (writer.PushSequence())
        {
            foreach ((string issuer, string subject) in mappings)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(issuer);
                    writer.WriteObjectIdentifier(subject);
                }
            }
        }
    });

    internal static X509Extension PolicyConstraints(int? requireExplicitPolicy = null, int? inhibitPolicyMapping = null) => Make(Oids.PolicyConstraints, true, writer =>
    {
        using (writer.PushSequence())
        {
            if (requireExplicitPolicy is { } require)
                writer.WriteInteger(require, Tags.Primitive(0));
            if (inhibitPolicyMapping is { } inhibit)
                writer.WriteInteger(inhibit, Tags.Primitive(1));
        }
    });

    internal static X509Extension InhibitAnyPolicy(int skip) => Make(Oids.InhibitAnyPolicy, true, writer => writer.WriteInteger(skip));

    internal static GeneralName Dns(string text) => Text(GeneralNameType.DnsName, text);

    internal static GeneralName Email(string text) => Text(GeneralNameType.Rfc822Name, text);

    internal static GeneralName Uri(string text) => Text(GeneralNameType.Uri, text);

    internal static GeneralName Directory(string name) => GeneralName.FromName(Name.Parse(name));

    internal static GeneralName Address(string address) => GeneralName.FromAddress(IPAddress.Parse(address));

    /// <summary>The base of a subtree of addresses: address and mask.</summary>
    internal static GeneralName Network(string address, string mask)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString([.. IPAddress.Parse(address).GetAddressBytes(), .. IPAddress.Parse(mask).GetAddressBytes()], Tags.Primitive(7));
        return GeneralName.Decode(writer.Encode());
    }

    internal static GeneralName RegisteredId(string oid)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid, Tags.Primitive(8));
        return GeneralName.Decode(writer.Encode());
    }

    /// <summary>Also an empty text, which <see cref="GeneralName.FromText"/> does not write.</summary>
    private static GeneralName Text(GeneralNameType type, string text)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteCharacterString(UniversalTagNumber.IA5String, text, Tags.Primitive((int)type));
        return GeneralName.Decode(writer.Encode());
    }

    private static X509Extension Make(string oid, bool critical, Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return new X509Extension(oid, writer.Encode(), critical);
    }
}
