using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Messages of ours around what OpenSSL makes: certificates with every extension, keys of every kind, encrypted keys for every kind of recipient.</summary>
internal static class OpenSslStructures
{
    private static readonly Dictionary<string, string[]> Keys = new()
    {
        ["rsa"] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        ["pss"] = ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:1024", "-pkeyopt", "rsa_pss_keygen_md:sha256", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32"],
        ["ec"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["ec-explicit"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
        ["ed25519"] = ["-algorithm", "ED25519"],
        ["ed448"] = ["-algorithm", "ED448"],
        ["x25519"] = ["-algorithm", "X25519"],
        ["x448"] = ["-algorithm", "X448"],
        ["dh"] = ["-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"],
        ["dhx"] = ["-algorithm", "DHX", "-pkeyopt", "group:dh_2048_256"],
    };

    /// <summary>The messages.</summary>
    public static IEnumerable<(string Name, byte[] Octets)> Messages
    {
        get
        {
            using var folder = new TestFolder();
            string KeyOf(string name)
            {
                if (!File.Exists(folder.PathOf(name)))
                    OpenSsl.Require(["genpkey", .. Keys[name], "-out", folder.PathOf(name)]);
                return folder.PathOf(name);
            }
            string config = Path.Combine(Repository.Root, "tests", "Cmp.Core.Tests", "Inspection", "Wireshark", "structures.cnf");
            byte[] Certify(string key, params string[] options) => OpenSsl.Require(["req", "-x509", "-new", "-config", config, "-key", KeyOf(key), "-outform", "DER", .. options]);

            byte[] ec = Certify("ec"), rsa = Certify("rsa", "-set_serial", "7"), pss = Certify("rsa", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha384");
            yield return ("certificates of OpenSSL", Message(new CertRepMessage(PkiBodyType.Ip, []) { CaPubs = [.. new[] { ec, rsa, pss, Certify("ed25519") }.Select(der => Certificate.Decode(der))] }));
            yield return ("keys of OpenSSL", Message(new CertReqMessages(PkiBodyType.Ir, [.. Keys.Keys.Select((key, i) =>
                new CertReqMsg(new CertRequest(i, new CertTemplate { PublicKey = SubjectPublicKeyInfo.Decode(OpenSsl.Require(["pkey", "-in", KeyOf(key), "-pubout", "-outform", "DER"])) }, []), null, []))])));
            foreach (string cipher in new[] { "-aes256", "-des3" })
            {
                string[] recipients = ["-recip", folder.Write("rsa.der", rsa), "-recip", folder.PathOf("rsa.der"), "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-recip", folder.Write("ec.der", ec)];
                byte[] content = OpenSsl.Require(["cms", "-encrypt", "-binary", "-outform", "DER", cipher, "-secretkey", new string('0', 32), "-secretkeyid", "0102", "-pwri_password", "only a test's", .. recipients], "a key"u8.ToArray());
                DerNode enveloped = DerNode.Parse(content).Children![1].Children![0];
                yield return ($"enveloped by OpenSSL, {cipher}", Message(new CertReqMessages(PkiBodyType.Cr, [
                    new CertReqMsg(new CertRequest(0, new CertTemplate(), [new AttributeTypeAndValue(Oids.PkiArchiveOptions, DerNode.Constructed(0xA0, Tagged(0xA0)).Encode())]), null, []),
                    new CertReqMsg(new CertRequest(1, new CertTemplate(), []), new PopoPrivKey(false, Tagged(0xA4).Encode()), [])])));

                DerNode Tagged(byte tag) => DerNode.Constructed(tag, [.. enveloped.Children!]);
            }
        }
    }

    private static byte[] Message(PkiBody body) => new PkiMessage(Samples.Header, body) { Protection = Samples.Octets(32) }.Encoded.ToArray();
}
