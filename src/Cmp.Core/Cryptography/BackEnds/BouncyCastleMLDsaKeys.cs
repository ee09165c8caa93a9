using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Cmp.Cryptography.BackEnds;

/// <summary>ML-DSA (FIPS 204, RFC 9881): pure, with the empty context, and hedged by the system's generator.</summary>
internal sealed class BouncyCastleMLDsaKeys(ParameterSet set) : BouncyCastleKeys(set)
{
    // FIPS 204 algorithm 24: rho (32 octets), K (32 octets), tr (64 octets), …
    private const int DigestOffset = 64;
    private const int DigestBytes = 64;

    internal override Verifier Open(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key) =>
        new MLDsaVerifier(backEnd, key, MLDsaPublicKeyParameters.FromEncoding(ParametersOf(Set), key.Key.ToArray()));

    /// <summary>The library keeps the seed's array itself.</summary>
    internal override PrivateKey Generate() => Key(MLDsaPrivateKeyParameters.FromSeed(ParametersOf(Set), Secrets.Random(Set.SeedBytes)));

    private protected override PrivateKey Import(PrivateOctets octets)
    {
        if (octets.Seed is not null)
        {
            var expanded = MLDsaPrivateKeyParameters.FromSeed(ParametersOf(Set), (byte[])octets.Seed.Clone());
            if (octets.Key is null)
                return Key(expanded);
            byte[] computed = expanded.GetEncoded();
            bool same = Secrets.FixedTimeEquals(computed, octets.Key);
            Secrets.Clear(computed);
            return same ? Key(expanded) : throw Pkcs8.Malformed();
        }
        var given = MLDsaPrivateKeyParameters.FromEncoding(ParametersOf(Set), octets.Key);
        // the parts of an expanded key say the public key twice: as numbers, and as its digest
        return Digests.Compute(Oids.Shake256, given.GetPublicKeyEncoded()).AsSpan().SequenceEqual(octets.Key.AsSpan(DigestOffset, DigestBytes))
            ? Key(given)
            : throw Pkcs8.Malformed();
    }

    private static MLDsaParameters ParametersOf(ParameterSet set) => set.Oid switch
    {
        Oids.MLDsa44 => MLDsaParameters.ml_dsa_44,
        Oids.MLDsa65 => MLDsaParameters.ml_dsa_65,
        Oids.MLDsa87 => MLDsaParameters.ml_dsa_87,
        _ => throw new NotSupportedException(set.Name),
    };

    private MLDsaKey Key(MLDsaPrivateKeyParameters key) => new(Set, key);

    private sealed class MLDsaVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, MLDsaPublicKeyParameters numbers) : Verifier(backEnd, key)
    {
        public override void Dispose()
        {
        }

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
        {
            var signer = new MLDsaSigner(numbers.Parameters, deterministic: false);
            signer.Init(false, numbers);
            BouncyCastleBackEnd.Update(signer, data);
            return signer.VerifySignature(signature.ToArray());
        }
    }

    private sealed class MLDsaKey(ParameterSet set, MLDsaPrivateKeyParameters key) : BouncyCastleSetKey(set, key.GetPublicKeyEncoded())
    {
        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
        {
            var signer = new MLDsaSigner(key.Parameters, deterministic: false);
            signer.Init(true, new ParametersWithRandom(key, BouncyCastleBackEnd.Random()));
            BouncyCastleBackEnd.Update(signer, data);
            return signer.GenerateSignature();
        }

        private protected override PrivateOctets Octets() => new(key.GetSeed(), key.GetEncoded());
    }
}
