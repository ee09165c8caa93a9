using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests;

namespace Cmp.Interop;

/// <summary>
/// A root whose certificates, CRL and next key OpenSSL made. Messages around them, which OpenSSL does not make, are ours. What is asked for of them is put together here octet by octet.
/// </summary>
internal sealed class OpenSslAuthority : IDisposable
{
    private const string Subject = "/CN=OpenSSL Root";

    private readonly TestFolder _folder;
    private readonly MessageProtector _protector;
    private readonly SigningCertificate _signer;

    internal OpenSslAuthority(TestFolder folder)
    {
        _folder = folder;
        string root = "[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\nsubjectKeyIdentifier=hash\n";
        string extensions = folder.Write("ca.ext", root + "[leaf]\nkeyUsage=critical,digitalSignature\nauthorityKeyIdentifier=keyid:always,issuer:always\n");
        foreach ((string name, string subject) in new[] { ("old", Subject), ("new", Subject), ("leaf", "/CN=leaf") })
        {
            Run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", PathOf(name + ".key"));
            Run("req", "-new", "-key", PathOf(name + ".key"), "-subj", subject, "-out", PathOf(name + ".csr"));
        }
        foreach ((string name, string days) in new[] { ("old", "100"), ("new", "1000") })
            Run("x509", "-req", "-in", PathOf(name + ".csr"), "-key", PathOf(name + ".key"), "-days", days, "-extfile", extensions, "-extensions", "ca", "-out", PathOf(name + ".pem"));
        // RFC 9810 4.4.1: the new key certified by the old one, and the old one by the new
        foreach ((string by, string of, string section) in new[] { ("old", "new", "ca"), ("new", "old", "ca"), ("old", "leaf", "leaf") })
        {
            Run("x509", "-req", "-in", PathOf(of + ".csr"), "-CA", PathOf(by + ".pem"), "-CAkey", PathOf(by + ".key"), "-CAcreateserial", "-days", "50",
                "-extfile", extensions, "-extensions", section, "-out", PathOf($"{of}-{by}.pem"));
        }
        Run("verify", "-CAfile", PathOf("old.pem"), PathOf("new-old.pem"));
        folder.Write("index.txt", string.Empty);
        folder.Write("crlnumber", "2A\n");
        string config = folder.Write("ca.cnf", $"[ca]\ndefault_ca=us\n[us]\ndatabase={PathOf("index.txt")}\ncrlnumber={PathOf("crlnumber")}\ndefault_md=sha256\ndefault_crl_days=7\n");
        string[] authority = ["-config", config, "-cert", PathOf("old.pem"), "-keyfile", PathOf("old.key")];
        Run(["ca", .. authority, "-revoke", PathOf("leaf-old.pem")]);
        Run(["ca", .. authority, "-gencrl", "-out", PathOf("crl.pem")]);
        _signer = new SigningCertificate(Certificate("old"), PrivateKey.FromPkcs8(OpenSsl.Require(["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", PathOf("old.key")])), ownsKey: true);
        _protector = MessageProtector.Signature(_signer, null, pss: false);
    }

    /// <summary>The root that is trusted.</summary>
    internal Certificate Root => _signer.Certificate;

    /// <summary>The next one.</summary>
    internal Certificate NewRoot => Certificate("new");

    /// <summary>What the root issued, and revoked.</summary>
    internal Certificate Leaf => Certificate("leaf-old");

    /// <summary>The CRL.</summary>
    internal CertificateList Crl => CertificateList.Decode(OpenSsl.Require(["crl", "-in", PathOf("crl.pem"), "-outform", "DER"]));

    internal byte[] KeyUpdate => Say(new CaKeyUpdContent(new CaKeyUpdAnnContent(Certificate("old-new"), Certificate("new-old"), NewRoot)));

    internal byte[] CrlAnnouncement => Say(new CrlAnnContent([Crl]));

    internal byte[] Revocation => Say(new RevAnnContent(PkiStatus.RevocationNotification, CertId.Of(Leaf), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, []));

    /// <summary>The name of the root in hexadecimal, as .NET has it.</summary>
    internal string IssuerText => Convert.ToHexString(X509("old").SubjectName.RawData);

    /// <summary>The serial number of the leaf, as OpenSSL writes it.</summary>
    internal string SerialText => Text("x509", "-in", PathOf("leaf-old.pem"), "-noout", "-serial").Substring("serial=".Length).Trim();

    /// <summary>The AuthorityKeyIdentifier that means the root, as the draft's example has it: key, issuer and serial number.</summary>
    internal string KeyText
    {
        get
        {
            using X509Certificate2 root = X509("old");
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteOctetString(SHA1.HashData(root.PublicKey.EncodedKeyValue.RawData), new Asn1Tag(TagClass.ContextSpecific, 0));
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
                    writer.WriteEncodedValue(root.SubjectName.RawData);
                writer.WriteInteger(root.SerialNumberBytes.Span, new Asn1Tag(TagClass.ContextSpecific, 2));
            }
            return Convert.ToHexString(writer.Encode());
        }
    }

    public void Dispose()
    {
        _protector.Dispose();
        _signer.Dispose();
    }

    private byte[] Say(PkiBody content) => AnnouncementWriter.Write(content, Root.Subject, _protector, DateTimeOffset.UtcNow).Encoded.ToArray();

    private string PathOf(string name) => _folder.PathOf(name);

    private X509Certificate2 X509(string name) => X509CertificateLoader.LoadCertificateFromFile(PathOf(name + ".pem"));

    private Certificate Certificate(string name)
    {
        using X509Certificate2 certificate = X509(name);
        return Messages.Pkix.Certificate.From(certificate);
    }

    private static string Text(params string[] arguments) => System.Text.Encoding.UTF8.GetString(OpenSsl.Require(arguments));

    private static void Run(params string[] arguments) => OpenSsl.Require(arguments);
}
