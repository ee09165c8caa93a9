using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>How a request is filled into a CA's template (RFC 9483 4.3.3).</summary>
public sealed class TemplateFillerTests
{
    private const string Organization = "2.5.4.10";
    private const string Unit = "2.5.4.11";
    private const string Pseudonym = "2.5.4.65"; // of no short name here

    private static readonly EnrollmentRequest Nothing = new() { Destination = CertificateDestination.None, Key = new KeyRequest() };

    [Fact]
    public void What_stands_is_taken_over_and_what_is_empty_is_filled_in()
    {
        var template = new CertTemplate { Subject = Subject((Organization, "Example"), (Oids.CommonName, "")), Issuer = Name.Parse("CN=CA"), NotBefore = Day(1), NotAfter = Day(9) };
        var filler = new TemplateFiller(Of(template));
        EnrollmentRequest filled = filler.Fill(Nothing with { Subject = Name.Parse("CN=a") });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a, O=Example")), filled.Subject.ToString());
        Assert.Equal((Name.Parse("CN=CA").ToString(), Day(1), Day(9)), (filled.Issuer!.ToString(), filled.NotBefore, filled.NotAfter));
        Assert.Empty(filler.Added);
        Assert.Empty(filler.LeftOut);
    }

    [Fact]
    public void What_stands_may_be_said_again_in_other_letters()
    {
        EnrollmentRequest filled = Fill(new CertTemplate { Subject = Subject((Organization, "Example"), (Oids.CommonName, "")), NotAfter = Day(9) }, Nothing with { Subject = Name.Parse("CN=a, O=EXAMPLE"), NotAfter = Day(9) });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a, O=Example")));
    }

    [Fact]
    public void Of_several_parts_of_one_kind_each_has_its_place()
    {
        EnrollmentRequest filled = Fill(new CertTemplate { Subject = Subject((Unit, "A"), (Unit, ""), (Oids.CommonName, "")) }, Nothing with { Subject = Name.Parse("CN=a, OU=B") });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a, OU=B, OU=A")), filled.Subject.ToString());
        filled = Fill(new CertTemplate { Subject = Subject((Unit, "A"), (Unit, ""), (Oids.CommonName, "")) }, Nothing with { Subject = Name.Parse("CN=a, OU=B, OU=A") });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a, OU=B, OU=A")), filled.Subject.ToString());
    }

    [Fact]
    public void What_contradicts_the_template_is_an_error()
    {
        foreach ((CertTemplate template, EnrollmentRequest request) in new[]
        {
            (new CertTemplate { Subject = Subject((Organization, "Example"), (Oids.CommonName, "")) }, Nothing with { Subject = Name.Parse("CN=a, O=Other") }),
            (new CertTemplate { Issuer = Name.Parse("CN=CA") }, Nothing with { Issuer = Name.Parse("CN=Other") }),
            (new CertTemplate { NotBefore = Day(1) }, Nothing with { NotBefore = Day(2) }),
            (new CertTemplate { NotAfter = Day(9) }, Nothing with { NotAfter = Day(8) }),
            (new CertTemplate { Extensions = [CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature)] }, Nothing with { Extensions = [CertificateExtensions.KeyUsage(KeyUsages.KeyAgreement)] }),
        })
        {
            Assert.Equal("CmpRequestTemplate.Contradiction", Assert.Throws<CmpException>(() => Fill(template, request)).ErrorId);
        }
    }

    [Fact]
    public void What_is_wanted_and_not_said_is_an_error_that_names_all_of_it()
    {
        var template = new CertTemplate
        {
            Subject = Subject((Unit, ""), (Oids.CommonName, "")),
            Extensions = [AltNames(0x82, 0x87), Empty(Oids.KeyUsage), Empty(Oids.ExtendedKeyUsage), Empty(Oids.CertificatePolicies)],
        };
        CmpException error = Assert.Throws<CmpException>(() => Fill(template, Nothing with { Subject = Name.Parse("CN=a") }));
        Assert.Equal("CmpRequestTemplate.ToFill", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.Contains("Subject OU, KeyUsage, EnhancedKeyUsage, Policy, DnsName, IPAddress", error.Message, StringComparison.Ordinal);
        Assert.Contains("Subject", Assert.Throws<CmpException>(() => Fill(new CertTemplate { Subject = Name.Empty }, Nothing)).Message, StringComparison.Ordinal);
        Assert.Contains("-DnsName", Assert.Throws<CmpException>(() => Fill(new CertTemplate { Extensions = [Empty(Oids.SubjectAltName)] }, Nothing)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_empty_and_not_understood_is_left_out()
    {
        var template = new CertTemplate { Subject = Subject((Pseudonym, ""), (Oids.CommonName, "")), Issuer = Subject((Oids.CommonName, "")), Extensions = [AltNames(0x88), Empty("1.2.3.4")] };
        var filler = new TemplateFiller(Of(template));
        EnrollmentRequest filled = filler.Fill(Nothing with { Subject = Name.Parse("CN=a") });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a")));
        Assert.Null(filled.Issuer);
        Assert.Empty(filled.Extensions);
        Assert.Equal([$"Subject {Pseudonym}", "Issuer CN", "1.2.3.4", "RegisteredId"], filler.LeftOut);
    }

    [Fact]
    public void A_part_of_no_short_name_is_filled_in_where_it_is_said()
    {
        EnrollmentRequest filled = Fill(new CertTemplate { Subject = Subject((Pseudonym, ""), (Oids.CommonName, "")) }, Nothing with { Subject = Name.Parse($"CN=a, OID.{Pseudonym}=b") });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse($"CN=a, OID.{Pseudonym}=b")));
    }

    [Fact]
    public void What_has_no_place_goes_along_and_is_told()
    {
        var template = new CertTemplate { Subject = Subject((Organization, "Example"), (Oids.CommonName, "")), Extensions = [CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature)] };
        var filler = new TemplateFiller(Of(template));
        EnrollmentRequest filled = filler.Fill(Nothing with
        {
            Subject = Name.Parse("CN=a, OU=Unit, O=Example"),
            Issuer = Name.Parse("CN=CA"),
            NotAfter = Day(3),
            SubjectAltNames = [Dns("a.example")],
            Extensions = [CertificateExtensions.EnhancedKeyUsage([Oids.ClientAuth])],
        });
        Assert.True(filled.Subject!.IsSameAs(Name.Parse("CN=a, OU=Unit, O=Example")), filled.Subject.ToString()); // where he put it
        Assert.Equal([Oids.SubjectAltName, Oids.KeyUsage, Oids.ExtendedKeyUsage], filled.Extensions.Select(extension => extension.Oid));
        Assert.Equal(["Subject OU", "Issuer", "EnhancedKeyUsage", "DnsName", "NotAfter"], filler.Added);
    }

    [Fact]
    public void A_template_that_wants_nothing_takes_anything()
    {
        RequestTemplate template = Of(new CertTemplate());
        Assert.True(TemplateFiller.IsEmpty(template));
        Assert.False(TemplateFiller.IsEmpty(Of(new CertTemplate { Subject = Name.Empty })));
        var filler = new TemplateFiller(template);
        Assert.NotNull(filler.Fill(Nothing with { Subject = Name.Parse("CN=a"), SubjectAltNames = [Dns("a.example")] }).Subject);
        Assert.Empty(filler.Added);
    }

    [Fact]
    public void Alternative_names_fill_the_places_of_their_forms()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteList([Dns("standing.example"), GeneralName.FromUserPrincipalName("")]);
        byte[] mixed = [.. writer.Encode(), 0x82, 0, 0x81, 0];
        mixed[1] += 4;
        var template = new CertTemplate { Subject = Name.Empty, Extensions = [new Extension(Oids.SubjectAltName, true, mixed)] };
        EnrollmentRequest request = Nothing with
        {
            Subject = Name.Parse("CN=a"),
            SubjectAltNames = [Dns("standing.example"), Dns("a.example"), GeneralName.FromText(GeneralNameType.Rfc822Name, "a@example"), GeneralName.FromUserPrincipalName("a@example")],
        };
        var filler = new TemplateFiller(Of(template));
        Extension names = Assert.Single(filler.Fill(request).Extensions);
        Assert.True(names.Critical);
        Assert.Equal(4, GeneralName.DecodeList(names.Value).Count);
        Assert.Empty(filler.Added);
        CmpException error = Assert.Throws<CmpException>(() => Fill(template, request with { SubjectAltNames = [Dns("a.example")] }));
        Assert.Contains("UserPrincipalName, EmailAddress", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Alternative_names_are_critical_where_there_is_no_subject()
    {
        Assert.True(Assert.Single(Fill(new CertTemplate { Extensions = [AltNames(0x82)] }, Nothing with { SubjectAltNames = [Dns("a.example")] }).Extensions).Critical);
        Assert.False(Assert.Single(Fill(new CertTemplate { Subject = Name.Empty, Extensions = [AltNames(0x82)] }, Nothing with { Subject = Name.Parse("CN=a"), SubjectAltNames = [Dns("a.example")] }).Extensions).Critical);
    }

    [Fact]
    public void An_extension_that_is_filled_in_is_critical_as_the_template_says()
    {
        Extension usage = Assert.Single(Fill(new CertTemplate { Extensions = [Empty(Oids.KeyUsage)] }, Nothing with { Extensions = [CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature)] }).Extensions);
        Assert.False(usage.Critical);
        Assert.Equal(KeyUsages.DigitalSignature, CertificateExtensions.ReadKeyUsage(usage));
    }

    [Fact]
    public void The_key_is_of_the_first_kind_that_both_know_and_that_can_prove_its_possession()
    {
        Assert.Equal("ECDSA_P384", Fill(Keys(Alg("1.2.3"), Alg("X25519"), Alg("ECDSA_P384"), Controls.RsaKeyLen(2048)), Nothing).Key!.Algorithm.Name);
        // one that was named is the caller's to make
        EnrollmentRequest named = Nothing with { Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse("RSA_2048") } };
        Assert.Equal("RSA_2048", Fill(Keys(Alg("ECDSA_P384"), Controls.RsaKeyLen(2048)), named, "RSA_2048").Key!.Algorithm.Name);
        Assert.Equal(KeyAlgorithm.Parse("ECDSA_P256"), Fill(Of(new CertTemplate()), Nothing).Key!.Algorithm);
    }

    [Fact]
    public void A_key_of_another_kind_is_an_error()
    {
        foreach ((RequestTemplate template, string? named) in new[] { (Keys(Alg("ECDSA_P384")), "ECDSA_P256"), (Keys(Alg("1.2.3")), (string?)null), (Keys(Alg("1.2.3")), "ECDSA_P256"), (Keys(Controls.RsaKeyLen(512)), null) })
            Assert.Equal("CmpRequestTemplate.KeyAlgorithm", Assert.Throws<CmpException>(() => Fill(template, Nothing, named)).ErrorId);
        // a key at hand is looked at when it is open
        using var key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        EnrollmentRequest request = Fill(Keys(Alg("ECDSA_P384")), Nothing with { Subject = Name.Parse("CN=a"), Key = new KeyRequest { Path = "key.pem" } });
        Assert.Equal("CmpRequestTemplate.KeyAlgorithm", Assert.Throws<CmpException>(() => RequestBuilder.Build(request, key, new ServerSettings().Resolve(), null)).ErrorId);
        Assert.NotNull(RequestBuilder.Build(request with { KeyAlgorithms = [key.Algorithm] }, key, new ServerSettings().Resolve(), null));
    }

    private static EnrollmentRequest Fill(CertTemplate template, EnrollmentRequest request) => new TemplateFiller(Of(template)).Fill(request);

    private static EnrollmentRequest Fill(RequestTemplate template, EnrollmentRequest request, string? algorithm = null) =>
        new TemplateFiller(template).Fill(request, algorithm is null ? null : KeyAlgorithm.Parse(algorithm));

    private static RequestTemplate Of(CertTemplate template) => RequestTemplate.Read(new CertReqTemplateContent(template, []));

    private static RequestTemplate Keys(params AttributeTypeAndValue[] controls) => RequestTemplate.Read(new CertReqTemplateContent(new CertTemplate(), controls));

    private static AttributeTypeAndValue Alg(string name) => Controls.AlgId(char.IsDigit(name[0]) ? new AlgorithmIdentifier(name) : KeyAlgorithm.Parse(name).ToIdentifier());

    private static GeneralName Dns(string name) => GeneralName.FromText(GeneralNameType.DnsName, name);

    private static Extension Empty(string oid) => new(oid, false, ReadOnlyMemory<byte>.Empty);

    /// <summary>Alternative names without content, by their tags.</summary>
    private static Extension AltNames(params byte[] tags) => new(Oids.SubjectAltName, false, (byte[])[0x30, (byte)(2 * tags.Length), .. tags.SelectMany(tag => new byte[] { tag, 0 })]);

    private static DateTimeOffset Day(int day) => new(2030, 1, day, 0, 0, 0, TimeSpan.Zero);

    private static Name Subject(params (string Oid, string Value)[] attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach ((string oid, string value) in attributes)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(oid);
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
                }
            }
        }
        return Name.Decode(writer.Encode());
    }
}
