using System;
using System.Linq;
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

public class MessageProtectorTests
{
    private static readonly PkiHeader Header = new(2, GeneralName.NullDn, GeneralName.NullDn);

    private static PbmParameter Parameters(MessageProtector protector) => PbmParameter.Decode(protector.Algorithm!.Parameters!.Value);

    [Fact]
    public void Rule18_PasswordBasedMac_is_made_with_16_octets_of_salt_and_10000_iterations_of_SHA256()
    {
        using MessageProtector protector = MessageProtector.PasswordBasedMac(Peer.Secret(), new PbmOptions());
        PbmParameter parameters = Parameters(protector);
        Assert.Equal(16, parameters.Salt.Length);
        Assert.Equal(10_000, parameters.IterationCount);
        Assert.Equal(Oids.Sha256, parameters.Owf.Oid);
        Assert.Equal(Oids.HmacWithSha256, parameters.Mac.Oid);
        Assert.True(parameters.Mac.HasNoParameters);
    }

    [Fact]
    public void Rule18_Every_protector_has_a_salt_of_its_own()
    {
        using MessageProtector one = Peer.Mac(), two = Peer.Mac();
        Assert.NotEqual(Hex.Of(Parameters(one).Salt.Span), Hex.Of(Parameters(two).Salt.Span));
    }

    [Theory]
    [InlineData(99)]
    [InlineData(100_001)]
    public void Rule18_A_count_outside_the_bounds_is_a_local_error(int iterations)
    {
        CmpException error = Assert.Throws<CmpException>(() => Peer.Mac(options: new PbmOptions { Iterations = iterations }));
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
    }

    [Theory]
    [InlineData(Oids.Md5, Oids.HmacWithSha256)]
    [InlineData(Oids.Shake256, Oids.HmacWithSha256)]
    [InlineData(Oids.Sha256, Oids.Sha256)]
    public void Rule68_MD5_and_what_is_no_MAC_are_local_errors(string owf, string mac) =>
        Assert.Equal("CmpProtection.Algorithm", Assert.Throws<CmpException>(() => Peer.Mac(options: new PbmOptions { Owf = owf, Mac = mac })).ErrorId);

    [Fact]
    public void Rule21_A_digest_that_the_key_cannot_use_is_a_local_error()
    {
        var signer = new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key);
        Assert.Equal("CmpKey.HashAlgorithm", Assert.Throws<CmpException>(() => MessageProtector.Signature(signer, "MD4", pss: false)).ErrorId);
        Assert.NotNull(MessageProtector.Signature(signer, "SHA384", pss: false).Algorithm);
    }

    [Fact]
    public void Rule19_A_key_that_does_not_belong_to_its_certificate_is_found_at_once() =>
        Assert.Equal("CmpKey.Mismatch", Assert.Throws<CmpException>(() => new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Signer.Key)).ErrorId);

    [Fact]
    public void Rule23_Without_protection_the_senderKID_stays()
    {
        using MessageProtector secret = MessageProtector.None(Peer.Secret());
        using MessageProtector certificate = MessageProtector.None(new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key));
        Assert.Equal(Peer.Reference, Encoding.UTF8.GetString(secret.SenderKid!.Value.ToArray()));
        Assert.Equal(Peer.Shared.Client.Certificate.SubjectKeyIdentifier!.Value.ToArray(), certificate.SenderKid!.Value.ToArray());
        PkiMessage message = secret.Protect(Header, new PkiConfirmContent(), []);
        Assert.Null(message.Protection);
        Assert.Null(message.Header.ProtectionAlg);
    }

    [Fact]
    public void Rule10_There_is_never_an_empty_extraCerts()
    {
        PkiMessage message = PkiMessage.Decode(Peer.Mac().Protect(Header, new PkiConfirmContent(), []).Encoded);
        Assert.Empty(message.ExtraCerts);
        Assert.Equal(message.Protection!.Value.ToArray(), message.Encoded.Slice(message.Encoded.Length - message.Protection.Value.Length).ToArray());
    }

    [Fact]
    public void A_protector_that_was_disposed_of_has_no_key_any_more()
    {
        MessageProtector protector = Peer.Mac();
        protector.Dispose();
        Assert.Throws<ObjectDisposedException>(() => protector.Protect(Header, new PkiConfirmContent(), []));
        protector.Dispose();
    }

    [Fact]
    public void A_secret_is_overwritten_when_it_is_disposed_of()
    {
        byte[] octets = Encoding.UTF8.GetBytes("correct horse");
        var secret = new SharedSecret(Encoding.UTF8.GetBytes("ref"), octets);
        secret.Dispose();
        Assert.All(octets, octet => Assert.Equal(0, octet));
        Assert.DoesNotContain("horse", secret.ToString());
        Assert.Throws<ObjectDisposedException>(() => MessageProtector.PasswordBasedMac(secret, Peer.FewIterations));
    }

    [Fact]
    public void A_reference_that_is_no_text_is_shown_in_hexadecimal()
    {
        Assert.Equal("ref-1", Peer.Secret().ReferenceText);
        Assert.Equal("FF00", new SharedSecret(new byte[] { 0xFF, 0 }, [1]).ReferenceText.ToUpperInvariant());
    }

    [Fact]
    public void A_public_key_is_bound_to_the_secret_by_the_options_given()
    {
        using PrivateKey key = MadeCertificate.NewKey();
        PkMacValue value = PublicKeyMac.Create(Peer.Secret(), key.PublicKey, new PbmOptions { Owf = Oids.Sha384, Mac = Oids.HmacWithSha512, Iterations = 123 });
        PbmParameter parameters = PbmParameter.Decode(value.Algorithm.Parameters!.Value);
        Assert.Equal(123, parameters.IterationCount);
        byte[] mac = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), parameters.Salt, Oids.Sha384, 123);
        Assert.Equal(Macs.Compute(new AlgorithmIdentifier(Oids.HmacWithSha512), mac, key.PublicKey.Encoded), value.Value.ToArray());
    }
}
