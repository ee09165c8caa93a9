using System;
using System.IO;
#if NET
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
#endif
using Cmp.State;

namespace Cmp.Transports;

/// <summary>Opens what somebody else put into a folder, if it is a file of its own: no link, no folder, no pipe, no device (rule 71). It never waits for anybody to write.</summary>
/// <remarks>
/// On Unix open(2) itself is told to follow no link and to wait for no writer: between a look and an opening the file could be another one.
/// On Windows such things cannot be made by who may merely write into a folder, and what a writer holds open is locked.
/// </remarks>
internal static class PlainFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">Which.</param>
    /// <returns>Its octets; <see langword="null"/> where there is no such file.</returns>
    /// <exception cref="CmpException"><c>CmpFile.NotPlain</c>.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">Its writer has locked it, or it cannot be opened.</exception>
    public static FileStream? Open(string path)
    {
        try
        {
            FileAttributes attributes = File.GetAttributes(path);
            if (AtomicFile.IsLink(path))
                throw NotPlain(path, "a link");
            if ((attributes & FileAttributes.Directory) != 0)
                throw NotPlain(path, "a folder");
            if ((attributes & FileAttributes.Device) != 0)
                throw NotPlain(path, "a device");
#if NET
            FileStream stream = OperatingSystem.IsWindows() ? OpenShared(path) : OpenPlain(path);
#else
            FileStream stream = OpenShared(path);
#endif
            if (stream.CanSeek)
                return stream;
            stream.Dispose();
            throw NotPlain(path, "a pipe or a device");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Who writes the file meanwhile keeps it from us, and who renames or removes it does not.</summary>
    private static FileStream OpenShared(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);

    private static CmpException NotPlain(string path, string what) => new(CmpErrorKind.Protocol, "CmpFile.NotPlain", "'" + PeerText.Escape(path) + "' is " + what + ", and no file of its own.")
    {
        RecommendedAction = "Put the message itself in its place.",
    };

#if NET
    private const int NoEntry = 2;
    private const int NoDeviceOrAddress = 6;
    private const int AccessDenied = 13;
    private const int NotADirectory = 20;

    // O_RDONLY is 0 everywhere; the others are each system's own, and on Linux some are each processor's
    private static readonly int Flags = OperatingSystem.IsLinux()
        ? 0x800 | 0x80000 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Armv6 or Architecture.Ppc64le ? 0x8000 : 0x20000)
        : 0x4 | 0x100 | (OperatingSystem.IsFreeBSD() ? 0x100000 : 0x1000000);

    private static FileStream OpenPlain(string path)
    {
        int handle = open(path, Flags);
        if (handle < 0)
            throw Failure(path, Marshal.GetLastPInvokeError());
        return new FileStream(new SafeFileHandle(handle, ownsHandle: true), FileAccess.Read, bufferSize: 1);
    }

    private static Exception Failure(string path, int error) => error switch
    {
        NoEntry or NotADirectory => new FileNotFoundException(null, path),
        NoDeviceOrAddress => NotPlain(path, "a socket or a device"),
        AccessDenied => new UnauthorizedAccessException(Marshal.GetPInvokeErrorMessage(error)),
        _ when AtomicFile.IsLink(path) => NotPlain(path, "a link"),
        _ => new IOException(Marshal.GetPInvokeErrorMessage(error)),
    };

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
#endif
}
