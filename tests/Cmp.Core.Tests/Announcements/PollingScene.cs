using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Client;
using Cmp.Tests.Transactions;
using Cmp.Transports;

namespace Cmp.Tests.Announcements;

/// <summary>Somebody who polls a CA, and what comes of it. Time passes only while somebody waits.</summary>
internal sealed class PollingScene : IDisposable
{
    private static readonly Lazy<MadeCertificate> Next = new(() => MadeCertificate.Root("CN=Test Root", Shape.CA with { NotAfter = Peer.Now.AddDays(3000) }));
    private readonly CmpClient _client;

    internal PollingScene(ICmpTransport road, Func<ServerSettings, ServerSettings>? settings = null)
    {
        ServerSettings said = new() { Uri = new Uri("tcp://ca.example"), Secret = Desk.Secret(), TrustAnchor = [Peer.Shared.Root.Certificate], IterationCount = 100 };
        _client = new CmpClient(settings?.Invoke(said) ?? said, road, () => Clock.Now, Clock.Delay, random: () => 0);
    }

    internal FakeClock Clock { get; } = new();

    internal ListTrace Trace { get; } = new();

    internal List<Announcement> Emitted { get; } = [];

    internal List<(AnnouncementType Type, CmpException Error)> Failed { get; } = [];

    /// <summary>Happens with each announcement.</summary>
    internal Func<Announcement, Task>? Emitting { get; set; }

    internal static MadeCertificate Root => Peer.Shared.Root;

    internal static MadeCertificate Issuing => Peer.Shared.Issuing;

    /// <summary>The root after it: it has its name and another key, and ends later.</summary>
    internal static MadeCertificate NewRoot => Next.Value;

    internal static RootCaKeyUpdateContent Update { get; } = new(NewRoot.Certificate, Root.Certify(NewRoot.Key.PublicKey, "CN=Test Root", Shape.CA), NewRoot.Certify(Root.Key.PublicKey, "CN=Test Root", Shape.CA));

    internal static CertificateList CrlOfRoot { get; } = MadeCrl.Write(Root, Root.Certificate.Subject);

    internal static CertificateList CrlOfIssuing { get; } = MadeCrl.Write(Issuing, Issuing.Certificate.Subject, Peer.Shared.Client.Certificate);

    internal static RevAnnContent Revocation { get; } = new(PkiStatus.RevocationWarning, CertId.Of(Peer.Shared.Client.Certificate), Peer.Now.AddDays(1), Peer.Now.AddDays(-1), []);

    /// <summary>A message of the CA that issues.</summary>
    internal static byte[] Say(PkiBody content) =>
        AnnouncementWriter.Write(content, Issuing.Certificate.Subject, Peer.Signature(Issuing), Peer.Now, extraCerts: [Issuing.Certificate]).Encoded.ToArray();

    /// <summary>A message of who speaks for the CA.</summary>
    internal static byte[] SayBySigner(PkiBody content) =>
        AnnouncementWriter.Write(content, Peer.Shared.Signer.Certificate.Subject, Peer.Signature(Peer.Shared.Signer), Peer.Now, extraCerts: [Peer.Shared.Signer.Certificate, Issuing.Certificate]).Encoded.ToArray();

    internal static TransportReply.Octets Octets(byte[] message) => new(message);

    internal static byte[] List(params Asn1Structure[] elements) => Tlv.Of(0x30, elements.SelectMany(element => element.Encoded.ToArray()).ToArray());

    /// <summary>Polls as a cmdlet does: each failure is heard of.</summary>
    internal Task PollAsync(AnnouncementQuestion question, RequestOptions? options = null, CancellationToken token = default) =>
        PollAsync(question, options, (type, error) => Failed.Add((type, error)), token);

    /// <summary>Polls where nobody hears of failures.</summary>
    internal Task PollDeafAsync(AnnouncementQuestion question, RequestOptions? options = null) => PollAsync(question, options, failed: null, default);

    public void Dispose() => _client.Dispose();

    private Task PollAsync(AnnouncementQuestion question, RequestOptions? options, Action<AnnouncementType, CmpException>? failed, CancellationToken token) =>
        new AnnouncementPoller(_client, new AnnouncementJudge(_client)).PollAsync(question, EmitAsync, (options ?? new RequestOptions()) with { Trace = Trace }, failed, token);

    private async Task EmitAsync(Announcement announcement, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        Emitted.Add(announcement);
        if (Emitting is { } emitting)
            await emitting(announcement);
    }
}
