using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A certification authority: a root, a CA below it that issues, and a certificate that signs messages in its name.</summary>
public sealed class CertificationAuthority : IDisposable
{
    private static readonly TimeSpan Past = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3652);

    private readonly List<PrivateKey> _keys = [];
    private readonly CertificateWriter _issuing;

    /// <summary>Makes one with new keys.</summary>
    /// <param name="keyAlgorithm">Of which kind.</param>
    /// <param name="now">The time: its certificates are valid from a day before for ten years.</param>
    /// <param name="hashAlgorithm">The digest of its signatures; <see langword="null"/>: one as strong as its keys, where they take one.</param>
    /// <param name="pss">RSA keys sign by RSASSA-PSS.</param>
    /// <param name="name">What the common names of its certificates begin with.</param>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: such keys cannot be made, or do not sign so.</exception>
    public CertificationAuthority(KeyAlgorithm keyAlgorithm, DateTimeOffset now, string? hashAlgorithm = null, bool pss = false, string name = "Cmp Test")
    {
        HashAlgorithm = hashAlgorithm ?? DefaultDigest(keyAlgorithm);
        Pss = pss;
        DateTimeOffset notBefore = WholeSeconds(now - Past), notAfter = WholeSeconds(now + Lifetime);
        try
        {
            PrivateKey rootKey = RootKey = NewKey(keyAlgorithm), issuingKey = IssuingKey = NewKey(keyAlgorithm);
            SignerKey = NewKey(keyAlgorithm);
            Name rootName = Name.FromCommonName(name + " Root CA"), issuingName = Name.FromCommonName(name + " Issuing CA");
            Extension authority = KeyUsageExtension(KeyUsages.KeyCertSign | KeyUsages.CrlSign);

            var root = new CertificateWriter(rootName, rootKey, AlgorithmOf(rootKey));
            Root = root.Write(new CertificateContent(rootName, rootKey.PublicKey, notBefore, notAfter, [BasicConstraints(pathLength: null), authority]));
            Issuing = root.Write(new CertificateContent(issuingName, issuingKey.PublicKey, notBefore, notAfter, [BasicConstraints(pathLength: 0), authority]));
            _issuing = new CertificateWriter(issuingName, issuingKey, AlgorithmOf(issuingKey));
            Signer = _issuing.Write(new CertificateContent(Name.FromCommonName(name + " Server"), SignerKey.PublicKey, notBefore, notAfter,
                [KeyUsageExtension(KeyUsages.DigitalSignature), EnhancedKeyUsage(Oids.CmcCA, Oids.CmcRA)]));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>One that was made before.</summary>
    /// <param name="root">Its root.</param>
    /// <param name="issuing">The CA that issues.</param>
    /// <param name="signer">Who signs messages.</param>
    /// <param name="keys">The keys of the three, in this order; they become this object's.</param>
    /// <param name="hashAlgorithm">The digest of its signatures, where its keys take one.</param>
    /// <param name="pss">RSA keys sign by RSASSA-PSS.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: a key is not that of its certificate.</exception>
    internal CertificationAuthority(Certificate root, Certificate issuing, Certificate signer, IReadOnlyList<PrivateKey> keys, string? hashAlgorithm, bool pss)
    {
        HashAlgorithm = hashAlgorithm;
        Pss = pss;
        _keys.AddRange(keys);
        (Root, Issuing, Signer) = (root, issuing, signer);
        (RootKey, IssuingKey, SignerKey) = (keys[0], keys[1], keys[2]);
        RootKey.EnsureFits(root.PublicKey);
        IssuingKey.EnsureFits(issuing.PublicKey);
        SignerKey.EnsureFits(signer.PublicKey);
        _issuing = new CertificateWriter(issuing.Subject, IssuingKey, AlgorithmOf(IssuingKey));
    }

    /// <summary>The root, self-signed.</summary>
    public Certificate Root { get; }

    /// <summary>The CA that issues, below the root.</summary>
    public Certificate Issuing { get; }

    /// <summary>Whose key signs messages; the issuing CA says by cmcCA and cmcRA that it may (RFC 9810 4.5).</summary>
    public Certificate Signer { get; }

    internal PrivateKey RootKey { get; }

    internal PrivateKey IssuingKey { get; }

    internal PrivateKey SignerKey { get; }

    internal string? HashAlgorithm { get; }

    internal bool Pss { get; }

    /// <summary>Issues a certificate and asks nobody: what may be in it is decided before.</summary>
    /// <param name="content">What it says.</param>
    /// <returns>The certificate, with a random serial number and both key identifiers.</returns>
    public Certificate Issue(CertificateContent content) => _issuing.Write(content);

    /// <summary>Forgets the keys.</summary>
    public void Dispose()
    {
        foreach (PrivateKey key in _keys)
            key.Dispose();
    }

    /// <summary>Times in certificates have no fractions (RFC 5280 4.1.2.5).</summary>
    internal static DateTimeOffset WholeSeconds(DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond));
    }

    internal static Extension KeyUsageExtension(KeyUsages usages)
    {
        // bits 0 to 7 stand in one octet from its highest down; none here needs the second
        byte bits = 0;
        int unused = 7;
        for (int i = 0; i < 8; i++)
        {
            if (((int)usages & (1 << i)) == 0)
                continue;
            bits |= (byte)(0x80 >> i);
            unused = 7 - i;
        }
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteBitString([bits], unused);
        return new Extension(Oids.KeyUsage, true, writer.Encode());
    }

    private static Extension BasicConstraints(int? pathLength)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteBoolean(true);
            if (pathLength is { } length)
                writer.WriteInteger(length);
        }
        return new Extension(Oids.BasicConstraints, true, writer.Encode());
    }

    private static Extension EnhancedKeyUsage(params string[] usages)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string usage in usages)
                writer.WriteObjectIdentifier(usage);
        }
        return new Extension(Oids.ExtendedKeyUsage, false, writer.Encode());
    }

    private static string? DefaultDigest(KeyAlgorithm algorithm) => algorithm.Name switch
    {
        "ECDSA_P384" or "ECDSA_brainpoolP384r1" => "SHA384",
        "ECDSA_P521" or "ECDSA_brainpoolP512r1" => "SHA512",
        _ => algorithm.TakesDigest ? "SHA256" : null,
    };

    private PrivateKey NewKey(KeyAlgorithm algorithm)
    {
        PrivateKey key = PrivateKey.Generate(algorithm);
        _keys.Add(key);
        return key;
    }

    private AlgorithmIdentifier AlgorithmOf(PrivateKey key) => SignatureAlgorithms.For(key, HashAlgorithm, Pss);
}
