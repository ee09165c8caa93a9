using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Cryptography.Enveloping;
using Cmp.Tests.Cryptography.Paths;
using Xunit;

namespace Cmp.Tests.Protection;

public class KeyGenerationAuthorityTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void Rule48_Who_is_for_making_keys_and_leads_to_an_anchor_may_make_them()
    {
        var maker = new KeyMaker();
        ValidatedSigner? signer = Check(maker, Trust(maker));
        Assert.True(signer!.Certificate.IsSameAs(maker.Signer.Certificate));
        Assert.True(signer.ValidUntil <= maker.Signer.Certificate.NotAfter);
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Rule48_Without_cmKGA_nobody_makes_keys_unless_any_signer_is_allowed()
    {
        foreach (TestProfile profile in new[] { TestProfile.Leaf, TestProfile.Leaf with { Extensions = [TestExtensions.EnhancedKeyUsage(Oids.CmcCA, Oids.CmcRA)] } })
        {
            var maker = new KeyMaker(profile: profile);
            CmpException e = Expect.Error("CmpTrust.KeyGenerationAuthority", () => Check(maker, Trust(maker)));
            Assert.Equal(maker.Signer.Certificate.Encoded.ToArray(), e.Octets.ToArray());
            Assert.Empty(_warnings);
            Assert.NotNull(Check(maker, Trust(maker) with { AllowAnySigner = true }));
            Assert.Contains("cmKGA", Assert.Single(_warnings));
            _warnings.Clear();
        }
    }

    [Fact]
    public void Rule48_A_key_maker_whom_no_anchor_vouches_for_is_refused()
    {
        var maker = new KeyMaker();
        Expect.Error("CmpTrust.NoPath", () => Check(maker, new TrustSettings()));
        Expect.Error("CmpTrust.NoPath", () => Check(maker, new TrustSettings { Anchors = [TestCertificate.Root("Another").Certificate] }));
        Expect.Error("CmpTrust.PathInvalid", () => Check(maker, new TrustSettings { Anchors = [TestCertificate.Root().Certificate] }));
        Expect.Error("CmpTrust.Expired", () => Check(maker, Trust(maker), TestCertificate.Now.AddYears(2)));
        Expect.Error("CmpTrust.NotYetValid", () => Check(maker, Trust(maker), TestCertificate.Now.AddYears(-2)));
        // any signer is still one who leads to an anchor
        Expect.Error("CmpTrust.NoPath", () => Check(maker, new TrustSettings { AllowAnySigner = true }));
    }

    [Fact]
    public void Rule48_A_key_usage_without_digitalSignature_is_for_no_signature()
    {
        var maker = new KeyMaker(profile: KeyMaker.Profile with { KeyUsage = X509KeyUsageFlags.KeyEncipherment });
        Expect.Error("CmpTrust.KeyUsage", () => Check(maker, Trust(maker)));
    }

    [Fact]
    public void A_root_in_the_package_is_never_believed_and_one_in_the_message_where_the_user_says_so()
    {
        var maker = new KeyMaker();
        Certificate[] chain = [maker.Issuing.Certificate, maker.Root.Certificate];
        var firstUse = new TrustSettings { TrustFirstUse = true };
        Expect.Error("CmpTrust.NoPath", () => Check(maker, firstUse, chain: chain));
        using SignedKeyPackage package = Open(maker, chain);
        Assert.NotNull(KeyGenerationAuthority.Check(package, firstUse, TestCertificate.Now, _warnings, extraCerts: [maker.Root.Certificate]));
        Assert.Contains("trusts each at its first use", Assert.Single(_warnings));
    }

    [Fact]
    public void A_path_may_go_through_certificates_of_the_message_and_of_the_settings()
    {
        var maker = new KeyMaker();
        using SignedKeyPackage package = Open(maker, []);
        Expect.Error("CmpTrust.NoPath", () => KeyGenerationAuthority.Check(package, Trust(maker), TestCertificate.Now, _warnings));
        Assert.NotNull(KeyGenerationAuthority.Check(package, Trust(maker), TestCertificate.Now, _warnings, extraCerts: [maker.Issuing.Certificate]));
        Assert.NotNull(KeyGenerationAuthority.Check(package, Trust(maker) with { Untrusted = [maker.Issuing.Certificate] }, TestCertificate.Now, _warnings));
    }

    [Fact]
    public void A_pinned_certificate_may_have_signed_and_is_in_the_way_of_no_other()
    {
        var maker = new KeyMaker();
        Assert.NotNull(Check(maker, new TrustSettings { Pin = maker.Signer.Certificate }));
        Assert.NotNull(Check(maker, Trust(maker) with { Pin = maker.Issuing.Certificate }));
        Expect.Error("CmpTrust.NoPath", () => Check(maker, new TrustSettings { Pin = maker.Issuing.Certificate }));
        var without = new KeyMaker(profile: TestProfile.Leaf);
        Expect.Error("CmpTrust.KeyGenerationAuthority", () => Check(without, new TrustSettings { Pin = without.Signer.Certificate }));
    }

    [Fact]
    public void The_certificate_that_came_with_the_key_does_not_vouch_for_it()
    {
        var maker = new KeyMaker();
        using SignedKeyPackage package = Open(maker, [maker.Issuing.Certificate]);
        Expect.Error("CmpTrust.SignerNotAuthorized", () => KeyGenerationAuthority.Check(package, Trust(maker), TestCertificate.Now, _warnings, issued: maker.Signer.Certificate));
        Assert.NotNull(KeyGenerationAuthority.Check(package, Trust(maker), TestCertificate.Now, _warnings, issued: maker.Issuing.Issue("device").Certificate));
    }

    [Fact]
    public void Under_a_shared_secret_the_caller_may_bear_a_signer_whom_nobody_knows()
    {
        KeyMaker maker = new(), without = new(profile: TestProfile.Leaf);
        Assert.Null(Check(maker, new TrustSettings(), secretVouches: true));
        Assert.Contains("Only the shared secret vouches", Assert.Single(_warnings));
        _warnings.Clear();
        Assert.Null(Check(without, Trust(without), secretVouches: true));
        Assert.Contains("cmKGA", Assert.Single(_warnings));
        _warnings.Clear();
        Assert.NotNull(Check(maker, Trust(maker), secretVouches: true));
        Assert.Empty(_warnings);
        // CRLs that have to be fetched are fetched first in either case
        Extension point = HandmadeCrl.Point("http://ca.example/ca.crl");
        var checkedMaker = new KeyMaker(profile: KeyMaker.Profile with { Extensions = [.. KeyMaker.Profile.Extensions, new X509Extension(point.Oid, point.Value.ToArray(), critical: false)] });
        Assert.Throws<CrlsMissingException>(() => Check(checkedMaker, Trust(checkedMaker) with { Crls = new CrlsAtHand([]) { Fetches = true } }, secretVouches: true));
        Assert.NotNull(Check(checkedMaker, Trust(checkedMaker) with { Crls = new CrlsAtHand([]) }, secretVouches: true));
        Assert.All(_warnings, warning => Assert.Contains("is revoked is not known", warning));
    }

    private static TrustSettings Trust(KeyMaker maker) => new() { Anchors = [maker.Root.Certificate] };

    private static SignedKeyPackage Open(KeyMaker maker, IReadOnlyList<Certificate> chain)
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        return SignedKeyPackage.Open(SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, chain));
    }

    private ValidatedSigner? Check(KeyMaker maker, TrustSettings trust, DateTimeOffset? now = null, IReadOnlyList<Certificate>? chain = null, bool secretVouches = false)
    {
        using SignedKeyPackage package = Open(maker, chain ?? [maker.Issuing.Certificate]);
        return KeyGenerationAuthority.Check(package, trust, now ?? TestCertificate.Now, _warnings, secretVouches: secretVouches);
    }
}
