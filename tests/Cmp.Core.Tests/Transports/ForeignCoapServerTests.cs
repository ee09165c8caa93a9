using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>
/// The client's road over CoAP to libcoap's example server: it knows no CMP, but blocks both ways, separate answers, observation and discovery. What it
/// takes it sends back (<c>-e</c>), by PUT, which differs from POST in the code only.
/// </summary>
public sealed class ForeignCoapServerTests : IDisposable
{
    /// <summary>Repetitions four times as fast as they should be: the datagrams that the server loses are known, and nothing is between us.</summary>
    private static readonly CoapTiming Fast = new() { AckTimeout = TimeSpan.FromMilliseconds(500) };

    private readonly ConcurrentQueue<string> _log = new();
    private Process? _server;
    private int _port;

    public void Dispose()
    {
        if (_server is null)
            return;
        Programs.Stop(_server);
        _server.Dispose();
    }

    [SkippableTheory]
    [InlineData(10, 1024)]
    [InlineData(1024, 1024)]
    [InlineData(1200, 1024)]
    [InlineData(3000, 1024)]
    [InlineData(3000, 512)]
    [InlineData(3000, 256)]
    [InlineData(1000, 128)]
    [InlineData(1000, 64)]
    [InlineData(600, 32)]
    [InlineData(300, 16)]
    [InlineData(20_000, 1024)]
    public async Task Libcoap_takes_our_blocks_and_we_take_its_blocks(int length, int blockSize)
    {
        await StartAsync("-e", "-d", "10");
        byte[] body = CoapDesk.Octets(length);
        CoapResponse response = await PutAsync("/example_data", body, CoapBlock.ExponentOf(blockSize));
        Assert.True(response.Code.IsSuccess, response.Code.ToString());
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(response.Body.Span));
        // and once more, by a question that has no body
        Assert.Equal(body, (await AskAsync(Question(CoapCode.Get, "/example_data", [], 6))).Body.ToArray());
        int blocks = (length + blockSize - 1) / blockSize;
        string[] puts = [];
        // each block there and, in the last answer, the first one back; the others are asked for. One that was repeated is there once
        await UntilAsync(() => (puts = [.. _log.Where(line => line.Contains("c:PUT", StringComparison.Ordinal)).Distinct()]).Length == (2 * blocks) - 1);
        Assert.All(puts, line => Assert.Contains("Uri-Path:example_data", line, StringComparison.Ordinal));
        Assert.Equal(blocks > 1 ? blocks : 0, puts.Count(line => line.Contains("Block1:", StringComparison.Ordinal)));
        Assert.Equal(blocks > 1 ? 1 : 0, puts.Count(line => line.Contains($"Size1:{length}", StringComparison.Ordinal)));
    }

    /// <summary>
    /// Its datagrams are numbered; the first one answers the question whether it is there. The acknowledgement of the last block of a request is
    /// not among them: libcoap 4.3.1 does not know a copy of that block as one, and takes it for another body.
    /// </summary>
    [SkippableTheory]
    [InlineData("2")]
    [InlineData("2,4,7,9")]
    [InlineData("2,3,5,6,9")]
    public async Task What_libcoap_loses_is_sent_again(string lost)
    {
        await StartAsync("-e", "-d", "10", "-l", lost);
        byte[] body = CoapDesk.Octets(3000);
        CoapResponse response = await PutAsync("/example_data", body, exponent: 6);
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(response.Body.Span));
        await UntilAsync(() => _log.Count(line => line.Contains(" dropped", StringComparison.Ordinal)) == lost.Split(',').Length);
    }

    [SkippableFact]
    public async Task A_separate_answer_of_libcoap_is_taken_and_acknowledged()
    {
        await StartAsync();
        CoapResponse response = await AskAsync(Question(CoapCode.Get, "/async?1", [], 6));
        Assert.Equal("done", Encoding.ASCII.GetString(response.Body.ToArray()));
        await UntilAsync(() => _log.Any(line => line.Contains("t:CON c:2.05", StringComparison.Ordinal)));
        await UntilAsync(() => _log.Count(line => line.Contains("t:ACK c:0.00", StringComparison.Ordinal)) == 2);
    }

    [SkippableFact]
    public async Task What_libcoap_refuses_is_an_error_of_its_own()
    {
        await StartAsync();
        using CoapTransport transport = new(Settings("/time"));
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First, CancellationToken.None));
        Assert.Equal("CmpCoap.405", e.ErrorId);
        Assert.Contains("Method Not Allowed", e.Message, StringComparison.Ordinal);
        using CoapTransport nowhere = new(Settings("/nowhere"));
        Assert.Equal("CmpCoap.404", (await Assert.ThrowsAsync<CmpException>(() => nowhere.ExchangeAsync(HttpTest.First, CancellationToken.None))).ErrorId);
        Assert.Equal("CmpCoap.404", (await Assert.ThrowsAsync<CmpException>(() => nowhere.ObserveAsync(null, (_, _) => Task.CompletedTask, CancellationToken.None))).ErrorId);
        // libcoap names our options as we meant them: the message is one of CMP
        Assert.Contains(_log, line => line.Contains("t:CON c:POST", StringComparison.Ordinal) && line.Contains("Uri-Path:time, Content-Format:259, Accept:259", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task What_libcoap_has_is_discovered()
    {
        await StartAsync();
        using CoapTransport transport = new(Settings(""));
        IReadOnlyList<CoreLink> links = await transport.DiscoverAsync(CancellationToken.None);
        Assert.Equal(["/", "/time", "/async", "/example_data"], links.Select(link => link.Target));
        Assert.Equal([false, true, false, true], links.Select(link => link.IsObservable));
        Assert.All(links, link => Assert.Equal([CoapContentFormat.Text], link.ContentFormats));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_clock_of_libcoap_is_observed(bool isNonConfirmable)
    {
        await StartAsync(isNonConfirmable ? ["-N"] : []);
        using CoapTransport transport = new(Settings(""));
        using CancellationTokenSource end = new();
        List<string> shown = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transport.ObserveAsync("/time", (notification, _) =>
        {
            Assert.True(notification.IsRegistered);
            shown.Add(Encoding.ASCII.GetString(notification.Octets.ToArray()));
            if (shown.Count == 4)
                end.Cancel();
            return Task.CompletedTask;
        }, end.Token).WaitAsync(Some.Time));
        Assert.Equal(shown.Order(StringComparer.Ordinal), shown);
        Assert.Equal(4, shown.Distinct().Count());
        // it registered once, each notification that wanted it was acknowledged, and the end was heard
        await UntilAsync(() => _log.Any(line => line.Contains("removed subscription", StringComparison.Ordinal)));
        Assert.Single(_log, line => line.Contains("create new subscription", StringComparison.Ordinal));
        int confirmable = _log.Count(line => line.Contains("t:CON c:2.05", StringComparison.Ordinal));
        await UntilAsync(() => _log.Count(line => line.Contains("t:ACK c:0.00", StringComparison.Ordinal)) == confirmable);
        Assert.True(isNonConfirmable || confirmable >= 3);
    }

    [SkippableFact]
    public async Task Notifications_of_libcoap_in_blocks_are_fetched()
    {
        await StartAsync("-d", "10");
        byte[][] bodies = [CoapDesk.Octets(2500), CoapDesk.Octets(100), CoapDesk.Octets(4000)];
        using CoapTransport transport = new(Settings(""));
        using CancellationTokenSource end = new();
        using BlockingCollection<byte[]> shown = [];
        Task observing = transport.ObserveAsync("/example_data", (notification, _) =>
        {
            shown.Add(notification.Octets.ToArray());
            return Task.CompletedTask;
        }, end.Token);
        Assert.Equal(1500, Next().Length);
        foreach (byte[] body in bodies)
        {
            Assert.True((await PutAsync("/example_data", body, exponent: 6)).Code.IsSuccess);
            Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(Next()));
        }
        end.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing.WaitAsync(Some.Time));

        byte[] Next() => shown.TryTake(out byte[]? octets, Some.Time) ? octets : throw new TimeoutException();
    }

    private async Task StartAsync(params string[] arguments)
    {
        Skip.If(LibCoap.Server is null, LibCoap.WhyNot);
        string? lineByLine = Programs.Find("stdbuf");
        Skip.If(lineByLine is null, "stdbuf is not installed, without which nobody sees libcoap's log in time (Debian: coreutils)");
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _port = ((IPEndPoint)free.LocalEndPoint!).Port;
        }
        _server = new Process { StartInfo = Programs.StartInfo(lineByLine, ["-oL", LibCoap.Server, "-A", "127.0.0.1", "-p", _port.ToString(System.Globalization.CultureInfo.InvariantCulture), "-v", "7", .. arguments], environment: null) };
        _server.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _server.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _server.Start();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        using CoapTransport transport = new(Settings("") with { ExchangeTimeout = TimeSpan.FromSeconds(1) });
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await transport.DiscoverAsync(CancellationToken.None);
                break;
            }
            catch (CmpException) when (watch.Elapsed < Some.Time && !_server.HasExited)
            {
                // it is not there yet
            }
        }
        _log.Clear();
    }

    private CoapTransportSettings Settings(string path) => new() { Uri = new Uri("coap://127.0.0.1:" + _port + path), ExchangeTimeout = Some.Time, Timing = Fast };

    private Task<CoapResponse> PutAsync(string path, byte[] body, int exponent) => AskAsync(Question(CoapCode.Put, path, body, exponent) with { ContentFormat = 0 });

    private static CoapQuestion Question(CoapCode method, string path, byte[] body, int exponent) =>
        CoapNet.Get(path, exponent) with { Method = method, Body = body, Server = "libcoap", Timeout = Some.Time };

    private async Task<CoapResponse> AskAsync(CoapQuestion question)
    {
        using CoapChannel channel = CoapChannel.Open(new IPEndPoint(IPAddress.Loopback, _port), "libcoap", Fast);
        CoapTransfer transfer = channel.Begin((layer, now) => new CoapTransfer(layer, question, now + question.Timeout, now));
        await channel.WhenAsync(() => transfer.IsOver, CancellationToken.None).WaitAsync(Some.Time);
        Assert.True(transfer.Error is null, transfer.Error?.Message);
        return transfer.Response!;
    }

    /// <summary>The log of another process is a little behind.</summary>
    private static async Task UntilAsync(Func<bool> isReached)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!isReached())
        {
            Assert.True(watch.Elapsed < Some.Time, "it does not come about");
            await Task.Delay(5);
        }
    }
}
