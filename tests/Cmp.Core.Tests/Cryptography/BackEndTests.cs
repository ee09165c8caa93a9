using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class BackEndTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("sample");

    public static TheoryData<string, string, bool> Signatures
    {
        get
        {
            var rows = new TheoryData<string, string, bool>();
            foreach (string hash in new[] { "SHA1", "SHA224", "SHA256", "SHA384", "SHA512" })
            {
                foreach (string key in new[] { "ECDSA_P256", "ECDSA_P384", "ECDSA_P521", "ECDSA_brainpoolP256r1", "ECDSA_brainpoolP384r1", "ECDSA_brainpoolP512r1", "RSA_2048" })
                    rows.Add(key, hash, false);
                rows.Add("RSA_2048", hash, true);
            }
            return rows;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Signatures))]
    public void What_one_back_end_signs_the_other_verifies(string algorithm, string hash, bool pss)
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        byte[] pkcs8 = TestKeys.Pkcs8(algorithm);
        foreach (ICryptoBackEnd signing in new[] { BackEnd.DotNet, BackEnd.BouncyCastle })
        {
            using PrivateKey key = Pkcs8.Read(pkcs8, signing.Import);
            AlgorithmIdentifier identifier = SignatureAlgorithms.For(key, hash, pss);
            byte[] signature = key.Sign(Data, identifier);
            var scheme = SignatureScheme.Of(identifier);
            foreach (ICryptoBackEnd verifying in new[] { BackEnd.DotNet, BackEnd.BouncyCastle })
            {
                if (verifying == BackEnd.DotNet && hash == "SHA224" && key.Algorithm.Family == KeyFamily.Rsa)
                    continue; // .NET has no SHA-224, and RSA must know its digest
                using Verifier verifier = Verifier.Open(verifying, key.PublicKey);
                Assert.True(verifier.Verify(scheme, Data, signature));
                Assert.False(verifier.Verify(scheme, Data.Append((byte)0).ToArray(), signature));
                Assert.False(verifier.Verify(scheme, Data, Changed(signature)));
                Assert.False(verifier.Verify(scheme, Data, Array.Empty<byte>()));
                Assert.False(verifier.Verify(scheme, Data, new byte[1000]));
            }
            Assert.True(SignatureAlgorithms.Verify(identifier, key.PublicKey, Data, signature));
        }
    }

    // RFC 6979 A.2.5 to A.2.7
    [Theory]
    [InlineData(Oids.Secp256r1, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", Oids.Sha256WithEcdsa,
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
    [InlineData(Oids.Secp384r1, "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5", Oids.Sha384WithEcdsa,
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE4699EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8")]
    [InlineData(Oids.Secp521r1, "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538", Oids.Sha512WithEcdsa,
        "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A")]
    public void BouncyCastle_signs_as_RFC_6979_says(string curve, string d, string algorithm, string signature)
    {
        using PrivateKey key = Pkcs8.Read(EcPrivateKey.WritePkcs8(EcCurve.Find(curve)!, Hex.Parse(d), []), WithoutPoint);
        Assert.Equal(signature, Hex.Of(EcdsaSignature.ToP1363(key.Sign(Data, new AlgorithmIdentifier(algorithm)), signature.Length / 4)));

        static PrivateKey WithoutPoint(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> sec1) => BackEnd.BouncyCastle.Import(algorithm, sec1);
    }

    [SkippableTheory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    [InlineData("ECDSA_brainpoolP256r1")]
    [InlineData("ECDSA_brainpoolP384r1")]
    [InlineData("ECDSA_brainpoolP512r1")]
    [InlineData("RSA_2048")]
    public void Keys_travel_between_the_back_ends(string algorithm)
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        foreach (ICryptoBackEnd making in new[] { BackEnd.DotNet, BackEnd.BouncyCastle })
        {
            using PrivateKey made = making.Generate(KeyAlgorithm.Parse(algorithm));
            byte[] pkcs8 = made.ExportPkcs8();
            foreach (ICryptoBackEnd holding in new[] { BackEnd.DotNet, BackEnd.BouncyCastle })
            {
                using PrivateKey held = Pkcs8.Read(pkcs8, holding.Import);
                Assert.True(held.PublicKey.IsSameAs(made.PublicKey));
                Assert.Equal(pkcs8, held.ExportPkcs8());
                held.EnsureFits(made.PublicKey);
            }
        }
    }

    [SkippableFact]
    public void Each_algorithm_has_the_back_end_that_is_faster_at_it()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        Assert.Same(BackEnd.DotNet, BackEnd.For(CryptoOperation.RsaPkcs1, Oids.Sha256));
        Assert.Same(BackEnd.DotNet, BackEnd.For(CryptoOperation.RsaPss, Oids.Sha256));
        Assert.Same(BackEnd.DotNet, BackEnd.For(CryptoOperation.Ecdsa, Oids.Secp256r1));
        Assert.Same(BackEnd.BouncyCastle, BackEnd.For(CryptoOperation.Ecdsa, Oids.Secp384r1));
        Assert.Same(BackEnd.BouncyCastle, BackEnd.For(CryptoOperation.Ecdsa, Oids.Secp521r1));
        Assert.Same(BackEnd.DotNet, BackEnd.For(CryptoOperation.Ecdsa, Oids.BrainpoolP256r1));
        Assert.Same(BackEnd.BouncyCastle, BackEnd.For(CryptoOperation.ParameterSet, Oids.Ed25519));
        Assert.Same(BackEnd.BouncyCastle, BackEnd.For(CryptoOperation.RsaPkcs1, Oids.Sha224));
        Assert.Same(BackEnd.DotNet, BackEnd.For(CryptoOperation.IteratedDigest, Oids.Sha256));
        Assert.Throws<CmpException>(() => BackEnd.For(CryptoOperation.Hmac, Oids.Shake256));
    }

    [SkippableTheory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_brainpoolP384r1")]
    public void Both_back_ends_refuse_a_point_that_is_not_on_the_curve(string algorithm)
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = PrivateKey.FromPkcs8(TestKeys.Pkcs8(algorithm));
        byte[] point = key.PublicKey.Key.ToArray();
        point[point.Length - 1] ^= 1;
        var wrong = new SubjectPublicKeyInfo(key.PublicKey.Algorithm, point);
        foreach (ICryptoBackEnd backEnd in new[] { BackEnd.DotNet, BackEnd.BouncyCastle })
            Expect.Error("CmpMessage.Malformed", () => Verifier.Open(backEnd, wrong));
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(new AlgorithmIdentifier(Oids.Sha256WithEcdsa), wrong, Data, key.Sign(Data, new AlgorithmIdentifier(Oids.Sha256WithEcdsa))));
    }

#if NET
    [Fact]
    public void BouncyCastle_is_loaded_by_the_first_call_that_needs_it()
    {
        var context = new RecordingContext(typeof(PrivateKey).Assembly.Location);
        Assembly core = context.LoadFromAssemblyPath(typeof(PrivateKey).Assembly.Location);
        Type privateKey = core.GetType("Cmp.Cryptography.PrivateKey")!;
        Type keyAlgorithm = core.GetType("Cmp.Cryptography.KeyAlgorithm")!;
        Type signatures = core.GetType("Cmp.Cryptography.SignatureAlgorithms")!;

        core.GetType("Cmp.Cryptography.Digests")!.GetMethod("IsSupported")!.Invoke(null, [Oids.Sha224]);
        core.GetType("Cmp.Cryptography.Digests")!.GetMethod("Compute")!.Invoke(null, [Oids.Sha256, new ReadOnlyMemory<byte>(Data)]);
        Use("RSA_2048");
        Use("ECDSA_P256");
        Assert.DoesNotContain("BouncyCastle.Cryptography", context.Asked);
        Use("ECDSA_P384");
        Assert.Contains("BouncyCastle.Cryptography", context.Asked);

        void Use(string word)
        {
            object algorithm = keyAlgorithm.GetMethod("Parse")!.Invoke(null, [word])!;
            object key = privateKey.GetMethod("Generate")!.Invoke(null, [algorithm])!;
            object publicKey = privateKey.GetProperty("PublicKey")!.GetValue(key)!;
            object identifier = signatures.GetMethod("For")!.Invoke(null, [key, null, false])!;
            var signature = (byte[])privateKey.GetMethod("Sign")!.Invoke(key, [new ReadOnlyMemory<byte>(Data), identifier])!;
            Assert.Equal(true, signatures.GetMethod("Verify")!.Invoke(null, [identifier, publicKey, new ReadOnlyMemory<byte>(Data), new ReadOnlyMemory<byte>(signature), null]));
            privateKey.GetMethod("EnsureFits")!.Invoke(key, [publicKey]);
            ((IDisposable)key).Dispose();
        }
    }

    private sealed class RecordingContext(string core) : System.Runtime.Loader.AssemblyLoadContext("probe")
    {
        internal List<string> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            Asked.Add(assemblyName.Name!);
            string beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(core)!, assemblyName.Name + ".dll");
            return assemblyName.Name == "BouncyCastle.Cryptography" ? LoadFromAssemblyPath(beside) : null;
        }
    }
#endif

    private static byte[] Changed(byte[] signature)
    {
        byte[] changed = (byte[])signature.Clone();
        changed[changed.Length - 1] ^= 1;
        return changed;
    }
}
