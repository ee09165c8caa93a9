using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Bodies;

namespace Cmp;

/// <summary>A root has a new key. It is not trusted by that: Install-CmpTrustAnchor proves it once more and asks.</summary>
public sealed class CaKeyUpdateAnnouncement : CmpAnnouncement
{
    internal CaKeyUpdateAnnouncement(Announcement announcement, CaKeyUpdContent content, ServerSettings? server)
        : base(announcement, server)
    {
        OldRoot = Hold(announcement.OldRoot);
        NewRoot = Hold(content.NewWithNew);
        NewWithOld = Hold(content.NewWithOld);
        OldWithNew = Hold(content.OldWithNew);
    }

    /// <summary>The root that is trusted and that it names; <see langword="null"/> where none is.</summary>
    public X509Certificate2? OldRoot { get; }

    /// <summary>The root that follows it; <see langword="null"/> where it cannot be read.</summary>
    public X509Certificate2? NewRoot { get; }

    /// <summary>The new key, certified by the old one: the proof; <see langword="null"/> where it did not come.</summary>
    public X509Certificate2? NewWithOld { get; }

    /// <summary>The old key, certified by the new one; <see langword="null"/> where it did not come.</summary>
    public X509Certificate2? OldWithNew { get; }

    /// <inheritdoc/>
    public override string About => NewRoot is { } root
        ? $"New root {PeerText.Escape(root.Subject)}, {root.Thumbprint}, until {root.NotAfter:yyyy-MM-dd}"
        : "A new root that cannot be read";
}
