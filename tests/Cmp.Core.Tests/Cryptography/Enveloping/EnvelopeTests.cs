using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography.Enveloping;

/// <summary>Envelopes sealed and opened here, and all that keeps one shut.</summary>
public class EnvelopeTests
{
    public static TheoryData<string> Words => Sealed.Words;

    public static TheoryData<string> KeyWords
    {
        get
        {
            var words = new TheoryData<string>();
            foreach (Sealed way in Sealed.All.Where(way => way.Algorithm is not null))
                words.Add(way.Word);
            return words;
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void What_is_sealed_for_a_key_it_opens_and_no_other_does(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        using (EnvelopeKey other = Sealed.By(word).Other())
        {
            Assert.Single(envelope.RecipientInfos);
            Sealed.ExpectOpen(envelope, key);
            // a wrong key of PKCS #1 v1.5 gives nonsense once in 256: never the content
            ExpectNotTheContent(envelope, other);
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Rule48_A_changed_envelope_is_not_opened(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        {
            byte[] encrypted = envelope.EncryptedContentInfo.EncryptedContent!.Value.ToArray();
            RecipientInfo changed = Change(envelope.RecipientInfos[0]);
            ExpectNotTheContent(envelope with { RecipientInfos = [changed] }, key);
            // in the last but one block: the padding is hit exactly
            encrypted[encrypted.Length - 17] ^= 0x80;
            Sealed.ExpectShut(envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = encrypted } }, key);
            foreach (byte[] length in new[] { Array.Empty<byte>(), new byte[15], new byte[17] })
                Sealed.ExpectShut(envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = length } }, key);
            Sealed.ExpectShut(envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = null } }, key);
            Sealed.ExpectOpen(envelope with { }, key);
        }
    }

    /// <summary>RFC 9810 5.2.2, RFC 9483 4.1.6: exactly one recipient; who is the second would know the content too.</summary>
    [Theory]
    [MemberData(nameof(Words))]
    public void An_envelope_for_two_is_not_opened(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        (EnvelopedData other, EnvelopeKey otherKey) = Sealed.By("PWRI AES wrap").Seal();
        using (key)
        using (otherKey)
        {
            Sealed.ExpectOpen(envelope, key);
            Sealed.ExpectShut(envelope with { RecipientInfos = [envelope.RecipientInfos[0], other.RecipientInfos[0]] }, key);
            Sealed.ExpectShut(envelope with { RecipientInfos = [envelope.RecipientInfos[0], envelope.RecipientInfos[0]] }, key);
        }
    }

    [Fact]
    public void A_key_agreed_on_with_two_is_one_for_two()
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("KARI P-256 SHA-256").Seal();
        using (key)
        {
            var agreement = (KeyAgreeRecipientInfo)envelope.RecipientInfos[0];
            Sealed.ExpectShut(envelope with { RecipientInfos = [agreement with { RecipientEncryptedKeys = [agreement.RecipientEncryptedKeys[0], agreement.RecipientEncryptedKeys[0]] }] }, key);
            Sealed.ExpectShut(envelope with { RecipientInfos = [agreement with { RecipientEncryptedKeys = [] }] }, key);
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void An_envelope_for_a_key_of_another_kind_is_not_opened(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        {
            foreach (string? algorithm in Sealed.All.Select(way => way.Algorithm).Distinct().Where(algorithm => algorithm != Sealed.By(word).Algorithm))
            {
                using EnvelopeKey other = algorithm is null ? EnvelopeKey.OfPassword(Sealed.Password) : EnvelopeKey.Of(TestKeys.Open(algorithm));
                // the curve is not said (RFC 5753 3.1.1): on one of the same length the point does not lie
                if (IsOf256Bits(algorithm) && IsOf256Bits(Sealed.By(word).Algorithm))
                    Expect.Error("CmpProtection.PublicKey", () => Open(envelope, other));
                else
                    Sealed.ExpectShut(envelope, other);
            }
            using EnvelopeKey signer = EnvelopeKey.Of(TestKeys.Open("Ed25519"));
            Sealed.ExpectShut(envelope, signer);
        }
    }

    /// <summary>RFC 9810 5.2.8.3.1: the name of the recipient may be one that no certificate has; then it is not looked at.</summary>
    [Theory]
    [MemberData(nameof(KeyWords))]
    public void An_envelope_that_names_another_certificate_is_opened_only_where_none_is_asked_for(string word)
    {
        Sealed way = Sealed.By(word);
        using PrivateKey key = TestKeys.Open(way.Algorithm!);
        Certificate certificate = Sealed.Certify(key);
        var rid = new RecipientIdentifier(new IssuerAndSerialNumber(Name.Parse(string.Empty), new byte[] { 7 }));
        EnvelopedData envelope = Envelope.Seal(Sealed.Content, Oids.Data, EnvelopeRecipient.Of(key.PublicKey, rid), way.Options);
        using EnvelopeKey any = EnvelopeKey.Of(key), named = EnvelopeKey.Of(key, certificate);
        Sealed.ExpectOpen(envelope, any);
        Sealed.ExpectShut(envelope, named);
        var byIssuer = new RecipientIdentifier(IssuerAndSerialNumber.Of(certificate));
        Sealed.ExpectOpen(Envelope.Seal(Sealed.Content, Oids.Data, EnvelopeRecipient.Of(key.PublicKey, byIssuer), way.Options), named);
    }

    [Theory]
    [InlineData(Oids.Aes128Cbc)]
    [InlineData(Oids.Aes192Cbc)]
    [InlineData(Oids.Aes256Cbc)]
    public void Keys_wrap_by_the_AES_of_the_content(string cipher)
    {
        foreach (Sealed way in Sealed.All)
        {
            (EnvelopedData envelope, EnvelopeKey key) = way.Seal(options: way.Options with { ContentEncryption = cipher, Ukm = new byte[] { 1, 2, 3 } });
            using (key)
                Sealed.ExpectOpen(envelope, key);
            Assert.Equal(cipher, envelope.EncryptedContentInfo.ContentEncryptionAlgorithm.Oid);
        }
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Contents_of_any_length_come_back(string word)
    {
        foreach (int length in new[] { 0, 1, 15, 16, 17, 5000 })
        {
            byte[] content = Secrets.Random(length);
            (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal(content);
            using (key)
                Sealed.ExpectOpen(envelope, key, content);
        }
    }

    /// <summary>A key of another length than the content's cipher takes, rightly wrapped.</summary>
    [Fact]
    public void A_wrapped_key_of_another_size_is_not_opened()
    {
        foreach (Sealed way in Sealed.All)
        {
            (EnvelopedData shorter, EnvelopeKey key) = way.Seal(options: way.Options with { ContentEncryption = Oids.Aes128Cbc });
            using (key)
            {
                EncryptedContentInfo content = shorter.EncryptedContentInfo;
                Sealed.ExpectOpen(shorter, key);
                ExpectNotTheContent(shorter with { EncryptedContentInfo = content with { ContentEncryptionAlgorithm = new AlgorithmIdentifier(Oids.Aes256Cbc, content.ContentEncryptionAlgorithm.Parameters) } }, key);
            }
        }
    }

    [Fact]
    public void A_padding_of_PKCS1_that_is_none_looks_like_a_wrong_key()
    {
        using PrivateKey key = TestKeys.Open("RSA_2048");
        byte[] none = Secrets.Random(256);
        none[0] = 0;
        byte[] right = PublicKeyEncryption.Encrypt(key.PublicKey, new byte[32], AlgorithmIdentifier.WithNull(Oids.RsaEncryption));
        byte[] shorter = PublicKeyEncryption.Encrypt(key.PublicKey, new byte[31], AlgorithmIdentifier.WithNull(Oids.RsaEncryption));
        Assert.Equal(new byte[32], key.DecryptKey(right, 32));
        foreach (byte[] ciphertext in new[] { none, shorter, new byte[256], new byte[255], Array.Empty<byte>() })
        {
            byte[] decoy = key.DecryptKey(ciphertext, 32);
            Assert.Equal(32, decoy.Length);
            Assert.NotEqual(new byte[32], decoy);
            // who sends it twice sees one outcome
            Assert.Equal(decoy, key.DecryptKey(ciphertext, 32));
        }
        Assert.NotEqual(key.DecryptKey(none, 32), key.DecryptKey(shorter, 32));
        Expect.Error("CmpKey.NotDecrypted", () => key.Decrypt(none, AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
    }

    /// <summary>Each of the 256 last octets of a content: those of a padding open, all others end alike.</summary>
    [Fact]
    public void Each_padding_that_is_none_ends_alike()
    {
        CbcCipher cipher = CbcCipher.Find(Oids.Aes128Cbc)!;
        byte[] key = Secrets.Random(16), iv = Secrets.Random(16), block = new byte[16];
        int right = 0;
        for (int last = 0; last < 256; last++)
        {
            byte[] vector = (byte[])iv.Clone();
            byte[] encrypted = cipher.Encrypt(key, vector, block).AsSpan(0, 16).ToArray();
            vector[15] ^= (byte)last;
            if (cipher.Decrypt(key, vector, encrypted) is { } opened)
            {
                right++;
                Assert.Equal(1, last);
                Assert.Equal(15, opened.Length);
            }
        }
        Assert.Equal(1, right);
        // and one whose octets are not all the same
        byte[] two = cipher.Encrypt(key, iv, new byte[14]);
        Assert.Equal(14, cipher.Decrypt(key, iv, two)!.Length);
        byte[] other = (byte[])iv.Clone();
        other[14] ^= 1;
        Assert.Null(cipher.Decrypt(key, other, two));
    }

    [Theory]
    [InlineData("1000000000", "CmpEnvelope.Iterations")]
    [InlineData("2000001", "CmpEnvelope.Iterations")]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639935", "CmpMessage.Malformed")]
    [InlineData("57896044618658097711785492504343953926634992332820282019728792003956564819967", "CmpEnvelope.Iterations")]
    [InlineData("0", "CmpEnvelope.Iterations")]
    [InlineData("-1", "CmpEnvelope.Iterations")]
    public void Rule18_A_password_of_a_billion_rounds_is_not_derived(string count, string errorId)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("PWRI AES wrap").Seal();
        using (key)
        {
            Sealed.ExpectOpen(envelope, key);
            Expect.Error(errorId, () => Open(Derived(envelope, parameters => parameters with { IterationCount = BigInteger.Parse(count) }), key));
            using OpenedEnvelope allowed = Envelope.Open(envelope, key, CmpLimits.Default with { MaxPbkdf2Iterations = 1000 });
            Expect.Error("CmpEnvelope.Iterations", () => Envelope.Open(envelope, key, CmpLimits.Default with { MaxPbkdf2Iterations = 999 }));
        }
    }

    [Fact]
    public void Rule18_What_a_password_is_derived_by_is_bounded_and_known()
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("PWRI AES wrap").Seal();
        using (key)
        {
            Expect.Error("CmpEnvelope.Iterations", () => Open(Derived(envelope, parameters => parameters with { Salt = new byte[1025] }), key));
            Sealed.ExpectShut(Derived(envelope, parameters => parameters with { Salt = new byte[1024] }), key);
            Expect.Error("CmpEnvelope.Algorithm", () => Open(Derived(envelope, parameters => parameters with { KeyLength = 16 }), key));
            Sealed.ExpectOpen(Derived(envelope, parameters => parameters with { KeyLength = null }), key);
            Expect.Error("CmpEnvelope.Algorithm", () => Open(Derived(envelope, parameters => parameters with { Prf = AlgorithmIdentifier.WithNull(Oids.Sha256) }), key));
            var password = (PasswordRecipientInfo)envelope.RecipientInfos[0];
            Expect.Error("CmpEnvelope.Algorithm", () => Open(envelope with { RecipientInfos = [password with { KeyDerivationAlgorithm = null }] }, key));
            Expect.Error("CmpEnvelope.Algorithm", () => Open(envelope with { RecipientInfos = [password with { KeyDerivationAlgorithm = new AlgorithmIdentifier(Oids.Pbmac1) }] }, key));
        }
    }

    [Fact]
    public void What_is_not_known_here_is_refused_before_a_key_is_used()
    {
        var gcm = new AlgorithmIdentifier("2.16.840.1.101.3.4.1.46", new byte[] { 0x30, 0 });
        foreach (Sealed way in Sealed.All)
        {
            (EnvelopedData envelope, EnvelopeKey key) = way.Seal();
            using (key)
            {
                Expect.Error("CmpEnvelope.Algorithm", () => Open(envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { ContentEncryptionAlgorithm = gcm } }, key));
                Expect.Error("CmpMessage.Malformed", () => Open(envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { ContentEncryptionAlgorithm = new AlgorithmIdentifier(Oids.Aes256Cbc, new byte[] { 4, 1, 0 }) } }, key));
                foreach (RecipientInfo other in OtherAlgorithms(envelope.RecipientInfos[0]))
                    Expect.Error("CmpEnvelope.Algorithm", () => Open(envelope with { RecipientInfos = [other] }, key));
            }
        }
    }

    /// <summary>NULL or absent are the same algorithm, and make another key: what is derived is bound to the octets that came.</summary>
    [Theory]
    [InlineData("KARI P-256 SHA-256")]
    [InlineData("KARI X25519")]
    [InlineData("KEMRI 768")]
    public void A_key_is_bound_to_the_octets_of_its_wrap(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        {
            AlgorithmIdentifier withNull = AlgorithmIdentifier.WithNull(Oids.Aes256Wrap);
            Sealed.ExpectShut(envelope with
            {
                RecipientInfos =
                [
                    envelope.RecipientInfos[0] switch
                    {
                        KeyAgreeRecipientInfo agreement => agreement with { KeyEncryptionAlgorithm = new AlgorithmIdentifier(agreement.KeyEncryptionAlgorithm.Oid, withNull.Encoded) },
                        KemRecipientInfo kem => kem with { Wrap = withNull },
                        var other => other,
                    },
                ],
            }, key);
        }
    }

    [Theory]
    [InlineData("X25519", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("X25519", "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F")]
    [InlineData("X448", "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public void An_originator_of_small_order_is_refused(string algorithm, string point)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("KARI " + algorithm).Seal();
        using (key)
        {
            Expect.Error("CmpProtection.PublicKey", () => Open(From(envelope, new SubjectPublicKeyInfo(KeyAlgorithm.Parse(algorithm).ToIdentifier(), Hex.Parse(point))), key));
            Sealed.ExpectOpen(envelope, key);
        }
    }

    [Theory]
    [InlineData("KARI P-256 SHA-256")]
    [InlineData("KARI P-384")]
    [InlineData("KARI P-521")]
    [InlineData("KARI brainpoolP256r1")]
    public void An_originator_off_the_curve_is_refused(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        {
            SubjectPublicKeyInfo originator = ((KeyAgreeRecipientInfo)envelope.RecipientInfos[0]).Originator.OriginatorKey!;
            byte[] point = originator.Key.ToArray();
            point[point.Length - 1] ^= 1;
            Expect.Error("CmpProtection.PublicKey", () => Open(From(envelope, originator with { Key = point }), key));
            Sealed.ExpectShut(From(envelope, originator with { Key = new byte[] { 0 } }), key);
            using PrivateKey p224 = PrivateKey.Generate(KeyAlgorithm.Parse(word == "KARI P-384" ? "ECDSA_P521" : "ECDSA_P384"));
            Sealed.ExpectShut(From(envelope, p224.PublicKey), key);
            // with the curve spelled by its name, or by NULL as older openssl has it
            AlgorithmIdentifier named = KeyAlgorithm.Parse(Sealed.By(word).Algorithm!).ToIdentifier();
            Sealed.ExpectOpen(From(envelope, originator with { Algorithm = named }), key);
            Sealed.ExpectOpen(From(envelope, originator with { Algorithm = AlgorithmIdentifier.WithNull(Oids.EcPublicKey) }), key);
        }
    }

    [Fact]
    public void An_originator_with_a_certificate_is_agreed_with_where_that_is_at_hand()
    {
        using PrivateKey ours = TestKeys.Open("ECDSA_P256"), theirs = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Certificate sender = Sealed.Certify(theirs), stranger = Sealed.Certify(ours);
        KeyWrap wrap = KeyWrap.Aes(new AlgorithmIdentifier(Oids.Aes256Wrap));
        byte[] contentKey = Secrets.Random(32), iv = Secrets.Random(16), kek = AgreementScheme.Of(Oids.StdDhSha256Kdf).Derive(theirs.Agree(ours.PublicKey), wrap, null);
        foreach (RecipientIdentifier name in new[] { RecipientIdentifier.Of(sender), new RecipientIdentifier(IssuerAndSerialNumber.Of(sender)) })
        {
            CbcCipher cipher = CbcCipher.Find(Oids.Aes256Cbc)!;
            var info = new KeyAgreeRecipientInfo(new OriginatorIdentifierOrKey(name), null, new AlgorithmIdentifier(Oids.StdDhSha256Kdf, wrap.Identifier.Encoded),
                [new RecipientEncryptedKey(new KeyAgreeRecipientIdentifier(RecipientIdentifier.Of(stranger)), wrap.Wrap(kek, contentKey))]);
            var envelope = new EnvelopedData([info], new EncryptedContentInfo(Oids.Data, ContentCipher.Write(cipher, iv), cipher.Encrypt(contentKey, iv, Sealed.Content)));
            using EnvelopeKey key = EnvelopeKey.Of(ours);
            using (OpenedEnvelope opened = Envelope.Open(envelope.Encoded, key, CmpLimits.Default, [stranger, sender]))
                Assert.Equal(Sealed.Content, opened.Content.ToArray());
            Expect.Error("CmpEnvelope.Originator", () => Envelope.Open(envelope.Encoded, key, CmpLimits.Default, [stranger]));
            Expect.Error("CmpEnvelope.Originator", () => Open(envelope, key));
        }
    }

    /// <summary>One boundary: whatever octets come, what comes of it is the content or one exception of ours, and nothing takes its time.</summary>
    [Theory]
    [MemberData(nameof(Words))]
    public void Whatever_octet_is_changed_ends_in_our_exception(string word)
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By(word).Seal();
        using (key)
        {
            CmpLimits limits = CmpLimits.Default with { MaxPbkdf2Iterations = 2000 };
            byte[] octets = envelope.Encoded.ToArray();
            // of a long ciphertext a part stands for all
            for (int at = 0; at < octets.Length; at += at < 80 || at > octets.Length - 150 ? 1 : 7)
            {
                foreach (byte change in new byte[] { 0x01, 0x80 })
                {
                    octets[at] ^= change;
                    Assert.True(Attempt(octets, octets.Length), $"{word}, octet {at}");
                    octets[at] ^= change;
                }
                Assert.True(Attempt(octets, at), $"{word}, cut at {at}");
            }
            using OpenedEnvelope whole = Envelope.Open(octets, key, limits);

            bool Attempt(byte[] changed, int length)
            {
                try
                {
                    Envelope.Open(changed.AsMemory(0, length), key, limits).Dispose();
                    return true;
                }
                catch (CmpException e)
                {
                    return e.ErrorId is "CmpEnvelope.NotOpened" or "CmpEnvelope.Algorithm" or "CmpEnvelope.Iterations" or "CmpEnvelope.Originator" or "CmpMessage.Malformed" or "CmpProtection.PublicKey";
                }
            }
        }
    }

    [Fact]
    public void A_wrapped_key_of_any_length_ends_alike()
    {
        foreach (Sealed way in Sealed.All)
        {
            (EnvelopedData envelope, EnvelopeKey key) = way.Seal();
            using (key)
            {
                for (int length = 0; length < 70; length++)
                {
                    RecipientInfo recipient = envelope.RecipientInfos[0] switch
                    {
                        KeyTransRecipientInfo transport => transport with { EncryptedKey = new byte[length] },
                        KeyAgreeRecipientInfo agreement => agreement with { RecipientEncryptedKeys = [agreement.RecipientEncryptedKeys[0] with { EncryptedKey = new byte[length] }] },
                        PasswordRecipientInfo password => password with { EncryptedKey = new byte[length] },
                        var other => ((KemRecipientInfo)other) with { EncryptedKey = new byte[length] },
                    };
                    if (length % 5 == 0)
                        ExpectNotTheContent(envelope with { RecipientInfos = [recipient] }, key);
                }
            }
        }
    }

    [Fact]
    public void Options_that_name_what_is_not_there_are_refused()
    {
        using PrivateKey rsa = TestKeys.Open("RSA_2048"), ec = TestKeys.Open("ECDSA_P256"), kem = TestKeys.Open("ML-KEM-512");
        var rid = new RecipientIdentifier(new byte[] { 1 });
        foreach (PrivateKey key in new[] { rsa, ec, kem })
        {
            Seal(key, new EnvelopeOptions());
            Expect.Error("CmpEnvelope.Algorithm", () => Seal(key, new EnvelopeOptions { Digest = Oids.Md5 }));
            Expect.Error("CmpEnvelope.Algorithm", () => Seal(key, new EnvelopeOptions { ContentEncryption = Oids.DesEde3Cbc }));
        }
        Expect.Error("CmpEnvelope.Algorithm", () => Seal(ec, new EnvelopeOptions { Digest = Oids.Sha1, Hkdf = true }));
        Expect.Error("CmpEnvelope.Iterations", () => Envelope.Seal(Sealed.Content, Oids.Data, EnvelopeRecipient.OfPassword(Sealed.Password), new EnvelopeOptions { Iterations = 0 }));

        void Seal(PrivateKey key, EnvelopeOptions options) => Envelope.Seal(Sealed.Content, Oids.Data, EnvelopeRecipient.Of(key.PublicKey, rid), options);
    }

    /// <summary>A key that is gone is no wrong key.</summary>
    [SkippableFact]
    public void A_key_that_was_let_go_of_says_so()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("KTRI PKCS#1").Seal();
        PrivateKey gone = key.PrivateKey!.Copy();
        gone.Dispose();
        using EnvelopeKey with = EnvelopeKey.Of(gone);
        Expect.Error("CmpKey.Failed", () => Open(envelope, with));
    }

    [Fact]
    public void Key_usage_says_for_what_a_certificate_is()
    {
        foreach ((string word, KeyUsages right, KeyUsages wrong) in new[]
        {
            ("RSA_2048", KeyUsages.KeyEncipherment, KeyUsages.KeyAgreement), ("ML-KEM-768", KeyUsages.KeyEncipherment, KeyUsages.DigitalSignature),
            ("ECDSA_P256", KeyUsages.KeyAgreement, KeyUsages.KeyEncipherment), ("X25519", KeyUsages.KeyAgreement, KeyUsages.DigitalSignature),
        })
        {
            using PrivateKey key = TestKeys.Open(word);
            Assert.NotNull(EnvelopeRecipient.Of(Sealed.Certify(key)));
            Assert.NotNull(EnvelopeRecipient.Of(Sealed.Certify(key, right)));
            Expect.Error("CmpEnvelope.Recipient", () => EnvelopeRecipient.Of(Sealed.Certify(key, wrong)));
        }
        foreach (string word in new[] { "Ed25519", "ML-DSA-44" })
        {
            using PrivateKey signer = TestKeys.Open(word);
            Expect.Error("CmpEnvelope.Recipient", () => EnvelopeRecipient.Of(Sealed.Certify(signer)));
        }
    }

    [Fact]
    public void What_was_opened_is_cleared_and_what_does_not_decode_was_not_opened()
    {
        (EnvelopedData envelope, EnvelopeKey key) = Sealed.By("KTRI PKCS#1").Seal();
        using (key)
        {
            OpenedEnvelope opened = Envelope.Open(envelope, key, CmpLimits.Default);
            ReadOnlyMemory<byte> content = opened.Content;
            CmpException e = Expect.Error("CmpEnvelope.NotOpened", () => opened.Read((ref Asn1Reader reader) => reader.ReadInt32(), CmpLimits.Default));
            Assert.True(e.Octets.IsEmpty && e.InnerException is null);
            opened.Dispose();
            Assert.All(content.ToArray(), octet => Assert.Equal(0, octet));
        }
        (envelope, EnvelopeKey another) = Sealed.By("KTRI PKCS#1").Seal([2, 1, 5]);
        using (another)
        using (OpenedEnvelope number = Envelope.Open(envelope, another, CmpLimits.Default))
            Assert.Equal(5, number.Read((ref Asn1Reader reader) => reader.ReadInt32(), CmpLimits.Default));
        Assert.DoesNotContain("secret", EnvelopeRecipient.OfPassword(Sealed.Password).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Oids.Aes128Cbc)]
    [InlineData(Oids.Aes256Cbc)]
    [InlineData(Oids.DesEde3Cbc)]
    public void The_old_form_is_opened_where_it_is_allowed(string cipher)
    {
        using PrivateKey key = TestKeys.Open("RSA_2048"), other = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048")), ec = TestKeys.Open("ECDSA_P256");
        EncryptedValue value = EncryptedValue.Decode(EncryptedValues.Seal(Sealed.Content, key.PublicKey, cipher).Encoded);
        using EnvelopeKey with = EnvelopeKey.Of(key), without = EnvelopeKey.OfPassword(Sealed.Password);
        using (OpenedEnvelope opened = EncryptedKeys.Open(new EncryptedKey(value), with, CmpLimits.Default, allowEncryptedValue: true))
            Assert.Equal(Sealed.Content, opened.Content.ToArray());
        Expect.Error("CmpEnvelope.EncryptedValue", () => EncryptedKeys.Open(new EncryptedKey(value), with, CmpLimits.Default, allowEncryptedValue: false));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedKeys.Open(new EncryptedKey(value), without, CmpLimits.Default, allowEncryptedValue: true));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedValues.Open(value, ec, CmpLimits.Default));
        using (OpenedEnvelope opened = EncryptedValues.Open(value with { KeyAlg = null }, key, CmpLimits.Default))
            Assert.Equal(Sealed.Content, opened.Content.ToArray());
        byte[] changed = value.EncValue.ToArray();
        changed[changed.Length - 1 - CbcCipher.Find(cipher)!.BlockBytes] ^= 0x80;
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedValues.Open(value with { EncValue = changed }, key, CmpLimits.Default));
        Expect.Error("CmpEnvelope.Algorithm", () => EncryptedValues.Open(value with { SymmAlg = null }, key, CmpLimits.Default));
        Expect.Error("CmpEnvelope.Algorithm", () => EncryptedValues.Open(value with { EncSymmKey = null }, key, CmpLimits.Default));
        Expect.Error("CmpEnvelope.Recipient", () => EncryptedValues.Seal(Sealed.Content, ec.PublicKey));
        try
        {
            using OpenedEnvelope nonsense = EncryptedValues.Open(value, other, CmpLimits.Default);
            Assert.NotEqual(Sealed.Content, nonsense.Content.ToArray());
        }
        catch (CmpException e)
        {
            Assert.Equal("CmpEnvelope.NotOpened", e.ErrorId);
        }
        EnvelopedData envelope = Envelope.Seal(Sealed.Content, Oids.Data, EnvelopeRecipient.Of(Sealed.Certify(key)));
        using (OpenedEnvelope opened = EncryptedKeys.Open(new EncryptedKey(envelope.Encoded), with, CmpLimits.Default, allowEncryptedValue: false))
            Assert.Equal(Sealed.Content, opened.Content.ToArray());
    }

    private static bool IsOf256Bits(string? algorithm) => algorithm is "ECDSA_P256" or "ECDSA_brainpoolP256r1";

    private static void Open(EnvelopedData envelope, EnvelopeKey key) => Envelope.Open(envelope.Encoded, key, CmpLimits.Default).Dispose();

    private static void ExpectNotTheContent(EnvelopedData envelope, EnvelopeKey key)
    {
        if (envelope.RecipientInfos[0] is not KeyTransRecipientInfo { KeyEncryptionAlgorithm.Oid: Oids.RsaEncryption })
        {
            Sealed.ExpectShut(envelope, key);
            return;
        }
        try
        {
            using OpenedEnvelope nonsense = Envelope.Open(envelope.Encoded, key, CmpLimits.Default);
            Assert.NotEqual(Sealed.Content, nonsense.Content.ToArray());
        }
        catch (CmpException e)
        {
            Assert.Equal("CmpEnvelope.NotOpened", e.ErrorId);
        }
    }

    private static RecipientInfo Change(RecipientInfo recipient)
    {
        switch (recipient)
        {
            case KeyTransRecipientInfo transport:
                return transport with { EncryptedKey = Flip(transport.EncryptedKey) };
            case KeyAgreeRecipientInfo agreement:
                return agreement with { RecipientEncryptedKeys = [agreement.RecipientEncryptedKeys[0] with { EncryptedKey = Flip(agreement.RecipientEncryptedKeys[0].EncryptedKey) }] };
            case PasswordRecipientInfo password:
                return password with { EncryptedKey = Flip(password.EncryptedKey) };
            default:
                var kem = (KemRecipientInfo)recipient;
                return kem with { Kemct = Flip(kem.Kemct) };
        }
    }

    private static IEnumerable<RecipientInfo> OtherAlgorithms(RecipientInfo recipient)
    {
        var unknown = new AlgorithmIdentifier("1.2.3.4");
        switch (recipient)
        {
            case KeyTransRecipientInfo transport:
                yield return transport with { KeyEncryptionAlgorithm = unknown };
                yield return transport with { KeyEncryptionAlgorithm = new AlgorithmIdentifier(Oids.RsaesOaep, RsaesOaepParams.Create(Oids.Md5).Encoded) };
                break;
            case KeyAgreeRecipientInfo agreement:
                yield return agreement with { KeyEncryptionAlgorithm = unknown };
                yield return agreement with { KeyEncryptionAlgorithm = new AlgorithmIdentifier(agreement.KeyEncryptionAlgorithm.Oid, unknown.Encoded) };
                break;
            case PasswordRecipientInfo password:
                yield return password with { KeyEncryptionAlgorithm = unknown };
                yield return password with { KeyEncryptionAlgorithm = new AlgorithmIdentifier(Oids.PwriKek, unknown.Encoded) };
                break;
            case KemRecipientInfo kem:
                yield return kem with { Wrap = unknown };
                yield return kem with { Kdf = unknown };
                yield return kem with { KekLength = 16 };
                break;
            default:
                throw new InvalidOperationException(recipient.ToString());
        }
    }

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> octets)
    {
        byte[] copy = octets.ToArray();
        copy[copy.Length / 2] ^= 1;
        return copy;
    }

    private static EnvelopedData From(EnvelopedData envelope, SubjectPublicKeyInfo originator) =>
        envelope with { RecipientInfos = [((KeyAgreeRecipientInfo)envelope.RecipientInfos[0]) with { Originator = new OriginatorIdentifierOrKey(originator) }] };

    private static EnvelopedData Derived(EnvelopedData envelope, Func<Pbkdf2Params, Pbkdf2Params> change)
    {
        var password = (PasswordRecipientInfo)envelope.RecipientInfos[0];
        Pbkdf2Params parameters = change(Pbkdf2Params.Decode(password.KeyDerivationAlgorithm!.Parameters!.Value));
        return envelope with { RecipientInfos = [password with { KeyDerivationAlgorithm = new AlgorithmIdentifier(Oids.Pbkdf2, parameters.Encoded) }] };
    }
}
