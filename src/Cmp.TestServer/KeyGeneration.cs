using System;
using System.Formats.Asn1;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Makes keys for those who cannot, and gives private keys away: signed by the key generation authority, for the eyes of one only (RFC 9483 4.1.6, RFC 9810 5.2.2).</summary>
internal sealed class KeyGeneration(TestServerOptions options, CertificationAuthority authority, ServerKeys keys, SharedSecretMacs macs)
{
    /// <summary>Longer ones take so long to make that they would hold up others.</summary>
    private const int LargestRsa = 4096;
    private const int DefaultRsa = 2048;
    private const int FirstVersion = 3;

    /// <summary>Decides of which kind a key is that is made for a requester: as the empty key of his template says, or the controls algId and rsaKeyLen, else as those of this authority.</summary>
    /// <exception cref="RefusalException">badAlg: of a kind that is not made here.</exception>
    internal KeyAlgorithm Decide(CertRequest request)
    {
        AlgorithmIdentifier? wanted = request.CertTemplate.PublicKey?.Algorithm
            ?? (request.FindControl(Oids.AlgId) is { } algorithm ? Controls.ReadAlgId(algorithm) : null);
        int? bits = request.FindControl(Oids.RsaKeyLen) is { } length ? Controls.ReadRsaKeyLen(length) : null;
        if (wanted?.Oid == Oids.RsaEncryption || (wanted is null && bits is not null))
            return Rsa(bits ?? DefaultRsa);
        return wanted is null ? options.KeyAlgorithm
            : KeyAlgorithm.All.FirstOrDefault(kind => kind.ToIdentifier().IsSameAs(wanted))
            ?? throw new RefusalException(FailInfo.BadAlg, $"Keys of {wanted} are not made here.");
    }

    /// <summary>Makes sure that a request for a key is one: it says so in its version, and proves nothing.</summary>
    /// <exception cref="RefusalException">badRequest, badCertTemplate.</exception>
    internal static void Check(CertReqMsg request, PkiHeader header)
    {
        if (request.Popo is not null)
            throw new RefusalException(MessageRules.TemplateCentralKey);
        if (header.Pvno < FirstVersion)
            throw new RefusalException(MessageRules.HeaderPvnoCentralKey);
    }

    /// <summary>Encrypts a private key for who asks for it: for the key that he names by protocolEncrKey, else under the secret or for the certificate that vouches for him.</summary>
    /// <param name="key">The key.</param>
    /// <param name="request">What he asks for.</param>
    /// <param name="header">Of his message: its version decides on the form.</param>
    /// <param name="requester">Who he is.</param>
    /// <returns>An EncryptedKey, whole.</returns>
    /// <exception cref="RefusalException">badRequest: nothing can be encrypted for him.</exception>
    internal ReadOnlyMemory<byte> Seal(PrivateKey key, CertRequest request, PkiHeader header, Requester requester)
    {
        SubjectPublicKeyInfo? named = request.FindControl(Oids.ProtocolEncrKey) is { } control ? Controls.ReadProtocolEncrKey(control) : null;
        byte[] content = [];
        try
        {
            // what nobody asked for comes in whatever version
            if (header.Pvno < FirstVersion && options.KeyPackageFault != KeyPackageFault.Unasked)
            {
                content = key.ExportPkcs8();
                return new EncryptedKey(EncryptedValues.Seal(content, named ?? throw Unsealable("Before pvno 3 a key is encrypted only for one that protocolEncrKey names.")) with { IntendedAlg = key.PublicKey.Algorithm }).Encoded;
            }
            (content, string type) = Package(key);
            return new EncryptedKey(Envelope.Seal(content, type, Recipient(named, request.CertReqId, requester), options.Envelope).Encoded).Encoded;
        }
        catch (CmpException e) when (e.Kind != CmpErrorKind.Store)
        {
            throw Unsealable($"The private key cannot be encrypted for its owner: {e.Message}");
        }
        finally
        {
            Secrets.Clear(content);
        }
    }

    private static KeyAlgorithm Rsa(int bits) => bits is >= DefaultRsa and <= LargestRsa && bits % 8 == 0
        ? KeyAlgorithm.Parse("RSA_" + bits.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : throw new RefusalException(FailInfo.BadAlg, $"RSA keys are made here from {DefaultRsa} to {LargestRsa} bits.");

    private (byte[] Content, string Type) Package(PrivateKey key)
    {
        using PrivateKey? other = options.KeyPackageFault == KeyPackageFault.OtherKey ? PrivateKey.Generate(key.Algorithm) : null;
        if (options.KeyPackageFault == KeyPackageFault.Unsigned)
            return (Unsigned(key), Oids.KeyPackage);
        // who signs messages has other extended key usages
        CertifiedKey? signer = options.KeyPackageFault == KeyPackageFault.NoKeyGenerationUsage ? null : keys.KeyGeneration;
        PrivateKey signerKey = signer?.Key ?? authority.SignerKey;
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(signerKey, authority.HashAlgorithm, authority.Pss);
        return (SignedKeyPackage.Create(other ?? key, signerKey, signer?.Certificate ?? authority.Signer, [authority.Issuing], algorithm), Oids.SignedData);
    }

    private static byte[] Unsigned(PrivateKey key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        byte[] octets = key.ExportPkcs8();
        try
        {
            new AsymmetricKeyPackage([octets]).Write(writer);
            return writer.Encode();
        }
        finally
        {
            writer.Reset(); // overwrites what it held
            Secrets.Clear(octets);
        }
    }

    private EnvelopeRecipient Recipient(SubjectPublicKeyInfo? named, int certReqId, Requester requester)
    {
        if (options.KeyPackageFault == KeyPackageFault.OtherRecipient)
        {
            using PrivateKey nobody = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
            return EnvelopeRecipient.Of(nobody.PublicKey, Identifier(certReqId));
        }
        return named is not null ? EnvelopeRecipient.Of(named, Identifier(certReqId))
            : requester.Kind.IsUnderSharedSecret() ? macs.Recipient()
            : requester.Certificate is { } certificate ? EnvelopeRecipient.Of(certificate)
            : throw Unsealable("Nobody vouches for the message, and protocolEncrKey names no key to encrypt to.");
    }

    /// <summary>Of a key without a certificate, as RFC 9810 5.2.8.3.3 names one.</summary>
    private static RecipientIdentifier Identifier(int certReqId)
    {
        byte[] number = new BigInteger(certReqId).ToByteArray();
        Array.Reverse(number);
        return new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, number));
    }

    private static RefusalException Unsealable(string message) => new(FailInfo.BadRequest, message);
}
