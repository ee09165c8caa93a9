using System;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>What a TLS server shows before anything is said to it.</summary>
/// <param name="Protocol">The version, as in <c>Tls13</c>.</param>
/// <param name="Certificate">Its certificate, believed or not.</param>
public sealed record TlsReport(string Protocol, X509Certificate2 Certificate)
{
    /// <summary>Connects, looks, and hangs up. Nothing is sent beyond the handshake, and nothing that is shown is believed.</summary>
    /// <param name="uri">The server, https.</param>
    /// <param name="clientCertificate">What we show where it asks, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it shows; the caller disposes of the certificate.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ConnectFailed</c>, <c>CmpTransport.TlsFailed</c>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<TlsReport> LookAsync(Uri uri, X509Certificate2? clientCertificate, CancellationToken cancellationToken)
    {
        using var socket = new TcpClient();
        // neither edition lets go of a handshake otherwise
        using CancellationTokenRegistration abort = cancellationToken.Register(static client => ((TcpClient)client!).Close(), socket);
        string server = PeerText.Escape(uri.DnsSafeHost) + ":" + uri.Port.ToString(CultureInfo.InvariantCulture);
        try
        {
            await socket.ConnectAsync(uri.DnsSafeHost, uri.Port).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or NullReferenceException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ConnectFailed", $"The server {server} cannot be reached: {e.Message}", e);
        }
        X509Certificate2? shown = null;
        try
        {
            using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
            {
                shown = certificate is null ? null : new X509Certificate2(certificate);
                return true; // it is looked at; the exchange that follows judges it
            });
            X509CertificateCollection own = clientCertificate is null ? [] : [clientCertificate];
#if NET
            const SslProtocols Protocols = SslProtocols.None;
#else
            const SslProtocols Protocols = SslProtocols.Tls12;
#endif
            await tls.AuthenticateAsClientAsync(uri.DnsSafeHost, own, Protocols, checkCertificateRevocation: false).ConfigureAwait(false);
            return new TlsReport(tls.SslProtocol.ToString(), shown ?? throw new AuthenticationException("The server shows no certificate."));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            shown?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.TlsFailed", $"TLS with the server {server} does not come about: {e.Message}", e);
        }
    }
}
