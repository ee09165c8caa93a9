using System;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>How RSA encrypts: by PKCS #1 v1.5, or by OAEP with its digests.</summary>
/// <param name="Digest">The digest of OAEP by its OID; <see langword="null"/>: PKCS #1 v1.5.</param>
/// <param name="MaskDigest">The digest of its mask.</param>
/// <param name="Label">What the ciphertext is bound to; empty as a rule.</param>
internal sealed record RsaEncryption(string? Digest = null, string? MaskDigest = null, ReadOnlyMemory<byte> Label = default)
{
    internal static RsaEncryption Pkcs1 { get; } = new();

    internal bool IsOaep => Digest is not null;

    /// <summary>OAEP with one digest.</summary>
    internal static RsaEncryption Oaep(string digest) => new(digest, digest);

    /// <summary>What an algorithm means.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: another one; <c>CmpMessage.Malformed</c>: its parameters do not decode.</exception>
    internal static RsaEncryption Of(AlgorithmIdentifier algorithm)
    {
        switch (algorithm.Oid)
        {
            case Oids.RsaEncryption:
                return Pkcs1;
            case Oids.RsaesOaep:
                // absent is what nobody should write, and what openssl takes for the defaults
                RsaesOaepParams parameters = algorithm.HasNoParameters ? RsaesOaepParams.Create(Oids.Sha1) : RsaesOaepParams.Decode(algorithm.Parameters!.Value);
                return new RsaEncryption(Known(parameters.HashAlgorithm), Known(parameters.MaskHashAlgorithm), parameters.Label);
            default:
                throw Digests.Unsupported($"Nothing is encrypted by {Oids.NameOf(algorithm.Oid)} here.");
        }
    }

    /// <summary>The algorithm as it stands in messages.</summary>
    internal AlgorithmIdentifier ToIdentifier() => Digest is null
        ? AlgorithmIdentifier.WithNull(Oids.RsaEncryption)
        : new AlgorithmIdentifier(Oids.RsaesOaep, new RsaesOaepParams(AlgorithmIdentifier.WithNull(Digest), AlgorithmIdentifier.WithNull(MaskDigest!), Label).Encoded);

    /// <summary>Encrypts for the owner of a key.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: the key does not encrypt; <c>CmpProtection.PublicKey</c>: it is not one of its kind, or
    /// too short for the data; <c>CmpMessage.Malformed</c>.</exception>
    internal byte[] Encrypt(SubjectPublicKeyInfo key, byte[] data)
    {
        if (key.Algorithm.Oid != Oids.RsaEncryption)
            throw Digests.Unsupported($"A key of {Oids.NameOf(key.Algorithm.Oid)} encrypts nothing.");
        int bits = RsaPublicKey.Read(key).Bits;
        if (bits > CmpLimits.Default.MaxPublicKeyBits)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"An RSA key of {bits} bits exceeds the limit of {CmpLimits.Default.MaxPublicKeyBits}.") { Octets = key.Encoded };
        try
        {
            return BackEnd.For(this).Encrypt(key, this, data);
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.PublicKey", $"The public key of {bits} bits does not encrypt {data.Length} octets: {e.Message}", e) { Octets = key.Encoded };
        }
    }

    private static string Known(AlgorithmIdentifier digest) => digest.HasNoParameters && digest.Oid is Oids.Sha1 or Oids.Sha224 or Oids.Sha256 or Oids.Sha384 or Oids.Sha512
        ? digest.Oid
        : throw Digests.Unsupported($"RSAES-OAEP with {Oids.NameOf(digest.Oid)} is not supported.");
}
