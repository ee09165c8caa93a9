using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>DHBasedMac: the key is a digest of the secret that two certificates' keys agree on (RFC 9810 5.1.3.2).</summary>
internal sealed class DhBasedMac : SharedSecretMac
{
    private readonly DhbmParameter _parameters;

    /// <summary>Takes parameters that were held against the limits.</summary>
    internal DhBasedMac(DhbmParameter parameters)
        : this(new AlgorithmIdentifier(Oids.DhBasedMac, parameters.Encoded), parameters)
    {
    }

    private DhBasedMac(AlgorithmIdentifier algorithm, DhbmParameter parameters)
        : base(algorithm, parameters.Mac) => _parameters = parameters;

    public override MacOptions Options => new DhMacOptions { Owf = _parameters.Owf.Oid, Mac = Mac.Oid };

    public override bool UsesSha1 => _parameters.Owf.Oid == Oids.Sha1 || Macs.IsSha1(Mac.Oid);

    private protected override string KeyName => $"{Oids.DhBasedMac} {_parameters.Owf.Oid} {Macs.KeyLength(Mac.Oid)}";

    public override string ToString() => $"DHBasedMac with {Oids.NameOf(_parameters.Owf.Oid)} and {Oids.NameOf(Mac.Oid)}";

    /// <summary>Reads the parameters of a MAC that came, and holds them against the limits.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static DhBasedMac Of(AlgorithmIdentifier algorithm, CmpLimits limits)
    {
        if (algorithm.Parameters is not { } octets)
            throw Refused("DHBasedMac comes without parameters.", algorithm);
        DhbmParameter dh = DhbmParameter.Decode(octets, new DecodeOptions(limits));
        if (!PbmOptions.IsOwf(dh.Owf.Oid) || !dh.Owf.HasNoParameters || !Macs.IsSupported(dh.Mac.Oid))
            throw Refused($"DHBasedMac with {Oids.NameOf(dh.Owf.Oid)} and {Oids.NameOf(dh.Mac.Oid)} is not supported.", algorithm);
        Macs.Check(dh.Mac, limits);
        return new DhBasedMac(algorithm, dh);
    }

    /// <summary>HMAC takes BASEKEY whole; a key of a fixed size is cut or expanded to it, as for PasswordBasedMac.</summary>
    private protected override byte[] Derive(byte[] secret)
    {
        byte[] key = Digests.Compute(_parameters.Owf.Oid, secret);
        return Macs.KeyLength(Mac.Oid) is { } length ? PasswordBasedMacKey.Fit(key, _parameters.Owf.Oid, length) : key;
    }
}
