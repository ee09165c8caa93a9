using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages.Cms;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>
/// Rule 64 as a matrix: every structure, each field missing, doubled, of a wrong type, too long, cut off, of impossible length, nested
/// beyond measure. Each ends in one typed exception.
/// </summary>
public class BadInputTests
{
    private const byte NoType = 0x1A; // VisibleString: no field of CMP has it

    /// <summary>Name, octets with all fields, how it is read and asked for everything.</summary>
    private static readonly Dictionary<string, Structure> Structures = new Structure[]
    {
        Of("PKIMessage", Samples.AllMessages[9], (ref Asn1Reader r) => PkiMessage.Read(ref r), required: "0 1"),
        Of("PKIHeader", Samples.Header, (ref Asn1Reader r) => PkiHeader.Read(ref r), required: "0 1 2", alike: "2"),
        Of("PKIStatusInfo", Samples.Refusal, (ref Asn1Reader r) => PkiStatusInfo.Read(ref r), required: "0"),
        Of("PKIFreeText", new PkiFreeText(["a", "b"]), (ref Asn1Reader r) => PkiFreeText.Read(ref r), isList: true),
        Of("InfoTypeAndValue", InfoTypeAndValue.ImplicitConfirm, (ref Asn1Reader r) => InfoTypeAndValue.Read(ref r), required: "0", any: "1"),
        Of("AlgorithmIdentifier", Samples.Sha256WithRsa, (ref Asn1Reader r) => AlgorithmIdentifier.Read(ref r), required: "0", any: "1"),
        Of("SubjectPublicKeyInfo", Samples.PublicKey, (ref Asn1Reader r) => SubjectPublicKeyInfo.Read(ref r), required: "0 1"),
        Of("Extension", new Extension(Oids.KeyUsage, true, new byte[] { 3, 1, 0 }), (ref Asn1Reader r) => Extension.Read(ref r), required: "0 2"),
        Of("RSASSA-PSS-params", RsassaPssParameters.Create(Oids.Sha256, 32), (ref Asn1Reader r) => RsassaPssParameters.Read(ref r)),
        Of("CertTemplate", Samples.Template, (ref Asn1Reader r) => CertTemplate.Read(ref r)),
        Of("CertRequest", Samples.Request, (ref Asn1Reader r) => CertRequest.Read(ref r), required: "0 1"),
        Of("CertReqMsg", Samples.RequestMessage, (ref Asn1Reader r) => CertReqMsg.Read(ref r), required: "0"),
        Of("AttributeTypeAndValue", Samples.AllControls[0], (ref Asn1Reader r) => AttributeTypeAndValue.Read(ref r), required: "0 1", any: "1"),
        Of("CertId", CertId.Of(Samples.Certificate), (ref Asn1Reader r) => CertId.Read(ref r), required: "0 1"),
        Of("PKIPublicationInfo", new PkiPublicationInfo(true, [new SinglePubInfo(1, GeneralName.NullDn)]), (ref Asn1Reader r) => PkiPublicationInfo.Read(ref r), required: "0"),
        Of("SinglePubInfo", new SinglePubInfo(1, GeneralName.NullDn), (ref Asn1Reader r) => SinglePubInfo.Read(ref r), required: "0"),
        Of("POPOSigningKey", new PopoSigningKey(Samples.InputWithMac, Samples.Sha256WithRsa, Samples.Octets(8)), (ref Asn1Reader r) => ProofOfPossession.Read(ref r), required: "1 2"),
        Of("POPOSigningKeyInput", Samples.InputWithMac, (ref Asn1Reader r) => PopoSigningKeyInput.Read(ref r), required: "0 1", alike: "1"),
        Of("POPOSigningKeyInput.sender", Samples.InputWithSender, (ref Asn1Reader r) => PopoSigningKeyInput.Read(ref r).Sender!.DirectoryName!.ComparableParts(), required: "0 1"),
        Of("POPOPrivKey", new PopoPrivKey(true, new byte[] { 0x81, 1, 0 }), (ref Asn1Reader r) => ProofOfPossession.Read(ref r), required: "0"),
        Of("PKMACValue", Samples.InputWithMac.PublicKeyMac!, (ref Asn1Reader r) => PkMacValue.Read(ref r), required: "0 1"),
        Of("PBMParameter", Samples.PbmParameter, (ref Asn1Reader r) => PbmParameter.Read(ref r), required: "0 1 2 3"),
        Of("PBMAC1-params", Pbmac1Params.Create(Samples.Pbkdf2Params, Samples.HmacWithSha256), (ref Asn1Reader r) => Pbmac1Params.Read(ref r), required: "0 1", alike: "1"),
        Of("PBKDF2-params", Samples.Pbkdf2Params, (ref Asn1Reader r) => Pbkdf2Params.Read(ref r), required: "0", alike: "2"),
        Of("DHBMParameter", new DhbmParameter(Samples.Sha256WithRsa, Samples.HmacWithSha256), (ref Asn1Reader r) => DhbmParameter.Read(ref r), required: "0 1", alike: "1"),
        Of("KemBMParameter", new KemBMParameter(Samples.Sha256WithRsa, Samples.Octets(2), 32, Samples.HmacWithSha256), (ref Asn1Reader r) => KemBMParameter.Read(ref r), required: "0 2 3"),
        Of("KemOtherInfo", new KemOtherInfo(Samples.Octets(16), Samples.Octets(2)), (ref Asn1Reader r) => KemOtherInfo.Read(ref r), required: "0 1"),
        Of("CertResponse", Samples.Response, (ref Asn1Reader r) => CertResponse.Read(ref r), required: "0 1"),
        Of("CertifiedKeyPair", Samples.KeyPair, (ref Asn1Reader r) => CertifiedKeyPair.Read(ref r), raw: "1 2"),
        Of("CertStatus", new CertStatus(Samples.Octets(4), 0, Samples.Refusal, Samples.Sha256WithRsa), (ref Asn1Reader r) => CertStatus.Read(ref r), required: "0 1"),
        Of("PollRep", new PollRepEntry(0, 5, new PkiFreeText(["x"])), (ref Asn1Reader r) => PollRepEntry.Read(ref r), required: "0 1", alike: "1"),
        Of("PollRepContent", Body(PkiBodyType.PollRep), ReadBody, path: "0", isList: true),
        Of("PollReq", new PollReqContent([0, 1]), (ref Asn1Reader r) => PkiBody.Read(ref r), path: "0 0", required: "0"),
        Of("CertRepMessage", Samples.Bodies[1], (ref Asn1Reader r) => PkiBody.Read(ref r), path: "0", required: "1"),
        Of("CertReqMessages", new CertReqMessages(PkiBodyType.Cr, [Samples.RequestMessage]), (ref Asn1Reader r) => PkiBody.Read(ref r), path: "0", required: "0", isList: true),
        Of("ErrorMsgContent", Samples.Bodies[9], (ref Asn1Reader r) => PkiBody.Read(ref r), path: "0", required: "0"),
        Of("CertConfirmContent", Samples.Bodies[7], (ref Asn1Reader r) => PkiBody.Read(ref r), path: "0", isList: true),
        Of("PKIConfirmContent", new PkiConfirmContent(), (ref Asn1Reader r) => PkiBody.Read(ref r), required: "0", any: "0"),
        Of("PKIBody", Samples.Bodies[9], (ref Asn1Reader r) => PkiBody.Read(ref r), required: "0"),
        Of("CertificationRequest", Samples.Pkcs10, (ref Asn1Reader r) => CertificationRequest.Read(ref r), required: "0 1 2"),
        Of("CertificationRequestInfo", Samples.Pkcs10, (ref Asn1Reader r) => CertificationRequest.Read(ref r).Subject.ComparableParts(), path: "0", required: "0 1 2"),
        Of("Certificate", Samples.Certificate, ReadCertificate, required: "0 1 2"),
        Of("TBSCertificate", Samples.Certificate, ReadCertificate, path: "0", required: "1 2 3 4 5 6", any: "7 8"),
        Of("Validity", Samples.Certificate, ReadCertificate, path: "0 4", required: "0 1", alike: "1"),
        Of("Name", Samples.Subject, ReadName, isList: true),
        Of("RelativeDistinguishedName", Samples.Subject, ReadName, path: "0", required: "0", isList: true),
        Of("AttributeTypeAndValue of a Name", Samples.Subject, ReadName, path: "0 0", required: "0 1", any: "1"),
        Of("GeneralName", GeneralName.FromName(Samples.Subject), (ref Asn1Reader r) => GeneralName.Read(ref r).DirectoryName!.ComparableParts(), required: "0"),
        Of("P10CR", Samples.Bodies[4], (ref Asn1Reader r) => PkiBody.Read(ref r), required: "0"),
        Of("POPOPrivKey.agreeMAC", PopoPrivKey.OfAgreeMac(Samples.InputWithMac.PublicKeyMac!), (ref Asn1Reader r) => ProofOfPossession.Read(ref r), path: "0", required: "0 1"),
        Of("POPOPrivKey.thisMessage", PopoPrivKey.OfEncryptedValue(false, Samples.EncryptedValue), (ref Asn1Reader r) => ProofOfPossession.Read(ref r), required: "0"),
        Of("EncryptedKey", new EncryptedKey(Samples.EncryptedValue), (ref Asn1Reader r) => EncryptedKey.Read(ref r), required: "5"),
        Of("EncryptedValue", Samples.EncryptedValue, (ref Asn1Reader r) => EncryptedValue.Read(ref r), required: "5"),
        Of("CertificateList", Samples.Crl, ReadCrl, required: "0 1 2"),
        Of("TBSCertList", Samples.Crl, ReadCrl, path: "0", required: "1 2", alike: "4"),
        Of("revokedCertificates", Samples.Crl, ReadCrl, path: "0 5", isList: true),
        Of("RevokedCertificate", Samples.Crl.Entries[0], (ref Asn1Reader r) => RevokedCertificate.Read(ref r), required: "0 1"),
        Of("RevokedCertificate in its CRL", Samples.Crl, ReadCrl, path: "0 5 0", required: "0 1"),
        Of("IssuingDistributionPoint", Samples.IssuingDistributionPoint, (ref Asn1Reader r) => IssuingDistributionPoint.Read(ref r)),
        Of("CrlDistributionPoint", Samples.CrlDistributionPoint, (ref Asn1Reader r) => CrlDistributionPoint.Read(ref r)),
        Of("AuthorityKeyIdentifier", AuthorityKeyIdentifier.Of(Samples.Certificate), (ref Asn1Reader r) => AuthorityKeyIdentifier.Read(ref r)),
        Of("DistributionPointName", Samples.DistributionPoint, (ref Asn1Reader r) => DistributionPointName.Read(ref r), isList: true),
        Of("RevReqContent", Body(PkiBodyType.Rr), ReadBody, path: "0", isList: true),
        Of("RevDetails", RevDetails.Of(Samples.Certificate, RevocationReason.KeyCompromise), (ref Asn1Reader r) => RevDetails.Read(ref r), required: "0"),
        Of("RevRepContent", Body(PkiBodyType.Rp), ReadBody, path: "0", required: "0"),
        Of("KeyRecRepContent", Body(PkiBodyType.Krp), ReadBody, path: "0", required: "0"),
        Of("POPODecKeyChallContent", Body(PkiBodyType.Popdecc), ReadBody, path: "0", isList: true),
        Of("Challenge", Samples.Challenge, (ref Asn1Reader r) => Challenge.Read(ref r), required: "1 2", alike: "2"),
        Of("Rand", new Rand(7, GeneralName.NullDn), (ref Asn1Reader r) => Rand.Read(ref r), required: "0 1"),
        Of("POPODecKeyRespContent", Body(PkiBodyType.Popdecr), ReadBody, path: "0", isList: true),
        Of("CAKeyUpdContent", Body(PkiBodyType.Ckuann), ReadBody, required: "0"),
        Of("CAKeyUpdAnnContent", new CaKeyUpdAnnContent(Samples.Certificate, Samples.Certificate, Samples.Certificate), ReadOldUpdate, required: "0 1 2", alike: "1 2"),
        Of("RootCaKeyUpdateContent", Samples.RootUpdate, ReadNewUpdate, required: "0"),
        Of("RootCaKeyUpdateContent in ckuann", Samples.Bodies[^1], ReadBody, path: "0 0", required: "0"),
        Of("CertAnnContent", Body(PkiBodyType.Cann), ReadBody, required: "0"),
        Of("RevAnnContent", Body(PkiBodyType.Rann), ReadBody, path: "0", required: "0 1 2 3", alike: "3"),
        Of("CRLAnnContent", new CrlAnnContent([Samples.Crl]), ReadBody, path: "0", isList: true),
        Of("NestedMessageContent", new NestedMessageContent([Samples.AllMessages[8]]), ReadBody, path: "0", required: "0", isList: true),
        Of("GenMsgContent", new GenMsgContent([InfoTypeAndValue.ImplicitConfirm, InfoTypeAndValue.CertProfile("x")]), ReadBody, path: "0", isList: true),
        Of("GenRepContent", new GenRepContent([InfoTypeAndValue.ImplicitConfirm]), ReadBody, path: "0", isList: true),
        Of("CertReqTemplateContent", Samples.RequestTemplate, (ref Asn1Reader r) => CertReqTemplateContent.Read(ref r), required: "0"),
        Of("CRLStatus", Samples.CrlStatus, (ref Asn1Reader r) => CrlStatus.Read(ref r), required: "0"),
        Of("CRLSource.dpn", new CrlSource(Samples.DistributionPoint), (ref Asn1Reader r) => CrlSource.Read(ref r), required: "0"),
        Of("CRLSource.issuer", Samples.CrlStatus.Source, (ref Asn1Reader r) => CrlSource.Read(ref r), required: "0"),
        Of("KemCiphertextInfo", new KemCiphertextInfo(Samples.Sha256WithRsa, Samples.Octets(9)), (ref Asn1Reader r) => KemCiphertextInfo.Read(ref r), required: "0 1"),
        Of("RSAES-OAEP-params", RsaesOaepParams.Create(Oids.Sha256) with { Label = Samples.Octets(2) }, (ref Asn1Reader r) => RsaesOaepParams.Read(ref r)),
        Of("EncKeyWithID", new EncKeyWithId(new byte[] { 0x30, 3, 2, 1, 0 }, "text", null), (ref Asn1Reader r) => EncKeyWithId.Read(ref r), required: "0", raw: "0"),
        Of("EncKeyWithID.generalName", new EncKeyWithId(new byte[] { 0x30, 3, 2, 1, 0 }, null, GeneralName.NullDn), (ref Asn1Reader r) => EncKeyWithId.Read(ref r), required: "0", raw: "0"),
        Of("PKIArchiveOptions", new PkiArchiveOptions(new EncryptedKey(Samples.EncryptedValue)), (ref Asn1Reader r) => PkiArchiveOptions.Read(ref r), required: "0"),
        Of("DhSigStatic", new DhSigStatic(IssuerAndSerialNumber.Of(Samples.Certificate), Samples.Octets(4)), (ref Asn1Reader r) => DhSigStatic.Read(ref r), required: "1"),
        Of("ContentInfo", new ContentInfo(Oids.SignedData, CmsSamples.Signed.Encoded), (ref Asn1Reader r) => ContentInfo.Read(ref r), required: "0 1", raw: "1"),
        Of("EnvelopedData", new EnvelopedData(CmsSamples.Recipients, CmsSamples.Content) { OriginatorInfo = new byte[] { 0xA0, 0 }, UnprotectedAttrs = new byte[] { 0xA1, 0 } }, (ref Asn1Reader r) => EnvelopedData.Read(ref r), required: "0 2 3", raw: "1 4"),
        Of("RecipientInfos", new EnvelopedData(CmsSamples.Recipients, CmsSamples.Content), (ref Asn1Reader r) => EnvelopedData.Read(ref r), path: "1", isList: true),
        Of("EncryptedContentInfo", CmsSamples.Content, (ref Asn1Reader r) => EncryptedContentInfo.Read(ref r), required: "0 1"),
        Of("IssuerAndSerialNumber", IssuerAndSerialNumber.Of(Samples.Certificate), (ref Asn1Reader r) => IssuerAndSerialNumber.Read(ref r).Issuer.ComparableParts(), required: "0 1"),
        Of("RecipientIdentifier", CmsSamples.BySerial, (ref Asn1Reader r) => RecipientIdentifier.Read(ref r).IssuerAndSerialNumber!.Issuer.ComparableParts(), required: "0 1"),
        Of("KeyTransRecipientInfo", CmsSamples.KeyTrans, (ref Asn1Reader r) => RecipientInfo.Read(ref r), required: "0 1 2 3"),
        Of("KeyAgreeRecipientInfo", CmsSamples.KeyAgree, (ref Asn1Reader r) => RecipientInfo.Read(ref r), required: "0 1 3 4"),
        Of("OriginatorIdentifierOrKey", CmsSamples.KeyAgree.Originator, (ref Asn1Reader r) => OriginatorIdentifierOrKey.Read(ref r), required: "0 1"),
        Of("RecipientEncryptedKey", CmsSamples.KeyAgree.RecipientEncryptedKeys[0], (ref Asn1Reader r) => RecipientEncryptedKey.Read(ref r), required: "0 1"),
        Of("RecipientKeyIdentifier", RecipientKey, (ref Asn1Reader r) => KeyAgreeRecipientIdentifier.Read(ref r), required: "0", raw: "2"),
        Of("PasswordRecipientInfo", CmsSamples.Password, (ref Asn1Reader r) => RecipientInfo.Read(ref r), required: "0 2 3"),
        Of("OtherRecipientInfo", CmsSamples.Kem, (ref Asn1Reader r) => KemRecipientInfo.Read(ref r), required: "0 1"),
        Of("KEMRecipientInfo", CmsSamples.Kem, (ref Asn1Reader r) => RecipientInfo.Read(ref r), path: "1", required: "0 1 2 3 4 5 7 8"),
        Of("ECC-CMS-SharedInfo", new EccCmsSharedInfo(CmsSamples.Wrap, Samples.Octets(4), 256), (ref Asn1Reader r) => EccCmsSharedInfo.Read(ref r), required: "0 2"),
        Of("CMSORIforKEMOtherInfo", CmsSamples.Kem.OtherInfo, (ref Asn1Reader r) => CmsOriForKemOtherInfo.Read(ref r), required: "0 1"),
        Of("SignedData", CmsSamples.Signed with { Crls = [Samples.Crl.Encoded] }, (ref Asn1Reader r) => SignedData.Read(ref r), required: "0 1 2 5", raw: "3 4"),
        Of("EncapsulatedContentInfo", CmsSamples.Signed.EncapContentInfo, (ref Asn1Reader r) => EncapsulatedContentInfo.Read(ref r), required: "0"),
        Of("SignerInfo", CmsSamples.Signer with { UnsignedAttrs = CmsSamples.Signer.SignedAttrs }, (ref Asn1Reader r) => SignerInfo.Read(ref r), required: "0 1 2 4 5"),
        Of("SignedAttributes", CmsSamples.Signer, (ref Asn1Reader r) => SignerInfo.Read(ref r), path: "3", isList: true),
        Of("Attribute of CMS", CmsAttribute.ContentType(Oids.Data), (ref Asn1Reader r) => CmsAttribute.Read(ref r), required: "0 1", raw: "1"),
        Of("AsymmetricKeyPackage", new AsymmetricKeyPackage([new byte[] { 0x30, 3, 2, 1, 0 }]), (ref Asn1Reader r) => AsymmetricKeyPackage.Read(ref r), raw: "0", isList: true),
        Of("OtherName", GeneralName.FromUserPrincipalName("a"), (ref Asn1Reader r) => GeneralName.Read(ref r), required: "0 1", raw: "1"),
    }.ToDictionary(structure => structure.Name);

    public static TheoryData<string> Each => [.. Structures.Keys];

    private static KeyAgreeRecipientIdentifier RecipientKey => Expect.Read(
        DerNode.Constructed(0xA0, DerNode.Primitive(0x04, 1), DerNode.Primitive(0x18, [.. "20261123123456Z"u8]), DerNode.Constructed(0x30, DerNode.Primitive(0x06, 42))).Encode(), KeyAgreeRecipientIdentifier.Read);

    private delegate object ReadAny(ref Asn1Reader reader);

    [Fact]
    public void Rule64_No_structure_is_left_out()
    {
        // raVerified has no field, what stands in a body or a recipient that nobody knows is nobody's, and attributes are read within their SignerInfo
        Type[] fieldless = [typeof(RaVerified), typeof(RawBody), typeof(UnknownRecipientInfo), typeof(CmsAttributes)];
        IEnumerable<Type> all = typeof(PkiMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Asn1Structure)) && !type.IsAbstract);
        Assert.Empty(all.Except(fieldless).Except(Structures.Values.Select(structure => structure.Type)).Select(type => type.Name));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_Whole_it_is_read(string name) => Assert.NotNull(Structures[name].Read(Structures[name].Octets));

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_is_missing(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            fields.RemoveAt(i);
            return structure.Required.Contains(i);
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_is_doubled(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            fields.Insert(i, fields[i]);
            return !structure.IsList;
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_is_of_a_wrong_type(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            fields[i] = DerNode.Primitive(NoType, (byte)'a');
            return !structure.Any.Contains(i);
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_is_primitive_where_it_is_constructed_and_the_other_way_round(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            byte[] content = fields[i].Encode();
            content[0] ^= 0x20;
            fields[i] = DerNode.Raw(content);
            return !structure.Any.Contains(i);
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_Fields_stand_in_another_order(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            if (i == 0 || structure.IsList)
                return null;
            (fields[i - 1], fields[i]) = (fields[i], fields[i - 1]);
            return !structure.Alike.Contains(i) && !(structure.Any.Contains(i) && structure.Any.Contains(i - 1));
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_comes_that_nobody_knows(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            fields.Add(DerNode.Primitive(NoType, (byte)'a'));
            return true;
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_length_is_two_gigabytes(string name)
    {
        foreach (byte[] length in new byte[][] { [0x84, 0x7F, 0xFF, 0xFF, 0xFF], [0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x85, 0, 0, 0, 0, 0], [0xFF] })
        {
            Structures[name].ForEach((structure, fields, i) =>
            {
                fields[i] = fields[i].Copy();
                fields[i].Length = length;
                return true;
            });
        }
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_length_is_indefinite(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            byte[] octets = fields[i].Encode();
            int header = octets[1] < 0x80 ? 2 : 2 + (octets[1] & 0x7F);
            fields[i] = DerNode.Raw([octets[0], 0x80, .. octets.AsSpan(header).ToArray(), 0, 0]);
            return true;
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_A_field_is_a_hundred_levels_deep(string name) =>
        Structures[name].ForEach((structure, fields, i) =>
        {
            fields[i] = DerNode.Nested((byte)(fields[i].Tag | 0x20), 100);
            return !structure.Any.Contains(i) && !structure.Raw.Contains(i);
        });

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_It_is_cut_off_at_each_octet(string name)
    {
        Structure structure = Structures[name];
        for (int i = 0; i < structure.Octets.Length; i++)
        {
            byte[] part = structure.Octets.AsSpan(0, i).ToArray();
            Expect.Malformed(() => structure.Read(part), i);
        }
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_Something_follows(string name)
    {
        Structure structure = Structures[name];
        Expect.Malformed(() => structure.Read([.. structure.Octets, 5, 0]));
        Expect.Malformed(() => structure.Read([.. structure.Octets, .. structure.Octets]));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Rule64_Any_one_octet_is_another(string name)
    {
        Structure structure = Structures[name];
        int step = Math.Max(1, structure.Octets.Length / 200);
        for (int i = 0; i < structure.Octets.Length; i += step)
        {
            foreach (byte value in new byte[] { 0x00, 0x01, 0x7F, 0x80, 0x81, 0x84, 0xFF })
            {
                byte[] octets = (byte[])structure.Octets.Clone();
                octets[i] = value;
                structure.ReadOrMalformed(octets);
            }
        }
    }

    [Fact]
    public void Rule64_Lazily_read_parts_do_not_escape()
    {
        // a message whose certificates and names are rubbish within decodes; who asks them hears so
        DerNode tree = DerNode.Parse(Samples.AllMessages[1].Encoded.ToArray());
        DerNode rubbish = DerNode.Constructed(0x30, DerNode.Primitive(NoType, 1));
        tree.Children![3].Children![0].Children![0] = rubbish;
        tree.Children![0].Children![1].Children![0] = rubbish;
        PkiMessage message = PkiMessage.Decode(tree.Encode());
        Certificate certificate = message.ExtraCerts[0];
        Name sender = message.Header.Sender.DirectoryName!;
        foreach (Action ask in new Action[]
        {
            () => _ = certificate.Version, () => _ = certificate.SerialNumber, () => _ = certificate.Issuer, () => _ = certificate.Subject,
            () => _ = certificate.NotBefore, () => _ = certificate.NotAfter, () => _ = certificate.PublicKey, () => _ = certificate.Extensions,
            () => _ = certificate.SignatureAlgorithm, () => _ = certificate.Signature, () => _ = certificate.TbsCertificate, () => _ = certificate.IsSelfIssued,
            () => _ = certificate.SubjectKeyIdentifier, () => _ = certificate.AuthorityKeyIdentifier, () => _ = certificate.KeyUsage, () => _ = certificate.EnhancedKeyUsage,
            () => _ = certificate.IsCA, () => _ = certificate.PathLength, () => _ = certificate.SubjectAltNames, () => _ = certificate.Extension("1.2.3"),
            () => CertId.Of(certificate), () => sender.ComparableParts(), () => sender.CommonName(), () => sender.IsSameAs(Samples.Subject), () => message.Header.Sender.IsSameAs(message.Header.Recipient),
        })
        {
            Expect.Malformed(ask);
        }
        Assert.Equal(40, certificate.Thumbprint.Length);
        Touch.All(message);
    }

    [Fact]
    public void Rule64_Deep_nesting_in_what_is_carried_raw_costs_nothing()
    {
        var item = new InfoTypeAndValue("1.2.3", DerNode.Nested(0x30, 100).Encode());
        Assert.Equal(item.Encoded.ToArray(), Expect.Read(item.Encoded.ToArray(), InfoTypeAndValue.Read).Encoded.ToArray());
    }

    private static Structure Of(string name, Asn1Structure sample, ReadAny read, string path = "", string required = "", string any = "", string raw = "", string alike = "", bool isList = false) =>
        new(name, sample.GetType(), sample.Encoded.ToArray(), read, Numbers(path), Numbers(required), Numbers(any), Numbers(raw), Numbers(alike), isList);

    private static int[] Numbers(string text) => [.. text.Split(' ').Where(part => part.Length > 0).Select(int.Parse)];

    private static object ReadCertificate(ref Asn1Reader reader)
    {
        Certificate certificate = Certificate.Read(ref reader);
        return certificate.Issuer.ComparableParts().Count + certificate.Subject.ComparableParts().Count;
    }

    private static object ReadCrl(ref Asn1Reader reader)
    {
        CertificateList crl = CertificateList.Read(ref reader);
        return crl.Issuer.ComparableParts().Count + crl.Entries.Sum(entry => (int)(entry.Reason ?? 0) + (entry.InvalidityDate?.Year ?? 0)) + (crl.IssuingDistributionPoint is null ? 0 : 1);
    }

    private static object ReadOldUpdate(ref Asn1Reader reader)
    {
        CaKeyUpdAnnContent update = CaKeyUpdAnnContent.Read(ref reader);
        return update.OldWithNew.Version + update.NewWithOld.Version + update.NewWithNew.Version;
    }

    private static object ReadNewUpdate(ref Asn1Reader reader)
    {
        RootCaKeyUpdateContent update = RootCaKeyUpdateContent.Read(ref reader);
        return (update.OldWithNew?.Version ?? 0) + (update.NewWithOld?.Version ?? 0) + update.NewWithNew.Version;
    }

    private static object ReadBody(ref Asn1Reader reader)
    {
        PkiBody body = PkiBody.Read(ref reader);
        return body switch
        {
            CaKeyUpdContent b => (b.OldWithNew?.Version ?? 0) + (b.NewWithOld?.Version ?? 0) + b.NewWithNew.Version,
            CertAnnContent b => b.Certificate.Version,
            CrlAnnContent b => b.Crls.Sum(crl => crl.Version),
            RevRepContent b => b.Crls.Sum(crl => crl.Version),
            KeyRecRepContent b => b.CaCerts.Sum(certificate => certificate.Version) + (b.NewSigCert?.Version ?? 0),
            _ => body,
        };
    }

    private static PkiBody Body(PkiBodyType type) => Samples.Bodies.First(body => body.Type == type);

    private static object ReadName(ref Asn1Reader reader) => Name.Read(ref reader).ComparableParts();

    /// <summary>A structure as a sample with all its fields, and what is known of them.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Type">The record that it is.</param>
    /// <param name="Octets">The sample.</param>
    /// <param name="ReadOne">Reads one and asks it for what is read late.</param>
    /// <param name="Path">Where its fields are in the sample.</param>
    /// <param name="Required">Fields that must be there.</param>
    /// <param name="Any">Fields that may have any type.</param>
    /// <param name="Raw">Fields that hold a value of any type.</param>
    /// <param name="Alike">Fields that look like the one before them.</param>
    /// <param name="IsList">Whether it may have any number of fields.</param>
    private sealed record Structure(string Name, Type Type, byte[] Octets, ReadAny ReadOne, int[] Path, int[] Required, int[] Any, int[] Raw, int[] Alike, bool IsList)
    {
        public object Read(byte[] octets) => Asn1Reader.Decode(octets, null, (ref Asn1Reader reader) => ReadOne(ref reader));

        public void ReadOrMalformed(byte[] octets)
        {
            try
            {
                Read(octets);
            }
            catch (CmpException e)
            {
                Assert.Equal("CmpMessage.Malformed", e.ErrorId);
            }
        }

        /// <summary>Changes one field at a time and reads.</summary>
        /// <param name="change">Changes field i; says whether the result must be malformed, or nothing where there is nothing to do.</param>
        public void ForEach(Func<Structure, List<DerNode>, int, bool?> change)
        {
            int count = Fields(DerNode.Parse(Octets)).Count;
            for (int i = 0; i < count; i++)
            {
                DerNode tree = DerNode.Parse(Octets);
                if (change(this, Fields(tree), i) is not { } mustFail)
                    continue;
                byte[] octets = tree.Encode();
                try
                {
                    if (mustFail)
                        Expect.Malformed(() => Read(octets), octets.Length);
                    else
                        ReadOrMalformed(octets);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Field {i} of {Name}: {Hex.Of(octets)}", e);
                }
            }
        }

        private List<DerNode> Fields(DerNode tree) => Path.Aggregate(tree, (node, i) => node.Children![i]).Children!;
    }
}
