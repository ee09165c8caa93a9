using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Cmp.Cryptography.BackEnds;

/// <summary>SLH-DSA (FIPS 205, RFC 9909): pure, with the empty context, and hedged by the system's generator.</summary>
internal sealed class BouncyCastleSlhDsaKeys(ParameterSet set) : BouncyCastleKeys(set)
{
    internal override Verifier Open(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key) =>
        new SlhDsaVerifier(backEnd, key, SlhDsaPublicKeyParameters.FromEncoding(ParametersOf(Set), key.Key.ToArray()));

    internal override PrivateKey Generate()
    {
        var generator = new SlhDsaKeyPairGenerator();
        generator.Init(new SlhDsaKeyGenerationParameters(BouncyCastleBackEnd.Random(), ParametersOf(Set)));
        return new SlhDsaKey(Set, (SlhDsaPrivateKeyParameters)generator.GenerateKeyPair().Private);
    }

    /// <summary>Whether the public half is that of the seed takes as long as making a key: a key that becomes a credential signs a probe (rule 19).</summary>
    private protected override PrivateKey Import(PrivateOctets octets) =>
        new SlhDsaKey(Set, SlhDsaPrivateKeyParameters.FromEncoding(ParametersOf(Set), octets.Key));

    private static SlhDsaParameters ParametersOf(ParameterSet set) => set.Oid switch
    {
        Oids.SlhDsaSha2128s => SlhDsaParameters.slh_dsa_sha2_128s,
        Oids.SlhDsaSha2128f => SlhDsaParameters.slh_dsa_sha2_128f,
        Oids.SlhDsaSha2192s => SlhDsaParameters.slh_dsa_sha2_192s,
        Oids.SlhDsaSha2192f => SlhDsaParameters.slh_dsa_sha2_192f,
        Oids.SlhDsaSha2256s => SlhDsaParameters.slh_dsa_sha2_256s,
        Oids.SlhDsaSha2256f => SlhDsaParameters.slh_dsa_sha2_256f,
        Oids.SlhDsaShake128s => SlhDsaParameters.slh_dsa_shake_128s,
        Oids.SlhDsaShake128f => SlhDsaParameters.slh_dsa_shake_128f,
        Oids.SlhDsaShake192s => SlhDsaParameters.slh_dsa_shake_192s,
        Oids.SlhDsaShake192f => SlhDsaParameters.slh_dsa_shake_192f,
        Oids.SlhDsaShake256s => SlhDsaParameters.slh_dsa_shake_256s,
        Oids.SlhDsaShake256f => SlhDsaParameters.slh_dsa_shake_256f,
        _ => throw new NotSupportedException(set.Name),
    };

    private sealed class SlhDsaVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, SlhDsaPublicKeyParameters roots) : Verifier(backEnd, key)
    {
        public override void Dispose()
        {
        }

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
        {
            var signer = new SlhDsaSigner(roots.Parameters, deterministic: false);
            signer.Init(false, roots);
            BouncyCastleBackEnd.Update(signer, data);
            return signer.VerifySignature(signature.ToArray());
        }
    }

    private sealed class SlhDsaKey(ParameterSet set, SlhDsaPrivateKeyParameters key) : BouncyCastleSetKey(set, key.GetPublicKeyEncoded())
    {
        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
        {
            var signer = new SlhDsaSigner(key.Parameters, deterministic: false);
            signer.Init(true, new ParametersWithRandom(key, BouncyCastleBackEnd.Random()));
            BouncyCastleBackEnd.Update(signer, data);
            return signer.GenerateSignature();
        }

        private protected override PrivateOctets Octets() => new(null, key.GetEncoded());
    }
}
