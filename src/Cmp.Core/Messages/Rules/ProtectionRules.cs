using System;
using System.Collections.Generic;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>Protection and extraCerts, as far as they tell without a key (RFC 9810 5.1.3, RFC 9483 3.2 and 3.3).</summary>
internal static class ProtectionRules
{
    private const int FewIterations = 10_000;

    /// <summary>The extension subjectKeyIdentifier with an OCTET STRING in it, up to the lengths.</summary>
    private static readonly byte[] SubjectKeyIdentifier = [6, 3, 0x55, 0x1D, 0x0E, 4];

    internal static void Check(ref FindingCollector found, PkiMessage message)
    {
        PkiHeader header = message.Header;
        AlgorithmIdentifier? algorithm = header.ProtectionAlg;
        if (algorithm is null != message.Protection is null)
        {
            found.Add(MessageRules.ProtectionAlg, algorithm is null ? "The message has a protection without a protectionAlg." : "The message has a protectionAlg without a protection.", algorithm?.Encoded ?? message.Protection!.Value, header.Encoded);
        }
        else if (algorithm is null)
        {
            if (message.Body is ErrorMsgContent error)
            {
                // a server that can only answer by KemBasedMac says so, and brings its key (RFC 9810 appendix E, figure 5)
                if (!((error.Status.FailInfo & FailInfo.WrongIntegrity) is not null and not FailInfo.None && message.ExtraCerts.Count > 0))
                    found.Add(MessageRules.ProtectionError, "The error message is not protected: anybody can have said it.", error.Encoded);
            }
            else if (!IsOfKem(message.Body) && !message.Body.Type.IsAnnouncement())
            {
                found.Add(MessageRules.ProtectionMissing, "The message is not protected.", header.Encoded);
            }
        }
        if (algorithm is not null)
            CheckAlgorithm(ref found, algorithm, header);
        CheckExtraCerts(ref found, message, ProtectionFamilies.Of(algorithm));
    }

    /// <summary>RFC 9810 appendix E, figure 3: nobody can protect the question for a ciphertext, nor the answer.</summary>
    private static bool IsOfKem(PkiBody body) => body switch
    {
        GenMsgContent { Items: [{ InfoType: Oids.KemCiphertextInfo }] } => true,
        GenRepContent { Items: [{ InfoType: Oids.KemCiphertextInfo }] } => true,
        _ => false,
    };

    private static void CheckAlgorithm(ref FindingCollector found, AlgorithmIdentifier algorithm, PkiHeader header)
    {
        if (ProtectionFamilies.IsWeakSignature(algorithm.Oid))
            found.Add(MessageRules.ProtectionWeakSignature, $"The message is signed by {algorithm}.", algorithm.Encoded, header.Encoded);
        if (ProtectionFamilies.IsWeakDigest(algorithm.Oid))
            found.Add(MessageRules.MacSha1, $"The message is protected by {algorithm}.", algorithm.Encoded, header.Encoded);
        switch (algorithm.Oid)
        {
            case Oids.PasswordBasedMac:
                CheckPbm(ref found, algorithm, header);
                break;
            case Oids.Pbmac1:
                CheckPbmac1(ref found, algorithm, header);
                break;
            case Oids.DhBasedMac:
                CheckParameters(ref found, algorithm, header, DhbmParameter.Read, parameters => parameters.Owf.Oid, parameters => parameters.Mac.Oid);
                break;
            case Oids.KemBasedMac:
                CheckParameters(ref found, algorithm, header, KemBMParameter.Read, _ => string.Empty, parameters => parameters.Mac.Oid);
                break;
            default:
                break; // a signature, or a MAC without parameters that could be wrong
        }
    }

    /// <summary>PBMParameter, looked at where it lies: each message under a secret comes this way.</summary>
    private static void CheckPbm(ref FindingCollector found, AlgorithmIdentifier algorithm, PkiHeader header)
    {
        ReadOnlyMemory<byte> parameters = algorithm.Parameters ?? default;
        if (!Tlv.TryEnter(parameters.Span, 0x30, out ReadOnlySpan<byte> fields)
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> salt) || salt[0] != 4
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> owf) || !Tlv.TryEnter(owf, 0x30, out ReadOnlySpan<byte> digest)
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> count) || !Tlv.TryEnter(count, 2, out ReadOnlySpan<byte> iterations) || iterations.IsEmpty
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> mac) || !Tlv.TryEnter(mac, 0x30, out ReadOnlySpan<byte> scheme)
            || !fields.IsEmpty)
        {
            found.Add(MessageRules.MacParameters, $"PasswordBasedMac comes {(algorithm.HasNoParameters ? "without its parameters" : "with parameters of another syntax")}.", algorithm.Encoded, header.Encoded);
            return;
        }
        if (IsWeak(digest) || IsWeak(scheme))
            found.Add(MessageRules.MacSha1, "PasswordBasedMac rests on SHA-1 or MD5.", algorithm.Encoded, header.Encoded);
        CheckSalt(ref found, salt, "PasswordBasedMac", algorithm, header);
        bool isNegative = iterations[0] >= 0x80;
        if (isNegative || (iterations.Length <= 4 && Number(iterations) < 100))
            found.Add(MessageRules.MacIterations, $"The iterationCount of PasswordBasedMac is {(isNegative ? "negative" : Number(iterations))}.", algorithm.Encoded, header.Encoded);
        else if (iterations.Length <= 4 && Number(iterations) < FewIterations)
            found.Add(MessageRules.MacFewIterations, $"The iterationCount of PasswordBasedMac is {Number(iterations)}: a weak secret is soon guessed.", algorithm.Encoded, header.Encoded);
    }

    private static void CheckPbmac1(ref FindingCollector found, AlgorithmIdentifier algorithm, PkiHeader header)
    {
        Pbmac1Params? parameters = Read(algorithm, Pbmac1Params.Read);
        Pbkdf2Params? derivation = null;
        if (parameters is not null && parameters.KeyDerivationFunc.Oid != Oids.Pbkdf2)
        {
            found.Add(MessageRules.MacDerivation, $"The key of PBMAC1 is derived by {Oids.NameOf(parameters.KeyDerivationFunc.Oid)}.", algorithm.Encoded, header.Encoded);
            return;
        }
        if (parameters is null || (derivation = Read(parameters.KeyDerivationFunc, Pbkdf2Params.Read)) is null)
        {
            found.Add(MessageRules.MacParameters, $"PBMAC1 comes {(algorithm.HasNoParameters ? "without its parameters" : "with parameters of another syntax")}.", algorithm.Encoded, header.Encoded);
            return;
        }
        if (ProtectionFamilies.IsWeakDigest(derivation.Prf.Oid) || ProtectionFamilies.IsWeakDigest(parameters.MessageAuthScheme.Oid))
            found.Add(MessageRules.MacSha1, "PBMAC1 rests on SHA-1.", algorithm.Encoded, header.Encoded);
        if (derivation.Salt.Length < 8)
            found.Add(MessageRules.MacSalt, $"The salt of PBMAC1 has {derivation.Salt.Length} octets only.", algorithm.Encoded, header.Encoded);
        if (derivation.IterationCount < FewIterations)
            found.Add(MessageRules.MacFewIterations, $"The iterationCount of PBMAC1 is {BigInteger.Max(derivation.IterationCount, 0)}: a weak secret is soon guessed.", algorithm.Encoded, header.Encoded);
    }

    private static void CheckParameters<T>(ref FindingCollector found, AlgorithmIdentifier algorithm, PkiHeader header, Asn1Read<T> read, Func<T, string> digest, Func<T, string> mac)
        where T : class
    {
        if (Read(algorithm, read) is not { } parameters)
            found.Add(MessageRules.MacParameters, $"{algorithm} comes {(algorithm.HasNoParameters ? "without its parameters" : "with parameters of another syntax")}.", algorithm.Encoded, header.Encoded);
        else if (ProtectionFamilies.IsWeakDigest(digest(parameters)) || ProtectionFamilies.IsWeakDigest(mac(parameters)))
            found.Add(MessageRules.MacSha1, $"{algorithm} rests on SHA-1 or MD5.", algorithm.Encoded, header.Encoded);
    }

    private static void CheckSalt(ref FindingCollector found, ReadOnlySpan<byte> salt, string mac, AlgorithmIdentifier algorithm, PkiHeader header)
    {
        if (Tlv.TryMeasure(salt, out _, out int length) && length < 8)
            found.Add(MessageRules.MacSalt, $"The salt of {mac} has {length} octets only.", algorithm.Encoded, header.Encoded);
    }

    private static T? Read<T>(AlgorithmIdentifier algorithm, Asn1Read<T> read)
        where T : class
    {
        if (algorithm.Parameters is not { } parameters)
            return null;
        try
        {
            return Asn1Reader.Decode(parameters, null, read);
        }
        catch (CmpException)
        {
            return null;
        }
    }

    /// <summary>The content of an AlgorithmIdentifier: MD5, SHA-1, or HMAC with SHA-1 under either name.</summary>
    private static bool IsWeak(ReadOnlySpan<byte> algorithm)
    {
        ReadOnlySpan<byte> sha1 = [6, 5, 0x2B, 0x0E, 3, 2, 0x1A], hmacSha1 = [6, 8, 0x2B, 6, 1, 5, 5, 8, 1, 2], hmacWithSha1 = [6, 8, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 7], md5 = [6, 8, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5];
        return algorithm.StartsWith(sha1) || algorithm.StartsWith(hmacSha1) || algorithm.StartsWith(hmacWithSha1) || algorithm.StartsWith(md5);
    }

    private static int Number(ReadOnlySpan<byte> content)
    {
        int value = 0;
        foreach (byte octet in content)
            value = (value << 8) | octet;
        return value;
    }

    private static void CheckExtraCerts(ref FindingCollector found, PkiMessage message, ProtectionFamily family)
    {
        IReadOnlyList<Certificate> certificates = message.ExtraCerts;
        PkiBodyType body = message.Body.Type;
        bool isFirst = body.Begins() || body.BringsCertificates() || body is PkiBodyType.Rp or PkiBodyType.Genp;
        if (certificates.Count == 0)
        {
            if (family == ProtectionFamily.Signature && isFirst)
                found.Add(MessageRules.ExtraCertsMissing, "There are no extraCerts, and the message is signed.", message.Header.Encoded);
            else if (message.Body is CertRepMessage rep && rep.CaPubs.Count == 0 && BringsCertificate(rep))
                found.Add(MessageRules.ExtraCertsChain, "There are no extraCerts with the certificates that issued the new one.", message.Header.Encoded);
            return;
        }
        for (int i = 0; i < certificates.Count; i++)
        {
            Certificate certificate = certificates[i];
            if (!CertificateNames.TryRead(certificate.Encoded.Span, out CertificateNames names))
                found.Add(MessageRules.CertificateSyntax, $"Of extraCerts number {i + 1} is no certificate.", certificate.Encoded, message.Encoded);
            else if (i > 0 && names.IsSelfIssued && IsSelfSigned(certificate))
                found.Add(MessageRules.ExtraCertsSelfSigned, $"Of extraCerts number {i + 1} is self-signed.", certificate.Encoded, message.Encoded);
        }
        if (family != ProtectionFamily.Signature || !found.IsProfile || !CertificateNames.TryRead(certificates[0].Encoded.Span, out CertificateNames first))
            return;
        if (!IsSigner(message.Header, certificates[0], first.Subject))
        {
            found.Add(MessageRules.ExtraCertsSignerFirst, $"The first of the extraCerts, {certificates[0]}, has not the name and the key identifier of the sender.", certificates[0].Encoded, message.Encoded);
            return;
        }
        if (certificates.Count < 3 || first.IsSelfIssued || IsIssuer(certificates[1], first.Issuer))
            return;
        for (int i = 2; i < certificates.Count; i++)
        {
            if (!IsIssuer(certificates[i], first.Issuer))
                continue;
            found.Add(MessageRules.ExtraCertsOrder, "The certificate that issued the signer's does not follow it in extraCerts.", certificates[i].Encoded, message.Encoded);
            return;
        }
    }

    private static bool BringsCertificate(CertRepMessage rep)
    {
        foreach (CertResponse response in rep.Responses)
        {
            if (response.CertifiedKeyPair?.Certificate is { } certificate && CertificateNames.TryRead(certificate.Encoded.Span, out CertificateNames names) && !names.IsSelfIssued)
                return true;
        }
        return false;
    }

    private static bool IsIssuer(Certificate candidate, ReadOnlySpan<byte> issuer) =>
        CertificateNames.TryRead(candidate.Encoded.Span, out CertificateNames names) && names.Subject.SequenceEqual(issuer);

    /// <summary>Whether sender and senderKID are those of a certificate; where they lie as they should it is not taken apart for that.</summary>
    private static bool IsSigner(PkiHeader header, Certificate certificate, ReadOnlySpan<byte> subject)
    {
        if (header.Sender.DirectoryName is not { } sender)
            return true; // told as a sender of another form
        try
        {
            bool hasName = sender.IsEmpty || sender.Encoded.Span.SequenceEqual(subject) || sender.IsSameAs(certificate.Subject);
            return hasName && (header.SenderKid is not { } kid || HasKeyIdentifier(certificate.Encoded.Span, kid.Span)
                || certificate.SubjectKeyIdentifier is not { } identifier || identifier.Span.SequenceEqual(kid.Span));
        }
        catch (CmpException)
        {
            return false; // what cannot be read is nobody's
        }
    }

    private static bool HasKeyIdentifier(ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> kid)
    {
        int at = certificate.IndexOf(SubjectKeyIdentifier);
        if (at < 0 || kid.Length > 0x7D)
            return false;
        ReadOnlySpan<byte> value = certificate.Slice(at + SubjectKeyIdentifier.Length);
        return value.Length > 3 + kid.Length && value[0] == kid.Length + 2 && value[1] == 4 && value[2] == kid.Length && value.Slice(3, kid.Length).SequenceEqual(kid);
    }

    /// <summary>Of those whose names are the same: a link between two roots of one name has the identifier of another key.</summary>
    private static bool IsSelfSigned(Certificate certificate)
    {
        try
        {
            return certificate.AuthorityKeyIdentifier is not { } issuer || certificate.SubjectKeyIdentifier is not { } subject || issuer.Span.SequenceEqual(subject.Span);
        }
        catch (CmpException)
        {
            return false;
        }
    }
}
