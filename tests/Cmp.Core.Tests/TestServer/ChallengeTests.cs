using System;
using System.IO;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using static Cmp.Tests.TestServer.ProofScene;

namespace Cmp.Tests.TestServer;

/// <summary>Possession is proven by telling a number that was encrypted for the key (RFC 9810 5.2.8.3.3), seen from the server.</summary>
public sealed class ChallengeTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Secrets => Directory.Exists(_folder.PathOf("server")) ? Directory.GetFiles(Path.Combine(_folder.PathOf("server"), "transactions"), "*.secret") : [];

    [Theory]
    [InlineData("RSA_2048", 3)]
    [InlineData("RSA_2048", 2)]
    [InlineData("RSA_2048", 1)]
    [InlineData("ECDSA_P256", 3)]
    [InlineData("X25519", 3)]
    [InlineData("X448", 3)]
    [InlineData("ML-KEM-768", 3)]
    public void Who_tells_the_number_gets_the_certificate(string algorithm, int pvno)
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey(algorithm);
        HandClient client = peer.MacClient(pvno);
        PkiMessage challenge = client.Send(Ir(Challenged(key, "CN=wanted")));
        Assert.Equal(pvno, challenge.Header.Pvno);
        Assert.Equal(pvno == 3, Assert.Single(((PopoDecKeyChallContent)challenge.Body).Challenges).EncryptedRand is not null);
        Assert.Empty(peer.Responder.Issued);
        Certificate certificate = Plain(client.Send(Numbers(challenge, key)));
        Assert.True(certificate.PublicKey.IsSameAs(key.PublicKey));
        if (pvno > 1)
            Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Fact]
    public void There_is_one_try()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PopoDecKeyRespContent numbers = Numbers(client.Send(Ir(Challenged(key, "CN=wanted"))), key);
        Refused.ByResponse(FailInfo.BadPOP, client.Send(new PopoDecKeyRespContent([numbers.Numbers[0] + 1])));
        Refused.ByError(FailInfo.BadRequest, client.Send(numbers));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void More_or_fewer_numbers_than_challenges_prove_nothing()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        foreach (Func<BigInteger, BigInteger[]> change in new Func<BigInteger, BigInteger[]>[] { _ => [], number => [number, number], number => [-number] })
        {
            HandClient client = peer.MacClient(3);
            BigInteger number = Numbers(client.Send(Ir(Challenged(key, "CN=wanted"))), key).Numbers[0];
            Refused.ByResponse(FailInfo.BadPOP, client.Send(new PopoDecKeyRespContent(change(number))));
        }
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void It_is_over_after_a_time_and_where_none_is_open()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PopoDecKeyRespContent numbers = Numbers(client.Send(Ir(Challenged(key, "CN=wanted"))), key);
        peer.Now += peer.Options.ConfirmWaitTime + TimeSpan.FromSeconds(1);
        Refused.ByError(FailInfo.BadRequest, client.Send(numbers));
        Refused.ByError(FailInfo.BadRequest, peer.MacClient(3).Send(numbers));
        HandClient other = peer.MacClient(3);
        other.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=signs"));
        Refused.ByError(FailInfo.BadRequest, other.Send(numbers));
    }

    [Fact]
    public void Numbers_are_fresh_and_a_replayed_answer_proves_nothing()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PopoDecKeyRespContent numbers = Numbers(client.Send(Ir(Challenged(key, "CN=wanted"))), key);
        HandClient other = peer.MacClient(3);
        Assert.NotEqual(numbers.Numbers[0], Numbers(other.Send(Ir(Challenged(key, "CN=wanted"))), key).Numbers[0]);
        Refused.ByResponse(FailInfo.BadPOP, other.Send(numbers));
    }

    [Fact]
    public void Each_of_several_proves_itself()
    {
        using var peer = new Peer();
        using PrivateKey one = Peer.NewKey("X25519"), two = Peer.NewKey("ML-KEM-512"), signing = Peer.NewKey(), hidden = Peer.NewKey("X25519");
        CertReqMessages request = Ir(Challenged(one, "CN=one"), Peer.Signed(Peer.Asked(signing, "CN=signs", certReqId: 1), signing), Challenged(two, "CN=two", 2), EncrCert(hidden, "CN=hidden", 3));
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Numbers(client.Send(request), one, two));
        client.Send(Confirm((Plain(answer), 0), (Plain(answer, 1), 1), (Plain(answer, 2), 2), (Open(answer, hidden, 3), 3)));
        Assert.Equal(["CN=one", "CN=signs", "CN=two", "CN=hidden"], Issued(peer));

        // who is wrong is refused alone
        client = peer.MacClient(3);
        PopoDecKeyRespContent numbers = Numbers(client.Send(request), one, two);
        answer = client.Send(new PopoDecKeyRespContent([numbers.Numbers[0], numbers.Numbers[0]]));
        Assert.Equal([PkiStatus.Accepted, PkiStatus.Accepted, PkiStatus.Rejection, PkiStatus.Accepted], ((CertRepMessage)answer.Body).Responses.Select(response => response.Status.Status));
        Assert.Equal(FailInfo.BadPOP, Response(answer, 2).Status.FailInfo);
    }

    [Fact]
    public void Who_is_refused_in_any_case_is_not_challenged()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519"), good = Peer.NewKey("X25519");
        CertReqMsg bad = Challenged(key, "CN=wanted");
        bad = bad with { CertReq = bad.CertReq with { CertTemplate = bad.CertReq.CertTemplate with { Extensions = [TestExtensions.BasicConstraints(true)] } } };
        Refused.ByResponse(FailInfo.UnacceptedExtension, peer.MacClient(3).Send(Ir(bad)));
        // beside another one he is, so that it is clear which challenge is whose
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Numbers(client.Send(Ir(bad, Challenged(good, "CN=good", 1))), key, good));
        Assert.Equal(FailInfo.UnacceptedExtension, Response(answer).Status.FailInfo);
        Assert.NotNull(Plain(answer, 1));

        using var refusing = new Peer(new TestServerOptions { FailInfo = FailInfo.DuplicateCertReq });
        Refused.ByResponse(FailInfo.DuplicateCertReq, refusing.MacClient(3).Send(Ir(Challenged(key, "CN=wanted"))));
    }

    [Fact]
    public void A_key_that_cannot_be_challenged_is_a_bad_proof()
    {
        using var peer = new Peer();
        foreach ((string algorithm, int pvno) in new[] { ("ECDSA_P256", 2), ("X25519", 2), ("ML-KEM-512", 2), ("Ed25519", 3) })
            Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(pvno).Send(Ir(Challenged(Peer.NewKey(algorithm), "CN=wanted"))));
    }

    [Fact]
    public void An_update_can_be_challenged_too()
    {
        using var peer = new Peer();
        SigningCertificate old = peer.Enroll("CN=old");
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.SigningClient(old);
        client.Pvno = 3;
        CertReqMsg request = Challenged(key, "CN=old", 0, Controls.OldCertId(old.Certificate));
        PkiMessage answer = client.Send(Numbers(client.Send(new CertReqMessages(PkiBodyType.Kur, [request])), key));
        Assert.Equal(PkiBodyType.Kup, answer.Body.Type);
        Assert.NotNull(Plain(answer));
    }

    [Fact]
    public void The_answer_waits_behind_the_challenge()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Numbers(client.Send(Ir(Challenged(key, "CN=wanted"))), key), AskImplicit);
        Assert.Equal(PkiStatus.Waiting, Response(answer).Status.Status);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body);
        peer.Now += TimeSpan.FromSeconds(1);
        Certificate certificate = Plain(client.Send(new PollReqContent([0])));
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
    }

    [Fact]
    public void Implicit_confirmation_is_as_the_request_asked()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage answer = client.Send(Numbers(client.Send(Ir(Challenged(key, "CN=wanted")), AskImplicit), key));
        Assert.NotNull(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Fact]
    public void Rule50_The_same_message_again_has_the_same_answer()
    {
        using var peer = new Peer();
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        PkiMessage challenge = client.Send(Ir(Challenged(key, "CN=wanted")));
        Assert.Equal(challenge.Body.Encoded.ToArray(), client.SendAgain().Body.Encoded.ToArray());
        PkiMessage answer = client.Send(Numbers(challenge, key));
        Assert.Equal(answer.Body.Encoded.ToArray(), client.SendAgain().Body.Encoded.ToArray());
        Assert.Single(peer.Responder.Issued);
    }

    [Fact]
    public void Another_server_of_the_same_state_goes_on_and_no_secret_of_the_request_stays()
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("server") });
        using PrivateKey key = Peer.NewKey("X25519");
        HandClient client = peer.MacClient(3);
        const string Token = "a token that is used once";
        PkiMessage challenge = client.Send(Ir(Challenged(key, "CN=wanted", 0, Controls.RegToken(Token))));
        string json = File.ReadAllText(Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Assert.Single(Secrets))!, "*.json")));
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Token)).TrimEnd('='), json, StringComparison.Ordinal);
        peer.Restart();
        Assert.Equal(challenge.Body.Encoded.ToArray(), client.SendAgain().Body.Encoded.ToArray());
        peer.Restart();
        PkiMessage answer = client.Send(Numbers(challenge, key));
        Assert.Empty(Secrets);
        peer.Restart();
        Assert.Equal(answer.Body.Encoded.ToArray(), client.SendAgain().Body.Encoded.ToArray());
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(Plain(answer))).Body);
        Assert.Equal(["CN=wanted"], Issued(peer));
    }

    [Fact]
    public void A_held_request_that_is_damaged_or_missing_ends_the_start_by_its_name_and_one_that_nobody_needs_goes()
    {
        var options = new TestServerOptions { StatePath = _folder.PathOf("server") };
        using PrivateKey key = Peer.NewKey("X25519");
        using (var peer = new Peer(options))
            peer.MacClient(3).Send(Ir(Challenged(key, "CN=wanted")));
        string file = Assert.Single(Secrets);
        byte[] whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, whole.Take(whole.Length / 2).ToArray());
        Assert.Contains(file, Assert.Throws<CmpException>(() => new Peer(options)).Message, StringComparison.Ordinal);
        File.Move(file, file + ".away");
        Assert.Contains(file, Assert.Throws<CmpException>(() => new Peer(options)).Message, StringComparison.Ordinal);
        File.Move(file + ".away", file);
        File.WriteAllBytes(file, whole);
        string other = Path.Combine(Path.GetDirectoryName(file)!, "000000000099.secret");
        File.WriteAllBytes(other, whole);
        new Peer(options).Dispose();
        Assert.Equal([file], Secrets);
    }
}
