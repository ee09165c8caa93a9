using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Commands;

/// <summary>What the commands that bring a certificate have in common: what it says, and how it is confirmed.</summary>
public abstract class EnrollmentCmdlet : DestinationCmdlet
{
    private string? _saidKeyPath;

    /// <summary>DNS names of the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [AllowEmptyCollection]
    public string[]? DnsName { get; set; }

    /// <summary>IP addresses of the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(IPAddress[]))]
    [AllowEmptyCollection]
    public IPAddress[]? IPAddress { get; set; }

    /// <summary>E-mail addresses of the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [AllowEmptyCollection]
    public string[]? EmailAddress { get; set; }

    /// <summary>URIs of the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [AllowEmptyCollection]
    public string[]? UriName { get; set; }

    /// <summary>User principal names of the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [AllowEmptyCollection]
    public string[]? UserPrincipalName { get; set; }

    /// <summary>What the key may be used for.</summary>
    /// <remarks>Not nullable: PowerShell makes no nullable of several words, as in <c>DigitalSignature, KeyEncipherment</c>.</remarks>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(KeyUsages), Nothing = KeyUsages.None)]
    public KeyUsages KeyUsage { get; set; }

    /// <summary>What the certificate is for: a name such as ServerAuthentication, or an OID.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(EnhancedKeyUsageCompleter))]
    public string[]? EnhancedKeyUsage { get; set; }

    /// <summary>Certificate policies: OIDs.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string[]? Policy { get; set; }

    /// <summary>Further extensions.</summary>
    [Parameter]
    public X509Extension[]? Extension { get; set; }

    /// <summary>The kind of key to make.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(KeyAlgorithmCompleter))]
    public string? KeyAlgorithm { get; set; }

    /// <summary>The provider that makes and holds the key, or the PKCS #11 URI of a token; without it a software key.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ProviderCompleter))]
    public string? Provider { get; set; }

    /// <summary>Whether the key may leave the place where it is kept.</summary>
    [Parameter]
    public KeyExportPolicy KeyExportPolicy { get; set; }

    /// <summary>An existing private key: PKCS #8, PEM or PFX, or the PKCS #11 URI of a key in a token.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string? KeyPath { get; set; }

    /// <summary>The password of that file, or the PIN of the token that the key is in or is made in; without it the file is read that pin-source of the URI names.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <summary>Has the CA make the key and send it with the certificate, encrypted; -KeyAlgorithm says of which kind.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [FlagTransformation]
    public SwitchParameter CentralKeyGeneration { get; set; }

    /// <summary>Has the CA keep a copy of the private key, which leaves this machine for that, encrypted.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [FlagTransformation]
    public SwitchParameter ArchiveKey { get; set; }

    /// <summary>How possession of the key is proven; without it a key that can sign signs, and for another one the CA encrypts the certificate.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing(typeof(ProofOfPossessionKind))]
    public ProofOfPossessionKind? ProofOfPossession { get; set; }

    /// <summary>Does not ask for implicit confirmation.</summary>
    [Parameter]
    public SwitchParameter ExplicitConfirm { get; set; }

    /// <summary>A script block that sees the certificate as $_ and accepts ($true) or refuses it ($false, or a text that says why) before it is confirmed.</summary>
    [Parameter]
    public ScriptBlock? Approve { get; set; }

    /// <summary>Makes the request and sends nothing: its messages are carried by hand, by Export-CmpMessage and Wait-CmpTransaction -ResponsePath.</summary>
    [Parameter]
    public SwitchParameter Offline { get; set; }

    /// <summary>A one-time token of the CA.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SecretTransformation]
    public SecureString? RegistrationToken { get; set; }

    /// <summary>A secret that the CA knows us by.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SecretTransformation]
    public SecureString? Authenticator { get; set; }

    /// <summary>Names and values for the CA's registration.</summary>
    [Parameter]
    public System.Collections.IDictionary? RegistrationInfo { get; set; }

    /// <summary>The transactionID, hexadecimal, of 1 to 32 octets; without it 16 random octets.</summary>
    [Parameter]
    public string? TransactionId { get; set; }

    /// <summary>How long before its end the certificate is due: a time span, or a percentage of its lifetime as in '20%'. It is remembered with the enrolment.</summary>
    [Parameter]
    [RenewalWindowTransformation]
    [ArgumentCompleter(typeof(RenewalWindowCompleter))]
    public RenewalWindow? RenewBefore { get; set; }

    /// <summary>Whether the CA makes the key.</summary>
    private protected virtual bool IsCentralKey => CentralKeyGeneration;

    /// <summary>Whether the CA keeps a copy of the key.</summary>
    private protected virtual bool IsKeyArchived => ArchiveKey;

    /// <summary>What is to be known of the key before it is done; empty where it is made here and stays.</summary>
    private protected string KeyConsequence => (IsCentralKey, IsKeyArchived) switch
    {
        (true, true) => ", with a key that the CA makes and keeps a copy of",
        (true, false) => ", with a key that the CA makes",
        (false, true) => ", and send the private key to the CA, which keeps a copy",
        _ => string.Empty,
    };

    /// <summary>What the enrolment is called: Get-, Test- and Update-CmpCertificate find it by that. Without it its name is the thumbprint.</summary>
    private protected abstract string? EnrollmentName { get; }

    private protected override bool IsByHand => Offline;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _saidKeyPath = KeyPath;
        base.BeginProcessing();
    }

    /// <summary>Prepares an enrolment; the work runs it and emits what it brings.</summary>
    private protected Func<CancellationToken, Task> Enroll(PipelineWriter writer, CmpClient client, EnrollmentRequest request, string activity)
    {
        ClaimFiles(writer);
        // of several rows the command shows how many have ended
        CmdletProgress? progress = AtOnce == 1 ? new CmdletProgress(writer, activity) : null;
        var store = new EnrollmentStore();
        var enrollment = new Enrollment(client, Complete(request))
        {
            Store = store,
            Trace = Trace(writer),
            Progress = progress,
            Approve = Approve is { } script ? (issued, _) => writer.CallAsync(() => Approval.Ask(writer, script, issued)) : null,
        };
        return token => Outcome.RunAsync(writer, store, enrollment, progress, token);
    }

    /// <summary>What holds of every request of this command, and what this row is called.</summary>
    private protected EnrollmentRequest Complete(EnrollmentRequest request) => request with
    {
        IsOffline = Offline,
        IsImpatient = NoWait,
        Name = EnrollmentName,
        PrivateKeyReaders = PrivateKeyReader is { } readers ? [.. Given(readers)] : request.PrivateKeyReaders,
    };

    /// <summary>The names, or <see langword="null"/> where none was named (an empty list drops those of an old certificate).</summary>
    private protected IReadOnlyList<GeneralName>? SubjectAltNames()
    {
        if (DnsName is null && IPAddress is null && EmailAddress is null && UriName is null && UserPrincipalName is null)
            return null;
        return
        [
            .. Given(DnsName).Select(name => GeneralName.FromText(GeneralNameType.DnsName, name)),
            .. (IPAddress ?? []).Select(GeneralName.FromAddress),
            .. Given(EmailAddress).Select(name => GeneralName.FromText(GeneralNameType.Rfc822Name, name)),
            .. Given(UriName).Select(name => GeneralName.FromText(GeneralNameType.Uri, name)),
            .. Given(UserPrincipalName).Select(GeneralName.FromUserPrincipalName),
        ];
    }

    /// <summary>The extensions that were named; the user's own ones win.</summary>
    private protected IReadOnlyList<Messages.Pkix.Extension> Extensions()
    {
        var extensions = new List<Messages.Pkix.Extension>();
        foreach (X509Extension extension in Extension ?? [])
            extensions.Add(new Messages.Pkix.Extension(extension.Oid!.Value!, extension.Critical, extension.RawData));
        if (KeyUsage != KeyUsages.None)
            extensions.Add(CertificateExtensions.KeyUsage(KeyUsage));
        if (EnhancedKeyUsage is { Length: > 0 } purposes)
            extensions.Add(CertificateExtensions.EnhancedKeyUsage(purposes.Select(EnhancedKeyUsageCompleter.ToOid)));
        if (Policy is { Length: > 0 } policies)
            extensions.Add(CertificateExtensions.Policies(policies));
        return extensions;
    }

    /// <summary>Which key is certified.</summary>
    /// <param name="defaultAlgorithm">The kind of key where none is named.</param>
    /// <param name="defaultProvider">Who makes it, where neither a provider nor a key is named.</param>
    private protected KeyRequest KeyRequest(KeyAlgorithm? defaultAlgorithm, string? defaultProvider = null)
    {
        string? provider = Provider ?? (KeyPath is null && !IsCentralKey ? defaultProvider : null);
        if (KeyPath is { } row && row != _saidKeyPath)
            KeyProviders.EnsureChoosesNoLibrary(row);
        bool isFile = KeyPath is { } path && KeyProviders.IsFile(path);
        var request = new KeyRequest
        {
            Provider = provider,
            Path = KeyPlace(KeyPath),
            Password = isFile ? KeyPassword : null,
            Pin = isFile ? null : KeyPassword,
            Exportable = KeyExportPolicy == KeyExportPolicy.Exportable || (provider is null && (OutFile is not null || NoInstall)),
        };
        KeyAlgorithm? algorithm = KeyAlgorithm is { } word ? Cryptography.KeyAlgorithm.Parse(word) : defaultAlgorithm;
        return algorithm is null ? request with { IsOfAnyKind = IsCentralKey } : request with { Algorithm = algorithm };
    }

    private protected IReadOnlyList<KeyValuePair<string, string>> RegistrationPairs()
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (RegistrationInfo is null)
            return pairs;
        foreach (System.Collections.DictionaryEntry entry in RegistrationInfo)
            pairs.Add(new KeyValuePair<string, string>(LanguagePrimitives.ConvertTo<string>(entry.Key), LanguagePrimitives.ConvertTo<string>(entry.Value)));
        return pairs;
    }

    private protected ReadOnlyMemory<byte>? TransactionIdOctets()
    {
        if (TransactionId is null)
            return null;
        try
        {
            byte[] octets = Messages.Asn1.Hex.Parse(TransactionId);
            return octets.Length is > 0 and <= 32 ? octets : throw new FormatException();
        }
        catch (FormatException e)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.TransactionId", "-TransactionId takes hexadecimal digits, two an octet, of 1 to 32 octets.", e);
        }
    }
}
