using System;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class DigestsTests
{
    // FIPS 180-4 and FIPS 202 example values of "abc"; RFC 1321 A.5
    [Theory]
    [InlineData(Oids.Md5, "900150983CD24FB0D6963F7D28E17F72")]
    [InlineData(Oids.Sha1, "A9993E364706816ABA3E25717850C26C9CD0D89D")]
    [InlineData(Oids.Sha224, "23097D223405D8228642A477BDA255B32AADBCE4BDA0B3F7E36C9DA7")]
    [InlineData(Oids.Sha256, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData(Oids.Sha384, "CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED1631A8B605A43FF5BED8086072BA1E7CC2358BAECA134C825A7")]
    [InlineData(Oids.Sha512, "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F")]
    [InlineData(Oids.Shake128, "5881092DD818BF5CF8A3DDB793FBCBA74097D5C526A6D35F97B83351940F2CC8")]
    [InlineData(Oids.Shake256, "483366601360A8771C6863080CC4114D8DB44530F8F1E1EE4F94EA37E78B5739D5A15BEF186A5386C75744C0527E1FAA9F8726E462A12A4FEB06BD8801E751E4")]
    public void Known_values_come_out(string oid, string digest)
    {
        byte[] data = Encoding.ASCII.GetBytes("xabcx");
        Assert.True(Digests.IsSupported(oid));
        Assert.Equal(digest, Hex.Of(Digests.Compute(oid, data.AsMemory(1, 3))));
        Assert.Equal(digest, Hex.Of(BackEnd.BouncyCastle.Digest(oid, data.AsMemory(1, 3))));
        Assert.Equal(digest.Length / 2, Digests.Length(oid));
    }

    [Fact]
    public void An_unknown_digest_is_a_typed_error()
    {
        Assert.False(Digests.IsSupported("1.2.3"));
        Expect.Error("CmpProtection.Algorithm", () => Digests.Compute("1.2.3", new byte[1]));
        Expect.Error("CmpProtection.Algorithm", () => Digests.Length("1.2.3"));
    }
}
