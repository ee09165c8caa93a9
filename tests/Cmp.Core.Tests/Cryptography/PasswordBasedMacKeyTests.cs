using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class PasswordBasedMacKeyTests
{
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes("insta £");
    private static readonly byte[] Salt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(10_000)]
    public void Rule18_The_digest_is_applied_exactly_as_often_as_said(int iterations)
    {
        using var sha = SHA256.Create();
        byte[] expected = Secret.Concat(Salt).ToArray();
        for (int i = 0; i < iterations; i++)
            expected = sha.ComputeHash(expected);
        Assert.Equal(expected, PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha256, iterations));
    }

    [Theory]
    [InlineData(Oids.Sha1)]
    [InlineData(Oids.Sha256)]
    [InlineData(Oids.Sha384)]
    [InlineData(Oids.Sha512)]
    public void Rule18_Both_back_ends_derive_the_same(string owf)
    {
        byte[] first = Secret.Concat(Salt).ToArray();
        byte[] result = new byte[Digests.Length(owf)];
        BackEnd.BouncyCastle.IterateDigest(owf, first, 500, result);
        Assert.Equal(result, PasswordBasedMacKey.Derive(Secret, Salt, owf, 500));
    }

    [Fact]
    public void Rule18_SHA224_is_one_of_them()
    {
        byte[] expected = Secret.Concat(Salt).ToArray();
        for (int i = 0; i < 100; i++)
            expected = Digests.Compute(Oids.Sha224, expected);
        Assert.Equal(expected, PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha224, 100));
    }

#if NET // .NET Framework does not count the octets of a thread
    [Fact]
    public void Nothing_is_allocated_for_an_iteration()
    {
        PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha256, 10);
        long few = Allocated(10);
        long many = Allocated(10_000);
        Assert.True(many - few < 1000, $"{many - few} octets for 9990 iterations");

        static long Allocated(int iterations)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha256, iterations);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
#endif

    [Fact]
    public void An_unknown_digest_is_a_typed_error() =>
        Expect.Error("CmpProtection.Algorithm", () => PasswordBasedMacKey.Derive(Secret, Salt, "1.2.3", 100));

    [Fact]
    public void No_iteration_at_all_is_a_mistake_of_the_caller() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha256, 0));

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(100)]
    public void A_key_of_one_size_is_cut_or_expanded_by_numbered_digests(int length)
    {
        // RFC 9810 5.1.3.1: BASEKEY || OWF("1" || BASEKEY) || OWF("2" || BASEKEY) || ...
        byte[] baseKey = PasswordBasedMacKey.Derive(Secret, Salt, Oids.Sha256, 100);
        byte[] whole =
        [
            .. baseKey,
            .. Digests.Compute(Oids.Sha256, (byte[])[(byte)'1', .. baseKey]),
            .. Digests.Compute(Oids.Sha256, (byte[])[(byte)'2', .. baseKey]),
            .. Digests.Compute(Oids.Sha256, (byte[])[(byte)'3', .. baseKey]),
        ];
        Assert.Equal(whole.Take(length), PasswordBasedMacKey.Fit((byte[])baseKey.Clone(), Oids.Sha256, length));
    }
}
