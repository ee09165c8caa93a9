using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Bodies;

namespace Cmp;

/// <summary>There are new CRLs.</summary>
public sealed class CrlAnnouncement : CmpAnnouncement
{
    // as many are named in one line
    private const int Named = 3;

    internal CrlAnnouncement(Announcement announcement, CrlAnnContent content, ServerSettings? server)
        : base(announcement, server)
    {
        // where nobody looked at them, nobody vouches for them
        IEnumerable<Crl> crls = announcement.Crls.Count == content.Crls.Count ? announcement.Crls : content.Crls.Select(crl => Client.Crl.Judge(crl, [], [], announcement.Received));
        Crl = [.. crls.Select(crl => Hold(() => new CmpCrl(crl, server))).OfType<CmpCrl>()];
    }

    /// <summary>The CRLs, as far as they can be read.</summary>
    public CmpCrl[] Crl { get; }

    /// <inheritdoc/>
    public override string About => Crl.Length == 0
        ? "No CRL that can be read"
        : string.Join("; ", Crl.Take(Named).Select(crl => crl.ToString())) + (Crl.Length > Named ? $" and {Crl.Length - Named} more" : string.Empty);
}
