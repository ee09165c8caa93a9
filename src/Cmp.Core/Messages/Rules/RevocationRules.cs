using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>Revocations, their answers and announcements (RFC 9810 5.3.9, 5.3.10 and 5.3.15, RFC 9483 4.2).</summary>
internal static class RevocationRules
{
    internal static void Check(ref FindingCollector found, RevReqContent body, PkiMessage message)
    {
        if (body.Details.Count == 0)
            found.Add(MessageRules.RevocationEmpty, "The rr names no certificate.", body.Encoded);
        else if (body.Details.Count > 1)
            found.Add(MessageRules.RevocationCount, $"The rr names {body.Details.Count} certificates.", body.Encoded);
        if (ProtectionFamilies.Of(message.Header.ProtectionAlg) == ProtectionFamily.SharedSecret)
            found.Add(MessageRules.RevocationProtection, "The rr is protected by a shared secret.", body.Encoded);
        foreach (RevDetails details in body.Details)
        {
            CertTemplate certificate = details.CertDetails;
            if (certificate.SerialNumber is null && (certificate.Subject is null || certificate.PublicKey is null))
                found.Add(MessageRules.RevocationNothing, "Neither a serial number nor subject and key say which certificate is to be revoked.", certificate.Encoded, details.Encoded);
            else if (certificate is not { Issuer: not null, SerialNumber: not null })
                found.Add(MessageRules.RevocationCertId, $"The certificate to be revoked is named without its {(certificate.SerialNumber is null ? "serial number" : "issuer")}.", certificate.Encoded, details.Encoded);
            CheckDetails(ref found, details);
        }
    }

    internal static void Check(ref FindingCollector found, RevRepContent body)
    {
        if (body.Statuses.Count > 1)
            found.Add(MessageRules.RevocationResponseCount, $"The rp holds {body.Statuses.Count} statuses.", body.Encoded);
        foreach (PkiStatusInfo status in body.Statuses)
        {
            StatusRules.Check(ref found, status, body.Encoded);
            if (status.Status is not (PkiStatus.Accepted or PkiStatus.Rejection))
                found.Add(MessageRules.RevocationResponseStatus, $"The status is {PkiStatusNames.Of(status.Status)}.", status.Encoded, body.Encoded);
        }
        if (body.RevCerts.Count > 0 && body.RevCerts.Count != body.Statuses.Count)
            found.Add(MessageRules.RevocationResponseRevCerts, $"revCerts names {body.RevCerts.Count} certificates, and there are {body.Statuses.Count} statuses.", body.RevCerts[0].Encoded, body.Encoded);
    }

    internal static void Check(ref FindingCollector found, RevAnnContent body)
    {
        if (body.Status is not (PkiStatus.RevocationWarning or PkiStatus.RevocationNotification))
            found.Add(MessageRules.AnnouncementStatus, $"The rann says {PkiStatusNames.Of(body.Status)}.", body.Encoded);
        CheckReason(ref found, body.CrlDetails, body.Encoded);
        RequestRules.CheckDoubled(ref found, body.CrlDetails, body.Encoded);
    }

    private static void CheckDetails(ref FindingCollector found, RevDetails details)
    {
        IReadOnlyList<Extension> extensions = details.CrlEntryDetails;
        if (!CheckReason(ref found, extensions, details.Encoded))
            found.Add(MessageRules.RevocationReason, "crlEntryDetails holds no reasonCode.", details.Encoded);
        RequestRules.CheckDoubled(ref found, extensions, details.Encoded);
        for (int i = 0; i < extensions.Count; i++)
        {
            if (extensions[i].Oid != Oids.ReasonCode)
                found.Add(MessageRules.RevocationDetails, $"crlEntryDetails holds {extensions[i]} besides.", extensions[i].Encoded, details.Encoded);
        }
    }

    /// <summary>Whether a reason is there, whatever it is.</summary>
    private static bool CheckReason(ref FindingCollector found, IReadOnlyList<Extension> extensions, ReadOnlyMemory<byte> around)
    {
        for (int i = 0; i < extensions.Count; i++)
        {
            if (extensions[i].Oid != Oids.ReasonCode)
                continue;
            ReadOnlySpan<byte> value = extensions[i].Value.Span;
            if (value.Length != 3 || value[0] != 10 || value[1] != 1 || value[2] is 7 or > 10)
                found.Add(MessageRules.RevocationReasonValue, "The reasonCode is none that there is.", extensions[i].Encoded, around);
            return true;
        }
        return false;
    }
}
