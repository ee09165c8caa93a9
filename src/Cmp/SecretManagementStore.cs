using System;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Cmp.Client;

namespace Cmp;

/// <summary>Secrets of saved servers in the default vault of Microsoft.PowerShell.SecretManagement, under <c>Cmp.</c> and the server's name in small letters.</summary>
/// <remarks>
/// The shared secret is a PSCredential, so that it is never used with another reference; a SecureString that the user put there is taken too. What belongs to a
/// proxy and to a key has names of its own behind that. The commands run in the session that called, on the pipeline's thread: a vault may ask for its password.
/// </remarks>
internal sealed class SecretManagementStore : ICredentialStore
{
    private const string Module = "Microsoft.PowerShell.SecretManagement";
    private const string Proxy = ".ProxyCredential";
    private const string Key = ".ClientKeyPassword";

    private SecretManagementStore()
    {
    }

    /// <inheritdoc/>
    public CredentialStoreKind Kind => CredentialStoreKind.SecretManagement;

    /// <summary>The store, where settings refer to it and the module is installed.</summary>
    internal static SecretManagementStore? For(ServerSettings settings) => settings.CredentialStore == CredentialStoreKind.SecretManagement ? Find() : null;

    /// <summary>The store, where the module is installed.</summary>
    internal static SecretManagementStore? Find()
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand("Get-Command").AddParameter("Name", $@"{Module}\Set-Secret").AddParameter("ErrorAction", "Ignore");
        return shell.Invoke().Count > 0 ? new SecretManagementStore() : null;
    }

    /// <inheritdoc/>
    public ServerSecrets? Read(string server)
    {
        string name = NameOf(server);
        string vault = Vault();
        var secrets = new ServerSecrets(Pair(Get(vault, name)), Pair(Get(vault, name + Proxy)), Get(vault, name + Key) as SecureString);
        return secrets.IsEmpty ? null : secrets;
    }

    /// <inheritdoc/>
    public void Write(string server, ServerSecrets secrets)
    {
        string name = NameOf(server);
        string vault = Vault();
        Set(vault, name, secrets.Secret is { } secret ? new PSCredential(secret.Reference, secret.Secret) : null);
        Set(vault, name + Proxy, secrets.Proxy is { } proxy ? new PSCredential(proxy.Reference, proxy.Secret) : null);
        Set(vault, name + Key, secrets.ClientKeyPassword);
    }

    /// <inheritdoc/>
    public void Remove(string server) => Write(server, ServerSecrets.None);

    private static string NameOf(string server) => "Cmp." + server.ToLowerInvariant();

    private static ReferenceAndSecret? Pair(object? secret) => secret switch
    {
        PSCredential credential => new ReferenceAndSecret(credential.UserName, credential.Password),
        SecureString text => new ReferenceAndSecret(string.Empty, text),
        _ => null,
    };

    private static string Vault()
    {
        foreach (PSObject vault in Invoke("Get-SecretVault", _ => { }))
        {
            if (LanguagePrimitives.IsTrue(vault.Properties["IsDefault"]?.Value) && vault.Properties["Name"]?.Value is string name)
                return name;
        }
        throw new CmpException(CmpErrorKind.Store, "CmpCredential.Vault", "SecretManagement has no default vault.")
        {
            RecommendedAction = "Register one with Register-SecretVault -DefaultVault, or use another -CredentialStore.",
        };
    }

    private static object? Get(string vault, string name)
    {
        try
        {
            return Invoke("Get-Secret", shell => shell.AddParameter("Name", name).AddParameter("Vault", vault)).FirstOrDefault()?.BaseObject;
        }
        catch (CmpException e) when ((e.InnerException as RuntimeException)?.ErrorRecord.CategoryInfo.Category == ErrorCategory.ObjectNotFound)
        {
            return null;
        }
    }

    private static void Set(string vault, string name, object? secret)
    {
        if (secret is not null)
            Invoke("Set-Secret", shell => shell.AddParameter("Name", name).AddParameter("Secret", secret).AddParameter("Vault", vault).AddParameter("Confirm", false));
        else if (Get(vault, name) is not null)
            Invoke("Remove-Secret", shell => shell.AddParameter("Name", name).AddParameter("Vault", vault).AddParameter("Confirm", false));
    }

    private static Collection<PSObject> Invoke(string command, Action<PowerShell> with)
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddCommand($@"{Module}\{command}");
        with(shell);
        shell.AddParameter("ErrorAction", ActionPreference.Stop);
        try
        {
            return shell.Invoke();
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpCredential.Vault", $"{command} of SecretManagement failed: {PeerText.Escape(e.Message, 300)}", e);
        }
    }
}
