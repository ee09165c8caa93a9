using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;

namespace Cmp.Module.Tests.Harness;

/// <summary>Carries messages by hand, as somebody does who can reach the server: a file there, a file back.</summary>
internal sealed class Courier(Uri server) : IDisposable
{
    private readonly HttpClient _client = new();

    public void Dispose() => _client.Dispose();

    /// <summary>Brings a message to the server, and its answer back.</summary>
    /// <param name="message">The file of the message.</param>
    /// <param name="answer">The file that the answer goes to.</param>
    internal void Carry(string message, string answer)
    {
        using var content = new ByteArrayContent(File.ReadAllBytes(message));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pkixcmp");
        using var request = new HttpRequestMessage(HttpMethod.Post, server) { Content = content };
        using HttpResponseMessage response = _client.Send(request);
        using Stream body = response.EnsureSuccessStatusCode().Content.ReadAsStream();
        using FileStream file = File.Create(answer);
        body.CopyTo(file);
    }
}
