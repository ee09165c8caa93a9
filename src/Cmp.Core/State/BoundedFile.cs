using System;
using System.IO;

namespace Cmp.State;

/// <summary>Reads a file that the user named, up to a bound: keys and certificates are small, and the name may be a slip.</summary>
public static class BoundedFile
{
    /// <summary>Octets that are read where no other bound is given, 4 MiB: a bundle of all public roots has a quarter of it.</summary>
    public const int DefaultLimit = 4 << 20;

    private const int StreamBuffer = 1 << 16;

    /// <summary>Reads a file whole. Pipes are read to their end.</summary>
    /// <param name="path">Which.</param>
    /// <param name="limit">The most octets that it may have.</param>
    /// <returns>Its octets; the caller clears them where they are secret.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    public static byte[] Read(string path, int limit = DefaultLimit)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var octets = new byte[stream.CanSeek ? (int)Math.Min(stream.Length, limit) + 1 : 4096];
            int length = 0;
            for (; ; )
            {
                int read = stream.Read(octets, length, octets.Length - length);
                if (read == 0)
                    break;
                length += read;
                if (length > limit)
                    throw FileErrors.TooLarge(path, limit);
                if (length == octets.Length)
                    Resize(ref octets, Math.Min(2 * length, limit + 1));
            }
            Resize(ref octets, length);
            return octets;
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    /// <summary>Opens a file that the user named to be read piece by piece, also one that is still written.</summary>
    /// <param name="path">Which.</param>
    /// <returns>The stream; what goes wrong while it is read is told by <see cref="Unreadable"/>.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, StreamBuffer, FileOptions.SequentialScan);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    /// <summary>The first octets of a file that the user named.</summary>
    /// <param name="path">Which.</param>
    /// <param name="count">How many.</param>
    /// <returns>So many, or as many as there are; none of a pipe, since what is read of it is gone.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    public static byte[] ReadStart(string path, int count)
    {
        try
        {
            using FileStream stream = Open(path);
            var octets = new byte[count];
            int length = 0;
            for (int read = -1; stream.CanSeek && read != 0 && length < count; length += read)
                read = stream.Read(octets, length, count - length);
            Array.Resize(ref octets, length);
            return octets;
        }
        catch (IOException e)
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    /// <summary>What goes wrong while a file is read, in the words of <see cref="CmpException"/>.</summary>
    /// <param name="path">Which file.</param>
    /// <param name="cause">What went wrong.</param>
    /// <returns><c>CmpStore.…</c>.</returns>
    public static CmpException Unreadable(string path, Exception cause) => FileErrors.Unreadable(path, cause);

    private static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;

    /// <summary>Copies and clears: the octets may be a key's.</summary>
    private static void Resize(ref byte[] octets, int length)
    {
        var resized = new byte[length];
        Array.Copy(octets, resized, Math.Min(length, octets.Length));
        Array.Clear(octets, 0, octets.Length);
        octets = resized;
    }
}
