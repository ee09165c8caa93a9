using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Cmp.Transports;

/// <summary>Folders as <c>file:</c> addresses (RFC 8089), which <see cref="System.Uri"/> reads by the rules of Windows on every platform.</summary>
internal static class FolderAddress
{
    private const string Scheme = "file:";

    /// <summary>The folder that an address names.</summary>
    /// <param name="uri">The address.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>: it is a path and no address, names a host where there are no such paths, or has a query.</exception>
    public static string PathOf(Uri uri)
    {
        string text = uri.OriginalString;
        if (!uri.IsAbsoluteUri || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Invalid("'" + PeerText.Escape(text) + "' is no address of a folder.", Advice(text));
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw Invalid("The address " + PeerText.Escape(text) + " of a folder has a query or a fragment.", "Write a ? or # that belongs to the name as %3F or %23.");
        string path;
        if (uri.Host.Length == 0 || uri.IsLoopback)
        {
            // RFC 8089 2: localhost is nobody else than this machine
            path = uri.IsUnc ? Uri.UnescapeDataString(uri.AbsolutePath) : uri.LocalPath;
            if (IsWindows)
                path = path.TrimStart('/').Replace('/', '\\');
        }
        else
        {
            path = IsWindows ? uri.LocalPath : throw Invalid("The address " + PeerText.Escape(text) + " of a folder names the host " + PeerText.Escape(uri.Host) + ".",
                "Mount what that host shares, and name the folder as in file:///mnt/share.");
        }
        if (PeerText.Escape(path) != path)
            throw Invalid("The address " + PeerText.Escape(text) + " of a folder holds a control character.", null);
        // without a drive there is no root on Windows, and with one there is none elsewhere
        if (IsWindows ? !(path.StartsWith(@"\\", StringComparison.Ordinal) || (path.Length > 2 && path[1] == ':')) : path.Length == 0 || path[0] != '/')
            throw Invalid("The address " + PeerText.Escape(text) + " names no folder of this machine.", IsWindows ? "Write it as file:///C:/folder or file://host/share/folder." : "Write it as file:///srv/folder.");
        return Path.GetFullPath(path);
    }

    /// <summary>The address of a folder.</summary>
    /// <param name="path">Its full path.</param>
    /// <returns>What <see cref="PathOf"/> takes back to it.</returns>
    public static Uri Of(string path) => new(TextOf(path));

    /// <summary>What to do about a text that was meant as a folder.</summary>
    /// <param name="text">The text.</param>
    /// <returns>One sentence, escaped; <see langword="null"/> where it does not read as a path.</returns>
    public static string? Advice(string text)
    {
        if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return "Write the address of a folder with three slashes: file:///" + PeerText.Escape(text.Substring(Scheme.Length).TrimStart('/', '\\')) + ".";
        try
        {
            return text.IndexOfAny(['/', '\\']) >= 0 && Path.IsPathRooted(text) ? "Write a folder as an address: " + PeerText.Escape(TextOf(Path.GetFullPath(text))) + "." : null;
        }
        catch (Exception e) when (e is ArgumentException or IOException or NotSupportedException)
        {
            return null; // no path either
        }
    }

    private static bool IsWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    private static string TextOf(string path)
    {
        if (IsWindows)
            path = path.Replace('\\', '/');
        string root = path.StartsWith("//", StringComparison.Ordinal) ? Scheme : path.StartsWith("/", StringComparison.Ordinal) ? Scheme + "//" : Scheme + "///";
        return root + string.Join("/", path.Split('/').Select((part, number) => number == 0 ? part : Uri.EscapeDataString(part)));
    }

    private static CmpException Invalid(string message, string? action) =>
        new(CmpErrorKind.Argument, "CmpTransport.InvalidUri", message) { RecommendedAction = action };
}
