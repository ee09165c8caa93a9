using System;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>Pushes over HTTP over TLS, and what is no TLS.</summary>
public sealed class AnnouncementListenerTlsTests : IDisposable
{
    private readonly TlsCertificates _certificates = new();
    private readonly X509Certificate2 _certificate;

    public AnnouncementListenerTlsTests() => _certificate = _certificates.Server();

    public void Dispose()
    {
        _certificate.Dispose();
        _certificates.Dispose();
    }

    private PushScene Scene() => new("https://localhost:0/", settings => settings with { TlsCertificate = _certificate });

    private async Task<int> PushAsync(PushScene scene)
    {
        using RawClient client = new(scene.Uri);
        using SslStream tls = new(client.Stream, false, (_, shown, _, _) => shown!.GetCertHashString() == _certificate.Thumbprint);
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(RawClient.Post(Signed(ToPush.Crl)));
        string head = (await ReceivedRequest.ReadAsync(tls, default).WaitAsync(Some.Time))!.Head;
        return int.Parse(head.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Passes over what comes, until the listener closes.</summary>
    private static async Task<bool> UntilClosedAsync(RawClient client)
    {
        byte[] alert = new byte[64];
        try
        {
            while (await client.Stream.ReadAsync(alert).AsTask().WaitAsync(Some.Time) > 0)
            {
            }
        }
        catch (IOException)
        {
            // a reset is a close too
        }
        return true;
    }

    [Fact]
    public async Task A_push_over_TLS_is_taken()
    {
        await using PushScene scene = Scene();
        Assert.Equal("https", scene.Uri.Scheme);
        Assert.Equal(201, await PushAsync(scene));
        Assert.Single(scene.Emitted);
        Assert.Empty(scene.Refusals);
    }

    [Fact]
    public async Task Who_speaks_HTTP_is_told_so_and_it_is_told_of_once()
    {
        await using PushScene scene = Scene();
        Assert.Equal(400, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal(400, scene.Refusal.Status);
        Assert.Empty(scene.Emitted);
        Assert.Equal(201, await PushAsync(scene));
    }

    [Fact]
    public async Task What_begins_as_TLS_and_is_none_is_closed_and_told_of()
    {
        await using PushScene scene = Scene();
        using (RawClient client = new(scene.Uri))
        {
            await client.SendAsync([22, 3, 3, 0, 5, 1, 0, 0, 1, 0xFF]);
            client.EndSending();
            Assert.True(await UntilClosedAsync(client));
        }
        await UntilAsync(() => !scene.Refusals.IsEmpty);
        Assert.Null(scene.Refusal.Status);
        Assert.StartsWith("TLS cannot be spoken: ", scene.Refusal.Reason, StringComparison.Ordinal);
        Assert.Equal(201, await PushAsync(scene));
    }

    /// <summary>A greeting of TLS 1.0, with a cipher suite that everybody had.</summary>
    [Fact]
    public async Task Versions_of_TLS_that_are_too_old_are_refused_and_told_of()
    {
        byte[] hello = [1, 0, 0, 41, 3, 1, .. new byte[32], 0, 0, 2, 0, 0x2F, 1, 0];
        await using PushScene scene = Scene();
        using (RawClient client = new(scene.Uri))
        {
            await client.SendAsync([22, 3, 1, 0, (byte)hello.Length, .. hello]);
            // an alert, or the end
            byte[] answer = new byte[5];
            int read = await client.Stream.ReadAtLeastAsync(answer, 1, throwOnEndOfStream: false).AsTask().WaitAsync(Some.Time);
            Assert.True(read == 0 || answer[0] == 21);
            Assert.True(read == 0 || await UntilClosedAsync(client));
        }
        await UntilAsync(() => !scene.Refusals.IsEmpty);
        Assert.Null(scene.Refusal.Status);
        Assert.Equal(201, await PushAsync(scene));
    }

    [Fact]
    public async Task Who_does_not_trust_us_is_no_push()
    {
        await using PushScene scene = Scene();
        using (RawClient client = new(scene.Uri))
        {
            using SslStream tls = new(client.Stream, false, (_, _, _, _) => false);
            await Assert.ThrowsAnyAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync("localhost").WaitAsync(Some.Time));
        }
        Assert.Equal(201, await PushAsync(scene));
        Assert.Single(scene.Emitted);
    }

    [Fact]
    public async Task Who_only_looks_whether_somebody_is_there_is_not_told_of()
    {
        await using PushScene scene = Scene();
        new RawClient(scene.Uri).Dispose();
        Assert.Equal(201, await PushAsync(scene));
        Assert.Empty(scene.Refusals);
    }
}
