using System;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>The keys that the server has besides those of its authority. Each is made when it is first needed, for some take their time, and kept with the authority.</summary>
internal sealed class ServerKeys : IDisposable
{
    private const string EncryptionName = "encryption";
    private const string KeyGenerationName = "key-generation";

    private readonly object _lock = new();
    private readonly TestServerOptions _options;
    private readonly CertificationAuthority _authority;
    private readonly ServerState? _state;
    private readonly Func<DateTimeOffset> _clock;
    private CertifiedKey? _encryption;
    private CertifiedKey? _keyGeneration;

    /// <summary>Takes those that are kept.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: one is damaged.</exception>
    internal ServerKeys(TestServerOptions options, CertificationAuthority authority, ServerState? state, Func<DateTimeOffset> clock)
    {
        (_options, _authority, _state, _clock) = (options, authority, state, clock);
        try
        {
            _encryption = state?.ReadKey(EncryptionName);
            _keyGeneration = state?.ReadKey(KeyGenerationName);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What others encrypt to, or agree with; <see langword="null"/> where this server was told to have none.</summary>
    internal CertifiedKey? Encryption
    {
        get
        {
            if (_options.EncryptionKeyAlgorithm is not { } algorithm)
                return null;
            lock (_lock)
                return _encryption ??= Keep(EncryptionName, Make(algorithm, key => _authority.CertifyServer(key, UsageOf(key), _clock())));
        }
    }

    /// <summary>Who signs the keys that are made here (RFC 9483 4.1.6).</summary>
    internal CertifiedKey KeyGeneration
    {
        get
        {
            lock (_lock)
            {
                return _keyGeneration ??= Keep(KeyGenerationName, Make(KeyAlgorithm.Of(_authority.SignerKey.PublicKey), key => _authority.Certify(
                    Name.FromCommonName(_options.AuthorityName + " Key Generation"), key, KeyUsages.DigitalSignature, _clock(), Oids.CmKGA)));
            }
        }
    }

    /// <summary>What a key that is not for signatures is for, in a key usage: RFC 5280 4.2.1.3, for KEM keys RFC 9935 5.</summary>
    internal static KeyUsages UsageOf(SubjectPublicKeyInfo key) =>
        key.Algorithm.Oid == Oids.RsaEncryption || Kem.IsSupported(key.Algorithm) ? KeyUsages.KeyEncipherment : KeyUsages.KeyAgreement;

    /// <summary>Forgets the keys; what is kept stays.</summary>
    public void Dispose()
    {
        _encryption?.Dispose();
        _keyGeneration?.Dispose();
    }

    private static CertifiedKey Make(KeyAlgorithm algorithm, Func<SubjectPublicKeyInfo, Certificate> certify)
    {
        PrivateKey key = PrivateKey.Generate(algorithm);
        try
        {
            return new CertifiedKey(certify(key.PublicKey), key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private CertifiedKey Keep(string name, CertifiedKey key) => _state?.SaveKey(name, key) ?? key;
}
