using System;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>The keys that the server has besides those of its authority.</summary>
public sealed class ServerKeysTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("RSA_2048", KeyUsages.KeyEncipherment)]
    [InlineData("ECDSA_P256", KeyUsages.KeyAgreement)]
    [InlineData("X25519", KeyUsages.KeyAgreement)]
    [InlineData("ML-KEM-768", KeyUsages.KeyEncipherment)]
    public void Who_asks_for_the_encryption_certificate_gets_one_that_the_authority_issued(string algorithm, KeyUsages usage)
    {
        using var peer = new Peer(new TestServerOptions { EncryptionKeyAlgorithm = KeyAlgorithm.Parse(algorithm) });
        Certificate certificate = Certificate.Decode(Ask(peer)!.Value);
        Assert.Equal(algorithm, KeyAlgorithm.Of(certificate.PublicKey).Name);
        Assert.Equal(usage, certificate.KeyUsage);
        Assert.True(certificate.Subject.IsSameAs(Peer.Authority.Signer.Subject));
        Assert.True(SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, Peer.Authority.Issuing.PublicKey, certificate.TbsCertificate, certificate.Signature));
        // always the same
        Assert.Equal(certificate.Encoded.ToArray(), peer.Responder.EncryptionCertificate!.Encoded.ToArray());
        Assert.Equal(certificate.Encoded.ToArray(), Ask(peer)!.Value.ToArray());
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_server_without_such_a_key_says_that_it_has_none()
    {
        using var peer = new Peer(new TestServerOptions { EncryptionKeyAlgorithm = null });
        Assert.Null(Ask(peer));
        Assert.Null(peer.Responder.EncryptionCertificate);
    }

    [Fact]
    public void The_key_is_made_when_it_is_needed_and_stays_with_the_state()
    {
        string path = _folder.PathOf("state"), file = Path.Combine(path, "authority", "encryption.json");
        using var peer = new Peer(new TestServerOptions { StatePath = path, EncryptionKeyAlgorithm = KeyAlgorithm.Parse("X25519") });
        Assert.False(File.Exists(file));
        Certificate certificate = peer.Responder.EncryptionCertificate!;
        Assert.True(File.Exists(file));
        peer.Restart();
        Assert.True(certificate.IsSameAs(peer.Responder.EncryptionCertificate!));
    }

    [Fact]
    public void A_damaged_or_missing_key_ends_the_start_and_is_not_made_anew()
    {
        string path = _folder.PathOf("state");
        var options = new TestServerOptions { StatePath = path, EncryptionKeyAlgorithm = KeyAlgorithm.Parse("X25519") };
        using (var peer = new Peer(options))
            Assert.NotNull(peer.Responder.EncryptionCertificate);
        string file = Path.Combine(path, "authority", "encryption.secret");
        byte[] whole = File.ReadAllBytes(file);
        foreach (byte[] wrong in new[] { whole.Take(whole.Length - 1).ToArray(), Peer.NewKey("X25519").ExportPkcs8() })
        {
            File.WriteAllBytes(file, wrong);
            CmpException error = Assert.Throws<CmpException>(() => new Peer(options));
            Assert.Equal("CmpState.Unreadable", error.ErrorId);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }
        File.Delete(file);
        Assert.Equal("CmpState.Unreadable", Assert.Throws<CmpException>(() => new Peer(options)).ErrorId);
        Assert.False(File.Exists(file));
    }

    private static ReadOnlyMemory<byte>? Ask(Peer peer)
    {
        PkiMessage answer = peer.MacClient().Send(new GenMsgContent([new InfoTypeAndValue(Oids.CaProtEncCert)]));
        return Assert.Single(Assert.IsType<GenRepContent>(answer.Body).Items).InfoValue;
    }
}
