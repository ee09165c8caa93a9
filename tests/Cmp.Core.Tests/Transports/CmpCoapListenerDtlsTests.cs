using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>The listener for CoAP where it speaks DTLS: our client, who is no client, and those who begin and do not go on.</summary>
public sealed class CmpCoapListenerDtlsTests : IDisposable
{
    private static readonly CoapTiming Fast = new() { AckTimeout = TimeSpan.FromMilliseconds(200) };

    private readonly TlsCertificates _certificates = new();
    private readonly X509Certificate2 _certificate;
    private readonly ConcurrentQueue<TransportRequest> _heard = new();

    public CmpCoapListenerDtlsTests() => _certificate = _certificates.Server();

    public void Dispose()
    {
        _certificate.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task Messages_of_any_length_go_there_and_back_many_at_once()
    {
        await using CmpCoapListener listener = Listen();
        Assert.Equal("coaps", listener.Uri.Scheme);
        using CoapTransport transport = new(Settings(listener.Uri.Port));
        int[] lengths = [1, 500, 1019, 3000, 20_000];
        TransportReply[] replies = await Task.WhenAll(lengths.SelectMany(length => Enumerable.Repeat(length, 4)).Select(length => SendAsync(transport, Some.Sequence(length))));
        Assert.Equal(lengths.SelectMany(length => Enumerable.Repeat(length + 5, 4)), replies.Select(reply => Assert.IsType<TransportReply.Octets>(reply).Value.Length));
        Assert.Equal(lengths.Length * 4, _heard.Count);
    }

    [Fact]
    public async Task It_signs_with_RSA_too()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using CmpCoapListener listener = Listen(new CoapListenerSettings { Certificate = certificate });
        using CoapTransport transport = new(Settings(listener.Uri.Port) with { Uri = new Uri("coaps://localhost:" + listener.Uri.Port), TlsTrustAnchors = [certificate] });
        Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
    }

    [Fact]
    public async Task Who_waits_for_announcements_is_told_through_his_session()
    {
        await using CmpCoapListener listener = Listen();
        using CoapTransport transport = new(Settings(listener.Uri.Port));
        using CancellationTokenSource end = new();
        TaskCompletionSource<byte[]> told = new();
        Assert.Equal(0, await listener.NotifyAsync(Some.Message));
        Task observing = transport.ObserveAsync(null, (notification, _) =>
        {
            if (notification.Octets.Length > 1000)
                told.TrySetResult(notification.Octets.ToArray());
            return Task.CompletedTask;
        }, end.Token);
        byte[] large = Some.Sequence(3000);
        Stopwatch watch = Stopwatch.StartNew();
        while (await listener.NotifyAsync(large) == 0)
            Assert.True(watch.Elapsed < Some.Time);
        Assert.Equal(large, await told.Task.WaitAsync(Some.Time));
        end.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing.WaitAsync(Some.Time));
    }

    [Fact]
    public void A_certificate_without_its_key_does_not_listen()
    {
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(_certificate.RawData);
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => Listen(new CoapListenerSettings { Certificate = bare })).ErrorId);
    }

    [Fact]
    public async Task What_is_no_DTLS_is_passed_over()
    {
        await using CmpCoapListener listener = Listen();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, listener.Uri.Port);
        foreach (byte[] datagram in new byte[][]
        {
            [], [22], new CoapMessage { Type = CoapType.Confirmable, Code = CoapCode.Get, MessageId = 1 }.Encode(), new byte[14], [22, 254, 253, .. new byte[2000]], [22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3],
            // a first message that is all zeros but for its lengths, and one that is cut
            [22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62, 1, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 50, .. new byte[50]], [22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62, 1, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 50, .. new byte[20]],
            [23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 1, 0, 30, .. new byte[30]], new byte[60_000],
        })
        {
            socket.Send(datagram);
        }
        // it is in order, and nothing came back
        using CoapTransport transport = new(Settings(listener.Uri.Port));
        Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        Assert.Equal(0, socket.Available);
        Assert.Single(_heard);
    }

    /// <summary>Each datagram of either side once: it is sent again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handshake_that_loses_any_datagram_comes_about(bool isFromServer)
    {
        await using CmpCoapListener listener = Listen();
        for (int lost = 1; lost <= 7; lost++)
        {
            await using UdpRelay relay = new(listener.Uri.Port, (from, number) => from != isFromServer || number != lost);
            using CoapTransport transport = new(Settings(relay.Port));
            Assert.IsType<TransportReply.Octets>(await SendAsync(transport).WaitAsync(Some.Time));
        }
        Assert.Equal(7, _heard.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handshakes_that_nobody_goes_on_with_are_so_many_at_most_and_end_in_time(bool ends)
    {
        await using CmpCoapListener listener = Listen(new CoapListenerSettings { Certificate = _certificate, MaxHandshakes = 4, HandshakeTimeout = ends ? TimeSpan.FromSeconds(1) : TimeSpan.FromHours(1) });
        // one of four is the share of an address: this client hears of the cookie and says it, and hears no more
        await using UdpRelay dying = new(listener.Uri.Port, (isFromServer, number) => isFromServer ? number <= 1 : number <= 2);
        using CoapTransport first = new(Settings(dying.Port) with { ConnectTimeout = Some.Time });
        using CancellationTokenSource cancel = new();
        Task<TransportReply> abandoned = first.ExchangeAsync(HttpTest.First with { Octets = Some.Message }, cancel.Token);
        Stopwatch watch = Stopwatch.StartNew();
        while (dying.FromServer < 2)
        {
            Assert.True(watch.Elapsed < Some.Time);
            await Task.Delay(1);
        }
        using CoapTransport second = new(Settings(listener.Uri.Port) with { ConnectTimeout = ends ? Some.Time : TimeSpan.FromSeconds(2) });
        if (ends)
            Assert.IsType<TransportReply.Octets>(await SendAsync(second).WaitAsync(Some.Time));
        else
            Assert.Equal("CmpTransport.ConnectTimeout", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(second))).ErrorId);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned.WaitAsync(Some.Time));
        Assert.Equal(ends ? 1 : 0, _heard.Count);
    }

    [Fact]
    public async Task A_session_too_many_is_not_begun_while_the_others_are_at_work()
    {
        await using CmpCoapListener listener = Listen(new CoapListenerSettings { Certificate = _certificate, MaxSessions = 1 });
        using CoapTransport second = new(Settings(listener.Uri.Port) with { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        using (CoapTransport first = new(Settings(listener.Uri.Port)))
        {
            Assert.IsType<TransportReply.Octets>(await SendAsync(first));
            Assert.Equal("CmpTransport.ConnectTimeout", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(second))).ErrorId);
            Assert.IsType<TransportReply.Octets>(await SendAsync(first));
        }
        // that one has said that it is over
        using CoapTransport third = new(Settings(listener.Uri.Port));
        Assert.IsType<TransportReply.Octets>(await SendAsync(third));
    }

    [Fact]
    public async Task Who_begins_anew_from_the_same_port_is_somebody_else()
    {
        await using CmpCoapListener listener = Listen();
        bool carries = true;
        await using UdpRelay relay = new(listener.Uri.Port, (_, _) => carries);
        CoapTransport first = new(Settings(relay.Port));
        Assert.IsType<TransportReply.Octets>(await SendAsync(first));
        // its end is not heard; the relay has one port towards the server
        carries = false;
        first.Dispose();
        carries = true;
        using CoapTransport second = new(Settings(relay.Port));
        Assert.IsType<TransportReply.Octets>(await SendAsync(second));
        Assert.Equal(2, _heard.Count);
    }

    [Fact]
    public async Task Whose_server_ends_begins_anew_with_the_next_transaction()
    {
        int port;
        CoapTransport transport;
        await using (CmpCoapListener listener = Listen())
        {
            port = listener.Uri.Port;
            transport = new CoapTransport(Settings(port));
            Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        }
        using (transport)
        {
            await using CmpCoapListener again = Listen(new CoapListenerSettings { Certificate = _certificate, Port = port });
            Assert.IsType<TransportReply.Octets>(await SendAsync(transport).WaitAsync(Some.Time));
            Assert.Equal(2, _heard.Count);
        }
    }

    private CmpCoapListener Listen(CoapListenerSettings? settings = null) => CmpCoapListener.Start(settings ?? new CoapListenerSettings { Certificate = _certificate }, (request, _) =>
    {
        _heard.Enqueue(request);
        return Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));
    });

    private CoapTransportSettings Settings(int port) => new()
    {
        Uri = new Uri("coaps://127.0.0.1:" + port),
        ExchangeTimeout = Some.Time,
        Timing = Fast,
        TlsTrustAnchors = [_certificates.Root],
    };

    private static Task<TransportReply> SendAsync(CoapTransport transport, byte[]? message = null) =>
        transport.ExchangeAsync(HttpTest.First with { Octets = message ?? Some.Message }, CancellationToken.None);
}
