using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Whether the MAC or the signature of a message is right: each kind, with the right secret, a wrong one, none, and with changed octets.</summary>
public class ProtectionCheckTests
{
    private static readonly PkiBody Body = new PkiConfirmContent();

    public static TheoryData<string> Macs => new() { "PasswordBasedMac", "Pbmac1", "Hmac", "Kmac" };

    private static MacOptions Options(string kind) => kind switch
    {
        "Pbmac1" => new Pbmac1Options { Iterations = 100 },
        "Hmac" => new BareMacOptions(),
        "Kmac" => new BareMacOptions { Mac = Oids.Kmac256 },
        _ => Peer.FewIterations,
    };

    private static MessageCheck Protection(PkiMessage message, CheckSettings? settings = null) => CheckScene.Check(message, settings).Of(CheckKind.Protection);

    [Theory]
    [MemberData(nameof(Macs))]
    public void A_MAC_is_right_under_its_secret_and_wrong_under_another(string kind)
    {
        PkiMessage message = CheckScene.Mac(Body, Options(kind));
        using SharedSecret right = Peer.Secret(), wrong = Peer.Secret("wrong horse");
        MessageCheck check = Protection(message, new CheckSettings { Secret = right });
        Assert.Equal((CheckResult.Verified, kind, "RFC 9810 5.1.3.1", true), (check.Result, check.Protection.ToString(), check.Section, check.Passed));
        check = Protection(message, new CheckSettings { Secret = wrong });
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.StartsWith("The MAC is wrong", check.Reason);
        Assert.False(check.Passed);
        check = Protection(message);
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("'ref-1' was not given", check.Reason);
        Assert.False(check.Passed);
    }

    [Theory]
    [MemberData(nameof(Macs))]
    public void Rule20_No_octet_can_be_changed_under_a_MAC(string kind)
    {
        PkiMessage message = CheckScene.Mac(Body, Options(kind));
        using SharedSecret secret = Peer.Secret();
        AssertNoFlip(message, new CheckSettings { Secret = secret });
    }

    [Fact]
    public void Rule20_No_octet_can_be_changed_under_a_signature() => AssertNoFlip(CheckScene.Signed(Body, extraCerts: []), new CheckSettings { Certificates = [CheckScene.Pki.Client.Certificate] });

    private static void AssertNoFlip(PkiMessage message, CheckSettings settings)
    {
        Assert.Equal(CheckResult.Verified, Protection(message, settings).Result);
        int seen = 0;
        for (int octet = 0; octet < message.Encoded.Length; octet++)
        {
            if (CheckScene.Flip(message, octet, octet % 8) is not { } changed)
                continue;
            Assert.True(Protection(changed, settings).Result is CheckResult.Failed or CheckResult.NotChecked, $"octet {octet}");
            seen++;
        }
        Assert.True(seen > message.Encoded.Length / 4, $"{seen}");
    }

    [Fact]
    public void A_secret_of_another_name_is_named()
    {
        PkiMessage message = CheckScene.Mac(Body);
        using var another = new SharedSecret(Encoding.UTF8.GetBytes("ref-2"), Encoding.UTF8.GetBytes("wrong horse"));
        MessageCheck check = Protection(message, new CheckSettings { Secret = another });
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("'ref-1'", check.Reason);
        Assert.Contains("'ref-2'", check.Reason);
        // the same secret under a wrong name
        using var misnamed = new SharedSecret(Encoding.UTF8.GetBytes("ref-2"), Encoding.UTF8.GetBytes("correct horse"));
        check = Protection(message, new CheckSettings { Secret = misnamed });
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("calls the secret 'ref-1', and it was given as 'ref-2'", check.Reason);
        // a name that is none stands for any
        using var unnamed = new SharedSecret(ReadOnlyMemory<byte>.Empty, Encoding.UTF8.GetBytes("wrong horse"));
        Assert.Equal(CheckResult.Failed, Protection(message, new CheckSettings { Secret = unnamed }).Result);
    }

    [Fact]
    public void Rule70_A_reference_of_a_peer_is_escaped()
    {
        MessageCheck check = Protection(CheckScene.Mac(Body, change: header => header with { SenderKid = Encoding.UTF8.GetBytes("a\u001b[31m\u202eb") }));
        Assert.Contains("\\u{001B}", check.Reason);
        Assert.DoesNotContain('\u001b', check.Reason);
        Assert.DoesNotContain('\u202e', check.Reason);
        check = Protection(CheckScene.Mac(Body, change: header => header with { SenderKid = new byte[] { 0xFF, 0xFE } }));
        Assert.Contains("FFFE", check.Reason);
    }

    [Fact]
    public void Rule18_Iterations_without_end_are_refused_before_they_are_done()
    {
        PkiMessage message = CheckScene.Mac(Body);
        PbmParameter said = PbmParameter.Decode(message.Header.ProtectionAlg!.Parameters!.Value);
        PkiMessage endless = CheckScene.Wire(message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac, (said with { IterationCount = 2_000_000_000 }).Encoded) } });
        using SharedSecret secret = Peer.Secret();
        MessageCheck check = Protection(endless, new CheckSettings { Secret = secret });
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("iterationCount", check.Reason);
        Assert.Contains("2000000000", check.Reason);
    }

    [Fact]
    public void Parameters_that_do_not_decode_protect_nothing()
    {
        PkiMessage message = CheckScene.Mac(Body);
        PkiMessage broken = CheckScene.Wire(message with { Header = message.Header with { ProtectionAlg = AlgorithmIdentifier.WithNull(Oids.Pbmac1) } });
        using SharedSecret secret = Peer.Secret();
        Assert.Equal(CheckResult.Failed, Protection(broken, new CheckSettings { Secret = secret }).Result);
    }

    [Fact]
    public void Rule68_What_rests_on_SHA_1_is_said()
    {
        using SharedSecret secret = Peer.Secret();
        MessageCheck check = Protection(CheckScene.Mac(Body, Peer.FewIterations with { Mac = Oids.HmacSha1 }), new CheckSettings { Secret = secret });
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("SHA-1", check.Reason);
        Assert.DoesNotContain("SHA-1", Protection(CheckScene.Mac(Body), new CheckSettings { Secret = secret }).Reason);
    }

    [Fact]
    public void PasswordBasedMac_without_parameters_means_those_of_the_message_before()
    {
        using SharedSecret secret = Peer.Secret();
        PkiMessage first = CheckScene.Mac(Body);
        SharedSecretMac mac = SharedSecretMac.Read(first.Header.ProtectionAlg!, CmpLimits.Default);
        PkiMessage bare = first with { Header = first.Header with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac) } };
        bare = CheckScene.Wire(bare with { Protection = mac.Compute(secret, bare.ProtectedPart) });
        var checker = new MessageChecker(new CheckSettings { Secret = secret });
        checker.Check(first, Peer.Now);
        MessageCheck check = checker.Check(bare, Peer.Now).Of(CheckKind.Protection);
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("a message before", check.Reason);
        Assert.Equal(CheckResult.NotChecked, Protection(bare, new CheckSettings { Secret = secret }).Result);
    }

    [Fact]
    public void PBMAC1_with_its_keyLength_in_bits_is_right_only_leniently()
    {
        using SharedSecret secret = Peer.Secret();
        PkiMessage message = CheckScene.Mac(Body, new Pbmac1Options { Iterations = 100 });
        Pbmac1Params said = Pbmac1Params.Decode(message.Header.ProtectionAlg!.Parameters!.Value);
        Pbkdf2Params derivation = Pbkdf2Params.Decode(said.KeyDerivationFunc.Parameters!.Value);
        AlgorithmIdentifier inBits = new(Oids.Pbmac1, Pbmac1Params.Create(derivation with { KeyLength = 256 }, said.MessageAuthScheme).Encoded);
        PkiMessage changed = message with { Header = message.Header with { ProtectionAlg = inBits } };
        SharedSecretMac mac = SharedSecretMac.Read(message.Header.ProtectionAlg!, CmpLimits.Default);
        changed = CheckScene.Wire(changed with { Protection = mac.Compute(secret, changed.ProtectedPart) });
        Assert.Equal(CheckResult.Failed, Protection(changed, new CheckSettings { Secret = secret }).Result);
        MessageCheck check = Protection(changed, new CheckSettings { Secret = secret, Lenient = true });
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("in bits", check.Reason);
    }

    // what is missing

    [Fact]
    public void Without_protection_nobody_vouches_for_it()
    {
        MessageCheck check = Protection(CheckScene.Unprotected(Body));
        Assert.Equal((CheckResult.NotChecked, ProtectionKind.None, false), (check.Result, check.Protection, check.Passed));
        // but for the exchange of what it would be made with (rule 33)
        check = Protection(CheckScene.Unprotected(new GenMsgContent([InfoTypes.KemCiphertextInfo()])));
        Assert.Equal((CheckResult.Absent, true), (check.Result, check.Passed));
        Assert.Equal(CheckResult.NotChecked, Protection(CheckScene.Unprotected(new GenMsgContent([InfoTypes.KemCiphertextInfo(), InfoTypes.CryptlibPresenceCheck()]))).Result);
    }

    [Fact]
    public void Rule67_An_algorithm_without_protection_is_wrong_and_the_reverse()
    {
        PkiMessage message = CheckScene.Mac(Body);
        using SharedSecret secret = Peer.Secret();
        var settings = new CheckSettings { Secret = secret };
        Assert.Equal(CheckResult.Failed, Protection(CheckScene.Wire(message with { Protection = null }), settings).Result);
        Assert.Equal(CheckResult.Failed, Protection(CheckScene.Wire(message with { Header = message.Header with { ProtectionAlg = null } }), settings).Result);
    }

    [Fact]
    public void Rule20_A_protection_that_does_not_end_at_an_octet_is_wrong()
    {
        // the octet of unused bits stands before the 32 of the MAC
        PkiMessage message = CheckScene.Mac(Body);
        byte[] octets = message.Encoded.ToArray();
        octets[octets.Length - 33] = 4;
        using SharedSecret secret = Peer.Secret();
        MessageCheck check = Protection(PkiMessage.Decode(octets), new CheckSettings { Secret = secret });
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("whole octet", check.Reason);
    }

    // signatures

    public static TheoryData<string> Signers => new() { "RSA_2048", "ECDSA_P256", "ECDSA_P384", "Ed25519", "Ed448", "ML-DSA-44", "SLH-DSA-SHA2-128f" };

    [SkippableTheory]
    [MemberData(nameof(Signers))]
    public void A_signature_is_right_under_the_key_of_the_sender(string algorithm)
    {
        Skip.If(Mono.IsRunning && (algorithm.StartsWith("RSA", StringComparison.Ordinal) || algorithm.EndsWith("P256", StringComparison.Ordinal)), Mono.HasNoCngKeys);
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        MadeCertificate signer = CheckScene.Pki.Issuing.Issue("CN=" + algorithm, Shape.Leaf with { Key = key });
        PkiMessage message = CheckScene.Signed(Body, signer);
        MessageCheck check = Protection(message);
        Assert.Equal((CheckResult.Verified, ProtectionKind.Signature, "CN=" + algorithm), (check.Result, check.Protection, check.Subject));
        byte[] wrong = message.Protection!.Value.ToArray();
        wrong[wrong.Length / 2] ^= 1;
        check = Protection(CheckScene.Wire(message with { Protection = wrong }));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("CN=" + algorithm, check.Reason);
    }

    [Fact]
    public void A_signer_who_is_not_at_hand_is_named()
    {
        PkiMessage message = CheckScene.Signed(Body, extraCerts: []);
        MessageCheck check = Protection(message);
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("CN=Client, O=Cmp tests", check.Reason);
        Assert.Equal(CheckResult.Verified, Protection(message, new CheckSettings { Certificates = [CheckScene.Pki.Client.Certificate] }).Result);
        // earlier in the conversation
        var checker = new MessageChecker();
        checker.Check(CheckScene.Signed(Body), Peer.Now);
        Assert.Equal(CheckResult.Verified, checker.Check(message, Peer.Now).Of(CheckKind.Protection).Result);
        // but not of another transaction
        checker = new MessageChecker();
        checker.Check(CheckScene.Signed(Body, change: header => header with { TransactionId = new byte[16] }), Peer.Now);
        Assert.Equal(CheckResult.NotChecked, checker.Check(message, Peer.Now).Of(CheckKind.Protection).Result);
    }

    [Fact]
    public void Rule27_Who_signs_in_the_name_of_another_is_found()
    {
        PkiMessage message = CheckScene.Signed(Body, CheckScene.Pki.Client, header => header with { Sender = GeneralName.FromName(CheckScene.Pki.Signer.Certificate.Subject) });
        MessageCheck check = Protection(message, new CheckSettings { Anchors = [CheckScene.Pki.Root.Certificate] });
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("is not the sender CN=Test Server", check.Reason);
        Assert.DoesNotContain(CheckScene.Check(message, new CheckSettings { Anchors = [CheckScene.Pki.Root.Certificate] }), one => one.Check == CheckKind.SignerChain);
    }

    [Fact]
    public void A_senderKID_of_another_key_is_said()
    {
        MessageCheck check = Protection(CheckScene.Signed(Body, change: header => header with { SenderKid = new byte[20] }));
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("senderKID names another key", check.Reason);
        // another key of the same name is no proof that the message was changed
        MadeCertificate renewed = CheckScene.Pki.Issuing.Issue("CN=Client, O=Cmp tests");
        check = Protection(CheckScene.Signed(Body, extraCerts: [renewed.Certificate]));
        Assert.Equal(CheckResult.NotChecked, check.Result);
    }

    [Fact]
    public void A_sender_without_a_name_is_known_by_its_key()
    {
        Func<PkiHeader, PkiHeader> nameless = header => header with { Sender = GeneralName.NullDn };
        Assert.Equal(CheckResult.Verified, Protection(CheckScene.Signed(Body, change: nameless)).Result);
        MessageCheck check = Protection(CheckScene.Signed(Body, change: header => nameless(header) with { SenderKid = null }));
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("Neither sender nor senderKID", check.Reason);
        Assert.Equal(CheckResult.Failed, Protection(CheckScene.Signed(Body, change: header => nameless(header) with { SenderKid = new byte[20] })).Result);
    }

    [Fact]
    public void An_algorithm_that_is_not_known_is_said_to_be()
    {
        PkiMessage message = CheckScene.Signed(Body);
        MessageCheck check = Protection(CheckScene.Wire(message with { Header = message.Header with { ProtectionAlg = new AlgorithmIdentifier("1.2.3.4") } }));
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("1.2.3.4", check.Reason);
    }

    [Fact]
    public void Certificates_that_do_not_decode_are_nobodys()
    {
        Certificate broken = Certificate.Decode(new byte[] { 0x30, 0x02, 0x05, 0x00 });
        Assert.Equal(CheckResult.Verified, Protection(CheckScene.Signed(Body, extraCerts: [broken, CheckScene.Pki.Client.Certificate])).Result);
        Assert.Equal(CheckResult.NotChecked, Protection(CheckScene.Signed(Body, extraCerts: [broken])).Result);
    }

    // keys that agree, and keys that take secrets in

    [Fact]
    public void DHBasedMac_is_right_under_either_key_with_the_certificate_of_the_other()
    {
        using PrivateKey ours = PrivateKey.Generate(KeyAlgorithm.Parse("X25519")), theirs = PrivateKey.Generate(KeyAlgorithm.Parse("X25519")), another = PrivateKey.Generate(KeyAlgorithm.Parse("X25519"));
        Shape agrees = Shape.Leaf with { KeyUsage = KeyUsages.KeyAgreement };
        Certificate mine = CheckScene.Pki.Issuing.Certify(ours.PublicKey, "CN=device", agrees), server = CheckScene.Pki.Issuing.Certify(theirs.PublicKey, "CN=Test Server", agrees);
        using var credential = new DhCertificate(mine, ours, server);
        using MessageProtector protector = MessageProtector.DhBasedMac(credential, new DhMacOptions());
        PkiMessage message = CheckScene.Wire(protector.Protect(CheckScene.Header(mine.Subject, protector.SenderKid), Body, [mine]));

        // who received it has the sender's certificate in it; who sent it needs the receiver's
        Assert.Equal(CheckResult.Verified, Protection(message, new CheckSettings { Key = theirs }).Result);
        Assert.Equal(CheckResult.NotChecked, Protection(message, new CheckSettings { Key = ours }).Result);
        Assert.Equal(CheckResult.Verified, Protection(message, new CheckSettings { Key = ours, Certificates = [server] }).Result);
        Assert.Equal(CheckResult.Failed, Protection(message, new CheckSettings { Key = another }).Result);
        Assert.Equal(CheckResult.Failed, Protection(CheckScene.Wire(message with { Body = new PollReqContent([0]) }), new CheckSettings { Key = theirs }).Result);
        MessageCheck check = Protection(message);
        Assert.Equal((CheckResult.NotChecked, "RFC 9810 5.1.3.2"), (check.Result, check.Section));
        Assert.Contains("DhBasedMac", check.Reason);
        using PrivateKey signing = PrivateKey.Generate(KeyAlgorithm.Parse("Ed25519"));
        Assert.Contains("agrees on nothing", Protection(message, new CheckSettings { Key = signing }).Reason);
        Assert.Equal(CheckResult.Verified, CheckScene.Check(message, new CheckSettings { Key = theirs, Anchors = [CheckScene.Pki.Root.Certificate], Certificates = [CheckScene.Pki.Issuing.Certificate] }).Of(CheckKind.SignerChain).Result);
    }

    [Fact]
    public void KemBasedMac_is_right_under_what_was_encapsulated_in_its_transaction()
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-512")), another = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-512"));
        Certificate device = CheckScene.Pki.Issuing.Certify(key.PublicKey, "CN=device", Shape.Leaf with { KeyUsage = KeyUsages.KeyEncipherment });
        using KemEncapsulation encapsulation = Kem.Encapsulate(key.PublicKey);
        using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, encapsulation.CopySecret());
        PkiMessage question = CheckScene.Unprotected(new GenMsgContent([InfoTypes.KemCiphertextInfo()]), [device]);
        PkiMessage answer = CheckScene.Unprotected(new GenRepContent([InfoTypes.KemCiphertextInfo(new KemCiphertextInfo(encapsulation.Algorithm, encapsulation.Ciphertext))]));
        using MessageProtector protector = MessageProtector.KemBasedMac(secret, device, new KemMacOptions { TransactionId = CheckScene.Id });
        PkiMessage message = CheckScene.Wire(protector.Protect(CheckScene.Header(device.Subject, protector.SenderKid), Body, [device]));

        MessageCheck Last(CheckSettings settings, PkiMessage? last = null, bool whole = true)
        {
            var checker = new MessageChecker(settings);
            if (whole)
            {
                Assert.Equal(CheckResult.Absent, checker.Check(question, Peer.Now).Of(CheckKind.Protection).Result);
                Assert.Equal(CheckResult.Absent, checker.Check(answer, Peer.Now).Of(CheckKind.Protection).Result);
            }
            return checker.Check(last ?? message, Peer.Now).Of(CheckKind.Protection);
        }

        Assert.Equal(CheckResult.Verified, Last(new CheckSettings { Key = key }).Result);
        Assert.Equal(CheckResult.Failed, Last(new CheckSettings { Key = another }).Result);
        Assert.Equal(CheckResult.Failed, Last(new CheckSettings { Key = key }, CheckScene.Wire(message with { Body = new PollReqContent([0]) })).Result);
        // bound to its transaction
        Assert.Equal(CheckResult.NotChecked, Last(new CheckSettings { Key = key }, CheckScene.Wire(message with { Header = message.Header with { TransactionId = new byte[16] } })).Result);
        MessageCheck alone = Last(new CheckSettings { Key = key }, whole: false);
        Assert.Equal(CheckResult.NotChecked, alone.Result);
        Assert.Contains("earlier message", alone.Reason);
        Assert.Equal(CheckResult.NotChecked, Last(new CheckSettings()).Result);
        using PrivateKey signing = PrivateKey.Generate(KeyAlgorithm.Parse("Ed25519"));
        Assert.Contains("opens no encapsulated secret", Last(new CheckSettings { Key = signing }).Reason);
    }

    [Fact]
    public void What_was_encapsulated_for_the_server_goes_in_the_header_of_a_request()
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-512"));
        Certificate server = CheckScene.Pki.Issuing.Certify(key.PublicKey, "CN=Test Server", Shape.Leaf with { KeyUsage = KeyUsages.KeyEncipherment });
        using KemEncapsulation encapsulation = Kem.Encapsulate(key.PublicKey);
        using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, encapsulation.CopySecret());
        PkiMessage request = CheckScene.Signed(Body, change: header => header with { GeneralInfo = [InfoTypes.KemCiphertextInfo(new KemCiphertextInfo(encapsulation.Algorithm, encapsulation.Ciphertext))] });
        using MessageProtector protector = MessageProtector.KemBasedMac(secret, server, new KemMacOptions { TransactionId = CheckScene.Id });
        PkiMessage answer = CheckScene.Wire(protector.Protect(CheckScene.Header(server.Subject, protector.SenderKid), Body, [server]));
        var checker = new MessageChecker(new CheckSettings { Key = key, Anchors = [CheckScene.Pki.Root.Certificate] });
        Assert.Equal(CheckResult.Verified, checker.Check(request, Peer.Now).Of(CheckKind.Protection).Result);
        IReadOnlyList<MessageCheck> checks = checker.Check(answer, Peer.Now);
        Assert.Equal(CheckResult.Verified, checks.Of(CheckKind.Protection).Result);
        Assert.Equal(CheckResult.Verified, checks.Of(CheckKind.SignerChain).Result);
    }
}
