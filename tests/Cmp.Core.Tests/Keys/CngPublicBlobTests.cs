using System;
using System.Linq;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>What a provider exports is read within its bounds: a driver of a vendor is not trusted to count.</summary>
public sealed class CngPublicBlobTests
{
    [Theory]
    [InlineData("RSA_2048", "RSAPUBLICBLOB")]
    [InlineData("ECDSA_P384", "ECCPUBLICBLOB")]
    [InlineData("ML-DSA-44", "PQDSAPUBLICBLOB")]
    public void What_is_cut_anywhere_or_counts_wrongly_is_damage(string algorithm, string blobType)
    {
        var cng = new FakeCng();
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request(algorithm));
        using ICngKey key = cng.Open(Assert.Single(cng.Names), silent: true);
        byte[] whole = key.Export(blobType);
        SubjectPublicKeyInfo read = CngPublicBlob.Of(new Exporting(key, whole));
        Assert.True(read.IsSameAs(handle.Key.PublicKey));
        foreach (int length in Enumerable.Range(0, Math.Min(whole.Length, 64)).Append(whole.Length - 1))
            Assert.Throws<CryptographicException>(() => CngPublicBlob.Of(new Exporting(key, whole.Take(length).ToArray())));
        // the lengths in the header, each larger than there is, negative, zero or one less
        foreach (int at in blobType == "ECCPUBLICBLOB" ? new[] { 4 } : blobType == "RSAPUBLICBLOB" ? [8, 12] : [8])
        {
            int said = BitConverter.ToInt32(whole, at);
            foreach (int wrong in new[] { int.MaxValue, -1, 0, said + 1, blobType == "RSAPUBLICBLOB" ? int.MinValue : said - 1 })
            {
                byte[] changed = (byte[])whole.Clone();
                BitConverter.GetBytes(wrong).CopyTo(changed, at);
                if (blobType != "RSAPUBLICBLOB" || wrong != said + 1 || at == 12)
                    Assert.Throws<CryptographicException>(() => CngPublicBlob.Of(new Exporting(key, changed)));
            }
        }
    }

    /// <summary>RSA numbers come with zeros before them from some providers; a public key has none (X.690 8.3.2).</summary>
    [Fact]
    public void Zeros_before_the_numbers_of_RSA_are_left_out()
    {
        var cng = new FakeCng();
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("RSA_2048"));
        using ICngKey key = cng.Open(Assert.Single(cng.Names), silent: true);
        byte[] whole = key.Export("RSAPUBLICBLOB");
        byte[] padded = [.. whole.Take(8), .. BitConverter.GetBytes(4), .. BitConverter.GetBytes(257), .. whole.Skip(16).Take(8), 0, .. whole.Skip(24).Take(3), 0, .. whole.Skip(27)];
        Assert.True(CngPublicBlob.Of(new Exporting(key, padded)).IsSameAs(handle.Key.PublicKey));
    }

    private sealed class Exporting(ICngKey key, byte[] blob) : ICngKey
    {
        public byte[] GetProperty(string name, uint flags) => key.GetProperty(name, flags);

        public void SetProperty(CngKeyProperty property, uint flags) => throw new NotSupportedException();

        public byte[] Export(string blobType) => blob;

        public byte[] Decrypt(byte[] input, CngPadding padding) => throw new NotSupportedException();

        public byte[] Sign(byte[] input, CngPadding padding) => throw new NotSupportedException();

        public void Delete() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
