using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;
using static Cmp.Tests.Cryptography.TestExtensions;

namespace Cmp.Tests.Cryptography.Paths;

/// <summary>A set of certificates and what must come of it, judged by us and by <c>openssl verify</c>.</summary>
/// <param name="Leaf">The certificate in question.</param>
/// <param name="Anchors">Who is trusted.</param>
/// <param name="Candidates">What may stand between.</param>
/// <param name="Error">The error that must come; <see langword="null"/> where a path must be found.</param>
internal sealed record PathScenario(TestCertificate Leaf, TestCertificate[] Anchors, TestCertificate[] Candidates, string? Error = null)
{
    private static readonly TestProfile CA = TestProfile.CA;
    private static readonly TestProfile Leaf0 = TestProfile.Leaf;
    private static readonly TestProfile Over = CA with { NotAfter = TestCertificate.Now.AddSeconds(-1) };
    private static readonly TestProfile Soon = CA with { NotBefore = TestCertificate.Now.AddSeconds(1) };

    /// <summary>All of them, made when first asked for.</summary>
    internal static readonly IReadOnlyDictionary<string, Func<PathScenario>> All = new Dictionary<string, Func<PathScenario>>
    {
        ["issued by the anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf"), [root], []);
        },
        ["two CAs between"] = () => Chain(out _, CA, CA),
        ["the anchor is no root"] = () =>
        {
            PathScenario chain = Chain(out TestCertificate[] cas, CA, CA);
            return chain with { Anchors = [cas[1]] };
        },
        ["the certificate is the anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate leaf = root.Issue("Leaf");
            return new(leaf, [leaf], []);
        },
        ["the root comes along and is no anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf"), [TestCertificate.Root("Other")], [root], "CmpTrust.NoPath");
        },
        ["no anchors at all"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf"), [], [root], "CmpTrust.NoPath");
        },
        ["a CA between is missing"] = () => Chain(out _, CA, CA) with { Candidates = [], Error = "CmpTrust.NoPath" },
        ["no key identifiers"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { KeyIdentifiers = false });
            TestCertificate ca = root.IssueCA("CA", CA with { KeyIdentifiers = false });
            return new(ca.Issue("Leaf", Leaf0 with { KeyIdentifiers = false }), [root], [ca]);
        },
        ["a CA of the same name with another key stands first"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { KeyIdentifiers = false });
            TestCertificate wrong = root.IssueCA("CA", CA with { KeyIdentifiers = false });
            TestCertificate right = root.IssueCA("CA", CA with { KeyIdentifiers = false });
            return new(right.Issue("Leaf", Leaf0 with { KeyIdentifiers = false }), [root], [wrong, right]);
        },
        ["an expired certificate of the CA stands before its renewed one"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate old = root.IssueCA("CA", Over);
            TestCertificate renewed = root.IssueCA("CA", CA with { Key = old.Key });
            return new(old.Issue("Leaf"), [root], [old, renewed]);
        },
        ["an impostor root of the same name is trusted beside"] = () =>
        {
            TestCertificate impostor = TestCertificate.Root();
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf"), [impostor, root], []);
        },
        ["only an impostor of the same name is trusted"] = () =>
            new(TestCertificate.Root("Root", CA with { KeyIdentifiers = false }).Issue("Leaf", Leaf0 with { KeyIdentifiers = false }),
                [TestCertificate.Root("Root", CA with { KeyIdentifiers = false })], [], "CmpTrust.PathInvalid"),
        ["a broken signature of the certificate"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf").WithBrokenSignature(), [root], [], "CmpTrust.PathInvalid");
        },
        ["a broken signature of a CA between"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate ca = root.IssueCA("CA");
            return new(ca.Issue("Leaf"), [root], [ca.WithBrokenSignature()], "CmpTrust.PathInvalid");
        },
        ["a broken signature of the anchor on itself"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf"), [root.WithBrokenSignature()], []);
        },
        ["the certificate has expired"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf", Over with { IsCA = null, KeyUsage = X509KeyUsageFlags.DigitalSignature }), [root], [], "CmpTrust.Expired");
        },
        ["the certificate is not valid yet"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf", Soon with { IsCA = null, KeyUsage = X509KeyUsageFlags.DigitalSignature }), [root], [], "CmpTrust.NotYetValid");
        },
        ["a CA between has expired"] = () => Chain(out _, CA, Over) with { Error = "CmpTrust.Expired" },
        ["a CA between is not valid yet"] = () => Chain(out _, Soon, CA) with { Error = "CmpTrust.NotYetValid" },
        ["the anchor has expired"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", Over);
            return new(root.Issue("Leaf"), [root], [], "CmpTrust.Expired");
        },
        ["the anchor has expired and is the certificate itself"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", Over);
            return new(root, [root], [], "CmpTrust.Expired");
        },
        ["an expired anchor stands before its renewed one"] = () =>
        {
            TestCertificate old = TestCertificate.Root("Root", Over);
            TestCertificate renewed = TestCertificate.Root("Root", CA with { Key = old.Key });
            return new(old.Issue("Leaf"), [old, renewed], []);
        },
        ["an end entity issued it"] = () => Chain(out _, Leaf0 with { IsCA = false }) with { Error = "CmpTrust.PathInvalid" },
        ["an issuer without basicConstraints"] = () => Chain(out _, Leaf0) with { Error = "CmpTrust.PathInvalid" },
        ["a CA without keyCertSign"] = () => Chain(out _, CA with { KeyUsage = X509KeyUsageFlags.CrlSign }) with { Error = "CmpTrust.PathInvalid" },
        ["a CA without key usage"] = () => Chain(out _, CA with { KeyUsage = null }),
        ["an anchor that is an end entity"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", Leaf0 with { IsCA = false });
            return new(root.Issue("Leaf"), [root], [], "CmpTrust.PathInvalid");
        },
        ["an anchor of version 1"] = () =>
        {
            TestCertificate root = TestCertificate.Version1("Root");
            return new(root.Issue("Leaf"), [root], []);
        },
        ["a CA of version 1 between"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root");
            TestCertificate ca = root.IssueVersion1("CA");
            return new(ca.Issue("Leaf"), [root], [ca], "CmpTrust.PathInvalid");
        },
        ["path length 0 and no CA below"] = () => Chain(out _, CA with { PathLength = 0 }),
        ["path length 0 and a CA below"] = () => Chain(out _, CA with { PathLength = 0 }, CA) with { Error = "CmpTrust.PathInvalid" },
        ["path length 1 and a CA below"] = () => Chain(out _, CA with { PathLength = 1 }, CA),
        ["path length 1 and two CAs below"] = () => Chain(out _, CA with { PathLength = 1 }, CA, CA) with { Error = "CmpTrust.PathInvalid" },
        ["a longer path length below a shorter one"] = () => Chain(out _, CA with { PathLength = 1 }, CA with { PathLength = 5 }, CA) with { Error = "CmpTrust.PathInvalid" },
        ["path length of the anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { PathLength = 0 });
            TestCertificate ca = root.IssueCA("CA");
            return new(ca.Issue("Leaf"), [root], [ca], "CmpTrust.PathInvalid");
        },
        ["path length 0 and a new key of the same CA"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate old = root.IssueCA("CA", CA with { PathLength = 0 });
            TestCertificate newWithOld = old.IssueCA("CA", CA with { PathLength = 0 });
            return new(newWithOld.Issue("Leaf"), [root], [old, newWithOld]);
        },
        ["an unknown critical extension"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf", Leaf0 with { Extensions = [Unknown(critical: true)] }), [root], [], "CmpTrust.PathInvalid");
        },
        ["an unknown critical extension of a CA between"] = () => Chain(out _, CA with { Extensions = [Unknown(critical: true)] }) with { Error = "CmpTrust.PathInvalid" },
        ["an unknown critical extension of the anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { Extensions = [Unknown(critical: true)] });
            return new(root.Issue("Leaf"), [root], [], "CmpTrust.PathInvalid");
        },
        ["an unknown extension that is not critical"] = () => Chain(out _, CA with { Extensions = [Unknown(critical: false)] }),
        ["an extension that does not decode"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate ca = root.IssueCA("CA", CA with { Extensions = [new X509Extension("2.5.29.30", [0x30, 5], true)] });
            return new(ca.Issue("Leaf"), [root], [ca], "CmpTrust.PathInvalid");
        },
        ["two CAs sign each other and one of them the certificate"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate a = root.IssueCA("A");
            TestCertificate b = TestCertificate.Root("B");
            TestCertificate aByB = b.IssueCA("A", CA with { Key = a.Key });
            TestCertificate bByA = a.IssueCA("B", CA with { Key = b.Key });
            return new(bByA.Issue("Leaf"), [root], [aByB, bByA, b, a]);
        },
        ["two CAs sign each other and nobody trusts them"] = () =>
        {
            TestCertificate a = TestCertificate.Root("A");
            TestCertificate b = TestCertificate.Root("B");
            TestCertificate aByB = b.IssueCA("A", CA with { Key = a.Key });
            TestCertificate bByA = a.IssueCA("B", CA with { Key = b.Key });
            return new(a.Issue("Leaf"), [TestCertificate.Root()], [aByB, bByA], "CmpTrust.NoPath");
        },
        ["a root that an older root has signed"] = () =>
        {
            TestCertificate old = TestCertificate.Root("Old");
            TestCertificate root = TestCertificate.Root("New");
            TestCertificate cross = old.IssueCA("New", CA with { Key = root.Key });
            return new(root.Issue("Leaf"), [old], [root, cross]);
        },
        ["as many CAs between as a path may have"] = () => Chain(out _, Enumerable.Repeat(CA, 8).ToArray()),
        ["more CAs between than a path may have"] = () => Chain(out _, Enumerable.Repeat(CA, 9).ToArray()) with { Error = "CmpTrust.NoPath" },
        ["an RSA key that is too short"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { Key = ShortRsa() });
            return new(root.Issue("Leaf"), [root], [], "CmpTrust.Algorithm");
        },
        ["a signature over SHA-1"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            return new(root.Issue("Leaf", Leaf0 with { HashName = "SHA1" }), [root], [], "CmpTrust.Algorithm");
        },
        ["RSA, P-384 and P-521 mixed"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { Key = TestKeys.Open("ECDSA_P521"), HashName = "SHA512" });
            TestCertificate rsa = root.IssueCA("RSA", CA with { Key = TestKeys.Open("RSA_2048"), HashName = "SHA384" });
            TestCertificate p384 = rsa.IssueCA("P384", CA with { Key = TestKeys.Open("ECDSA_P384"), HashName = "SHA512" });
            return new(p384.Issue("Leaf", Leaf0 with { HashName = "SHA384" }), [root], [p384, rsa]);
        },
        ["permitted names"] = () => Names([Dns("example.com"), Directory("CN=Leaf"), Email("example.com"), Uri("example.com"), Network("10.0.0.0", "255.0.0.0")], null,
            Dns("a.example.com"), Email("me@example.com"), Uri("https://example.com/x"), Address("10.1.2.3")),
        ["a DNS name outside the permitted ones"] = () => Names([Dns("example.com")], null, Dns("example.org")) with { Error = "CmpTrust.PathInvalid" },
        ["a DNS name that only ends like a permitted one"] = () => Names([Dns("example.com")], null, Dns("badexample.com")) with { Error = "CmpTrust.PathInvalid" },
        ["a DNS name that is excluded"] = () => Names(null, [Dns("example.com")], Dns("A.EXAMPLE.com")) with { Error = "CmpTrust.PathInvalid" },
        ["a DNS name beside the excluded ones"] = () => Names(null, [Dns("a.example.com")], Dns("b.example.com")),
        ["all DNS names excluded"] = () => Names(null, [Dns("")], Dns("example.com")) with { Error = "CmpTrust.PathInvalid" },
        ["all DNS names excluded and none there"] = () => Names(null, [Dns("")], Email("me@example.com")),
        ["a subject outside the permitted ones"] = () => Names([Directory("O=Example")], null, Dns("a")) with { Error = "CmpTrust.PathInvalid" },
        ["a subject that is excluded"] = () => Names(null, [Directory("CN=leaf")], Dns("a")) with { Error = "CmpTrust.PathInvalid" },
        ["a mailbox at another host"] = () => Names([Email("example.com")], null, Email("me@a.example.com")) with { Error = "CmpTrust.PathInvalid" },
        ["a mailbox below a domain"] = () => Names([Email(".example.com")], null, Email("me@a.example.com")),
        ["a mailbox that alone is permitted"] = () => Names([Email("me@example.com")], null, Email("me@EXAMPLE.com")),
        ["another mailbox than the permitted one"] = () => Names([Email("me@example.com")], null, Email("you@example.com")) with { Error = "CmpTrust.PathInvalid" },
        ["a URI at another host"] = () => Names([Uri("example.com")], null, Uri("http://a.example.com")) with { Error = "CmpTrust.PathInvalid" },
        ["a URI below a domain"] = () => Names([Uri(".example.com")], null, Uri("http://a.example.com:80/x?y")),
        ["a URI of no host"] = () => Names([Uri("example.com")], null, Uri("urn:a:b")) with { Error = "CmpTrust.PathInvalid" },
        ["an address outside the permitted ones"] = () => Names([Network("10.0.0.0", "255.0.0.0")], null, Address("11.1.2.3")) with { Error = "CmpTrust.PathInvalid" },
        ["an IPv6 address where IPv4 is permitted"] = () => Names([Network("10.0.0.0", "255.0.0.0")], null, Address("::1")) with { Error = "CmpTrust.PathInvalid" },
        ["an address that is excluded"] = () => Names(null, [Network("fd00::", "ff00::")], Address("fd12::1")) with { Error = "CmpTrust.PathInvalid" },
        ["a name of a constrained form that is not supported"] = () => Names([RegisteredId("1.2.3")], null, RegisteredId("1.2.3")) with { Error = "CmpTrust.PathInvalid" },
        ["a constrained form that is not supported and no such name"] = () => Names([RegisteredId("1.2.3")], null, Dns("a")),
        ["name constraints of the anchor"] = () =>
        {
            TestCertificate root = TestCertificate.Root("Root", CA with { Extensions = [NameConstraints([Dns("example.com")])] });
            return new(root.Issue("Leaf", Leaf0 with { Extensions = [SubjectAltNames(Dns("example.org"))] }), [root], [], "CmpTrust.PathInvalid");
        },
        ["a permitted name below another CA that permits less"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate a = root.IssueCA("A", CA with { Extensions = [NameConstraints([Dns("example.com"), Dns("example.org")])] });
            TestCertificate b = a.IssueCA("B", CA with { Extensions = [NameConstraints([Dns("example.org")])] });
            return new(b.Issue("Leaf", Leaf0 with { Extensions = [SubjectAltNames(Dns("example.com"))] }), [root], [a, b], "CmpTrust.PathInvalid");
        },
        ["a CA between whose own name is not permitted"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate a = root.IssueCA("A", CA with { Extensions = [NameConstraints([Directory("O=Example")])] });
            TestCertificate b = a.IssueCA("B");
            return new(b.Issue("CN=Leaf, O=Example"), [root], [a, b], "CmpTrust.PathInvalid");
        },
        ["an e-mail address in the subject is a name too"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate ca = root.IssueCA("CA", CA with { Extensions = [NameConstraints(null, [Email("example.com")])] });
            return new(ca.Issue("E=me@example.com, CN=Leaf"), [root], [ca], "CmpTrust.PathInvalid");
        },
        ["a minimum in name constraints"] = () =>
        {
            TestCertificate root = TestCertificate.Root();
            TestCertificate ca = root.IssueCA("CA", CA with { Extensions = [NameConstraints([Dns("example.com")], minimum: 1)] });
            return new(ca.Issue("Leaf", Leaf0 with { Extensions = [SubjectAltNames(Dns("example.com"))] }), [root], [ca], "CmpTrust.PathInvalid");
        },
        ["a policy is required and there"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.3")),
        ["a policy is required and missing"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0)] }) with { Error = "CmpTrust.PathInvalid" },
        ["a policy is required and another is there"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.4")) with { Error = "CmpTrust.PathInvalid" },
        ["a policy is missing and none is required"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3")] }),
        ["a policy is required only further down than the path goes"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(2)] }),
        ["a policy is required from the next certificate on"] = () => Chain(out _, CA with { Extensions = [PolicyConstraints(1)] }) with { Error = "CmpTrust.PathInvalid" },
        ["any policy is one"] = () => Chain(out _, CA with { Extensions = [Policies(AnyPolicy), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.3")),
        ["any policy of the leaf is one"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0)] }).WithLeaf(Policies(AnyPolicy)),
        ["any policy is inhibited"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0), InhibitAnyPolicy(0)] }).WithLeaf(Policies(AnyPolicy)) with { Error = "CmpTrust.PathInvalid" },
        ["any policy is inhibited further down"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0), InhibitAnyPolicy(1)] }).WithLeaf(Policies(AnyPolicy)),
        ["a policy is mapped"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyMappings(("1.2.3", "1.2.4")), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.4")),
        ["the policy before the mapping is not one behind it"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyMappings(("1.2.3", "1.2.4")), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.3")) with { Error = "CmpTrust.PathInvalid" },
        ["a policy is mapped under any policy"] = () => Chain(out _, CA with { Extensions = [Policies(AnyPolicy), PolicyMappings(("1.2.3", "1.2.4")), PolicyConstraints(0)] }).WithLeaf(Policies("1.2.4")),
        ["mapping is inhibited"] = () => Chain(out _, CA with { Extensions = [Policies("1.2.3"), PolicyConstraints(0, 0)] }, CA with { Extensions = [Policies("1.2.3"), PolicyMappings(("1.2.3", "1.2.4"))] }).WithLeaf(Policies("1.2.4")) with { Error = "CmpTrust.PathInvalid" },
        ["any policy is mapped"] = () => Chain(out _, CA with { Extensions = [Policies(AnyPolicy), PolicyMappings((AnyPolicy, "1.2.4"))] }) with { Error = "CmpTrust.PathInvalid" },
        ["the leaf itself requires a policy"] = () => Chain(out _, CA).WithLeaf(PolicyConstraints(0)) with { Error = "CmpTrust.PathInvalid" },
    };

    /// <summary>Where OpenSSL judges otherwise, and why.</summary>
    internal static readonly IReadOnlyDictionary<string, string> OpenSslDiffers = new Dictionary<string, string>
    {
        ["a CA of the same name with another key stands first"] = "it tries one issuer of a name only",
        ["two CAs sign each other and one of them the certificate"] = "it tries one issuer of a name only",
        ["a root that an older root has signed"] = "it tries one issuer of a name only",
        ["more CAs between than a path may have"] = "it allows a hundred",
        ["an RSA key that is too short"] = "its default security level allows 1024 bits",
        ["a signature over SHA-1"] = "its default security level allows SHA-1",
    };

    private TestCertificate? Issuer { get; init; }

    internal CertificatePath Build(PathOptions? options = null) => PathBuilder.Build(
        Leaf.Certificate,
        Anchors.Select(c => c.Certificate),
        Candidates.Select(c => c.Certificate),
        options ?? new PathOptions(TestCertificate.Now));

    /// <summary>Root, CAs and leaf, each issued by the one before.</summary>
    internal static PathScenario Chain(out TestCertificate[] cas, params TestProfile[] profiles)
    {
        TestCertificate root = TestCertificate.Root();
        TestCertificate issuer = root;
        var made = new List<TestCertificate>();
        foreach (TestProfile profile in profiles)
            made.Add(issuer = issuer.IssueCA("CA " + (made.Count + 1), profile));
        cas = [.. made];
        return new(issuer.Issue("Leaf"), [root], cas) { Issuer = issuer };
    }

    private PathScenario WithLeaf(params X509Extension[] extensions) => this with { Leaf = Issuer!.Issue("Leaf", Leaf0 with { Extensions = extensions }) };

    private static PathScenario Names(GeneralName[]? permitted, GeneralName[]? excluded, params GeneralName[] names) =>
        Chain(out _, CA with { Extensions = [NameConstraints(permitted, excluded)] }).WithLeaf(SubjectAltNames(names));

    private static PrivateKey ShortRsa()
    {
        var rsa = System.Security.Cryptography.RSA.Create();
        rsa.KeySize = 1024;
        return PrivateKey.Of(rsa);
    }
}
