using System;
using System.IO;

namespace Cmp.TestServer;

/// <summary>The folder through which messages come that are carried as files or mails: one that somebody named, or one of its own that goes with the server.</summary>
internal sealed class MessageFolder : IDisposable
{
    private readonly bool _isOurs;

    /// <summary>Makes the folder where it is not there.</summary>
    /// <param name="path">Which; <see langword="null"/>: a fresh one, which this user alone may look into.</param>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: it cannot be made.</exception>
    internal MessageFolder(string? path)
    {
        _isOurs = path is null;
        try
        {
            Path = path is null ? Fresh() : Directory.CreateDirectory(path).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed", $"The folder '{PeerText.Escape(path ?? System.IO.Path.GetTempPath())}' for messages cannot be made: {PeerText.Escape(e.Message)}", e)
            {
                RecommendedAction = "Name a folder that you may write to.",
            };
        }
    }

    /// <summary>Its full path.</summary>
    internal string Path { get; }

    /// <summary>Removes a folder that is this server's own, with all that came and went.</summary>
    public void Dispose()
    {
        if (!_isOurs)
            return;
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // somebody looks at a message right now: it lies with the other things that come and go
        }
    }

    private static string Fresh()
    {
        const string Prefix = "cmp-test-server-";
#if NET
        return Directory.CreateTempSubdirectory(Prefix).FullName;
#else
        return Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), Prefix + Guid.NewGuid().ToString("N"))).FullName;
#endif
    }
}
