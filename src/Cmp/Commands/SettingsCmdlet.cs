using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Commands;

/// <summary>What commands that talk and commands that register a server both let the user say: as whom we speak, and whom we believe.</summary>
public abstract class SettingsCmdlet : AsyncCmdlet
{
    /// <summary>User name = reference value, password = shared secret.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The certificate that signs our messages.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The file with the client certificate's key, or the PKCS #11 URI of a key in a token, where the certificate does not bring it.</summary>
    [Parameter]
    public string? ClientKeyPath { get; set; }

    /// <summary>The password of that file, or the PIN of the token.</summary>
    [Parameter]
    public SecureString? ClientKeyPassword { get; set; }

    /// <summary>Whom we trust to vouch for the server's certificates.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? TrustAnchor { get; set; }

    /// <summary>The server's own certificate: a pin.</summary>
    [Parameter]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2? ServerCertificate { get; set; }

    /// <summary>A named set of defaults for a kind of server.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PresetCompleter))]
    public string? Preset { get; set; }

    /// <summary>How our messages are protected.</summary>
    [Parameter]
    public ProtectionKind? Protection { get; set; }

    /// <summary>The version that we speak.</summary>
    [Parameter]
    [Within(1, 3)]
    [ArgumentCompleter(typeof(ProtocolVersionCompleter))]
    public int? ProtocolVersion { get; set; }

    /// <summary>The certificate profile that we ask for.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(ProfileCompleter))]
    public string? CertificateProfile { get; set; }

    /// <summary>Seconds that the whole operation may take.</summary>
    [Parameter]
    [Within(1, int.MaxValue)]
    public int? TimeoutSec { get; set; }

    /// <summary>The certificate profile that goes with the current object.</summary>
    private protected virtual string? Profile => CertificateProfile;

    /// <summary>Paths of the user as the file system has them.</summary>
    /// <param name="path">As given.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Path</c>: it is on a drive that is not there, for example.</exception>
    internal string? FilePath(string? path) => path is null ? null : NamedFiles.One(this, path);

    /// <summary>The place of a private key: a file as the file system has it, or the PKCS #11 URI of a key in a token as it is.</summary>
    /// <param name="path">As given.</param>
    /// <returns>A full path or a URI.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Path</c>.</exception>
    internal string? KeyPlace(string? path) => path is null || KeyProviders.IsFile(path) ? FilePath(path) : path;

    /// <summary>What the user said with this command.</summary>
    private protected virtual ServerSettings Said()
    {
        ClientIdentity? identity = ClientCertificate is { } certificate
            ? ClientIdentity.Open(certificate, KeyPlace(ClientKeyPath), ClientKeyPassword)
            : null;
        return new ServerSettings
        {
            Secret = Credential is { } credential ? new ReferenceAndSecret(credential.UserName, credential.Password) : null,
            ClientCertificate = identity?.Certificate,
            ClientKey = identity?.Key,
            ClientKeyPath = identity?.Key is null ? null : KeyPlace(ClientKeyPath) ?? identity.Key.Location,
            ClientKeyPassword = identity?.Key is null ? null : ClientKeyPassword,
            ClientChain = identity?.Chain,
            TrustAnchor = Core(TrustAnchor),
            ServerCertificate = ServerCertificate is { } pin ? Certificate.From(pin) : null,
            Preset = Preset,
            Protection = Protection,
            ProtocolVersion = ProtocolVersion,
            CertificateProfile = Profile,
            Timeout = TimeoutSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    /// <summary>Certificates as the core has them.</summary>
    private protected static IReadOnlyList<Certificate>? Core(X509Certificate2[]? certificates) =>
        certificates?.Select(Certificate.From).ToList();
}
