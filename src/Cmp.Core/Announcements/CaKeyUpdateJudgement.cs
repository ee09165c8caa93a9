using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Announcements;

/// <summary>Judges a new key of a root: somebody under the old root says it, and the old key certifies the new one (rule 73; RFC 9810 4.4.2 and 5.3.13).</summary>
internal sealed class CaKeyUpdateJudgement : Judgement
{
    private readonly RootCaKeyUpdateContent _content;
    private readonly Certificate? _old;

    internal CaKeyUpdateJudgement(JudgedContent given, CaKeyUpdContent content)
        : base(given)
    {
        _content = content.V3 ?? new RootCaKeyUpdateContent(content.NewWithNew, content.NewWithOld, content.OldWithNew);
        _old = FindOldRoot();
    }

    /// <inheritdoc/>
    private protected override TrustSettings SignersTrust() => _old is null ? Trust : Trust with { Anchors = [_old] };

    /// <inheritdoc/>
    private protected override async Task<Announcement> JudgeContentAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        if (_old is null)
        {
            string already = Anchors.Any(_content.NewWithNew.IsSameAs) ? " The new root is trusted already." : string.Empty;
            Against("CmpAnnouncement.OldRoot", $"None of the trust anchors is the root whose key changes, {Show(_content.NewWithNew)}.{already}");
            return announcement;
        }
        announcement = announcement with { OldRoot = _old };
        IReadOnlyList<CmpException> faults = [.. RootUpdate.FaultsOf(_old, _content, Now, Given.Client.Crls.Crls, Trust.Algorithms)];
        foreach (CmpException fault in faults)
            Against(fault);
        if (faults.Count > 0)
            return announcement;
        RootUpdate update = IsVouchedFor
            ? await RootUpdate.ProveAsync(_old, _content, [], Given.Client.Crls, Now, Given.Settings.Trace, cancellationToken).ConfigureAwait(false)
            : RootUpdate.Prove(_old, _content, Now, Given.Client.Crls.Crls);
        For("CmpAnnouncement.OldRoot", $"The old root, {Show(_old)}, is trusted, and valid until {_old.NotAfter:u}.");
        For("CmpAnnouncement.NewRoot", $"Its key certifies that of the new root, which has the same name, signs itself and is valid until {update.NewWithNew.NotAfter:u}.");
        return announcement with { RootUpdate = update };
    }

    /// <summary>The anchor of that name whose key signed newWithOld; where none did, one of that name, so that it can be said what is wrong.</summary>
    private Certificate? FindOldRoot()
    {
        try
        {
            Name name = _content.NewWithOld?.Issuer ?? _content.NewWithNew.Subject;
            return Anchors
                .Where(anchor => anchor.Subject.IsSameAs(name) && !anchor.IsSameAs(_content.NewWithNew))
                .OrderByDescending(HasSignedNewWithOld)
                .ThenByDescending(anchor => anchor.NotBefore <= Now && Now <= anchor.NotAfter)
                .FirstOrDefault();
        }
        catch (CmpException)
        {
            return null; // no names inside: it is said when it is looked at
        }
    }

    private bool HasSignedNewWithOld(Certificate anchor)
    {
        try
        {
            return _content.NewWithOld is { } link && SignatureAlgorithms.Verify(link.SignatureAlgorithm, anchor.PublicKey, link.TbsCertificate, link.Signature, Trust.Limits);
        }
        catch (CmpException)
        {
            return false; // signed by an algorithm that is not known here
        }
    }
}
