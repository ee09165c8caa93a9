using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>What holds for every kind of key that signs: one row a kind, of all that <see cref="KeyAlgorithm.All"/> has.</summary>
public class SigningKindsTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("what is signed");

    /// <summary>All but the two longer RSA keys, which differ from the first in length alone and take seconds to be made.</summary>
    public static TheoryData<string> Words => [.. Names];

    /// <summary>Those whose OID says all.</summary>
    public static TheoryData<string> Pure => [.. ParameterSet.All.Where(set => set.CanSign).Select(set => set.Name)];

    /// <summary>Those that sign in a moment.</summary>
    public static TheoryData<string> Fast => [.. Names.Where(name => !IsSlow(name))];

    private static IEnumerable<string> Names => KeyAlgorithm.All.Where(kind => kind.CanSign && kind.Name is not ("RSA_3072" or "RSA_4096")).Select(kind => kind.Name);

    [Theory]
    [MemberData(nameof(Words))]
    public void A_key_signs_its_own_certificate_and_nothing_else_passes(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Name name = Name.FromCommonName(word);
        Certificate certificate = new CertificateWriter(name, key, algorithm).Write(new CertificateContent(name, key.PublicKey, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), []));

        Assert.True(certificate.PublicKey.IsSameAs(key.PublicKey));
        Assert.Equal(word, KeyAlgorithm.Of(certificate.PublicKey).Name);
        byte[] signed = certificate.TbsCertificate.ToArray(), signature = certificate.Signature.ToArray();
        Assert.True(Verify(key, signed, signature));
        Assert.False(Verify(other, signed, signature));
        Assert.False(Verify(key, [.. signed, 0], signature));
        Assert.False(Verify(key, signed.Take(signed.Length - 1).ToArray(), signature));
        Assert.False(Verify(key, [], signature));
        foreach (byte[] wrong in WrongFormsOf(signature))
            Assert.False(Verify(key, signed, wrong), $"{wrong.Length} octets pass for {signature.Length}");

        bool Verify(PrivateKey signer, byte[] data, byte[] claimed) => SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, signer.PublicKey, data, claimed);
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_key_goes_through_PKCS8(string word)
    {
        using PrivateKey made = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        byte[] pkcs8 = made.ExportPkcs8();
        using PrivateKey read = PrivateKey.FromPkcs8(pkcs8);
        Assert.Equal(word, read.Algorithm.Name);
        Assert.True(read.CanSign);
        Assert.True(read.PublicKey.IsSameAs(made.PublicKey));
        Assert.Equal(pkcs8, read.ExportPkcs8());
        using PrivateKey copy = read.Copy();
        Assert.True(copy.PublicKey.IsSameAs(made.PublicKey));
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(pkcs8.AsMemory(0, pkcs8.Length - 1)));
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8((byte[])[.. pkcs8, 0]));
    }

    [Theory]
    [MemberData(nameof(Fast))]
    public void Rule19_A_key_of_every_kind_fits_its_public_half_and_no_other(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        key.EnsureFits(key.PublicKey);
        Expect.Error("CmpKey.Mismatch", () => key.EnsureFits(other.PublicKey));
    }

    [Theory]
    [MemberData(nameof(Pure))]
    public void Rule21_A_key_that_brings_its_own_digest_takes_none(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Assert.Equal(key.PublicKey.Algorithm.Oid, algorithm.Oid);
        Assert.Null(algorithm.Parameters);
        Assert.Null(key.PublicKey.Algorithm.Parameters);
        Assert.Equal(algorithm.Oid, SignatureAlgorithms.For(key, pss: true).Oid);
        foreach (string hash in new[] { "SHA256", "SHA-512", "SHAKE256", "\u001b]0;x" })
        {
            CmpException e = Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(key, hash));
            Assert.Equal(CmpErrorKind.Argument, e.Kind);
            Assert.Contains("-HashAlgorithm", e.RecommendedAction);
            Assert.DoesNotContain('\u001b', e.Message);
        }
    }

    [Theory]
    [MemberData(nameof(Pure))]
    public void Rule67_Key_and_algorithm_agree_and_have_no_parameters(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        ParameterSet set = ParameterSet.Find(algorithm.Oid)!;
        var signature = new byte[set.SignatureBytes];
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(algorithm.Oid), key.PublicKey, Data, signature));
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(algorithm, new SubjectPublicKeyInfo(AlgorithmIdentifier.WithNull(algorithm.Oid), key.PublicKey.Key), Data, signature));
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(algorithm, new SubjectPublicKeyInfo(algorithm, key.PublicKey.Key.Slice(1)), Data, signature));
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(algorithm, new SubjectPublicKeyInfo(algorithm, new byte[key.PublicKey.Key.Length + 1]), Data, signature));
        Expect.Error("CmpKey.SignatureAlgorithm", () => key.Sign(Data, new AlgorithmIdentifier(Oids.Sha256WithEcdsa)));

        // another kind's algorithm with this key, and this algorithm with another kind's key
        foreach (ParameterSet another in ParameterSet.All.Where(other => other.Oid != set.Oid))
        {
            Assert.False(SignatureAlgorithms.Verify(algorithm, another.Write(new byte[another.PublicBytes]), Data, signature));
            if (another.CanSign)
                Assert.False(SignatureAlgorithms.Verify(another.Identifier, key.PublicKey, Data, signature));
        }
        using PrivateKey ec = TestKeys.Open("ECDSA_P256");
        Assert.False(SignatureAlgorithms.Verify(algorithm, ec.PublicKey, Data, signature));
        Assert.False(SignatureAlgorithms.Verify(SignatureAlgorithms.For(ec), key.PublicKey, Data, signature));
    }

    [Theory]
    [MemberData(nameof(Pure))]
    public void A_version_2_brings_the_public_key_that_belongs_to_it(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        byte[] publicKey = key.PublicKey.Key.ToArray();
        using (PrivateKey read = PrivateKey.FromPkcs8(Version2(key, publicKey, attributes: true)))
            Assert.True(read.PublicKey.IsSameAs(key.PublicKey));
        publicKey[0] ^= 1;
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Version2(key, publicKey, attributes: false)));
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Version2(key, [], attributes: false)));
    }

    [Theory]
    [MemberData(nameof(Pure))]
    public void Parts_of_other_lengths_and_parameters_are_malformed(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        byte[] pkcs8 = key.ExportPkcs8();
        byte[] inner = Pkcs8.Read(pkcs8, (_, octets) => octets).ToArray();
        AlgorithmIdentifier algorithm = key.PublicKey.Algorithm;
        foreach (byte[] wrong in new[] { [], inner.Take(inner.Length - 1).ToArray(), [.. inner, 0], [0x04, 0x00], [0x80, 0x00], [0x30, 0x00], [0x05, 0x00] })
            Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Pkcs8.Write(algorithm, wrong)));
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Pkcs8.Write(AlgorithmIdentifier.WithNull(algorithm.Oid), inner)));
    }

    [Theory]
    [MemberData(nameof(Fast))]
    public void Rule69_A_path_signed_by_every_kind_is_found_and_one_by_another_key_is_not(string word)
    {
        KeyAlgorithm kind = KeyAlgorithm.Parse(word);
        using var authority = new CertificationAuthority(kind, DateTimeOffset.UtcNow);
        using var stranger = new CertificationAuthority(kind, DateTimeOffset.UtcNow);
        CertificatePath path = PathBuilder.Build(authority.Signer, [authority.Root], [authority.Issuing], new PathOptions(DateTimeOffset.UtcNow));
        Assert.Equal(3, path.Certificates.Count);
        Expect.Error("CmpTrust.PathInvalid", () => PathBuilder.Build(authority.Signer, [stranger.Root], [authority.Issuing], new PathOptions(DateTimeOffset.UtcNow)));
        Expect.Error("CmpTrust.PathInvalid", () => PathBuilder.Build(authority.Signer, [authority.Root], [stranger.Issuing], new PathOptions(DateTimeOffset.UtcNow)));
    }

    /// <summary>SLH-DSA's small signatures take a second and more to be made.</summary>
    private static bool IsSlow(string word) => word.StartsWith("SLH-DSA", StringComparison.Ordinal) && word.EndsWith("s", StringComparison.Ordinal);

    private static IEnumerable<byte[]> WrongFormsOf(byte[] signature)
    {
        yield return [];
        yield return signature.Take(signature.Length - 1).ToArray();
        yield return signature.Skip(1).ToArray();
        yield return [.. signature, 0];
        yield return [.. signature, .. signature];
        yield return new byte[signature.Length];
        foreach (int at in new[] { 0, signature.Length / 2, signature.Length - 1 })
        {
            byte[] changed = (byte[])signature.Clone();
            changed[at] ^= 1;
            yield return changed;
        }
    }

    private static byte[] Version2(PrivateKey key, byte[] publicKey, bool attributes)
    {
        byte[] inner = Pkcs8.Read(key.ExportPkcs8(), (_, octets) => octets).ToArray();
        return Pkcs8.Encode(inner.Length + publicKey.Length + 100, writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                key.PublicKey.Algorithm.Write(writer);
                writer.WriteOctetString(inner);
                if (attributes)
                    writer.WriteEncodedValue([0xA0, 0x00]);
                writer.WriteBitString(publicKey, 0, Tags.Primitive(1));
            }
        });
    }
}
