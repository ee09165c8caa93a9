using System;
using System.Formats.Asn1;
using System.Linq;
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

    // NIST SP 800-185, KMAC_samples: samples 1 to 6
    [Theory]
    [InlineData(Oids.Kmac128, 4, "", "E5780B0D3EA6F7D3A429C5706AA43A00FADBD7D49628839E3187243F456EE14E")]
    [InlineData(Oids.Kmac128, 4, "My Tagged Application", "3B1FBA963CD8B0B59E8C1A6D71888B7143651AF8BA0A7070C0979E2811324AA5")]
    [InlineData(Oids.Kmac128, 200, "My Tagged Application", "1F5B4E6CCA02209E0DCB5CA635B89A15E271ECC760071DFD805FAA38F9729230")]
    [InlineData(Oids.Kmac256, 4, "My Tagged Application", "20C570C31346F703C9AC36C61C03CB64C3970D0CFC787E9B79599D273A68D2F7F69D4CC3DE9D104A351689F27CF6F5951F0103F33F4F24871024D9C27773A8DD")]
    [InlineData(Oids.Kmac256, 200, "", "75358CF39E41494E949707927CEE0AF20A3FF553904C86B08F21CC414BCFD691589D27CF5E15369CBBFF8B9A4C2EB17800855D0235FF635DA82533EC6B759B69")]
    [InlineData(Oids.Kmac256, 200, "My Tagged Application", "B58618F71F92E1D56C1B8C55DDD7CD188B97B4CA4D99831EB2699A837DA2E4D970FBACFDE50033AEA585F1A2708510C32D07880801BD182898FE476876FC8965")]
    public void KMAC_gives_the_values_of_NIST(string oid, int dataLength, string customization, string mac)
    {
        byte[] key = Enumerable.Range(0x40, 32).Select(i => (byte)i).ToArray();
        byte[] data = Enumerable.Range(0, dataLength).Select(i => (byte)i).ToArray();
        AlgorithmIdentifier algorithm = customization.Length == 0
            ? new AlgorithmIdentifier(oid)
            : new AlgorithmIdentifier(oid, Sequence(writer => writer.WriteOctetString(Encoding.ASCII.GetBytes(customization))));
        Assert.Equal(mac, Hex.Of(Macs.Compute(algorithm, key, data)));
    }

    // the GCM specification of McGrew and Viega, appendix B: test cases 1, 7 and 13, whose plaintext is empty
    [Theory]
    [InlineData(Oids.Aes128Gmac, 16, "58E2FCCEFA7E3061367F1D57A4E7455A")]
    [InlineData(Oids.Aes192Gmac, 24, "CD33B28AC773F74BA00ED1F312572435")]
    [InlineData(Oids.Aes256Gmac, 32, "530F8AFBC74536B9A963B4F1C4CB738B")]
    public void GMAC_gives_the_values_of_its_specification(string oid, int keyLength, string mac)
    {
        Assert.Equal(mac, Hex.Of(Macs.Compute(Gmac(oid, new byte[12], 16), new byte[keyLength], new byte[0])));
        // RFC 9044 2: 12 octets where nothing is said, the first of them
        Assert.Equal(mac.Substring(0, 24), Hex.Of(Macs.Compute(Gmac(oid, new byte[12], null), new byte[keyLength], new byte[0])));
    }

    [SkippableTheory]
    [InlineData(Oids.Aes128Gmac, 16, 12)]
    [InlineData(Oids.Aes192Gmac, 24, 12)]
    [InlineData(Oids.Aes256Gmac, 32, 12)]
    [InlineData(Oids.Aes256Gmac, 32, 33)]
    public void OpenSSL_computes_the_same_GMAC(string oid, int keyLength, int nonceLength)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        byte[] key = Secrets.Random(keyLength), nonce = Secrets.Random(nonceLength), data = Secrets.Random(1000);
        openssl.Write("data", data);
        openssl.Do($"mac -cipher AES-{8 * keyLength}-GCM -macopt hexkey:{Hex.Of(key)} -macopt hexiv:{Hex.Of(nonce)} -in data -out mac -binary GMAC");
        Assert.Equal(openssl.Read("mac"), Macs.Compute(Gmac(oid, nonce, 16), key, data));
    }

    [SkippableTheory]
    [InlineData(Oids.Kmac128, "KMAC128", 16, 32)]
    [InlineData(Oids.Kmac256, "KMAC256", 32, 64)]
    [InlineData(Oids.Kmac256, "KMAC256", 9, 64)]
    public void OpenSSL_computes_the_same_KMAC(string oid, string name, int keyLength, int length)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        byte[] key = Secrets.Random(keyLength), data = Secrets.Random(1000);
        openssl.Write("data", data);
        openssl.Do($"mac -macopt hexkey:{Hex.Of(key)} -macopt size:{length} -in data -out mac -binary {name}");
        Assert.Equal(openssl.Read("mac"), Macs.Compute(new AlgorithmIdentifier(oid), key, data));
    }

    [Fact]
    public void KMAC_is_as_long_as_its_parameters_say()
    {
        byte[] mac = Macs.Compute(new AlgorithmIdentifier(Oids.Kmac128, Sequence(writer => writer.WriteInteger(128))), new byte[16], new byte[1]);
        Assert.Equal(16, mac.Length);
        // the length is part of what is computed: this is no prefix of the longer one
        Assert.NotEqual(mac, Macs.Compute(new AlgorithmIdentifier(Oids.Kmac128), new byte[16], new byte[1]).Take(16));
    }

    [Theory]
    [InlineData(120)]
    [InlineData(129)]
    [InlineData(-128)]
    [InlineData(8200)]
    public void Rule18_A_KMAC_that_could_be_guessed_or_is_absurd_is_refused(int bits) =>
        Expect.Error("CmpProtection.Algorithm", () => Macs.Check(new AlgorithmIdentifier(Oids.Kmac256, Sequence(writer => writer.WriteInteger(bits))), CmpLimits.Default));

    [Theory]
    [InlineData(0, 16)]
    [InlineData(1025, 16)]
    [InlineData(12, 11)]
    [InlineData(12, 17)]
    public void Rule18_So_are_a_nonce_and_a_length_of_GMAC_out_of_bounds(int nonceLength, int length) =>
        Expect.Error("CmpProtection.Algorithm", () => Macs.Check(Gmac(Oids.Aes128Gmac, new byte[nonceLength], length), CmpLimits.Default));

    [Fact]
    public void GMAC_needs_its_parameters_and_a_key_that_fits()
    {
        Expect.Error("CmpProtection.Algorithm", () => Macs.Compute(new AlgorithmIdentifier(Oids.Aes128Gmac), new byte[16], new byte[1]));
        Expect.Error("CmpMessage.Malformed", () => Macs.Compute(AlgorithmIdentifier.WithNull(Oids.Aes128Gmac), new byte[16], new byte[1]));
        Expect.Error("CmpProtection.Algorithm", () => Macs.Compute(Macs.New(Oids.Aes128Gmac), new byte[32], new byte[1]));
    }

    [Fact]
    public void New_parameters_are_what_the_RFCs_ask_for()
    {
        Assert.True(Macs.New(Oids.HmacWithSha256).Parameters is { Length: 2 });
        Assert.Null(Macs.New(Oids.Kmac256).Parameters);
        GmacParameters gmac = GmacParameters.Of(Macs.New(Oids.Aes128Gmac));
        Assert.Equal(12, gmac.Nonce.Length);
        Assert.Equal(16, gmac.Length);
        Assert.NotEqual(gmac.Nonce.ToArray(), GmacParameters.Of(Macs.New(Oids.Aes128Gmac)).Nonce.ToArray());
    }

    private static AlgorithmIdentifier Gmac(string oid, byte[] nonce, int? length) => new(oid, Sequence(writer =>
    {
        writer.WriteOctetString(nonce);
        if (length is { } said)
            writer.WriteInteger(said);
    }));

    private static byte[] Sequence(Action<AsnWriter> content)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            content(writer);
        return writer.Encode();
    }
}
