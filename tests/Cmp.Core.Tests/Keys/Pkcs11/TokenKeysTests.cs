using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Keys.Pkcs11;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Xunit;
using Pkcs11Uri = Cmp.Keys.Pkcs11.Pkcs11Uri;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>Keys in tokens of SoftHSM: made, found, used there, and never out of it.</summary>
public sealed class TokenKeysTests
{
    private static readonly Pkcs11Keys Keys = new();

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("RSA_3072")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    public void A_new_key_signs_where_it_is_and_is_found_again(string algorithm)
    {
        SoftToken token = Share();
        KeyReference reference;
        SubjectPublicKeyInfo publicKey;
        using (KeyHandle made = Keys.Get(Request(token, algorithm)))
        {
            Assert.Equal(algorithm, made.Key.Algorithm.Name);
            Assert.False(made.Key.Exportable);
            Assert.False(made.Key.CanBeAttached);
            Assert.Equal(made.Reference!.Text, made.Key.Location);
            made.Key.EnsureFits(made.Key.PublicKey);
            (reference, publicKey) = (made.Reference, made.Key.PublicKey);
        }
        using KeyHandle again = Keys.Open(reference, token.Pin);
        again.Key.EnsureFits(publicKey);
        Assert.True(KeyProviders.Look(reference.Text)!.IsSameAs(publicKey));
        Assert.StartsWith("pkcs11:token=token%20", reference.Text, StringComparison.Ordinal);
        again.Delete();
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => Keys.Open(reference, token.Pin)).ErrorId);
        Keys.Delete(reference, token.Pin);
    }

    [SkippableTheory]
    [InlineData("RSA_2048", "SHA256", false)]
    [InlineData("RSA_2048", "SHA384", false)]
    [InlineData("RSA_2048", "SHA512", true)]
    [InlineData("RSA_2048", "SHA256", true)]
    [InlineData("RSA_2048", "SHA224", false)]
    [InlineData("ECDSA_P256", "SHA256", false)]
    [InlineData("ECDSA_P256", "SHA512", false)]
    [InlineData("ECDSA_P384", "SHA384", false)]
    [InlineData("ECDSA_P521", "SHA512", false)]
    [InlineData("ECDSA_P256", "SHAKE128", false)]
    public void Rule21_It_signs_by_what_the_token_has(string algorithm, string hash, bool pss)
    {
        SoftToken token = Share();
        using KeyHandle made = Keys.Get(Request(token, algorithm));
        byte[] data = Secrets.Random(100);
        AlgorithmIdentifier how = SignatureAlgorithms.For(made.Key, hash, pss);
        Assert.True(SignatureAlgorithms.Verify(how, made.Key.PublicKey, data, made.Key.Sign(data, how)));
        data[0]++;
        Assert.False(SignatureAlgorithms.Verify(how, made.Key.PublicKey, data, made.Key.Sign(Secrets.Random(100), how)));
    }

    /// <summary>SoftHSM has OAEP with SHA-1 only; of other digests it computes, and the padding is taken off here.</summary>
    [SkippableFact]
    public void It_opens_what_was_encrypted_for_it()
    {
        SoftToken token = Share();
        using KeyHandle made = Keys.Get(Request(token, "RSA_2048"));
        byte[] data = Secrets.Random(32);
        Assert.True(made.Key.CanDecrypt);
        foreach (RsaEncryption encryption in new[] { RsaEncryption.Pkcs1, RsaEncryption.Oaep(Oids.Sha1), RsaEncryption.Oaep(Oids.Sha256), new RsaEncryption(Oids.Sha512, Oids.Sha1) })
        {
            byte[] ciphertext = encryption.Encrypt(made.Key.PublicKey, data);
            Assert.Equal(data, made.Key.Decrypt(ciphertext, encryption.ToIdentifier()));
            ciphertext[50] ^= 1;
            if (encryption.IsOaep)
                Expect.Error("CmpKey.NotDecrypted", () => made.Key.Decrypt(ciphertext, encryption.ToIdentifier()));
        }
        byte[] none = new byte[256];
        none[255] = 2;
        Assert.Equal(made.Key.DecryptKey(none, 32), made.Key.DecryptKey(none, 32));
        Assert.Equal(data, made.Key.DecryptKey(RsaEncryption.Pkcs1.Encrypt(made.Key.PublicKey, data), 32));
        foreach (bool pkcs1 in new[] { true, false })
        {
            var options = new EnvelopeOptions { Pkcs1 = pkcs1 };
            EnvelopedData envelope = Envelope.Seal(data, Oids.Data, EnvelopeRecipient.Of(made.Key.PublicKey, new RecipientIdentifier(new byte[] { 1 })), options);
            using EnvelopeKey key = EnvelopeKey.Of(made.Key);
            using OpenedEnvelope opened = Envelope.Open(envelope, key, CmpLimits.Default);
            Assert.Equal(data, opened.Content.ToArray());
        }
    }

    [SkippableTheory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    public void It_agrees_on_secrets_where_it_is(string algorithm)
    {
        SoftToken token = Share();
        using KeyHandle made = Keys.Get(Request(token, algorithm));
        Assert.True(made.Key.CanAgree);
        Assert.False(made.Key.CanDecrypt);
        // one of 256 has a zero in front
        for (int i = 0; i < 20; i++)
        {
            using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
            Assert.Equal(other.Agree(made.Key.PublicKey), made.Key.Agree(other.PublicKey));
        }
        using PrivateKey peer = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        byte[] point = peer.PublicKey.Key.ToArray();
        point[^1] ^= 1;
        Expect.Error("CmpProtection.PublicKey", () => made.Key.Agree(peer.PublicKey with { Key = point }));
        EnvelopedData envelope = Envelope.Seal(point, Oids.Data, EnvelopeRecipient.Of(made.Key.PublicKey, new RecipientIdentifier(new byte[] { 1 })));
        using EnvelopeKey key = EnvelopeKey.Of(made.Key), stranger = EnvelopeKey.Of(peer);
        using (OpenedEnvelope opened = Envelope.Open(envelope, key, CmpLimits.Default))
            Assert.Equal(point, opened.Content.ToArray());
        Expect.Error("CmpEnvelope.NotOpened", () => Envelope.Open(envelope, stranger, CmpLimits.Default));
    }

    /// <summary>A key that another program made for signatures alone signs and does nothing else; to RSA keys SoftHSM allows what is not forbidden.</summary>
    [SkippableTheory]
    [InlineData("EC:prime256v1", "--usage-sign", false)]
    [InlineData("EC:prime256v1", "--usage-derive", true)]
    [InlineData("rsa:2048", "--usage-decrypt", true)]
    public void It_does_what_its_maker_lets_it(string kind, string usage, bool can)
    {
        SoftToken token = Take();
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        token.Tool("--login", "--pin", SoftToken.UsersPin, "--keypairgen", "--key-type", kind, "--label", "theirs", "--id", "01", usage);
        using PrivateKey key = KeyProviders.Open(token.With(";object=theirs"), token.Pin);
        Assert.Equal(can, key.CanAgree || key.CanDecrypt);
        using PrivateKey other = TestKeys.Open("ECDSA_P256");
        if (!can)
            Expect.Error("CmpKey.Agreement", () => key.Agree(other.PublicKey));
    }

    [SkippableFact]
    public void Rule21_A_digest_that_the_token_does_not_sign_with_is_an_error_before_anything_is_signed()
    {
        SoftToken token = Share();
        using KeyHandle made = Keys.Get(Request(token, "RSA_2048"));
        Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(made.Key, "SHAKE128", pss: true));
    }

    [SkippableFact]
    public void Nothing_gets_its_octets_out()
    {
        SoftToken token = Take();
        using KeyHandle made = Keys.Get(Request(token, "RSA_2048"));
        Expect.Error("CmpKey.NotExportable", () => made.Key.ExportPkcs8());
        Expect.Error("CmpKey.NotExportable", () => KeyFile.ToPem(made.Key, null));
        using Pkcs11Hold hold = Pkcs11Token.Open(Pkcs11Uri.Parse(made.Reference!.Text));
        hold.Token.Use(session =>
        {
            IObjectHandle handle = Assert.Single(Pkcs11Objects.FindPrivate(session, Pkcs11Uri.Parse(made.Reference!.Text)));
            List<IObjectAttribute> attributes = session.GetAttributeValue(handle, new List<CKA>
            {
                CKA.CKA_SENSITIVE, CKA.CKA_EXTRACTABLE, CKA.CKA_ALWAYS_SENSITIVE, CKA.CKA_NEVER_EXTRACTABLE, CKA.CKA_LOCAL, CKA.CKA_PRIVATE, CKA.CKA_TOKEN, CKA.CKA_DECRYPT,
            });
            Assert.Equal([true, false, true, true, true, true, true], attributes.Take(7).Select(attribute => attribute.GetValueAsBool()));
            foreach (CKA secret in new[] { CKA.CKA_PRIVATE_EXPONENT, CKA.CKA_PRIME_1, CKA.CKA_COEFFICIENT })
                Assert.True(session.GetAttributeValue(handle, new List<CKA> { secret })[0].CannotBeRead);
            return true;
        });
        using Pkcs11Hold writing = Pkcs11Token.Open(Pkcs11Uri.Parse(made.Reference!.Text));
        // not under another key either
        Pkcs11Exception refused = Assert.Throws<Pkcs11Exception>(() => Wrap(token, made.Reference!.Text));
        Assert.Equal(CKR.CKR_KEY_UNEXTRACTABLE, refused.RV);
    }

    [SkippableFact]
    public void Another_program_sees_the_key_as_it_is_meant()
    {
        SoftToken token = Take();
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        using KeyHandle made = Keys.Get(Request(token, "ECDSA_P256") with { Provider = token.With(";object=web") });
        string privateHalf = Assert.Single(token.Objects(), text => text.StartsWith("Private Key Object; EC", StringComparison.Ordinal));
        Assert.Contains("label:      web", privateHalf, StringComparison.Ordinal);
        Assert.Contains("sensitive, always sensitive, never extractable, local", privateHalf, StringComparison.Ordinal);
        Assert.StartsWith("Public Key Object; EC", Assert.Single(token.Objects(withPin: false)), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("EC:secp384r1", "ECDSA_P384")]
    [InlineData("rsa:2048", "RSA_2048")]
    public void A_key_that_another_program_made_is_used_and_stays(string kind, string algorithm)
    {
        SoftToken token = Take();
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        token.MakeForeign(kind, "theirs");
        using KeyHandle handle = KeyProviders.Get(new KeyRequest { Path = token.With(";object=theirs"), Pin = token.Pin });
        Assert.Equal(algorithm, handle.Key.Algorithm.Name);
        handle.Key.EnsureFits(handle.Key.PublicKey);
        handle.Delete();
        Assert.Equal(2, token.Objects().Count);
        using PrivateKey byId = KeyProviders.Open(token.With(";id=%01"), token.Pin);
        Assert.True(byId.PublicKey.IsSameAs(handle.Key.PublicKey));
    }

    [SkippableFact]
    public void A_key_that_wants_the_PIN_for_each_signature_is_refused_before_it_is_asked_for_one()
    {
        SoftToken token = Take();
        Pkcs11Uri uri = Pkcs11Uri.Parse(token.With(";object=each"));
        using (Pkcs11Hold hold = Pkcs11Token.Open(uri))
        {
            hold.Token.LogIn(token.Pin);
            hold.Token.Use(
                session =>
                {
                    using Pkcs11Template open = new Pkcs11Template().With(CKA.CKA_TOKEN, true).With(CKA.CKA_LABEL, "each").With(CKA.CKA_MODULUS_BITS, 2048).With(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1]);
                    using Pkcs11Template secret = new Pkcs11Template().With(CKA.CKA_TOKEN, true).With(CKA.CKA_LABEL, "each").With(CKA.CKA_PRIVATE, true).With(CKA.CKA_SIGN, true).With(CKA.CKA_ALWAYS_AUTHENTICATE, true);
                    using IMechanism mechanism = Pkcs11Module.Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN);
                    session.GenerateKeyPair(mechanism, open.Attributes, secret.Attributes, out _, out _);
                    return true;
                },
                writes: true);
        }
        Expect.Error("CmpKey.PinEachTime", () => KeyProviders.Open(uri.ToString(), token.Pin));
    }

    [SkippableFact]
    public void Of_two_keys_of_one_label_none_is_guessed()
    {
        SoftToken token = Take();
        KeyRequest request = Request(token, "ECDSA_P256") with { Provider = token.With(";object=twins") };
        using KeyHandle one = Keys.Get(request), other = Keys.Get(request);
        Assert.NotEqual(one.Reference, other.Reference);
        Assert.Contains("id=", Expect.Error("CmpKey.Ambiguous", () => KeyProviders.Open(token.With(";object=twins"), token.Pin)).RecommendedAction, StringComparison.Ordinal);
        using PrivateKey exact = KeyProviders.Open(other.Reference!.Text, token.Pin);
        Assert.True(exact.PublicKey.IsSameAs(other.Key.PublicKey));
    }

    [SkippableFact]
    public void A_key_that_vanished_is_an_error_where_it_is_used()
    {
        SoftToken token = Take();
        KeyHandle made = Keys.Get(Request(token, "ECDSA_P256"));
        Keys.Delete(made.Reference!, token.Pin);
        CmpException error = Assert.Throws<CmpException>(() => made.Key.Sign(new byte[1], SignatureAlgorithms.For(made.Key)));
        Assert.Equal("CmpKey.Vanished", error.ErrorId);
        made.Dispose();
    }

    [SkippableFact]
    public void Many_at_once_share_a_few_sessions()
    {
        SoftToken token = Take();
        using KeyHandle made = Keys.Get(Request(token, "ECDSA_P256"));
        AlgorithmIdentifier how = SignatureAlgorithms.For(made.Key);
        byte[][] data = [.. Enumerable.Range(0, 200).Select(_ => Secrets.Random(32))];
        var signatures = new byte[data.Length][];
        Parallel.For(0, data.Length, new ParallelOptions { MaxDegreeOfParallelism = 32 }, number => signatures[number] = made.Key.Sign(data[number], how));
        Assert.All(Enumerable.Range(0, data.Length), number => Assert.True(SignatureAlgorithms.Verify(how, made.Key.PublicKey, data[number], signatures[number])));
    }

    [SkippableFact]
    public void A_copy_lives_by_itself()
    {
        SoftToken token = Share();
        KeyHandle made = Keys.Get(Request(token, "ECDSA_P256"));
        using PrivateKey copy = made.Key.Copy();
        made.Dispose();
        copy.EnsureFits(copy.PublicKey);
    }

    [SkippableTheory]
    [InlineData("ML-DSA-44", "CmpKey.Mechanism")]
    [InlineData("X25519", "CmpKey.Mechanism")]
    public void Keys_that_the_token_does_not_make_are_an_error_before_anything_is_made(string algorithm, string errorId)
    {
        SoftToken token = Share();
        Expect.Error(errorId, () => Keys.Reserve(Request(token, algorithm)));
    }

    [SkippableFact]
    public void Requests_that_contradict_a_token_are_refused()
    {
        SoftToken token = Share();
        Expect.Error("CmpKey.Request", () => Keys.Reserve(Request(token, "ECDSA_P256") with { Exportable = true }));
        Expect.Error("CmpKey.Request", () => Keys.Reserve(Request(token, "ECDSA_P256") with { Provider = token.With(";id=%01") }));
        Expect.Error("CmpKey.Request", () => KeyProviders.Open(token.Uri, token.Pin));
        Expect.Error("CmpKey.Request", () => KeyProviders.For(new KeyRequest { Provider = token.Uri, Path = token.With(";object=a") }));
    }

    private static SoftToken Take()
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        return SoftHsm.Take();
    }

    private static SoftToken Share()
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        return SoftHsm.Shared;
    }

    private static KeyRequest Request(SoftToken token, string algorithm) => new() { Provider = token.Uri, Pin = token.Pin, Algorithm = KeyAlgorithm.Parse(algorithm) };

    private static void Wrap(SoftToken token, string reference)
    {
        Pkcs11InteropFactories factories = Pkcs11Module.Factories;
        (_, ISlot slot, _) = Pkcs11Module.Find(Pkcs11Uri.Parse(token.Uri));
        using ISession session = slot.OpenSession(SessionType.ReadWrite);
        using IMechanism generation = factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
        IObjectHandle wrapping = session.GenerateKey(generation,
        [
            factories.ObjectAttributeFactory.Create(CKA.CKA_VALUE_LEN, 32),
            factories.ObjectAttributeFactory.Create(CKA.CKA_WRAP, true),
        ]);
        using IMechanism mechanism = factories.MechanismFactory.Create(CKM.CKM_AES_KEY_WRAP_PAD);
        session.WrapKey(mechanism, wrapping, Pkcs11Objects.FindPrivate(session, Pkcs11Uri.Parse(reference)).Single());
    }
}
