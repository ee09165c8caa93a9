using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What a request says.</summary>
public class RequestBuilderTests
{
    private const string Distribution = "2.5.29.31";
    private const string InformationAccess = "1.3.6.1.5.5.7.1.1";
    private const string Timestamps = "1.3.6.1.4.1.11129.2.4.2";

    private static readonly PrivateKey Key = MadeCertificate.NewKey();
    private static readonly GeneralName Dns = GeneralName.FromText(GeneralNameType.DnsName, "router7.example");
    private static readonly GeneralName OldDns = GeneralName.FromText(GeneralNameType.DnsName, "old.example");

    private static readonly Certificate Old = Peer.Shared.Issuing.Certify(MadeCertificate.NewKey().PublicKey, "CN=Old, O=Example", Shape.Leaf with
    {
        Purposes = ["1.3.6.1.5.5.7.3.1"],
        Extensions =
        [
            CertificateExtensions.SubjectAltName([OldDns], critical: false), MadeCertificate.Unknown("1.2.3.4", critical: true), MadeCertificate.Unknown(Distribution),
            MadeCertificate.Unknown(InformationAccess), MadeCertificate.Unknown(Timestamps), MadeCertificate.Unknown(Oids.AuthorityKeyIdentifier), MadeCertificate.Unknown("2.5.29.18"),
        ],
    });

    private static EnrollmentRequest Asked => new() { Subject = Name.Parse("CN=router7"), Destination = CertificateDestination.None };

    private static EnrollmentRequest Update => new() { Operation = EnrollmentOperation.KeyUpdate, OldCertificate = Old, Destination = CertificateDestination.None };

    private static PkiBody Build(EnrollmentRequest request, string? preset = null, PrivateKey? key = null, Credential? credential = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        ServerSettings said = new ServerSettings { Preset = preset, IterationCount = 100 };
        PkiBody built = RequestBuilder.Build(request, key ?? Key, (settings?.Invoke(said) ?? said).Resolve(), credential ?? Peer.Secret());
        return Asn1Reader.Decode(built.Encoded, null, PkiBody.Read);
    }

    private static CertReqMsg Message(EnrollmentRequest request, string? preset = null, Credential? credential = null, Func<ServerSettings, ServerSettings>? settings = null) =>
        Assert.Single(Assert.IsType<CertReqMessages>(Build(request, preset, credential: credential, settings: settings)).Requests);

    private static CertTemplate Template(EnrollmentRequest request, string? preset = null) => Message(request, preset).CertReq.CertTemplate;

    private static PopoSigningKey Proof(CertReqMsg message) => Assert.IsType<PopoSigningKey>(message.Popo);

    private static CmpException Refused(EnrollmentRequest request, PrivateKey? key = null) => Assert.Throws<CmpException>(() => Build(request, key: key));

    [Theory]
    [InlineData(EnrollmentOperation.Initialization, (int)PkiBodyType.Ir)]
    [InlineData(EnrollmentOperation.Certification, (int)PkiBodyType.Cr)]
    [InlineData(EnrollmentOperation.KeyUpdate, (int)PkiBodyType.Kur)]
    public void Rule9_The_certReqId_is_0(EnrollmentOperation operation, int type)
    {
        var body = Assert.IsType<CertReqMessages>(Build(Asked with { Operation = operation, OldCertificate = operation == EnrollmentOperation.KeyUpdate ? Old : null }));
        Assert.Equal((PkiBodyType)type, body.Type);
        Assert.Equal(0, Assert.Single(body.Requests).CertReq.CertReqId);
    }

    // rule 11

    [Fact]
    public void Rule11_The_subject_is_the_explicit_one()
    {
        Assert.Equal("CN=router7", Template(Asked).Subject!.ToString());
        Assert.Equal("CN=router8", Template(Update with { Subject = Name.Parse("CN=router8") }).Subject!.ToString());
    }

    [Fact]
    public void Rule11_Else_the_old_certificates() => Assert.Equal("CN=Old, O=Example", Template(Update).Subject!.ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Rule11_Rfc9483_sends_the_NULL_DN_with_a_critical_subjectAltName_and_never_poposkInput(string? subject)
    {
        CertReqMsg message = Message(Asked with { Subject = subject is null ? null : Name.Parse(subject), SubjectAltNames = [Dns] });
        CertTemplate template = message.CertReq.CertTemplate;
        Assert.True(template.Subject!.IsEmpty);
        Assert.Contains("A5023000", Hex.Of(template.Encoded.Span).ToUpperInvariant());
        Extension names = Assert.Single(template.Extensions);
        Assert.Equal(Oids.SubjectAltName, names.Oid);
        Assert.True(names.Critical);
        Assert.Null(Proof(message).PoposkInput);
        Assert.True(SignatureProof.Verify(message.CertReq, Proof(message)));
    }

    [Fact]
    public void Rule11_With_a_subject_the_names_are_not_critical() =>
        Assert.False(Assert.Single(Template(Asked with { SubjectAltNames = [Dns] }).Extensions).Critical);

    [Fact]
    public void Rule11_OpenSslMock_omits_the_subject_without_poposkInput()
    {
        CertReqMsg message = Message(Asked with { Subject = null, SubjectAltNames = [Dns] }, "OpenSslMock");
        Assert.Null(message.CertReq.CertTemplate.Subject);
        Assert.Null(Proof(message).PoposkInput);
        Assert.True(SignatureProof.Verify(message.CertReq, Proof(message)));
    }

    [Fact]
    public void Rule11_Where_a_preset_omits_it_with_poposkInput_a_secret_MACs_the_key()
    {
        CertReqMsg message = Message(Asked with { Subject = null }, settings: settings => settings with { AbsentSubject = AbsentSubject.OmitWithInput, MacAlgorithm = "HMAC-SHA512" });
        Assert.Null(message.CertReq.CertTemplate.Subject);
        PopoSigningKeyInput input = Proof(message).PoposkInput!;
        Assert.Null(input.Sender);
        PbmParameter parameters = PbmParameter.Decode(input.PublicKeyMac!.Algorithm.Parameters!.Value);
        Assert.Equal(100, parameters.IterationCount);
        Assert.Equal(Oids.HmacWithSha512, parameters.Mac.Oid);
        byte[] key = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), parameters.Salt, parameters.Owf.Oid, 100);
        Assert.Equal(Macs.Compute(parameters.Mac, key, Key.PublicKey.Encoded), input.PublicKeyMac.Value.ToArray());
        Assert.True(SignatureProof.Verify(message.CertReq, Proof(message)));
    }

    [Fact]
    public void Rule11_And_a_certificate_names_the_sender()
    {
        var credential = new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key);
        CertReqMsg message = Message(Asked with { Subject = null }, credential: credential, settings: settings => settings with { AbsentSubject = AbsentSubject.OmitWithInput });
        PopoSigningKeyInput input = Proof(message).PoposkInput!;
        Assert.Equal("CN=Client, O=Cmp tests", input.Sender!.DirectoryName!.ToString());
        Assert.Null(input.PublicKeyMac);
    }

    [Fact]
    public void Rule11_With_a_subject_there_is_no_poposkInput_whatever_the_preset() =>
        Assert.Null(Proof(Message(Asked, settings: settings => settings with { AbsentSubject = AbsentSubject.OmitWithInput })).PoposkInput);

    [Fact]
    public void Rule11_The_names_of_the_old_certificate_are_copied()
    {
        Extension names = Template(Update).Extensions.Single(extension => extension.Oid == Oids.SubjectAltName);
        Assert.Equal(Old.Extension(Oids.SubjectAltName)!.Value.ToArray(), names.Value.ToArray());
        Assert.False(names.Critical);
    }

    [Fact]
    public void Rule11_Unless_others_replace_them()
    {
        Extension names = Template(Update with { SubjectAltNames = [Dns] }).Extensions.Single(extension => extension.Oid == Oids.SubjectAltName);
        Assert.Equal("router7.example", Assert.Single(GeneralName.DecodeList(names.Value)).ToString());
    }

    [Fact]
    public void Rule11_Or_an_empty_list_drops_them() =>
        Assert.DoesNotContain(Template(Update with { SubjectAltNames = [] }).Extensions, extension => extension.Oid == Oids.SubjectAltName);

    [Fact]
    public void Rule11_Copied_names_become_critical_where_the_subject_goes() =>
        Assert.True(Template(Update with { Subject = Name.Empty }).Extensions.Single(extension => extension.Oid == Oids.SubjectAltName).Critical);

    // rule 12

    [Fact]
    public void Rule12_kur_names_the_old_certificate_by_issuer_and_serial_number()
    {
        CertRequest request = Message(Update).CertReq;
        CertId id = Controls.ReadOldCertId(request.FindControl(Oids.OldCertId)!);
        Assert.Equal("CN=Test Issuing CA", id.Issuer.DirectoryName!.ToString());
        Assert.Equal(Old.SerialNumber.ToArray(), id.SerialNumber.ToArray());
        Assert.Null(Message(Asked).CertReq.FindControl(Oids.OldCertId));
    }

    [Fact]
    public void Rule12_The_issuer_is_the_old_certificates_unless_another_is_named()
    {
        Assert.Equal("CN=Test Issuing CA", Template(Update).Issuer!.ToString());
        Assert.Equal("CN=Another CA", Template(Update with { Issuer = Name.Parse("CN=Another CA") }).Issuer!.ToString());
        Assert.Null(Template(Asked).Issuer);
    }

    [Fact]
    public void Rule12_Every_extension_is_kept_but_those_that_are_the_CAs_own()
    {
        IReadOnlyList<Extension> kept = Template(Update).Extensions;
        Assert.Equal([Oids.SubjectAltName, Oids.KeyUsage, Oids.ExtendedKeyUsage, "1.2.3.4"], kept.Select(extension => extension.Oid));
        Assert.All(kept, extension => Assert.Equal(Old.Extension(extension.Oid)!.Encoded.ToArray(), extension.Encoded.ToArray()));
    }

    [Fact]
    public void Rule12_Explicit_ones_win_by_OID()
    {
        Extension usage = CertificateExtensions.KeyUsage(KeyUsages.KeyAgreement);
        Extension names = CertificateExtensions.SubjectAltName([Dns], critical: true);
        Extension own = MadeCertificate.Unknown("1.2.3.4.5");
        IReadOnlyList<Extension> asked = Template(Update with { Extensions = [usage, names, own, MadeCertificate.Unknown(own.Oid, critical: true)] }).Extensions;
        Assert.Equal([Oids.KeyUsage, Oids.SubjectAltName, own.Oid, Oids.ExtendedKeyUsage, "1.2.3.4"], asked.Select(extension => extension.Oid));
        Assert.Equal(usage.Encoded.ToArray(), asked[0].Encoded.ToArray());
        Assert.Equal(names.Encoded.ToArray(), asked[1].Encoded.ToArray());
        Assert.False(asked[2].Critical);
    }

    [Fact]
    public void Rule12_An_explicit_extension_that_is_the_CAs_own_is_sent_all_the_same() =>
        Assert.Contains(Template(Update with { Extensions = [MadeCertificate.Unknown(Distribution)] }).Extensions, extension => extension.Oid == Distribution);

    [Fact]
    public void Rule12_kur_without_an_old_certificate_is_a_local_error() =>
        Assert.Equal("CmpArgument.OldCertificate", Refused(Update with { OldCertificate = null }).ErrorId);

    // rule 13

    [Fact]
    public void Rule13_Validity_is_sent_as_it_was_given()
    {
        DateTimeOffset from = Peer.Now, to = Peer.Now.AddDays(90);
        CertTemplate both = Template(Asked with { NotBefore = from, NotAfter = to });
        Assert.Equal((from, to), (both.NotBefore, both.NotAfter));
        CertTemplate begin = Template(Asked with { NotBefore = from });
        Assert.Equal((from, (DateTimeOffset?)null), (begin.NotBefore, begin.NotAfter));
        CertTemplate end = Template(Asked with { NotAfter = to });
        Assert.Equal(((DateTimeOffset?)null, to), (end.NotBefore, end.NotAfter));
        CertTemplate neither = Template(Asked);
        Assert.Null(neither.NotBefore);
        Assert.Null(neither.NotAfter);
    }

    // rule 14

    [Fact]
    public void Rule14_A_key_that_cannot_sign_needs_another_proof() =>
        Assert.Equal("CmpArgument.ProofOfPossession", Refused(Asked, new CannotSign(Key.PublicKey)).ErrorId);

    [Fact]
    public void Rule14_Without_a_key_there_is_no_request() =>
        Assert.Equal("CmpArgument.Key", Assert.Throws<CmpException>(() => RequestBuilder.Build(Asked, null, new ServerSettings().Resolve(), Peer.Secret())).ErrorId);

    [Fact]
    public void Rule14_No_proof_goes_only_with_central_key_generation() =>
        Assert.Equal("CmpArgument.ProofOfPossession", Refused(Asked with { ProofOfPossession = ProofOfPossessionKind.None }).ErrorId);

    [Fact]
    public void Rule14_raVerified_only_on_demand()
    {
        Assert.IsType<PopoSigningKey>(Message(Asked).Popo);
        Assert.IsType<RaVerified>(Message(Asked with { ProofOfPossession = ProofOfPossessionKind.RaVerified }).Popo);
        Assert.IsType<RaVerified>(Assert.Single(Assert.IsType<CertReqMessages>(Build(Asked with { ProofOfPossession = ProofOfPossessionKind.RaVerified }, key: new CannotSign(Key.PublicKey))).Requests).Popo);
    }

    [Fact]
    public void The_proof_is_made_by_the_key_over_the_request()
    {
        CertReqMsg message = Message(Asked);
        Assert.True(SignatureProof.Verify(message.CertReq, Proof(message)));
        Assert.True(message.CertReq.CertTemplate.PublicKey!.IsSameAs(Key.PublicKey));
    }

    // rule 16

    [Fact]
    public void Rule16_The_PKCS10_is_sent_octet_by_octet()
    {
        CertificationRequest pkcs10 = MadeCertificate.Pkcs10(Key, "CN=router7", CertificateExtensions.SubjectAltName([Dns], critical: false));
        PkiBody body = RequestBuilder.Build(Asked with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = pkcs10, Subject = null }, null, new ServerSettings().Resolve(), Peer.Secret());
        Assert.Equal(PkiBodyType.P10cr, body.Type);
        Assert.Equal(pkcs10.Encoded.ToArray(), body.Encoded.Slice(body.Encoded.Length - pkcs10.Encoded.Length).ToArray());
    }

    [Fact]
    public void Rule16_Without_one_there_is_no_p10cr() =>
        Assert.Equal("CmpArgument.Pkcs10", Refused(Asked with { Operation = EnrollmentOperation.Pkcs10 }).ErrorId);

    [Theory]
    [InlineData(ProofOfPossessionKind.EncryptedKey, "CmpArgument.ProofOfPossession")]
    [InlineData(ProofOfPossessionKind.None, "CmpArgument.ProofOfPossession")]
    [InlineData(ProofOfPossessionKind.Signature, null)]
    public void Rule16_A_PKCS10_has_its_own_proof_and_takes_no_other(ProofOfPossessionKind proof, string? error)
    {
        EnrollmentRequest request = Asked with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(Key, "CN=router7"), ProofOfPossession = proof };
        if (error is null)
            Assert.Equal(PkiBodyType.P10cr, Build(request).Type);
        else
            Assert.Equal(error, Refused(request).ErrorId);
    }

    [Fact]
    public void Rule19_A_key_of_another_PKCS10_is_found_locally()
    {
        using PrivateKey another = MadeCertificate.NewKey();
        EnrollmentRequest request = Asked with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(another, "CN=router7") };
        Assert.Equal("CmpKey.Mismatch", Refused(request, Key).ErrorId);
        Assert.Equal(PkiBodyType.P10cr, Build(request, key: another).Type);
    }

    [Fact]
    public void Rule21_The_users_digest_signs_the_proof_and_an_unknown_one_is_a_local_error()
    {
        Assert.Equal(Oids.Sha512WithEcdsa, Proof(Message(Asked, settings: settings => settings with { HashAlgorithm = "SHA512" })).Algorithm.Oid);
        Assert.Equal("CmpKey.HashAlgorithm", Assert.Throws<CmpException>(() => Message(Asked, settings: settings => settings with { HashAlgorithm = "MD4" })).ErrorId);
    }

    [Fact]
    public void Controls_and_registration_info_are_sent()
    {
        CertReqMsg message = Message(Update with
        {
            RegistrationToken = new NetworkCredential(string.Empty, "token").SecurePassword,
            Authenticator = new NetworkCredential(string.Empty, "mother's name").SecurePassword,
            RegistrationInfo = [new("Room", "7?%")],
            Controls = [Controls.PublicationInfo(new PkiPublicationInfo(true, []))],
        });
        Assert.Equal([Oids.RegToken, Oids.Authenticator, Oids.OldCertId, Oids.PkiPublicationInfo], message.CertReq.Controls.Select(control => control.Oid));
        Assert.Equal("token", Controls.ReadText(message.CertReq.Controls[0]));
        Assert.Equal("mother's name", Controls.ReadText(message.CertReq.Controls[1]));
        Assert.Equal("Room?7%3f%25%", Controls.ReadText(Assert.Single(message.RegInfo)));
    }

    private sealed class CannotSign(SubjectPublicKeyInfo publicKey) : PrivateKey(publicKey)
    {
        public override bool CanSign => false;

        public override bool Exportable => false;

        public override void Dispose()
        {
        }

        internal override bool CanUse(SignatureScheme scheme) => false;

        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => throw new NotSupportedException();

        private protected override byte[] ExportCore() => throw new NotSupportedException();
    }
}
