using System;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>
/// A MAC under a shared secret with all its parameters, as protectionAlg names it: our own (<see cref="MacOptions.New"/>) or one that came
/// (<see cref="Read"/>). Client and server make and verify all of them through this; each kind is a class of its own.
/// </summary>
/// <remarks>RFC 9810 5.1.3.1, RFC 9481 6.</remarks>
public abstract class SharedSecretMac
{
    private protected SharedSecretMac(AlgorithmIdentifier algorithm, AlgorithmIdentifier mac)
    {
        Algorithm = algorithm;
        Mac = mac;
    }

    /// <summary>What stands in protectionAlg.</summary>
    public AlgorithmIdentifier Algorithm { get; }

    /// <summary>How it is made: what another one like it has too.</summary>
    public abstract MacOptions Options { get; }

    /// <summary>The kind of protection.</summary>
    public ProtectionKind Kind => Options.Kind;

    /// <summary>Whether SHA-1 is in it anywhere (rule 68).</summary>
    public abstract bool UsesSha1 { get; }

    /// <summary>Whether it serves one message only, because its nonce must not come twice under a key.</summary>
    public bool IsForOneMessage => Macs.HasNonce(Mac.Oid);

    /// <summary>What is to be said of it although it is taken; <see langword="null"/>: nothing.</summary>
    public string? Finding { get; private protected init; }

    /// <summary>Another reading of the same parameters, to be tried where this one fails; <see langword="null"/> where there is only one.</summary>
    internal virtual SharedSecretMac? OtherReading => null;

    /// <summary>The algorithm that the derived key serves.</summary>
    internal AlgorithmIdentifier Mac { get; }

    /// <summary>What the derived key depends on besides the secret; <see langword="null"/> where the secret itself is the key.</summary>
    private protected abstract string? KeyName { get; }

    /// <summary>Reads the parameters of a MAC that came, and holds them against the limits: nothing is derived yet (rule 18).</summary>
    /// <param name="algorithm">The protectionAlg, of a kind that rests on a shared secret (<see cref="ProtectionKinds"/>).</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="lenient">Whether known errors of others are read as they are meant (rule 22).</param>
    /// <returns>The MAC.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: a parameter is missing, out of bounds or unknown, and the message names it; <c>CmpMessage.Malformed</c>.</exception>
    public static SharedSecretMac Read(AlgorithmIdentifier algorithm, CmpLimits limits, bool lenient = false) => ProtectionKinds.Of(algorithm) switch
    {
        ProtectionKind.PasswordBasedMac => PasswordBasedMac.Of(algorithm, limits),
        ProtectionKind.Pbmac1 => Pbmac1.Of(algorithm, limits, lenient),
        ProtectionKind.Hmac or ProtectionKind.Kmac => BareMac.Of(algorithm, limits),
        _ => throw new ArgumentException("No MAC under a shared secret.", nameof(algorithm)),
    };

    /// <summary>Reads the parameters of a MAC that came under a secret which two keys gave, and holds them against the limits: nothing is derived yet.</summary>
    /// <param name="algorithm">The protectionAlg: KemBasedMac or DHBasedMac.</param>
    /// <param name="transactionId">The transaction that the ciphertext of a KEM came in.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>The MAC.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: a parameter is missing, out of bounds or unknown, and the message names it; <c>CmpMessage.Malformed</c>.</exception>
    public static SharedSecretMac ReadAgreed(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> transactionId, CmpLimits limits) => ProtectionKinds.Of(algorithm) switch
    {
        ProtectionKind.KemBasedMac => KemBasedMac.Of(algorithm, transactionId, limits),
        ProtectionKind.DhBasedMac => DhBasedMac.Of(algorithm, limits),
        _ => throw new ArgumentException("No MAC under what keys agree on.", nameof(algorithm)),
    };

    /// <summary>Kind and algorithms.</summary>
    /// <returns>As in <c>PasswordBasedMac with sha256 and hmacWithSha256</c>.</returns>
    public override string ToString() => $"{Kind} with {Oids.NameOf(Mac.Oid)}";

    /// <summary>Computes the MAC. The derived key stays with the secret for the messages to come.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="data">Of what.</param>
    /// <returns>The MAC.</returns>
    public byte[] Compute(SharedSecret secret, ReadOnlyMemory<byte> data)
    {
        byte[] key = Key(secret);
        try
        {
            Keep(secret, key);
            return Macs.Compute(Mac, key, data);
        }
        finally
        {
            Secrets.Clear(key);
        }
    }

    /// <summary>Verifies a MAC in constant time. Only keys that proved right are kept, so that nobody else can push them out.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="data">Of what.</param>
    /// <param name="value">The MAC that came.</param>
    /// <returns>The reading of the parameters under which it is right; <see langword="null"/>: it is wrong.</returns>
    public SharedSecretMac? Verify(SharedSecret secret, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> value)
    {
        byte[] key = Key(secret);
        try
        {
            if (!Secrets.FixedTimeEquals(Macs.Compute(Mac, key, data), value.Span))
                return OtherReading?.Verify(secret, data, value);
            Keep(secret, key);
            return this;
        }
        finally
        {
            Secrets.Clear(key);
        }
    }

    /// <summary>Derives the key now, once for many messages.</summary>
    internal void Prepare(SharedSecret secret)
    {
        byte[] key = Key(secret);
        Keep(secret, key);
        Secrets.Clear(key);
    }

    /// <summary>Forgets the key.</summary>
    internal void Forget(SharedSecret secret)
    {
        if (KeyName is { } name)
            secret.Forget(name);
    }

    /// <summary>Derives the key, within the limits that were checked before.</summary>
    private protected abstract byte[] Derive(byte[] secret);

    private protected static CmpException Refused(string message, AlgorithmIdentifier algorithm) =>
        new(CmpErrorKind.Protection, "CmpProtection.Algorithm", message) { Octets = algorithm.Encoded };

    private protected static string Number(System.Numerics.BigInteger number) =>
        System.Numerics.BigInteger.Abs(number) < new System.Numerics.BigInteger(long.MaxValue) ? number.ToString() : "a number of more than 63 bits";

    /// <summary>A copy, for the caller to clear.</summary>
    private byte[] Key(SharedSecret secret) => KeyName is { } name && secret.Keys.Find(name) is { } kept ? kept : Derive(secret.Secret);

    private void Keep(SharedSecret secret, byte[] key)
    {
        // one that serves one message has a salt of its own
        if (KeyName is { } name && !IsForOneMessage)
            secret.Keys.Keep(name, key);
    }
}
