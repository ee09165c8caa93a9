using System;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;
using Cmp.Tests.Transports;

namespace Cmp.Module.Tests.Harness;

/// <summary>Stands between a client and a server, counts, and changes the answers as a test says.</summary>
internal sealed class ForwardingServer : IAsyncDisposable
{
    private const int MaxConnections = 100;

    private readonly HttpClient _client = new();
    private readonly Uri _target;
    private readonly Func<Answer, Answer> _change;
    private readonly Func<ReceivedRequest, Task> _before;
    private readonly ScriptedServer _server;

    /// <summary>Starts one.</summary>
    /// <param name="target">The server behind it.</param>
    /// <param name="change">Gives what the client gets for an answer; <see langword="null"/>: the answer.</param>
    /// <param name="before">What a request waits for before it is passed on.</param>
    internal ForwardingServer(Uri target, Func<Answer, Answer>? change = null, Func<ReceivedRequest, Task>? before = null)
    {
        _before = before ?? (_ => Task.CompletedTask);
        _target = target;
        _change = change ?? (answer => answer);
        _server = new ScriptedServer([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(ForwardAsync, MaxConnections)]);
    }

    internal Uri Uri => _server.Uri;

    /// <summary>Connections so far.</summary>
    internal int Accepted => _server.Accepted;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
    }

    private async Task ForwardAsync(ScriptedConnection connection)
    {
        // until the client closes
        while (true)
        {
            ReceivedRequest request = await connection.ReceiveAsync();
            await _before(request).WaitAsync(connection.Stopping);
            using var content = new ByteArrayContent(request.Body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/pkixcmp");
            using HttpResponseMessage response = await _client.PostAsync(_target, content, connection.Stopping);
            Answer answer = _change(new Answer($"{(int)response.StatusCode} {response.ReasonPhrase}", await response.Content.ReadAsByteArrayAsync(connection.Stopping)));
            await connection.SendAsync(Some.Answer(answer.Body, status: answer.Status));
        }
    }

    /// <summary>An answer on its way.</summary>
    /// <param name="Status">As in <c>200 OK</c>.</param>
    /// <param name="Body">The message.</param>
    internal sealed record Answer(string Status, byte[] Body);
}
