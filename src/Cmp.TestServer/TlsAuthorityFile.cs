using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>The authority for TLS as two files say it: its root in one, its key (PKCS #8) in the other, which is written first.</summary>
internal static class TlsAuthorityFile
{
    private const string Name = "tls-root";
    private const string SecretExtension = ".secret";

    internal static void Write(StateFolder folder, TlsAuthority authority)
    {
        byte[] key = authority.Key.ExportPkcs8();
        try
        {
            folder.WriteSecret(Name, SecretExtension, key);
        }
        finally
        {
            Secrets.Clear(key);
        }
        var state = new StateObject();
        state.Set("root", authority.Root.Encoded);
        folder.Write(Name, state, durable: false);
    }

    /// <summary>Reads both files.</summary>
    /// <returns>The authority, which the caller disposes of; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: a file is damaged, missing, newer, or open to others.</exception>
    internal static TlsAuthority? Read(StateFolder folder)
    {
        Certificate? root = folder.Read(Name, (_, state) => AuthorityFile.Certificate(state, "root"));
        if (root is null)
            return null;
        string path = folder.PathOf(Name, SecretExtension);
        byte[] octets = folder.ReadSecret(Name, SecretExtension) ?? throw ServerState.Damaged(path, "it is missing");
        PrivateKey? key = null;
        try
        {
            key = PrivateKey.FromPkcs8(octets);
            return new TlsAuthority(root, key);
        }
        catch (CmpException e)
        {
            key?.Dispose();
            throw ServerState.Damaged(path, e.Message, e);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }
}
