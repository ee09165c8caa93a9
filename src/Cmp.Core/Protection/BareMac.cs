using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>HMAC or KMAC with the secret itself as its key (RFC 9481 6.2).</summary>
/// <param name="algorithm">The MAC, its parameters held against the limits.</param>
internal sealed class BareMac(AlgorithmIdentifier algorithm) : SharedSecretMac(algorithm, algorithm)
{
    public override MacOptions Options => new BareMacOptions { Mac = Mac.Oid };

    public override bool UsesSha1 => Macs.IsSha1(Mac.Oid);

    private protected override string? KeyName => null;

    internal static BareMac Of(AlgorithmIdentifier algorithm, CmpLimits limits)
    {
        Macs.Check(algorithm, limits);
        return new BareMac(algorithm);
    }

    private protected override byte[] Derive(byte[] secret) => (byte[])secret.Clone();
}
