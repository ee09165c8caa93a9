using System;
using System.IO;
using Cmp.Cryptography;
using Cmp.State;

namespace Cmp.Client;

/// <summary>Secrets in a file beside the server's: mode 0600 on Unix, under data protection on Windows.</summary>
internal sealed class FileCredentialStore(StateFolder folder, CredentialStoreKind kind) : ICredentialStore
{
    internal const string Extension = ".secret";

    /// <inheritdoc/>
    public CredentialStoreKind Kind => kind;

    /// <inheritdoc/>
    public ServerSecrets? Read(string server)
    {
        if (folder.ReadSecret(server, Extension) is not { } octets)
            return null;
        try
        {
            return ServerSecrets.Read(octets);
        }
        catch (FormatException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpState.Unreadable", $"The secrets in '{PeerText.Escape(folder.PathOf(server, Extension))}' are damaged: {e.Message}", e)
            {
                RecommendedAction = "Give the secrets again with Set-CmpServer.",
            };
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <inheritdoc/>
    public void Write(string server, ServerSecrets secrets)
    {
        byte[] octets = secrets.Write();
        try
        {
            folder.WriteSecret(server, Extension, octets);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <inheritdoc/>
    public void Remove(string server)
    {
        string path = folder.PathOf(server, Extension);
        try
        {
            if (Directory.Exists(folder.Path))
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }
}
