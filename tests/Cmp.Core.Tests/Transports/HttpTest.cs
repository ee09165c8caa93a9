using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Sends by a transport what these tests send.</summary>
internal static class HttpTest
{
    public static readonly TransportRequest First = new(new byte[] { 0x30, 3, 2, 1, 1 }, CmpOperation.Initialization, First: true, Last: false);

    public static readonly TransportRequest Later = new(new byte[] { 0x30, 3, 2, 1, 2 }, CmpOperation.Initialization, First: false, Last: true);

    public static HttpTransportSettings Settings(Uri uri) => new() { Uri = uri, NoProxy = ["*"], ExchangeTimeout = Some.Time, ConnectTimeout = Some.Time };

    public static Task<TransportReply> SendAsync(this HttpTransport transport, TransportRequest? request = null, CancellationToken cancellationToken = default) =>
        transport.ExchangeAsync(request ?? First, cancellationToken).WaitAsync(Some.Time, CancellationToken.None);

    public static async Task<TransportReply.Octets> OctetsAsync(this HttpTransport transport, TransportRequest? request = null) =>
        Assert.IsType<TransportReply.Octets>(await transport.SendAsync(request));

    public static Task<CmpException> FailsAsync(this HttpTransport transport, TransportRequest? request = null) =>
        Assert.ThrowsAsync<CmpException>(() => transport.SendAsync(request));

    /// <summary>One exchange with a server that receives the request and answers these octets, then closes.</summary>
    public static async Task<TransportReply> AnsweredAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null)
    {
        await using ScriptedServer server = new(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(answer);
        });
        HttpTransportSettings settings = Settings(server.Uri);
        using HttpTransport transport = new(change is null ? settings : change(settings));
        return await transport.SendAsync();
    }

    public static Task<CmpException> RefusedAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null) =>
        Assert.ThrowsAsync<CmpException>(() => AnsweredAsync(answer, change));
}
