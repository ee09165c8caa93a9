using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>Named keys of CNG above a key storage that is faked: what is asked of it, and what its refusals become.</summary>
public sealed class CngKeysTests
{
    private readonly FakeCng _cng = new();

    private CngKeys Keys => new(_cng);

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("RSA_3072")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    [InlineData("ECDSA_brainpoolP256r1")]
    [InlineData("ML-DSA-44")]
    [InlineData("ML-DSA-87")]
    public void A_key_is_made_under_its_name_and_signs_where_it_is(string algorithm)
    {
        using KeyHandle handle = Keys.Get(Request(algorithm));
        CngName name = Assert.Single(_cng.Names);
        Assert.StartsWith("Cmp-", name.Name, StringComparison.Ordinal);
        Assert.Equal(FakeCng.Software, name.Provider);
        Assert.Equal(algorithm, handle.Key.Algorithm.Name);
        Assert.False(handle.Key.Exportable);
        handle.Key.EnsureFits(handle.Key.PublicKey);
        using KeyHandle again = Keys.Open(handle.Reference!, null);
        Assert.Equal(handle.Key.PublicKey.Encoded.ToArray(), again.Key.PublicKey.Encoded.ToArray());
    }

    /// <summary>Cards keep keys of the group ECDH that sign; their blobs have marks of their own (bcrypt.h, BCRYPT_ECDH_PUBLIC_P256_MAGIC and its like).</summary>
    [Theory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    [InlineData("ECDSA_brainpoolP256r1")]
    public void A_key_that_is_called_one_for_agreement_is_read_too(string algorithm)
    {
        using KeyHandle handle = Keys.Get(Request(algorithm));
        _cng.Set(Assert.Single(_cng.Names), "Algorithm Group", System.Text.Encoding.Unicode.GetBytes("ECDH\0"));
        using KeyHandle again = Keys.Open(handle.Reference!, null);
        Assert.Equal(handle.Key.PublicKey.Encoded.ToArray(), again.Key.PublicKey.Encoded.ToArray());
        again.Key.EnsureFits(handle.Key.PublicKey);
        // and of another group none is
        _cng.Set(Assert.Single(_cng.Names), "Algorithm Group", System.Text.Encoding.Unicode.GetBytes("DSA\0"));
        Expect.Error("CmpKey.Algorithm", () => Keys.Open(handle.Reference!, null));
    }

    [Fact]
    public void A_key_is_not_exportable_unless_that_was_asked_for()
    {
        using KeyHandle closed = Keys.Get(Request("RSA_2048"));
        Assert.False(_cng.Has(_cng.Names.Last(), "Export Policy"));
        Expect.Error("CmpKey.NotExportable", () => closed.Key.ExportPkcs8());
        using KeyHandle open = Keys.Get(Request("RSA_2048") with { Exportable = true });
        Assert.Equal([3, 0, 0, 0], _cng.Property(_cng.Names.Last(), "Export Policy"));
        // what is not kept with the key is forgotten with its handle
        Assert.True(Assert.Single(_cng.Given, property => property.Name == "Export Policy").IsPersisted);
        using PrivateKey copy = open.Key.Copy();
        copy.EnsureFits(open.Key.PublicKey);
    }

    [Fact]
    public void A_key_opens_what_was_encrypted_for_it_where_it_is()
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048"));
        PrivateKey key = handle.Key;
        byte[] data = Secrets.Random(32);
        Assert.True(key.CanDecrypt);
        foreach ((RsaEncryption encryption, CngPadding padding) in new[]
        {
            (RsaEncryption.Pkcs1, CngPadding.Pkcs1Encryption), (RsaEncryption.Oaep(Oids.Sha1), CngPadding.Oaep("SHA1")), (RsaEncryption.Oaep(Oids.Sha512), CngPadding.Oaep("SHA512")),
        })
        {
            byte[] ciphertext = encryption.Encrypt(key.PublicKey, data);
            Assert.Equal(data, key.Decrypt(ciphertext, encryption.ToIdentifier()));
            Assert.Equal(padding, _cng.Decryptions.Last());
            ciphertext[50] ^= 1;
            if (encryption.IsOaep)
                Expect.Error("CmpKey.NotDecrypted", () => key.Decrypt(ciphertext, encryption.ToIdentifier()));
        }
        Assert.Equal(data, key.DecryptKey(RsaEncryption.Pkcs1.Encrypt(key.PublicKey, data), 32));
        byte[] changed = new byte[256];
        Assert.Equal(key.DecryptKey(changed, 32), key.DecryptKey(changed, 32));
        Expect.Error("CmpKey.Decryption", () => key.Decrypt(changed, RsaEncryption.Oaep(Oids.Sha224).ToIdentifier()));
        Expect.Error("CmpKey.Decryption", () => key.Decrypt(changed, new RsaEncryption(Oids.Sha256, Oids.Sha1).ToIdentifier()));
    }

    /// <summary>What has nothing to do with the ciphertext is said: it tells nobody anything of it.</summary>
    [Theory]
    [InlineData(CngErrors.SilentContext, "CmpKey.Locked")]
    [InlineData(CngErrors.NoSmartCard, "CmpKey.NotPresent")]
    [InlineData(CngErrors.AccessDenied, "CmpKey.AccessDenied")]
    public void A_key_that_cannot_be_used_is_no_wrong_ciphertext(int status, string errorId)
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048"));
        byte[] ciphertext = RsaEncryption.Pkcs1.Encrypt(handle.Key.PublicKey, new byte[32]);
        Assert.Equal(new byte[32], handle.Key.DecryptKey(ciphertext, 32));
        _cng.Refusal = status;
        Expect.Error(errorId, () => handle.Key.DecryptKey(ciphertext, 32));
        Expect.Error(errorId, () => handle.Key.Decrypt(ciphertext, RsaEncryption.Pkcs1.ToIdentifier()));
    }

    [Fact]
    public void A_key_of_a_curve_that_does_not_leave_cannot_agree()
    {
        using KeyHandle handle = Keys.Get(Request("ECDSA_P256"));
        using PrivateKey other = TestKeys.Open("ECDSA_P256");
        Assert.False(handle.Key.CanAgree || handle.Key.CanDecrypt);
        Expect.Error("CmpKey.Agreement", () => handle.Key.Agree(other.PublicKey));
    }

    [Fact]
    public void A_key_of_ML_DSA_leaves_nothing_although_Windows_would_let_it()
    {
        using KeyHandle handle = Keys.Get(Request("ML-DSA-44") with { Exportable = true });
        Assert.False(handle.Key.Exportable);
    }

    [Fact]
    public void A_key_that_cannot_be_read_does_not_stay()
    {
        _cng.MakesOthers = true;
        Expect.Error("CmpKey.Algorithm", () => Keys.Get(Request("RSA_2048")));
        Assert.Empty(_cng.Names);
    }

    [Theory]
    [InlineData(false, "cng:Microsoft%20Software%20Key%20Storage%20Provider/")]
    [InlineData(true, "?machine")]
    public void It_is_reserved_under_the_name_that_it_gets(bool isMachine, string part)
    {
        KeyRequest request = Request("ECDSA_P256") with { IsMachineKey = isMachine };
        KeyReference reference = Keys.Reserve(request);
        Assert.Empty(_cng.Names);
        Assert.Contains(part, reference.Text, StringComparison.Ordinal);
        using KeyHandle handle = Keys.Get(request with { Reference = reference });
        Assert.Equal(reference, handle.Reference);
        Assert.Equal(isMachine, Assert.Single(_cng.Names).IsMachine);
        Assert.Equal(CngReference.Read(reference), Assert.Single(_cng.Names));
    }

    [Theory]
    [InlineData("cng:provider")]
    [InlineData("cng:provider/")]
    [InlineData("cng:/name")]
    [InlineData("cng:provider/name/more")]
    [InlineData("cng:provider/name?user")]
    [InlineData("pkcs11:provider/name")]
    public void A_reference_that_names_no_key_of_CNG_is_refused(string text) =>
        Expect.Error("CmpKey.Reference", () => CngReference.Read(KeyReference.Parse(text)));

    [Fact]
    public void A_provider_that_is_not_there_is_an_error_that_lists_those_there_are()
    {
        CmpException error = Expect.Error("CmpKey.Provider", () => Keys.Reserve(Request("RSA_2048") with { Provider = "Vendor" }));
        Assert.Contains(FakeCng.Tpm, error.Message, StringComparison.Ordinal);
        // and one that is there is found whatever the case
        Assert.Contains("Microsoft%20Platform", Keys.Reserve(Request("RSA_2048") with { Provider = FakeCng.Tpm.ToUpperInvariant() }).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FakeCng.Tpm, "ECDSA_P384", "ECDSA_P256")]
    [InlineData(FakeCng.Tpm, "ML-DSA-65", "RSA_2048")]
    [InlineData(FakeCng.Software, "Ed25519", "ML-DSA-65")]
    [InlineData(FakeCng.Software, "ML-KEM-768", "ECDSA_brainpoolP256r1")]
    public void Kinds_that_the_provider_lacks_are_an_error_before_anything_is_made(string provider, string algorithm, string has)
    {
        CmpException error = Expect.Error("CmpKey.Algorithm", () => Keys.Reserve(Request(algorithm) with { Provider = provider }));
        Assert.Contains(has, error.Message, StringComparison.Ordinal);
        Assert.Empty(_cng.Names);
    }

    [Fact]
    public void A_length_that_the_provider_lacks_is_told_when_the_key_is_made()
    {
        CmpException error = Expect.Error("CmpKey.Algorithm", () => Keys.Get(Request("RSA_4096") with { Provider = FakeCng.Tpm }));
        Assert.Contains("RSA_4096", error.Message, StringComparison.Ordinal);
        Assert.Empty(_cng.Names);
    }

    [Theory]
    [InlineData(CngErrors.SilentContext, "CmpKey.Locked")]
    [InlineData(CngErrors.UiRequired, "CmpKey.Locked")]
    [InlineData(CngErrors.WrongPin, "CmpKey.Locked")]
    [InlineData(CngErrors.PinBlocked, "CmpKey.Locked")]
    [InlineData(CngErrors.UserCancelled, "CmpKey.Locked")]
    [InlineData(CngErrors.Cancelled, "CmpKey.Locked")]
    [InlineData(CngErrors.InvalidPin, "CmpKey.Locked")]
    [InlineData(CngErrors.IncorrectPassword, "CmpKey.Locked")]
    [InlineData(CngErrors.TpmLockedOut, "CmpKey.Locked")]
    [InlineData(CngErrors.Tpm12LockedOut, "CmpKey.Locked")]
    [InlineData(CngErrors.NoSmartCard, "CmpKey.NotPresent")]
    [InlineData(CngErrors.ReaderUnavailable, "CmpKey.NotPresent")]
    [InlineData(CngErrors.NoCardService, "CmpKey.NotPresent")]
    [InlineData(CngErrors.CardServiceStopped, "CmpKey.NotPresent")]
    [InlineData(CngErrors.AccessDenied, "CmpKey.AccessDenied")]
    [InlineData(CngErrors.BadKeySet, "CmpKey.Vanished")]
    [InlineData(unchecked((int)0x80090020), "CmpKey.Failed")]
    public void A_refusal_says_what_it_is_wherever_it_comes(int status, string errorId)
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048"));
        _cng.Refusal = status;
        Expect.Error(errorId, () => handle.Key.Sign(new byte[3], SignatureAlgorithms.For(handle.Key)));
        Expect.Error(errorId, () => Keys.Open(handle.Reference!, null));
        Expect.Error(errorId, () => Keys.Get(Request("RSA_2048")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_there_is_nobody_to_ask_each_call_is_silent(bool isSilent)
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048") with { IsSilent = isSilent });
        handle.Key.EnsureFits(handle.Key.PublicKey);
        handle.Delete();
        Assert.Equal(3, _cng.Silent.Count);
        Assert.All(_cng.Silent, silent => Assert.Equal(isSilent, silent));
    }

    [Fact]
    public void A_PIN_is_set_before_the_key_is_made()
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048") with { Provider = FakeCng.Card, Pin = SecretText.Of("1234") });
        Assert.Equal("1234", CngKeyProperty.Text(_cng.Property(Assert.Single(_cng.Names), "SmartCardPin")));
        // and no copy of it is left
        Assert.All(Assert.Single(_cng.Given, property => property.Name == "SmartCardPin").Value, octet => Assert.Equal(0, octet));
    }

    [Fact]
    public void Undoing_deletes_it_and_letting_go_does_not()
    {
        Keys.Get(Request("ECDSA_P256")).Dispose();
        CngName stays = Assert.Single(_cng.Names);
        KeyHandle handle = Keys.Get(Request("ECDSA_P256"));
        handle.Delete();
        Assert.Equal(stays, Assert.Single(_cng.Names));
        Keys.Delete(CngReference.Of(stays), null);
        Assert.Empty(_cng.Names);
        // gone is gone
        Keys.Delete(CngReference.Of(stays), null);
        Expect.Error("CmpKey.Vanished", () => Keys.Open(CngReference.Of(stays), null));
    }

    [Fact]
    public void With_its_certificate_goes_the_key_that_was_made_for_it_and_no_other()
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048") with { Provider = FakeCng.Tpm });
        using X509Certificate2 tied = Tied(handle.Key);
        Assert.Equal(handle.Reference, LinkedKey.MadeHere(_cng, tied));
        foreach (string name in new[] { "VPN", "Cmp-Vendor's own" })
        {
            _cng.Tied[tied.Thumbprint] = new CngName(FakeCng.Tpm, name, IsMachine: true);
            Assert.Null(LinkedKey.MadeHere(_cng, tied));
        }
        _cng.Tied.Clear();
        Assert.Null(LinkedKey.MadeHere(_cng, tied));
        Assert.Null(LinkedKey.MadeHere(null, tied));
    }

    /// <summary>One that was renewed with its key has it in common with the one before.</summary>
    [Fact]
    public void A_key_that_another_certificate_uses_is_not_deleted_with_one()
    {
        using KeyHandle handle = Keys.Get(Request("RSA_2048")), another = Keys.Get(Request("RSA_2048"));
        CngName name = CngReference.Read(handle.Reference!);
        Assert.Null(LinkedKey.UserOf(_cng, name, [(StorePath.LocalMachineMy, Tied(another.Key))]));
        X509Certificate2 before = Tied(handle.Key);
        string thumbprint = before.Thumbprint;
        Assert.Equal($@"LocalMachine\My\{thumbprint}", LinkedKey.UserOf(_cng, name, [(StorePath.CurrentUserMy, Tied(another.Key)), (StorePath.LocalMachineMy, before)]));
        // its own certificate does not count
        X509Certificate2 own = Tied(handle.Key), elsewhere = X509CertificateLoader.LoadCertificate(own.RawData);
        StorePath place = StorePath.LocalMachineMy with { Thumbprint = own.Thumbprint };
        Assert.Null(LinkedKey.UserOf(_cng, name, [(StorePath.LocalMachineMy, own)], place));
        Assert.NotNull(LinkedKey.UserOf(_cng, name, [(StorePath.CurrentUserMy, elsewhere)], place));
        // the user's key of that name is another one than the computer's
        Assert.Null(LinkedKey.UserOf(_cng, name with { IsMachine = true }, [(StorePath.LocalMachineMy, Tied(handle.Key))]));
    }

    [Fact]
    public void A_key_on_a_card_is_deleted_with_the_PIN_that_it_was_made_with()
    {
        _cng.DeletesWithPin = true;
        KeyHandle handle = Keys.Get(Request("RSA_2048") with { Provider = FakeCng.Card, Pin = SecretText.Of("1234") });
        handle.Delete();
        Assert.Empty(_cng.Names);
        KeyReference later;
        using (KeyHandle made = Keys.Get(Request("RSA_2048") with { Provider = FakeCng.Card, Pin = SecretText.Of("1234") }))
            later = made.Reference!;
        Expect.Error("CmpKey.Locked", () => Keys.Delete(later, null));
        Assert.Single(_cng.Names);
        Keys.Delete(later, SecretText.Of("1234"));
        Assert.Empty(_cng.Names);
    }

    [Fact]
    public void A_wrong_PIN_is_tried_once_by_however_many_rows()
    {
        CngKeys keys = Keys;
        using KeyHandle made = keys.Get(Request("RSA_2048") with { Provider = FakeCng.Card });
        _cng.Pin = "1234";
        Assert.All(
            Enumerable.Range(0, 32).AsParallel().WithDegreeOfParallelism(16).Select(number => number % 2 == 0
                ? Expect.Error("CmpKey.Locked", () => keys.Open(made.Reference!, SecretText.Of("9999")))
                : Expect.Error("CmpKey.Locked", () => keys.Get(Request("RSA_2048") with { Provider = FakeCng.Card, Pin = SecretText.Of("9999") }))),
            error => Assert.DoesNotContain("9999", error.ToString(), StringComparison.Ordinal));
        Assert.Equal(1, _cng.WrongPins);
        // two wrong ones in turn are two attempts and no more
        Expect.Error("CmpKey.Locked", () => keys.Open(made.Reference!, SecretText.Of("8888")));
        Expect.Error("CmpKey.Locked", () => keys.Open(made.Reference!, SecretText.Of("9999")));
        Assert.Equal(2, _cng.WrongPins);
        keys.Open(made.Reference!, SecretText.Of("1234")).Dispose();
    }

    [Fact]
    public void A_blob_that_is_none_is_an_error_and_the_key_goes()
    {
        var cng = new FakeCng();
        KeyHandle handle = new CngKeys(cng).Get(Request("RSA_2048"));
        cng.Set(Assert.Single(cng.Names), "Algorithm Group", System.Text.Encoding.Unicode.GetBytes("ECDSA\0"));
        Expect.Error("CmpKey.Failed", () => new CngKeys(cng).Open(handle.Reference!, null));
        cng.Set(Assert.Single(cng.Names), "Algorithm Group", System.Text.Encoding.Unicode.GetBytes("DSA\0"));
        Expect.Error("CmpKey.Algorithm", () => new CngKeys(cng).Open(handle.Reference!, null));
    }

    [Fact]
    public void A_point_of_another_length_than_its_curves_is_damage()
    {
        KeyHandle handle = Keys.Get(Request("ECDSA_brainpoolP256r1"));
        _cng.Set(Assert.Single(_cng.Names), "ECCCurveName", System.Text.Encoding.Unicode.GetBytes("brainpoolP384r1\0"));
        Expect.Error("CmpKey.Failed", () => Keys.Open(handle.Reference!, null));
    }

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_brainpoolP384r1")]
    [InlineData("ML-DSA-65")]
    public void It_is_tied_to_its_certificate_by_name_and_no_octet_of_it_moves(string algorithm)
    {
        using KeyHandle handle = Keys.Get(Request(algorithm));
        Assert.True(handle.Key.IsInPlatform);
        Assert.True(handle.Key.CanBeAttached);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Cmp.Tests.Transactions.Peer.Shared.Certify(handle.Key.PublicKey).Encoded.Span);
        using X509Certificate2 tied = handle.Key.AttachTo(certificate);
        Assert.Equal(Assert.Single(_cng.Names), _cng.KeyOf(tied));
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        using X509Certificate2 others = X509CertificateLoader.LoadCertificate(Cmp.Tests.Transactions.Peer.Shared.Certify(other.PublicKey).Encoded.Span);
        Expect.Error("CmpKey.Mismatch", () => handle.Key.AttachTo(others));
    }

    [Fact]
    public void A_file_is_refused_before_any_traffic_for_a_key_that_stays()
    {
        using var folder = new Folder();
        CertificateDestination file = CertificateDestination.InFile(folder.PathOf("key.pem"));
        using KeyHandle stays = Keys.Get(Request("ECDSA_P256"));
        CmpException error = Expect.Error("CmpKey.NotExportable", () => file.EnsureTakes(stays.Key));
        Assert.Contains("-CertStoreLocation", error.RecommendedAction, StringComparison.Ordinal);
        using KeyHandle leaves = Keys.Get(Request("ECDSA_P256") with { Exportable = true });
        file.EnsureTakes(leaves.Key);
        // and a store takes what Windows keeps, whatever the kind
        using KeyHandle kept = Keys.Get(Request("ML-DSA-44"));
        CertificateDestination.InStore(@"Cert:\CurrentUser\My").EnsureTakes(kept.Key);
    }

    [Fact]
    public void Off_Windows_there_are_none()
    {
        Assert.False(Keys.Serves(new KeyRequest { Provider = "pkcs11:token=t" }));
        Assert.True(Keys.Serves(Request("RSA_2048")));
        Assert.False(new CngKeys(null).Serves(Request("RSA_2048")));
        Assert.False(new CngKeys(null).Keeps(KeyReference.Parse("cng:p/n")));
        Assert.Empty(new CngKeys(null).Providers);
    }

    private static X509Certificate2 Tied(PrivateKey key)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Cmp.Tests.Transactions.Peer.Shared.Certify(key.PublicKey).Encoded.Span);
        return key.AttachTo(certificate);
    }

    internal static KeyRequest Request(string algorithm) => new() { Provider = FakeCng.Software, Algorithm = KeyAlgorithm.Parse(algorithm) };
}
