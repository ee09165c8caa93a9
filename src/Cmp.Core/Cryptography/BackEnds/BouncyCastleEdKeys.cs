using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Cmp.Cryptography.BackEnds;

/// <summary>Ed25519 and Ed448 (RFC 8032, RFC 8410): deterministic, and Ed448 with the empty context.</summary>
internal sealed class BouncyCastleEdKeys(ParameterSet set) : BouncyCastleKeys(set)
{
    internal override Verifier Open(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key)
    {
        byte[] octets = key.Key.ToArray();
        return new EdVerifier(backEnd, key, Set, Is25519(Set) ? new Ed25519PublicKeyParameters(octets) : new Ed448PublicKeyParameters(octets));
    }

    internal override PrivateKey Generate()
    {
        if (Is25519(Set))
            return Key(new Ed25519PrivateKeyParameters(BouncyCastleBackEnd.Random()));
        return Key(new Ed448PrivateKeyParameters(BouncyCastleBackEnd.Random()));
    }

    private protected override PrivateKey Import(PrivateOctets octets)
    {
        if (Is25519(Set))
            return Key(new Ed25519PrivateKeyParameters(octets.Key));
        return Key(new Ed448PrivateKeyParameters(octets.Key));
    }

    private static bool Is25519(ParameterSet set) => set.Oid == Oids.Ed25519;

    private static ISigner Signer(ParameterSet set) => Is25519(set) ? new Ed25519Signer() : new Ed448Signer([]);

    private EdKey Key(Ed25519PrivateKeyParameters key) => new(Set, key.GeneratePublicKey().GetEncoded(), key);

    private EdKey Key(Ed448PrivateKeyParameters key) => new(Set, key.GeneratePublicKey().GetEncoded(), key);

    private sealed class EdVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, ParameterSet set, AsymmetricKeyParameter point) : Verifier(backEnd, key)
    {
        public override void Dispose()
        {
        }

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
        {
            ISigner signer = Signer(set);
            signer.Init(false, point);
            BouncyCastleBackEnd.Update(signer, data);
            return signer.VerifySignature(signature.ToArray());
        }
    }

    private sealed class EdKey(ParameterSet set, byte[] publicKey, AsymmetricKeyParameter key) : BouncyCastleSetKey(set, publicKey)
    {
        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
        {
            ISigner signer = Signer(Set);
            signer.Init(true, key);
            BouncyCastleBackEnd.Update(signer, data);
            return signer.GenerateSignature();
        }

        private protected override PrivateOctets Octets() =>
            new(null, key is Ed25519PrivateKeyParameters small ? small.GetEncoded() : ((Ed448PrivateKeyParameters)key).GetEncoded());
    }
}
