using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Cmp.Transports;

/// <summary>Our side of a handshake with a DTLS client, which wants the same as <see cref="DtlsClient"/>. No certificate is asked for: who may do what is said in the messages.</summary>
internal sealed class DtlsServer : AbstractTlsServer
{
    /// <summary>With a key for ECDSA. The last one is that of RFC 7252 9.1.3.3: small ends have nothing else.</summary>
    public static readonly int[] EcdsaSuites =
    [
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    ];

    /// <summary>With an RSA key.</summary>
    public static readonly int[] RsaSuites =
        [CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256];

    /// <summary>The last one is for certificates: OpenSSL takes none over a group that is not named.</summary>
    public static readonly int[] Groups = [NamedGroup.x25519, NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.secp521r1];

    private readonly X509Certificate2 _certificate;
    private readonly Certificate _chain;

    /// <summary>Our side of one handshake.</summary>
    /// <param name="crypto">BouncyCastle's algorithms.</param>
    /// <param name="certificate">What we show, with its key.</param>
    /// <param name="chain">The certificate and those above it.</param>
    public DtlsServer(BcTlsCrypto crypto, X509Certificate2 certificate, Certificate chain)
        : base(crypto)
    {
        _certificate = certificate;
        _chain = chain;
    }

    /// <inheritdoc/>
    public override bool IgnoreCorruptDtlsRecords => true;

    /// <inheritdoc/>
    public override bool RequiresExtendedMasterSecret() => true;

    /// <inheritdoc/>
    public override int GetMaxHandshakeMessageSize() => 32 * 1024;

    /// <inheritdoc/>
    public override int[] GetSupportedGroups() => Groups;

    /// <inheritdoc/>
    public override TlsCredentials GetCredentials() =>
        new DtlsSigner(_certificate, _chain, DtlsSigner.Choose(_certificate, m_context.SecurityParameters.ClientSigAlgs) ?? throw new TlsFatalAlert(AlertDescription.handshake_failure));

    /// <inheritdoc/>
    protected override bool AllowCertificateStatus() => false;

    /// <inheritdoc/>
    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.DTLSv12.Only();

    /// <inheritdoc/>
    protected override int[] GetSupportedCipherSuites() => DtlsSigner.IsRsa(_certificate) == true ? RsaSuites : EcdsaSuites;
}
