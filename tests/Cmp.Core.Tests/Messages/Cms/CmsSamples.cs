using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Messages.Cms;

/// <summary>One of each structure of CMS, with all its fields. Keys and signatures in them are only octets.</summary>
internal static class CmsSamples
{
    public static AlgorithmIdentifier Wrap { get; } = new(Oids.Aes256Wrap);

    public static RecipientIdentifier BySerial { get; } = new(IssuerAndSerialNumber.Of(Samples.Certificate));

    public static RecipientIdentifier ByKey { get; } = new(Samples.Octets(20));

    public static EncryptedContentInfo Content { get; } = new(Oids.SignedData, new AlgorithmIdentifier(Oids.Aes256Cbc, Samples.Der(w => w.WriteOctetString(Samples.Octets(16)))), Samples.Octets(48));

    public static KeyTransRecipientInfo KeyTrans { get; } = new(ByKey, AlgorithmIdentifier.WithNull(Oids.RsaEncryption), Samples.Octets(64));

    public static KeyAgreeRecipientInfo KeyAgree { get; } = new(
        new OriginatorIdentifierOrKey(Samples.PublicKey), Samples.Octets(8), new AlgorithmIdentifier(Oids.StdDhSha256Kdf, Wrap.Encoded), [new RecipientEncryptedKey(new KeyAgreeRecipientIdentifier(ByKey), Samples.Octets(40))]);

    public static PasswordRecipientInfo Password { get; } = new(new AlgorithmIdentifier(Oids.Pbkdf2, Samples.Pbkdf2Params.Encoded), Wrap, Samples.Octets(40));

    public static KemRecipientInfo Kem { get; } = new(
        ByKey, new AlgorithmIdentifier(Oids.MLKem768), Samples.Octets(30), new AlgorithmIdentifier(Oids.HkdfWithSha256), 32, Samples.Octets(4), Wrap, Samples.Octets(40));

    public static IReadOnlyList<RecipientInfo> Recipients { get; } = [KeyTrans, KeyTrans with { Rid = BySerial }, KeyAgree, Password, Kem];

    public static SignerInfo Signer { get; } = new(
        ByKey,
        new AlgorithmIdentifier(Oids.Sha256),
        new CmsAttributes([CmsAttribute.SigningTime(Samples.Time), CmsAttribute.MessageDigest(Samples.Octets(32)), CmsAttribute.ContentType(Oids.KeyPackage)]),
        new AlgorithmIdentifier(Oids.Sha256WithEcdsa),
        Samples.Octets(70));

    public static SignedData Signed { get; } = new([new AlgorithmIdentifier(Oids.Sha256)], new EncapsulatedContentInfo(Oids.KeyPackage, Samples.Octets(20)), [Signer]) { Certificates = [Samples.Certificate] };
}
