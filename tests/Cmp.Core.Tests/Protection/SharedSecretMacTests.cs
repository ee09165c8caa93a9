using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Protection;

/// <summary>PBMAC1, bare HMAC and KMAC, and PasswordBasedMac with MACs whose keys have one size: made, verified and bounded.</summary>
public class SharedSecretMacTests
{
    private static readonly byte[] Password = Encoding.UTF8.GetBytes("correct horse");

    /// <summary>Each MAC that can be made, with few iterations.</summary>
    private static readonly Dictionary<string, MacOptions> Kinds = new()
    {
        ["PasswordBasedMac"] = Peer.FewIterations,
        ["PasswordBasedMac KMAC128"] = Peer.FewIterations with { Mac = Oids.Kmac128 },
        ["PasswordBasedMac KMAC256 of SHA-224"] = Peer.FewIterations with { Owf = Oids.Sha224, Mac = Oids.Kmac256 },
        ["PasswordBasedMac GMAC128"] = Peer.FewIterations with { Mac = Oids.Aes128Gmac },
        ["PasswordBasedMac GMAC256 of SHA-224"] = Peer.FewIterations with { Owf = Oids.Sha224, Mac = Oids.Aes256Gmac },
        ["PBMAC1"] = new Pbmac1Options { Iterations = 100 },
        ["PBMAC1 SHA-512"] = new Pbmac1Options { Iterations = 100, Prf = Oids.HmacWithSha512, Mac = Oids.HmacWithSha512 },
        ["PBMAC1 SHA-224"] = new Pbmac1Options { Iterations = 100, Prf = Oids.HmacWithSha224, Mac = Oids.HmacWithSha384 },
        ["PBMAC1 KMAC256"] = new Pbmac1Options { Iterations = 100, Mac = Oids.Kmac256 },
        ["PBMAC1 GMAC192"] = new Pbmac1Options { Iterations = 100, Mac = Oids.Aes192Gmac },
        ["HMAC-SHA224"] = new BareMacOptions { Mac = Oids.HmacWithSha224 },
        ["HMAC-SHA256"] = new BareMacOptions(),
        ["HMAC-SHA384"] = new BareMacOptions { Mac = Oids.HmacWithSha384 },
        ["HMAC-SHA512"] = new BareMacOptions { Mac = Oids.HmacWithSha512 },
        ["KMAC128"] = new BareMacOptions { Mac = Oids.Kmac128 },
        ["KMAC256"] = new BareMacOptions { Mac = Oids.Kmac256 },
    };

    public static TheoryData<string> All => [.. Kinds.Keys];

    private static AnswerVerifier Verifier(TrustSettings? trust = null, ProtectionKind ours = ProtectionKind.PasswordBasedMac, SharedSecret? secret = null) =>
        new(trust ?? new TrustSettings(), secret ?? Peer.Secret(), ours);

    private static VerifiedAnswer Verify(PkiMessage answer, TrustSettings? trust = null, ProtectionKind? ours = null) =>
        Verifier(trust, ours ?? ProtectionKinds.Of(answer.Header.ProtectionAlg)).Verify(PkiMessage.Decode(answer.Encoded), [], Peer.Now);

    private static CmpException Refused(PkiMessage answer, TrustSettings? trust = null) => Assert.Throws<CmpException>(() => Verify(answer, trust));

    private static PkiMessage Protected(MacOptions options, SharedSecret? secret = null) =>
        MessageProtector.Mac(secret ?? Peer.Secret(), options).Protect(Header, new PkiConfirmContent(), []);

    private static PkiHeader Header => new(2, GeneralName.FromName(Name.Parse("CN=Test Server")), GeneralName.NullDn);

    /// <summary>PBMAC1 with parameters as they are given; the MAC is right where they can be derived by.</summary>
    private static PkiMessage Pbmac1(BigInteger iterations, int? keyLength = 32, int salt = 8, string prf = Oids.HmacWithSha256, string kdf = Oids.Pbkdf2, AlgorithmIdentifier? mac = null, int? derive = null)
    {
        mac ??= new AlgorithmIdentifier(Oids.HmacWithSha256);
        var derivation = new Pbkdf2Params(new byte[salt], iterations, keyLength, new AlgorithmIdentifier(prf));
        var parameters = new Pbmac1Params(new AlgorithmIdentifier(kdf, derivation.Encoded), mac);
        var message = new PkiMessage(Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.Pbmac1, parameters.Encoded) }, new PkiConfirmContent());
        if (derive is not { } length)
            return message with { Protection = new byte[32] };
        byte[] key = Pbkdf2.Derive(prf, Password, new byte[salt], (int)iterations, length);
        return message with { Protection = Macs.Compute(mac, key, message.ProtectedPart) };
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Rule30_Each_is_believed_under_the_same_secret_and_under_no_other(string name)
    {
        MacOptions options = Kinds[name];
        VerifiedAnswer verified = Verify(Protected(options));
        Assert.Equal(options.Kind, verified.Kind);
        Assert.Empty(verified.Warnings);
        Assert.Equal("CmpProtection.Invalid", Refused(Protected(options, Peer.Secret("another secret"))).ErrorId);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Rule20_No_MAC_is_trimmed_and_none_has_unused_bits(string name)
    {
        PkiMessage good = Protected(Kinds[name]);
        byte[] mac = good.Protection!.Value.ToArray();
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = mac.AsSpan(0, mac.Length - 1).ToArray() }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = mac.AsSpan(0, 12).ToArray() }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = (byte[])[.. mac, 0] }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = Array.Empty<byte>() }).ErrorId);
        byte[] octets = good.Encoded.ToArray();
        octets[octets.Length - mac.Length - 1] = 3;
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => Verifier().Verify(PkiMessage.Decode(octets), [], Peer.Now)).ErrorId);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_came_can_be_made_again_in_the_same_way(string name)
    {
        // so does a server answer in kind
        AlgorithmIdentifier algorithm = Protected(Kinds[name]).Header.ProtectionAlg!;
        Assert.Equal(Kinds[name], SharedSecretMac.Read(algorithm, CmpLimits.Default).Options);
    }

    [Fact]
    public void Rule18_PBMAC1_is_made_with_16_octets_of_salt_and_100000_iterations_of_HMAC_SHA256()
    {
        using MessageProtector protector = MessageProtector.Mac(Peer.Secret(), new Pbmac1Options());
        Pbmac1Params parameters = Pbmac1Params.Decode(protector.Algorithm!.Parameters!.Value);
        Pbkdf2Params derivation = parameters.ReadPbkdf2()!;
        Assert.Equal(16, derivation.Salt.Length);
        Assert.Equal(100_000, derivation.IterationCount);
        Assert.Equal(Oids.HmacWithSha256, derivation.Prf.Oid);
        Assert.Equal(Oids.HmacWithSha256, parameters.MessageAuthScheme.Oid);
        // rule 22: the length is sent always, and in octets
        Assert.Equal(32, derivation.KeyLength);
    }

    [Theory]
    [InlineData(Oids.HmacWithSha512, 64)]
    [InlineData(Oids.Kmac128, 16)]
    [InlineData(Oids.Aes256Gmac, 32)]
    public void Rule22_KeyLength_is_what_suits_the_MAC(string mac, int length)
    {
        AlgorithmIdentifier algorithm = Protected(new Pbmac1Options { Iterations = 10, Mac = mac }).Header.ProtectionAlg!;
        Assert.Equal(length, Pbmac1Params.Decode(algorithm.Parameters!.Value).ReadPbkdf2()!.KeyLength);
    }

    [Fact]
    public void Rule18_PBMAC1_has_up_to_2000000_iterations()
    {
        Assert.True(Verify(Pbmac1(1, derive: 32)).IsAuthenticated);
        Assert.True(Verify(Pbmac1(262_144, derive: 32)).IsAuthenticated);
        // the bound itself is taken: what is wrong is the MAC
        Assert.Equal("CmpProtection.Invalid", Refused(Pbmac1(500, derive: null), new TrustSettings { Limits = new CmpLimits { MaxPbkdf2Iterations = 500 } }).ErrorId);
        Assert.Equal("CmpProtection.Algorithm", Refused(Pbmac1(501, derive: 32), new TrustSettings { Limits = new CmpLimits { MaxPbkdf2Iterations = 500 } }).ErrorId);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2000001")]
    [InlineData("1000000000")]
    [InlineData("4294967297")] // 1 in its low 32 bits
    public void Rule18_Other_counts_are_refused_at_once(string iterations)
    {
        // the MAC is wrong too: had it been computed, after a quarter of an hour or so, that would be the reason
        CmpException error = Refused(Pbmac1(BigInteger.Parse(iterations, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains("iterationCount", error.Message);
        Assert.Contains(iterations, error.Message);
    }

    [Fact]
    public void Rule18_Salt_and_keyLength_have_up_to_1024_octets()
    {
        Assert.True(Verify(Pbmac1(10, salt: 1024, derive: 32)).IsAuthenticated);
        Assert.True(Verify(Pbmac1(10, salt: 0, derive: 32)).IsAuthenticated);
        Assert.True(Verify(Pbmac1(10, keyLength: 1024, derive: 1024)).IsAuthenticated);
        Assert.Contains("1025", Algorithm(Pbmac1(10, salt: 1025, derive: 32), "salt"));
        Assert.Contains("1025", Algorithm(Pbmac1(10, keyLength: 1025, derive: 1025), "keyLength"));
        Assert.Contains("2147483647", Algorithm(Pbmac1(10, keyLength: int.MaxValue), "keyLength"));
    }

    [Fact]
    public void Rule18_Both_bounds_at_once_are_more_than_anybody_asks_for()
    {
        Algorithm(Pbmac1(2_000_000, keyLength: 1024), "1024");
        Algorithm(Pbmac1(1_000_000, keyLength: 512), "512");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    public void A_key_so_short_that_its_sender_could_guess_it_is_refused(int length) =>
        Assert.Contains(length.ToString(System.Globalization.CultureInfo.InvariantCulture), Algorithm(Pbmac1(10, keyLength: length, derive: length), "keyLength"));

    [Fact]
    public void A_keyLength_that_is_no_length_is_malformed()
    {
        Assert.Equal("CmpMessage.Malformed", Refused(Pbmac1(10, keyLength: 0)).ErrorId);
        Assert.Equal("CmpMessage.Malformed", Refused(Pbmac1(10, keyLength: -32)).ErrorId);
    }

    [Fact]
    public void Rule22_Without_keyLength_the_key_is_as_long_as_the_digest_of_the_MAC()
    {
        Assert.True(Verify(Pbmac1(10, keyLength: null, derive: 32)).IsAuthenticated);
        Assert.Equal("CmpProtection.Invalid", Refused(Pbmac1(10, keyLength: null, derive: 20)).ErrorId);
    }

    [Fact]
    public void Rule22_Without_prf_it_is_HMAC_SHA1_which_rule_68_asks_about()
    {
        PkiMessage answer = Pbmac1(10, prf: Oids.HmacWithSha1, derive: 32);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer).ErrorId);
        Assert.True(Verify(answer, new TrustSettings { AllowPbmSha1 = true }).IsAuthenticated);
    }

    [Fact]
    public void Rule67_What_PBMAC1_does_not_know_is_refused_by_name()
    {
        Algorithm(Pbmac1(10, prf: Oids.Sha256), "pseudorandom");
        Algorithm(Pbmac1(10, prf: "1.2.3.4"), "1.2.3.4");
        Algorithm(Pbmac1(10, prf: Oids.Aes128Gmac), "pseudorandom"); // RFC 9481 6.2.2
        Algorithm(Pbmac1(10, kdf: "1.2.3.5"), "1.2.3.5");
        Algorithm(Pbmac1(10, mac: new AlgorithmIdentifier("1.2.3.6")), "1.2.3.6");
        Algorithm(Pbmac1(10, mac: new AlgorithmIdentifier(Oids.Aes128Gmac)), "without parameters");
        Algorithm(new PkiMessage(Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.Pbmac1) }, new PkiConfirmContent()) { Protection = new byte[32] }, "parameters");
        Assert.Equal("CmpMessage.Malformed", Refused(new PkiMessage(Header with { ProtectionAlg = AlgorithmIdentifier.WithNull(Oids.Pbmac1) }, new PkiConfirmContent()) { Protection = new byte[32] }).ErrorId);
    }

    [Fact]
    public void Rule22_Two_errors_of_others_are_read_as_they_are_meant_only_on_demand_and_with_a_warning()
    {
        var lenient = new TrustSettings { LenientPbmac1 = true };
        PkiMessage mislabelled = Pbmac1(10, kdf: Oids.Pbes2, derive: 32);
        PkiMessage inBits = Pbmac1(10, keyLength: 256, derive: 32);
        PkiMessage both = Pbmac1(10, keyLength: 512, kdf: Oids.Pbes2, derive: 64);
        Assert.Equal("CmpProtection.Algorithm", Refused(mislabelled).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(inBits).ErrorId);
        Assert.Equal("CmpProtection.Algorithm", Refused(both).ErrorId);
        Assert.Contains("PBES2", Assert.Single(Verify(mislabelled, lenient).Warnings));
        Assert.Contains("bits", Assert.Single(Verify(inBits, lenient).Warnings));
        Assert.Contains("PBES2", Assert.Single(Verify(both, lenient).Warnings));
        // whoever does it right gets no warning, and what is wrong stays wrong
        Assert.Empty(Verify(Pbmac1(10, keyLength: 256, derive: 256), lenient).Warnings);
        Assert.Equal("CmpProtection.Invalid", Refused(Pbmac1(10, keyLength: 256, derive: 16), lenient).ErrorId);
        // 8 octets would be soon guessed
        Assert.Equal("CmpProtection.Invalid", Refused(Pbmac1(10, keyLength: 64, derive: 8), lenient).ErrorId);
    }

    [Theory]
    [InlineData(Oids.HmacSha1)]
    [InlineData(Oids.HmacWithSha1)]
    public void Rule68_Bare_HMAC_with_SHA1_is_accepted_only_where_preset_or_user_says_so(string mac)
    {
        PkiMessage answer = Protected(new BareMacOptions { Mac = mac });
        Assert.Equal("CmpProtection.Algorithm", Refused(answer).ErrorId);
        Assert.True(Verify(answer, new TrustSettings { AllowPbmSha1 = true }).IsAuthenticated);
        PkiMessage pbmac1 = Protected(new Pbmac1Options { Iterations = 10, Mac = mac });
        Assert.Equal("CmpProtection.Algorithm", Refused(pbmac1).ErrorId);
        Assert.True(Verify(pbmac1, new TrustSettings { AllowPbmSha1 = true }).IsAuthenticated);
    }

    [Fact]
    public void Rule18_With_GMAC_each_message_has_a_salt_and_a_nonce_of_its_own()
    {
        using SharedSecret secret = Peer.Secret();
        using MessageProtector protector = MessageProtector.Mac(secret, Peer.FewIterations with { Mac = Oids.Aes128Gmac });
        PbmParameter[] sent = [.. Enumerable.Range(0, 3).Select(_ => PbmParameter.Decode(protector.Protect(Header, new PkiConfirmContent(), []).Header.ProtectionAlg!.Parameters!.Value))];
        Assert.Equal(3, sent.Select(one => Hex.Of(one.Salt.Span)).Distinct().Count());
        Assert.Equal(3, sent.Select(one => Hex.Of(GmacParameters.Of(one.Mac).Nonce.Span)).Distinct().Count());
        Assert.All(sent, one => Assert.Equal(16, one.Salt.Length));
        // RFC 9045 4.4: with CRMF the longest value
        Assert.All(sent, one => Assert.Equal(16, GmacParameters.Of(one.Mac).Length));
    }

    [Fact]
    public void Other_MACs_keep_their_parameters_for_the_transaction()
    {
        using MessageProtector protector = MessageProtector.Mac(Peer.Secret(), new Pbmac1Options { Iterations = 10 });
        AlgorithmIdentifier first = protector.Protect(Header, new PkiConfirmContent(), []).Header.ProtectionAlg!;
        Assert.True(first.IsSameAs(protector.Protect(Header, new PkiConfirmContent(), []).Header.ProtectionAlg!));
    }

    [Fact]
    public void Rule18_HMAC_takes_the_base_key_whole_and_KMAC_a_key_of_its_size()
    {
        foreach ((string mac, int? length) in new[] { (Oids.HmacWithSha256, (int?)null), (Oids.Kmac128, 16), (Oids.Kmac256, 32), (Oids.Aes192Gmac, 24) })
        {
            PkiMessage answer = Protected(Peer.FewIterations with { Owf = Oids.Sha384, Mac = mac });
            PbmParameter pbm = PbmParameter.Decode(answer.Header.ProtectionAlg!.Parameters!.Value);
            byte[] key = PasswordBasedMacKey.Derive(Password, pbm.Salt, Oids.Sha384, 100);
            Assert.Equal(48, key.Length);
            Assert.Equal(Macs.Compute(pbm.Mac, length is { } cut ? key.AsMemory(0, cut) : key, answer.ProtectedPart), answer.Protection!.Value.ToArray());
        }
    }

    [Fact]
    public void A_bare_MAC_has_the_secret_as_its_key()
    {
        PkiMessage answer = Protected(new BareMacOptions { Mac = Oids.Kmac128 });
        Assert.Null(answer.Header.ProtectionAlg!.Parameters);
        Assert.Equal(Macs.Compute(new AlgorithmIdentifier(Oids.Kmac128), Password, answer.ProtectedPart), answer.Protection!.Value.ToArray());
        Assert.Throws<CmpException>(() => Protected(new BareMacOptions { Mac = Oids.Aes128Gmac }));
        Assert.Throws<CmpException>(() => Protected(new BareMacOptions { Mac = Oids.Sha256 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2_000_001)]
    public void Rule18_Our_own_counts_are_bounded_too(int iterations) =>
        Assert.Equal("CmpProtection.Algorithm", Assert.Throws<CmpException>(() => Protected(new Pbmac1Options { Iterations = iterations })).ErrorId);

    [Theory]
    [InlineData("1.2.3", Oids.HmacWithSha256)]
    [InlineData(Oids.Sha256, Oids.HmacWithSha256)]
    [InlineData(Oids.HmacWithSha256, "1.2.3")]
    public void What_PBMAC1_does_not_take_is_a_local_error(string prf, string mac) =>
        Assert.Equal("CmpProtection.Algorithm", Assert.Throws<CmpException>(() => Protected(new Pbmac1Options { Prf = prf, Mac = mac })).ErrorId);

    [Fact]
    public void A_key_is_derived_once_for_the_messages_of_a_transaction_and_again_for_another_secret()
    {
        using SharedSecret secret = Peer.Secret();
        AnswerVerifier verifier = Verifier(ours: ProtectionKind.Pbmac1, secret: secret);
        using MessageProtector server = MessageProtector.Mac(Peer.Secret(), new Pbmac1Options { Iterations = 10 });
        PkiMessage answer = server.Protect(Header, new PkiConfirmContent(), []);
        Assert.True(verifier.Verify(answer, [], Peer.Now).IsAuthenticated);
        // what would be derived now is wrong
        Secrets.Clear(secret.Secret);
        Assert.True(verifier.Verify(answer, [], Peer.Now).IsAuthenticated);
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => verifier.Verify(Protected(new Pbmac1Options { Iterations = 10 }), [], Peer.Now)).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => Verifier(ours: ProtectionKind.Pbmac1, secret: Peer.Secret("another")).Verify(answer, [], Peer.Now)).ErrorId);
    }

    [Fact]
    public void Derived_keys_are_bounded_and_go_with_their_secret()
    {
        var keys = new DerivedKeys();
        byte[] key = [1, 2, 3];
        keys.Keep("a", key);
        key[0] = 9;
        Assert.Equal([1, 2, 3], keys.Find("a"));
        keys.Find("a")![0] = 9;
        Assert.Equal([1, 2, 3], keys.Find("a"));
        for (int i = 0; i < 256; i++)
            keys.Keep("more " + i, [0]);
        Assert.Null(keys.Find("a"));
        Assert.NotNull(keys.Find("more 0"));
        keys.Forget("more 0");
        Assert.Null(keys.Find("more 0"));
        keys.Dispose();
        Assert.Null(keys.Find("more 255"));

        SharedSecret secret = Peer.Secret();
        AnswerVerifier verifier = Verifier(ours: ProtectionKind.Pbmac1, secret: secret);
        PkiMessage answer = Protected(new Pbmac1Options { Iterations = 10 });
        Assert.True(verifier.Verify(answer, [], Peer.Now).IsAuthenticated);
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => verifier.Verify(answer, [], Peer.Now));
    }

    private static string Algorithm(PkiMessage answer, string parameter)
    {
        CmpException error = Refused(answer);
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains(parameter, error.Message);
        return error.Message;
    }
}
