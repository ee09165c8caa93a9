using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>What tests of TCP-Messages share: messages in hexadecimal, and how they travel.</summary>
internal static class TcpTest
{
    /// <summary>What is asked, in version 10 and in the old style.</summary>
    public const string Asked = "000000080A00003003020101", AskedOld = "00000006003003020101";

    /// <summary><see cref="Some.Message"/> as an answer, in version 10 and in the old style.</summary>
    public const string PkiRep = "000000080A00053003020105", FinalMsgRep = "00000006053003020105";

    public const string FinRep = "000000040A000300", NegPollRep = "000000020300";

    /// <summary>An error of the old style: "no".</summary>
    public const string ErrorOld = "00000003066E6F";

    public static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    public static readonly TransportRequest First = new(new byte[] { 0x30, 3, 2, 1, 1 }, CmpOperation.Initialization, First: true, Last: false) { TransactionId = "AA" };

    public static readonly TransportRequest Later = First with { First = false, Last = true };

    public static Uri Uri(this ScriptedServer server) => new("tcp://127.0.0.1:" + server.Port);

    public static TcpTransportSettings Settings(Uri uri) => new() { Uri = uri, ExchangeTimeout = Some.Time, ConnectTimeout = Some.Time, Clock = () => Now };

    public static Task<TransportReply> SendAsync(this TcpTransport transport, TransportRequest? request = null, CancellationToken cancellationToken = default) =>
        transport.ExchangeAsync(request ?? First, cancellationToken).WaitAsync(Some.Time, CancellationToken.None);

    public static Task<TransportReply> CollectAsync(this TcpTransport transport, string ticket) => transport.CollectAsync(ticket, CancellationToken.None).WaitAsync(Some.Time);

    public static async Task<TransportReply.Octets> OctetsAsync(this TcpTransport transport, TransportRequest? request = null) =>
        Assert.IsType<TransportReply.Octets>(await transport.SendAsync(request));

    public static Task<CmpException> FailsAsync(this TcpTransport transport, TransportRequest? request = null) =>
        Assert.ThrowsAsync<CmpException>(() => transport.SendAsync(request));

    /// <summary>Reads one TCP-Message.</summary>
    /// <returns>It in hexadecimal; <see langword="null"/> where the peer is done.</returns>
    public static async Task<string?> ReadFrameAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] octets = new byte[4];
        if (await stream.ReadAtLeastAsync(octets, 4, throwOnEndOfStream: false, cancellationToken) < 4)
            return null;
        byte[] whole = [.. octets, .. new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(octets)]];
        await stream.ReadExactlyAsync(whole.AsMemory(4), cancellationToken);
        return Hex.Of(whole);
    }

    /// <summary>Receives a TCP-Message of the client, which is noted as the body of a request.</summary>
    public static async Task<string> FrameAsync(this ScriptedConnection connection)
    {
        string frame = await ReadFrameAsync(connection.Stream, connection.Stopping) ?? throw new IOException("The client closed.");
        connection.Server.Requests.Enqueue(new ReceivedRequest(string.Empty, Hex.Parse(frame)));
        return frame;
    }

    /// <summary>What came so far, in hexadecimal.</summary>
    public static string[] Frames(this ScriptedServer server) => [.. server.Requests.Select(request => Hex.Of(request.Body))];

    /// <summary>A connection that answers each question by the next of these, and closes then.</summary>
    public static Func<ScriptedConnection, Task> Answering(params string[] answers) => async connection =>
    {
        foreach (string answer in answers)
        {
            await connection.FrameAsync();
            await connection.SendAsync(Hex.Parse(answer));
        }
    };

    /// <summary>The same, but it is the client that closes.</summary>
    public static Func<ScriptedConnection, Task> Keeping(params string[] answers) => async connection =>
    {
        await Answering(answers)(connection);
        await connection.UntilClosedAsync();
    };

    public static Task HangAsync(ScriptedConnection connection) => Task.Delay(Timeout.Infinite, connection.Stopping);

    /// <summary>One exchange with a server that answers this.</summary>
    public static async Task<TransportReply> AnsweredAsync(string answer, Func<TcpTransportSettings, TcpTransportSettings>? change = null)
    {
        await using ScriptedServer server = new(Answering(answer));
        using TcpTransport transport = new(change is null ? Settings(server.Uri()) : change(Settings(server.Uri())));
        return await transport.SendAsync();
    }

    public static TcpTransportSettings Old(TcpTransportSettings settings) => settings with { Style = TcpMessageStyle.Rfc2510 };

    /// <summary>A client on bare sockets.</summary>
    public sealed class RawTcp : IDisposable
    {
        private readonly TcpClient _client = new() { NoDelay = true };

        public RawTcp(Uri uri)
        {
            _client.Connect("127.0.0.1", uri.Port);
        }

        public Stream Stream => _client.GetStream();

        public void Dispose() => _client.Dispose();

        public Task SendAsync(string octets) => Stream.WriteAsync(Hex.Parse(octets)).AsTask();

        public async Task<string?> AskAsync(string octets)
        {
            await SendAsync(octets);
            return await AnswerAsync();
        }

        /// <summary>The next answer; <see langword="null"/> where the server closed.</summary>
        public Task<string?> AnswerAsync() => ReadFrameAsync(Stream, CancellationToken.None).WaitAsync(Some.Time);

        /// <summary>Whether the server closed, without a reset and without another word.</summary>
        public async Task<bool> IsClosedAsync() => await Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Some.Time) == 0;

        /// <summary>Waits until the server closed, be it by a reset.</summary>
        public async Task UntilGoneAsync()
        {
            try
            {
                Assert.Equal(0, await Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Some.Time));
            }
            catch (IOException)
            {
                // a reset is a close too
            }
        }
    }
}
