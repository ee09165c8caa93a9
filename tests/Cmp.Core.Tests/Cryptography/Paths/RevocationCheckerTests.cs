using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Cryptography.Paths;

/// <summary>Whether certificates of a valid path are revoked, by CRLs (rules 29, 69 and 73).</summary>
public class RevocationCheckerTests
{
    private const string Place = "http://ca.example/ca.crl";

    private static readonly MadeCertificate Root = Peer.Shared.Root;
    private static readonly MadeCertificate Issuing = Peer.Shared.Issuing;
    private static readonly MadeCertificate Leaf = Issuing.Issue("CN=Leaf", Shape.Leaf with { Extensions = [HandmadeCrl.Point(Place)] });
    private static readonly MadeCertificate Other = Root.Issue("CN=Another CA", Shape.CA);

    private static HandmadeCrl RootCrl => new() { Signer = Root };

    private static HandmadeCrl IssuingCrl => new() { Signer = Issuing };

    [Fact]
    public void Rule69_A_path_that_CRLs_in_force_cover_is_good()
    {
        RevocationReport report = Check(RootCrl, IssuingCrl);
        Assert.All(report.Certificates, one => Assert.Equal(RevocationStatus.Good, one.Status));
        Assert.Equal(["CN=Leaf", "CN=Test Issuing CA"], report.Certificates.Select(one => one.Certificate.Subject.ToString()));
        Assert.Empty(report.Warnings);
        Assert.Equal(Peer.Now.AddDays(6), report.ValidUntil);
        report.ThrowIfRevoked();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule69_A_revoked_certificate_refuses_the_path_wherever_it_stands(bool isLeaf)
    {
        RevocationReport report = isLeaf
            ? Check(RootCrl, IssuingCrl with { Revoked = [Other.Certificate, Leaf.Certificate], Reason = RevocationReason.KeyCompromise })
            : Check(RootCrl with { Revoked = [Issuing.Certificate], Reason = RevocationReason.KeyCompromise }, IssuingCrl);
        CmpException error = Assert.Throws<CmpException>(report.ThrowIfRevoked);
        Assert.Equal(("CmpTrust.Revoked", CmpErrorKind.Trust), (error.ErrorId, error.Kind));
        Assert.Contains(isLeaf ? "CN=Leaf" : "CN=Test Issuing CA", error.Message);
        Assert.Contains("KeyCompromise", error.Message);
    }

    [Fact]
    public void The_leaf_is_not_asked_about_where_that_is_not_wanted()
    {
        RevocationReport report = Checker(Source(RootCrl, IssuingCrl with { Revoked = [Leaf.Certificate] })).Check(Path(), withLeaf: false);
        Assert.Equal(RevocationStatus.Good, Assert.Single(report.Certificates).Status);
    }

    [Fact]
    public void Without_a_CRL_nothing_is_known()
    {
        RevocationReport report = Check();
        Assert.All(report.Certificates, one => Assert.Equal(RevocationStatus.Unknown, one.Status));
        Assert.Equal(2, report.Warnings.Count);
        Assert.Contains("no CRL of its issuer", report.Warnings[0]);
        Assert.Null(report.ValidUntil);
    }

    public static TheoryData<string> Useless => [.. Flaws.Keys];

    private static Dictionary<string, Func<HandmadeCrl>> Flaws => new()
    {
        ["another issuer"] = () => new HandmadeCrl { Signer = Other },
        ["a wrong signature"] = () => IssuingCrl with { IsForged = true },
        ["another signer of the same name"] = () => new HandmadeCrl { Signer = MadeCertificate.Root("CN=Test Issuing CA", Shape.CA) },
        ["one without cRLSign"] = () => IssuingCrl with { Signer = Root.Issue("CN=Test Issuing CA", Shape.CA with { KeyUsage = KeyUsages.KeyCertSign }) },
        ["one that is over"] = () => IssuingCrl with { NextUpdate = Peer.Now.AddSeconds(-1) },
        ["one to come"] = () => IssuingCrl with { ThisUpdate = Peer.Now.AddMinutes(1) },
        ["one without an end"] = () => IssuingCrl with { NextUpdate = null },
        ["a delta CRL"] = () => IssuingCrl with { Extensions = [new Extension(Oids.DeltaCrlIndicator, true, new byte[] { 2, 1, 1 })] },
        ["an unknown critical extension"] = () => IssuingCrl with { Extensions = [MadeCertificate.Unknown("1.2.3.4", critical: true)] },
        ["one for CAs only"] = () => IssuingCrl with { Scope = new IssuingDistributionPoint { OnlyContainsCACerts = true } },
        ["one for attribute certificates"] = () => IssuingCrl with { Scope = new IssuingDistributionPoint { OnlyContainsAttributeCerts = true } },
        ["another distribution point"] = () => IssuingCrl with { Scope = new IssuingDistributionPoint { DistributionPoint = HandmadeCrl.At("http://ca.example/other.crl") } },
        ["some reasons only"] = () => IssuingCrl with { Scope = new IssuingDistributionPoint { OnlySomeReasons = 0x1E } },
        ["an indirect CRL that the certificate does not name"] = () => new HandmadeCrl { Signer = Other, Scope = new IssuingDistributionPoint { IndirectCrl = true } },
    };

    [Theory]
    [MemberData(nameof(Useless))]
    public void Rule69_Of_a_CRL_that_says_nothing_nothing_follows(string what)
    {
        HandmadeCrl crl = Flaws[what]();
        CertificateRevocation leaf = Check(RootCrl, crl).Certificates[0];
        Assert.Equal(RevocationStatus.Unknown, leaf.Status);
        Assert.NotNull(leaf.Why);
        // the good one beside it counts all the same
        Assert.Equal(RevocationStatus.Good, Check(RootCrl, crl, IssuingCrl).Certificates[0].Status);
    }

    [Fact]
    public void A_CRL_that_does_not_decode_is_passed_over()
    {
        byte[] octets = IssuingCrl.Octets;
        octets[8] ^= 0x40;
        IReadOnlyList<CertificateList> crls = [CertificateList.Decode(octets), IssuingCrl.Crl, RootCrl.Crl];
        Assert.All(Checker(new CrlsAtHand(crls)).Check(Path()).Certificates, one => Assert.Equal(RevocationStatus.Good, one.Status));
    }

    public static TheoryData<string> Fitting => [.. Scopes.Keys];

    private static Dictionary<string, IssuingDistributionPoint> Scopes => new()
    {
        ["its place"] = new IssuingDistributionPoint { DistributionPoint = HandmadeCrl.At(Place) },
        ["certificates of users"] = new IssuingDistributionPoint { OnlyContainsUserCerts = true },
        ["all reasons by name"] = new IssuingDistributionPoint { OnlySomeReasons = 0x1FE },
        ["an indirect one of the issuer itself"] = new IssuingDistributionPoint { IndirectCrl = true },
    };

    [Theory]
    [MemberData(nameof(Fitting))]
    public void A_scope_that_fits_is_one(string what)
    {
        Assert.Equal(RevocationStatus.Good, Check(RootCrl, IssuingCrl with { Scope = Scopes[what] }).Certificates[0].Status);
        Assert.Equal(RevocationStatus.Revoked, Check(RootCrl, IssuingCrl with { Scope = Scopes[what], Revoked = [Leaf.Certificate] }).Certificates[0].Status);
    }

    [Fact]
    public void CRLs_for_some_reasons_each_cover_all_together()
    {
        HandmadeCrl Some(uint reasons) => IssuingCrl with { Scope = new IssuingDistributionPoint { OnlySomeReasons = reasons } };
        Assert.Equal(RevocationStatus.Good, Check(RootCrl, Some(0x1E), Some(0x1E0)).Certificates[0].Status);
    }

    [Theory]
    [InlineData(RevocationReason.KeyCompromise, true)]
    [InlineData(RevocationReason.CertificateHold, false)]
    public void What_an_old_CRL_revokes_stays_revoked_but_for_holds(RevocationReason reason, bool isRevoked)
    {
        HandmadeCrl old = IssuingCrl with { NextUpdate = Peer.Now.AddDays(-0.5), Revoked = [Leaf.Certificate], Reason = reason };
        Assert.Equal(isRevoked ? RevocationStatus.Revoked : RevocationStatus.Unknown, Check(RootCrl, old).Certificates[0].Status);
        Assert.Equal(isRevoked ? RevocationStatus.Revoked : RevocationStatus.Good, Check(RootCrl, old, IssuingCrl).Certificates[0].Status);
        Assert.Equal(RevocationStatus.Revoked, Check(RootCrl, old with { NextUpdate = Peer.Now.AddDays(1) }).Certificates[0].Status);
    }

    [Fact]
    public void An_indirect_CRL_counts_where_the_certificate_names_its_issuer_under_the_same_anchor()
    {
        MadeCertificate service = Root.Issue("CN=CRL service", Shape.Leaf with { KeyUsage = KeyUsages.CrlSign });
        MadeCertificate leaf = Issuing.Issue("CN=Served", Shape.Leaf with { Extensions = [HandmadeCrl.Point(Place, service.Certificate.Subject)] });
        HandmadeCrl indirect = new() { Signer = service, Scope = new IssuingDistributionPoint { IndirectCrl = true, DistributionPoint = HandmadeCrl.At(Place) } };
        HandmadeCrl naming = indirect with { Revoked = [leaf.Certificate], CertificateIssuer = Issuing.Certificate.Subject };
        RevocationStatus Status(HandmadeCrl crl, params Certificate[] candidates) =>
            new RevocationChecker(Source(crl), candidates, new PathOptions(Peer.Now)).Check(leaf.Certificate, Issuing.Certificate, Root.Certificate).Status;

        Assert.Equal(RevocationStatus.Good, Status(indirect, service.Certificate));
        Assert.Equal(RevocationStatus.Revoked, Status(naming, service.Certificate));
        Assert.Equal(RevocationStatus.Good, Status(naming with { CertificateIssuer = Other.Certificate.Subject }, service.Certificate));
        // the issuer of the CRL is not at hand, is another one's, may not sign CRLs, or is under another root
        Assert.Equal(RevocationStatus.Unknown, Status(indirect));
        Assert.Equal(RevocationStatus.Unknown, Status(indirect with { Scope = new IssuingDistributionPoint { DistributionPoint = HandmadeCrl.At(Place) } }, service.Certificate));
        Assert.Equal(RevocationStatus.Unknown, Status(indirect with { Signer = Root.Issue("CN=CRL service") }, Root.Issue("CN=CRL service").Certificate));
        MadeCertificate stranger = MadeCertificate.Root("CN=Stranger").Issue("CN=CRL service", Shape.Leaf with { KeyUsage = KeyUsages.CrlSign });
        Assert.Equal(RevocationStatus.Unknown, Status(indirect with { Signer = stranger }, stranger.Certificate));
    }

    [Fact]
    public void A_CA_may_sign_its_CRLs_by_another_key_that_leads_to_the_anchor()
    {
        MadeCertificate newer = Root.Issue("CN=Test Issuing CA", Shape.CA with { KeyUsage = KeyUsages.CrlSign });
        Assert.Equal(RevocationStatus.Unknown, Check(RootCrl, new HandmadeCrl { Signer = newer }).Certificates[0].Status);
        Assert.Equal(RevocationStatus.Good, Checker(Source(RootCrl, new HandmadeCrl { Signer = newer }), newer.Certificate).Check(Path()).Certificates[0].Status);
    }

    [Fact]
    public void Rule68_A_weak_signature_counts_for_nothing()
    {
        var options = new PathOptions(Peer.Now, new AlgorithmPolicy { MinCurveBits = 600 });
        Assert.Equal(RevocationStatus.Unknown, new RevocationChecker(Source(IssuingCrl), [], options).Check(Leaf.Certificate, Issuing.Certificate, Root.Certificate).Status);
    }

    // what could be fetched

    [Fact]
    public void Rule69_Only_http_and_https_are_fetched_and_only_what_is_not_known()
    {
        string[] locations = [Place, "https://ca.example/ca.crl", "ldap://ca.example/cn=ca", "ftp://ca.example/ca.crl", "file:///etc/ca.crl", "http://user:hush@ca.example/ca.crl", "ca.crl"];
        MadeCertificate leaf = Issuing.Issue("CN=Leaf", Shape.Leaf with { Extensions = [Points(locations)] });
        CertificatePath path = PathBuilder.Build(leaf.Certificate, [Root.Certificate], [Issuing.Certificate], new PathOptions(Peer.Now));
        var online = new CrlsAtHand([RootCrl.Crl]) { Fetches = true };
        Assert.Equal(locations.Take(2), Checker(online).Check(path).Missing.Select(location => location.OriginalString));
        Assert.Empty(Checker(new CrlsAtHand([RootCrl.Crl, IssuingCrl.Crl]) { Fetches = true }).Check(path).Missing);
        Assert.Empty(Checker(new CrlsAtHand([RootCrl.Crl])).Check(path).Missing);
    }

    [Fact]
    public void Rule69_Their_number_is_bounded()
    {
        MadeCertificate leaf = Issuing.Issue("CN=Leaf", Shape.Leaf with { Extensions = [Points([.. Enumerable.Range(0, 50).Select(i => $"http://ca.example/{i}.crl")])] });
        CertificatePath path = PathBuilder.Build(leaf.Certificate, [Root.Certificate], [Issuing.Certificate], new PathOptions(Peer.Now));
        Assert.Equal(CmpLimits.Default.MaxCrlFetches, Checker(new CrlsAtHand([]) { Fetches = true }).Check(path).Missing.Count);
    }

    [Fact]
    public void Rule69_The_search_goes_on_past_a_revoked_certificate()
    {
        // two certificates of the issuing CA, of which one is revoked
        Certificate second = Root.Certify(Issuing.Key.PublicKey, "CN=Test Issuing CA", Shape.CA);
        RevocationChecker checker = Checker(Source(IssuingCrl, RootCrl with { Revoked = [Issuing.Certificate] }), Issuing.Certificate, second);
        (CertificatePath path, RevocationReport report) = checker.Build(Leaf.Certificate, [Root.Certificate]);
        Assert.True(path.Certificates[1].IsSameAs(second));
        Assert.All(report.Certificates, one => Assert.Equal(RevocationStatus.Good, one.Status));
        Assert.Equal("CmpTrust.Revoked", Assert.Throws<CmpException>(() => Checker(Source(IssuingCrl, RootCrl with { Revoked = [Issuing.Certificate, second] }), Issuing.Certificate, second).Build(Leaf.Certificate, [Root.Certificate])).ErrorId);
    }

    [Fact]
    public void Rule69_Nothing_is_fetched_for_a_path_that_is_not_valid()
    {
        MadeCertificate over = Issuing.Issue("CN=Leaf", Shape.Leaf with { NotAfter = Peer.Now.AddDays(-1), Extensions = [HandmadeCrl.Point(Place)] });
        Assert.Equal("CmpTrust.Expired", Assert.Throws<CmpException>(() => Checker(new CrlsAtHand([]) { Fetches = true }, Issuing.Certificate).Build(over.Certificate, [Root.Certificate])).ErrorId);
        Assert.Throws<CrlsMissingException>(() => Checker(new CrlsAtHand([]) { Fetches = true }, Issuing.Certificate).Build(Leaf.Certificate, [Root.Certificate]));
    }

    [Fact]
    public void A_point_comes_out_as_it_went_in()
    {
        var point = new CrlDistributionPoint { Name = HandmadeCrl.At(Place), Reasons = 0x60, CrlIssuer = [GeneralName.FromName(Name.Parse("CN=x"))] };
        CrlDistributionPoint read = Asn1Reader.Decode(point.Encoded, null, CrlDistributionPoint.Read);
        Assert.Equal(0x60u, read.Reasons);
        Assert.Equal("CN=x", Assert.Single(read.CrlIssuer).DirectoryName!.ToString());
        Assert.True(read.Name!.IsSameAs(point.Name));
        Assert.Equal(Hex.Of(point.Encoded.Span), Hex.Of((read with { Reasons = 0x60 }).Encoded.Span));
    }

    private static Extension Points(IReadOnlyList<string> locations)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
            locations.ToList().ForEach(location => new CrlDistributionPoint { Name = HandmadeCrl.At(location) }.Write(writer));
        return new Extension(Oids.CrlDistributionPoints, false, writer.Encode());
    }

    private static CertificatePath Path() => PathBuilder.Build(Leaf.Certificate, [Root.Certificate], [Issuing.Certificate], new PathOptions(Peer.Now));

    private static RevocationReport Check(params HandmadeCrl[] crls) => Checker(Source(crls)).Check(Path());

    private static RevocationChecker Checker(ICrlSource source, params Certificate[] candidates) => new(source, candidates, new PathOptions(Peer.Now));

    private static CrlsAtHand Source(params HandmadeCrl[] crls) => new([.. crls.Select(crl => crl.Crl)]);
}
