using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Cryptography.Enveloping;

/// <summary>A key generation authority of the tests, which also signs what none should.</summary>
internal sealed class KeyMaker
{
    private static readonly Lazy<TestCertificate> TheRoot = new(() => TestCertificate.Root());

    internal KeyMaker(string word = "ECDSA_P256", TestProfile? profile = null)
    {
        Root = TheRoot.Value;
        Issuing = Root.IssueCA("Issuing CA");
        Signer = Issuing.Issue("Key maker", (profile ?? Profile) with { Key = TestKeys.Open(word) });
    }

    /// <summary>For making keys.</summary>
    internal static TestProfile Profile { get; } = TestProfile.Leaf with { Extensions = [TestExtensions.EnhancedKeyUsage(Oids.CmKGA)] };

    internal TestCertificate Root { get; }

    internal TestCertificate Issuing { get; }

    internal TestCertificate Signer { get; }

    internal RecipientIdentifier Sid => new(Signer.Certificate.SubjectKeyIdentifier!.Value);

    /// <summary>A package of one key, as it stands in the SignedData.</summary>
    internal static byte[] Package(int keys = 1)
    {
        var all = new List<ReadOnlyMemory<byte>>();
        for (int i = 0; i < keys; i++)
            all.Add(TestKeys.Pkcs8("ECDSA_P256"));
        return new AsymmetricKeyPackage(all).Encoded.ToArray();
    }

    /// <summary>The attributes that belong to a content.</summary>
    internal static CmsAttributes Attributes(byte[] content, string digest = Oids.Sha256, string contentType = Oids.KeyPackage) =>
        new([CmsAttribute.ContentType(contentType), CmsAttribute.MessageDigest(Digests.Compute(digest, content))]);

    /// <summary>Signs these attributes, right or wrong, with a right signature.</summary>
    internal SignedData Sign(byte[]? content, CmsAttributes? attributes, string digest = Oids.Sha256, AlgorithmIdentifier? algorithm = null, string contentType = Oids.KeyPackage)
    {
        algorithm ??= SignatureAlgorithms.For(Signer.Key);
        var digestAlgorithm = new AlgorithmIdentifier(digest);
        byte[] signature = Signer.Key.Sign(attributes?.Encoded ?? content, algorithm);
        ReadOnlyMemory<byte>? octets = content is null ? (ReadOnlyMemory<byte>?)null : content;
        return new SignedData([digestAlgorithm], new EncapsulatedContentInfo(contentType, octets), [new SignerInfo(Sid, digestAlgorithm, attributes, algorithm, signature)])
        {
            Certificates = [Signer.Certificate, Issuing.Certificate],
        };
    }
}
