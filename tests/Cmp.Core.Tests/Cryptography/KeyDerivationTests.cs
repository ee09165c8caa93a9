using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class KeyDerivationTests
{
    private static readonly byte[] Secret = [.. Enumerable.Repeat((byte)0x0B, 22)];
    private static readonly byte[] Info = [1, 2, 3, 4, 5];

    // RFC 5869 A.3: neither salt nor info
    [Fact]
    public void HKDF_gives_the_value_of_its_RFC() => Assert.Equal(
        "8DA4E775A563C18F715F802A063C5A31B8A11F5C5EE1879EC3454E5F3C738D2D9D201395FAA4B61A96C8",
        Hex.Of(KeyDerivation.Derive(new AlgorithmIdentifier(Oids.HkdfWithSha256), Secret, 42, ReadOnlyMemory<byte>.Empty)));

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1024)]
    public void All_functions_give_what_another_library_gives(int length)
    {
        var hkdf = new HkdfBytesGenerator(new Sha512Digest());
        hkdf.Init(new HkdfParameters(Secret, null, Info));
        Assert.Equal(Generate((o, n) => hkdf.GenerateBytes(o, 0, n)), KeyDerivation.Derive(new AlgorithmIdentifier(Oids.HkdfWithSha512), Secret, length, Info));
        var kdf2 = new Kdf2BytesGenerator(new Sha384Digest());
        kdf2.Init(new KdfParameters(Secret, Info));
        Assert.Equal(Generate((o, n) => kdf2.GenerateBytes(o, 0, n)), KeyDerivation.Derive(With(Oids.Kdf2, Oids.Sha384), Secret, length, Info));

        byte[] Generate(Func<byte[], int, int> generate)
        {
            byte[] key = new byte[length];
            Assert.Equal(length, generate(key, length));
            return key;
        }
    }

    [SkippableFact]
    public void Recorded_derivations_of_KEM_keys_come_out()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        IReadOnlyList<RecordedDerivation> recorded = RecordedDerivation.ReadAll(Repository.Data!);
        Assert.NotEmpty(recorded);
        foreach (RecordedDerivation row in recorded)
        {
            Assert.Equal(row.Key, KeyDerivation.Derive(row.Kdf, row.Secret, row.Length, row.OtherInfo));
            // those of messages are bound to the transaction, those of enveloped data are not
            if (row.Kdf.Oid == Oids.Kdf3)
                Assert.Equal(row.OtherInfo, (Asn1Reader.Decode(row.OtherInfo, null, KemOtherInfo.Read) with { }).Encoded.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    public void A_length_out_of_bounds_is_refused_before_anything_is_derived(int length) =>
        Expect.Error("CmpProtection.Algorithm", () => KeyDerivation.Derive(new AlgorithmIdentifier(Oids.HkdfWithSha256), Secret, length, Info));

    [Fact]
    public void What_cannot_bind_a_key_is_refused()
    {
        foreach (AlgorithmIdentifier kdf in new[] { new(Oids.Pbkdf2), new("1.2.3"), AlgorithmIdentifier.WithNull(Oids.HkdfWithSha256), With(Oids.Kdf3, Oids.Sha1), With(Oids.Kdf2, Oids.Shake256) })
            Expect.Error("CmpProtection.Algorithm", () => KeyDerivation.Derive(kdf, Secret, 32, Info));
        Expect.Error("CmpMessage.Malformed", () => KeyDerivation.Derive(new AlgorithmIdentifier(Oids.Kdf3), Secret, 32, Info));
    }

    private static AlgorithmIdentifier With(string kdf, string digest) => new(kdf, new AlgorithmIdentifier(digest).Encoded);
}
