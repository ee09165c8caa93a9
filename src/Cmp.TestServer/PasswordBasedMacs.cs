using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Verifies and makes MACs under the shared secret. Keys that served once are kept: thousands of requests under one salt cost one derivation.</summary>
/// <remarks>RFC 4211 4.4, RFC 9045.</remarks>
internal sealed class PasswordBasedMacs : IDisposable
{
    private const int KeptKeys = 256;
    private const int KeptProtectors = 64;

    private static readonly HashSet<string> OneWayFunctions = [Oids.Sha1, Oids.Sha224, Oids.Sha256, Oids.Sha384, Oids.Sha512];

    private readonly byte[] _secret;
    private readonly SharedSecret _shared;
    private readonly CmpLimits _limits;
    private readonly bool _allowSha1;
    private readonly ConcurrentDictionary<string, byte[]> _keys = new();
    private readonly ConcurrentDictionary<PbmOptions, MessageProtector> _protectors = new();

    /// <summary>Takes a secret.</summary>
    /// <param name="reference">What names it.</param>
    /// <param name="secret">Its octets; this object owns and clears them.</param>
    /// <param name="limits">Bounds that hold before any derivation (rule 18).</param>
    /// <param name="allowSha1">Whether SHA-1 and HMAC-SHA1 will do, which OpenSSL's client uses by default.</param>
    internal PasswordBasedMacs(string reference, byte[] secret, CmpLimits limits, bool allowSha1)
    {
        _secret = secret;
        Reference = Encoding.UTF8.GetBytes(reference);
        _shared = new SharedSecret(Reference, (byte[])secret.Clone());
        _limits = limits;
        _allowSha1 = allowSha1;
    }

    /// <summary>The reference value as octets.</summary>
    internal byte[] Reference { get; }

    /// <summary>Verifies a MAC.</summary>
    /// <param name="algorithm">PasswordBasedMac with its parameters.</param>
    /// <param name="data">What it is computed over.</param>
    /// <param name="mac">The MAC.</param>
    /// <returns>How it was made; <see langword="null"/> where it is wrong.</returns>
    /// <exception cref="RefusalException">badAlg: parameters that are not taken here.</exception>
    internal PbmOptions? Verify(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> mac)
    {
        if (algorithm.Parameters is not { } octets)
            throw new RefusalException(FailInfo.BadAlg, "PasswordBasedMac comes without parameters.");
        PbmParameter parameters = PbmParameter.Decode(octets, new DecodeOptions(_limits));
        Check(parameters);
        string name = $"{parameters.Owf.Oid} {parameters.IterationCount} {Hex.Of(parameters.Salt.Span)}";
        bool kept = _keys.TryGetValue(name, out byte[]? key);
        key ??= PasswordBasedMacKey.Derive(_secret, parameters.Salt, parameters.Owf.Oid, (int)parameters.IterationCount);
        if (!Secrets.FixedTimeEquals(Macs.Compute(parameters.Mac, key, data), mac.Span))
            return null;
        // only keys of who knows the secret are kept, so that nobody else can push them out
        if (!kept)
        {
            if (_keys.Count >= KeptKeys)
                _keys.Clear();
            _keys.TryAdd(name, key);
        }
        return new PbmOptions { Owf = parameters.Owf.Oid, Mac = parameters.Mac.Oid, Iterations = (int)parameters.IterationCount };
    }

    /// <summary>Protects as a request was protected, under a salt of our own.</summary>
    /// <param name="options">How the request's MAC was made; what is strong by default where the requester is not known to have the secret.</param>
    /// <returns>A protector.</returns>
    internal MessageProtector Protector(PbmOptions options)
    {
        if (_protectors.TryGetValue(options, out MessageProtector? kept))
            return kept;
        if (_protectors.Count >= KeptProtectors)
            _protectors.Clear();
        return _protectors.GetOrAdd(options, MessageProtector.PasswordBasedMac(_shared, options));
    }

    public void Dispose()
    {
        Secrets.Clear(_secret);
        _shared.Dispose();
        foreach (MessageProtector protector in _protectors.Values)
            protector.Dispose();
        foreach (byte[] key in _keys.Values)
            Secrets.Clear(key);
    }

    private void Check(PbmParameter parameters)
    {
        if (parameters.IterationCount < _limits.MinPbmIterations || parameters.IterationCount > _limits.MaxPbmIterations)
            throw new RefusalException(FailInfo.BadAlg, $"The iterationCount of PasswordBasedMac is outside {_limits.MinPbmIterations} to {_limits.MaxPbmIterations}.");
        if (parameters.Salt.Length > _limits.MaxSaltBytes)
            throw new RefusalException(FailInfo.BadAlg, $"The salt of PasswordBasedMac has more than {_limits.MaxSaltBytes} octets.");
        if (!OneWayFunctions.Contains(parameters.Owf.Oid) || !Macs.IsSupported(parameters.Mac.Oid))
            throw new RefusalException(FailInfo.BadAlg, $"PasswordBasedMac with {Oids.NameOf(parameters.Owf.Oid)} and {Oids.NameOf(parameters.Mac.Oid)} is not supported.");
        if (!_allowSha1 && (parameters.Owf.Oid == Oids.Sha1 || parameters.Mac.Oid is Oids.HmacSha1 or Oids.HmacWithSha1))
            throw new RefusalException(FailInfo.BadAlg, "PasswordBasedMac with SHA-1 is not accepted here (RFC 9045).");
    }
}
