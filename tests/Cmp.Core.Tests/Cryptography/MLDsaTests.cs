using System;
using System.Formats.Asn1;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>The three forms of a private key of ML-DSA (RFC 9881 6).</summary>
public class MLDsaTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("data");

    public static TheoryData<string> Words => ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];

    [Theory]
    [MemberData(nameof(Words))]
    public void All_three_forms_are_read_and_one_without_its_seed_stays_so(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        (byte[] seed, byte[] expanded) = PartsOf(key);
        Assert.Equal((32, key.Algorithm.Set!.PrivateBytes), (seed.Length, expanded.Length));
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        foreach (byte[] form in new[] { SeedOnly(seed), ExpandedOnly(expanded), Both(seed, expanded) })
        {
            using PrivateKey read = PrivateKey.FromPkcs8(Pkcs8.Write(algorithm, form));
            Assert.True(read.PublicKey.IsSameAs(key.PublicKey));
            byte[] exported = read.ExportPkcs8();
            Assert.Equal(form[0] == 0x04 ? Pkcs8.Write(algorithm, form) : key.ExportPkcs8(), exported);
            Assert.Equal(exported, read.ExportPkcs8());
            Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, read.Sign(Data, algorithm)));
        }
    }

    /// <param name="word">The kind.</param>
    /// <param name="firstPart">Octets of rho, K, tr and s1 (FIPS 204 algorithm 24): the public key and its digest follow from them; a slip in the rest is found by the probe of rule 19.</param>
    [Theory]
    [InlineData("ML-DSA-44", 128 + 4 * 96)]
    [InlineData("ML-DSA-65", 128 + 5 * 128)]
    [InlineData("ML-DSA-87", 128 + 7 * 96)]
    public void A_seed_beside_another_key_and_a_key_whose_parts_do_not_fit_are_refused(string word, int firstPart)
    {
        using PrivateKey key = TestKeys.Open(word);
        using PrivateKey other = PrivateKey.Generate(key.Algorithm);
        (byte[] seed, byte[] expanded) = PartsOf(key);
        (byte[] otherSeed, byte[] otherExpanded) = PartsOf(other);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Refuse(Both(seed, otherExpanded));
        Refuse(Both(otherSeed, expanded));
        for (int at = 0; at < expanded.Length; at += 15)
        {
            byte[] changed = (byte[])expanded.Clone();
            changed[at] ^= 1;
            Refuse(Both(seed, changed));
            if (at is < 32 or >= 64 && at < firstPart)
                Refuse(ExpandedOnly(changed));
        }
        Refuse(SeedOnly(seed.Take(31).ToArray()));
        Refuse(SeedOnly([.. seed, 0]));
        Refuse(ExpandedOnly(seed));
        Refuse(Both(seed, seed));
        Refuse(Both(expanded, expanded));

        void Refuse(byte[] inner) => Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Pkcs8.Write(algorithm, inner)));
    }

    /// <summary>FIPS 204 3.4: hedged, so that no two signatures are the same.</summary>
    [Theory]
    [MemberData(nameof(Words))]
    public void Signatures_are_hedged(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Assert.NotEqual(key.Sign(Data, algorithm), key.Sign(Data, algorithm));
    }

    private static (byte[] Seed, byte[] Expanded) PartsOf(PrivateKey key)
    {
        PrivateOctets octets = Pkcs8.Read(key.ExportPkcs8(), (_, inner) => PrivateOctets.Read(key.Algorithm.Set!, inner));
        return (octets.Seed!, octets.Key!);
    }

    private static byte[] SeedOnly(byte[] seed) => Encode(writer => writer.WriteOctetString(seed, Tags.Primitive(0)));

    private static byte[] ExpandedOnly(byte[] expanded) => Encode(writer => writer.WriteOctetString(expanded));

    private static byte[] Both(byte[] seed, byte[] expanded) => Encode(writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(seed);
            writer.WriteOctetString(expanded);
        }
    });

    private static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }
}
