using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
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

/// <summary>The client's road over CoAP and DTLS to servers of OpenSSL: libcoap's, which speaks CoAP, and s_server, which can be told to be odd.</summary>
public sealed class ForeignDtlsTests : IDisposable
{
    private static readonly CoapTiming Fast = new() { AckTimeout = TimeSpan.FromMilliseconds(200) };

    private readonly TlsCertificates _certificates = new();
    private readonly TestFolder _folder = new();
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _server;
    private int _port;

    public void Dispose()
    {
        Stop();
        _certificates.Dispose();
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("localhost", 10)]
    [InlineData("127.0.0.1", 10)]
    [InlineData("LocalHost", 3000)]
    [InlineData("127.0.0.1", 20_000)]
    public async Task What_is_sent_to_libcoap_over_DTLS_comes_back(string host, int length)
    {
        await ServeAsync(_certificates.Server());
        byte[] body = CoapDesk.Octets(length);
        using CoapChannel channel = await ConnectAsync(host);
        CoapResponse response = await AskAsync(channel, Question(CoapCode.Put, body));
        Assert.True(response.Code.IsSuccess, response.Code.ToString());
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(response.Body.Span));
        // and once more over the same session, by a question that has no body
        Assert.Equal(body, (await AskAsync(channel, Question(CoapCode.Get, []))).Body.ToArray());
        Assert.True(channel.IsUsable);
    }

    [SkippableFact]
    public async Task A_session_is_kept_for_what_follows_and_its_end_is_said()
    {
        await ServeAsync(_certificates.Server());
        await using UdpRelay relay = new(_port + 1, (_, _) => true);
        using (CoapTransport transport = new(Trusting("localhost", relay.Port)))
        {
            await transport.DiscoverAsync(CancellationToken.None);
            int handshake = relay.FromClient;
            await transport.DiscoverAsync(CancellationToken.None);
            Assert.True(relay.FromClient - handshake < 4, "it shook hands again");
        }
        await UntilAsync(() => _log.Any(line => line.Contains("close notify", StringComparison.OrdinalIgnoreCase) || line.Contains("session closed", StringComparison.OrdinalIgnoreCase)
            || line.Contains("session disconnected", StringComparison.OrdinalIgnoreCase)));
    }

    [SkippableFact]
    public async Task An_answer_of_libcoap_is_what_it_would_be_without_DTLS()
    {
        await ServeAsync(_certificates.Server());
        using CoapTransport transport = new(Trusting("localhost", _port + 1, "/time"));
        Assert.Equal("CmpCoap.405", (await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First, CancellationToken.None))).ErrorId);
        Assert.Equal("CmpCoap.404", (await Assert.ThrowsAsync<CmpException>(() => transport.ObserveAsync(null, (_, _) => Task.CompletedTask, CancellationToken.None))).ErrorId);
    }

    [SkippableFact]
    public async Task Rule59_A_certificate_that_comes_with_its_issuer_is_believed()
    {
        (X509Certificate2 server, X509Certificate2 issuer) = _certificates.ServerBelow();
        using (server)
        using (issuer)
        {
            string key = _certificates.IssuedKey;
            await ServeByOpenSslAsync(["-dtls1_2", "-cert_chain", _folder.Write("issuer.pem", issuer.ExportCertificatePem())], server, key);
            using (CoapChannel channel = await ConnectAsync("localhost", _port))
                Assert.True(channel.IsUsable);
            Stop();
            // without it nothing leads to the root, and it is fetched nowhere
            await ServeByOpenSslAsync(["-dtls1_2"], server, key);
            await RefusedAsync(Trusting("localhost", _port), "not believed");
        }
    }

    [SkippableFact]
    public async Task Rule59_Another_name_or_address_is_refused()
    {
        await ServeAsync(_certificates.Server("other.example", IPAddress.Parse("127.0.0.2")));
        await RefusedAsync(Trusting("localhost"), "not for localhost");
        await RefusedAsync(Trusting("127.0.0.1"), "not for 127.0.0.1");
    }

    [SkippableFact]
    public async Task Rule59_A_name_is_no_address()
    {
        await ServeAsync(_certificates.Server("127.0.0.1", IPAddress.Parse("127.0.0.2")));
        await RefusedAsync(Trusting("127.0.0.1"), "not for 127.0.0.1");
    }

    [SkippableFact]
    public async Task Rule59_An_unknown_root_is_refused()
    {
        using TlsCertificates foreign = new();
        await ServeAsync(_certificates.Server());
        await RefusedAsync(Trusting("localhost") with { TlsTrustAnchors = [foreign.Root] }, "not believed");
        await RefusedAsync(Trusting("localhost") with { TlsTrustAnchors = [] }, "not believed");
        await RefusedAsync(Trusting("localhost") with { TlsTrustAnchors = null }, "not believed");
    }

    [SkippableFact]
    public async Task Rule59_An_expired_certificate_is_refused()
    {
        await ServeAsync(_certificates.Server(validTo: -5));
        await RefusedAsync(Trusting("localhost"), "NotTimeValid");
    }

    [SkippableFact]
    public async Task Rule59_A_certificate_for_clients_is_no_server()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = _certificates.Client(key);
        await ServeAsync(certificate, key: key.ExportPkcs8PrivateKeyPem());
        // it is for a host of that name, and still for a client
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => ConnectAsync("client"));
        Assert.Equal("CmpTransport.TlsFailed", e.ErrorId);
        Assert.Contains("NotValidForUsage", e.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("P-256")]
    [InlineData("P-384")]
    [InlineData("P-521")]
    [InlineData("RSA")]
    public async Task A_client_certificate_is_shown_where_it_is_asked_for(string kind)
    {
        using AsymmetricAlgorithm key = kind == "RSA" ? RSA.Create(2048)
            : ECDsa.Create(kind switch { "P-256" => ECCurve.NamedCurves.nistP256, "P-384" => ECCurve.NamedCurves.nistP384, _ => ECCurve.NamedCurves.nistP521 });
        await ServeAsync(_certificates.Server(), clientRoot: _certificates.Root);
        using X509Certificate2 client = _certificates.Client(key);
        using CoapTransport transport = new(Trusting("localhost") with { TlsClientCertificate = client });
        Assert.NotEmpty(await transport.DiscoverAsync(CancellationToken.None));
        // and where nobody asks, it does not matter
        Stop();
        await ServeAsync(_certificates.Server());
        using CoapTransport unasked = new(Trusting("localhost") with { TlsClientCertificate = client });
        Assert.NotEmpty(await unasked.DiscoverAsync(CancellationToken.None));
    }

    [SkippableFact]
    public async Task A_client_certificate_that_is_missing_or_of_another_root_is_an_error_of_TLS()
    {
        await ServeAsync(_certificates.Server(), clientRoot: _certificates.Root);
        await RefusedAsync(Trusting("localhost"), "shown none");
        using TlsCertificates foreign = new("other root");
        using X509Certificate2 stranger = foreign.Client();
        await RefusedAsync(Trusting("localhost") with { TlsClientCertificate = stranger }, "alert");
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(stranger.RawData);
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new CoapTransport(Trusting("localhost") with { TlsClientCertificate = bare })).ErrorId);
    }

    [SkippableTheory]
    [InlineData("-dtls1", null)]
    [InlineData("-dtls1_2", "AES256-GCM-SHA384")]
    [InlineData("-dtls1_2", "ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA384")]
    [InlineData("-dtls1_2", "no_ems")]
    public async Task What_is_weak_is_not_agreed_on(string version, string? how)
    {
        List<string> more = how switch { null => ["-cipher", "ALL:@SECLEVEL=0"], "no_ems" => [], _ => ["-cipher", how] };
        using X509Certificate2 certificate = _certificates.Server();
        await ServeByOpenSslAsync([version, .. more], certificate, _certificates.IssuedKey, how == "no_ems" ? "[default]\nopenssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nOptions = -ExtendedMasterSecret\n" : null);
        await RefusedAsync(Trusting("localhost", _port), "DTLS");
    }

    [SkippableTheory]
    [InlineData("ECDHE-ECDSA-AES128-CCM8")]
    [InlineData("ECDHE-ECDSA-AES128-CCM")]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("ECDHE-ECDSA-AES256-GCM-SHA384")]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305")]
    public async Task Each_suite_is_agreed_on_with_OpenSSL(string suite)
    {
        using X509Certificate2 certificate = _certificates.Server();
        await ServeByOpenSslAsync(["-dtls1_2", "-cipher", suite + ":@SECLEVEL=0"], certificate, _certificates.IssuedKey);
        using CoapChannel channel = await ConnectAsync("localhost", _port);
        Assert.True(channel.IsUsable);
    }

    [SkippableFact]
    public async Task OpenSSL_signs_with_RSA()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await ServeAsync(certificate, key: key.ExportPkcs8PrivateKeyPem());
        using CoapTransport transport = new(Trusting("localhost") with { TlsTrustAnchors = [certificate] });
        Assert.NotEmpty(await transport.DiscoverAsync(CancellationToken.None));
    }

    /// <summary>Whoever hears no more after a datagram of the server's ends by its time, as nobody; whoever only loses one of either side gets there by repetition.</summary>
    [SkippableFact]
    public async Task A_handshake_that_is_cut_after_any_datagram_ends_in_time_and_one_that_loses_any_comes_about()
    {
        await ServeAsync(_certificates.Server());
        int all;
        await using (UdpRelay relay = new(_port + 1, (_, _) => true))
        {
            using CoapChannel channel = await ConnectAsync("localhost", relay.Port);
            all = relay.FromServer;
        }
        Assert.True(all >= 3, "the server said " + all);
        for (int cut = 0; cut < all; cut++)
        {
            await using UdpRelay relay = new(_port + 1, (isFromServer, number) => !isFromServer || number <= cut);
            using CoapTransport transport = new(Trusting("localhost", relay.Port) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
            CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time));
            Assert.Equal(("CmpTransport.ConnectTimeout", CmpErrorKind.Timeout), (e.ErrorId, e.Kind));
        }
        foreach (bool isFromServer in new[] { false, true })
        {
            for (int lost = 1; lost <= 4; lost++)
            {
                await using UdpRelay relay = new(_port + 1, (from, number) => from != isFromServer || number != lost);
                using CoapTransport transport = new(Trusting("localhost", relay.Port));
                Assert.NotEmpty(await transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time));
            }
        }
    }

    [SkippableFact]
    public async Task Rule53_A_session_that_the_server_has_lost_is_replaced_for_a_first_message_and_for_no_other()
    {
        X509Certificate2 certificate = _certificates.Server();
        string key = _certificates.IssuedKey;
        await ServeAsync(certificate, key: key);
        // what the server says at its end is lost, so that nobody knows of it
        bool isDead = false;
        await using UdpRelay relay = new(_port + 1, (_, _) => !isDead);
        using CoapTransport transport = new(Trusting("localhost", relay.Port, "/time"));
        Assert.Equal("CmpCoap.405", (await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First, CancellationToken.None))).ErrorId);
        await LoseAsync();
        Assert.Equal("CmpCoap.405", (await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First, CancellationToken.None).WaitAsync(Some.Time))).ErrorId);
        await LoseAsync();
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First with { First = false }, CancellationToken.None).WaitAsync(Some.Time));
        Assert.Contains(e.ErrorId, new[] { "CmpTransport.Timeout", "CmpTransport.ConnectionClosed" });
        // the session is not used again
        Assert.Equal("CmpCoap.405", (await Assert.ThrowsAsync<CmpException>(() => transport.ExchangeAsync(HttpTest.First with { First = false }, CancellationToken.None).WaitAsync(Some.Time))).ErrorId);

        async Task LoseAsync()
        {
            isDead = true;
            int port = _port;
            Stop();
            await ServeAsync(certificate, key: key, port: port);
            isDead = false;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_silent_or_speaks_something_else_is_a_timeout_with_its_reason(bool speaks)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task answering = !speaks ? Task.CompletedTask : Task.Run(() =>
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            byte[] buffer = new byte[2000];
            socket.ReceiveFrom(buffer, ref from);
            // no record, a record that is cut, one that is longer than there may be, and a reset of CoAP
            foreach (byte[] datagram in new byte[][] { [1, 2, 3], [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1], [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1], [0x70, 0, 22, 254], new byte[60_000] })
                socket.SendTo(datagram, from);
        });
        using CoapTransport transport = new(Trusting("127.0.0.1", ((IPEndPoint)socket.LocalEndPoint!).Port) with { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time));
        Assert.Equal(("CmpTransport.ConnectTimeout", CmpErrorKind.Timeout), (e.ErrorId, e.Kind));
        Assert.StartsWith(speaks ? "No DTLS came about" : "Nothing came", e.Message, StringComparison.Ordinal);
        Assert.Contains("coap:", e.RecommendedAction, StringComparison.Ordinal);
        await answering.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_told_by_the_network()
    {
        int port;
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)free.LocalEndPoint!).Port;
        }
        using CoapTransport transport = new(Trusting("127.0.0.1", port));
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time));
        Assert.Equal(("CmpTransport.ConnectFailed", CmpErrorKind.Transport), (e.ErrorId, e.Kind));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_cancels_or_closes_the_road_in_a_handshake_does_not_wait_for_it(bool closes)
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using CoapTransport transport = new(Trusting("127.0.0.1", ((IPEndPoint)silent.LocalEndPoint!).Port) with { ConnectTimeout = TimeSpan.FromHours(1), ExchangeTimeout = TimeSpan.FromHours(1) });
        using CancellationTokenSource cancel = new();
        Task exchange = transport.ExchangeAsync(HttpTest.First, cancel.Token);
        // it is in the middle of it: the first flight is here
        byte[] buffer = new byte[2000];
        Assert.True(silent.Receive(buffer) > 100);
        if (closes)
        {
            transport.Dispose();
            Assert.Equal("CmpTransport.ConnectFailed", (await Assert.ThrowsAsync<CmpException>(() => exchange.WaitAsync(Some.Time))).ErrorId);
        }
        else
        {
            cancel.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
        }
    }

    private static async Task RefusedAsync(CoapTransportSettings settings, string reason)
    {
        using CoapTransport transport = new(settings);
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time));
        Assert.True(("CmpTransport.TlsFailed", CmpErrorKind.Transport) == (e.ErrorId, e.Kind), e.ToString());
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Contains("-TlsTrustAnchor", e.RecommendedAction, StringComparison.Ordinal);
    }

    private CoapTransportSettings Trusting(string host, int? port = null, string path = "") => new()
    {
        Uri = new Uri("coaps://" + host + ":" + (port ?? (_port + 1)) + path),
        ExchangeTimeout = Some.Time,
        Timing = Fast,
        TlsTrustAnchors = [_certificates.Root],
    };

    private Task<CoapChannel> ConnectAsync(string host, int? port = null) => CoapChannel.OpenAsync(
        new IPEndPoint(IPAddress.Loopback, port ?? (_port + 1)), Fast, new DtlsSettings(host, "libcoap") { Anchors = [_certificates.Root] }, Some.Time, CancellationToken.None);

    private static CoapQuestion Question(CoapCode method, byte[] body) =>
        CoapNet.Get("/example_data", 6) with { Method = method, Body = body, ContentFormat = method == CoapCode.Put ? 0 : null, Server = "libcoap", Timeout = Some.Time };

    private static async Task<CoapResponse> AskAsync(CoapChannel channel, CoapQuestion question)
    {
        CoapTransfer transfer = channel.Begin((layer, now) => new CoapTransfer(layer, question, now + question.Timeout, now));
        await channel.WhenAsync(() => transfer.IsOver, CancellationToken.None).WaitAsync(Some.Time);
        channel.Rest();
        Assert.True(transfer.Error is null, transfer.Error?.Message);
        return transfer.Response!;
    }

    /// <summary>libcoap's server, without DTLS at a port and with it at the next one.</summary>
    private async Task ServeAsync(X509Certificate2 certificate, X509Certificate2? clientRoot = null, string? key = null, int? port = null)
    {
        Skip.If(LibCoap.SecuredServer is null, LibCoap.WhyNotSecured);
        string? lineByLine = Programs.Find("stdbuf");
        Skip.If(lineByLine is null, "stdbuf is not installed, without which nobody sees libcoap's log in time (Debian: coreutils)");
        _port = port ?? FreePorts();
        string shown = _folder.Write("server.pem", certificate.ExportCertificatePem());
        List<string> arguments = ["-oL", LibCoap.SecuredServer, "-A", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-v", "7", "-e", "-d", "10", "-c", shown, "-j", _folder.Write("server.key", key ?? _certificates.IssuedKey)];
        arguments.AddRange(clientRoot is null ? ["-n"] : ["-C", _folder.Write("clients.pem", clientRoot.ExportCertificatePem())]);
        Start(lineByLine, arguments);
        using CoapTransport plain = new(Trusting("127.0.0.1") with { Uri = new Uri("coap://127.0.0.1:" + _port), ExchangeTimeout = TimeSpan.FromSeconds(1) });
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await plain.DiscoverAsync(CancellationToken.None);
                break;
            }
            catch (CmpException) when (watch.Elapsed < Some.Time && !_server!.HasExited)
            {
                // it is not there yet
            }
        }
    }

    private async Task ServeByOpenSslAsync(IEnumerable<string> arguments, X509Certificate2 certificate, string key, string? configuration = null)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        _log.Clear();
        _port = FreePorts();
        Start(OpenSsl.File!, ["s_server", "-accept", "127.0.0.1:" + _port, "-cert", _folder.Write("server.pem", certificate.ExportCertificatePem()), "-key", _folder.Write("server.key", key), .. arguments],
            configuration is null ? null : new Dictionary<string, string> { ["OPENSSL_CONF"] = _folder.Write("openssl.cnf", configuration) });
        await UntilAsync(() => _log.Any(line => line.StartsWith("ACCEPT", StringComparison.Ordinal)));
    }

    private void Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        _server = new Process { StartInfo = Programs.StartInfo(program, arguments, environment) };
        _server.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _server.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _server.Start();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
    }

    private void Stop()
    {
        if (_server is null)
            return;
        Programs.Stop(_server);
        _server.Dispose();
        _server = null;
    }

    /// <summary>Two ports, one after the other, that nobody has.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            using Socket first = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), second = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)first.LocalEndPoint!).Port;
            try
            {
                second.Bind(new IPEndPoint(IPAddress.Loopback, port + 1));
                return port;
            }
            catch (Exception e) when (e is SocketException or ArgumentException)
            {
                // another pair
            }
        }
    }

    private async Task UntilAsync(Func<bool> isReached)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!isReached())
        {
            Assert.True(watch.Elapsed < Some.Time, "it does not come about: " + string.Join("\n", _log));
            await Task.Delay(5);
        }
    }
}
