using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.State;

namespace Cmp.Transports;

/// <summary>The requests of a folder of files (<see cref="MessageFileName"/>).</summary>
internal sealed class FileRequests(FileListenerSettings settings) : IRequestFolder
{
    private readonly FolderPatience _patience = new(settings.RequestTimeout, () => DateTimeOffset.UtcNow);

    /// <inheritdoc/>
    public IEnumerable<RequestFile> Unanswered()
    {
        List<string> requests = [];
        HashSet<string> answered = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in Directory.EnumerateFiles(settings.Folder).Take(settings.MaxFiles))
        {
            string name = Path.GetFileName(path);
            // what begins with a dot is still being written
            if (name[0] == '.')
                continue;
            if (StemOf(name, MessageFileName.Request) is not null)
                requests.Add(name);
            else if ((StemOf(name, MessageFileName.Response) ?? StemOf(name, MessageFileName.Nothing)) is { } stem)
                answered.Add(stem);
        }
        return requests.Where(name => !answered.Contains(StemOf(name, MessageFileName.Request)!)).Select(File);
    }

    /// <inheritdoc/>
    public TransportRequest? Take(RequestFile file)
    {
        // it may have been answered since the folder was looked through
        if (System.IO.File.Exists(AnswerTo(file, MessageFileName.Response)) || System.IO.File.Exists(AnswerTo(file, MessageFileName.Nothing)))
            return null;
        MessageFile message = MessageFile.Read(file.Path, settings.MaxRequestBytes);
        if (message.Message is null && message.IsThere && _patience.HasStoodStill(file.Path, message.Have, message.Written))
            throw new CmpException(CmpErrorKind.Timeout, "CmpFile.Incomplete", "The file '" + PeerText.Escape(file.Path) + "' is no request: " + message.State + ", and nobody goes on with it.");
        if (message.Message is not { } octets)
            return null;
        _patience.Forget(file.Path);
        return new TransportRequest(octets, CmpOperation.General, First: false, Last: false) { TransactionId = MessageFileName.TransactionIdIn(file.Stem) };
    }

    /// <inheritdoc/>
    public void Put(RequestFile file, TransportReply reply)
    {
        try
        {
            if (reply is TransportReply.Octets octets)
                AtomicFile.Write(AnswerTo(file, MessageFileName.Response), octets.Value.ToArray(), isSecret: false, overwrite: false);
            else
                AtomicFile.Write(AnswerTo(file, MessageFileName.Nothing), [], isSecret: false, overwrite: false);
        }
        catch (CmpException e) when (e.ErrorId == "CmpStore.Exists")
        {
            // somebody else answered, and the client may have read it
        }
    }

    private string AnswerTo(RequestFile file, string ending) => Path.Combine(settings.Folder, file.Stem + ending);

    private RequestFile File(string name)
    {
        string path = Path.Combine(settings.Folder, name);
        string stem = StemOf(name, MessageFileName.Request)!;
        return new RequestFile(path, stem, MessageFileName.TransactionIdIn(stem) ?? stem, System.IO.File.GetLastWriteTimeUtc(path));
    }

    private static string? StemOf(string name, string ending) =>
        name.Length > ending.Length && name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) ? name.Substring(0, name.Length - ending.Length) : null;
}
