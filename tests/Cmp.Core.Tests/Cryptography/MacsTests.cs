using System;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class MacsTests
{
    // RFC 2202 3 and RFC 4231 4.3: test case 2
    [Theory]
    [InlineData(Oids.HmacSha1, Oids.Sha1, "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79")]
    [InlineData(Oids.HmacWithSha1, Oids.Sha1, "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79")]
    [InlineData(Oids.HmacWithSha224, Oids.Sha224, "A30E01098BC6DBBF45690F3A7E9E6D0F8BBEA2A39E6148008FD05E44")]
    [InlineData(Oids.HmacWithSha256, Oids.Sha256, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843")]
    [InlineData(Oids.HmacWithSha384, Oids.Sha384, "AF45D2E376484031617F78D2B58A6B1B9C7EF464F5A01B47E42EC3736322445E8E2240CA5E69E2C78B3239ECFAB21649")]
    [InlineData(Oids.HmacWithSha512, Oids.Sha512, "164B7A7BFCF819E2E395FBE73B56E0A387BD64222E831FD610270CD7EA2505549758BF75C05A994A6D034F65F8F0E6FDCAEAB1A34D4A6B4B636E070A38BCE737")]
    public void Known_values_come_out(string oid, string digest, string mac)
    {
        byte[] key = Encoding.ASCII.GetBytes("Jefe");
        byte[] data = Encoding.ASCII.GetBytes("what do ya want for nothing?");
        Assert.True(Macs.IsSupported(oid));
        Assert.Equal(mac, Hex.Of(Macs.Compute(new AlgorithmIdentifier(oid), key, data)));
        Assert.Equal(mac, Hex.Of(Macs.Compute(AlgorithmIdentifier.WithNull(oid), key, data)));
        Assert.Equal(mac, Hex.Of(BackEnd.BouncyCastle.Hmac(digest, key, data)));
    }

    // RFC 4231 4.7: a key longer than a block
    [Fact]
    public void Rule18_The_key_is_used_whole_whatever_its_length()
    {
        byte[] key = new byte[131];
        key.AsSpan().Fill(0xAA);
        byte[] data = Encoding.ASCII.GetBytes("Test Using Larger Than Block-Size Key - Hash Key First");
        Assert.Equal("60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54", Hex.Of(Macs.Compute(new AlgorithmIdentifier(Oids.HmacWithSha256), key, data)));
    }

    [Fact]
    public void An_unknown_MAC_and_one_with_parameters_are_typed_errors()
    {
        Assert.False(Macs.IsSupported(Oids.PasswordBasedMac));
        Expect.Error("CmpProtection.Algorithm", () => Macs.Compute(new AlgorithmIdentifier("1.2.3"), new byte[1], new byte[1]));
        Expect.Error("CmpProtection.Algorithm", () => Macs.Compute(new AlgorithmIdentifier(Oids.HmacWithSha256, new byte[] { 2, 1, 1 }), new byte[1], new byte[1]));
    }
}
