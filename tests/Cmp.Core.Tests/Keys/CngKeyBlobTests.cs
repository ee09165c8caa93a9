using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cmp.Cryptography;
using Cmp.Keys;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>The octets that CNG is given on Windows, held against what .NET says of the same key: this much can be tested everywhere.</summary>
public sealed class CngKeyBlobTests
{
    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    public void An_RSA_key_has_the_layout_of_BCRYPT_RSAPRIVATE_BLOB(int bits)
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse($"RSA_{bits}"));
        byte[] pkcs8 = key.ExportPkcs8();
        using RSA rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(pkcs8, out _);
        RSAParameters numbers = rsa.ExportParameters(true);
        (string algorithm, byte[] blob) = CngKeyBlob.Of(pkcs8, key.PublicKey);
        Assert.Equal("RSA", algorithm);
        Assert.Equal("RSA2", Encoding.ASCII.GetString(blob, 0, 4));
        Assert.Equal([bits, numbers.Exponent!.Length, numbers.Modulus!.Length, numbers.P!.Length, numbers.Q!.Length], Integers(blob, 4, 5));
        Assert.Equal([.. numbers.Exponent, .. numbers.Modulus, .. numbers.P, .. numbers.Q], blob.AsSpan(24).ToArray());
    }

    [Theory]
    [InlineData("ECDSA_P256", "ECS2", 32)]
    [InlineData("ECDSA_P384", "ECS4", 48)]
    [InlineData("ECDSA_P521", "ECS6", 66)]
    public void An_EC_key_has_the_layout_of_BCRYPT_ECCPRIVATE_BLOB(string algorithm, string magic, int length)
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        byte[] pkcs8 = key.ExportPkcs8();
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(pkcs8, out _);
        ECParameters numbers = ecdsa.ExportParameters(true);
        (string name, byte[] blob) = CngKeyBlob.Of(pkcs8, key.PublicKey);
        Assert.Equal(algorithm, name);
        Assert.Equal(magic, Encoding.ASCII.GetString(blob, 0, 4));
        Assert.Equal([length], Integers(blob, 4, 1));
        Assert.Equal([.. numbers.Q.X!, .. numbers.Q.Y!, .. numbers.D!], blob.AsSpan(8).ToArray());
    }

    private static int[] Integers(byte[] blob, int at, int count)
    {
        var integers = new int[count];
        for (int i = 0; i < count; i++)
            integers[i] = BinaryPrimitives.ReadInt32LittleEndian(blob.AsSpan(at + 4 * i));
        return integers;
    }

    /// <summary>A process that died between the key and its certificate leaves no second key behind: the next one makes the same.</summary>
    [Fact]
    public void The_key_of_a_certificate_has_one_name_in_each_store()
    {
        byte[] one = [1, 2, 3], other = [1, 2, 4];
        string name = NamedCngKey.NameFor(@"LocalMachine\My", one);
        Assert.Equal(name, NamedCngKey.NameFor(@"localmachine\MY", one));
        Assert.NotEqual(name, NamedCngKey.NameFor(@"CurrentUser\My", one));
        Assert.NotEqual(name, NamedCngKey.NameFor(@"LocalMachine\My", other));
        Assert.True(new Cmp.Cryptography.Cng.CngName("p", name, IsMachine: true).IsOurs);
    }
}
