using Cmp.Announcements;

namespace Cmp.TestServer;

/// <summary>What a <see cref="TestServer"/> said unasked.</summary>
public sealed class TestAnnouncement
{
    internal TestAnnouncement(AnnouncementType type, byte[] message, string? pollingReference)
    {
        Type = type;
        Message = message;
        PollingReference = pollingReference;
    }

    /// <summary>Which kind it is.</summary>
    public AnnouncementType Type { get; }

    /// <summary>The DER of the PKIMessage: what is pushed to whom it concerns.</summary>
    public byte[] Message { get; }

    /// <summary>What it is asked for by over TCP-Messages, be they in HTTP or not: eight hexadecimal digits; <see langword="null"/> where the server has no such road.</summary>
    public string? PollingReference { get; }

    /// <summary>Which kind it is.</summary>
    /// <returns>The kind.</returns>
    public override string ToString() => Type.ToString();
}
