using System;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Math;

namespace Cmp.Cryptography.BackEnds;

/// <summary>A private key of finite-field Diffie-Hellman in memory (RFC 2631, PKCS #3). Such keys are used, never made.</summary>
internal sealed class BouncyCastleDhKey : PrivateKey
{
    private readonly DhGroup _group;
    private readonly byte[] _number;

    private BouncyCastleDhKey(DhGroup group, byte[] number, SubjectPublicKeyInfo publicKey)
        : base(publicKey)
    {
        _group = group;
        _number = number;
    }

    public override bool CanSign => false;

    public override bool CanAgree => true;

    public override bool CanBeAttached => false;

    public override bool Exportable => true;

    public override void Dispose() => Secrets.Clear(_number);

    /// <summary>Opens what PKCS #8 has within, the private number.</summary>
    internal static BouncyCastleDhKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey)
    {
        DhGroup group = DhGroup.Read(algorithm);
        // whoever gave the octets clears them
        algorithm = new AlgorithmIdentifier(algorithm.Oid, algorithm.Parameters!.Value.ToArray());
        byte[] number = Pkcs8.Decode(privateKey, (ref Asn1Reader reader) => reader.ReadIntegerContent().ToArray());
        BigInteger p = Number(group.P), x = new(number);
        BigInteger order = group.Q is { } q ? Number(q) : p.ShiftRight(1);
        // without its order a group is only known to have no small subgroups where p is a safe prime
        if (x.SignValue < 1 || x.CompareTo(p) >= 0 || (group.Q is null && !order.IsProbablePrime(40)) || (group.Q is not null && !Number(group.G).ModPow(order, p).Equals(BigInteger.One)))
        {
            Secrets.Clear(number);
            throw Pkcs8.Malformed();
        }
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteIntegerUnsigned(Integers.Trim(Number(group.G).ModPow(x, p).ToByteArrayUnsigned()));
        return new BouncyCastleDhKey(group, number, new SubjectPublicKeyInfo(algorithm, writer.Encode()));
    }

    internal override bool CanUse(SignatureScheme scheme) => false;

    private protected override bool IsOfMyGroup(SubjectPublicKeyInfo peer) =>
        peer.Algorithm.Oid is Oids.DhPublicNumber or Oids.DhKeyAgreement && _group.IsSameAs(DhGroup.Read(peer.Algorithm));

    /// <summary>The secret is as long as the prime (RFC 2631 2.1.2).</summary>
    private protected override byte[] AgreeCore(SubjectPublicKeyInfo peer)
    {
        System.Numerics.BigInteger theirs = DhGroup.ReadPublic(peer);
        if (!_group.Holds(theirs))
            throw new ArgumentException("the number is outside the group");
        return Integers.Pad(Number(theirs).ModPow(new BigInteger(_number), Number(_group.P)).ToByteArrayUnsigned(), _group.Bytes)!;
    }

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

    private protected override byte[] ExportCore()
    {
        byte[] integer = Pkcs8.Encode(_number.Length + 8, writer => writer.WriteInteger(_number));
        try
        {
            return Pkcs8.Write(PublicKey.Algorithm, integer);
        }
        finally
        {
            Secrets.Clear(integer);
        }
    }

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => throw new NotSupportedException();

    private static BigInteger Number(System.Numerics.BigInteger number)
    {
        byte[] octets = number.ToByteArray();
        Array.Reverse(octets);
        return new BigInteger(octets);
    }
}
