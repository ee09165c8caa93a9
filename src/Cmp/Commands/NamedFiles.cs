using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>Files as users name them, as the file system has them. The engine's own errors would end a command, and with it the other rows.</summary>
internal static class NamedFiles
{
    /// <summary>The one file that a path names, be it there or not.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Path</c>: it is on a drive that is not there, for example.</exception>
    internal static string One(PSCmdlet cmdlet, string path)
    {
        try
        {
            return cmdlet.GetUnresolvedProviderPathFromPSPath(path);
        }
        catch (Exception e) when (e is RuntimeException and not PipelineStoppedException)
        {
            throw NoPath(path, e);
        }
    }

    /// <summary>The files that a path with wildcards names; there may be none.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Path</c>: it is no path to a file, or without wildcards and there is none.</exception>
    internal static IReadOnlyList<string> All(PSCmdlet cmdlet, string path)
    {
        try
        {
            Collection<string> paths = cmdlet.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            return provider.Name == "FileSystem" ? paths : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Path", $"'{PeerText.Escape(path)}' is no path to a file.");
        }
        catch (Exception e) when (e is RuntimeException and not PipelineStoppedException)
        {
            throw NoPath(path, e);
        }
    }

    private static CmpException NoPath(string path, Exception e) => new(CmpErrorKind.Argument, "CmpArgument.Path", $"'{PeerText.Escape(path)}' is no path to a file: {e.Message}", e);
}
