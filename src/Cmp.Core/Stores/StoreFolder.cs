using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>
/// Where .NET keeps a store of a user as files on Unix: a PKCS #12 file a certificate, named by its thumbprint. A store itself opens all of
/// its certificates whenever it is asked for one, which takes half a millisecond for each; looking here spares that.
/// </summary>
internal static class StoreFolder
{
    /// <summary>The folder of a store, whether or not it is there.</summary>
    internal static string Of(StorePath path) => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
        ".dotnet", "corefx", "cryptography", "x509stores", path.Name.ToLowerInvariant());

    /// <summary>Finds out whether .NET's store can be written where it keeps its files on Unix; it tells only when it is too late.</summary>
    internal static void EnsureWritable(StorePath path)
    {
        string folder = Of(path);
        // a file in its place is in the way
        while (!Directory.Exists(folder) && !File.Exists(folder) && Path.GetDirectoryName(folder) is { Length: > 0 } parent)
            folder = parent;
        try
        {
            // a name that nothing has there: the folder may be the home, and "cmp" in it the folder of our state
            AtomicFile.EnsureWritable(Path.Combine(folder, Path.GetRandomFileName()), overwrite: false);
        }
        catch (CmpException e)
        {
            throw new CmpException(CmpErrorKind.Store, e.ErrorId, e.ErrorId == "CmpStore.AccessDenied"
                ? $"The store {path.Store} cannot be written: its folder '{PeerText.Escape(folder)}' may not be."
                : $"The store {path.Store} cannot be written: {e.Message}", e)
            {
                RecommendedAction = "Have that folder be yours, set HOME to one that you may write to, or write a file with -OutFile.",
            };
        }
    }

    /// <summary>Looks for a certificate by its thumbprint.</summary>
    /// <param name="path">The certificate's path.</param>
    /// <param name="certificate">The certificate, where it is there.</param>
    /// <returns>Whether the answer is known; where not, the store must be asked.</returns>
    internal static bool TryFind(StorePath path, out X509Certificate2? certificate)
    {
        certificate = null;
        string folder = Of(path);
        if (!Platform.KeepsStoresInFiles || path.Location != StoreLocation.CurrentUser || !Directory.Exists(folder))
            return false;
        try
        {
            foreach (string file in Directory.EnumerateFiles(folder, path.Thumbprint + "*.pfx"))
            {
                certificate = new X509Certificate2(file);
                if (string.Equals(certificate.Thumbprint, path.Thumbprint, StringComparison.OrdinalIgnoreCase))
                    return true;
                certificate.Dispose();
                certificate = null;
                return false;
            }
            return true;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Waits until a certificate that .NET has put there is on the disk with its key. .NET does not: after a loss of power the file could be empty,
    /// and the key that waited beside its transaction be deleted already.
    /// </summary>
    /// <param name="path">The certificate's path.</param>
    /// <returns>How many files were waited for; 0 where the store is no folder.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    internal static int Flush(StorePath path)
    {
        string folder = Of(path);
        int count = 0;
        if (!Platform.KeepsStoresInFiles || path.Location != StoreLocation.CurrentUser || !Directory.Exists(folder))
            return count;
        foreach (string file in Directory.EnumerateFiles(folder, path.Thumbprint + "*.pfx"))
        {
            AtomicFile.Flush(file);
            count++;
        }
        return count;
    }
}
