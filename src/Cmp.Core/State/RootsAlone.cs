#if NET
using System.Collections.Generic;
using System.IO;

namespace Cmp.State;

/// <summary>Whether nobody but root can change what is at a path, nor put something else there.</summary>
/// <remarks>Members of a file's group are whom root let be that.</remarks>
internal static class RootsAlone
{
    private const int TypeMask = 0xF000, Link = 0xA000, Folder = 0x4000, Sticky = 0x200, OthersWrite = 0x2;
    private const int MaxLinks = 16;

    /// <summary>Looks at a path, each folder above it, and where links lead.</summary>
    /// <param name="path">A full path.</param>
    /// <returns>What others may change; <see langword="null"/> where there is nothing, or the system does not say.</returns>
    internal static string? Find(string path) => Find(path, 0, []);

    private static string? Find(string path, int links, HashSet<string> seen)
    {
        for (string? current = path; current is not null && seen.Add(current); current = Path.GetDirectoryName(current))
        {
            if (FileStatus.Of(current) is not var (owner, _, mode))
                continue; // what is not there yet is in a folder that is
            bool isLink = (mode & TypeMask) == Link;
            // in a folder such as /tmp nobody renames what is root's
            bool isShared = (mode & TypeMask) == Folder && (mode & Sticky) != 0;
            if (owner != 0 || (!isLink && !isShared && (mode & OthersWrite) != 0))
                return current;
            if (isLink && (links == MaxLinks || Find(Path.GetFullPath(new FileInfo(current).LinkTarget ?? current, Path.GetDirectoryName(current)!), links + 1, seen) is not null))
                return current;
        }
        return null;
    }
}
#endif
