using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using CertificateRequest = Org.BouncyCastle.Tls.CertificateRequest;
using HashAlgorithm = Org.BouncyCastle.Tls.HashAlgorithm;

namespace Cmp.Transports;

/// <summary>
/// What we want of a DTLS server: version 1.2, ephemeral keys, authenticated encryption and the extended master secret (RFC 7627), and a certificate that is believed as
/// over https (rule 59). There is no renegotiation, no resumption, and nothing of the server is fetched.
/// </summary>
internal sealed class DtlsClient : AbstractTlsClient, TlsAuthentication
{
    /// <summary>What the server, and those above it, may sign with.</summary>
    private static readonly SignatureAndHashAlgorithm[] Signatures =
    [
        new(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa), new(HashAlgorithm.sha384, SignatureAlgorithm.ecdsa), new(HashAlgorithm.sha512, SignatureAlgorithm.ecdsa),
        SignatureAndHashAlgorithm.rsa_pss_rsae_sha256, SignatureAndHashAlgorithm.rsa_pss_rsae_sha384, SignatureAndHashAlgorithm.rsa_pss_rsae_sha512,
        new(HashAlgorithm.sha256, SignatureAlgorithm.rsa), new(HashAlgorithm.sha384, SignatureAlgorithm.rsa), new(HashAlgorithm.sha512, SignatureAlgorithm.rsa),
    ];

    private readonly DtlsSettings _settings;

    /// <summary>Our side of one handshake.</summary>
    /// <param name="settings">With whom.</param>
    public DtlsClient(DtlsSettings settings)
        : base(new BcTlsCrypto())
    {
        _settings = settings;
    }

    /// <summary>Why we do not believe the server, fit to be shown; <see langword="null"/> where we do, or have not looked yet.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether the server asked for a certificate.</summary>
    public bool WasAskedForCertificate { get; private set; }

    /// <summary>Whether it was shown one.</summary>
    public bool ShowedCertificate { get; private set; }

    /// <inheritdoc/>
    public override bool IgnoreCorruptDtlsRecords => true;

    /// <inheritdoc/>
    public override bool RequiresExtendedMasterSecret() => true;

    /// <inheritdoc/>
    public override int GetMaxCertificateChainLength() => 10;

    /// <inheritdoc/>
    public override int GetMaxHandshakeMessageSize() => 32 * 1024;

    /// <inheritdoc/>
    public override TlsAuthentication GetAuthentication() => this;

    /// <summary>Looks at the server's certificate before anything is agreed on.</summary>
    /// <param name="serverCertificate">What it shows.</param>
    /// <exception cref="TlsFatalAlert">It is not believed; <see cref="Refusal"/> says why.</exception>
    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        X509Certificate2Collection shown = [];
        try
        {
            foreach (TlsCertificate certificate in serverCertificate?.Certificate?.GetCertificateList() ?? [])
                shown.Add(new X509Certificate2(certificate.GetEncoded()));
            Refusal = RefusalOf(shown);
        }
        catch (CryptographicException e)
        {
            Refusal = "a certificate of the server cannot be read: " + PeerText.Escape(e.Message, 200);
        }
        finally
        {
            foreach (X509Certificate2 certificate in shown)
                certificate.Dispose();
        }
        if (Refusal is not null)
            throw new TlsFatalAlert(AlertDescription.bad_certificate);
    }

    /// <summary>Shows our certificate where the server can do something with it.</summary>
    /// <param name="certificateRequest">What it asks for.</param>
    /// <returns>The certificate with its signer, or <see langword="null"/>.</returns>
    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest)
    {
        WasAskedForCertificate = true;
        if (_settings.Certificate is not { } certificate || DtlsSigner.IsRsa(certificate) is not { } isRsa
            || Array.IndexOf(certificateRequest.CertificateTypes ?? [], isRsa ? ClientCertificateType.rsa_sign : ClientCertificateType.ecdsa_sign) < 0
            || DtlsSigner.Choose(certificate, certificateRequest.SupportedSignatureAlgorithms) is not { } algorithm)
        {
            return null;
        }
        ShowedCertificate = true;
        TlsCertificate[] chain = [.. TlsTrust.OwnChain(certificate).Select(Crypto.CreateCertificate)];
        return new DtlsSigner(certificate, new Certificate(chain), algorithm);
    }

    /// <inheritdoc/>
    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

    /// <inheritdoc/>
    protected override int[] GetSupportedCipherSuites() => [.. DtlsServer.EcdsaSuites, .. DtlsServer.RsaSuites];

    /// <inheritdoc/>
    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => Signatures;

    /// <inheritdoc/>
    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => DtlsServer.Groups;

    /// <inheritdoc/>
    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;

    /// <inheritdoc/>
    protected override IList<ServerName>? GetSniServerNames() => IPAddress.TryParse(_settings.Host, out _) ? null
        : [new ServerName(NameType.host_name, Encoding.ASCII.GetBytes(_settings.Host.TrimEnd('.')))];

    private string? RefusalOf(X509Certificate2Collection shown)
    {
        if (shown.Count == 0)
            return "the server shows no certificate.";
        if (!TlsHostName.IsNamed(shown[0], _settings.Host))
            return "the server's certificate is not for " + PeerText.Escape(_settings.Host) + ", which its alternative names do not hold.";
        return TlsTrust.Refusal(shown[0], shown, _settings.Anchors) is { } reason ? "the server's certificate is not believed: " + PeerText.Escape(reason, 400) : null;
    }
}
