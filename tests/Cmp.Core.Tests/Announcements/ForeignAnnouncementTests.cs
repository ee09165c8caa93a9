using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>Certificates, root changes and CRLs that OpenSSL made are believed in announcements, and not with one detail changed.</summary>
public sealed class ForeignAnnouncementTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string File(string name) => _folder.PathOf(name);

    private static void Run(params string[] arguments) => OpenSsl.Require(arguments);

    private Certificate Read(string name) => Certificate.Decode(OpenSsl.Require(["x509", "-in", File(name), "-outform", "DER"]));

    private PrivateKey Key(string name) => PrivateKey.FromPkcs8(OpenSsl.Require(["pkcs8", "-topk8", "-nocrypt", "-in", File(name), "-outform", "DER"]));

    private void MakeKey(string name, bool isRsa) =>
        Run(["genpkey", "-out", File(name), .. isRsa ? new[] { "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048" } : ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]]);

    /// <summary>A root: the key signs itself.</summary>
    private void MakeRoot(string name, string key, int days)
    {
        Run("req", "-new", "-x509", "-config", Config(), "-extensions", "ca", "-key", File(key), "-subj", "/O=Foreign/CN=Root that changes", "-days", $"{days}", "-sha256", "-out", File(name));
    }

    /// <summary>A certificate for a key by a CA, with the extensions of a section.</summary>
    private void Issue(string name, string key, string subject, string caName, string caKey, string section, int days = 100)
    {
        Run("req", "-new", "-config", Config(), "-key", File(key), "-subj", subject, "-out", File(name + ".csr"));
        Run("x509", "-req", "-in", File(name + ".csr"), "-CA", File(caName), "-CAkey", File(caKey), "-CAcreateserial", "-days", $"{days}", "-sha256", "-extfile", Config(), "-extensions", section, "-out", File(name));
    }

    private string Config()
    {
        string path = File("openssl.cnf");
        if (!System.IO.File.Exists(path))
        {
            System.IO.File.WriteAllText(path, $"""
                [req]
                distinguished_name = name
                prompt = no
                [name]
                [ca]
                basicConstraints = critical,CA:TRUE
                keyUsage = critical,digitalSignature,keyCertSign,cRLSign
                subjectKeyIdentifier = hash
                [speaker]
                keyUsage = digitalSignature
                extendedKeyUsage = 1.3.6.1.5.5.7.3.28
                subjectKeyIdentifier = hash
                [leaf]
                keyUsage = digitalSignature
                subjectKeyIdentifier = hash
                [register]
                default_ca = register
                database = {File("index.txt").Replace('\\', '/')}
                crlnumber = {File("crlnumber").Replace('\\', '/')}
                default_md = sha256
                default_crl_days = 7
                crl_extensions = crl
                [crl]
                authorityKeyIdentifier = keyid
                """);
        }
        return path;
    }

    /// <summary>A CRL of the CA's register, of the next number.</summary>
    private CertificateList MakeCrl(string caName, string caKey)
    {
        if (!System.IO.File.Exists(File("index.txt")))
        {
            System.IO.File.WriteAllText(File("index.txt"), string.Empty);
            System.IO.File.WriteAllText(File("crlnumber"), "1000\n");
        }
        Run("ca", "-config", Config(), "-name", "register", "-gencrl", "-keyfile", File(caKey), "-cert", File(caName), "-out", File("crl.pem"));
        return CertificateList.Decode(OpenSsl.Require(["crl", "-in", File("crl.pem"), "-outform", "DER"]));
    }

    private static byte[] Say(PkiBody content, Certificate signer, PrivateKey key, params IReadOnlyList<Certificate> extraCerts) =>
        AnnouncementWriter.Write(content, signer.Subject, MessageProtector.Signature(new SigningCertificate(signer, key), null, pss: false), DateTimeOffset.UtcNow, extraCerts: [signer, .. extraCerts]).Encoded.ToArray();

    private static async Task<Announcement> JudgeAsync(byte[] octets, ServerSettings settings)
    {
        using var client = CmpClient.ByHand(settings);
        return (await new AnnouncementJudge(client).JudgeAsync(octets, AnnouncementSource.Read)).Single();
    }

    private static async Task<Announcement> BelievesAsync(byte[] octets, ServerSettings settings)
    {
        Announcement announcement = await JudgeAsync(octets, settings);
        Assert.True(announcement.Verified, announcement.Problem?.ToString());
        return announcement;
    }

    private static async Task RefusesAsync(byte[] octets, ServerSettings settings, string id) => Assert.Equal(id, (await JudgeAsync(octets, settings)).Problem?.Id);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule73_A_root_change_made_by_OpenSSL_is_believed(bool isRsa)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        MakeKey("old.key", isRsa);
        MakeKey("new.key", isRsa: false);
        MakeKey("speaker.key", isRsa: false);
        MakeRoot("old.pem", "old.key", 400);
        MakeRoot("new.pem", "new.key", 4000);
        MakeRoot("short.pem", "new.key", 300);
        Issue("new-with-old.pem", "new.key", "/O=Foreign/CN=Root that changes", "old.pem", "old.key", "ca", 300);
        Issue("old-with-new.pem", "old.key", "/O=Foreign/CN=Root that changes", "new.pem", "new.key", "ca", 300);
        Issue("speaker.pem", "speaker.key", "/CN=Speaks for the root", "old.pem", "old.key", "speaker");
        (Certificate old, Certificate newWithOld, Certificate oldWithNew, Certificate root, Certificate speaker) = (Read("old.pem"), Read("new-with-old.pem"), Read("old-with-new.pem"), Read("new.pem"), Read("speaker.pem"));
        using PrivateKey oldKey = Key("old.key"), newKey = Key("new.key"), speakerKey = Key("speaker.key");
        var settings = new ServerSettings { TrustAnchor = [old] };
        var content = new RootCaKeyUpdateContent(root, newWithOld, oldWithNew);

        var v2 = new CaKeyUpdContent(new CaKeyUpdAnnContent(oldWithNew, newWithOld, root));
        Announcement announcement = await BelievesAsync(Say(v2, old, oldKey), settings);
        Assert.True(announcement.RootUpdate!.NewWithNew.IsSameAs(root));
        await BelievesAsync(Say(new CaKeyUpdContent(content), speaker, speakerKey), settings);

        byte[] By(RootCaKeyUpdateContent changed) => Say(new CaKeyUpdContent(changed), speaker, speakerKey);
        await RefusesAsync(By(content with { NewWithOld = oldWithNew }), settings, "CmpRootUpdate.Keys");
        await RefusesAsync(By(content with { NewWithOld = root }), settings, "CmpRootUpdate.NewWithOld");
        await RefusesAsync(By(content with { NewWithOld = null }), settings, "CmpRootUpdate.NewWithOldMissing");
        await RefusesAsync(By(content with { NewWithNew = Read("short.pem") }), settings, "CmpRootUpdate.EndsEarlier");
        await RefusesAsync(By(content with { OldWithNew = old }), settings, "CmpRootUpdate.OldWithNew");
        await RefusesAsync(By(content with { NewWithOld = Broken(newWithOld) }), settings, "CmpRootUpdate.NewWithOld");
        // signed by the new root, which nobody trusts yet
        Assert.False((await JudgeAsync(Say(v2, root, newKey, newWithOld), settings)).Verified);
        await RefusesAsync(Say(v2, old, oldKey), new ServerSettings { TrustAnchor = [Herald.Shared.Root.Certificate] }, "CmpTrust.NoPath");
    }

    [SkippableFact]
    public async Task Rule74_CRLs_and_certificates_made_by_OpenSSL_are_believed()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        foreach (string key in new[] { "root.key", "ca.key", "other.key", "speaker.key", "leaf.key" })
            MakeKey(key, isRsa: key == "ca.key");
        MakeRoot("root.pem", "root.key", 400);
        Issue("ca.pem", "ca.key", "/CN=Foreign CA", "root.pem", "root.key", "ca");
        Issue("other.pem", "other.key", "/CN=Foreign CA", "root.pem", "root.key", "ca");
        Issue("speaker.pem", "speaker.key", "/CN=Speaks for the CA", "ca.pem", "ca.key", "speaker");
        Issue("leaf.pem", "leaf.key", "/CN=router7", "ca.pem", "ca.key", "leaf");
        (Certificate root, Certificate ca, Certificate speaker, Certificate leaf) = (Read("root.pem"), Read("ca.pem"), Read("speaker.pem"), Read("leaf.pem"));
        using PrivateKey speakerKey = Key("speaker.key");
        var settings = new ServerSettings { TrustAnchor = [root] };
        byte[] By(PkiBody content) => Say(content, speaker, speakerKey, ca);

        CertificateList first = MakeCrl("ca.pem", "ca.key");
        Run("ca", "-config", Config(), "-name", "register", "-revoke", File("leaf.pem"), "-keyfile", File("ca.key"), "-cert", File("ca.pem"));
        CertificateList second = MakeCrl("ca.pem", "ca.key");
        Announcement announcement = await BelievesAsync(By(new CrlAnnContent([second])), settings);
        Assert.True(Assert.Single(Assert.Single(announcement.Crls).Entries).SerialNumber.Span.SequenceEqual(leaf.SerialNumber.Span));
        await BelievesAsync(By(new CrlAnnContent([second])), settings with { RevocationList = [first] });
        Assert.Contains((await JudgeAsync(By(new CrlAnnContent([first])), settings with { RevocationList = [second] })).Problem!.Id, new[] { "CmpCrl.Older", "CmpCrl.Number" });
        CertificateList namesake = MakeCrl("other.pem", "other.key");
        await RefusesAsync(By(new CrlAnnContent([namesake])), settings, "CmpTrust.CrlSignature");

        await BelievesAsync(By(new CertAnnContent(leaf)), settings);
        await RefusesAsync(By(new CertAnnContent(leaf)), settings with { RevocationList = [second], RevocationMode = Cmp.Cryptography.Paths.RevocationMode.Offline }, "CmpTrust.Revoked");
        await RefusesAsync(By(new CertAnnContent(Broken(leaf))), settings, "CmpTrust.PathInvalid");

        var revocation = new RevAnnContent(PkiStatus.RevocationNotification, CertId.Of(leaf), DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, []);
        await BelievesAsync(By(revocation), settings);
        await RefusesAsync(By(revocation with { CertId = CertId.Of(ca) }), settings, "CmpTrust.SignerNotAuthorized");
    }

    /// <summary>The same with one bit of its signature changed.</summary>
    private static Certificate Broken(Certificate certificate)
    {
        byte[] octets = certificate.Encoded.ToArray();
        octets[octets.Length - 1] ^= 1;
        return Certificate.Decode(octets);
    }
}
