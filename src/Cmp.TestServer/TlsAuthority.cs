using System;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>
/// Who vouches for the server's TLS: a root of its own, which says nothing about messages (rule 59), with a key that every TLS library takes, be the keys
/// of the certification authority of whatever kind.
/// </summary>
internal sealed class TlsAuthority : IDisposable
{
    private static readonly TimeSpan Past = TimeSpan.FromDays(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3652);

    /// <summary>Some TLS clients take no certificate that is valid for longer.</summary>
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(365);

    private readonly CertificateWriter _writer;

    /// <summary>One that was made before.</summary>
    /// <param name="root">Its root.</param>
    /// <param name="key">The key of that; it becomes this object's.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: the key is not that of the root.</exception>
    internal TlsAuthority(Certificate root, PrivateKey key)
    {
        key.EnsureFits(root.PublicKey);
        (Root, Key) = (root, key);
        _writer = Writer(root.Subject, key);
    }

    /// <summary>What clients trust.</summary>
    internal Certificate Root { get; }

    /// <summary>Its key, to be kept.</summary>
    internal PrivateKey Key { get; }

    /// <summary>Makes one.</summary>
    /// <param name="now">The time of this machine, which TLS clients go by.</param>
    /// <param name="name">What its common name begins with.</param>
    /// <returns>The authority, which the caller disposes of.</returns>
    internal static TlsAuthority Make(DateTimeOffset now, string name)
    {
        PrivateKey key = NewKey();
        Name subject = Name.FromCommonName(name + " TLS Root CA");
        Extension[] extensions = [CertificationAuthority.BasicConstraints(pathLength: 0), CertificationAuthority.KeyUsageExtension(KeyUsages.KeyCertSign | KeyUsages.CrlSign)];
        return new TlsAuthority(Writer(subject, key).Write(Content(subject, key, now, Lifetime, extensions)), key);
    }

    /// <summary>Makes a key, and certifies it for servers on the loopback addresses.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The certificate with its key, which the caller disposes of.</returns>
    internal X509Certificate2 IssueForLoopback(DateTimeOffset now)
    {
        using PrivateKey key = NewKey();
        Extension[] extensions =
        [
            CertificationAuthority.KeyUsageExtension(KeyUsages.DigitalSignature), CertificationAuthority.EnhancedKeyUsage(Oids.ServerAuth), LoopbackNames(),
        ];
        using var bare = new X509Certificate2(_writer.Write(Content(Name.FromCommonName("localhost"), key, now, ServerLifetime, extensions)).Encoded.ToArray());
        using X509Certificate2 ephemeral = key.AttachTo(bare);
        // Windows speaks TLS only with keys that have a place
        return new X509Certificate2(ephemeral.Export(X509ContentType.Pkcs12));
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => Key.Dispose();

    private static PrivateKey NewKey() => PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));

    private static CertificateWriter Writer(Name issuer, PrivateKey key) => new(issuer, key, SignatureAlgorithms.For(key, "SHA256", false));

    private static CertificateContent Content(Name subject, PrivateKey key, DateTimeOffset now, TimeSpan lifetime, Extension[] extensions) =>
        new(subject, key.PublicKey, CertificationAuthority.WholeSeconds(now - Past), CertificationAuthority.WholeSeconds(now + lifetime), extensions);

    /// <summary>RFC 5280 4.2.1.6: by name and by both addresses.</summary>
    private static Extension LoopbackNames()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "localhost", new Asn1Tag(TagClass.ContextSpecific, 2));
            writer.WriteOctetString(IPAddress.Loopback.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
            writer.WriteOctetString(IPAddress.IPv6Loopback.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
        }
        return new Extension(Oids.SubjectAltName, false, writer.Encode());
    }
}
