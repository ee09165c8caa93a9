using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.TestServer;

/// <summary>Extensions to ask for.</summary>
internal static class TestExtensions
{
    /// <summary>KeyUsage by its first octet: 80 digitalSignature, 20 keyEncipherment, 08 keyAgreement, 04 keyCertSign.</summary>
    internal static Extension KeyUsage(byte bits)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteBitString([bits], Enumerable.Range(0, 8).First(unused => ((bits >> unused) & 1) == 1));
        return new Extension(Oids.KeyUsage, true, writer.Encode());
    }

    internal static Extension ExtendedKeyUsage(params string[] usages)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string usage in usages)
                writer.WriteObjectIdentifier(usage);
        }
        return new Extension(Oids.ExtendedKeyUsage, false, writer.Encode());
    }

    internal static Extension BasicConstraints(bool isCA)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (isCA)
                writer.WriteBoolean(true);
        }
        return new Extension(Oids.BasicConstraints, true, writer.Encode());
    }

    internal static Extension AltNames(params GeneralName[] names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (GeneralName name in names)
                name.Write(writer);
        }
        return new Extension(Oids.SubjectAltName, false, writer.Encode());
    }

    internal static Extension DnsName(string name) => AltNames(GeneralName.FromText(GeneralNameType.DnsName, name));
}
