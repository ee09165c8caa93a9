using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What a certificate has otherwise than its request (rule 37).</summary>
public class ModificationsTests
{
    private const string Unknown = "1.2.3";

    private static SubjectPublicKeyInfo Key => Peer.Shared.Client.Key.PublicKey;

    [Fact]
    public void Rule37_Where_nothing_differs_nothing_is_named()
    {
        Extension[] extensions = [MadeCertificate.Unknown(Unknown), CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA])];
        Certificate issued = Issue("CN=router7", extensions);
        Assert.Empty(Between(new CertTemplate { Subject = Name.Parse("CN=ROUTER7"), NotBefore = issued.NotBefore.AddTicks(10), NotAfter = issued.NotAfter, Issuer = issued.Issuer, PublicKey = Key, Extensions = extensions }, issued, PkiStatus.GrantedWithMods));
    }

    [Fact]
    public void Rule37_The_public_key_is_never_among_them() =>
        Assert.Empty(Between(new CertTemplate { Subject = Name.Parse("CN=router7"), PublicKey = MadeCertificate.NewKey().PublicKey }, Issue("CN=router7")));

    [Fact]
    public void Rule37_Issuer_and_validity_are_told_with_both_values()
    {
        Certificate issued = Issue("CN=router7");
        IReadOnlyList<Modification> found = Between(new CertTemplate { Issuer = Name.Parse("CN=Another CA"), NotBefore = issued.NotBefore.AddSeconds(-1), NotAfter = issued.NotAfter.AddSeconds(1) }, issued);
        Assert.Equal(["Issuer", "NotBefore", "NotAfter"], found.Select(one => one.Field));
        Assert.Equal(new Modification("Issuer", "CN=Another CA", "CN=Test Issuing CA"), found[0]);
        Assert.Equal(("2026-05-02 11:59:59Z", "2026-05-02 12:00:00Z"), (found[1].Requested, found[1].Issued));
        Assert.Equal($"NotAfter: {issued.NotAfter:u} instead of {issued.NotAfter.AddSeconds(1):u}", found[2].ToString());
    }

    [Theory]
    [InlineData("CN=router8", "Subject: CN=router7 instead of CN=router8")]
    [InlineData("CN=Router7, O=Example", "Subject: O=Example left out")]
    [InlineData("CN=router7, OU=Lab", "Subject: OU=Lab left out")]
    [InlineData("O=Example", "Subject: O=Example left out|Subject: CN=router7 added")]
    public void Rule37_Of_a_subject_the_parts_that_differ_are_told(string asked, string told) =>
        Assert.Equal(told.Split('|'), Lines(Between(new CertTemplate { Subject = Name.Parse(asked) }, Issue("CN=router7"))));

    [Fact]
    public void Rule37_A_part_that_was_added_is_told_with_the_subject()
    {
        Certificate issued = Issue("CN=router7, OU=Changed by the CA");
        Assert.Equal([new Modification("Subject", null, "OU=Changed by the CA")], Between(new CertTemplate { Subject = Name.Parse("CN=router7") }, issued));
        // so is one in place of none
        Assert.Equal("Subject: CN=router7, OU=Changed by the CA added", Lines(Between(new CertTemplate { Subject = Name.Empty }, issued, PkiStatus.GrantedWithMods))[0]);
        Assert.Empty(Between(new CertTemplate { Subject = Name.Empty }, issued));
    }

    [Fact]
    public void Rule37_Where_the_order_of_the_parts_differs_the_names_are_told() =>
        Assert.Equal(["Subject: O=Example, CN=router7 instead of CN=router7, O=Example"], Lines(Between(new CertTemplate { Subject = Name.Parse("CN=router7, O=Example") }, Issue("O=Example, CN=router7"))));

    [Fact]
    public void Rule37_Alternative_names_are_told_one_by_one()
    {
        GeneralName Dns(string name) => GeneralName.FromText(GeneralNameType.DnsName, name);
        Extension wanted = CertificateExtensions.SubjectAltName([Dns("a.example"), Dns("b.example"), GeneralName.FromText(GeneralNameType.Rfc822Name, "me@example")], critical: false);
        Extension got = CertificateExtensions.SubjectAltName([Dns("b.example"), Dns("c.example"), GeneralName.FromText(GeneralNameType.Uri, "https://d.example/")], critical: false);
        Assert.Equal(
            ["subjectAltName: c.example instead of a.example", "subjectAltName: me@example left out", "subjectAltName: https://d.example/ added"],
            Lines(Between([wanted], [got])));
        // another order is no other content
        Assert.Empty(Between([CertificateExtensions.SubjectAltName([Dns("a.example"), Dns("b.example")], false)], [CertificateExtensions.SubjectAltName([Dns("b.example"), Dns("a.example")], false)]));
    }

    [Fact]
    public void Rule37_Usages_purposes_policies_and_constraints_are_told_in_words()
    {
        Extension Constraints(params byte[] octets) => new(Oids.BasicConstraints, true, octets);
        Assert.Equal(
            [
                "keyUsage: DigitalSignature instead of DigitalSignature, KeyEncipherment",
                "extKeyUsage: cmcRA left out",
                "extKeyUsage: serverAuth added",
                "certificatePolicies: 1.2.3.4 left out",
                "basicConstraints: no CA instead of CA, path length 0",
            ],
            Lines(Between(
                [
                    CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment),
                    CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA]),
                    CertificateExtensions.Policies(["1.2.3.4", "1.2.3.5"]),
                    CertificateExtensions.BasicConstraints(0),
                ],
                [
                    CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature),
                    CertificateExtensions.EnhancedKeyUsage([Oids.ServerAuth]),
                    CertificateExtensions.Policies(["1.2.3.5"]),
                    Constraints(0x30, 0),
                ])));
    }

    [Fact]
    public void Rule37_What_is_not_known_or_cannot_be_read_is_told_by_its_octets()
    {
        Extension Odd(string oid, params byte[] octets) => new(oid, false, octets);
        Assert.Equal(
            ["1.2.3: 0500 left out", "1.2.4: 020107 instead of 0500", "keyUsage: 0500 instead of DigitalSignature", $"1.2.5: {new string('0', 64)}… (40 octets) instead of 0500"],
            Lines(Between(
                [MadeCertificate.Unknown(Unknown), MadeCertificate.Unknown("1.2.4"), CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature) with { Critical = false }, MadeCertificate.Unknown("1.2.5")],
                [Odd("1.2.4", 2, 1, 7), Odd(Oids.KeyUsage, 5, 0), Odd("1.2.5", new byte[40])])));
    }

    [Fact]
    public void Rule37_Policies_that_differ_in_their_qualifiers_only_are_told_by_their_octets()
    {
        byte[] qualified = [0x30, 0x08, 0x30, 0x06, 0x06, 0x02, 0x2A, 0x03, 0x30, 0x00];
        Assert.Equal(["certificatePolicies: 3008300606022A033000 instead of 3006300406022A03"], Lines(Between([CertificateExtensions.Policies(["1.2.3"])], [new Extension(Oids.CertificatePolicies, false, qualified)])));
    }

    [Fact]
    public void Rule37_Whether_an_extension_is_critical_is_told() =>
        Assert.Equal(["1.2.3: critical instead of not critical"], Lines(Between([MadeCertificate.Unknown(Unknown)], [MadeCertificate.Unknown(Unknown, critical: true)])));

    [Fact]
    public void Rule37_What_the_CA_added_counts_where_it_says_that_it_changed_something()
    {
        string[] own = [Oids.SubjectKeyIdentifier, Oids.AuthorityKeyIdentifier, "2.5.29.31", "2.5.29.46", "2.5.29.18", "1.3.6.1.5.5.7.1.1", "1.3.6.1.4.1.11129.2.4.2"];
        Extension[] got = [.. own.Select(oid => MadeCertificate.Unknown(oid)), CertificateExtensions.EnhancedKeyUsage([Oids.ServerAuth]), MadeCertificate.Unknown(Unknown)];
        Assert.Empty(Between([], got));
        Assert.Equal(["extKeyUsage: serverAuth added", "1.2.3: 0500 added"], Lines(Between([], got, PkiStatus.GrantedWithMods)));
    }

    [SkippableFact]
    public void Rule70_What_the_CA_wrote_is_shown_escaped()
    {
        Skip.If(Mono.IsRunning, "Mono's X500DistinguishedName writes names in ASCII alone");
        string line = Assert.Single(Lines(Between(new CertTemplate { Subject = Name.Parse("CN=router7") }, Issue("CN=evil\u202eexe"))));
        Assert.DoesNotContain('\u202e', line);
        Assert.Contains("\\u{202E}", line);
    }

    [Fact]
    public void Rule37_A_PKCS10_is_compared_as_well() =>
        Assert.Equal(["Subject: CN=router7 instead of CN=router8"], Lines(Modifications.Between(new P10crBody(MadeCertificate.Pkcs10(Peer.Shared.Client.Key, "CN=router8")), Came(Issue("CN=router7")))));

    [Fact]
    public void Rule37_Of_several_requests_the_one_counts_that_the_certificate_is_for()
    {
        CertReqMsg Asked(int id, string subject) => new(new CertRequest(id, new CertTemplate { Subject = Name.Parse(subject) }, []), null, []);
        var request = new CertReqMessages(PkiBodyType.Ir, [Asked(0, "CN=router6"), Asked(1, "CN=router7")]);
        Assert.Empty(Modifications.Between(request, Came(Issue("CN=router7")) with { Request = 1 }));
        Assert.Single(Modifications.Between(request, Came(Issue("CN=router7"))));
    }

    private static string[] Lines(IReadOnlyList<Modification> modifications) => [.. modifications.Select(one => one.ToString())];

    private static Certificate Issue(string subject, params Extension[] extensions) => Peer.Shared.Certify(Key, subject, new Shape { HasKeyIdentifier = false, Extensions = extensions });

    private static IssuedCertificate Came(Certificate certificate, PkiStatus status = PkiStatus.Accepted) => new(certificate, new PkiStatusInfo(status));

    private static IReadOnlyList<Modification> Between(IReadOnlyList<Extension> asked, IReadOnlyList<Extension> issued, PkiStatus status = PkiStatus.Accepted) =>
        Between(new CertTemplate { Subject = Name.Parse("CN=router7"), Extensions = asked }, Issue("CN=router7", [.. issued]), status);

    private static IReadOnlyList<Modification> Between(CertTemplate template, Certificate issued, PkiStatus status = PkiStatus.Accepted)
    {
        var request = new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, template, []), null, [])]);
        return Modifications.Between(request, Came(issued, status));
    }
}
