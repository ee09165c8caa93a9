namespace Cmp.Client;

/// <summary>A place where the secrets of saved servers are kept. One that cannot be used says so by a <see cref="CmpException"/>.</summary>
public interface ICredentialStore
{
    /// <summary>Which kind it is.</summary>
    CredentialStoreKind Kind { get; }

    /// <summary>Reads the secrets of a server.</summary>
    /// <param name="server">Its name, in any case.</param>
    /// <returns>What there is; <see langword="null"/> where there is nothing.</returns>
    ServerSecrets? Read(string server);

    /// <summary>Keeps the secrets of a server instead of those that were kept.</summary>
    /// <param name="server">Its name, in any case.</param>
    /// <param name="secrets">What to keep.</param>
    void Write(string server, ServerSecrets secrets);

    /// <summary>Forgets the secrets of a server; that there are none is no error.</summary>
    /// <param name="server">Its name, in any case.</param>
    void Remove(string server);
}
