using System;
using System.IO;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>A file as it was when it was read: what is removed later must still be that.</summary>
internal sealed class FileStamp
{
    private readonly byte[] _digest;

    private FileStamp(string path)
    {
        Path = path;
        _digest = Digest(path);
    }

    internal string Path { get; }

    /// <summary>Whether the file is there with the octets that it had.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    internal bool IsUnchanged => File.Exists(Path) && Digest(Path).AsSpan().SequenceEqual(_digest);

    internal static FileStamp Of(string path) => new(System.IO.Path.GetFullPath(path));

    private static byte[] Digest(string path)
    {
        byte[] octets = BoundedFile.Read(path);
        byte[] digest = Digests.Compute(Oids.Sha256, octets);
        Secrets.Clear(octets);
        return digest;
    }
}
