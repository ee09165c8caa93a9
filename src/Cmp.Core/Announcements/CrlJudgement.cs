using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Announcements;

/// <summary>Judges CRLs: each is signed by its issuer, who leads to an anchor, is in force, and is no older than the one at hand (rule 74; RFC 9810 5.3.16).</summary>
internal sealed class CrlJudgement(JudgedContent given, CrlAnnContent content) : Judgement(given)
{
    /// <summary>CRLs of one announcement that are looked at.</summary>
    private const int MaxCrls = 100;

    /// <summary>RFC 5280 5.2.3: a number has no more than 20 octets.</summary>
    private static readonly BigInteger NumberLimit = BigInteger.One << 160;

    /// <inheritdoc/>
    private protected override TrustSettings SignersTrust() => Trust with
    {
        // with another's CRL, which anybody has, it would date what that one says
        MaySign = (path, maySign) => maySign || IsIssuerOfAll(path.Leaf),
    };

    /// <inheritdoc/>
    private protected override Task<Announcement> JudgeContentAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        if (content.Crls.Count is 0 or > MaxCrls)
        {
            Against("CmpAnnouncement.CrlCount", $"It holds {content.Crls.Count} CRLs, where 1 to {MaxCrls} are looked at.");
            return Task.FromResult(announcement);
        }
        var crls = new List<Crl>();
        Dictionary<string, (DateTimeOffset ThisUpdate, BigInteger? Number)> atHand = AtHand();
        foreach (CertificateList value in content.Crls)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var crl = Crl.Judge(value, Anchors, Candidates, Now, Trust.Limits);
            crls.Add(crl);
            Try(() => Judge(crl, atHand));
        }
        return Task.FromResult(announcement with { Crls = crls });
    }

    private void Judge(Crl crl, Dictionary<string, (DateTimeOffset ThisUpdate, BigInteger? Number)> atHand)
    {
        if (crl.Reason is { } reason)
            Against(reason);
        string which = $"The CRL of {Show(crl.Issuer)} of {crl.ThisUpdate:u}";
        if (crl.ThisUpdate - Now > Given.Settings.MaxAhead)
            Against("CmpCrl.Ahead", $"{which} is ahead of our clock.");
        if (crl.NextUpdate is { } next && next < Now)
            Against("CmpCrl.Expired", $"{which} is over: the next one was due at {next:u}.");
        if (crl.Number is { } no && (no.Sign < 0 || no >= NumberLimit))
        {
            Against("CmpCrl.Number", $"{which} has a number that is negative, or longer than 20 octets (RFC 5280 5.2.3).");
            return;
        }
        string scope = AnnouncementId.ScopeOf(crl.Value);
        string than = string.Empty;
        foreach ((DateTimeOffset thisUpdate, BigInteger? number) in new[] { Given.Before.CrlOf(scope), atHand.TryGetValue(scope, out var given) ? given : null }.OfType<(DateTimeOffset, BigInteger?)>())
        {
            if (crl.ThisUpdate < thisUpdate)
                Against("CmpCrl.Older", $"{which} is older than the one at hand, of {thisUpdate:u}.");
            else if (crl.Number < number || (crl.Number == number && number is not null && crl.ThisUpdate > thisUpdate))
                Against("CmpCrl.Number", $"{which} has the number {Text(crl.Number)}, and the one at hand {Text(number)}: numbers grow with each CRL (RFC 5280 5.2.3).");
            else
                than = crl.ThisUpdate > thisUpdate ? " It is newer than the one at hand." : " It is the one at hand.";
        }
        if (!crl.Verified)
            return;
        _ = crl.Entries; // whoever believes it can read it
        For("CmpAnnouncement.Crl", $"{which}, number {Text(crl.Number)}, is signed by its issuer, who leads to a trust anchor.{than}");
    }

    /// <summary>The CRLs that the user gave. Those that were fetched are nobody's word, so they keep no other from being believed.</summary>
    private Dictionary<string, (DateTimeOffset ThisUpdate, BigInteger? Number)> AtHand()
    {
        var atHand = new Dictionary<string, (DateTimeOffset ThisUpdate, BigInteger? Number)>();
        foreach (CertificateList crl in Given.Client.Settings.RevocationList!)
        {
            string scope = AnnouncementId.ScopeOf(crl);
            if (!atHand.TryGetValue(scope, out var before) || before.ThisUpdate < crl.ThisUpdate)
                atHand[scope] = (crl.ThisUpdate, crl.Number);
        }
        return atHand;
    }

    private bool IsIssuerOfAll(Certificate signer) =>
        (signer.KeyUsage is not { } usage || (usage & KeyUsages.CrlSign) != 0) && content.Crls.Take(MaxCrls).All(crl => crl.Issuer.IsSameAs(signer.Subject));

    private static string Text(BigInteger? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
