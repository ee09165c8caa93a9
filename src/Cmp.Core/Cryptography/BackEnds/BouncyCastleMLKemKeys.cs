using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;

namespace Cmp.Cryptography.BackEnds;

/// <summary>ML-KEM (FIPS 203, RFC 9935).</summary>
internal sealed class BouncyCastleMLKemKeys(ParameterSet set) : BouncyCastleKeys(set)
{
    internal override KemEncapsulation Encapsulate(SubjectPublicKeyInfo key)
    {
        var encapsulator = new MLKemEncapsulator(Parameters(Set));
        // the library refuses coefficients that are not reduced (FIPS 203 7.2)
        encapsulator.Init(new ParametersWithRandom(MLKemPublicKeyParameters.FromEncoding(Parameters(Set), key.Key.ToArray()), BouncyCastleBackEnd.Random()));
        var ciphertext = new byte[encapsulator.EncapsulationLength];
        var secret = new byte[encapsulator.SecretLength];
        encapsulator.Encapsulate(ciphertext, 0, ciphertext.Length, secret, 0, secret.Length);
        return new KemEncapsulation(Set.Identifier, ciphertext, secret);
    }

    internal override PrivateKey Generate()
    {
        byte[] seed = Secrets.Random(Set.SeedBytes);
        try
        {
            return Key(MLKemPrivateKeyParameters.FromSeed(Parameters(Set), seed));
        }
        finally
        {
            Secrets.Clear(seed);
        }
    }

    private protected override PrivateKey Import(PrivateOctets octets)
    {
        // of an expanded key the library holds the digest of the public key within against the public key (FIPS 203 7.3)
        if (octets.Seed is not { } seed)
            return Key(MLKemPrivateKeyParameters.FromEncoding(Parameters(Set), octets.Key));
        MLKemPrivateKeyParameters key = MLKemPrivateKeyParameters.FromSeed(Parameters(Set), seed);
        if (octets.Key is { } stated)
        {
            byte[] expanded = key.GetEncoded();
            bool isSame = Secrets.FixedTimeEquals(expanded, stated);
            Secrets.Clear(expanded);
            if (!isSame)
                throw Pkcs8.Malformed(); // RFC 9935 8
        }
        return Key(key);
    }

    private static MLKemParameters Parameters(ParameterSet set) => set.Oid switch
    {
        Oids.MLKem512 => MLKemParameters.ml_kem_512,
        Oids.MLKem768 => MLKemParameters.ml_kem_768,
        _ => MLKemParameters.ml_kem_1024,
    };

    private MLKemKey Key(MLKemPrivateKeyParameters key) => new(Set, key);

    private sealed class MLKemKey(ParameterSet set, MLKemPrivateKeyParameters key) : BouncyCastleSetKey(set, key.GetPublicKeyEncoded())
    {
        public override bool CanDecapsulate => true;

        /// <summary>A ciphertext that was made for another key gives a secret that nobody has (FIPS 203 6.3): the MAC under it fails.</summary>
        private protected override byte[] DecapsulateCore(ReadOnlyMemory<byte> ciphertext)
        {
            var decapsulator = new MLKemDecapsulator(Parameters(Set));
            decapsulator.Init(key);
            var secret = new byte[decapsulator.SecretLength];
            decapsulator.Decapsulate(ciphertext.ToArray(), 0, ciphertext.Length, secret, 0, secret.Length);
            return secret;
        }

        private protected override PrivateOctets Octets() => new(key.GetSeed(), key.GetEncoded());
    }
}
