using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Security;
using Xunit;
using X509Certificate = Org.BouncyCastle.X509.X509Certificate;

namespace Cmp.Tests.Cryptography.Enveloping;

/// <summary>
/// The table of who opens whose envelopes. A cell that says yes is tried and must open; one that says why not is tried as well, and must not: where it could be
/// more than it says, the test fails and the table is to be corrected.
/// </summary>
public class CrossOpeningTests
{
    private const string NoXInOpenSsl = "openssl 3.0 has no CMS with X25519 or X448";
    private const string NoKemInOpenSsl = "openssl 3.0 has no ML-KEM";
    private const string NoKariInBouncyCastle = "BouncyCastle 2.7 binds the key to other octets than RFC 5753 7.2";
    private const string NoXInBouncyCastle = "BouncyCastle 2.7 has no agreement of RFC 8418";
    private const string NoKemInBouncyCastle = "BouncyCastle 2.7 has no KEMRecipientInfo";
    private const string NoAesWrapOfPasswords = "both know of passwords only PWRI-KEK (RFC 3211)";
    private const string NoSha256InBouncyCastle = "BouncyCastle 2.7 derives keys of passwords with HMAC-SHA1, whatever is said";
    private const string NotRecorded = "no such message was recorded";
    private const string Both = "proven both ways", One = "proven one way", TwoSided = "two-sided";

    /// <summary>A word for each cell: <see langword="null"/> is yes, a text is why not.</summary>
    private static readonly Row[] Table =
    [
        new("KTRI PKCS#1", null, null, null, null, NotRecorded, Both),
        new("KTRI OAEP SHA-1", null, null, null, null, NotRecorded, Both),
        new("KTRI OAEP SHA-256", null, null, null, null, NotRecorded, Both),
        new("KTRI OAEP SHA-384", null, null, null, null, NotRecorded, Both),
        new("KTRI OAEP SHA-512", null, null, null, null, NotRecorded, Both),
        new("KARI P-256 SHA-1", null, null, NoKariInBouncyCastle, NoKariInBouncyCastle, NotRecorded, Both),
        new("KARI P-256 SHA-256", null, null, NoKariInBouncyCastle, NoKariInBouncyCastle, NotRecorded, Both),
        new("KARI P-384", null, null, NoKariInBouncyCastle, NoKariInBouncyCastle, NotRecorded, Both),
        new("KARI P-521", null, null, NoKariInBouncyCastle, NoKariInBouncyCastle, NotRecorded, Both),
        new("KARI brainpoolP256r1", null, null, NoKariInBouncyCastle, NoKariInBouncyCastle, NotRecorded, Both),
        new("KARI X25519", NoXInOpenSsl, NoXInOpenSsl, NoXInBouncyCastle, NoXInBouncyCastle, NotRecorded, TwoSided),
        new("KARI X25519 X9.63", NoXInOpenSsl, NoXInOpenSsl, NoXInBouncyCastle, NoXInBouncyCastle, NotRecorded, TwoSided),
        new("KARI X448", NoXInOpenSsl, NoXInOpenSsl, NoXInBouncyCastle, NoXInBouncyCastle, NotRecorded, TwoSided),
        new("KARI X448 X9.63", NoXInOpenSsl, NoXInOpenSsl, NoXInBouncyCastle, NoXInBouncyCastle, NotRecorded, TwoSided),
        new("PWRI AES wrap", NoAesWrapOfPasswords, NoAesWrapOfPasswords, NoAesWrapOfPasswords, NoAesWrapOfPasswords, NotRecorded, TwoSided),
        new("PWRI PWRI-KEK", null, null, null, NoSha256InBouncyCastle, NotRecorded, Both),
        new("KEMRI 512", NoKemInOpenSsl, NoKemInOpenSsl, NoKemInBouncyCastle, NoKemInBouncyCastle, NotRecorded, TwoSided),
        new("KEMRI 768", NoKemInOpenSsl, NoKemInOpenSsl, NoKemInBouncyCastle, NoKemInBouncyCastle, null, One),
        new("KEMRI 1024", NoKemInOpenSsl, NoKemInOpenSsl, NoKemInBouncyCastle, NoKemInBouncyCastle, NotRecorded, TwoSided),
    ];

    public static TheoryData<string> Words => Sealed.Words;

    [Fact]
    public void The_table_has_each_way_to_seal_and_says_what_is_proven_of_it()
    {
        Assert.Equal(Sealed.All.Select(way => way.Word), Table.Select(row => row.Word));
        foreach (Row row in Table)
        {
            bool theirs = row.OpenSslSeals is null || row.BouncyCastleSeals is null || row.Recorded is null, ours = row.OpenSslOpens is null || row.BouncyCastleOpens is null;
            Assert.Equal((row.Word, theirs && ours ? Both : theirs || ours ? One : TwoSided), (row.Word, row.Verdict));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Words))]
    public void What_openssl_seals_we_open(string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Hold(RowOf(word).OpenSslSeals, word, scene =>
        {
            openssl.Write("content", Sealed.Content);
            string recipient;
            if (scene.Key is null)
            {
                recipient = "-pwri_password " + WriteSecret();
            }
            else
            {
                openssl.WritePem("certificate.pem", "CERTIFICATE", scene.Certificate!.Encoded.ToArray());
                recipient = "-recip certificate.pem" + scene.OpenSslOptions;
            }
            if (word == "PWRI AES wrap")
                recipient += " -aes256-wrap";
            Run(openssl, $"cms -encrypt -binary -in content -aes256 -outform DER -out sealed {recipient}");
            EnvelopedData envelope = EnvelopedData.Decode(Cmp.Messages.Cms.ContentInfo.Decode(openssl.Read("sealed")).Content);
            scene.ExpectKind(envelope);
            return Open(envelope, scene);
        });
    }

    [SkippableTheory]
    [MemberData(nameof(Words))]
    public void What_we_seal_openssl_opens(string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Hold(RowOf(word).OpenSslOpens, word, scene =>
        {
            openssl.Write("sealed", ContentInfoOf(scene.Seal()));
            string key = "-pwri_password " + WriteSecret();
            if (scene.Key is not null)
            {
                openssl.WritePem("key.pem", "PRIVATE KEY", scene.Key.ExportPkcs8());
                openssl.WritePem("certificate.pem", "CERTIFICATE", scene.Certificate!.Encoded.ToArray());
                key = "-inkey key.pem -recip certificate.pem";
            }
            Run(openssl, $"cms -decrypt -binary -inform DER -in sealed -out opened {key}");
            return openssl.Read("opened");
        });
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void What_BouncyCastle_seals_we_open(string word) => Hold(RowOf(word).BouncyCastleSeals, word, scene =>
    {
        var generator = new CmsEnvelopedDataGenerator();
        X509Certificate? certificate = scene.Certificate is null ? null : new X509Certificate(scene.Certificate.Encoded.ToArray());
        switch (word.Split(' ')[0])
        {
            case "KTRI" when word == "KTRI PKCS#1":
                generator.AddKeyTransRecipient(certificate);
                break;
            case "KTRI":
                AlgorithmIdentifier algorithm = RsaEncryption.Oaep(scene.Way.Options.Digest ?? Oids.Sha256).ToIdentifier();
                generator.AddRecipientInfoGenerator(new KeyTransRecipientInfoGenerator(certificate, new Asn1KeyWrapper(Org.BouncyCastle.Asn1.X509.AlgorithmIdentifier.GetInstance(algorithm.Encoded.ToArray()), certificate)));
                break;
            case "KARI":
                using (PrivateKey once = PrivateKey.Generate(scene.Key!.Algorithm))
                    generator.AddKeyAgreementRecipient(scene.Scheme, PrivateKeyFactory.CreateKey(once.ExportPkcs8()), PublicKeyFactory.CreateKey(once.PublicKey.Encoded.ToArray()), certificate, Oids.Aes256Wrap);
                break;
            case "PWRI":
                generator.AddPasswordRecipient(new Pkcs5Scheme2Utf8PbeKey(Encoding.ASCII.GetString(Sealed.Password).ToCharArray(), Secrets.Random(16), 1000), word == "PWRI AES wrap" ? Oids.Aes256Wrap : Oids.Aes256Cbc);
                break;
            default:
                throw new NotSupportedException("There is no generator.");
        }
        CmsEnvelopedData made = generator.Generate(new CmsProcessableByteArray(Sealed.Content), new Org.BouncyCastle.Asn1.DerObjectIdentifier(Oids.Aes256Cbc));
        EnvelopedData envelope = EnvelopedData.Decode(made.EnvelopedData.GetEncoded("DER"));
        scene.ExpectKind(envelope);
        return Open(envelope, scene);
    });

    [Theory]
    [MemberData(nameof(Words))]
    public void What_we_seal_BouncyCastle_opens(string word) => Hold(RowOf(word).BouncyCastleOpens, word, scene =>
    {
        RecipientInformation recipient = Assert.Single(new CmsEnvelopedData(ContentInfoOf(scene.Seal())).GetRecipientInfos().GetRecipients());
        return scene.Key is { } key
            ? recipient.GetContent(PrivateKeyFactory.CreateKey(key.ExportPkcs8()))
            : recipient.GetContent(new Pkcs5Scheme2Utf8PbeKey(Encoding.ASCII.GetString(Sealed.Password).ToCharArray(), ((PasswordRecipientInformation)recipient).KeyDerivationAlgorithm));
    });

    /// <summary>Certificates that were encrypted for keys, in answers that others made, are looked for in all that was recorded.</summary>
    [SkippableTheory]
    [MemberData(nameof(Words))]
    public void What_was_recorded_we_open(string word)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string folder = Path.Combine(Repository.Data!, "foreign");
        Row row = RowOf(word);
        int opened = 0;
        foreach (string file in Directory.GetFiles(folder, "*.r.der").Where(file => File.Exists(KeyFileOf(file))))
        {
            string pem = File.ReadAllText(KeyFileOf(file));
            using PrivateKey key = file.Contains("mlkem") ? KemTests.OpenSiemensKey(pem) : PrivateKey.FromPkcs8(Pem.Read(Encoding.ASCII.GetBytes(pem))[0].Octets);
            if (key.Algorithm.Name != Sealed.By(word).Algorithm || PkiMessage.Decode(File.ReadAllBytes(file)).Body is not CertRepMessage answer)
                continue;
            EncryptedKey encrypted = EncryptedKey.Decode(answer.Responses.Single().CertifiedKeyPair!.EncryptedCert!.Value);
            using EnvelopeKey with = EnvelopeKey.Of(key), other = Sealed.By(word).Other();
            using (OpenedEnvelope envelope = EncryptedKeys.Open(encrypted, with, CmpLimits.Default, allowEncryptedValue: false))
            {
                Certificate certificate = Certificate.Decode(envelope.Content.ToArray());
                key.EnsureFits(certificate.PublicKey);
            }
            Expect.Error("CmpEnvelope.NotOpened", () => EncryptedKeys.Open(encrypted, other, CmpLimits.Default, allowEncryptedValue: false));
            opened++;
        }
        Assert.Equal(row.Recorded is null, opened > 0);
    }

    /// <summary>
    /// Where no other program opens the whole, openssl does each step of it, and what a key is bound to is spelled out here: X25519 and X448 by RFC 8418, with and
    /// without ukm, and a password with AES key wrap.
    /// </summary>
    [SkippableTheory]
    [InlineData("KARI X25519", false, "HKDF", "SHA256")]
    [InlineData("KARI X25519", true, "HKDF", "SHA256")]
    [InlineData("KARI X25519 X9.63", true, "X963KDF", "SHA256")]
    [InlineData("KARI X448", true, "HKDF", "SHA512")]
    [InlineData("KARI X448 X9.63", false, "X963KDF", "SHA512")]
    [InlineData("KARI P-256 SHA-256", true, "X963KDF", "SHA256")]
    [InlineData("PWRI AES wrap", false, "PBKDF2", "SHA256")]
    public void Each_step_is_what_openssl_makes_of_it(string word, bool hasUkm, string kdf, string digest)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        const string Ukm = "00112233445566778899AABBCCDDEEFF";
        Sealed way = Sealed.By(word);
        (EnvelopedData envelope, EnvelopeKey key) = way.Seal(options: hasUkm ? way.Options with { Ukm = Hex.Parse(Ukm) } : way.Options);
        using (key)
        {
            byte[] wrapped;
            string derivation;
            if (envelope.RecipientInfos[0] is KeyAgreeRecipientInfo agreement)
            {
                wrapped = agreement.RecipientEncryptedKeys[0].EncryptedKey.ToArray();
                openssl.WritePem("key.pem", "PRIVATE KEY", key.PrivateKey!.ExportPkcs8());
                SubjectPublicKeyInfo originator = agreement.Originator.OriginatorKey!;
                openssl.WritePem("peer.pem", "PUBLIC KEY", new SubjectPublicKeyInfo(key.PrivateKey.PublicKey.Algorithm, originator.Key).Encoded.ToArray());
                openssl.Do("pkeyutl -derive -inkey key.pem -peerkey peer.pem -out secret");
                string secret = Hex.Of(openssl.Read("secret"));
                Assert.Equal(secret, Hex.Of(key.PrivateKey.Agree(new SubjectPublicKeyInfo(key.PrivateKey.PublicKey.Algorithm, originator.Key))));
                string info = hasUkm ? "3029300B060960864801650304012DA0120410" + Ukm + "A206040400000100" : "3015300B060960864801650304012DA206040400000100";
                string secretOption = kdf == "HKDF" ? "hexkey" : "hexsecret", salt = hasUkm && kdf == "HKDF" ? $" -kdfopt hexsalt:{Ukm}" : string.Empty;
                derivation = $"-kdfopt digest:{digest} -kdfopt {secretOption}:{secret}{salt} -kdfopt hexinfo:{info}";
            }
            else
            {
                var password = (PasswordRecipientInfo)envelope.RecipientInfos[0];
                wrapped = password.EncryptedKey.ToArray();
                Pbkdf2Params parameters = Pbkdf2Params.Decode(password.KeyDerivationAlgorithm!.Parameters!.Value);
                derivation = $"-kdfopt digest:{digest} -kdfopt hexpass:{Hex.Of(Sealed.Password)} -kdfopt hexsalt:{Hex.Of(parameters.Salt.Span)} -kdfopt iter:{parameters.IterationCount}";
            }
            openssl.Do($"kdf -keylen 32 -binary -out kek {derivation} {kdf}");
            openssl.Write("wrapped", wrapped);
            openssl.Do($"enc -d -id-aes256-wrap -K {Hex.Of(openssl.Read("kek"))} -iv A6A6A6A6A6A6A6A6 -in wrapped -out contentkey");
            openssl.Write("encrypted", envelope.EncryptedContentInfo.EncryptedContent!.Value.ToArray());
            string iv = Hex.Of(ContentCipher.Read(envelope.EncryptedContentInfo.ContentEncryptionAlgorithm).Iv);
            openssl.Do($"enc -d -aes-256-cbc -K {Hex.Of(openssl.Read("contentkey"))} -iv {iv} -in encrypted -out opened");
            Assert.Equal(Sealed.Content, openssl.Read("opened"));
        }
    }

    private static Row RowOf(string word) => Table.Single(row => row.Word == word);

    private static string KeyFileOf(string answer) => answer.Substring(0, answer.Length - ".r.der".Length) + ".key.pem";

    /// <summary>A secret is no option that a shell would see; the program takes it from nowhere else.</summary>
    private static string WriteSecret() => $"\"{Encoding.ASCII.GetString(Sealed.Password)}\"";

    private static void Run(OpenSslFolder openssl, string arguments)
    {
        (int exitCode, string output) = openssl.Try(arguments);
        if (exitCode != 0)
            throw new InvalidOperationException($"openssl {arguments}: {output}");
    }

    private static byte[] ContentInfoOf(EnvelopedData envelope) => new Cmp.Messages.Cms.ContentInfo(Oids.EnvelopedData, envelope.Encoded).Encoded.ToArray();

    private static byte[] Open(EnvelopedData envelope, Scene scene)
    {
        using (EnvelopeKey other = scene.Way.Other())
            ExpectNothing(envelope, other);
        using OpenedEnvelope opened = Envelope.Open(envelope.Encoded, scene.Opener, CmpLimits.Default);
        return opened.Content.ToArray();
    }

    /// <summary>The negative twin: another key opens nothing, by PKCS #1 v1.5 once in 256 to nonsense.</summary>
    private static void ExpectNothing(EnvelopedData envelope, EnvelopeKey other)
    {
        try
        {
            using OpenedEnvelope nonsense = Envelope.Open(envelope.Encoded, other, CmpLimits.Default);
            Assert.IsType<KeyTransRecipientInfo>(envelope.RecipientInfos[0]);
            Assert.NotEqual(Sealed.Content, nonsense.Content.ToArray());
        }
        catch (CmpException e)
        {
            Assert.Equal("CmpEnvelope.NotOpened", e.ErrorId);
        }
    }

    private static void Hold(string? whyNot, string word, Func<Scene, byte[]> attempt)
    {
        using var scene = new Scene(Sealed.By(word));
        byte[]? opened = null;
        Exception? failure = null;
        try
        {
            opened = attempt(scene);
        }
        catch (Exception e)
        {
            failure = e;
        }
        bool isOpen = opened is not null && opened.SequenceEqual(Sealed.Content);
        if (whyNot is null)
            Assert.True(isOpen, $"{word} was to be opened: {failure}");
        else
            Assert.False(isOpen, $"{word} is opened although the table says: {whyNot}. Say yes there.");
    }

    private sealed record Row(string Word, string? OpenSslSeals, string? OpenSslOpens, string? BouncyCastleSeals, string? BouncyCastleOpens, string? Recorded, string Verdict);

    /// <summary>A key with its certificate, or the password, for one attempt.</summary>
    private sealed class Scene : IDisposable
    {
        internal Scene(Sealed way)
        {
            Way = way;
            Key = way.Algorithm is null ? null : TestKeys.Open(way.Algorithm);
            Certificate = Key is null ? null : Sealed.Certify(Key);
            Opener = Key is null ? EnvelopeKey.OfPassword(Sealed.Password) : EnvelopeKey.Of(Key, Certificate);
        }

        internal Sealed Way { get; }

        internal PrivateKey? Key { get; }

        internal Certificate? Certificate { get; }

        internal EnvelopeKey Opener { get; }

        /// <summary>The scheme of agreement.</summary>
        internal string Scheme => ((KeyAgreeRecipientInfo)Seal().RecipientInfos[0]).KeyEncryptionAlgorithm.Oid;

        internal string OpenSslOptions
        {
            get
            {
                string digest = (Way.Word.Contains("SHA-") ? Way.Word.Substring(Way.Word.IndexOf("SHA-", StringComparison.Ordinal)).Replace("-", string.Empty) : null)
                    ?? Key!.Algorithm.Name switch { "ECDSA_P384" => "SHA384", "ECDSA_P521" or "X448" => "SHA512", _ => "SHA256" };
                return Way.Word.StartsWith("KTRI OAEP", StringComparison.Ordinal) ? $" -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:{digest}"
                    : Way.Word.StartsWith("KARI", StringComparison.Ordinal) ? $" -keyopt ecdh_kdf_md:{digest}"
                    : string.Empty;
            }
        }

        internal EnvelopedData Seal() => Envelope.Seal(Sealed.Content, Oids.Data, Key is null ? EnvelopeRecipient.OfPassword(Sealed.Password) : EnvelopeRecipient.Of(Certificate!), Way.Options);

        /// <summary>What others sealed is of the kind that the row names, not of another one that we happen to open.</summary>
        internal void ExpectKind(EnvelopedData envelope)
        {
            RecipientInfo ours = Seal().RecipientInfos[0], theirs = Assert.Single(envelope.RecipientInfos);
            Assert.IsType(ours.GetType(), theirs);
            switch (theirs)
            {
                case KeyTransRecipientInfo transport:
                    Assert.Equal(
                        RsaEncryption.Of(((KeyTransRecipientInfo)ours).KeyEncryptionAlgorithm) with { Label = default },
                        RsaEncryption.Of(transport.KeyEncryptionAlgorithm) with { Label = default });
                    break;
                case KeyAgreeRecipientInfo agreement:
                    Assert.Equal(((KeyAgreeRecipientInfo)ours).KeyEncryptionAlgorithm.Oid, agreement.KeyEncryptionAlgorithm.Oid);
                    break;
                case PasswordRecipientInfo password:
                    Assert.Equal(((PasswordRecipientInfo)ours).KeyEncryptionAlgorithm.Oid, password.KeyEncryptionAlgorithm.Oid);
                    break;
                default:
                    throw new NotSupportedException(theirs.ToString());
            }
        }

        public void Dispose()
        {
            Opener.Dispose();
            Key?.Dispose();
        }
    }
}
