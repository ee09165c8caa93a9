using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.InfoTypes;

namespace Cmp.Binding;

/// <summary>Completes an argument from a list of words, quoted where a word needs it.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    /// <summary>The words, and what each means.</summary>
    /// <returns>Word and tooltip.</returns>
    protected abstract IEnumerable<(string Word, string Tooltip)> Words();

    /// <summary>Whether there are words for what was begun. Where there are none, Tab offers files.</summary>
    /// <param name="begun">What stands there already, without quotation marks.</param>
    /// <returns>By default always.</returns>
    protected virtual bool Knows(string begun) => true;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string begun = (wordToComplete ?? string.Empty).Trim('\'', '"');
        try
        {
            return !Knows(begun) ? [] : Words()
                .Where(word => word.Word.StartsWith(begun, StringComparison.OrdinalIgnoreCase))
                .Select(word => new CompletionResult(Quote(word.Word), word.Word, CompletionResultType.ParameterValue, word.Tooltip))
                .ToList();
        }
        catch (Exception)
        {
            // Tab has nobody to tell: a store or state that cannot be read has no words, and the command itself says why
            return [];
        }
    }

    private static string Quote(string word) =>
        word.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '+' or '.' or ':' or '/' or '\\') ? word : "'" + CodeGeneration.EscapeSingleQuotedStringContent(word) + "'";
}

/// <summary>Completes names of registered servers.</summary>
public sealed class ServerCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => ServerRegistry.All(null, _ => { })
        .GroupBy(server => server.Name!, StringComparer.OrdinalIgnoreCase)
        .Select(servers => (servers.Key, servers.First().Uri?.OriginalString ?? servers.Key));
}

/// <summary>Completes how addresses of servers begin.</summary>
public sealed class AddressCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => Roads.Beginnings.Select(road => (road.Key, road.Value));
}

/// <summary>Completes addresses at which pushed announcements are listened for.</summary>
public sealed class ListenUriCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
    [
        ("http://localhost:8829/", "HTTP, from this machine only; port 0 picks a free one"),
        ("http://0.0.0.0:8829/", "HTTP, from every machine that reaches this one"),
        ("https://localhost:8829/", "HTTP over TLS, with -ListenCertificate"),
        ("tcp://localhost:829", "TCP-Messages, at the port of the draft"),
    ];
}

/// <summary>Completes names of presets.</summary>
public sealed class PresetCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => Presets.Names.Select(name => (name, name));
}

/// <summary>Completes versions of the protocol.</summary>
public sealed class ProtocolVersionCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => [("1", "cmp1999"), ("2", "cmp2000"), ("3", "cmp2021")];
}

/// <summary>Completes what stands for the hash of any root.</summary>
public sealed class ExtraCertsCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => [(ServerSettings.FirstUse, "trusts the first root that comes; a SHA-256 hash is safer")];
}

/// <summary>Completes algorithms of keys that certificates are for.</summary>
public sealed class KeyAlgorithmCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => KeyAlgorithm.All.Select(algorithm => (algorithm.Name, algorithm.Name));
}

/// <summary>Completes algorithms of keys that sign.</summary>
public sealed class SigningKeyAlgorithmCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => KeyAlgorithm.All.Where(algorithm => algorithm.CanSign).Select(algorithm => (algorithm.Name, algorithm.Name));
}

/// <summary>Completes algorithms of keys that take secrets in.</summary>
public sealed class KemKeyAlgorithmCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        KeyAlgorithm.All.Where(algorithm => algorithm.Name.StartsWith("ML-KEM-", StringComparison.Ordinal)).Select(algorithm => (algorithm.Name, algorithm.Name));
}

/// <summary>Completes algorithms of keys that agree on secrets.</summary>
public sealed class DhKeyAlgorithmCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => KeyAlgorithm.All
        .Where(algorithm => algorithm.Name is "X25519" or "X448" || algorithm.Name.StartsWith("ECDSA_", StringComparison.Ordinal))
        .Select(algorithm => (algorithm.Name, algorithm.Name));
}

/// <summary>Completes algorithms of keys that things can be encrypted to.</summary>
public sealed class EncryptionKeyAlgorithmCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => KeyAlgorithm.All
        .Where(TestServer.TestServerOptions.CanEncryptTo)
        .Select(algorithm => (algorithm.Name, algorithm.Name));
}

/// <summary>Completes ports of the test servers that run in this process.</summary>
public sealed class TestServerPortCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => CmpTestServer.Running
        .SelectMany(server => server.Uris.Values)
        .Where(uri => uri.Scheme != Uri.UriSchemeMailto && uri.Port > 0)
        .Select(uri => (uri.Port.ToString(CultureInfo.InvariantCulture), uri.OriginalString));
}

/// <summary>Completes providers of keys: those of Windows, and how the address of a PKCS #11 token begins.</summary>
public sealed class ProviderCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        KeyProviders.Names.Select(name => (name, TooltipOf(name))).Append(("pkcs11:", "a PKCS #11 token: pkcs11:token=<label>?module-path=<library>"));

    private static string TooltipOf(string name) => name switch
    {
        "Microsoft Software Key Storage Provider" => "keys in files of Windows",
        "Microsoft Platform Crypto Provider" => "keys in the TPM, which never leave it",
        "Microsoft Smart Card Key Storage Provider" => "keys on a smart card; asks for its PIN",
        _ => name,
    };
}

/// <summary>Completes digests.</summary>
public sealed class DigestCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => AlgorithmNames.DigestNames.Select(name => (name, name));
}

/// <summary>Completes MACs.</summary>
public sealed class MacCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => AlgorithmNames.MacNames.Select(name => (name, name));
}

/// <summary>Completes versions of HTTP.</summary>
public sealed class HttpVersionCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        [("1.0", "A connection for each message, unless the server keeps it"), ("1.1", "The default"), ("2.0", "PowerShell 7 only; over https it falls back to 1.1")];
}

/// <summary>Completes certificate stores for certificates of one's own.</summary>
public sealed class CertStoreCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words()
    {
        yield return (@"Cert:\CurrentUser\My", "this user's own certificates");
        if (Environment.OSVersion.Platform == PlatformID.Win32NT)
            yield return (@"Cert:\LocalMachine\My", "this computer's own certificates");
    }
}

/// <summary>Completes stores of trusted roots.</summary>
public sealed class RootStoreCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words()
    {
        yield return (@"Cert:\CurrentUser\Root", "the roots that this user trusts");
        if (Environment.OSVersion.Platform == PlatformID.Win32NT)
            yield return (@"Cert:\LocalMachine\Root", "the roots that this computer trusts");
    }
}

/// <summary>Completes types of information that general messages carry.</summary>
public sealed class InfoTypeCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => InfoTypes.Names.Select(name => (name, InfoTypes.OidOf(name) ?? name));
}

/// <summary>Completes thumbprints of one's own certificates, where thumbprints are looked for; subject and end are shown beside.</summary>
public sealed class OwnCertificateCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => StoredCertificates.In(StoreName.My, StoreLocation.CurrentUser)
        .Concat(Environment.OSVersion.Platform == PlatformID.Win32NT ? StoredCertificates.In(StoreName.My, StoreLocation.LocalMachine) : [])
        .GroupBy(certificate => certificate.Thumbprint)
        .Select(same => (same.Key, same.First().Text));
}

/// <summary>Completes paths of CAs' certificates in the stores of roots and of intermediate CAs; subject and end are shown beside.</summary>
/// <remarks>Where nothing is begun Tab offers files, in which most of them come.</remarks>
public sealed class AuthorityCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override bool Knows(string begun) => begun.Length > 0;

    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        from location in new[] { StoreLocation.CurrentUser, StoreLocation.LocalMachine }
        from store in new[] { (Name: StoreName.Root, Path: "Root"), (Name: StoreName.CertificateAuthority, Path: "CA") }
        from certificate in StoredCertificates.In(store.Name, location)
        select ($@"Cert:\{location}\{store.Path}\{certificate.Thumbprint}", certificate.Text);
}

/// <summary>Completes accounts of services that read private keys.</summary>
/// <remarks>SIDs, since Windows calls the accounts otherwise in each language.</remarks>
public sealed class ServiceAccountCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        [("S-1-5-20", "NETWORK SERVICE"), ("S-1-5-19", "LOCAL SERVICE"), ("S-1-5-32-568", "IIS_IUSRS")];
}

/// <summary>Completes certificate profiles by those that registered servers were given.</summary>
public sealed class ProfileCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => ServerRegistry.All(null, _ => { })
        .Where(server => server.CertificateProfile is { Length: > 0 })
        .GroupBy(server => server.CertificateProfile!, StringComparer.Ordinal)
        .Select(servers => (servers.Key, "the profile of " + string.Join(", ", servers.Select(server => server.Name).Distinct(StringComparer.OrdinalIgnoreCase))));
}

/// <summary>Completes how long before its end a certificate is due, by examples of both ways to say it.</summary>
public sealed class RenewalWindowCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() =>
        [("30.00:00:00", "30 days before its end"), ("7.00:00:00", "7 days before its end"), ("20%", "in the last fifth of its lifetime"), ("33%", "in the last third of its lifetime")];
}

/// <summary>Completes IDs of pending transactions.</summary>
public sealed class TransactionCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => new EnrollmentStore().All(_ => { })
        .Select(pending => (pending.Id, $"{pending.Subject}, since {pending.Begun.LocalDateTime:g}"))
        .Concat(new PendingRequestStore().All(_ => { }).Select(pending => (pending.Id, $"{(pending.Recovery is null ? "revocation" : "keys")} of {pending.Subject}, since {pending.Begun.LocalDateTime:g}")));
}

/// <summary>Completes names of enrolments.</summary>
public sealed class EnrollmentCompleter : WordCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => new EnrollmentStore().Enrollments.All(_ => { })
        .Select(record => (record.Name, $"{record.Subject}, until {record.NotAfter.LocalDateTime:d}"));
}
