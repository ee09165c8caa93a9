using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Decides what stands in a certificate. A test server gives anybody who may ask whatever name he asks for; what would make him a CA it refuses.</summary>
/// <remarks>RFC 4211 5, RFC 9483 4.1.1, RFC 5280 4.2.</remarks>
internal sealed class IssuingPolicy(TestServerOptions options, CertificationAuthority authority)
{
    private const int MaxExtensions = 64;
    private const int MaxExtensionBytes = 64 * 1024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>Decides on a template.</summary>
    /// <param name="template">What is asked for.</param>
    /// <param name="publicKey">The key that is certified; of one that is made here later only the algorithm.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="old">The certificate that is updated, or <see langword="null"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="changes">Takes what differs from what was asked for, in words.</param>
    /// <returns>What to issue.</returns>
    /// <exception cref="RefusalException">badCertTemplate, wrongAuthority, unacceptedExtension.</exception>
    internal CertificateContent Decide(CertTemplate template, SubjectPublicKeyInfo publicKey, Requester requester, Certificate? old, DateTimeOffset now, ICollection<string> changes)
    {
        if (template.Version is not (null or 2))
            throw new RefusalException(MessageRules.TemplateVersion);
        if (template.SerialNumber is not null || template.SigningAlg is not null || template.IssuerUid is not null || template.SubjectUid is not null)
            throw new RefusalException(MessageRules.TemplateReserved);
        // OpenSSL's client names the issuer of the certificate that signs, whoever that is
        if (template.Issuer is { IsEmpty: false } issuer && !issuer.IsSameAs(authority.Issuing.Subject) && !issuer.IsSameAs(authority.Root.Subject)
            && (options.Strict || requester.Certificate?.Issuer.IsSameAs(issuer) != true))
        {
            throw new RefusalException(FailInfo.WrongAuthority, "The issuer asked for is another one.");
        }
        if (options.Strict && old is not null)
            CheckUpdate(template, old);
        Name subject = template.Subject ?? old?.Subject
            ?? (template.Extensions.Any(extension => extension.Oid == Oids.SubjectAltName) ? Name.Empty : NameOf(requester));
        return Decide(subject, publicKey, template.Extensions, template.NotBefore, template.NotAfter, now, changes);
    }

    /// <summary>Decides on a PKCS #10 request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="now">The time.</param>
    /// <param name="changes">Takes what differs from what was asked for, in words.</param>
    /// <returns>What to issue.</returns>
    /// <exception cref="RefusalException">badCertTemplate, unacceptedExtension.</exception>
    internal CertificateContent Decide(CertificationRequest request, DateTimeOffset now, ICollection<string> changes) =>
        Decide(request.Subject, request.PublicKey, request.Extensions, null, null, now, changes);

    private static void CheckUpdate(CertTemplate template, Certificate old)
    {
        if (template.Subject?.IsSameAs(old.Subject) != true)
            throw new RefusalException(MessageRules.UpdateName, "The update has another subject than the certificate.");
        if (old.Extension(Oids.SubjectAltName) is { } names
            && template.Extensions.FirstOrDefault(extension => extension.Oid == Oids.SubjectAltName)?.Value.Span.SequenceEqual(names.Value.Span) != true)
        {
            throw new RefusalException(MessageRules.UpdateName, "The update has other alternative names than the certificate.");
        }
    }

    private CertificateContent Decide(Name subject, SubjectPublicKeyInfo publicKey, IReadOnlyList<Extension> asked, DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now, ICollection<string> changes)
    {
        CheckName(subject);
        List<Extension> extensions = CheckExtensions(asked, subject.IsEmpty);
        if (subject.IsEmpty && !extensions.Exists(extension => extension.Oid == Oids.SubjectAltName))
            throw new RefusalException(MessageRules.TemplateNoName);
        if (!extensions.Exists(extension => extension.Oid == Oids.KeyUsage))
            extensions.Insert(0, CertificationAuthority.KeyUsageExtension(DefaultUsage(publicKey)));
        (DateTimeOffset notBefore, DateTimeOffset notAfter) = DecideValidity(from, to, now, changes);
        if (options.GrantWithMods)
        {
            subject = Change(subject);
            changes.Add("The CA added a part to the subject.");
        }
        return new CertificateContent(subject, publicKey, notBefore, notAfter, extensions);
    }

    /// <summary>What a key can do is granted where nothing else is asked for; elliptic curves agree only on demand.</summary>
    private static KeyUsages DefaultUsage(SubjectPublicKeyInfo key) =>
        !CanSign(key) ? ServerKeys.UsageOf(key)
        : KeyUsages.DigitalSignature | (key.Algorithm.Oid == Oids.RsaEncryption ? KeyUsages.KeyEncipherment : KeyUsages.None);

    /// <summary>A key of a kind that is not known here is taken as one that signs: its proof of possession will tell.</summary>
    private static bool CanSign(SubjectPublicKeyInfo key)
    {
        try
        {
            return KeyAlgorithm.Of(key).CanSign;
        }
        catch (CmpException)
        {
            return true;
        }
    }

    private (DateTimeOffset NotBefore, DateTimeOffset NotAfter) DecideValidity(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now, ICollection<string> changes)
    {
        Certificate issuer = authority.Issuing;
        DateTimeOffset notBefore = CertificationAuthority.WholeSeconds(from ?? now);
        if (notBefore < issuer.NotBefore)
        {
            notBefore = issuer.NotBefore;
            changes.Add("The certificate cannot be valid before its issuer is.");
        }
        DateTimeOffset notAfter = CertificationAuthority.WholeSeconds(to ?? notBefore + Lifetime);
        if (notAfter > issuer.NotAfter)
        {
            notAfter = issuer.NotAfter;
            if (to is not null)
                changes.Add("The certificate cannot be valid longer than its issuer is.");
        }
        return notAfter > notBefore ? (notBefore, notAfter) : throw Bad("The certificate would end before it begins.");
    }

    private static void CheckName(Name name) => Check("The subject is no name.", () =>
    {
        name.ComparableParts();
        return true;
    });

    private static List<Extension> CheckExtensions(IReadOnlyList<Extension> asked, bool needsAltName)
    {
        if (asked.Count > MaxExtensions || asked.Sum(extension => (long)extension.Encoded.Length) > MaxExtensionBytes)
            throw Bad("So many extensions are not put into a certificate.");
        var extensions = new List<Extension>(asked.Count + 1);
        foreach (Extension extension in asked)
        {
            if (extensions.Exists(other => other.Oid == extension.Oid))
                throw new RefusalException(MessageRules.ExtensionsDoubled);
            switch (extension.Oid)
            {
                case Oids.SubjectKeyIdentifier or Oids.AuthorityKeyIdentifier:
                    continue; // the issuer's own, always
                case Oids.BasicConstraints when Check("basicConstraints does not decode.", () => Asn1Reader.Decode(extension.Value, null, IsCA)):
                    throw Unaccepted("No certificate of a CA is issued here.");
                case Oids.KeyUsage when (Check("keyUsage does not decode.", () => Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => (KeyUsages)reader.ReadNamedBits()))
                        & (KeyUsages.KeyCertSign | KeyUsages.CrlSign)) != 0:
                    throw Unaccepted("The key usages of a CA are not granted.");
                case Oids.ExtendedKeyUsage when Check("extKeyUsage does not decode.", () => Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadList((ref Asn1Reader r) => r.ReadOid())))
                        .Any(usage => usage is Oids.CmcCA or Oids.CmcRA or Oids.CmKGA):
                    throw Unaccepted("The extended key usages that speak for a CA are not granted.");
                case Oids.SubjectAltName when Check("subjectAltName does not decode.", () => GeneralName.DecodeList(extension.Value)).Count == 0:
                    throw new RefusalException(MessageRules.TemplateEmptyAltName);
                case Oids.SubjectAltName when needsAltName:
                    extensions.Add(extension with { Critical = true }); // RFC 5280 4.2.1.6
                    break;
                default:
                    extensions.Add(extension);
                    break;
            }
        }
        return extensions;
    }

    private static bool IsCA(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        return inner.IsNext(Asn1Tag.Boolean) && inner.ReadBoolean();
    }

    private static T Check<T>(string message, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CmpException)
        {
            throw Bad(message);
        }
    }

    /// <summary>Who names no subject is called as he calls himself (RFC 9483 4.1, 4.1.5).</summary>
    /// <exception cref="RefusalException">badCertTemplate: he is nobody.</exception>
    internal Name NameOf(Requester requester) =>
        requester.Kind.IsUnderSharedSecret() ? Name.FromCommonName(options.Reference)
        : requester.Certificate?.Subject ?? throw Bad("Who is nobody names a subject.");

    private static Name Change(Name subject)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("2.5.4.11");
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, "Changed by the CA");
            }
            byte[] octets = subject.Encoded.ToArray();
            AsnDecoder.ReadSequence(octets, AsnEncodingRules.BER, out int offset, out int length, out _);
            for (ReadOnlyMemory<byte> rest = octets.AsMemory(offset, length); !rest.IsEmpty;)
            {
                AsnDecoder.ReadEncodedValue(rest.Span, AsnEncodingRules.BER, out _, out _, out int consumed);
                writer.WriteEncodedValue(rest.Span.Slice(0, consumed));
                rest = rest.Slice(consumed);
            }
        }
        return Name.Decode(writer.Encode());
    }

    private static RefusalException Bad(string message) => new(FailInfo.BadCertTemplate, message);

    private static RefusalException Unaccepted(string message) => new(FailInfo.UnacceptedExtension, message);
}
