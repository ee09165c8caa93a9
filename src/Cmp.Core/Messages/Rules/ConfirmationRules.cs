using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp.Messages.Rules;

/// <summary>Confirmations, errors and polling (RFC 9810 5.3.18, 5.3.21 and 5.3.22, RFC 9483 3.6.4, 4.1.1 and 4.4).</summary>
internal static class ConfirmationRules
{
    internal static void Check(ref FindingCollector found, CertConfirmContent body)
    {
        if (body.Statuses.Count != 1)
            found.Add(MessageRules.CertConfCount, $"The certConf holds {body.Statuses.Count} CertStatus.", body.Encoded);
        HashSet<int>? ids = body.Statuses.Count > 1 ? [] : null;
        for (int i = 0; i < body.Statuses.Count; i++)
        {
            CertStatus status = body.Statuses[i];
            if (ids is not null && !ids.Add(status.CertReqId))
                found.Add(MessageRules.CertConfIdDoubled, $"The certConf names the certReqId {status.CertReqId} twice.", status.Encoded, body.Encoded);
            if (ids is null && status.CertReqId is not (0 or -1))
                found.Add(MessageRules.CertConfId, $"The certReqId is {status.CertReqId}.", status.Encoded, body.Encoded);
            if (!HasDigestLength(status))
                found.Add(MessageRules.CertConfHashLength, $"certHash has {status.CertHash.Length} octets{(status.HashAlg is { } digest ? $", and hashAlg is {digest}" : string.Empty)}.", status.Encoded, body.Encoded);
            if (status.StatusInfo is not { } info)
                continue;
            StatusRules.Check(ref found, info, status.Encoded);
            if (info.Status is not (PkiStatus.Accepted or PkiStatus.Rejection))
                found.Add(MessageRules.CertConfStatus, $"The certConf says {PkiStatusNames.Of(info.Status)}.", status.Encoded, body.Encoded);
        }
    }

    internal static void Check(ref FindingCollector found, ErrorMsgContent body)
    {
        StatusRules.Check(ref found, body.Status, body.Encoded);
        if (body.Status.Status is not (PkiStatus.Rejection or PkiStatus.Waiting))
            found.Add(MessageRules.ErrorStatus, $"The error message says {PkiStatusNames.Of(body.Status.Status)}.", body.Status.Encoded, body.Encoded);
    }

    internal static void Check(ref FindingCollector found, PollReqContent body)
    {
        CheckCount(ref found, body.CertReqIds.Count, body);
        // where -1 stands there is nothing else to be asked for
        if (body.CertReqIds is [var id] && id is not (0 or -1))
            found.Add(MessageRules.PollId, $"The certReqId is {id}.", body.Encoded);
    }

    internal static void Check(ref FindingCollector found, PollRepContent body)
    {
        CheckCount(ref found, body.Entries.Count, body);
        if (body.Entries is [var only] && only.CertReqId is not (0 or -1))
            found.Add(MessageRules.PollId, $"The certReqId is {only.CertReqId}.", only.Encoded, body.Encoded);
        for (int i = 0; i < body.Entries.Count; i++)
        {
            PollRepEntry entry = body.Entries[i];
            if (entry.CheckAfter < 0 || entry.CheckAfter > int.MaxValue)
                found.Add(MessageRules.PollCheckAfter, $"checkAfter is {(entry.CheckAfter < 0 ? "negative" : "more than 2^31-1 seconds")}.", entry.Encoded, body.Encoded);
        }
    }

    private static void CheckCount(ref FindingCollector found, int count, PkiBody body)
    {
        if (count == 0)
            found.Add(MessageRules.PollEmpty, $"The {body} names nothing.", body.Encoded);
        else if (count > 1)
            found.Add(MessageRules.PollCount, $"The {body} holds {count} entries.", body.Encoded);
    }

    private static bool HasDigestLength(CertStatus status) => status.HashAlg?.Oid switch
    {
        Oids.Sha1 => status.CertHash.Length == 20,
        Oids.Sha224 => status.CertHash.Length == 28,
        Oids.Sha256 or Oids.Shake128 => status.CertHash.Length == 32,
        Oids.Sha384 => status.CertHash.Length == 48,
        Oids.Sha512 or Oids.Shake256 => status.CertHash.Length == 64,
        // MD5 and SHA-1 had their time, and hashAlg of others is theirs
        _ => status.CertHash.Length is 16 or 20 or 28 or 32 or 48 or 64,
    };
}
