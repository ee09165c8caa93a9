using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>A listener for pushes whose judge believes what is protected, and what it was told and told.</summary>
internal sealed class PushScene : IAsyncDisposable
{
    private readonly Lazy<AnnouncementListener> _listener;
    private int _emitting;

    internal PushScene(string uri = "http://localhost:0/", Func<AnnouncementListenerSettings, AnnouncementListenerSettings>? change = null)
    {
        var settings = new AnnouncementListenerSettings { Uri = new Uri(uri), Clock = () => Time };
        Settings = change is null ? settings : change(settings);
        _listener = new(() => AnnouncementListener.Start(Settings, (octets, from, token) => Judge(octets, from, token), Memory, EmitAsync, Refused));
    }

    internal AnnouncementListenerSettings Settings { get; }

    /// <summary>The clock of what is counted by the minute.</summary>
    internal TimeSpan Time { get; set; } = TimeSpan.FromDays(1);

    internal AnnouncementMemory? Memory { get; init; }

    internal Func<ReadOnlyMemory<byte>, string?, CancellationToken, Task<IReadOnlyList<Announcement>>> Judge { get; set; } = (octets, from, _) => Task.FromResult(Judged(octets, from));

    /// <summary>Happens before an announcement counts as taken.</summary>
    internal Func<Announcement, CancellationToken, Task> Emitting { get; set; } = (_, _) => Task.CompletedTask;

    internal ConcurrentQueue<Announcement> Emitted { get; } = new();

    internal ConcurrentQueue<PushRefusal> Refusals { get; } = new();

    /// <summary>Whether two were ever emitted at once.</summary>
    internal bool Overlapped { get; private set; }

    internal AnnouncementListener Listener => _listener.Value;

    internal Uri Uri => Listener.Uri;

    public ValueTask DisposeAsync() => _listener.IsValueCreated ? Listener.DisposeAsync() : default;

    /// <summary>An announcement that is not protected, so not believed.</summary>
    internal static byte[] Unprotected(PkiBody content) =>
        AnnouncementWriter.Write(content, Peer.Shared.Issuing.Certificate.Subject, MessageProtector.None(null), Peer.Now).Encoded.ToArray();

    internal static byte[] Signed(PkiBody content) => ToPush.Signed(content).Encoded.ToArray();

    internal static byte[] Batch(params byte[][] messages) =>
        AnnouncementBatch([.. messages.Select(message => PkiMessage.Decode(message))]).Encoded.ToArray();

    /// <summary>A message that announces nothing.</summary>
    internal static byte[] Other() => Peer.Shared.Answer(ToPush.Signed(ToPush.Crl), new PkiConfirmContent()).ToArray();

    internal static IReadOnlyList<Announcement> Judged(ReadOnlyMemory<byte> octets, string? from) =>
    [
        .. AnnouncementMessages.Read(octets, CmpLimits.Default).Select(message => new Announcement
        {
            Content = message.Body,
            Message = message,
            Source = AnnouncementSource.Push,
            From = from,
            Received = Peer.Now,
            Id = AnnouncementId.Of(message.Body),
            Reasons = [message.Protection is null ? AnnouncementReason.Against("CmpProtection.Missing", "Nobody vouches for it.") : AnnouncementReason.For("CmpAnnouncement.Signer", "It is protected.")],
        }),
    ];

    /// <summary>Pushes over a connection of its own.</summary>
    /// <returns>The status and the head.</returns>
    internal async Task<(int Status, string Head)> PushAsync(byte[] message, string path = "/")
    {
        using RawClient client = new(Uri);
        await client.SendAsync(RawClient.Post(message, path: path));
        (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
        Assert.Empty(body);
        Assert.Contains("\r\nContent-Length: 0\r\n", head, StringComparison.Ordinal);
        return (int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture), head);
    }

    internal async Task<int> StatusAsync(byte[] message, string path = "/") => (await PushAsync(message, path)).Status;

    /// <summary>The answer to a TCP-Message, over a connection of its own.</summary>
    internal async Task<TcpMessage> AskAsync(TcpMessage asked)
    {
        using TcpTest.RawTcp client = new(Uri);
        return TcpMessage.Decode(Hex.Parse(Assert.IsType<string>(await client.AskAsync(Hex.Of(asked.ToArray())))), 10_000);
    }

    /// <summary>The one push that was refused.</summary>
    internal PushRefusal Refusal => Assert.Single(Refusals);

    /// <summary>Waits until something was told that is told beside an answer, not before it.</summary>
    internal static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Some.Time);
        while (!condition())
            await Task.Delay(5, limit.Token);
    }

    private static PkiMessage AnnouncementBatch(IReadOnlyList<PkiMessage> messages) => Peer.Signature(Peer.Shared.Issuing).Protect(
        messages[0].Header with { SenderNonce = new byte[16], SenderKid = Peer.Signature(Peer.Shared.Issuing).SenderKid, ProtectionAlg = null }, new NestedMessageContent(messages), []);

    private async Task EmitAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        Overlapped |= Interlocked.Increment(ref _emitting) > 1;
        try
        {
            await Emitting(announcement, cancellationToken);
            Emitted.Enqueue(announcement);
        }
        finally
        {
            Interlocked.Decrement(ref _emitting);
        }
    }

    private void Refused(PushRefusal refusal) => Refusals.Enqueue(refusal);
}
