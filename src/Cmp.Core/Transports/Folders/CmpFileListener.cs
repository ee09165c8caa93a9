using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// The other end of <see cref="FileTransport"/>: it looks into a folder for files whose names end in <c>.request.pki</c> and puts each answer beside its request, whole and at once, by
/// the same name ending in <c>.response.pki</c>, or, where there is no message to answer by, an empty file that ends in <c>.nothing</c>.
/// </summary>
/// <remarks>
/// Requests are taken in the order in which they were written, those of one transaction one after the other. What has an answer is done, also for the process that comes after this
/// one. A request is taken whatever the rest of its name is; nothing of the name reaches a path but as it was found there.
/// </remarks>
public sealed class CmpFileListener : ICmpListener
{
    private readonly FolderDesk _desk;

    private CmpFileListener(FileListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        Uri = FolderAddress.Of(settings.Folder);
        _desk = new FolderDesk(settings, new FileRequests(settings), handler, collect);
    }

    /// <summary>The folder, as an address.</summary>
    public Uri Uri { get; }

    /// <summary>Begins to look into a folder.</summary>
    /// <param name="settings">Which, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it. Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the tickets of answers that were not ready, when their time has come; without it an answer is ready or not given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the folder is missing, or may not be written to; <c>CmpTransport.InvalidSetting</c>.</exception>
    public static CmpFileListener Start(FileListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        settings.Check();
        try
        {
            settings = settings with { Folder = Path.GetFullPath(settings.Folder) };
            if (!Directory.Exists(settings.Folder))
                throw FileErrors.NoFolder(settings.Folder);
            AtomicFile.EnsureWritable(Path.Combine(settings.Folder, "test" + MessageFileName.Response), overwrite: true);
        }
        catch (Exception e) when (e is CmpException or ArgumentException or IOException or NotSupportedException)
        {
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed", "Cannot listen in '" + PeerText.Escape(settings.Folder) + "': " + e.Message, e)
            {
                RecommendedAction = "Name a folder that is there and may be written to.",
            };
        }
        return new CmpFileListener(settings, handler, collect);
    }

    /// <summary>Stops looking, and waits until what was under way has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public Task StopAsync() => _desk.StopAsync();

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif
}
