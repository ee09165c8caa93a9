using System;
using System.IO;

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
                RecommendedAction = @"Run elevated, or use Cert:\CurrentUser\My.",
            };
        }
        return e.HResult == FileNotFound || e.InnerException is FileNotFoundException or DirectoryNotFoundException
            ? new CmpException(CmpErrorKind.Store, "CmpStore.NotFound", $"There is no store {path.Store}.", e)
            : new CmpException(CmpErrorKind.Store, "CmpStore.Unreadable", $"The store {path.Store} cannot be used: {e.Message}", e);
    }

    internal static CmpException NobodyToAsk(StorePath path) =>
        new(CmpErrorKind.Store, "CmpStore.NobodyToAsk", $"Windows asks the user before it changes {path.Store}, and there is nobody to ask.")
        {
            RecommendedAction = @"Run it where a user can answer, have the root be put there by other means (group policy, certutil), or use Cert:\LocalMachine\Root as an administrator.",
        };

    internal static CmpException NotFound(string what, string where) =>
        new(CmpErrorKind.Store, "CmpStore.NotFound", $"There is no certificate {what} in {where}.");

    internal static CmpException Unreadable(string path, string why, Exception? cause = null) =>
        new(CmpErrorKind.Store, "CmpStore.Unreadable", $"'{PeerText.Escape(path)}' {why}", cause);
}
