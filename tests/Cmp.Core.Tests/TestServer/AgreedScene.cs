using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Client;
using Cmp.TestServer;
using Cmp.Transactions;

namespace Cmp.Tests.TestServer;

/// <summary>An enrolment with the client's own settings over the test server's protocol, whose answers can be changed on their way.</summary>
internal sealed class AgreedScene : IDisposable
{
    private readonly CmpClient _client;

    internal AgreedScene(Peer peer, ServerSettings settings, Func<int, PkiMessage, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? change = null)
    {
        Peer = peer;
        Change = change ?? ((_, _, answer) => answer);
        _client = new CmpClient(settings, FakeRoad.ToNobody(), () => peer.Now);
        Settings = _client.TransactionSettings(_client.IdentityFor(EnrollmentOperation.Initialization), null, null);
        Key = Peer.NewKey();
        Transaction = new EnrollmentTransaction(Settings, Peer.Request(PkiBodyType.Ir, Key, "CN=agreed"));
    }

    internal Peer Peer { get; }

    internal TransactionSettings Settings { get; }

    internal PrivateKey Key { get; }

    internal EnrollmentTransaction Transaction { get; private set; }

    /// <summary>What becomes of the answer with a number, from 0, to a message.</summary>
    internal Func<int, PkiMessage, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Change { get; set; }

    internal List<PkiMessage> Sent { get; } = [];

    internal List<PkiMessage> Answers { get; } = [];

    /// <summary>Stops before a message leaves, for another process to go on.</summary>
    internal Func<TransactionStep.Send, bool> Stops { get; set; } = _ => false;

    internal static TestServerOptions Trusting(params CertificateCredential[] clients) => new() { TrustedClients = [.. clients.Select(client => Peer.ToX509(client.Certificate))] };

    /// <summary>A certificate of the vendor with a key that cannot sign.</summary>
    internal static SigningCertificate Device(string algorithm, byte usage, string subject = "CN=device")
    {
        PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        Certificate certificate = Peer.OtherAuthority.Issue(Peer.Content(key, subject, TestExtensions.KeyUsage(usage)));
        return new SigningCertificate(certificate, key, [Peer.OtherAuthority.Issuing]);
    }

    internal static SigningCertificate KemDevice(string algorithm = "ML-KEM-512") => Device(algorithm, 0x20);

    internal static ServerSettings Settled(ProtectionKind protection, SigningCertificate? client, Certificate? server = null, bool hasAnchor = true) => new()
    {
        Protection = protection,
        ClientCertificate = client is null ? null : Peer.ToX509(client.Certificate),
        ClientKey = client?.Key,
        ClientChain = client?.Chain,
        ServerCertificate = server,
        TrustAnchor = hasAnchor ? [Peer.Authority.Root] : [],
        Secret = client is null ? new ReferenceAndSecret(Peer.Reference, new System.Net.NetworkCredential(string.Empty, "correct horse battery staple").SecurePassword) : null,
        IterationCount = 500,
    };

    internal TransactionStep Run() => Go(Transaction.Start(Peer.Now));

    internal TransactionStep Go(TransactionStep step)
    {
        while (true)
        {
            switch (step)
            {
                case TransactionStep.Send send when Stops(send):
                    return step;
                case TransactionStep.Send send:
                    PkiMessage message = PkiMessage.Decode(send.Octets);
                    Sent.Add(message);
                    ReadOnlyMemory<byte> answer = Change(Sent.Count - 1, message, Peer.Responder.Respond(send.Octets));
                    Answers.Add(PkiMessage.Decode(answer));
                    step = Transaction.Receive(answer, Peer.Now);
                    break;
                case TransactionStep.Wait wait:
                    Peer.Now = wait.Until;
                    step = Transaction.Resume(Peer.Now);
                    break;
                case TransactionStep.Decide:
                    step = Transaction.Decide(null, Peer.Now);
                    break;
                default:
                    return step;
            }
        }
    }

    /// <summary>Another process takes the enrolment up from what is on disk, and goes on.</summary>
    internal TransactionStep Resume()
    {
        TransactionState state = Transaction.Capture();
        Transaction.Dispose();
        Stops = _ => false;
        Transaction = new EnrollmentTransaction(Settings, state);
        return Go(Transaction.Continue(Peer.Now));
    }

    /// <summary>The message again with another protection, or none.</summary>
    internal static ReadOnlyMemory<byte> Unprotected(PkiMessage message, Func<PkiHeader, PkiHeader>? header = null, PkiBody? body = null, IReadOnlyList<Certificate>? extraCerts = null) =>
        MessageProtector.None(null).Protect(header?.Invoke(message.Header) ?? message.Header, body ?? message.Body, extraCerts ?? message.ExtraCerts).Encoded;

    public void Dispose()
    {
        Transaction.Dispose();
        _client.Dispose();
        Peer.Dispose();
    }
}
