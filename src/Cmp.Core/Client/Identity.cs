using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Who we are to a server: a credential, and how it protects our messages.</summary>
internal sealed class Identity : IDisposable
{
    private Identity(Credential? credential, MessageProtector protector)
    {
        Credential = credential;
        Protector = protector;
    }

    /// <summary>Nobody, who has nothing more to say.</summary>
    internal static Identity Nobody { get; } = new(null, MessageProtector.None(null));

    /// <summary>The credential; <see langword="null"/> where there is none and no protection was asked for.</summary>
    internal Credential? Credential { get; }

    /// <summary>Protects by it.</summary>
    internal MessageProtector Protector { get; }

    /// <summary>Opens the credential that settings name; of two the shared secret, unless they want signatures (rule 17).</summary>
    /// <exception cref="CmpException"><c>CmpArgument.NoCredential</c>, <c>CmpArgument.Algorithm</c>, <c>CmpKey.…</c>.</exception>
    internal static Identity Open(ServerSettings settings)
    {
        Credential? credential = OpenCredential(settings);
        try
        {
            AgreedProtection.Check(settings, credential);
            return new Identity(credential, MakeProtector(settings, credential));
        }
        catch
        {
            credential?.Dispose();
            throw;
        }
    }

    /// <summary>Forgets the secret and what was derived of it, or lets go of the key.</summary>
    public void Dispose()
    {
        Protector.Dispose();
        Credential?.Dispose();
    }

    private static Credential? OpenCredential(ServerSettings settings)
    {
        if (settings.Secret is { } secret && settings.Protection is not ProtectionKind.Signature && !AgreedProtection.IsByCertificate(settings))
            return Checked(settings.DecodeUserIds!.Value ? secret.OpenAsUserId() : secret.Open(), settings);
        if (settings.Protection?.IsUnderSharedSecret() == true)
            return null;
        if (settings.ClientCertificate is { } certificate)
        {
            PrivateKey? key = settings.ClientKey ?? PrivateKey.Of(certificate);
            return key is null
                ? throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "The client certificate has no private key.")
                {
                    RecommendedAction = "Name its key with -ClientKeyPath, or give a certificate that has one.",
                }
                : AgreedProtection.Credential(settings, Certificate.From(certificate), key, settings.ClientChain, ownsKey: settings.ClientKey is null);
        }
        if (settings.ClientCertificateReference is not { } reference)
            return null;
        FoundCertificate found = reference.OpenWith(settings.ClientKeyPassword);
        return AgreedProtection.Credential(settings, reference.Certificate, found.Key!, settings.ClientChain is { Count: > 0 } chain ? chain : [.. found.Chain.Select(Certificate.From)], ownsKey: true);
    }

    /// <summary>What the kind of server asks of a reference is found out before any traffic.</summary>
    private static SharedSecret Checked(SharedSecret secret, ServerSettings settings)
    {
        int length = secret.Reference.Length;
        if (length >= (settings.MinReferenceBytes ?? 0) && length <= (settings.MaxReferenceBytes ?? int.MaxValue))
            return secret;
        secret.Dispose();
        string server = settings.Preset is { } preset ? $"a server of the preset {PeerText.Escape(preset)}" : "the server";
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Reference", length == 0
            ? $"A secret for {server} comes with a reference by which it is found."
            : $"A reference for {server} has {settings.MinReferenceBytes ?? 0} to {settings.MaxReferenceBytes} octets, this one has {length}.")
        {
            RecommendedAction = "Give the reference value as the user name of -Credential.",
        };
    }

    private static MessageProtector MakeProtector(ServerSettings settings, Credential? credential)
    {
        if (settings.Protection is ProtectionKind.None)
            return MessageProtector.None(credential);
        return credential switch
        {
            SharedSecret secret => MessageProtector.Mac(secret, MacOptions(settings)),
            // what protects comes with the ciphertext, for each transaction
            KemCertificate => MessageProtector.None(credential),
            DhCertificate dh => MessageProtector.DhBasedMac(dh, AgreedProtection.DhOptions(settings)),
            SigningCertificate signer => MessageProtector.Signature(signer, settings.HashAlgorithm, settings.RsaPadding == RsaPadding.Pss),
            _ => throw NoCredential(settings.Protection),
        };
    }

    private static CmpException NoCredential(ProtectionKind? wanted) => wanted switch
    {
        ProtectionKind.Signature => NoCredential("A signature was asked for, and there is no certificate to sign with.", "Give -ClientCertificate with its key, or leave -Protection out to protect by the shared secret."),
        ProtectionKind.KemBasedMac or ProtectionKind.DhBasedMac => NoCredential($"Protection by {wanted} needs a client certificate whose key is for it.", "Give -ClientCertificate with -ClientKeyPath."),
        { } kind => NoCredential($"Protection by {kind} needs a shared secret, and there is none.", "Give -Credential (reference and secret), or -Protection Signature with -ClientCertificate."),
        null => NoCredential("There is nothing to protect the request with.", "Give -Credential (reference and secret) or -ClientCertificate; -Protection None asks for no protection on purpose."),
    };

    private static CmpException NoCredential(string message, string advice) => new(CmpErrorKind.Argument, "CmpArgument.NoCredential", message) { RecommendedAction = advice };

    /// <summary>How a MAC under the shared secret is made. Digest, MAC and iterations mean what the kind of protection makes of them.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Algorithm</c>: the kind does not take the MAC.</exception>
    internal static MacOptions MacOptions(ServerSettings settings) => settings.Protection switch
    {
        ProtectionKind.Pbmac1 => new Pbmac1Options
        {
            Prf = AlgorithmNames.Hmac(settings.HashAlgorithm ?? "SHA256"),
            Mac = AlgorithmNames.Mac(settings.MacAlgorithm ?? "HMAC-SHA256"),
            Iterations = settings.IterationCount ?? new Pbmac1Options().Iterations,
        },
        ProtectionKind.Hmac => Bare(settings.MacAlgorithm is { } mac ? AlgorithmNames.Mac(mac) : AlgorithmNames.Hmac(settings.HashAlgorithm ?? "SHA256"), ProtectionKind.Hmac),
        ProtectionKind.Kmac => Bare(AlgorithmNames.Mac(settings.MacAlgorithm ?? "KMAC256"), ProtectionKind.Kmac),
        _ => new PbmOptions
        {
            Owf = AlgorithmNames.Digest(settings.HashAlgorithm ?? settings.MacHashAlgorithm ?? "SHA256"),
            Mac = AlgorithmNames.Mac(settings.MacAlgorithm ?? "HMAC-SHA256"),
            Iterations = settings.IterationCount ?? new PbmOptions().Iterations,
            SaltLength = settings.SaltBytes!.Value,
        },
    };

    /// <summary>How the MAC over a public key is made: as that of messages, but its key is always derived (RFC 4211 4.1, RFC 9045 3).</summary>
    internal static MacOptions PublicKeyMacOptions(ServerSettings settings) => MacOptions(settings) is var options and not BareMacOptions ? options : new PbmOptions();

    private static BareMacOptions Bare(string mac, ProtectionKind kind)
    {
        var options = new BareMacOptions { Mac = mac };
        return options.Kind == kind && !Macs.HasNonce(mac)
            ? options
            : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Algorithm", $"Protection by {kind} does not take the MAC {Messages.Asn1.Oids.NameOf(mac)}.")
            {
                RecommendedAction = kind == ProtectionKind.Hmac ? "Name HMAC-SHA256, HMAC-SHA384 or HMAC-SHA512 with -MacAlgorithm." : "Name KMAC128 or KMAC256 with -MacAlgorithm.",
            };
    }
}
