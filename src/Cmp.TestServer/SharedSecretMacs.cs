using System;
using System.Collections.Concurrent;
using System.Text;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Verifies and makes MACs under the shared secret. Keys that served once are kept: thousands of requests under one salt cost one derivation.</summary>
/// <remarks>RFC 9810 5.1.3.1, RFC 9481 6.</remarks>
internal sealed class SharedSecretMacs : IDisposable
{
    private const int KeptProtectors = 64;

    private readonly SharedSecret _secret;
    private readonly byte[] _octets;
    private readonly CmpLimits _limits;
    private readonly bool _allowSha1;
    private readonly ConcurrentDictionary<MacOptions, MessageProtector> _protectors = new();

    /// <summary>Takes a secret.</summary>
    /// <param name="reference">What names it.</param>
    /// <param name="secret">Its octets; this object owns and clears them.</param>
    /// <param name="limits">Bounds that hold before any derivation (rule 18).</param>
    /// <param name="allowSha1">Whether SHA-1 and HMAC-SHA1 will do, which OpenSSL's client uses by default.</param>
    internal SharedSecretMacs(string reference, byte[] secret, CmpLimits limits, bool allowSha1)
    {
        Reference = Encoding.UTF8.GetBytes(reference);
        _octets = secret;
        _secret = new SharedSecret(Reference, secret);
        _limits = limits;
        _allowSha1 = allowSha1;
    }

    /// <summary>The reference value as octets.</summary>
    internal byte[] Reference { get; }

    /// <summary>Verifies a MAC.</summary>
    /// <param name="algorithm">A MAC under a shared secret, with its parameters.</param>
    /// <param name="data">What it is computed over.</param>
    /// <param name="value">The MAC.</param>
    /// <returns>How it was made; <see langword="null"/> where it is wrong.</returns>
    /// <exception cref="RefusalException">badAlg: what is not taken here.</exception>
    /// <exception cref="CmpException">Parameters that are missing, out of bounds or unknown.</exception>
    internal MacOptions? Verify(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> value)
    {
        SharedSecretMac mac = SharedSecretMac.Read(algorithm, _limits);
        if (mac.UsesSha1 && !_allowSha1)
            throw new RefusalException(MessageRules.MacSha1, $"{mac} is not accepted here.");
        return mac.Verify(_secret, data, value)?.Options;
    }

    /// <summary>Protects as a request was protected, under a salt of our own.</summary>
    /// <param name="options">How the request's MAC was made; what is strong by default where the requester is not known to have the secret.</param>
    /// <returns>A protector.</returns>
    internal MessageProtector Protector(MacOptions options)
    {
        if (_protectors.TryGetValue(options, out MessageProtector? kept))
            return kept;
        if (_protectors.Count >= KeptProtectors)
            _protectors.Clear();
        return _protectors.GetOrAdd(options, MessageProtector.Mac(_secret, options));
    }

    /// <summary>Whoever has the secret, as one that something is encrypted for: with salts of their own (RFC 9483 4.1.6.3).</summary>
    internal EnvelopeRecipient Recipient() => EnvelopeRecipient.OfPassword(_octets);

    public void Dispose()
    {
        foreach (MessageProtector protector in _protectors.Values)
            protector.Dispose();
        _secret.Dispose();
    }
}
