using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Parameters;

namespace Cmp.Cryptography.BackEnds;

/// <summary>X25519 and X448 (RFC 7748, RFC 8410).</summary>
internal sealed class BouncyCastleXKeys(ParameterSet set) : BouncyCastleKeys(set)
{
    internal override PrivateKey Generate()
    {
        if (Is25519(Set))
            return Key(new X25519PrivateKeyParameters(BouncyCastleBackEnd.Random()));
        return Key(new X448PrivateKeyParameters(BouncyCastleBackEnd.Random()));
    }

    private protected override PrivateKey Import(PrivateOctets octets)
    {
        if (Is25519(Set))
            return Key(new X25519PrivateKeyParameters(octets.Key));
        return Key(new X448PrivateKeyParameters(octets.Key));
    }

    private static bool Is25519(ParameterSet set) => set.Oid == Oids.X25519;

    private XKey Key(X25519PrivateKeyParameters key) => new(Set, key.GeneratePublicKey().GetEncoded(), key);

    private XKey Key(X448PrivateKeyParameters key) => new(Set, key.GeneratePublicKey().GetEncoded(), key);

    private sealed class XKey(ParameterSet set, byte[] publicKey, AsymmetricKeyParameter key) : BouncyCastleSetKey(set, publicKey)
    {
        public override bool CanAgree => true;

        /// <summary>The library throws where the peer's point has a small order and the secret would be zero (RFC 7748 6).</summary>
        private protected override byte[] AgreeCore(SubjectPublicKeyInfo peer)
        {
            Set.Check(peer);
            byte[] point = peer.Key.ToArray();
            bool small = Is25519(Set);
            IRawAgreement agreement = small ? new X25519Agreement() : new X448Agreement();
            agreement.Init(key);
            var secret = new byte[agreement.AgreementSize];
            agreement.CalculateAgreement(small ? new X25519PublicKeyParameters(point) : new X448PublicKeyParameters(point), secret, 0);
            return secret;
        }

        private protected override PrivateOctets Octets() =>
            new(null, key is X25519PrivateKeyParameters small ? small.GetEncoded() : ((X448PrivateKeyParameters)key).GetEncoded());
    }
}
