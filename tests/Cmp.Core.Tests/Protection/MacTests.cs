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

/// <summary>Answers under PasswordBasedMac.</summary>
public class MacTests
{
    private static readonly PkiBody Body = new PkiConfirmContent();

    private static AnswerVerifier Verifier(TrustSettings? trust = null, ProtectionKind ours = ProtectionKind.PasswordBasedMac) =>
        new(trust ?? new TrustSettings(), Peer.Secret(), ours);

    private static VerifiedAnswer Verify(PkiMessage answer, TrustSettings? trust = null) => Verifier(trust).Verify(PkiMessage.Decode(answer.Encoded), [], Peer.Now);

    private static CmpException Refused(PkiMessage answer, TrustSettings? trust = null) => Assert.Throws<CmpException>(() => Verify(answer, trust));

    private static PkiHeader Header(GeneralName? sender = null) => new(2, sender ?? GeneralName.FromName(Name.Parse("CN=Test Server")), GeneralName.NullDn);

    private static PkiMessage Protected(PkiHeader? header = null, PbmOptions? options = null) => Peer.Mac(options: options).Protect(header ?? Header(), Body, []);

    /// <summary>With parameters as they are given, and the right MAC for them.</summary>
    private static PkiMessage WithParameters(ReadOnlyMemory<byte> salt, string owf, BigInteger iterations, string mac, bool isRight = true)
    {
        var parameters = new PbmParameter(salt, new AlgorithmIdentifier(owf), iterations, new AlgorithmIdentifier(mac));
        var message = new PkiMessage(Header() with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac, parameters.Encoded) }, Body);
        if (!isRight)
            return message with { Protection = new byte[32] };
        byte[] key = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), salt, owf, (int)iterations);
        return message with { Protection = Macs.Compute(parameters.Mac, key, message.ProtectedPart) };
    }

    [Fact]
    public void Rule30_An_answer_under_the_same_secret_is_believed()
    {
        VerifiedAnswer verified = Verify(Protected());
        Assert.Equal(ProtectionKind.PasswordBasedMac, verified.Kind);
        Assert.True(verified.IsAuthenticated);
        Assert.Null(verified.Signer);
        Assert.Empty(verified.Warnings);
    }

    [Fact]
    public void Rule30_An_answer_under_another_secret_is_not()
    {
        CmpException error = Refused(Peer.Mac("another secret").Protect(Header(), Body, []));
        Assert.Equal("CmpProtection.Invalid", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void An_answer_without_protection_is_nobodys() =>
        Assert.False(Verify(MessageProtector.None(null).Protect(Header(), Body, [])).IsAuthenticated);

    [Theory]
    [InlineData(Oids.Sha224, Oids.HmacWithSha224)]
    [InlineData(Oids.Sha256, Oids.HmacWithSha256)]
    [InlineData(Oids.Sha384, Oids.HmacWithSha384)]
    [InlineData(Oids.Sha512, Oids.HmacWithSha512)]
    [InlineData(Oids.Sha512, Oids.HmacWithSha256)]
    public void Rule18_Digests_and_MACs_of_SHA2_are_understood(string owf, string mac) =>
        Assert.True(Verify(Protected(options: Peer.FewIterations with { Owf = owf, Mac = mac })).IsAuthenticated);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    public void Rule18_A_salt_has_up_to_1024_octets(int length) =>
        Assert.True(Verify(WithParameters(new byte[length], Oids.Sha256, 100, Oids.HmacWithSha256)).IsAuthenticated);

    [Fact]
    public void Rule18_A_longer_salt_is_refused_and_the_error_says_how_long()
    {
        CmpException error = Refused(WithParameters(new byte[1025], Oids.Sha256, 100, Oids.HmacWithSha256));
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains("salt", error.Message);
        Assert.Contains("1025", error.Message);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void Rule18_100_to_100000_iterations_are_accepted(int iterations) =>
        Assert.True(Verify(WithParameters(new byte[8], Oids.Sha256, iterations, Oids.HmacWithSha256)).IsAuthenticated);

    [Theory]
    [InlineData("99")]
    [InlineData("0")]
    [InlineData("-100")]
    [InlineData("100001")]
    [InlineData("2147483648")]
    [InlineData("4294967396")] // 100 in its low 32 bits
    public void Rule18_Other_counts_are_refused_before_any_derivation(string iterations)
    {
        // the MAC is wrong too: had it been computed, that would be the reason
        CmpException error = Refused(WithParameters(new byte[8], Oids.Sha256, BigInteger.Parse(iterations, System.Globalization.CultureInfo.InvariantCulture), Oids.HmacWithSha256, isRight: false));
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains("iterationCount", error.Message);
        Assert.Contains(iterations, error.Message);
    }

    [Fact]
    public void Rule18_A_huge_count_is_refused_without_being_written_out()
    {
        CmpException error = Refused(WithParameters(new byte[8], Oids.Sha256, BigInteger.Pow(10, 30), Oids.HmacWithSha256, isRight: false));
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains("a number of more than 63 bits", error.Message);
    }

    [Fact]
    public void Rule18_The_bounds_are_configurable()
    {
        PkiMessage answer = WithParameters(new byte[8], Oids.Sha256, 200, Oids.HmacWithSha256);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer, new TrustSettings { Limits = new CmpLimits { MaxPbmIterations = 199 } }).ErrorId);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer, new TrustSettings { Limits = new CmpLimits { MinPbmIterations = 201 } }).ErrorId);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer, new TrustSettings { Limits = new CmpLimits { MaxSaltBytes = 7 } }).ErrorId);
        Assert.True(Verify(answer, new TrustSettings { Limits = new CmpLimits { MaxPbmIterations = 200, MinPbmIterations = 200, MaxSaltBytes = 8 } }).IsAuthenticated);
    }

    [Fact]
    public void Rule20_Header_and_body_are_verified_as_they_arrived()
    {
        // BER that no encoder of ours would write: the length of the header in two octets, where one would do
        PkiMessage good = Protected();
        byte[] header = Padded(good.Header.Encoded);
        byte[] body = good.Body.Encoded.ToArray();
        AlgorithmIdentifier algorithm = good.Header.ProtectionAlg!;
        PbmParameter pbm = PbmParameter.Decode(algorithm.Parameters!.Value);
        byte[] key = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), pbm.Salt, pbm.Owf.Oid, (int)pbm.IterationCount);
        byte[] mac = Macs.Compute(pbm.Mac, key, Tlv.Of(0x30, header, body));

        Assert.True(Verifier().Verify(PkiMessage.Decode(Assemble(header, body, mac)), [], Peer.Now).IsAuthenticated);
        // the same content in DER is not what was protected
        PkiMessage encodedAnew = PkiMessage.Decode(Assemble(good.Header.Encoded.ToArray(), body, mac));
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => Verifier().Verify(encodedAnew, [], Peer.Now)).ErrorId);
    }

    [Fact]
    public void Rule20_Unused_bits_in_the_protection_are_refused_and_no_MAC_is_trimmed()
    {
        PkiMessage good = Protected();
        byte[] octets = good.Encoded.ToArray();
        int unused = octets.Length - good.Protection!.Value.Length - 1;
        Assert.Equal(0, octets[unused]);
        octets[unused] = 1;
        CmpException error = Assert.Throws<CmpException>(() => Verifier().Verify(PkiMessage.Decode(octets), [], Peer.Now));
        Assert.Equal("CmpProtection.Invalid", error.ErrorId);
        Assert.Contains("whole octet", error.Message);

        byte[] mac = good.Protection.Value.ToArray();
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = mac.AsSpan(0, mac.Length - 1).ToArray() }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = mac.Concat(new byte[] { 0 }).ToArray() }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(good with { Protection = Array.Empty<byte>() }).ErrorId);
    }

    [Fact]
    public void Rule24_Another_form_of_name_is_accepted_under_a_MAC() =>
        Assert.True(Verify(Protected(Header(GeneralName.FromText(GeneralNameType.DnsName, "ca.example")))).IsAuthenticated);

    [Fact]
    public void Rule24_So_is_the_NULL_DN() => Assert.True(Verify(Protected(Header(GeneralName.NullDn))).IsAuthenticated);

    [Fact]
    public void Rule24_An_expected_sender_is_compared_under_a_MAC_too()
    {
        var trust = new TrustSettings { ExpectedSender = Name.Parse("CN=Test Server") };
        Assert.True(Verify(Protected(), trust).IsAuthenticated);
        Assert.Equal("CmpProtection.Sender", Refused(Protected(Header(GeneralName.FromName(Name.Parse("CN=Another")))), trust).ErrorId);
        Assert.Equal("CmpProtection.Sender", Refused(Protected(Header(GeneralName.NullDn)), trust).ErrorId);
        Assert.Equal("CmpProtection.Sender", Refused(Protected(Header(GeneralName.FromText(GeneralNameType.DnsName, "ca.example"))), trust).ErrorId);
    }

    [Fact]
    public void Rule66_A_MAC_never_answers_a_signature()
    {
        var verifier = new AnswerVerifier(new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] }, new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key), ProtectionKind.Signature);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => verifier.Verify(Protected(), [], Peer.Now)).ErrorId);
    }

    [Theory]
    [InlineData(ProtectionKind.Pbmac1)]
    [InlineData(ProtectionKind.Hmac)]
    [InlineData(ProtectionKind.Kmac)]
    public void Rule66_Whatever_MAC_it_is_even_if_its_secret_is_known(ProtectionKind kind)
    {
        MacOptions options = kind switch { ProtectionKind.Pbmac1 => new Pbmac1Options { Iterations = 10 }, ProtectionKind.Hmac => new BareMacOptions(), _ => new BareMacOptions { Mac = Oids.Kmac256 } };
        PkiMessage answer = MessageProtector.Mac(Peer.Secret(), options).Protect(Header(), Body, []);
        var verifier = new AnswerVerifier(new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] }, new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key), ProtectionKind.Signature);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => verifier.Verify(answer, [], Peer.Now)).ErrorId);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => Verifier(ours: ProtectionKind.Signature).Verify(answer, [], Peer.Now)).ErrorId);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => Verifier(ours: ProtectionKind.None).Verify(answer, [], Peer.Now)).ErrorId);
    }

    [Fact]
    public void Rule66_Another_MAC_under_the_same_secret_is_taken_and_RFC_9483_warns_of_it()
    {
        // as Siemens' RA answers PBMAC1 and bare HMAC
        Assert.Contains("RFC 9483 3.2", Assert.Single(Verifier(ours: ProtectionKind.Pbmac1).Verify(Protected(), [], Peer.Now).Warnings));
        Assert.Empty(Verifier(new TrustSettings { WarnOnMixedProtection = false }, ProtectionKind.Hmac).Verify(Protected(), [], Peer.Now).Warnings);
        // and all the rest of the transaction rests on that secret
        AnswerVerifier verifier = Verifier(new TrustSettings { Anchors = [Peer.Shared.Root.Certificate], AllowAnySigner = true }, ProtectionKind.Pbmac1);
        PkiMessage first = Protected();
        verifier.Accept(first, verifier.Verify(first, [], Peer.Now));
        Assert.True(verifier.Verify(MessageProtector.Mac(Peer.Secret(), new Pbmac1Options { Iterations = 10 }).Protect(Header(), Body, []), [], Peer.Now).IsAuthenticated);
        PkiMessage signed = Peer.Signature(Peer.Shared.Signer).Protect(Header(), Body, [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate]);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => verifier.Verify(signed, [], Peer.Now)).ErrorId);
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Pbmac1)]
    [InlineData(ProtectionKind.Hmac)]
    [InlineData(ProtectionKind.Kmac)]
    public void Rule66_A_signature_in_answer_to_a_MAC_needs_explicit_anchors_or_a_pin(ProtectionKind ours)
    {
        PkiMessage signed = Peer.Signature(Peer.Shared.Signer).Protect(Header(GeneralName.FromName(Peer.Shared.Signer.Certificate.Subject)), Body, [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate]);
        Assert.Equal("CmpTrust.NoAnchor", Assert.Throws<CmpException>(() => Verifier(ours: ours).Verify(signed, [], Peer.Now)).ErrorId);
        foreach (TrustSettings trust in new[] { new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] }, new TrustSettings { Pin = Peer.Shared.Signer.Certificate } })
        {
            VerifiedAnswer verified = Verifier(trust, ours).Verify(signed, [], Peer.Now);
            Assert.Equal(ProtectionKind.Signature, verified.Kind);
            Assert.Contains("RFC 9483 3.2", Assert.Single(verified.Warnings));
        }
    }

    [Fact]
    public void Rule66_Nor_a_request_without_protection() =>
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => Verifier(ours: ProtectionKind.None).Verify(Protected(), [], Peer.Now)).ErrorId);

    [Fact]
    public void Rule66_After_an_answer_under_a_MAC_no_signature_is_taken()
    {
        AnswerVerifier verifier = Verifier(new TrustSettings { Anchors = [Peer.Shared.Root.Certificate], AllowAnySigner = true });
        PkiMessage first = Protected();
        verifier.Accept(first, verifier.Verify(first, [], Peer.Now));
        PkiMessage signed = Peer.Signature(Peer.Shared.Signer).Protect(Header(), Body, [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate]);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => verifier.Verify(signed, [], Peer.Now)).ErrorId);
        Assert.True(verifier.Verify(Protected(), [], Peer.Now).IsAuthenticated);
    }

    [Fact]
    public void Rule67_An_algorithm_without_protection_or_the_reverse_is_an_error()
    {
        Assert.Equal("CmpProtection.Invalid", Refused(Protected() with { Protection = null }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(new PkiMessage(Header(), Body) { Protection = new byte[32] }).ErrorId);
    }

    [Theory]
    [InlineData(Oids.KemBasedMac)]
    [InlineData(Oids.DhBasedMac)]
    public void Rule67_A_kind_that_is_not_configured_is_refused_by_name(string oid)
    {
        CmpException error = Refused(new PkiMessage(Header() with { ProtectionAlg = new AlgorithmIdentifier(oid) }, Body) { Protection = new byte[32] });
        Assert.Equal("CmpProtection.Kind", error.ErrorId);
        Assert.Contains("ac", error.Message);
    }

    [Fact]
    public void Rule67_PasswordBasedMac_without_parameters_is_an_error() =>
        Assert.Equal("CmpProtection.Algorithm", Refused(new PkiMessage(Header() with { ProtectionAlg = new AlgorithmIdentifier(Oids.PasswordBasedMac) }, Body) { Protection = new byte[32] }).ErrorId);

    [Theory]
    [InlineData(Oids.Sha1, Oids.HmacWithSha256)]
    [InlineData(Oids.Sha256, Oids.HmacSha1)]
    [InlineData(Oids.Sha256, Oids.HmacWithSha1)]
    public void Rule68_SHA1_is_accepted_only_where_preset_or_user_says_so(string owf, string mac)
    {
        PkiMessage answer = WithParameters(new byte[8], owf, 100, mac);
        CmpException error = Refused(answer);
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.True(Verify(answer, new TrustSettings { AllowPbmSha1 = true }).IsAuthenticated);
    }

    [Theory]
    [InlineData(Oids.Md5, Oids.HmacWithSha256)]
    [InlineData(Oids.Shake256, Oids.HmacWithSha256)]
    [InlineData(Oids.Sha256, Oids.Sha256)]
    [InlineData("1.2.3.4", Oids.HmacWithSha256)]
    public void Rule68_MD5_and_what_is_unknown_never_are(string owf, string mac)
    {
        PkiMessage answer = WithParameters(new byte[8], owf, 100, mac, isRight: false);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer).ErrorId);
        Assert.Equal("CmpProtection.Algorithm", Refused(answer, new TrustSettings { AllowPbmSha1 = true }).ErrorId);
    }

    [Fact]
    public void A_secret_that_was_disposed_of_verifies_nothing()
    {
        SharedSecret secret = Peer.Secret();
        var verifier = new AnswerVerifier(new TrustSettings(), secret, ProtectionKind.PasswordBasedMac);
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => verifier.Verify(Protected(), [], Peer.Now));
    }

    private static byte[] Assemble(byte[] header, byte[] body, byte[] mac) =>
        Tlv.Of(0x30, header.Concat(body).ToArray(), Tlv.Of(0xA0, Tlv.Of(0x03, [0], mac)));

    private static byte[] Padded(ReadOnlyMemory<byte> sequence)
    {
        ReadOnlySpan<byte> octets = sequence.Span;
        Assert.InRange(octets[1], 1, 0x7F);
        byte[] padded = new byte[octets.Length + 1];
        padded[0] = octets[0];
        padded[1] = 0x81;
        octets.Slice(1).CopyTo(padded.AsSpan(2));
        return padded;
    }
}
