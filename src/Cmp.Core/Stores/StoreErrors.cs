using System;
using System.IO;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Stores;

/// <summary>What goes wrong with certificate stores.</summary>
internal static class StoreErrors
{
    // HRESULT_FROM_WIN32 of ERROR_FILE_NOT_FOUND and ERROR_ACCESS_DENIED
    private const int FileNotFound = unchecked((int)0x80070002);
    private const int AccessDenied = unchecked((int)0x80070005);

    internal static CmpException Of(StorePath path, Exception e)
    {
        if (e is CmpException known)
            return known;
        if (e is UnauthorizedAccessException || e.HResult == AccessDenied || e.InnerException is UnauthorizedAccessException)
        {
            return new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The store {path.Store} may not be opened: {e.Message}", e)
            {
                RecommendedAction = Platform.KeepsStoresInFiles ? $"Have '{PeerText.Escape(StoreFolder.Of(path))}' be yours, to read and to write, or write a file with -OutFile."
                    : path.Location == StoreLocation.LocalMachine ? @"Run elevated, or use Cert:\CurrentUser\My."
                    : "Run it as the user whose store it is, or write a file with -OutFile.",
            };
        }
        return e.HResult == FileNotFound || e.InnerException is FileNotFoundException or DirectoryNotFoundException
            ? NoStore(path, e)
            : new CmpException(CmpErrorKind.Store, "CmpStore.Unreadable", $"The store {path.Store} cannot be used: {e.Message}", e) { RecommendedAction = "See to the store, or write a file with -OutFile." };
    }

    internal static CmpException NobodyToAsk(StorePath path) =>
        new(CmpErrorKind.Store, "CmpStore.NobodyToAsk", $"Windows asks the user before it changes {path.Store}, and there is nobody to ask.")
        {
            RecommendedAction = @"Run it where a user can answer, have the root be put there by other means (group policy, certutil), or use Cert:\LocalMachine\Root as an administrator.",
        };

    internal static CmpException NoStore(StorePath path, Exception? cause = null) =>
        new(CmpErrorKind.Store, "CmpStore.NotFound", $"There is no store {path.Store}.", cause)
        {
            RecommendedAction = @"Correct its name: certificates of one's own are in Cert:\CurrentUser\My or Cert:\LocalMachine\My. New-Item makes another one on Windows.",
        };

    internal static CmpException NotFound(string what, string where) =>
        new(CmpErrorKind.Store, "CmpStore.NotFound", $"There is no certificate {what} in {where}.") { RecommendedAction = "Correct the thumbprint or the store, or put the certificate back." };

    internal static CmpException Unreadable(string path, string why, Exception? cause = null) =>
        new(CmpErrorKind.Store, "CmpStore.Unreadable", $"'{PeerText.Escape(path)}' {why}", cause);
}
