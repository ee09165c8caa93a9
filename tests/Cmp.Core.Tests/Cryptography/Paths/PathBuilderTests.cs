using System;
using System.Diagnostics;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography.Paths;

public class PathBuilderTests
{
    private static readonly PathOptions Options = new(TestCertificate.Now);

    [Fact]
    public void Rule27_The_path_goes_from_the_certificate_to_the_anchor()
    {
        PathScenario chain = PathScenario.Chain(out TestCertificate[] cas, TestProfile.CA, TestProfile.CA);
        CertificatePath path = chain.Build();
        Assert.Equal(
            new[] { chain.Leaf, cas[1], cas[0], chain.Anchors[0] }.Select(c => c.Certificate.Thumbprint),
            path.Certificates.Select(c => c.Thumbprint));
    }

    [Fact]
    public void Rule27_An_anchor_is_a_path_of_one()
    {
        TestCertificate root = TestCertificate.Root();
        Assert.Single(PathBuilder.Build(root.Certificate, [root.Certificate], [], Options).Certificates);
    }

    [Fact]
    public void Rule29_An_expired_leaf_may_be_allowed_but_nothing_above_it()
    {
        TestProfile over = TestProfile.Leaf with { NotAfter = TestCertificate.Now.AddDays(-1) };
        TestCertificate root = TestCertificate.Root();
        TestCertificate leaf = root.Issue("Leaf", over);
        Expect.Error("CmpTrust.Expired", () => PathBuilder.Build(leaf.Certificate, [root.Certificate], [], Options));
        PathBuilder.Build(leaf.Certificate, [root.Certificate], [], Options with { AllowExpiredLeaf = true });

        PathScenario chain = PathScenario.Chain(out _, TestProfile.CA with { NotAfter = over.NotAfter });
        Expect.Error("CmpTrust.Expired", () => chain.Build(Options with { AllowExpiredLeaf = true }));
    }

    [Fact]
    public void Rule68_A_preset_may_allow_weak_signatures()
    {
        PathScenario sha1 = PathScenario.All["a signature over SHA-1"]();
        sha1.Build(Options with { Policy = AlgorithmPolicy.Default with { AllowSha1Signatures = true } });
        PathScenario rsa = PathScenario.All["an RSA key that is too short"]();
        rsa.Build(Options with { Policy = AlgorithmPolicy.Default with { MinRsaBits = 1024 } });
    }

    [Fact]
    public void Rule69_A_thousand_candidates_of_one_name_are_bounded_by_signature_checks()
    {
        // each has signed each: a maze of paths, none of which leads out
        TestCertificate[] keys = Enumerable.Range(0, 12).Select(_ => TestCertificate.Root("Maze", TestProfile.CA with { KeyIdentifiers = false })).ToArray();
        Certificate[] maze = keys.SelectMany(issuer => keys.Select(subject => issuer.IssueCA("Maze", TestProfile.CA with { Key = subject.Key, KeyIdentifiers = false }).Certificate)).ToArray();
        Certificate[] candidates = Enumerable.Range(0, 1000).Select(i => maze[i % maze.Length]).ToArray();
        TestCertificate leaf = keys[0].Issue("Leaf", TestProfile.Leaf with { KeyIdentifiers = false });
        var clock = Stopwatch.StartNew();
        CmpException e = Expect.Error("CmpTrust.NoPath", () => PathBuilder.Build(leaf.Certificate, [TestCertificate.Root().Certificate], candidates, Options));
        Assert.Contains("1000 signature checks", e.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"it took {clock.Elapsed}");
    }

    [Fact]
    public void Rule69_A_thousand_impostors_do_not_hide_the_CA_that_the_key_identifier_names()
    {
        TestCertificate root = TestCertificate.Root();
        TestCertificate ca = root.IssueCA("CA");
        TestCertificate impostor = TestCertificate.Root("CA");
        Certificate[] candidates = [.. Enumerable.Repeat(impostor.Certificate, 1000), ca.Certificate];
        Assert.Equal(3, PathBuilder.Build(ca.Issue("Leaf").Certificate, [root.Certificate], candidates, Options).Certificates.Count);
    }

    [Fact]
    public void Rule69_No_more_candidates_are_looked_at_than_the_limit_says()
    {
        TestCertificate root = TestCertificate.Root();
        TestCertificate ca = root.IssueCA("CA", TestProfile.CA with { KeyIdentifiers = false });
        TestCertificate impostor = TestCertificate.Root("CA", TestProfile.CA with { KeyIdentifiers = false });
        TestCertificate leaf = ca.Issue("Leaf", TestProfile.Leaf with { KeyIdentifiers = false });
        Certificate[] candidates = [.. Enumerable.Repeat(impostor.Certificate, 5), ca.Certificate];
        PathBuilder.Build(leaf.Certificate, [root.Certificate], candidates, Options);
        CmpException e = Expect.Error("CmpTrust.NoPath", () => PathBuilder.Build(leaf.Certificate, [root.Certificate], candidates, Options with { Limits = CmpLimits.Default with { MaxPathCandidates = 5 } }));
        Assert.Contains("no more than 5", e.Message);

        // those of other names do not count
        Certificate[] others = [.. Enumerable.Repeat(TestCertificate.Root("Other").Certificate, 5), ca.Certificate];
        PathBuilder.Build(leaf.Certificate, [root.Certificate], others, Options with { Limits = CmpLimits.Default with { MaxPathCandidates = 1 } });
    }

    [Fact]
    public void Rule69_The_length_of_a_path_is_bounded()
    {
        PathScenario chain = PathScenario.Chain(out _, TestProfile.CA);
        chain.Build(Options with { Limits = CmpLimits.Default with { MaxPathLength = 3 } });
        CmpException e = Expect.Error("CmpTrust.NoPath", () => chain.Build(Options with { Limits = CmpLimits.Default with { MaxPathLength = 2 } }));
        Assert.Contains("no more than 2", e.Message);
    }

    [Fact]
    public void Rule64_Candidates_that_do_not_decode_are_nobody_s_issuer()
    {
        PathScenario chain = PathScenario.Chain(out TestCertificate[] cas, TestProfile.CA);
        Certificate[] candidates =
        [
            Certificate.Decode(new byte[] { 0x30, 0 }),
            Certificate.Decode(new byte[] { 0x30, 3, 1, 2, 3 }),
            cas[0].Certificate,
        ];
        Assert.Equal(3, PathBuilder.Build(chain.Leaf.Certificate, chain.Anchors.Select(a => a.Certificate), candidates, Options).Certificates.Count);
        Expect.Error("CmpMessage.Malformed", () => PathBuilder.Build(candidates[0], [chain.Anchors[0].Certificate], [], Options));
    }

    [Fact]
    public void Rule64_Mutated_certificates_end_in_one_typed_error()
    {
        PathScenario chain = PathScenario.Chain(out TestCertificate[] cas, TestProfile.CA with { Extensions = [TestExtensions.NameConstraints([TestExtensions.Dns("a")]), TestExtensions.Policies("1.2.3")] });
        byte[] leaf = chain.Leaf.Certificate.Encoded.ToArray();
        byte[] ca = cas[0].Certificate.Encoded.ToArray();
        var random = new Random(11);
        int found = 0;
        for (int i = 0; i < 2000; i++)
        {
            try
            {
                PathBuilder.Build(Certificate.Decode(Mutated(leaf)), [chain.Anchors[0].Certificate], [Certificate.Decode(Mutated(ca))], Options);
                found++;
            }
            catch (CmpException e)
            {
                Assert.Contains(e.Kind, new[] { CmpErrorKind.Trust, CmpErrorKind.Malformed });
            }
        }
        Assert.Equal(0, found);

        byte[] Mutated(byte[] original)
        {
            byte[] copy = (byte[])original.Clone();
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
            return copy;
        }
    }

    [Fact]
    public void Rule69_A_further_check_sees_valid_paths_only_and_sends_the_search_on()
    {
        TestCertificate root = TestCertificate.Root("Root");
        TestCertificate other = TestCertificate.Root("Other");
        TestCertificate ca = root.IssueCA("CA");
        TestCertificate revoked = other.IssueCA("CA", TestProfile.CA with { Key = ca.Key });
        Certificate leaf = ca.Issue("Leaf").Certificate;
        int asked = 0;
        PathOptions options = Options with
        {
            FurtherCheck = path =>
            {
                asked++;
                if (path.Certificates[1].IsSameAs(revoked.Certificate))
                    throw new CmpException(CmpErrorKind.Trust, "CmpTrust.Revoked", "revoked");
            },
        };
        CertificatePath found = PathBuilder.Build(leaf, [root.Certificate, other.Certificate], [revoked.Certificate, ca.Certificate], options);
        Assert.True(found.Anchor.IsSameAs(root.Certificate));
        Assert.Equal(2, asked);
        Expect.Error("CmpTrust.Revoked", () => PathBuilder.Build(leaf, [other.Certificate], [revoked.Certificate], options));
        asked = 0;
        Expect.Error("CmpTrust.NoPath", () => PathBuilder.Build(leaf, [other.Certificate], [], options));
        Assert.Equal(0, asked);
    }

    [Fact]
    public void The_nearest_reason_is_told()
    {
        PathScenario expired = PathScenario.All["a CA between has expired"]();
        Certificate[] noise = Enumerable.Range(0, 5).Select(_ => TestCertificate.Root("CA 2").Certificate).ToArray();
        CmpException e = Expect.Error("CmpTrust.Expired", () => PathBuilder.Build(
            expired.Leaf.Certificate, expired.Anchors.Select(a => a.Certificate), noise.Concat(expired.Candidates.Select(c => c.Certificate)), Options));
        Assert.Contains("CA 2", e.Message);
        Assert.True(e.Octets.Span.SequenceEqual(expired.Candidates[1].Certificate.Encoded.Span));

        CmpException missing = Expect.Error("CmpTrust.NoPath", () => PathScenario.All["the root comes along and is no anchor"]().Build());
        Assert.Contains("signed itself", missing.Message);
    }

    [Fact]
    public void Rule70_Names_of_peers_are_escaped_in_errors()
    {
        TestCertificate root = TestCertificate.Root("Ro\u001b[31mot");
        CmpException e = Expect.Error("CmpTrust.NoPath", () => PathBuilder.Build(root.Issue("Le\u202Eaf").Certificate, [TestCertificate.Root().Certificate], [], Options));
        Assert.DoesNotContain('\u001b', e.Message);
        Assert.DoesNotContain('\u202E', e.Message);
    }

    [Fact]
    public void Names_and_constraints_without_end_are_refused_before_they_are_compared()
    {
        GeneralName[] many = Enumerable.Range(0, 2000).Select(i => TestExtensions.Dns($"h{i}.example.com")).ToArray();
        PathScenario chain = PathScenario.Chain(out TestCertificate[] cas, TestProfile.CA with { Extensions = [TestExtensions.NameConstraints(null, many)] });
        TestCertificate leaf = cas[0].Issue("Leaf", TestProfile.Leaf with { Extensions = [TestExtensions.SubjectAltNames(Enumerable.Range(0, 200).Select(i => TestExtensions.Dns($"h{i}.example.org")).ToArray())] });
        CmpException e = Expect.Error("CmpTrust.PathInvalid", () => (chain with { Leaf = leaf }).Build());
        Assert.Contains("comparisons", e.Message);
    }
}
