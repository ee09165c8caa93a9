using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Keys;

/// <summary>Private keys in files: read in every form that is in use, written as PKCS #8 in PEM.</summary>
public static class KeyFile
{
    /// <summary>Iterations of PBKDF2 with HMAC-SHA256 for keys that are written encrypted; OWASP's advice of 2023.</summary>
    private const int Iterations = 600_000;

    /// <summary>Reads a private key: PKCS #8, encrypted or not, PKCS #1 or SEC 1, in PEM (alone or beside certificates) or DER, or from a PKCS #12 file.</summary>
    /// <param name="path">The file. Of several keys the first one is read.</param>
    /// <param name="password">The password, where the file is encrypted.</param>
    /// <param name="limits">Bounds on what its encryption may cost, checked before anything is derived (rule 18); <see langword="null"/> for the default.</param>
    /// <returns>The key, held in memory; the caller disposes of it.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>; <c>CmpKey.PasswordRequired</c>: encrypted, and no password was given;
    /// <c>CmpKey.Password</c>: a wrong one; <c>CmpKey.Unreadable</c>: damaged, or there is no key in it; <c>CmpKey.Algorithm</c>: a key or an
    /// encryption of an unknown kind; <c>CmpKey.Limit</c>: the encryption would cost too much.
    /// </exception>
    public static PrivateKey Read(string path, SecureString? password = null, CmpLimits? limits = null)
    {
        using KeyFileContents contents = KeyFileContents.Read(path, password, limits, withKeys: true);
        if (contents.Keys.Count == 0)
            throw KeyErrors.Unreadable(path, "holds no private key.");
        PrivateKey key = contents.Keys[0];
        contents.Release(key);
        return key;
    }

    /// <summary>Writes a private key for its owner alone: mode 0600 on Unix, the folder's access list on Windows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The key, which must be exportable.</param>
    /// <param name="password">Encrypts the key, where it is given and not empty.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>; <c>CmpStore.Exists</c> and the other errors of <see cref="AtomicFile.Write"/>.</exception>
    public static void Write(string path, PrivateKey key, SecureString? password, bool overwrite)
    {
        byte[] pem = ToPem(key, password);
        try
        {
            AtomicFile.Write(path, pem, isSecret: true, overwrite);
        }
        finally
        {
            Secrets.Clear(pem);
        }
    }

    /// <summary>A private key as PEM: <c>PRIVATE KEY</c>, or under a password <c>ENCRYPTED PRIVATE KEY</c> by PBES2 with AES-256-CBC.</summary>
    /// <param name="key">The key, which must be exportable.</param>
    /// <param name="password">Encrypts the key, where it is given and not empty.</param>
    /// <returns>The text in ASCII; the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>.</exception>
    public static byte[] ToPem(PrivateKey key, SecureString? password)
    {
        byte[] pkcs8 = key.ExportPkcs8();
        try
        {
            if (password is null || password.Length == 0)
                return Pem.Write("PRIVATE KEY", pkcs8);
            using Password octets = Password.Of(password);
            (AlgorithmIdentifier algorithm, byte[] ciphertext) = PasswordEncryption.Encrypt(pkcs8, octets, Iterations);
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                algorithm.Write(writer);
                writer.WriteOctetString(ciphertext);
            }
            return Pem.Write("ENCRYPTED PRIVATE KEY", writer.Encode());
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }

    /// <summary>A certificate with its chain and its private key as PKCS #12, encrypted by AES-256-CBC with SHA-256, as Windows reads it since 10 1709.</summary>
    /// <param name="certificate">The certificate in DER.</param>
    /// <param name="chain">Those of its issuers.</param>
    /// <param name="key">Its private key, which must be exportable, or <see langword="null"/>.</param>
    /// <param name="password">The password; <see langword="null"/> or empty is allowed, and protects nothing.</param>
    /// <param name="friendlyName">What Windows calls the certificate, or <see langword="null"/>.</param>
    /// <returns>The DER.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>.</exception>
    public static byte[] ToPkcs12(byte[] certificate, IEnumerable<byte[]> chain, PrivateKey? key, SecureString? password, string? friendlyName)
    {
        byte[]? pkcs8 = key?.ExportPkcs8();
        try
        {
            using Password octets = Password.Of(password);
            return Pkcs12.Write(certificate, chain, pkcs8, octets, friendlyName);
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }
}
