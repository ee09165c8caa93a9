using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>What <c>-Protection</c> KemBasedMac and DhBasedMac ask of the certificates on both sides: found out before any traffic.</summary>
internal static class AgreedProtection
{
    /// <summary>Whether it is the client certificate that speaks although there is a shared secret too: it has a key of the kind that was asked for (rule 17).</summary>
    internal static bool IsByCertificate(ServerSettings settings) => settings.Protection switch
    {
        ProtectionKind.DhBasedMac => true,
        ProtectionKind.KemBasedMac => CertificateOf(settings) is { } certificate && Kem.IsSupported(certificate.PublicKey.Algorithm),
        _ => false,
    };

    /// <summary>Looks whether the settings say by what answers could be believed; no key is opened.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Protection</c>: they do not.</exception>
    internal static void Check(ServerSettings settings)
    {
        if (settings is { Protection: ProtectionKind.DhBasedMac, ServerCertificate: null })
            throw NoPeer();
        if (settings is { Protection: ProtectionKind.KemBasedMac, ServerCertificate: null } and not { TrustAnchor.Count: > 0 })
        {
            throw Unsuited(
                "Nothing is given by which answers under KemBasedMac could be believed: a key of ours proves us to the server, not it to us.",
                "Give the server's certificate with -ServerCertificate, or the CA's root with -TrustAnchor so that the server may bring it.");
        }
    }

    /// <summary>Our certificate with its key, as what the protection makes of them.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Protection</c>: the keys do not suit it; <c>CmpKey.Mismatch</c>.</exception>
    internal static CertificateCredential Credential(ServerSettings settings, Certificate certificate, PrivateKey key, IReadOnlyList<Certificate>? chain, bool ownsKey)
    {
        if (settings.Protection == ProtectionKind.DhBasedMac)
        {
            return new DhCertificate(certificate, key, settings.ServerCertificate ?? throw NoPeer(), chain, ownsKey);
        }
        if (settings.Protection == ProtectionKind.KemBasedMac && key.CanDecapsulate)
            return new KemCertificate(certificate, key, chain, ownsKey);
        if (!key.CanSign && settings.Protection != ProtectionKind.None)
        {
            throw Unsuited(
                $"The key of {certificate} cannot sign: it is {key.Algorithm}.",
                (key.CanDecapsulate ? "Use -Protection KemBasedMac" : "Use -Protection DhBasedMac with the server's certificate (-ServerCertificate)") + ", or the shared secret: -Protection PasswordBasedMac.");
        }
        return new SigningCertificate(certificate, key, chain, ownsKey);
    }

    /// <summary>Looks whether the keys of both sides go together.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Protection</c>: they do not.</exception>
    internal static void Check(ServerSettings settings, Credential? credential)
    {
        bool serverHasKem = settings.ServerCertificate is { } pin && Kem.IsSupported(pin.PublicKey.Algorithm);
        if (settings.Protection == ProtectionKind.KemBasedMac)
        {
            if (credential is not KemCertificate && settings.ServerCertificate is not null && !serverHasKem)
            {
                throw Unsuited(
                    "KemBasedMac needs a KEM key on one side: neither our certificate nor the server's has one.",
                    "Give a client certificate or a server certificate with a key of ML-KEM, or leave -ServerCertificate out so that the server may bring one.");
            }
        }
        else if (serverHasKem && credential is SigningCertificate)
        {
            throw Unsuited("The server's certificate has a KEM key, which signs no answers.", "Use -Protection KemBasedMac.");
        }
    }

    /// <summary>How KemBasedMac is made.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Algorithm</c>: a digest or MAC that it does not take.</exception>
    internal static KemMacOptions KemOptions(ServerSettings settings) => new()
    {
        Kdf = AlgorithmNames.Digest(settings.HashAlgorithm ?? "SHA256") switch
        {
            Oids.Sha384 => Oids.HkdfWithSha384,
            Oids.Sha512 => Oids.HkdfWithSha512,
            _ => Oids.HkdfWithSha256,
        },
        Mac = AlgorithmNames.Mac(settings.MacAlgorithm ?? "HMAC-SHA256"),
    };

    /// <summary>How DHBasedMac is made.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Algorithm</c>: a digest or MAC that it does not take.</exception>
    internal static DhMacOptions DhOptions(ServerSettings settings) => new()
    {
        Owf = AlgorithmNames.Digest(settings.HashAlgorithm ?? "SHA256"),
        Mac = AlgorithmNames.Mac(settings.MacAlgorithm ?? "HMAC-SHA256"),
    };

    private static Certificate? CertificateOf(ServerSettings settings) =>
        settings.ClientCertificate is { } certificate ? Certificate.From(certificate) : settings.ClientCertificateReference?.Certificate;

    private static CmpException NoPeer() => Unsuited("DhBasedMac needs the server's certificate, whose key ours agrees with.", "Give it with -ServerCertificate.");

    private static CmpException Unsuited(string message, string advice) => new(CmpErrorKind.Argument, "CmpArgument.Protection", message) { RecommendedAction = advice };
}
