using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>RFC 9810 5.2.8.3.3.</summary>
public class ChallengesTests
{
    public static TheoryData<string> Kinds => new("X25519", "X448", "ECDSA_P384", "ECDSA_P521", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Who_has_the_key_answers_in_pvno_3(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 7)], PossessionScene.Server, pvno: 3);
        Challenge challenge = Assert.Single(Wire(content).Challenges);
        Assert.True(challenge.Encrypted.IsEmpty);
        RecipientIdentifier? rid = EnvelopedData.Decode(challenge.EncryptedRand!.Value).RecipientInfos[0] switch
        {
            KeyTransRecipientInfo transport => transport.Rid,
            KemRecipientInfo kem => kem.Rid,
            KeyAgreeRecipientInfo agreement => agreement.RecipientEncryptedKeys[0].Rid.IssuerAndSerialNumber is { } named ? new RecipientIdentifier(named) : null,
            _ => null,
        };
        Assert.True(rid!.IssuerAndSerialNumber!.Issuer.IsEmpty);
        Assert.Equal(new byte[] { 7 }, rid.IssuerAndSerialNumber.SerialNumber.ToArray());
        AnsweredChallenges answer = Challenges.Answer(Wire(content), [key], PossessionScene.Header(3), CmpLimits.Default);
        Assert.Empty(answer.Warnings);
        Assert.True(Challenges.Check(numbers, answer.Content));
    }

    [SkippableFact]
    public void An_RSA_key_answers_in_both_versions_and_before_pvno_3_the_number_is_encrypted_as_it_is()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = TestKeys.Open("RSA_2048");
        foreach (int pvno in new[] { 2, 3 })
        {
            (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 0)], PossessionScene.Server, pvno);
            Assert.Equal(pvno == 3, content.NeedsPvno3);
            AnsweredChallenges answer = Challenges.Answer(Wire(content), [key], PossessionScene.Header(pvno), CmpLimits.Default);
            Assert.Empty(answer.Warnings);
            Assert.True(Challenges.Check(numbers, answer.Content));
            if (pvno == 2)
                Assert.Equal(new Rand(numbers[0], PossessionScene.Server).Encoded.ToArray(), key.Decrypt(content.Challenges[0].Encrypted, AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
        }
    }

    [SkippableFact]
    public void A_name_that_is_too_long_for_RSA_is_cut_to_its_common_name_and_still_the_senders()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = TestKeys.Open("RSA_2048");
        GeneralName Long(string commonName) => GeneralName.FromName(Name.Parse($"CN={commonName}, OU={new string('x', 60)}, OU={new string('y', 60)}, OU={new string('z', 60)}, O={new string('w', 60)}"));
        GeneralName sender = Long("Test Server");
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 0)], sender, pvno: 2);
        Assert.True(Challenges.Check(numbers, Challenges.Answer(content, [key], PossessionScene.Header(2, sender), CmpLimits.Default).Content));
        Refused(() => Challenges.Answer(content, [key], PossessionScene.Header(2, Long("Another")), CmpLimits.Default));
        // a name without a common name is nobody's, and from pvno 3 on the name is whole
        Refused(() => Challenges.Answer(Old(key, GeneralName.FromName(Name.Parse($"O={new string('w', 60)}"))), [key], PossessionScene.Header(2, sender), CmpLimits.Default));
        Refused(() => Challenges.Answer(Old(key, GeneralName.NullDn), [key], PossessionScene.Header(2, sender), CmpLimits.Default));
        Refused(() => Challenges.Answer(New(key, new Rand(5, GeneralName.FromName(Name.FromCommonName("Test Server"))).Encoded), [key], PossessionScene.Header(3, sender), CmpLimits.Default));
        Expect.Error("CmpPossession.Unsupported", () => Challenges.Create([(key.PublicKey, 0)], GeneralName.FromText(GeneralNameType.Uri, "http://" + new string('x', 250)), pvno: 2));
    }

    [Theory]
    [InlineData("X25519", 2)]
    [InlineData("ML-KEM-512", 2)]
    [InlineData("Ed25519", 3)]
    [InlineData("DH", 3)]
    public void There_is_no_challenge_for_keys_that_nothing_is_encrypted_for(string word, int pvno)
    {
        using PrivateKey key = PossessionScene.Key(word);
        Expect.Error("CmpPossession.Unsupported", () => Challenges.Create([(key.PublicKey, 0)], PossessionScene.Server, pvno));
    }

    [Fact]
    public void Several_challenges_are_answered_in_their_order()
    {
        using PrivateKey one = TestKeys.Open("X25519"), two = PossessionScene.Another("X25519"), three = TestKeys.Open("ML-KEM-512");
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(one.PublicKey, 0), (two.PublicKey, 1), (three.PublicKey, 2)], PossessionScene.Server, pvno: 3);
        PopoDecKeyRespContent answer = Challenges.Answer(content, [one, two, three], PossessionScene.Header(3), CmpLimits.Default).Content;
        Assert.Equal(numbers, answer.Numbers);
        Assert.Contains("Challenge 1 ", Refused(() => Challenges.Answer(content, [two, one, three], PossessionScene.Header(3), CmpLimits.Default)).Message, StringComparison.Ordinal);
        Assert.Contains("Challenge 3 ", Refused(() => Challenges.Answer(content, [one, two, two], PossessionScene.Header(3), CmpLimits.Default)).Message, StringComparison.Ordinal);
        foreach (PrivateKey[] keys in new[] { new[] { one, two }, [one, two, three, three], [] })
            Assert.Equal(CmpErrorKind.Transaction, Expect.Error("CmpPossession.ChallengeCount", () => Challenges.Answer(content, keys, PossessionScene.Header(3), CmpLimits.Default)).Kind);
        Expect.Error("CmpPossession.ChallengeCount", () => Challenges.Answer(new PopoDecKeyChallContent([]), [], PossessionScene.Header(3), CmpLimits.Default));
    }

    /// <summary>Who can have challenges answered must not have anything opened by that (RFC 9810 8).</summary>
    [Fact]
    public void Nothing_is_answered_but_a_Rand_of_the_sender_and_whatever_else_comes_is_one_error()
    {
        using PrivateKey key = TestKeys.Open("X25519"), other = PossessionScene.Another("X25519");
        (PopoDecKeyChallContent good, _) = Challenges.Create([(key.PublicKey, 0)], PossessionScene.Server, pvno: 3);
        Challenges.Answer(good, [key], PossessionScene.Header(3), CmpLimits.Default);
        EnvelopedData envelope = EnvelopedData.Decode(good.Challenges[0].EncryptedRand!.Value);
        byte[] rand = new Rand(5, PossessionScene.Server).Encoded.ToArray();
        (string Why, PopoDecKeyChallContent Content)[] wrong =
        [
            ("for another key", Challenges.Create([(other.PublicKey, 0)], PossessionScene.Server, pvno: 3).Content),
            ("of another sender", Challenges.Create([(key.PublicKey, 0)], PossessionScene.Client, pvno: 3).Content),
            ("changed", With(good, (envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = PossessionScene.Flip(envelope.EncryptedContentInfo.EncryptedContent!.Value) } }).Encoded)),
            ("no Rand", New(key, new byte[] { 0x30, 3, 2, 1, 5 })),
            ("more behind it", New(key, rand.Concat(new byte[] { 5, 0 }).ToArray())),
            ("a key", New(key, other.ExportPkcs8())),
            ("nothing", New(key, new byte[0])),
            ("a number without end", New(key, new Rand(BigInteger.One << (8 * 512), PossessionScene.Server).Encoded)),
            ("another content type", New(key, rand, Oids.SignedData)),
            ("the old form, for a key that does not decrypt", new PopoDecKeyChallContent([good.Challenges[0] with { EncryptedRand = null, Encrypted = new byte[256] }])),
        ];
        var texts = new HashSet<string>();
        foreach ((string why, PopoDecKeyChallContent content) in wrong)
        {
            CmpException e = Refused(() => Challenges.Answer(Wire(content), [key], PossessionScene.Header(content.Challenges[0].EncryptedRand is null ? 2 : 3), CmpLimits.Default));
            Assert.Equal(CmpErrorKind.Protection, e.Kind);
            Assert.True(e.InnerException is null, why);
            texts.Add(e.Message);
        }
        Assert.Single(texts);
    }

    [SkippableFact]
    public void What_RSA_does_not_decrypt_is_the_same_error()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = TestKeys.Open("RSA_2048");
        byte[] good = Old(key, PossessionScene.Server).Challenges[0].Encrypted.ToArray();
        Challenges.Answer(Old(key, PossessionScene.Server), [key], PossessionScene.Header(2), CmpLimits.Default);
        var texts = new HashSet<string>();
        foreach (byte[] bad in new[] { PossessionScene.Flip(good), new byte[256], new byte[0], good.Take(255).ToArray(), Encrypt(key, new byte[] { 5, 0 }), Encrypt(key, new Rand(5, PossessionScene.Client).Encoded.ToArray()) })
            texts.Add(Refused(() => Challenges.Answer(Old(bad), [key], PossessionScene.Header(2), CmpLimits.Default)).Message);
        Assert.Single(texts);
        // where the old form is refused no key is used, whatever is inside
        PopoDecKeyChallContent right = Old(key, PossessionScene.Server);
        Assert.Contains("the form before pvno 3", Refused(() => Challenges.Answer(right, [key], PossessionScene.Header(3), CmpLimits.Default)).Message, StringComparison.Ordinal);
        Assert.Contains("the form before pvno 3", Refused(() => Challenges.Answer(right, [key], PossessionScene.Header(2), CmpLimits.Default, allowOld: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_witness_is_read_as_others_make_it_and_one_that_does_not_fit_is_a_warning()
    {
        using PrivateKey key = TestKeys.Open("X25519");
        foreach ((BigInteger number, byte[] hashed) in new[]
        {
            (new BigInteger(0x81020304L), new byte[] { 0, 0x81, 2, 3, 4 }), // content of the INTEGER
            (new BigInteger(0x81020304L), new byte[] { 0x81, 2, 3, 4 }), // magnitude
            (new BigInteger(5), new byte[] { 0, 0, 0, 5 }), // four octets
            (BigInteger.Zero, new byte[] { 0, 0, 0, 0 }),
            (BigInteger.MinusOne, new byte[] { 0xFF }),
        })
        {
            var challenge = new Challenge(new AlgorithmIdentifier(Oids.Sha256), Digests.Compute(Oids.Sha256, hashed), ReadOnlyMemory<byte>.Empty, Envelop(key, new Rand(number, PossessionScene.Server).Encoded, Oids.Data));
            AnsweredChallenges answer = Challenges.Answer(new PopoDecKeyChallContent([challenge]), [key], PossessionScene.Header(3), CmpLimits.Default);
            Assert.Empty(answer.Warnings);
            Assert.Equal(number, Assert.Single(answer.Content.Numbers));
            foreach (Challenge odd in new[] { challenge with { Witness = new byte[32] }, challenge with { Owf = null }, challenge with { Owf = new AlgorithmIdentifier("1.2.3") } })
                Assert.Single(Challenges.Answer(new PopoDecKeyChallContent([odd]), [key], PossessionScene.Header(3), CmpLimits.Default).Warnings);
            // the digest of the one before holds on
            Assert.Empty(Challenges.Answer(new PopoDecKeyChallContent([challenge, challenge with { Owf = null }]), [key, key], PossessionScene.Header(3), CmpLimits.Default).Warnings);
        }
    }

    [Fact]
    public void Only_the_right_numbers_in_their_order_are_right()
    {
        BigInteger[] numbers = [5, BigInteger.One << 120];
        Assert.True(Challenges.Check(numbers, new PopoDecKeyRespContent(numbers)));
        Assert.False(Challenges.Check(numbers, new PopoDecKeyRespContent([numbers[1], numbers[0]])));
        Assert.False(Challenges.Check(numbers, new PopoDecKeyRespContent([numbers[0]])));
        Assert.False(Challenges.Check(numbers, new PopoDecKeyRespContent([5, (BigInteger.One << 120) + 1])));
        Assert.False(Challenges.Check([5], new PopoDecKeyRespContent([-5])));
        Assert.False(Challenges.Check([0], new PopoDecKeyRespContent([-1])));
        Assert.False(Challenges.Check([5], new PopoDecKeyRespContent([BigInteger.One << 4095])));
        Assert.False(Challenges.Check([], new PopoDecKeyRespContent([])));
    }

    [Fact]
    public void Numbers_are_long_and_never_the_same()
    {
        using PrivateKey key = TestKeys.Open("X25519");
        (_, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 0), (key.PublicKey, 1)], PossessionScene.Server, pvno: 3);
        Assert.NotEqual(numbers[0], numbers[1]);
        Assert.All(numbers, number => Assert.Equal(16, number.ToByteArray().Length));
        Assert.All(numbers, number => Assert.True(number.Sign > 0));
    }

    private static PopoDecKeyChallContent Wire(PopoDecKeyChallContent content) => new(Asn1Reader.Decode(new PopoDecKeyChallContent(content.Challenges).Encoded, null, ReadList));

    private static IReadOnlyList<Challenge> ReadList(ref Asn1Reader reader)
    {
        Asn1Reader body = reader.ReadConstructed(Tags.Constructed(5));
        return body.ReadList(Challenge.Read);
    }

    private static PopoDecKeyChallContent New(PrivateKey key, ReadOnlyMemory<byte> content, string contentType = Oids.Data) => With(new PopoDecKeyChallContent([new Challenge(new AlgorithmIdentifier(Oids.Sha256), new byte[32], ReadOnlyMemory<byte>.Empty)]), Envelop(key, content, contentType));

    private static PopoDecKeyChallContent With(PopoDecKeyChallContent content, ReadOnlyMemory<byte> encryptedRand) => new([content.Challenges[0] with { EncryptedRand = encryptedRand }]);

    private static ReadOnlyMemory<byte> Envelop(PrivateKey key, ReadOnlyMemory<byte> content, string contentType) =>
        Envelope.Seal(content, contentType, EnvelopeRecipient.Of(key.PublicKey, new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, new byte[] { 0 })))).Encoded;

    private static PopoDecKeyChallContent Old(PrivateKey key, GeneralName sender) => Old(Encrypt(key, new Rand(5, sender).Encoded.ToArray()));

    private static PopoDecKeyChallContent Old(byte[] encrypted) => new([new Challenge(new AlgorithmIdentifier(Oids.Sha256), new byte[32], encrypted)]);

    private static byte[] Encrypt(PrivateKey key, byte[] data) => PublicKeyEncryption.Encrypt(key.PublicKey, data, AlgorithmIdentifier.WithNull(Oids.RsaEncryption));

    private static CmpException Refused(Action action) => Expect.Error("CmpPossession.Challenge", action);
}
