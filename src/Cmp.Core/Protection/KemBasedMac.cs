using System;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>KemBasedMac: the key is derived of a secret that was encapsulated for its user, bound to the transaction (RFC 9810 5.1.3.4).</summary>
/// <remarks>The <see cref="SharedSecret"/> that goes with it is what the KEM gave, of this one transaction.</remarks>
internal sealed class KemBasedMac : SharedSecretMac
{
    private readonly KemBMParameter _parameters;
    private readonly ReadOnlyMemory<byte> _transactionId;

    /// <summary>Takes parameters that were held against the limits.</summary>
    internal KemBasedMac(KemBMParameter parameters, ReadOnlyMemory<byte> transactionId)
        : this(new AlgorithmIdentifier(Oids.KemBasedMac, parameters.Encoded), parameters, transactionId)
    {
    }

    private KemBasedMac(AlgorithmIdentifier algorithm, KemBMParameter parameters, ReadOnlyMemory<byte> transactionId)
        : base(algorithm, parameters.Mac)
    {
        _parameters = parameters;
        _transactionId = transactionId;
    }

    public override MacOptions Options => new KemMacOptions { Kdf = _parameters.Kdf.Oid, Mac = Mac.Oid, TransactionId = _transactionId };

    public override bool UsesSha1 => Macs.IsSha1(Mac.Oid);

    private protected override string KeyName => Hex.Of(_parameters.Kdf.Encoded.Span) + _parameters.Len + Hex.Of(Context.Encoded.Span);

    private KemOtherInfo Context => new(_transactionId, _parameters.KemContext);

    public override string ToString() => $"KemBasedMac with {Oids.NameOf(_parameters.Kdf.Oid)} and {Oids.NameOf(Mac.Oid)}";

    /// <summary>Reads the parameters of a MAC that came, and holds them against the limits: nothing is derived yet.</summary>
    /// <param name="algorithm">The protectionAlg.</param>
    /// <param name="transactionId">The transaction that the ciphertext came in.</param>
    /// <param name="limits">The bounds.</param>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static KemBasedMac Of(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> transactionId, CmpLimits limits)
    {
        if (algorithm.Parameters is not { } octets)
            throw Refused("KemBasedMac comes without parameters.", algorithm);
        KemBMParameter kem = KemBMParameter.Decode(octets, new DecodeOptions(limits));
        // a short key could be guessed by who chose its length
        if (kem.Len < limits.MinDerivedKeyBytes || kem.Len > Math.Min(limits.MaxDerivedKeyBytes, KeyDerivation.MaxLength))
            throw Refused($"The len of KemBasedMac is {kem.Len}, outside {limits.MinDerivedKeyBytes} to {limits.MaxDerivedKeyBytes} octets.", algorithm);
        if (kem.KemContext is { } context && context.Length > limits.MaxSaltBytes)
            throw Refused($"The kemContext of KemBasedMac has {context.Length} octets, more than {limits.MaxSaltBytes}.", algorithm);
        Macs.Check(kem.Mac, limits);
        if (Macs.KeyLength(kem.Mac.Oid) is { } length && Macs.HasNonce(kem.Mac.Oid) && kem.Len != length)
            throw Refused($"The len of KemBasedMac is {kem.Len}, and {Oids.NameOf(kem.Mac.Oid)} takes a key of {length} octets.", algorithm);
        return new KemBasedMac(algorithm, kem, transactionId);
    }

    private protected override byte[] Derive(byte[] secret) => KeyDerivation.Derive(_parameters.Kdf, secret, _parameters.Len, Context.Encoded);
}
