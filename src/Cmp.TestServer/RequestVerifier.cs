using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Says who sent a request: the protection is right, and who made it may ask (RFC 9483 3.5).</summary>
internal sealed class RequestVerifier
{
    private const int MaxExtraCerts = 100;

    private readonly TestServerOptions _options;
    private readonly SharedSecretMacs _macs;
    private readonly AgreedMacs _agreed;
    private readonly CertificateRegister _register;
    private readonly CertificationAuthority _authority;
    private readonly IReadOnlyList<Certificate> _clients;
    private readonly IReadOnlyList<Certificate> _clientAuthorities;

    internal RequestVerifier(TestServerOptions options, SharedSecretMacs macs, AgreedMacs agreed, CertificateRegister register, CertificationAuthority authority)
    {
        _options = options;
        _macs = macs;
        _agreed = agreed;
        _register = register;
        _authority = authority;
        _clients = options.TrustedClients.Select(Certificate.From).ToList();
        _clientAuthorities = _clients.Where(certificate => certificate.IsCA).ToList();
    }

    /// <summary>Verifies the protection of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="known">Who sent the first message of its transaction: his certificate and its chain need not be sent again (RFC 9483 3.3).</param>
    /// <param name="now">The time.</param>
    /// <returns>Who vouches for it.</returns>
    /// <exception cref="RefusalException">wrongIntegrity, badMessageCheck, badAlg, signerNotTrusted.</exception>
    internal Requester Verify(PkiMessage request, Requester? known, DateTimeOffset now)
    {
        AlgorithmIdentifier? algorithm = request.Header.ProtectionAlg;
        if (algorithm is null && request.Protection is null && _options.AllowUnprotected)
            return new Requester(ProtectionKind.None);
        if (algorithm is null && request.Protection is null)
            throw new RefusalException(MessageRules.ProtectionMissing, "The message is not protected.");
        if (algorithm is null || request.Protection is not { } protection)
            throw new RefusalException(MessageRules.ProtectionAlg);
        if (request.UnusedProtectionBits != 0)
            throw new RefusalException(MessageRules.ProtectionUnusedBits);
        ProtectionKind kind = ProtectionKinds.Of(algorithm);
        return kind switch
        {
            _ when kind.IsUnderSharedSecret() => VerifyMac(request, kind, algorithm, protection),
            ProtectionKind.Signature => VerifySignature(request, algorithm, protection, known, now),
            // its certificate was found to be trusted when the ciphertext was asked for
            ProtectionKind.KemBasedMac => Authorize(request, _agreed.VerifyKem(request, now), known, now) with { Kind = kind },
            ProtectionKind.DhBasedMac => VerifyDh(request, known, now),
            _ => throw new RefusalException(FailInfo.BadAlg, $"Protection by {Oids.NameOf(algorithm.Oid)} is not supported."),
        };
    }

    private Requester VerifyMac(PkiMessage request, ProtectionKind kind, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> protection)
    {
        PkiHeader header = request.Header;
        byte[]? commonName = header.Sender.DirectoryName?.CommonName() is { } name ? Encoding.UTF8.GetBytes(name) : null;
        ReadOnlyMemory<byte> named = header.SenderKid ?? commonName; // empty where there is neither, which no reference is
        if (!named.Span.SequenceEqual(_macs.Reference))
            throw new RefusalException(FailInfo.BadMessageCheck, "The senderKID names no secret that is known here.");
        MacOptions mac = _macs.Verify(algorithm, request.ProtectedPart, protection)
            ?? throw new RefusalException(FailInfo.BadMessageCheck, "The MAC is wrong: the secret is another one, or the message was changed.");
        return new Requester(kind) { Mac = mac };
    }

    /// <summary>The certificate of who asks for a ciphertext: the first of the extraCerts (RFC 9810 appendix E, figure 3).</summary>
    /// <exception cref="RefusalException">signerNotTrusted, badRequest.</exception>
    internal Certificate VerifyKemClient(PkiMessage request, DateTimeOffset now)
    {
        if (request.ExtraCerts.Count == 0)
            throw new RefusalException(FailInfo.BadRequest, "A KEM certificate comes in extraCerts with what asks for a ciphertext.");
        Certificate client = request.ExtraCerts[0];
        if (client.KeyUsage is { } usage && (usage & KeyUsages.KeyEncipherment) == 0)
            throw new RefusalException(FailInfo.SignerNotTrusted, "The key usage of the certificate lacks keyEncipherment.");
        Authorize(request, client, known: null, now);
        return client;
    }

    private Requester VerifyDh(PkiMessage request, Requester? known, DateTimeOffset now)
    {
        if (_agreed.DhCertificate is null)
            throw new RefusalException(FailInfo.BadAlg, "This server has no key to agree with.");
        if (request.Header.Sender.DirectoryName is not { } sender || FindSigner(request, sender, known?.Certificate) is not { } client)
            throw new RefusalException(FailInfo.BadMessageCheck, "No certificate at hand has the sender's name and key identifier.");
        MacOptions mac = _agreed.VerifyDh(request, client);
        return Authorize(request, client, known, now) with { Kind = ProtectionKind.DhBasedMac, Mac = mac };
    }

    private Requester VerifySignature(PkiMessage request, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> protection, Requester? known, DateTimeOffset now)
    {
        PkiHeader header = request.Header;
        if (header.Sender.DirectoryName is not { } sender)
            throw new RefusalException(MessageRules.HeaderSenderForm);
        Certificate signer = FindSigner(request, sender, known?.Certificate)
            ?? throw new RefusalException(FailInfo.BadMessageCheck, "No certificate at hand has the sender's name and key identifier.");
        if (_options.Strict && header.SenderKid is null && signer.SubjectKeyIdentifier is not null)
            throw new RefusalException(MessageRules.HeaderSenderKidSigner);

        AlgorithmPolicy.Default.Check(algorithm, signer.PublicKey);
        if (!SignatureAlgorithms.Verify(algorithm, signer.PublicKey, request.ProtectedPart, protection, _options.Limits))
            throw new RefusalException(FailInfo.BadMessageCheck, "The signature is wrong.");
        if (signer.KeyUsage is { } usage && (usage & KeyUsages.DigitalSignature) == 0)
            throw new RefusalException(FailInfo.SignerNotTrusted, "The key usage of the signer lacks digitalSignature.");
        return Authorize(request, signer, known, now);
    }

    private Certificate? FindSigner(PkiMessage request, Name sender, Certificate? knownSigner)
    {
        IEnumerable<Certificate> before = knownSigner is null ? [] : [knownSigner];
        foreach (Certificate candidate in request.ExtraCerts.Take(MaxExtraCerts).Concat(before).Concat(_clients))
        {
            // a nameless sender is known by its key only (RFC 9810 5.1.1)
            bool hasName = sender.IsEmpty ? request.Header.SenderKid is not null : sender.IsSameAs(candidate.Subject);
            bool hasKey = request.Header.SenderKid is not { } kid || candidate.SubjectKeyIdentifier is not { } ski || kid.Span.SequenceEqual(ski.Span);
            if (hasName && hasKey)
                return candidate;
        }
        return null;
    }

    private Requester Authorize(PkiMessage request, Certificate signer, Requester? known, DateTimeOffset now)
    {
        IReadOnlyList<Certificate> extraCerts = request.ExtraCerts;
        if (now < signer.NotBefore || now > signer.NotAfter)
            throw new RefusalException(FailInfo.SignerNotTrusted, $"The signer's certificate is valid from {signer.NotBefore:u} to {signer.NotAfter:u} only.");
        if (_register.FindIssued(signer.SerialNumber, now) is { } issued && issued.Certificate.IsSameAs(signer))
        {
            // who asks to be revoked again is told that he is (RFC 9483 5.1.3)
            if (issued.Revocation is { } revocation && request.Body.Type != PkiBodyType.Rr && known is null)
                throw new RefusalException(FailInfo.SignerNotTrusted, $"The signer's certificate is revoked since {revocation.At:u}.");
            return new Requester(ProtectionKind.Signature) { Certificate = signer, IsOurs = true };
        }
        if (!_clients.Any(signer.IsSameAs) && !_authority.IsRegistrationAuthority(signer, _options.Limits) && known?.Certificate?.IsSameAs(signer) != true)
        {
            if (_clientAuthorities.Count == 0)
                throw new RefusalException(FailInfo.SignerNotTrusted, "The signer's certificate is none that is trusted here.");
            PathBuilder.Build(signer, _clientAuthorities, extraCerts.Take(MaxExtraCerts), new PathOptions(now, AlgorithmPolicy.Default, _options.Limits));
        }
        return new Requester(ProtectionKind.Signature) { Certificate = signer, IsRegistrationAuthority = signer.EnhancedKeyUsage?.Contains(Oids.CmcRA) == true };
    }
}
