using System;
using System.Security.Cryptography;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Messages.Asn1;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Keys;

/// <summary>Puts a key from memory into Windows' software key storage, under a name, so that a certificate in a store can refer to it.</summary>
/// <remarks>
/// A key is created by its name and its private octets are set as a property before it is finalized (NCryptCreatePersistedKey, NCryptSetProperty
/// with BCRYPT_PRIVATE_KEY_BLOB, NCryptFinalizeKey: what <see cref="CngKey.Create(CngAlgorithm, string, CngKeyCreationParameters)"/> does).
/// No PFX round trip: its keys go when the certificate object is disposed of, or linger under names that nobody knows.
/// </remarks>
internal static class NamedCngKey
{
    /// <summary>Where the key is.</summary>
#if NET
    [SupportedOSPlatform("windows")]
#endif
    private static CngProvider Provider => new(CngName.SoftwareProvider);

    /// <summary>What the key of a certificate in a store is called. It follows from both: whoever comes after a process that died in between finds the key, and makes no second one.</summary>
    /// <param name="store">The store, as in <c>LocalMachine\My</c>.</param>
    /// <param name="certificate">The certificate.</param>
    internal static string NameFor(string store, byte[] certificate)
    {
        byte[] name = Encoding.UTF8.GetBytes(store.ToUpperInvariant());
        var all = new byte[name.Length + certificate.Length];
        name.CopyTo(all, 0);
        certificate.CopyTo(all, name.Length);
        return CngName.Prefix + new Guid(Digests.Compute(Oids.Sha256, all).AsSpan(0, 16).ToArray());
    }

    /// <summary>Creates the key, in place of one of that name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="key">An exportable key.</param>
    /// <param name="isMachineKey">Whether it is the computer's instead of the user's.</param>
    /// <param name="isExportable">Whether its octets may leave again.</param>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>, <c>CmpKey.Failed</c>.</exception>
#if NET
    [SupportedOSPlatform("windows")]
#endif
    internal static void Create(string name, PrivateKey key, bool isMachineKey, bool isExportable)
    {
        byte[] pkcs8 = key.ExportPkcs8();
        byte[]? blob = null;
        try
        {
            (string algorithm, blob) = CngKeyBlob.Of(pkcs8, key.PublicKey);
            var parameters = new CngKeyCreationParameters
            {
                Provider = Provider,
                KeyCreationOptions = CngKeyCreationOptions.OverwriteExistingKey | (isMachineKey ? CngKeyCreationOptions.MachineKey : CngKeyCreationOptions.None),
                ExportPolicy = isExportable ? CngExportPolicies.AllowExport | CngExportPolicies.AllowPlaintextExport : CngExportPolicies.None,
            };
            parameters.Parameters.Add(new CngProperty(CngKeyBlobFormat.GenericPrivateBlob.Format, blob, CngPropertyOptions.None));
            CngKey.Create(new CngAlgorithm(algorithm), name, parameters).Dispose();
        }
        catch (CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", $"The key cannot be put into {Provider.Provider}: {e.Message}", e);
        }
        finally
        {
            Secrets.Clear(pkcs8);
            Secrets.Clear(blob);
        }
    }

    /// <summary>Deletes a key that <see cref="Create"/> made.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Failed</c>.</exception>
#if NET
    [SupportedOSPlatform("windows")]
#endif
    internal static void Delete(string name, bool isMachineKey)
    {
        try
        {
            // Delete closes the handle too
            CngKey.Open(name, Provider, isMachineKey ? CngKeyOpenOptions.MachineKey : CngKeyOpenOptions.None).Delete();
        }
        catch (CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", $"The key {name} cannot be deleted from {Provider.Provider}: {e.Message}", e);
        }
    }
}
