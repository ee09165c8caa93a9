using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>Extensions made of what they say.</summary>
public static class CertificateExtensions
{
    /// <summary>A critical keyUsage (RFC 5280 4.2.1.3).</summary>
    /// <param name="usages">What the key may be used for.</param>
    /// <returns>The extension.</returns>
    public static Extension KeyUsage(KeyUsages usages)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteNamedBits((uint)usages);
        return new Extension(Oids.KeyUsage, Critical: true, writer.Encode());
    }

    /// <summary>A critical basicConstraints of a CA (RFC 5280 4.2.1.9).</summary>
    /// <param name="pathLength">How many CAs may stand below it in a path; <see langword="null"/>: any number.</param>
    /// <returns>The extension.</returns>
    public static Extension BasicConstraints(int? pathLength = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteBoolean(true);
            if (pathLength is { } length)
                writer.WriteInteger(length);
        }
        return new Extension(Oids.BasicConstraints, Critical: true, writer.Encode());
    }

    /// <summary>What a keyUsage says.</summary>
    /// <param name="extension">It.</param>
    /// <returns>The usages.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static KeyUsages ReadKeyUsage(Extension extension) =>
        (KeyUsages)Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadNamedBits());

    /// <summary>An extKeyUsage (RFC 5280 4.2.1.12).</summary>
    /// <param name="oids">What the certificate is for, dotted decimal.</param>
    /// <returns>The extension.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Oid</c>.</exception>
    public static Extension EnhancedKeyUsage(IEnumerable<string> oids)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string oid in oids.Distinct())
                WriteOid(writer, oid);
        }
        return new Extension(Oids.ExtendedKeyUsage, Critical: false, writer.Encode());
    }

    /// <summary>What an extKeyUsage says.</summary>
    /// <param name="extension">It.</param>
    /// <returns>The object identifiers, dotted decimal.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<string> ReadEnhancedKeyUsage(Extension extension) =>
        Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader r) => r.ReadOid()));

    /// <summary>A certificatePolicies without qualifiers (RFC 5280 4.2.1.4).</summary>
    /// <param name="oids">The policies, dotted decimal.</param>
    /// <returns>The extension.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Oid</c>.</exception>
    public static Extension Policies(IEnumerable<string> oids)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string oid in oids.Distinct())
            {
                using (writer.PushSequence())
                    WriteOid(writer, oid);
            }
        }
        return new Extension(Oids.CertificatePolicies, Critical: false, writer.Encode());
    }

    /// <summary>A subjectAltName (RFC 5280 4.2.1.6).</summary>
    /// <param name="names">The names.</param>
    /// <param name="critical">Critical where the subject is empty.</param>
    /// <returns>The extension.</returns>
    public static Extension SubjectAltName(IReadOnlyList<GeneralName> names, bool critical)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteList(names);
        return new Extension(Oids.SubjectAltName, critical, writer.Encode());
    }

    internal static ReadOnlyMemory<byte>? ReadAuthorityKeyIdentifier(Extension extension) =>
        Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            return inner.IsNext(Tags.Primitive(0)) ? inner.ReadOctetString(Tags.Primitive(0)) : (ReadOnlyMemory<byte>?)null;
        });

    /// <summary>RFC 5280 4.2 and 5.2: which of two would be believed depends on who reads.</summary>
    internal static void ThrowIfTwice(ref Asn1Reader reader, IReadOnlyList<Extension> extensions, string what)
    {
        var seen = new HashSet<string>();
        foreach (Extension extension in extensions)
        {
            if (!seen.Add(extension.Oid))
                throw reader.Malformed($"{what} with the extension {extension.Oid} twice");
        }
    }

    /// <summary>Whether a basicConstraints says that it is a CA's.</summary>
    internal static bool ReadIsCA(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        bool isCA = inner.IsNext(Asn1Tag.Boolean) && inner.ReadBoolean();
        if (inner.HasData)
            inner.ReadInt32();
        inner.ThrowIfNotEmpty();
        return isCA;
    }

    private static void WriteOid(AsnWriter writer, string oid)
    {
        try
        {
            writer.WriteObjectIdentifier(oid);
        }
        catch (ArgumentException e)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Oid", $"'{PeerText.Escape(oid)}' is no object identifier.", e)
            {
                RecommendedAction = "Write it in numbers, as in '1.3.6.1.5.5.7.3.1'; -EnhancedKeyUsage also takes names, as in 'ServerAuthentication'.",
            };
        }
    }
}
