using System;
using System.IO;

namespace Cmp.State;

/// <summary>What goes wrong with files, in the words of <see cref="CmpException"/>. Paths are the user's own, but are escaped all the same.</summary>
internal static class FileErrors
{
    internal static CmpException Exists(string path) => Of("CmpStore.Exists", $"The file '{Show(path)}' exists.",
        "Name another file, or replace it with -Force.");

    internal static CmpException Link(string path) => Of("CmpStore.Link", $"'{Show(path)}' is a link, and links are neither followed nor replaced.",
        "Name the file itself.");

    internal static CmpException Folder(string path) => Of("CmpStore.Unwritable", $"'{Show(path)}' is a folder.", "Name a file in it.");

    internal static CmpException NoFolder(string? path, Exception? cause = null) => Of("CmpStore.NotFound", $"There is no folder '{Show(path)}'.", "Make the folder first.", cause);

    internal static CmpException NotFound(string path, Exception? cause = null) => Of("CmpStore.NotFound", $"There is no file '{Show(path)}'.", "Correct the path, or put the file back.", cause);

    internal static CmpException TooLarge(string path, int limit) =>
        Of("CmpStore.Unreadable", $"The file '{Show(path)}' is larger than {limit} octets: it holds neither key nor certificates.", "Name another file.");

    internal static CmpException Unwritable(string path, Exception cause) => cause switch
    {
        DirectoryNotFoundException => NoFolder(Path.GetDirectoryName(path), cause),
        UnauthorizedAccessException => Of("CmpStore.AccessDenied", $"The file '{Show(path)}' may not be written.", "Have its owner let you, or name a folder that you may write to.", cause),
        _ => Of("CmpStore.Unwritable", $"The file '{Show(path)}' cannot be written: {cause.Message}", "See whether the disk is full or can only be read, and try again; or name another folder.", cause),
    };

    internal static CmpException Unreadable(string path, Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => NotFound(path, cause),
        UnauthorizedAccessException => Of("CmpStore.AccessDenied", $"The file '{Show(path)}' may not be read.", "Run it as the user whose file it is, or have that one let you.", cause),
        _ => Of("CmpStore.Unreadable", $"The file '{Show(path)}' cannot be read: {cause.Message}", "See to the disk, and try again.", cause),
    };

    private static CmpException Of(string errorId, string message, string? action = null, Exception? cause = null) =>
        new(CmpErrorKind.Store, errorId, message, cause) { RecommendedAction = action };

    private static string Show(string? path) => PeerText.Escape(path);
}
