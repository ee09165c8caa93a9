using System;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Messages.Cms;

/// <summary>What others write as EnvelopedData and SignedData is read, and written anew it is the same.</summary>
public class ForeignEnvelopedDataTests
{
    private const string Rsa = "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", Ec = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";

    [SkippableFact]
    public void OpenSSL_encrypts_for_an_RSA_key_by_PKCS1_or_OAEP()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Certificate certificate = Certify(openssl, Rsa);
        var recipient = Single<KeyTransRecipientInfo>(Encrypt(openssl, "-aes128 -recip certificate.pem"), version: 0);
        Assert.True(recipient.Rid.Names(certificate));
        Assert.NotNull(recipient.Rid.IssuerAndSerialNumber);
        Assert.Equal(Oids.RsaEncryption, recipient.KeyEncryptionAlgorithm.Oid);
        Assert.Equal((0, 256), (recipient.Version, recipient.EncryptedKey.Length));
        recipient = Single<KeyTransRecipientInfo>(Encrypt(openssl, "-aes256 -keyid -recip certificate.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"), version: 2);
        Assert.Equal(2, recipient.Version);
        Assert.Equal(certificate.SubjectKeyIdentifier!.Value.ToArray(), recipient.Rid.SubjectKeyIdentifier!.Value.ToArray());
        Assert.True(recipient.Rid.Names(certificate));
        RsaesOaepParams oaep = RsaesOaepParams.Decode(recipient.KeyEncryptionAlgorithm.Parameters!.Value);
        Assert.Equal((Oids.Sha256, Oids.Sha256, 0), (oaep.HashAlgorithm.Oid, oaep.MaskHashAlgorithm.Oid, oaep.Label.Length));
        Assert.Equal(oaep.Encoded.ToArray(), (oaep with { }).Encoded.ToArray());
    }

    [SkippableTheory]
    [InlineData("", Oids.StdDhSha1Kdf)]
    [InlineData("-keyopt ecdh_kdf_md:sha256", Oids.StdDhSha256Kdf)]
    [InlineData("-keyid -keyopt ecdh_kdf_md:sha512 -keyopt ecdh_cofactor_mode:1", Oids.CofactorDhSha512Kdf)]
    public void OpenSSL_agrees_on_a_key_with_an_elliptic_curve(string options, string scheme)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Certificate certificate = Certify(openssl, Ec);
        var recipient = Single<KeyAgreeRecipientInfo>(Encrypt(openssl, $"-aes256 -recip certificate.pem {options}"), version: 2);
        Assert.Equal(3, recipient.Version);
        Assert.Equal(Oids.EcPublicKey, recipient.Originator.OriginatorKey!.Algorithm.Oid);
        Assert.Null(recipient.Originator.OriginatorKey.Algorithm.Parameters); // the curve is that of the recipient
        Assert.Equal(65, recipient.Originator.OriginatorKey.Key.Length);
        Assert.Equal(scheme, recipient.KeyEncryptionAlgorithm.Oid);
        Assert.Equal(Oids.Aes256Wrap, AlgorithmIdentifier.Decode(recipient.KeyEncryptionAlgorithm.Parameters!.Value).Oid);
        RecipientEncryptedKey key = Assert.Single(recipient.RecipientEncryptedKeys);
        Assert.True(key.Rid.Names(certificate));
        Assert.Equal(options.StartsWith("-keyid", StringComparison.Ordinal), key.Rid.SubjectKeyIdentifier is not null);
        Assert.Equal(40, key.EncryptedKey.Length);
    }

    [SkippableFact]
    public void OpenSSL_encrypts_under_a_password_and_under_a_key_that_both_have()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Write("data", [1, 2, 3]);
        var password = Single<PasswordRecipientInfo>(Encrypt(openssl, "-aes256 -pwri_password only-a-test"), version: 3);
        Assert.Equal(0, password.Version);
        Assert.Equal(8, Pbkdf2Params.Decode(password.KeyDerivationAlgorithm!.Parameters!.Value).Salt.Length);
        Assert.Equal(Oids.PwriKek, password.KeyEncryptionAlgorithm.Oid);
        Assert.Equal(Oids.Aes256Cbc, AlgorithmIdentifier.Decode(password.KeyEncryptionAlgorithm.Parameters!.Value).Oid);
        var kekri = Single<UnknownRecipientInfo>(Encrypt(openssl, "-aes128 -secretkey 000102030405060708090A0B0C0D0E0F -secretkeyid 0102"), version: 2);
        Assert.Equal((2, 4), (kekri.Tag, kekri.Version));
    }

    [SkippableFact]
    public void OpenSSL_encrypts_for_several_of_each_kind()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Certify(openssl, Ec);
        openssl.Do("req -x509 -new -key key.pem -subj /CN=another -out another.pem");
        EnvelopedData read = Encrypt(openssl, "-des3 -pwri_password only-a-test -recip certificate.pem -recip another.pem");
        Assert.Equal(3, read.RecipientInfos.Count);
        Assert.Equal(3, read.Version);
        Assert.Equal(Oids.DesEde3Cbc, read.EncryptedContentInfo.ContentEncryptionAlgorithm.Oid);
    }

    [SkippableFact]
    public void OpenSSL_streams_with_indefinite_lengths_which_have_no_place_in_CMP()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Write("data", [1, 2, 3]);
        openssl.Do("cms -encrypt -binary -stream -in data -aes256 -pwri_password only-a-test -outform DER -out streamed");
        byte[] octets = openssl.Read("streamed");
        Assert.Equal(0x80, octets[1]);
        Expect.Malformed(() => ContentInfo.Decode(octets));
    }

    [SkippableFact]
    public void A_recorded_message_brings_a_certificate_for_a_key_of_ML_KEM()
    {
        Skip.If(Repository.Data is null, "the recorded messages are not there");
        PkiMessage message = PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign", "encrcert-mlkem.r.der")));
        ReadOnlyMemory<byte> encrypted = ((CertRepMessage)message.Body).Responses[0].CertifiedKeyPair!.EncryptedCert!.Value;
        byte[] octets = EncryptedKey.Decode(encrypted).EnvelopedData!.Value.ToArray();
        EnvelopedData read = EnvelopedData.Decode(octets);
        var recipient = Assert.IsType<KemRecipientInfo>(Assert.Single(read.RecipientInfos));
        Assert.Equal((Oids.MLKem768, 1088, 32), (recipient.Kem.Oid, recipient.Kemct.Length, recipient.KekLength));
        Assert.Equal((Oids.HkdfWithSha256, Oids.Aes256Wrap, 40), (recipient.Kdf.Oid, recipient.Wrap.Oid, recipient.EncryptedKey.Length));
        // theirs says 2, and with such a recipient it is 3 (RFC 5652 6.1)
        Assert.Equal((2, 3), (read.Version, (read with { }).Version));
        DerNode tree = DerNode.Parse(octets);
        tree.Children![0].Content = [3];
        Assert.Equal(tree.Encode(), Anew(read).Encoded.ToArray());
    }

    private static Certificate Certify(OpenSslFolder openssl, string make)
    {
        openssl.Write("data", Encoding.ASCII.GetBytes("what is encrypted"));
        openssl.Do(make + " -out key.pem");
        openssl.Do("req -x509 -new -key key.pem -subj /CN=recipient -out certificate.pem");
        openssl.Do("x509 -in certificate.pem -outform DER -out certificate");
        return Certificate.Decode(openssl.Read("certificate"));
    }

    private static EnvelopedData Encrypt(OpenSslFolder openssl, string options)
    {
        openssl.Do($"cms -encrypt -binary -in data {options} -outform DER -out enveloped");
        byte[] octets = openssl.Read("enveloped");
        ContentInfo content = ContentInfo.Decode(octets);
        Assert.Equal(Oids.EnvelopedData, content.ContentType);
        EnvelopedData read = EnvelopedData.Decode(content.Content);
        Assert.Equal(Oids.Data, read.EncryptedContentInfo.ContentType);
        Assert.Equal(octets, new ContentInfo(content.ContentType, Anew(read).Encoded).Encoded.ToArray());
        return read;
    }

    private static T Single<T>(EnvelopedData enveloped, int version)
        where T : RecipientInfo
    {
        Assert.Equal(version, enveloped.Version);
        return Assert.IsType<T>(Assert.Single(enveloped.RecipientInfos));
    }

    /// <summary>Written anew from its fields.</summary>
    private static EnvelopedData Anew(EnvelopedData read) => new([.. read.RecipientInfos.Select(Anew)], read.EncryptedContentInfo with { });

    private static RecipientInfo Anew(RecipientInfo recipient) => recipient switch
    {
        KeyTransRecipientInfo r => r with { Rid = Anew(r.Rid) },
        KeyAgreeRecipientInfo r => r with { RecipientEncryptedKeys = [.. r.RecipientEncryptedKeys.Select(key => key with { })] },
        PasswordRecipientInfo r => r with { },
        KemRecipientInfo r => r with { Rid = Anew(r.Rid) },
        _ => recipient with { },
    };

    private static RecipientIdentifier Anew(RecipientIdentifier rid) => rid.IssuerAndSerialNumber is { } name ? new RecipientIdentifier(name with { }) : new RecipientIdentifier(rid.SubjectKeyIdentifier!.Value);
}
