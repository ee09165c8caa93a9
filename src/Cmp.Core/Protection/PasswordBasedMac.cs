using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>PasswordBasedMac: the key is a digest of secret and salt, applied many times (RFC 4211 4.4, RFC 9045).</summary>
internal sealed class PasswordBasedMac : SharedSecretMac
{
    private readonly PbmParameter _parameters;

    /// <summary>Takes parameters that were held against the limits.</summary>
    internal PasswordBasedMac(PbmParameter parameters)
        : this(new AlgorithmIdentifier(Oids.PasswordBasedMac, parameters.Encoded), parameters)
    {
    }

    private PasswordBasedMac(AlgorithmIdentifier algorithm, PbmParameter parameters)
        : base(algorithm, parameters.Mac) => _parameters = parameters;

    public override MacOptions Options => new PbmOptions { Owf = _parameters.Owf.Oid, Mac = Mac.Oid, Iterations = (int)_parameters.IterationCount };

    public override bool UsesSha1 => _parameters.Owf.Oid == Oids.Sha1 || Macs.IsSha1(Mac.Oid);

    private protected override string KeyName =>
        $"{Oids.PasswordBasedMac} {_parameters.Owf.Oid} {_parameters.IterationCount} {Macs.KeyLength(Mac.Oid)} {Hex.Of(_parameters.Salt.Span)}";

    public override string ToString() => $"PasswordBasedMac with {Oids.NameOf(_parameters.Owf.Oid)} and {Oids.NameOf(Mac.Oid)}";

    internal static PasswordBasedMac Of(AlgorithmIdentifier algorithm, CmpLimits limits)
    {
        if (algorithm.Parameters is not { } octets)
            throw Refused("PasswordBasedMac comes without parameters.", algorithm);
        PbmParameter pbm = PbmParameter.Decode(octets, new DecodeOptions(limits));
        BigInteger count = pbm.IterationCount;
        if (count < limits.MinPbmIterations || count > limits.MaxPbmIterations)
            throw Refused($"The iterationCount of PasswordBasedMac is {Number(count)}, outside {limits.MinPbmIterations} to {limits.MaxPbmIterations}.", algorithm);
        if (pbm.Salt.Length > limits.MaxSaltBytes)
            throw Refused($"The salt of PasswordBasedMac has {pbm.Salt.Length} octets, more than {limits.MaxSaltBytes}.", algorithm);
        if (!PbmOptions.IsOwf(pbm.Owf.Oid) || !Macs.IsSupported(pbm.Mac.Oid))
            throw Refused($"PasswordBasedMac with {Oids.NameOf(pbm.Owf.Oid)} and {Oids.NameOf(pbm.Mac.Oid)} is not supported.", algorithm);
        Macs.Check(pbm.Mac, limits);
        return new PasswordBasedMac(algorithm, pbm);
    }

    /// <summary>HMAC takes the digest whole; a key of a fixed size is cut or expanded to it (RFC 9810 5.1.3.1).</summary>
    private protected override byte[] Derive(byte[] secret)
    {
        byte[] key = PasswordBasedMacKey.Derive(secret, _parameters.Salt, _parameters.Owf.Oid, (int)_parameters.IterationCount);
        return Macs.KeyLength(Mac.Oid) is { } length ? PasswordBasedMacKey.Fit(key, _parameters.Owf.Oid, length) : key;
    }
}
