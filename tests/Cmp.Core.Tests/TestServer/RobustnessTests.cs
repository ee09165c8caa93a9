using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Many at once, and octets of any kind.</summary>
public class RobustnessTests
{
    [Fact]
    public void Many_clients_enrol_at_once()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never, PollCount = 1, CheckAfter = 0 });
        var serials = new ConcurrentDictionary<string, int>();
        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            HandClient client = peer.MacClient();
            client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), $"CN=client {i}"));
            client.Send(new PollReqContent([0]));
            Certificate certificate = ((CertRepMessage)client.Send(new PollReqContent([0])).Body).Responses[0].CertifiedKeyPair!.Certificate!;
            Assert.Equal($"client {i}", certificate.Subject.CommonName());
            Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
            Assert.True(serials.TryAdd(Hex.Of(certificate.SerialNumber.Span), i));
        });
        Assert.Equal(100, peer.Responder.Issued.Count);
    }

    [Fact]
    public void The_same_message_many_times_at_once_has_one_answer()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient();
        ReadOnlyMemory<byte> ir = client.Protector.Protect(client.Header, Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"), []).Encoded;
        PkiMessage ip = Same(SendAtOnce(peer, ir));
        CertConfirmContent confirmation = Peer.Confirmation(Assert.IsType<CertRepMessage>(ip.Body).Responses[0].CertifiedKeyPair!.Certificate!);
        PkiMessage pkiconf = Same(SendAtOnce(peer, client.Protector.Protect(client.Header with { RecipNonce = ip.Header.SenderNonce }, confirmation, []).Encoded));
        Assert.IsType<PkiConfirmContent>(pkiconf.Body);
        Assert.Single(peer.Responder.Issued);
    }

    [Fact]
    public void Of_many_messages_at_once_under_one_ID_one_begins_a_transaction()
    {
        using var peer = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        HandClient client = peer.MacClient();
        CertReqMessages request = Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");
        // the same body under nonces of their own
        ReadOnlyMemory<byte>[] requests = [.. Enumerable.Range(0, 16).Select(_ => client.Protector.Protect(client.Header, request, []).Encoded)];
        PkiMessage[] answers = SendAtOnce(peer, requests);
        PkiMessage ip = Assert.Single(answers, answer => answer.Body is CertRepMessage);
        Assert.All(answers.Where(answer => answer != ip), answer => Refused.ByError(FailInfo.TransactionIdInUse, answer));
        Assert.Single(peer.Responder.Issued);
    }

    /// <summary>Changed octets under a MAC that is right for them: what lies behind the check of the protection is reached too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rule64_Whatever_octets_come_there_is_an_answer(int seed)
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1, CheckAfter = 0 });
        var random = new Random(seed);
        HandClient client = peer.MacClient(new PbmOptions { Iterations = 100 });
        PkiBody[] bodies =
        [
            Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted", change: template => template with { Extensions = [TestExtensions.KeyUsage(0x80), TestExtensions.DnsName("a.example")], NotAfter = peer.Now.AddDays(1) }),
            Peer.Request(PkiBodyType.Kur, Peer.NewKey("RSA_2048"), "CN=wanted", peer.Enroll().Certificate),
            Peer.Pkcs10(Peer.NewKey(), "CN=wanted"),
            Peer.Confirmation(Peer.Authority.Signer, status: PkiStatusInfo.Rejection(FailInfo.BadPOP, "no"), hashAlg: new AlgorithmIdentifier(Oids.Sha256)),
            new PollReqContent([0]),
            new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadRequest, "no"), 3, new PkiFreeText(["details"])),
        ];
        int refusals = 0;
        for (int i = 0; i < 1500; i++)
        {
            client.TransactionId = Secrets.Random(16);
            PkiBody body = bodies[random.Next(bodies.Length)];
            byte[] octets;
            if (i % 2 == 0)
            {
                octets = Mutate(client.Protector.Protect(client.Header, body, []).Encoded, random);
            }
            else
            {
                PkiBody? changed = Read(Mutate(body.Encoded, random));
                if (changed is null)
                    continue;
                octets = client.Protector.Protect(client.Header, changed, []).Encoded.ToArray();
            }
            PkiMessage answer = PkiMessage.Decode(peer.Responder.Respond(octets));
            Assert.NotNull(answer.Protection);
            if (answer.Body is ErrorMsgContent error)
            {
                Assert.True((error.Status.FailInfo & FailInfo.SystemFailure) == 0, string.Join("\n", peer.Trace.Notes.Skip(peer.Trace.Notes.Count - 5)));
                refusals++;
            }
        }
        Assert.True(refusals > 100);
    }

    [Fact]
    public void Old_transactions_and_certificates_make_room()
    {
        var table = new TransactionTable();
        var requester = new Requester(ProtectionKind.PasswordBasedMac);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        for (int i = 0; i <= 10_000; i++)
            Begin(i, now);
        Assert.Null(table.Find(BitConverter.GetBytes(0), now));
        Assert.NotNull(table.Find(BitConverter.GetBytes(1), now));
        ServerTransaction last = Assert.IsType<ServerTransaction>(table.Find(BitConverter.GetBytes(10_000), now));
        Assert.Same(last, Begin(10_000, now));
        Assert.Null(table.Find(BitConverter.GetBytes(10_000), now.AddDays(2)));
        Assert.NotSame(last, Begin(10_000, now.AddDays(2)));

        ServerTransaction Begin(int id, DateTimeOffset time) => table.FindOrBegin(BitConverter.GetBytes(id), requester, PkiBodyType.Ir, new MessageMark(new byte[16], new byte[32]), time);
    }

    private static PkiMessage[] SendAtOnce(Peer peer, ReadOnlyMemory<byte> octets) => SendAtOnce(peer, [.. Enumerable.Repeat(octets, 16)]);

    private static PkiMessage[] SendAtOnce(Peer peer, ReadOnlyMemory<byte>[] messages)
    {
        var answers = new PkiMessage[messages.Length];
        Parallel.For(0, answers.Length, new ParallelOptions { MaxDegreeOfParallelism = answers.Length }, i => answers[i] = PkiMessage.Decode(peer.Responder.Respond(messages[i])));
        return answers;
    }

    private static PkiMessage Same(PkiMessage[] answers)
    {
        Assert.All(answers, answer => Assert.Equal(Said(answers[0]), Said(answer)));
        return answers[0];

        static string Said(PkiMessage answer) => Hex.Of(answer.Header.SenderNonce!.Value.Span) + Hex.Of(answer.Body.Encoded.Span);
    }

    private static byte[] Mutate(ReadOnlyMemory<byte> octets, Random random)
    {
        byte[] changed = octets.ToArray();
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            switch (random.Next(4))
            {
                case 0:
                    changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                    break;
                case 2:
                    int from = random.Next(changed.Length), length = random.Next(1, Math.Min(16, changed.Length - from) + 1);
                    changed.AsSpan(from, length).CopyTo(changed.AsSpan(random.Next(changed.Length - length + 1)));
                    break;
                default:
                    if (random.Next(10) == 0)
                        changed = changed.AsSpan(0, random.Next(1, changed.Length + 1)).ToArray();
                    break;
            }
        }
        return changed;
    }

    private static PkiBody? Read(byte[] octets)
    {
        try
        {
            return Asn1Reader.Decode(octets, null, PkiBody.Read);
        }
        catch (CmpException)
        {
            return null;
        }
    }
}
