using System;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Checks messages of CMP offline: their protection, who is behind it, proofs of possession, what came encrypted, and the hashes of certConf.</summary>
[Cmdlet(VerbsDiagnostic.Test, "CmpMessage", DefaultParameterSetName = InputSet)]
[OutputType(typeof(bool))]
[OutputType(typeof(MessageCheck))]
public sealed class TestCmpMessageCommand : MessageReadingCmdlet
{
    private SharedSecret? _secret;
    private PrivateKey? _openedKey;
    private CheckOutput _output = null!;

    /// <summary>User name = reference value, password = shared secret.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Who is trusted: CAs, or signers themselves.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2[]? TrustAnchor { get; set; }

    /// <summary>Certificates at hand besides those in the messages: of signers, of CAs between, of what was issued. Nobody is trusted by them.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2[]? Certificate { get; set; }

    /// <summary>CRLs by which signers are checked: files, octets, or what Get-CmpCrl emits.</summary>
    [Parameter]
    [CrlTransformation]
    public CertificateList[]? Crl { get; set; }

    /// <summary>The private key of one of both sides, for MACs by key agreement or key encapsulation, and to open what came encrypted: a file, or the PKCS #11 URI of a key in a token.</summary>
    [Parameter]
    public string? KeyPath { get; set; }

    /// <summary>The password of that file, or the PIN of the token.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <summary>When certificates must be valid; without it at the time of each message.</summary>
    [Parameter]
    [BlankIsNothing(typeof(DateTime))]
    public DateTime? Time { get; set; }

    /// <summary>Reads two errors of others in PBMAC1 as they are meant.</summary>
    [Parameter]
    public SwitchParameter Lenient { get; set; }

    /// <summary>Emits what came of each check, in place of a truth value.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    private protected override IMessageOutput Output => _output;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        try
        {
            if (KeyPath is { } path)
                _openedKey = KeyProviders.Open(KeyProviders.IsFile(path) ? NamedFiles.One(this, path) : path, KeyPassword);
        }
        catch (CmpException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(KeyPath));
        }
        _secret = Credential is { } credential ? new SharedSecret(System.Text.Encoding.UTF8.GetBytes(credential.UserName), Secrets.Utf8(credential.Password)) : null;
        var settings = new CheckSettings
        {
            Secret = _secret,
            // a certificate brings its key where its object cannot hold it
            Key = _openedKey ?? Certificate?.Select(KeyBeside.Of).FirstOrDefault(key => key is not null),
            Anchors = Core(TrustAnchor),
            Certificates = Core(Certificate),
            Crls = Crl ?? [],
            Time = Time?.ToUniversalTime(),
            Lenient = Lenient,
            Limits = Inspection.Limits,
        };
        _output = new CheckOutput(new MessageChecker(settings), Detailed);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // the row in flight ends first
        base.Dispose(disposing);
        if (!disposing)
            return;
        _secret?.Dispose();
        _openedKey?.Dispose();
    }

    private static Certificate[] Core(X509Certificate2[]? certificates) => [.. (certificates ?? []).Select(Messages.Pkix.Certificate.From)];
}
