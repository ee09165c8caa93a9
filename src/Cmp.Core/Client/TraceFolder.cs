using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.State;

namespace Cmp.Client;

/// <summary>
/// Keeps every message as a numbered DER file, with a log beside them. The values of regToken and authenticator are overwritten with zeros
/// of the same length; the log says that such a message no longer verifies.
/// </summary>
public sealed class TraceFolder : ICmpTrace
{
    private const string LogName = "log.txt";
    private const string SentWord = "sent";
    private const string ReceivedWord = "received";
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private readonly object _gate = new();
    private readonly string _folder;
    private int _number;

    /// <summary>Opens a folder, which is made where it is not there; numbers go on after the highest that is in it.</summary>
    /// <param name="folder">A full path.</param>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>: it cannot be made or read.</exception>
    public TraceFolder(string folder)
    {
        _folder = folder;
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string file in Directory.EnumerateFiles(folder, "*.der"))
            {
                string name = Path.GetFileName(file);
                if (name.Length > 4 && int.TryParse(name.Substring(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                    _number = Math.Max(_number, number);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The trace folder cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Finds the messages that a folder keeps.</summary>
    /// <param name="folder">A full path.</param>
    /// <returns>The messages in their order; none where nothing in it was written by a trace.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>: it cannot be read.</exception>
    public static IReadOnlyList<TracedMessage> Read(string folder)
    {
        try
        {
            Dictionary<string, DateTimeOffset> times = ReadLog(Path.Combine(folder, LogName));
            var messages = new List<TracedMessage>();
            foreach (string path in Directory.EnumerateFiles(folder, "*.der"))
            {
                string name = Path.GetFileName(path);
                string[] parts = Path.GetFileNameWithoutExtension(name).Split('-');
                if (parts.Length != 3 || parts[1] is not (SentWord or ReceivedWord) || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                    continue;
                TraceDirection direction = parts[1] == SentWord ? TraceDirection.Sent : TraceDirection.Received;
                messages.Add(new TracedMessage(path, number, direction, times.TryGetValue(name, out DateTimeOffset time) ? time : null));
            }
            return [.. messages.OrderBy(message => message.Number)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The trace folder cannot be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
    {
        byte[] kept = WithoutSecrets(octets, out bool isChanged);
        lock (_gate)
        {
            string name = string.Format(CultureInfo.InvariantCulture, "{0:0000}-{1}-{2}.der", ++_number, direction == TraceDirection.Sent ? SentWord : ReceivedWord, FileWord(summary));
            Try(() => AtomicFile.Write(Path.Combine(_folder, name), kept, isSecret: false, overwrite: false));
            Log($"{name} {octets.Length} octets{(elapsed > TimeSpan.Zero ? string.Format(CultureInfo.InvariantCulture, ", {0:0} ms", elapsed.TotalMilliseconds) : string.Empty)}"
                + (isChanged ? "; a registration token or an authenticator in it is overwritten with zeros, so it no longer verifies" : string.Empty));
        }
    }

    /// <inheritdoc/>
    public void Note(string text) => Log("note: " + text);

    /// <inheritdoc/>
    public void Warning(string text) => Log("warning: " + text);

    /// <summary>The octets with zeros in place of what is secret in them.</summary>
    internal static byte[] WithoutSecrets(ReadOnlyMemory<byte> octets, out bool isChanged)
    {
        byte[] copy = octets.ToArray();
        isChanged = false;
        try
        {
            if (PkiMessage.Decode(copy).Body is not CertReqMessages requests)
                return copy;
            foreach (CertReqMsg request in requests.Requests)
            {
                foreach (AttributeTypeAndValue control in request.CertReq.Controls)
                {
                    if (control.Oid is not (Oids.RegToken or Oids.Authenticator))
                        continue;
                    isChanged = true;
                    ReadOnlyMemory<byte> text = Asn1Reader.Decode(control.Value, null, (ref Asn1Reader reader) => reader.ReadContent(reader.PeekTag()));
                    MemoryMarshal.TryGetArray(text, out ArraySegment<byte> place);
                    Array.Clear(place.Array!, place.Offset, place.Count);
                }
            }
        }
        catch (CmpException)
        {
            // what is no message is kept as it came
        }
        return copy;
    }

    /// <summary>The first word of a summary as part of a file name: letters and digits only (rule 71).</summary>
    private static string FileWord(string summary)
    {
        var word = new StringBuilder();
        foreach (char c in summary)
        {
            if (c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') && word.Length < 20)
                word.Append(c);
            else
                break;
        }
        return word.Length > 0 ? word.ToString() : "message";
    }

    /// <summary>The times of the messages by their files; there may be no log.</summary>
    private static Dictionary<string, DateTimeOffset> ReadLog(string path)
    {
        var times = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return times;
        foreach (string line in File.ReadLines(path))
        {
            string[] words = line.Split([' '], 3);
            if (words.Length > 1 && DateTimeOffset.TryParseExact(words[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
                times[words[1]] = time;
        }
        return times;
    }

    private void Log(string line)
    {
        lock (_gate)
            Try(() => File.AppendAllText(Path.Combine(_folder, LogName), string.Format(CultureInfo.InvariantCulture, "{0:" + TimeFormat + "} {1}{2}", DateTime.UtcNow, line, Environment.NewLine)));
    }

    /// <summary>A full disk under the trace does not end an enrolment.</summary>
    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CmpException)
        {
            System.Diagnostics.Trace.TraceWarning($"Cmp trace: {e.Message}");
        }
    }
}
