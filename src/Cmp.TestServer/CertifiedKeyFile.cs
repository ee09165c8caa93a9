using System;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>A key with its certificate as two files say it: the certificate in one, the key (PKCS #8) in the other, which is written first.</summary>
internal static class CertifiedKeyFile
{
    private const string SecretExtension = ".secret";

    /// <summary>Writes both files.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Their name.</param>
    /// <param name="member">What the certificate is called in its file.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its key.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal static void Write(StateFolder folder, string name, string member, Certificate certificate, PrivateKey key)
    {
        byte[] octets = key.ExportPkcs8();
        try
        {
            folder.WriteSecret(name, SecretExtension, octets);
        }
        finally
        {
            Secrets.Clear(octets);
        }
        var state = new StateObject();
        state.Set(member, certificate.Encoded);
        folder.Write(name, state, durable: false);
    }

    /// <summary>Reads both files.</summary>
    /// <typeparam name="T">What becomes of them.</typeparam>
    /// <param name="folder">Where.</param>
    /// <param name="name">Their name.</param>
    /// <param name="member">What the certificate is called in its file.</param>
    /// <param name="make">Makes it of the certificate and a key that belongs to it.</param>
    /// <returns>It, which the caller disposes of; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: a file is damaged, missing, newer, or open to others.</exception>
    internal static T? Read<T>(StateFolder folder, string name, string member, Func<Certificate, PrivateKey, T> make)
        where T : class
    {
        Certificate? certificate = folder.Read(name, (_, state) => AuthorityFile.Certificate(state, member));
        if (certificate is null)
            return null;
        string path = folder.PathOf(name, SecretExtension);
        byte[] octets = folder.ReadSecret(name, SecretExtension) ?? throw ServerState.Damaged(path, "it is missing");
        PrivateKey? key = null;
        try
        {
            key = PrivateKey.FromPkcs8(octets);
            key.EnsureFits(certificate.PublicKey);
            return make(certificate, key);
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
