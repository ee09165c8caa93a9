using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages;

public class InfoTypesTests
{
    public static TheoryData<string> Valued =>
        [.. Samples.Questions.Select(item => (item, "genm")).Concat(Samples.Answers.Select(item => (item, "genp"))).Where(row => row.item.InfoValue is not null && OidIsKnown(row.item)).Select(row => $"{row.Item2} {row.item}")];

    [Theory]
    [InlineData(1, "caProtEncCert")]
    [InlineData(2, "signKeyPairTypes")]
    [InlineData(3, "encKeyPairTypes")]
    [InlineData(4, "preferredSymmAlg")]
    [InlineData(5, "caKeyUpdateInfo")]
    [InlineData(6, "currentCRL")]
    [InlineData(7, "unsupportedOIDs")]
    [InlineData(10, "keyPairParamReq")]
    [InlineData(11, "keyPairParamRep")]
    [InlineData(12, "revPassphrase")]
    [InlineData(13, "implicitConfirm")]
    [InlineData(14, "confirmWaitTime")]
    [InlineData(15, "origPKIMessage")]
    [InlineData(16, "suppLangTags")]
    [InlineData(17, "caCerts")]
    [InlineData(18, "rootCaKeyUpdate")]
    [InlineData(19, "certReqTemplate")]
    [InlineData(20, "rootCaCert")]
    [InlineData(21, "certProfile")]
    [InlineData(22, "crlStatusList")]
    [InlineData(23, "crls")]
    [InlineData(24, "KemCiphertextInfo")]
    public void Names_are_those_of_the_RFC(int number, string name)
    {
        string oid = $"1.3.6.1.5.5.7.4.{number}";
        Assert.Equal(name, InfoTypes.NameOf(oid));
        Assert.Equal(oid, InfoTypes.OidOf(name));
        Assert.Equal(oid, InfoTypes.OidOf(name.ToUpperInvariant()));
        Assert.Contains(name, InfoTypes.Names);
        Assert.Equal(name, new InfoTypeAndValue(oid).ToString());
    }

    [Fact]
    public void Names_of_cryptlib_and_of_nobody()
    {
        Assert.Equal("1.3.6.1.4.1.3029.3.1.1", InfoTypes.OidOf("cryptlibPresenceCheck"));
        Assert.Equal("1.3.6.1.4.1.3029.3.1.2", InfoTypes.OidOf("cryptlibPKIBoot"));
        Assert.Equal("1.2.3", InfoTypes.NameOf("1.2.3"));
        Assert.Null(InfoTypes.OidOf("caCert"));
        Assert.Equal(24, InfoTypes.Names.Count);
    }

    [Fact]
    public void Questions_have_the_values_of_the_RFC()
    {
        Assert.Equal("300A" + "06082B06010505070411", Hex.Of(InfoTypes.CaCerts().Encoded.Span));
        foreach (InfoTypeAndValue item in new[]
        {
            InfoTypes.CaProtEncCert(), InfoTypes.SignKeyPairTypes(), InfoTypes.EncKeyPairTypes(), InfoTypes.PreferredSymmAlg(), InfoTypes.CaKeyUpdateInfo(), InfoTypes.CurrentCrl(),
            InfoTypes.CaCerts(), InfoTypes.CertReqTemplate(), InfoTypes.RootCaCert(), InfoTypes.KemCiphertextInfo(), InfoTypes.KeyPairParamRep(), InfoTypes.RevPassphrase(),
            InfoTypes.RootCaKeyUpdate(), InfoTypes.Crls(), InfoTypes.CryptlibPresenceCheck(), InfoTypes.CryptlibPkiBoot(),
        })
        {
            Assert.Null(item.InfoValue);
            Assert.Null(InfoTypes.ReadValue(item, isAnswer: false));
            Assert.Null(InfoTypes.ReadValue(item, isAnswer: true));
        }
        Assert.Equal("06072A8648CE3D0201", Hex.Of(InfoTypes.KeyPairParamReq(Oids.EcPublicKey).InfoValue!.Value.Span));
        Assert.Equal(Samples.Certificate.Encoded.ToArray(), InfoTypes.RootCaCert(Samples.Certificate).InfoValue!.Value.ToArray());
        Assert.Equal("3008" + "0C026465" + "0C02656E", Hex.Of(InfoTypes.SuppLangTags(["de", "en"]).InfoValue!.Value.Span));
    }

    [Fact]
    public void Answers_are_read_as_they_are_meant()
    {
        Assert.True(InfoTypes.ReadCaProtEncCert(Answer(Oids.CaProtEncCert))!.IsSameAs(Samples.Certificate));
        Assert.Equal(Oids.Sha256WithRsa, InfoTypes.ReadSignKeyPairTypes(Answer(Oids.SignKeyPairTypes)).Single().Oid);
        Assert.True(InfoTypes.ReadEncKeyPairTypes(Answer(Oids.EncKeyPairTypes)).Single().IsSameAs(Samples.PublicKey.Algorithm));
        Assert.Equal(Oids.HmacWithSha256, InfoTypes.ReadPreferredSymmAlg(Answer(Oids.PreferredSymmAlg))!.Oid);
        Assert.True(InfoTypes.ReadCaKeyUpdateInfo(Answer(Oids.CaKeyUpdateInfo))!.NewWithOld.IsSameAs(Samples.Certificate));
        Assert.Equal(42, InfoTypes.ReadCurrentCrl(Answer(Oids.CurrentCrl))!.Number);
        Assert.Equal(["1.2.3.4.5", "1.2.3"], InfoTypes.ReadUnsupportedOids(Answer(Oids.UnsupportedOids)));
        Assert.True(InfoTypes.ReadKeyPairParamRep(Answer(Oids.KeyPairParamRep))!.IsSameAs(Samples.PublicKey.Algorithm));
        Assert.Null(InfoTypes.ReadRevPassphrase(Answer(Oids.RevPassphrase)));
        Assert.Equal(["en"], InfoTypes.ReadSuppLangTags(Answer(Oids.SuppLangTags)));
        Assert.Equal(2, InfoTypes.ReadCaCerts(Answer(Oids.CaCerts)).Count);
        Assert.True(InfoTypes.ReadRootCaKeyUpdate(Answer(Oids.RootCaKeyUpdate))!.OldWithNew!.IsSameAs(Samples.Certificate));
        Assert.Equal(42, InfoTypes.ReadCrls(Answer(Oids.Crls)).Single().Number);
        KemCiphertextInfo kem = InfoTypes.ReadKemCiphertextInfo(Answer(Oids.KemCiphertextInfo))!;
        Assert.Equal(Oids.MLKem768, kem.Kem.Oid);
        Assert.Equal(Samples.Octets(20), kem.Ct.ToArray());
        CertReqTemplateContent template = InfoTypes.ReadCertReqTemplate(Answer(Oids.CertReqTemplate))!;
        Assert.True(template.CertTemplate.Subject!.IsEmpty);
        Assert.Equal(Oids.SubjectAltName, template.CertTemplate.Extensions.Single().Oid);
        Assert.True(template.ReadAlgorithms().Single().IsSameAs(Samples.PublicKey.Algorithm));
        Assert.Equal([3072], template.ReadRsaKeyLengths());
        Assert.Empty(new CertReqTemplateContent(new CertTemplate(), []).ReadAlgorithms());
    }

    [Fact]
    public void Questions_are_read_as_they_are_meant()
    {
        Assert.Equal(Oids.EcPublicKey, InfoTypes.ReadKeyPairParamReq(Question(Oids.KeyPairParamReq)));
        Assert.NotNull(InfoTypes.ReadRevPassphrase(Question(Oids.RevPassphrase))!.EncryptedValue);
        Assert.True(InfoTypes.ReadRootCaCert(Question(Oids.RootCaCert))!.IsSameAs(Samples.Certificate));
        IReadOnlyList<CrlStatus> statuses = InfoTypes.ReadCrlStatusList(Question(Oids.CrlStatusList));
        Assert.Equal(Samples.Time, statuses[0].ThisUpdate);
        Assert.True(statuses[0].Source.Issuer.Single().DirectoryName!.IsSameAs(Samples.CaName));
        Assert.Null(statuses[0].Source.Dpn);
        Assert.Null(statuses[1].ThisUpdate);
        Assert.True(statuses[1].Source.Dpn!.IsSameAs(Samples.DistributionPoint));
        Assert.Empty(statuses[1].Source.Issuer);
        InfoTypeAndValue original = InfoTypes.OrigPkiMessage([Samples.AllMessages[0]]);
        Assert.Equal(Samples.AllMessages[0].Encoded.ToArray(), InfoTypes.ReadOrigPkiMessage(original).Single().Encoded.ToArray());
        Assert.Empty(InfoTypes.ReadOrigPkiMessage(new InfoTypeAndValue(Oids.OrigPkiMessage)));
        Assert.Empty(InfoTypes.ReadCaCerts(InfoTypes.CaCerts()));
        Assert.Null(InfoTypes.ReadCurrentCrl(InfoTypes.CurrentCrl()));
    }

    [Fact]
    public void Sources_of_CRLs_have_explicit_tags()
    {
        // dpn A0 { fullName A0 { ... } }, issuer A1 { GeneralNames 30 { ... } }
        DerNode dpn = DerNode.Parse(new CrlSource(Samples.DistributionPoint).Encoded.ToArray()), issuer = DerNode.Parse(new CrlSource([GeneralName.FromName(Samples.CaName)]).Encoded.ToArray());
        Assert.Equal([0xA0, 0xA0, 0x86], [dpn.Tag, dpn.Children!.Single().Tag, dpn.Children!.Single().Children!.Single().Tag]);
        Assert.Equal([0xA1, 0x30, 0xA4], [issuer.Tag, issuer.Children!.Single().Tag, issuer.Children!.Single().Children!.Single().Tag]);
        Expect.Malformed(() => Expect.Read(Hex.Parse("A2 00"), CrlSource.Read));
        Expect.Malformed(() => Expect.Read(Hex.Parse("30 00"), CrlSource.Read));
        DerNode status = DerNode.Parse(Samples.CrlStatus.Encoded.ToArray());
        Assert.Equal([0xA1, 0x17], status.Children!.Select(c => c.Tag));
    }

    [Fact]
    public void Templates_have_the_tags_of_CRMF()
    {
        DerNode tree = DerNode.Parse(Samples.RequestTemplate.Encoded.ToArray());
        Assert.Equal([0x30, 0x30], tree.Children!.Select(c => c.Tag));
        Assert.Equal([0xA5, 0xA9], tree.Children![0].Children!.Select(c => c.Tag)); // subject explicit, extensions implicit
        Assert.Equal(0x30, tree.Children![0].Children![0].Children!.Single().Tag);
    }

    [Fact]
    public void Any_item_has_its_typed_value()
    {
        string[] types = [.. Samples.Answers.Concat(Samples.Questions).Select(item => InfoTypes.ReadValue(item, Samples.Answers.Contains(item)) switch
        {
            null => "-",
            string => "oid",
            IReadOnlyList<string> => "texts",
            IReadOnlyList<Certificate> => "Certificates",
            IReadOnlyList<CertificateList> => "CRLs",
            IReadOnlyList<AlgorithmIdentifier> => "Algorithms",
            IReadOnlyList<CrlStatus> => "CrlStatuses",
            ReadOnlyMemory<byte> => "raw",
            var other => other.GetType().Name,
        })];
        Assert.Equal(
            "Certificate Algorithms Algorithms AlgorithmIdentifier CaKeyUpdAnnContent CertificateList texts AlgorithmIdentifier - texts Certificates RootCaKeyUpdateContent CertReqTemplateContent CRLs KemCiphertextInfo raw"
            + " - - - - - - oid EncryptedKey texts - - Certificate CrlStatuses - - - raw",
            string.Join(" ", types));
        Assert.Null(InfoTypes.ReadValue(InfoTypes.ImplicitConfirm(), isAnswer: false));
        Assert.Equal(Samples.Time, InfoTypes.ReadValue(InfoTypes.ConfirmWaitTime(Samples.Time), isAnswer: false));
        Assert.Equal(["tls"], (IReadOnlyList<string>)InfoTypes.ReadValue(InfoTypes.CertProfile("tls"), isAnswer: false)!);
        Assert.Single((IReadOnlyList<PkiMessage>)InfoTypes.ReadValue(InfoTypes.OrigPkiMessage([Samples.AllMessages[0]]), isAnswer: false)!);
    }

    [Fact]
    public void A_value_where_the_RFC_has_none_is_given_raw()
    {
        var odd = new InfoTypeAndValue(Oids.CaCerts, Hex.Parse("05 00"));
        Assert.Equal(new byte[] { 5, 0 }, Assert.IsType<ReadOnlyMemory<byte>>(InfoTypes.ReadValue(odd, isAnswer: false)).ToArray());
        Expect.Malformed(() => InfoTypes.ReadValue(odd, isAnswer: true));
        Assert.IsType<ReadOnlyMemory<byte>>(InfoTypes.ReadValue(InfoTypes.RootCaCert(Samples.Certificate), isAnswer: true));
    }

    [Theory]
    [MemberData(nameof(Valued))]
    public void Rule64_A_value_of_a_wrong_type_is_malformed(string which)
    {
        (InfoTypeAndValue item, bool isAnswer) = Find(which);
        byte[] value = item.InfoValue!.Value.ToArray();
        Assert.NotNull(InfoTypes.ReadValue(item, isAnswer));
        List<byte[]> wrong = [[0x1A, 1, (byte)'a'], [.. value, .. value], [.. value, 5, 0], [.. value.AsSpan(0, value.Length - 1).ToArray()], [], [value[0], 0x84, 0x7F, 0xFF, 0xFF, 0xFF], [value[0], 0x80, 0, 0]];
        if ((value[0] & 0x20) != 0)
            wrong.Add(DerNode.Constructed(value[0], DerNode.Primitive(0x1A, (byte)'a')).Encode());
        foreach (byte[] octets in wrong)
        {
            Expect.Malformed(
                () => TouchValue(InfoTypes.ReadValue(new InfoTypeAndValue(item.InfoType, octets), isAnswer)),
                octets.Length);
        }
    }

    /// <summary>Certificates and CRLs are read when they are asked.</summary>
    private static void TouchValue(object? value)
    {
        switch (value)
        {
            case Certificate c:
                _ = c.Version;
                break;
            case CertificateList c:
                _ = c.Version;
                break;
            case IReadOnlyList<Certificate> list:
                _ = list[0].Version;
                break;
            case IReadOnlyList<CertificateList> list:
                _ = list[0].Version;
                break;
        }
    }

    private static (InfoTypeAndValue Item, bool IsAnswer) Find(string which)
    {
        bool isAnswer = which.StartsWith("genp", StringComparison.Ordinal);
        return ((isAnswer ? Samples.Answers : Samples.Questions).First(item => item.InfoValue is not null && which.EndsWith(" " + item, StringComparison.Ordinal)), isAnswer);
    }

    private static bool OidIsKnown(InfoTypeAndValue item) => InfoTypes.NameOf(item.InfoType) != item.InfoType;

    private static InfoTypeAndValue Answer(string oid) => Asked(new GenRepContent(Samples.Answers), oid);

    private static InfoTypeAndValue Question(string oid) => Asked(new GenMsgContent(Samples.Questions), oid);

    private static InfoTypeAndValue Asked(PkiBody body, string oid) => Expect.Read(body.Encoded.ToArray(), PkiBody.Read) switch
    {
        GenMsgContent b => b.Items.Single(item => item.InfoType == oid),
        GenRepContent b => b.Items.Single(item => item.InfoType == oid),
        _ => throw new InvalidOperationException(),
    };
}
