using System;
using System.Linq;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>RSA keys whose provider does not know RSASSA-PSS, or not with a salt as long as the digest, as those of many TPMs.</summary>
public sealed class PssProbeTests
{
    [Theory]
    [InlineData(CngErrors.NotSupported)]
    [InlineData(CngErrors.UnsupportedPssSalt)]
    [InlineData(CngErrors.UnsupportedPssSaltOfFramework)]
    public void Rule21_A_key_that_cannot_do_PSS_signs_by_PKCS1_where_nobody_asked(int status)
    {
        var cng = new FakeCng { PssRefusal = status };
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("RSA_2048"));
        Assert.Equal(Oids.Sha256WithRsa, SignatureAlgorithms.For(handle.Key).Oid);
        CmpException error = Expect.Error("CmpKey.Pss", () => SignatureAlgorithms.For(handle.Key, pss: true));
        Assert.Contains("-RsaPadding", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule21_A_key_with_a_salt_of_its_own_cannot_either()
    {
        var cng = new FakeCng { HasOwnSalt = true };
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("RSA_2048"));
        Expect.Error("CmpKey.Pss", () => SignatureAlgorithms.For(handle.Key, pss: true));
    }

    [Fact]
    public void Rule21_One_that_can_is_found_out_once()
    {
        var cng = new FakeCng();
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("RSA_2048"));
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(handle.Key, pss: true);
        _ = SignatureAlgorithms.For(handle.Key, pss: true);
        Assert.Single(cng.Signatures);
        Assert.True(SignatureAlgorithms.Verify(algorithm, handle.Key.PublicKey, new byte[9], handle.Key.Sign(new byte[9], algorithm)));
        Assert.Equal(2, cng.Signatures.Count(padding => padding.Contains("SaltLength = 32")));
    }

    [Fact]
    public void A_status_stays_what_it_was() => Assert.Equal(CngErrors.UnsupportedPssSalt, new CngRefusal(CngErrors.UnsupportedPssSalt).HResult);

    [Fact]
    public void A_card_that_is_locked_is_no_key_without_PSS()
    {
        var cng = new FakeCng();
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("RSA_2048"));
        cng.Refusal = CngErrors.SilentContext;
        Expect.Error("CmpKey.Locked", () => SignatureAlgorithms.For(handle.Key, pss: true));
        // and what was not found out is asked again
        cng.Refusal = 0;
        Assert.Equal(Oids.RsassaPss, SignatureAlgorithms.For(handle.Key, pss: true).Oid);
    }

    [Fact]
    public void Rule21_A_key_that_NET_opened_is_asked_the_same()
    {
        using var rsa = new WithoutPss();
        using PrivateKey key = PrivateKey.Of(rsa);
        Assert.Equal(Oids.Sha256WithRsa, SignatureAlgorithms.For(key).Oid);
        key.EnsureFits(key.PublicKey);
        Expect.Error("CmpKey.Pss", () => SignatureAlgorithms.For(key, pss: true));
        Assert.Equal(1, rsa.Tries);
        using PrivateKey able = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        Assert.Equal(Oids.RsassaPss, SignatureAlgorithms.For(able, pss: true).Oid);
    }

    /// <summary>A key of a provider that knows PKCS #1 v1.5 only.</summary>
    private sealed class WithoutPss : RSA
    {
        private readonly RSA _rsa = Create(2048);

        internal int Tries { get; private set; }

        public override RSAParameters ExportParameters(bool includePrivateParameters) => _rsa.ExportParameters(includePrivateParameters);

        public override void ImportParameters(RSAParameters parameters) => throw new NotSupportedException();

        public override byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)
        {
            if (padding != RSASignaturePadding.Pss)
                return _rsa.SignHash(hash, hashAlgorithm, padding);
            Tries++;
            throw new CryptographicException("The salt is not supported.") { HResult = CngErrors.UnsupportedPssSalt };
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            _rsa.Dispose();
        }
    }
}
