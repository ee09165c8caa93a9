using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A certification authority: a root, a CA below it that issues, and a certificate that signs messages in its name.</summary>
public sealed class CertificationAuthority : IDisposable
{
    private static readonly TimeSpan Past = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3652);

    private readonly List<PrivateKey> _keys = [];
    private readonly CertificateWriter _issuing;

    // whole or not at all: messages are answered while a root gives way to another
    private volatile Certificates _certificates;

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
            PrivateKey rootKey = NewKey(keyAlgorithm), issuingKey = IssuingKey = NewKey(keyAlgorithm);
            SignerKey = NewKey(keyAlgorithm);
            Name rootName = Name.FromCommonName(name + " Root CA"), issuingName = Name.FromCommonName(name + " Issuing CA");
            Extension authority = KeyUsageExtension(KeyUsages.KeyCertSign | KeyUsages.CrlSign);

            var root = new CertificateWriter(rootName, rootKey, AlgorithmOf(rootKey));
            Certificate rootCertificate = root.Write(new CertificateContent(rootName, rootKey.PublicKey, notBefore, notAfter, [BasicConstraints(pathLength: null), authority]));
            Certificate issuing = root.Write(new CertificateContent(issuingName, issuingKey.PublicKey, notBefore, notAfter, [BasicConstraints(pathLength: 0), authority]));
            _certificates = new Certificates(rootCertificate, rootKey, issuing, []);
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
    /// <param name="keys">The keys of the three, in this order, and perhaps that of another root; they become this object's.</param>
    /// <param name="hashAlgorithm">The digest of its signatures, where its keys take one.</param>
    /// <param name="pss">RSA keys sign by RSASSA-PSS.</param>
    /// <param name="changes">The roots that it had before, oldest first.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: a key is not that of its certificate.</exception>
    internal CertificationAuthority(Certificate root, Certificate issuing, Certificate signer, IReadOnlyList<PrivateKey> keys, string? hashAlgorithm, bool pss, IReadOnlyList<RootChange> changes)
    {
        HashAlgorithm = hashAlgorithm;
        Pss = pss;
        _keys.AddRange(keys);
        Signer = signer;
        // whoever died between the two files of a new root left the keys of both
        PrivateKey rootKey = keys.Skip(3).FirstOrDefault(key => key.PublicKey.IsSameAs(root.PublicKey)) ?? keys[0];
        _certificates = new Certificates(root, rootKey, issuing, changes);
        (IssuingKey, SignerKey) = (keys[1], keys[2]);
        rootKey.EnsureFits(root.PublicKey);
        IssuingKey.EnsureFits(issuing.PublicKey);
        SignerKey.EnsureFits(signer.PublicKey);
        _issuing = new CertificateWriter(issuing.Subject, IssuingKey, AlgorithmOf(IssuingKey));
    }

    /// <summary>The root, self-signed; the new one after <see cref="UpdateRoot"/>.</summary>
    public Certificate Root => _certificates.Root;

    /// <summary>The CA that issues, below the root; after <see cref="UpdateRoot"/> with the same key in a certificate of the new root.</summary>
    public Certificate Issuing => _certificates.Issuing;

    /// <summary>Whose key signs messages; the issuing CA says by cmcCA and cmcRA that it may (RFC 9810 4.5).</summary>
    public Certificate Signer { get; }

    internal PrivateKey RootKey => _certificates.RootKey;

    /// <summary>The roots that it had before, oldest first, each with what took its place.</summary>
    internal IReadOnlyList<RootChange> RootChanges => _certificates.Changes;

    internal PrivateKey IssuingKey { get; }

    internal PrivateKey SignerKey { get; }

    internal string? HashAlgorithm { get; }

    internal bool Pss { get; }

    /// <summary>Issues a certificate and asks nobody: what may be in it is decided before.</summary>
    /// <param name="content">What it says.</param>
    /// <returns>The certificate, with a random serial number and both key identifiers.</returns>
    public Certificate Issue(CertificateContent content) => _issuing.Write(content);

    /// <summary>Issues a certificate of the root itself, for another CA, and asks nobody.</summary>
    /// <param name="content">What it says.</param>
    /// <returns>The certificate.</returns>
    internal Certificate IssueByRoot(CertificateContent content)
    {
        Certificates now = _certificates;
        return new CertificateWriter(now.Root.Subject, now.RootKey, AlgorithmOf(now.RootKey)).Write(content);
    }

    /// <summary>How the root signs.</summary>
    internal AlgorithmIdentifier RootAlgorithm => AlgorithmOf(RootKey);

    /// <summary>How the CA that issues signs.</summary>
    internal AlgorithmIdentifier IssuingAlgorithm => AlgorithmOf(IssuingKey);

    /// <summary>
    /// Makes a root of the same name with a new key, and certificates that lead from one root to the other (RFC 9810 4.4.1). The CA that issues keeps its
    /// key and gets a certificate of the new root; who issued what stays as it is.
    /// </summary>
    /// <param name="now">The time: the new root ends ten years after the old one.</param>
    /// <param name="keep">Keeps what comes before it counts.</param>
    internal void UpdateRoot(DateTimeOffset now, Action<CertificationAuthority> keep)
    {
        Certificates before = _certificates;
        PrivateKey newKey = NewKey(KeyAlgorithm.Of(before.Root.PublicKey));
        Name name = before.Root.Subject;
        DateTimeOffset notBefore = WholeSeconds(now - Past), notAfter = WholeSeconds(before.Root.NotAfter + Lifetime);
        Extension authority = KeyUsageExtension(KeyUsages.KeyCertSign | KeyUsages.CrlSign);
        var byOld = new CertificateWriter(name, before.RootKey, AlgorithmOf(before.RootKey));
        var byNew = new CertificateWriter(name, newKey, AlgorithmOf(newKey));
        Certificate newWithNew = byNew.Write(Root(newKey, notBefore, notAfter));
        Certificate newWithOld = byOld.Write(Root(newKey, notBefore, before.Root.NotAfter));
        Certificate oldWithNew = byNew.Write(Root(before.RootKey, before.Root.NotBefore, before.Root.NotAfter));
        Certificate issuing = byNew.Write(new CertificateContent(before.Issuing.Subject, IssuingKey.PublicKey, notBefore, notAfter, [BasicConstraints(pathLength: 0), authority]));
        var change = new RootChange(before.Root, before.Issuing, new RootCaKeyUpdateContent(newWithNew, newWithOld, oldWithNew));
        _certificates = new Certificates(newWithNew, newKey, issuing, [.. before.Changes, change]);
        try
        {
            keep(this);
        }
        catch
        {
            _certificates = before;
            throw;
        }

        CertificateContent Root(PrivateKey key, DateTimeOffset from, DateTimeOffset to) => new(name, key.PublicKey, from, to, [BasicConstraints(pathLength: null), authority]);
    }

    /// <summary>The keys to keep: those of root, issuing CA and signer, and that of the root before.</summary>
    internal IReadOnlyList<PrivateKey> KeysToKeep()
    {
        Certificates now = _certificates;
        PrivateKey? last = now.Changes.Count == 0 ? null : _keys.Find(key => key.PublicKey.IsSameAs(now.Changes[now.Changes.Count - 1].Old.PublicKey));
        return last is null ? [now.RootKey, IssuingKey, SignerKey] : [now.RootKey, IssuingKey, SignerKey, last];
    }

    /// <summary>Certifies another key of the server that answers messages, in the name of its signer.</summary>
    /// <param name="key">The key.</param>
    /// <param name="usage">What it is for.</param>
    /// <param name="now">The time.</param>
    internal Certificate CertifyServer(SubjectPublicKeyInfo key, KeyUsages usage, DateTimeOffset now) => Certify(Signer.Subject, key, usage, now, Oids.CmcCA, Oids.CmcRA);

    /// <summary>Certifies a registration authority: who asks for such a certificate gets none, so whoever has one was given it by whom the server belongs to.</summary>
    /// <param name="subject">Its name.</param>
    /// <param name="key">Its key.</param>
    /// <param name="now">The time.</param>
    internal Certificate CertifyRegistrationAuthority(Name subject, SubjectPublicKeyInfo key, DateTimeOffset now) => Certify(subject, key, KeyUsages.DigitalSignature, now, Oids.CmcRA);

    /// <summary>Whether a certificate was made by <see cref="CertifyRegistrationAuthority"/>.</summary>
    internal bool IsRegistrationAuthority(Certificate certificate, CmpLimits limits) => certificate is { KeyUsage: KeyUsages.DigitalSignature, EnhancedKeyUsage: [Oids.CmcRA] }
        && certificate.Issuer.IsSameAs(Issuing.Subject)
        && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, Issuing.PublicKey, certificate.TbsCertificate, certificate.Signature, limits);

    /// <summary>Certifies a key of the server's own.</summary>
    /// <param name="subject">In whose name.</param>
    /// <param name="key">The key.</param>
    /// <param name="usage">What it is for.</param>
    /// <param name="now">The time.</param>
    /// <param name="enhanced">What it may do besides: extended key usages.</param>
    internal Certificate Certify(Name subject, SubjectPublicKeyInfo key, KeyUsages usage, DateTimeOffset now, params string[] enhanced) =>
        Issue(new CertificateContent(subject, key, WholeSeconds(now - Past), WholeSeconds(now + Lifetime), [KeyUsageExtension(usage), EnhancedKeyUsage(enhanced)]));

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

    internal static Extension BasicConstraints(int? pathLength)
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

    internal static Extension EnhancedKeyUsage(params string[] usages)
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

    private sealed record Certificates(Certificate Root, PrivateKey RootKey, Certificate Issuing, IReadOnlyList<RootChange> Changes);

    private PrivateKey NewKey(KeyAlgorithm algorithm)
    {
        PrivateKey key = PrivateKey.Generate(algorithm);
        _keys.Add(key);
        return key;
    }

    private AlgorithmIdentifier AlgorithmOf(PrivateKey key) => SignatureAlgorithms.For(key, HashAlgorithm, Pss);
}
