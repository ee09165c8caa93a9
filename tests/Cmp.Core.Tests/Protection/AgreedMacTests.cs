using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Protection;

/// <summary>KemBasedMac and DHBasedMac as others compute them, and what is refused before anything is derived.</summary>
public class AgreedMacTests
{
    private static readonly byte[] Id = [.. Enumerable.Repeat((byte)7, 16)];

    /// <summary>Requests and answers between Siemens' test suite and its mock CA, in flow 1 of RFC 9810 appendix E.</summary>
    [SkippableFact]
    public void Recorded_messages_under_KemBasedMac_verify_with_the_secrets_that_go_with_them()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string folder = Path.Combine(Repository.Data!, "foreign");
        IReadOnlyList<RecordedDerivation> recorded = RecordedDerivation.ReadAll(Repository.Data!);
        int verified = 0;
        foreach (string file in Directory.GetFiles(folder, "00*.der").OrderBy(name => name, StringComparer.Ordinal))
        {
            PkiMessage message = PkiMessage.Decode(File.ReadAllBytes(file));
            if (ProtectionKinds.Of(message.Header.ProtectionAlg) != ProtectionKind.KemBasedMac)
                continue;
            ReadOnlyMemory<byte> id = message.Header.TransactionId!.Value;
            byte[] otherInfo = new KemOtherInfo(id).Encoded.ToArray();
            byte[][] secrets = [.. recorded.Where(row => row.OtherInfo.SequenceEqual(otherInfo)).Select(row => row.Secret)];
            SharedSecretMac mac = SharedSecretMac.ReadAgreed(message.Header.ProtectionAlg!, id, CmpLimits.Default);
            Assert.Equal("KemBasedMac with kdf3 and hmacWithSHA256", mac.ToString());
            // one is wrong on purpose, and its CA answered by an error
            bool isWrong = Path.GetFileName(file) == "0016.req.der";
            Assert.NotEmpty(secrets);
            Assert.Equal(!isWrong, secrets.Any(secret => IsUnder(mac, secret, message)));
            Assert.DoesNotContain(secrets, secret => IsUnder(mac, [.. secret.AsEnumerable().Reverse()], message));
            // bound to its transaction
            SharedSecretMac elsewhere = SharedSecretMac.ReadAgreed(message.Header.ProtectionAlg!, Id, CmpLimits.Default);
            Assert.DoesNotContain(secrets, secret => IsUnder(elsewhere, secret, message));
            verified += isWrong ? 0 : 1;
        }
        Assert.Equal(7, verified);
    }

    /// <summary>
    /// Siemens' test suite takes the shared secret itself for BASEKEY, without the digest, and leaves AES-GMAC at 16 octets where its parameters say 12 (the
    /// default): the expansion, the MAC and what it is over are as here.
    /// </summary>
    [SkippableFact]
    public void A_recorded_message_under_DHBasedMac_verifies_by_the_expansion_of_BASEKEY()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        PkiMessage message = PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign", "0001.verify_pkimessage_protection.der")));
        DhbmParameter dh = DhbmParameter.Decode(message.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal((Oids.DhBasedMac, Oids.Sha1, Oids.Aes256Gmac), (message.Header.ProtectionAlg.Oid, dh.Owf.Oid, dh.Mac.Oid));
        byte[] key = PasswordBasedMacKey.Fit(Encoding.ASCII.GetBytes("AAAAAAAAAAAA"), dh.Owf.Oid, 32);
        byte[] mac = Macs.Compute(dh.Mac, key, message.ProtectedPart);
        Assert.Equal(12, mac.Length);
        Assert.Equal(mac, message.Protection!.Value.Slice(0, 12).ToArray());
    }

    [Fact]
    public void Two_groups_of_numbers_protect_and_verify()
    {
        using PrivateKey ours = KeyAgreementTests.Dh(hasOrder: true, 0x1234567), theirs = KeyAgreementTests.Dh(hasOrder: true, 0x7654321);
        Shape agrees = Shape.Leaf with { KeyUsage = KeyUsages.KeyAgreement };
        Certificate mine = MadeCertificate.Root("CN=Vendor").Certify(ours.PublicKey, "CN=device", agrees), server = Peer.Shared.Issuing.Certify(theirs.PublicKey, "CN=server", agrees);
        using var client = new DhCertificate(mine, ours, server);
        using var peer = new DhCertificate(server, theirs, mine);
        var header = new PkiHeader(2, GeneralName.FromName(server.Subject), GeneralName.NullDn) { TransactionId = Id };
        using MessageProtector protector = MessageProtector.DhBasedMac(peer, new DhMacOptions());
        PkiMessage answer = PkiMessage.Decode(protector.Protect(header, new PkiConfirmContent(), []).Encoded);
        using var verifier = new AnswerVerifier(new TrustSettings { Pin = server }, client, ProtectionKind.DhBasedMac);
        Assert.Equal(ProtectionKind.DhBasedMac, verifier.Verify(answer, [], Peer.Now).Kind);
        Expect.Error("CmpProtection.Invalid", () => verifier.Verify(answer with { Protection = new byte[32] }, [], Peer.Now));
        Expect.Error("CmpTrust.Expired", () => verifier.Verify(answer, [], Peer.Now.AddYears(1)));
        // our own key is never a responder (rule 65)
        using var self = new DhCertificate(mine, ours, mine);
        using var mirror = new AnswerVerifier(new TrustSettings { Pin = mine }, self, ProtectionKind.DhBasedMac);
        using MessageProtector reflected = MessageProtector.DhBasedMac(self, new DhMacOptions());
        PkiMessage echo = PkiMessage.Decode(reflected.Protect(header with { Sender = GeneralName.FromName(mine.Subject) }, new PkiConfirmContent(), []).Encoded);
        Expect.Error("CmpTrust.SignerNotAuthorized", () => mirror.Verify(echo, [], Peer.Now));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1025)]
    public void Rule18_A_key_that_is_too_short_or_too_long_is_refused_before_it_is_derived(int length) => Expect.Error("CmpProtection.Algorithm", () => Read(new KemBMParameter(Hkdf, null, length, Hmac)));

    [Fact]
    public void Rule18_A_context_and_parameters_of_MACs_have_their_bounds()
    {
        Read(new KemBMParameter(Hkdf, new byte[1024], 32, Hmac));
        Expect.Error("CmpProtection.Algorithm", () => Read(new KemBMParameter(Hkdf, new byte[1025], 32, Hmac)));
        Expect.Error("CmpProtection.Algorithm", () => Read(new KemBMParameter(Hkdf, null, 16, Macs.New(Oids.Aes256Gmac))));
        Expect.Error("CmpProtection.Algorithm", () => Read(new KemBMParameter(Hkdf, null, 32, new AlgorithmIdentifier("1.2.3"))));
        Expect.Error("CmpProtection.Algorithm", () => SharedSecretMac.ReadAgreed(new AlgorithmIdentifier(Oids.KemBasedMac), Id, CmpLimits.Default));
        Expect.Error("CmpMessage.Malformed", () => SharedSecretMac.ReadAgreed(AlgorithmIdentifier.WithNull(Oids.KemBasedMac), Id, CmpLimits.Default));
        Expect.Error("CmpProtection.Algorithm", () => new KemMacOptions { Kdf = Oids.Pbkdf2 }.New());
        Expect.Error("CmpProtection.Algorithm", () => new DhMacOptions { Owf = Oids.Md5 }.New());
    }

    private static AlgorithmIdentifier Hkdf => new(Oids.HkdfWithSha256);

    private static AlgorithmIdentifier Hmac => AlgorithmIdentifier.WithNull(Oids.HmacWithSha256);

    private static SharedSecretMac Read(KemBMParameter parameters) => SharedSecretMac.ReadAgreed(new AlgorithmIdentifier(Oids.KemBasedMac, parameters.Encoded), Id, CmpLimits.Default);

    private static bool IsUnder(SharedSecretMac mac, byte[] secret, PkiMessage message)
    {
        using var shared = new SharedSecret(ReadOnlyMemory<byte>.Empty, (byte[])secret.Clone()); // which it clears
        return mac.Verify(shared, message.ProtectedPart, message.Protection!.Value) is not null;
    }
}
