using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>
/// The connection is cut at every octet of an exchange in turn. Afterwards there is exactly one certificate or one clear error; no key is orphaned, and the
/// server issued at most one certificate for it.
/// </summary>
public sealed class CutTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The longest exchange, which has all that the others have, is cut at every octet; of those whose order differs a part is enough.</summary>
    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(0, true, 11)]
    [InlineData(0, false, 11)]
    public Task A_connection_cut_at_any_octet_leaves_one_certificate_or_one_error(int polls, bool isImplicit, int step) =>
        CutAsync(polls, isImplicit, step, "http", generation: null);

    /// <summary>TCP-Messages as bodies, where each answer is asked for by its polling reference.</summary>
    [Theory]
    [InlineData(HttpGeneration.Transport02, 1)]
    [InlineData(HttpGeneration.CmpHttp00, 11)]
    public Task A_connection_cut_at_any_octet_over_http_tcp_leaves_one_certificate_or_one_error(HttpGeneration generation, int step) =>
        CutAsync(polls: 0, isImplicit: false, step, "http+tcp", generation);

    /// <summary>TCP-Messages on connections of their own, with and without polling references; an old server is fallen back to.</summary>
    [Theory]
    [InlineData(null, true, 1)]
    [InlineData(TcpMessageStyle.Rfc2510, true, 1)]
    [InlineData(null, false, 11)]
    [InlineData(TcpMessageStyle.Rfc2510, false, 11)]
    public Task A_connection_cut_at_any_octet_over_tcp_leaves_one_certificate_or_one_error(TcpMessageStyle? style, bool isPolled, int step) =>
        CutAsync(polls: isPolled ? 0 : 1, isImplicit: false, step, "tcp", generation: null, style, isPolled);

    private async Task CutAsync(int polls, bool isImplicit, int step, string scheme, HttpGeneration? generation, TcpMessageStyle? style = null, bool isPolled = false)
    {
        var secret = new NetworkCredential(string.Empty, "correct horse").SecurePassword;
        using Server server = Server.Start(new TestServerOptions
        {
            Secret = secret,
            PollCount = polls,
            CheckAfter = 0,
            ImplicitConfirmation = isImplicit ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never,
        });
        var desk = new PollingDesk(server.Responder.Respond);
        using ICmpListener? framed = scheme == "tcp" ? CmpTcpListener.Start(new TcpListenerSettings { Style = style }, isPolled ? desk.TakeAsync : desk.AnswerAsync, desk.CollectAsync)
            : generation is null ? null
            : CmpHttpListener.Start(new HttpListenerSettings { TcpMessages = true }, desk.TakeAsync, desk.CollectAsync);
        Uri uri = framed?.Uri ?? server.Uri;
        string home = _folder.PathOf("home");
        var store = new EnrollmentStore(home);
        ServerSettings settings = new()
        {
            Secret = new ReferenceAndSecret(server.Reference, secret),
            IterationCount = 100,
            TrustAnchor = [Certificate.From(server.RootCertificate)],
            HttpGeneration = generation,
        };
        int whole = await LengthAsync(uri, settings);
        int[] outcomes = new int[3];
        for (int octet = 0; octet < whole; octet += step)
        {
            string subject = $"CN={octet}";
            await using var proxy = new CuttingProxy(uri, octet);
            ServerSettings through = settings with { Uri = proxy.UriOf(scheme) };
            using CmpClient client = Open(through);
            using var enrollment = new Enrollment(client, Asked(subject)) { Store = store };
            EnrolledCertificate? enrolled = null;
            bool isKept = false;
            try
            {
                enrolled = await enrollment.RunAsync();
            }
            catch (CmpException e)
            {
                Assert.StartsWith("CmpTransport.", e.ErrorId, StringComparison.Ordinal);
                isKept = enrollment.IsKept;
            }
            Assert.True(proxy.IsCut, $"octet {octet} of {whole}");
            if (isKept)
            {
                using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions { Said = through, OpenClient = Open });
                enrolled = await again.RunAsync();
            }
            Certificate[] issued = [.. server.Responder.Issued.TakeLast(3).Where(certificate => certificate.Subject.ToString() == subject)];
            Assert.True(issued.Length <= 1, $"octet {octet}: {issued.Length} certificates");
            if (enrolled is not null)
                Assert.Equal(issued.Single().Thumbprint, enrolled.Certificate.Thumbprint);
            else
                Assert.False(isKept);
            Assert.Empty(Directory.Exists(home) ? Directory.GetFiles(home, "*", SearchOption.AllDirectories) : []);
            outcomes[enrolled is null ? 0 : isKept ? 2 : 1]++;
        }
        // an error where the request itself was cut, a certificate where only its confirmation was, and both kinds there were
        int some = 400 / step;
        Assert.True(outcomes[0] > some, string.Join(" ", outcomes));
        Assert.True(outcomes[1] + outcomes[2] > (isImplicit ? -1 : some), string.Join(" ", outcomes));
        Assert.True(outcomes[2] > (polls > 0 || isPolled || generation is not null ? some : -1), string.Join(" ", outcomes));
    }

    /// <summary>A client that does not wait where the server asks for no time.</summary>
    private static CmpClient Open(ServerSettings settings) => new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);

    private static EnrollmentRequest Asked(string subject) => new()
    {
        Subject = Name.Parse(subject),
        Key = new KeyRequest(),
        Destination = CertificateDestination.None,
    };

    /// <summary>Octets of a whole exchange, at the least: signatures and numbers differ by a few.</summary>
    private static async Task<int> LengthAsync(Uri server, ServerSettings settings)
    {
        int least = int.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            await using var proxy = new CuttingProxy(server, int.MaxValue);
            using CmpClient client = Open(settings with { Uri = proxy.UriOf(server.Scheme) });
            using var enrollment = new Enrollment(client, Asked("CN=measured"));
            Assert.NotNull(await enrollment.RunAsync());
            least = Math.Min(least, proxy.Passed);
        }
        return least - 16;
    }
}
