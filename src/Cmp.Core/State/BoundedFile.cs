using System;
using System.IO;

namespace Cmp.State;

/// <summary>Reads a file that the user named, up to a bound: keys and certificates are small, and the name may be a slip.</summary>
public static class BoundedFile
{
    /// <summary>Octets that are read where no other bound is given, 4 MiB: a bundle of all public roots has a quarter of it.</summary>
    public const int DefaultLimit = 4 << 20;

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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    /// <summary>Copies and clears: the octets may be a key's.</summary>
    private static void Resize(ref byte[] octets, int length)
    {
        var resized = new byte[length];
        Array.Copy(octets, resized, Math.Min(length, octets.Length));
        Array.Clear(octets, 0, octets.Length);
        octets = resized;
    }
}
