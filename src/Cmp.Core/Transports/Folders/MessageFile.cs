using System;
using System.Globalization;
using System.IO;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// What stands under the name of a message: nothing, one that is still being written, or a whole one. Whoever writes it need not be careful: that its octets
/// are as many as its outer length says is what makes it whole.
/// </summary>
internal sealed record MessageFile
{
    private const int FirstRead = 4096;

    private static readonly MessageFile Missing = new();

    /// <summary>Whether there is a file.</summary>
    public bool IsThere { get; private init; }

    /// <summary>The whole message; <see langword="null"/> where it is not.</summary>
    public ReadOnlyMemory<byte>? Message { get; private init; }

    /// <summary>Octets that are there.</summary>
    public int Have { get; private init; }

    /// <summary>When it was written to, by the clock of its file system; <see langword="null"/> where nobody says.</summary>
    public DateTimeOffset? Written { get; private init; }

    /// <summary>Why it is not whole, as in <c>120 of 700 octets are there</c>, escaped; empty where it is, or is not there.</summary>
    public string State { get; private init; } = "";

    /// <summary>Looks at a file and waits for nothing.</summary>
    /// <param name="path">Which.</param>
    /// <param name="maxBytes">The most octets that are borne; no more are read.</param>
    /// <returns>What was seen.</returns>
    /// <exception cref="CmpException"><c>CmpFile.NotPlain</c>; <c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>: it can never become a message by what is still written.</exception>
    public static MessageFile Read(string path, int maxBytes)
    {
        try
        {
            using FileStream? stream = PlainFile.Open(path);
            return stream is null ? Missing : Read(stream, maxBytes) with { IsThere = true, Written = WrittenAt(path) };
        }
        catch (UnauthorizedAccessException)
        {
            return new MessageFile { IsThere = true, Written = WrittenAt(path), State = "it may not be read" };
        }
        catch (IOException e)
        {
            // a writer has locked it, or the share is away for a moment
            return new MessageFile { IsThere = true, Written = WrittenAt(path), State = "it cannot be read: " + PeerText.Escape(e.Message, 200).TrimEnd('.') };
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            throw new CmpException(e.Kind, e.ErrorId, "The file '" + PeerText.Escape(path) + "' is not taken. " + e.Message, e)
            {
                RecommendedAction = e.RecommendedAction ?? "Put the message in its place as it is, in DER, without anything before or behind it.",
                Octets = e.Octets,
            };
        }
    }

    private static MessageFile Read(FileStream stream, int maxBytes)
    {
        byte[] buffer = new byte[FirstRead];
        int have = 0, length = 0;
        while (true)
        {
            // who copies a file may have its room reserved first: zeros are no octets yet
            if (length == 0 && have > 0 && buffer[0] == 0)
                return new MessageFile { State = "nothing is in it" };
            if (length == 0)
                length = MessageOctets.ReadLength(buffer.AsSpan(0, have), maxBytes);
            if (length != 0 && have > length)
                throw MessageOctets.LengthMismatch(length, Math.Max(stream.Length, have), buffer.AsSpan(0, have));
            if (have == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(2L * have, length + 1L));
            int read = stream.Read(buffer, have, buffer.Length - have);
            if (read == 0)
                break;
            have += read;
        }
        if (have == length && have > 0)
            return new MessageFile { Have = have, Message = buffer.AsMemory(0, have) };
        return new MessageFile
        {
            Have = have,
            State = have == 0 ? "nothing is in it"
                : length == 0 ? Number(have) + " octets are there"
                : Number(have) + " of " + Number(length) + " octets are there",
        };
    }

    private static DateTimeOffset? WrittenAt(string path)
    {
        try
        {
            return File.GetLastWriteTimeUtc(path) is { Year: > 1601 } time ? new DateTimeOffset(time) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
