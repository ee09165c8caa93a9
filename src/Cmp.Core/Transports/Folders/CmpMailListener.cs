using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>
/// The other end of <see cref="MailTransport"/>, with no mailer between: it looks into the client's <c>outbox</c> for mails and puts each answer into the client's <c>inbox</c> as a mail that
/// names what it answers, by In-Reply-To and in the Subject.
/// </summary>
/// <remarks>
/// Requests are taken in the order in which they were written, those of one transaction one after the other, and each once: its mail goes when its answer lies there. Where no
/// message is due in answer it just goes.
/// </remarks>
public sealed class CmpMailListener : ICmpListener
{
    private readonly FolderDesk _desk;

    private CmpMailListener(MailListenerSettings settings, MailRequests folder, MailAddress address, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        Uri = new Uri("mailto:" + address);
        Folder = settings.Folder;
        _desk = new FolderDesk(settings, folder, handler, collect);
    }

    /// <summary>The address to write to; the client needs the folder besides.</summary>
    public Uri Uri { get; }

    /// <summary>The folder that it shares with its clients.</summary>
    public string Folder { get; }

    /// <summary>Begins to look for mails.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it. Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the tickets of answers that were not ready, when their time has come; without it an answer is ready or not given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the folder is missing, or may not be written to; <c>CmpTransport.InvalidSetting</c>.</exception>
    public static CmpMailListener Start(MailListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        settings.Check();
        if (!MailAddress.TryParse(settings.Address, out MailAddress? address))
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", $"'{PeerText.Escape(settings.Address, 100)}' is no mail address.");
        try
        {
            settings = settings with { Folder = Path.GetFullPath(settings.Folder) };
            if (!Directory.Exists(settings.Folder))
                throw FileErrors.NoFolder(settings.Folder);
            var folder = new MailRequests(settings, address);
            folder.Check();
            return new CmpMailListener(settings, folder, address, handler, collect);
        }
        catch (Exception e) when (e is CmpException or ArgumentException or IOException or NotSupportedException)
        {
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed", "Cannot listen in '" + PeerText.Escape(settings.Folder) + "': " + e.Message, e)
            {
                RecommendedAction = "Name a folder that is there and may be written to.",
            };
        }
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
