using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Announcements;

/// <summary>Names what is announced, and what it is about: hashes of the content, not of the message that brings it.</summary>
internal static class AnnouncementId
{
    /// <summary>The name of what is said: the same whichever way it comes, in whichever form, and whoever protects it.</summary>
    /// <param name="content">A body that announces something, decoded or not inside.</param>
    /// <returns>SHA-256 in hexadecimal.</returns>
    /// <remarks>
    /// Of a key update it is the new root, for the forms differ in which certificates between they hold; of CRLs their octets without order; of a
    /// revocation which certificate, its status and its times.
    /// </remarks>
    internal static string Of(PkiBody content) => content switch
    {
        CaKeyUpdContent update => Hash("ckuann", update.NewWithNew.Encoded),
        CertAnnContent certificate => Hash("cann", certificate.Certificate.Encoded),
        RevAnnContent revocation => Hash(
            "rann",
            Comparable(revocation.CertId.Issuer),
            revocation.CertId.SerialNumber,
            Text(((int)revocation.Status).ToString(CultureInfo.InvariantCulture)),
            Text(Time(revocation.WillBeRevokedAt)),
            Text(Time(revocation.BadSinceDate))),
        CrlAnnContent crls => Hash("crlann", [.. crls.Crls.Select(crl => Hash("crl", crl.Encoded)).Distinct().OrderBy(hash => hash, StringComparer.Ordinal).Select(Text)]),
        _ => throw new ArgumentException("A body that announces nothing.", nameof(content)),
    };

    /// <summary>The name of a message: it is the same only where it comes again as it was.</summary>
    /// <param name="message">The message of an announcement.</param>
    /// <returns>SHA-256 in hexadecimal.</returns>
    internal static string Of(PkiMessage message) => Hash("message", message.Encoded);

    /// <summary>
    /// What it is about, for the order in time: a CA's announcements of a kind (rule 74), and of one certificate where it is about one. Those of different
    /// certificates do not come in the order in which they were made: whoever asks for them names one after the other.
    /// </summary>
    /// <param name="content">A body that announces something.</param>
    /// <returns>SHA-256 in hexadecimal each; of CRLs one for each issuer.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static IReadOnlyList<string> About(PkiBody content) => content switch
    {
        CaKeyUpdContent update => [Hash("ckuann of", Comparable(update.NewWithNew.Subject))],
        CertAnnContent { Certificate: var certificate } => [Hash("cann of", Comparable(certificate.Issuer), certificate.SerialNumber)],
        RevAnnContent { CertId: var id } => [Hash("rann of", Comparable(id.Issuer), id.SerialNumber)],
        CrlAnnContent crls => [.. crls.Crls.Select(crl => Hash("crlann of", Comparable(crl.Issuer), KeyOf(crl))).Distinct()],
        _ => throw new ArgumentException("A body that announces nothing.", nameof(content)),
    };

    /// <summary>
    /// The scope of a CRL, in which its number and its time grow (RFC 5280 5.2.3): its issuer, by name and key, and what it covers; delta CRLs are numbered with
    /// those that they continue, but are others.
    /// </summary>
    /// <param name="crl">The CRL.</param>
    /// <returns>SHA-256 in hexadecimal.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static string ScopeOf(CertificateList crl) => Hash(
        "crl of",
        Comparable(crl.Issuer),
        KeyOf(crl),
        crl.Extension(Oids.IssuingDistributionPoint)?.Value ?? ReadOnlyMemory<byte>.Empty,
        Text(crl.BaseNumber is null ? "whole" : "delta"));

    /// <summary>CAs of tests and trials are called the same again and again; where it is said, their keys tell them apart.</summary>
    private static ReadOnlyMemory<byte> KeyOf(CertificateList crl) => crl.AuthorityKeyIdentifier ?? ReadOnlyMemory<byte>.Empty;

    private static ReadOnlyMemory<byte> Comparable(GeneralName name) => name.DirectoryName is { } directoryName ? Comparable(directoryName) : name.Encoded;

    private static ReadOnlyMemory<byte> Comparable(Name name)
    {
        try
        {
            return Text(string.Join("\u0001", name.ComparableParts()));
        }
        catch (CmpException)
        {
            return name.Encoded; // no name inside: the same octets are the same
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The hash of the hashes of the parts: so no two lists of parts are the same octets.</summary>
    private static string Hash(string what, params ReadOnlyMemory<byte>[] parts) =>
        Hex.Of(Digests.Compute(Oids.Sha256, parts.Prepend(Text(what)).SelectMany(part => Digests.Compute(Oids.Sha256, part)).ToArray()));
}
