using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Inspection;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Cryptography.Enveloping;
using Cmp.Tests.Messages;
using Cmp.Tests.Messages.Cms;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Trees of what is encrypted and signed: each part has its name, and what is secret is dots.</summary>
public class CmsTreeTests
{
    public static TheoryData<string> Names => [.. Structures.Keys];

    /// <summary>By the type that the modules call it.</summary>
    private static Dictionary<string, byte[]> Structures { get; } = new()
    {
        ["EnvelopedData"] = Octets(new EnvelopedData(CmsSamples.Recipients, CmsSamples.Content)),
        ["KEMRecipientInfo"] = DerNode.Parse(Octets(CmsSamples.Kem)).Children![1].Encode(),
        ["SignedData"] = Octets(new KeyMaker().Sign(KeyMaker.Package(), KeyMaker.Attributes(KeyMaker.Package()))),
        ["ContentInfo"] = Octets(new ContentInfo(Oids.EnvelopedData, new EnvelopedData([CmsSamples.KeyTrans], CmsSamples.Content).Encoded)),
        ["PKIArchiveOptions"] = Octets(new PkiArchiveOptions(new EncryptedKey(Samples.Enveloped))),
        ["DhSigStatic"] = Octets(new DhSigStatic(IssuerAndSerialNumber.Of(Samples.Certificate), Samples.Octets(20))),
        ["RSAES-OAEP-params"] = Octets(RsaesOaepParams.Create(Oids.Sha256) with { Label = Samples.Octets(2) }),
        ["EncKeyWithID"] = Octets(new EncKeyWithId(TestKeys.Pkcs8("ECDSA_P256"), null, GeneralName.FromName(Samples.Subject))),
        ["AsymmetricKeyPackage"] = Octets(new AsymmetricKeyPackage([TestKeys.Pkcs8("ECDSA_P256")])),
        ["Rand"] = Octets(new Rand(new BigInteger(Samples.Octets(16)), GeneralName.FromName(Samples.Subject))),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_part_has_its_name_and_nothing_is_wrong(string type)
    {
        foreach (MessageNode node in Trees.All(MessageTree.Read(Structures[type], type)))
        {
            Assert.Null(node.Defect);
            Assert.False(node.Name == node.Tag && node.Type is null, $"{node} at {node.Offset}");
        }
    }

    [Fact]
    public void A_signed_package_is_told_to_its_key_which_is_dots()
    {
        var maker = new KeyMaker();
        byte[] pkcs8 = TestKeys.Pkcs8("ECDSA_P256");
        using PrivateKey key = PrivateKey.FromPkcs8(pkcs8);
        byte[] signed = SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, [maker.Issuing.Certificate]);
        MessageNode tree = MessageTree.Read(new ContentInfo(Oids.SignedData, signed).Encoded, "ContentInfo");
        List<MessageNode> nodes = [.. Trees.All(tree)];
        Assert.All(nodes, node => Assert.Null(node.Defect));
        MessageNode secret = Assert.Single(nodes, node => node.Name == "privateKey");
        Assert.Equal("•••", secret.Value);
        Assert.Empty(secret.Children);
        Assert.Single(nodes, node => node.Type == "OneAsymmetricKey");
        Assert.Contains(nodes, node => node.Name == "publicKey");
        string octets = Hex.Of(DerNode.Parse(pkcs8).Children![2].Content);
        Assert.All(nodes, node => Assert.DoesNotContain(octets.Substring(20, 40), node.Value ?? string.Empty));
    }

    [Fact]
    public void Secrets_of_what_was_decrypted_are_dots()
    {
        Assert.Equal("•••", Read("Rand").Find("int")!.Value);
        Assert.NotEqual("•••", Read("Rand").Find("sender")!.Value);
        Assert.Equal("•••", Read("EncKeyWithID").Find("privateKey.privateKey")!.Value);
        Assert.Contains("router7", Read("EncKeyWithID").Find("identifier")!.Value);
        Assert.Equal("•••", MessageTree.Read(new PkiArchiveOptions(Samples.Octets(8)).Encoded, "PKIArchiveOptions").Value!.Split(' ').Last());

        static MessageNode Read(string type) => MessageTree.Read(Structures[type], type);
    }

    private static byte[] Octets(Asn1Structure structure) => structure.Encoded.ToArray();
}
