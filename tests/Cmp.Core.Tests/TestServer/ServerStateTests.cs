using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.TestServer;

/// <summary>A server that keeps its state in a folder, and one that goes on with it.</summary>
public sealed class ServerStateTests : IDisposable
{
    private const string Secret = "correct horse";

    private readonly Folder _folder = new();

    private string StatePath => _folder.PathOf("state");

    public void Dispose() => _folder.Dispose();

    // the authority and the credential

    [Fact]
    public void Another_server_of_the_same_state_is_the_same_authority()
    {
        Server one = Start();
        string secret = Text(one.Secret);
        one.Dispose();
        // what differs in its making differs no more
        using Server two = Start(options => options with { AuthorityName = "Another", KeyAlgorithm = KeyAlgorithm.Parse("RSA_2048"), Reference = "another" });
        Assert.Equal(one.RootCertificate.RawData, two.RootCertificate.RawData);
        Assert.Equal(one.IssuingCertificate.RawData, two.IssuingCertificate.RawData);
        Assert.Equal(one.SignerCertificate.RawData, two.SignerCertificate.RawData);
        Assert.Equal(one.Reference, two.Reference);
        Assert.Equal(secret, Text(two.Secret));
    }

    [Fact]
    public void Who_dies_between_the_two_files_of_a_new_root_has_the_old_one_still()
    {
        string file = Path.Combine(StatePath, "authority", "authority.json");
        Server one = Start();
        byte[] before = File.ReadAllBytes(file), root = one.RootCertificate.RawData;
        byte[] next = one.UpdateRoot().RawData;
        Assert.NotEqual(root, next);
        one.Dispose();
        using (Server two = Start())
            Assert.Equal(next, two.RootCertificate.RawData);
        File.WriteAllBytes(file, before);
        using (Server three = Start())
        {
            Assert.Equal(root, three.RootCertificate.RawData);
            Assert.NotEqual(next, three.UpdateRoot().RawData);
        }
        using Server four = Start();
        Assert.NotEqual(root, four.RootCertificate.RawData);
    }

    [Fact]
    public void A_credential_that_is_given_takes_the_place_of_the_one_that_was_kept()
    {
        Start().Dispose();
        Server given = Start(options => options with { Reference = "me", Secret = Secure(Secret) });
        Assert.Equal(("me", Secret), (given.Reference, Text(given.Secret)));
        given.Dispose();
        using Server kept = Start();
        Assert.Equal(("me", Secret), (kept.Reference, Text(kept.Secret)));
        Assert.Equal(given.RootCertificate.RawData, kept.RootCertificate.RawData);
    }

    [Theory]
    [InlineData("RSA_2048", "SHA384", true)]
    [InlineData("ECDSA_P384", null, false)]
    public void Keys_and_digests_of_other_kinds_stay(string algorithm, string? hash, bool pss)
    {
        Start(options => options with { KeyAlgorithm = KeyAlgorithm.Parse(algorithm), HashAlgorithm = hash, Pss = pss }).Dispose();
        using Server server = Start();
        PkiMessage answer = PkiMessage.Decode(server.Responder.Respond(new byte[] { 0 }));
        Assert.Equal(Certificate.From(server.IssuingCertificate).SignatureAlgorithm.Oid, answer.Header.ProtectionAlg!.Oid);
        var verifier = new AnswerVerifier(new TrustSettings { Anchors = [Certificate.From(server.RootCertificate)] }, Peer.Vendor(), ProtectionKind.Signature);
        Assert.True(verifier.Verify(answer, [], DateTimeOffset.UtcNow).IsAuthenticated);
    }

    [Fact]
    public void Two_servers_at_once_have_not_one_state()
    {
        Server one = Start();
        CmpException error = Expect("CmpState.InUse");
        Assert.Contains(StatePath, error.Message, StringComparison.Ordinal);
        one.Dispose();
        Start().Dispose();
    }

    [SkippableFact]
    public void Rule71_Secrets_stand_in_one_file_that_is_the_owners_alone()
    {
        UnixMode.OrSkip();
        using (Server server = Start(options => options with { Secret = Secure(Secret) }))
            Enroll(server);
        string secret = SecretFile;
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(secret));
        foreach (string file in Files())
        {
            string text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.Equal(file == secret, text.Contains(Secret, StringComparison.Ordinal));
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), text, StringComparison.Ordinal);
        }
        UnixMode.Set(secret, Convert.ToInt32("644", 8));
        Assert.Contains(secret, Expect("CmpState.Unsafe").Message, StringComparison.Ordinal);
    }

    // what is damaged is named, and left as it is

    [Fact]
    public void A_file_that_was_cut_is_refused_by_name_wherever_it_was_cut()
    {
        using (Server server = Start())
            Enroll(server);
        foreach (string file in Files().Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            byte[] whole = File.ReadAllBytes(file);
            // behind the last brace stands the end of the line
            for (int length = 0; length < whole.Length - 1; length += whole.Length < 1000 ? 1 : 97)
            {
                File.WriteAllBytes(file, whole[..length]);
                Dictionary<string, string> before = Contents();
                Assert.Contains(file, Expect("CmpState.Unreadable").Message, StringComparison.Ordinal);
                Assert.Equal(before, Contents());
            }
            File.WriteAllBytes(file, whole);
        }
        Start().Dispose();
    }

    [Fact]
    public void What_is_missing_is_not_made_anew_beside_what_was_issued()
    {
        using (Server server = Start())
            Enroll(server);
        string authority = Path.Combine(StatePath, "authority", "authority.json");
        foreach (string file in new[] { SecretFile, authority })
        {
            byte[] whole = File.ReadAllBytes(file);
            File.Delete(file);
            Assert.Contains(file, Expect("CmpState.Unreadable").Message, StringComparison.Ordinal);
            Assert.False(File.Exists(file));
            File.WriteAllBytes(file, whole);
            if (!OperatingSystem.IsWindows())
                UnixMode.Set(file, Convert.ToInt32("600", 8));
        }
        Start().Dispose();
    }

    [Fact]
    public void A_key_of_another_authority_is_found_at_once()
    {
        Start().Dispose();
        byte[] secrets = File.ReadAllBytes(SecretFile);
        string other = _folder.PathOf("other");
        Server.Start(new TestServerOptions { StatePath = other }).Dispose();
        File.Copy(Path.Combine(other, "authority", "authority.secret"), SecretFile, overwrite: true);
        Assert.Contains(SecretFile, Expect("CmpState.Unreadable").Message, StringComparison.Ordinal);
        File.WriteAllBytes(SecretFile, secrets);
        Start().Dispose();
    }

    [Theory]
    [InlineData("\"phase\": \"Confirming\"", "\"phase\": \"Resting\"", "CmpState.Unreadable")]
    [InlineData("\"request\": \"Ir\"", "\"request\": 0", "CmpState.Unreadable")]
    [InlineData("\"pollsLeft\": 0", "\"pollsRight\": 0", "CmpState.Unreadable")]
    [InlineData("\"pollIds\": [ ]", "\"pollIds\": [\"99999999999\"]", "CmpState.Unreadable")]
    [InlineData("\"certReqId\": 0", "\"certReqId\": \"0\"", "CmpState.Unreadable")]
    [InlineData("\"certificate\": \"MII", "\"certificate\": \"AII", "CmpState.Unreadable")]
    [InlineData("\"body\": \"", "\"body\": \"A", "CmpState.Unreadable")]
    [InlineData("\"schema\": 1", "\"schema\": 2", "CmpState.Newer")]
    [InlineData("\"kind\": \"transactions\"", "\"kind\": \"certificates\"", "CmpState.Unreadable")]
    public void What_a_transaction_cannot_say_is_refused_by_name(string said, string wrong, string errorId)
    {
        using (var peer = new Peer(Explicit))
            peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"));
        string file = Assert.Single(Transactions);
        string text = File.ReadAllText(file);
        Assert.Contains(said, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(said, wrong, StringComparison.Ordinal));
        CmpException error = Assert.Throws<CmpException>(() => new Peer(Explicit));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_no_folder_is_an_error_that_names_it()
    {
        string file = _folder.Write("file", [1]);
        CmpException error = Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { StatePath = file }));
        Assert.Equal("CmpStore.Unwritable", error.ErrorId);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal("CmpStore.Unwritable", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { StatePath = "" })).ErrorId);
    }

    // what was issued

    [Fact]
    public void What_was_issued_confirmed_and_refused_stays_so()
    {
        using var peer = new Peer(Explicit);
        Certificate confirmed = Begin(peer, out HandClient client);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(confirmed)).Body);
        Certificate refused = Begin(peer, out client);
        client.Send(Peer.Confirmation(refused, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData)));
        Certificate open = Begin(peer, out client);

        peer.Restart();
        Assert.Equal([confirmed.Thumbprint, open.Thumbprint], peer.Responder.Issued.Select(one => one.Thumbprint));
        // its deadline is the one that it had
        peer.Now += TimeSpan.FromMinutes(6);
        peer.Restart();
        Assert.Equal([confirmed.Thumbprint], peer.Responder.Issued.Select(one => one.Thumbprint));
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(open)));
    }

    [Fact]
    public void What_was_issued_outlives_its_transaction()
    {
        using var peer = new Peer(Explicit);
        SigningCertificate old = peer.Enroll("CN=mine");
        Begin(peer, out HandClient refusing);
        refusing.Send(new CertConfirmContent([]));
        Assert.Equal((2, 0), (Transactions.Length, Certificates.Length));
        peer.Now += TimeSpan.FromDays(2);
        Certificate another = Begin(peer, out _);
        Assert.Equal((1, 2), (Transactions.Length, Certificates.Length));

        peer.Restart();
        Assert.Equal([old.Certificate.Thumbprint, another.Thumbprint], peer.Responder.Issued.Select(one => one.Thumbprint));
        PkiMessage answer = peer.SigningClient(old).Send(Peer.Request(PkiBodyType.Kur, Peer.NewKey(), "CN=mine", old.Certificate));
        Assert.Equal(PkiBodyType.Kup, answer.Body.Type);
        Assert.Equal(PkiStatus.Accepted, ((CertRepMessage)answer.Body).Responses[0].Status.Status);
        // the order of issue goes on, and what was forgotten is not overwritten
        peer.Restart();
        Assert.Equal(3, peer.Responder.Issued.Count);
        Assert.Equal((2, 2), (Transactions.Length, Certificates.Length));
    }

    [Fact]
    public void A_server_killed_while_it_dropped_a_transaction_loses_nothing_and_doubles_nothing()
    {
        using var peer = new Peer(Explicit);
        SigningCertificate one = peer.Enroll("CN=one");
        string file = Assert.Single(Transactions);
        byte[] before = File.ReadAllBytes(file);
        peer.Now += TimeSpan.FromDays(2);
        Certificate two = Begin(peer, out _);
        // its certificates are kept, the file is not gone yet
        File.WriteAllBytes(file, before);
        if (!OperatingSystem.IsWindows())
            UnixMode.Set(file, Convert.ToInt32("600", 8));
        peer.Restart();
        Assert.Equal([one.Certificate.Thumbprint, two.Thumbprint], peer.Responder.Issued.Select(certificate => certificate.Thumbprint));
        Begin(peer, out _);
        Assert.False(File.Exists(file));
        peer.Restart();
        Assert.Equal(3, peer.Responder.Issued.Count);
    }

    [Fact]
    public void A_transaction_is_one_file_whatever_happens_in_it()
    {
        using var peer = new Peer(Explicit with { PollCount = 1, CheckAfter = 0 });
        for (int i = 0; i < 5; i++)
            peer.Enroll();
        Assert.Equal((5, 0), (Transactions.Length, Certificates.Length));
        Assert.Equal(["authority", "transactions"], Directory.GetDirectories(StatePath).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(Files(), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_poll_of_many_requests_goes_on()
    {
        using var peer = new Peer(Explicit with { PollCount = 2, CheckAfter = 10 });
        HandClient client = peer.MacClient();
        PrivateKey one = Peer.NewKey(), two = Peer.NewKey();
        client.Send(new CertReqMessages(PkiBodyType.Ir, [Peer.Signed(Peer.Asked(one, "CN=one", certReqId: 3), one), Peer.Signed(Peer.Asked(two, "CN=two", certReqId: -7), two)]));
        peer.Restart();
        Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(new PollReqContent([3])));
        Assert.Equal([3, -7], Assert.IsType<PollRepContent>(client.Send(new PollReqContent([3, -7])).Body).Entries.Select(entry => entry.CertReqId));
        peer.Restart();
        // nor may it be hurried by that
        Assert.Equal(10, (int)Assert.IsType<PollRepContent>(client.Send(new PollReqContent([3])).Body).Entries[0].CheckAfter);
        peer.Now += TimeSpan.FromSeconds(10);
        client.Send(new PollReqContent([3]));
        peer.Now += TimeSpan.FromSeconds(10);
        peer.Restart();
        IReadOnlyList<CertResponse> responses = Assert.IsType<CertRepMessage>(client.Send(new PollReqContent([3])).Body).Responses;
        peer.Restart();
        Assert.IsType<PkiConfirmContent>(client.Send(new CertConfirmContent(responses.Select(response => Peer.Confirmation(response.CertifiedKeyPair!.Certificate!, response.CertReqId).Statuses[0]).ToList())).Body);
        Assert.Equal(2, peer.Responder.Issued.Count);
    }

    [Fact]
    public void Who_signed_is_known_after_a_restart()
    {
        using var peer = new Peer(Explicit with { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        SigningCertificate one = Peer.Vendor(), two = Peer.Vendor();
        HandClient client = peer.SigningClient(one);
        Certificate certificate = ((CertRepMessage)client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted")).Body).Responses[0].CertifiedKeyPair!.Certificate!;
        peer.Restart();
        HandClient thief = peer.SigningClient(two);
        Refused.ByError(FailInfo.NotAuthorized, thief.Send(Peer.Confirmation(certificate), header => client.Header with { Sender = header.Sender, SenderKid = header.SenderKid }));
        // his certificate came with his first message (RFC 9483 3.3)
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate), message: message => message with { ExtraCerts = [] }).Body);
    }

    [Fact]
    public void What_cannot_be_kept_is_not_issued()
    {
        using var peer = new Peer(Explicit);
        peer.Enroll();
        HandClient client = peer.MacClient();
        Certificate certificate = ((CertRepMessage)client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted")).Body).Responses[0].CertifiedKeyPair!.Certificate!;
        // a file where the folder was, which binds root too
        string folder = Path.Combine(StatePath, "transactions"), aside = _folder.PathOf("aside");
        Directory.Move(folder, aside);
        File.WriteAllBytes(folder, []);

        HandClient late = peer.MacClient();
        Refused.ByError(FailInfo.SystemFailure, late.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted")));
        Refused.ByError(FailInfo.SystemFailure, late.SendAgain());
        PkiMessage answer = client.Send(Peer.Confirmation(certificate));
        Refused.ByError(FailInfo.SystemFailure, answer);
        Assert.DoesNotContain(StatePath, ((ErrorMsgContent)answer.Body).Status.StatusString!.Texts[0], StringComparison.Ordinal);
        Assert.Contains(peer.Trace.Notes, note => note.Contains(folder, StringComparison.Ordinal));
        Assert.Single(peer.Responder.Issued);

        // to the next server nothing of it happened
        File.Delete(folder);
        Directory.Move(aside, folder);
        peer.Restart();
        Assert.Equal(2, peer.Responder.Issued.Count);
        Assert.Equal(PkiBodyType.Ip, late.SendAgain().Body.Type);
        Assert.Equal(3, peer.Responder.Issued.Count);
    }

    private TestServerOptions Explicit => new() { ImplicitConfirmation = ImplicitConfirmation.Never, StatePath = StatePath };

    private string SecretFile => Path.Combine(StatePath, "authority", "authority.secret");

    private string[] Transactions => JsonFiles("transactions");

    private string[] Certificates => JsonFiles("certificates");

    private string[] JsonFiles(string kind) => Directory.Exists(Path.Combine(StatePath, kind)) ? Directory.GetFiles(Path.Combine(StatePath, kind), "*.json") : [];

    private Server Start(Func<TestServerOptions, TestServerOptions>? change = null)
    {
        var options = new TestServerOptions { StatePath = StatePath };
        return Server.Start(change?.Invoke(options) ?? options);
    }

    private CmpException Expect(string errorId)
    {
        CmpException error = Assert.Throws<CmpException>(() => Start());
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }

    private string[] Files() => Directory.GetFiles(StatePath, "*", SearchOption.AllDirectories);

    private Dictionary<string, string> Contents() => Files().ToDictionary(file => file, file => Convert.ToHexString(File.ReadAllBytes(file)));

    private static void Enroll(Server server)
    {
        using var credential = new SharedSecret(Encoding.UTF8.GetBytes(server.Reference), Secrets.Utf8(server.Secret));
        MessageProtector protector = MessageProtector.PasswordBasedMac(credential, new PbmOptions { Iterations = 500 });
        var header = new PkiHeader(2, GeneralName.FromName(Name.FromCommonName(server.Reference)), GeneralName.NullDn) { SenderKid = protector.SenderKid, TransactionId = Secrets.Random(16), SenderNonce = Secrets.Random(16) };
        PkiMessage answer = PkiMessage.Decode(server.Responder.Respond(protector.Protect(header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"), []).Encoded));
        Assert.Equal(PkiBodyType.Ip, answer.Body.Type);
    }

    private static Certificate Begin(Peer peer, out HandClient client)
    {
        client = peer.MacClient();
        return ((CertRepMessage)client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted")).Body).Responses[0].CertifiedKeyPair!.Certificate!;
    }

    private static string Text(SecureString secret) => new NetworkCredential(string.Empty, secret).Password;

    private static SecureString Secure(string text) => new NetworkCredential(string.Empty, text).SecurePassword;
}
