using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;

namespace Cmp.Inspection;

/// <summary>What an item says, as a person would tell it: the predicate of a sentence whose subject is the sender.</summary>
internal static class ItemText
{
    private const int MaxNamesTold = 3;

    internal static string Of(CmpMessageItem item) => item.Kind switch
    {
        CmpMessageItemKind.CertificateRequest => Request(item),
        CmpMessageItemKind.CertificateResponse => Response(item),
        CmpMessageItemKind.Challenge => "challenges to prove possession of the key",
        CmpMessageItemKind.ChallengeResponse => "answers the challenge",
        CmpMessageItemKind.RevocationRequest => $"asks to revoke {CertificateOf(item)}{(item.Reason is { } reason ? $" ({Camel(reason.ToString())})" : string.Empty)}",
        CmpMessageItemKind.RevocationResponse => Revoked(item),
        CmpMessageItemKind.Confirmation => Confirmation(item),
        CmpMessageItemKind.PollRequest => "asks whether the answer is there",
        CmpMessageItemKind.PollResponse => $"has no answer yet: ask again in {item.CheckAfterSec} s{Words(item)}",
        CmpMessageItemKind.Information => item.Value.Count == 0 ? item.Name! : $"{item.Name}: {Few(item.Value)}",
        CmpMessageItemKind.RootUpdate => $"announces a new key of {item.Subject} ({item.Name})",
        CmpMessageItemKind.Certificate => $"announces the certificate of {item.Subject}, serial {item.SerialNumber}",
        CmpMessageItemKind.Revocation => $"announces the revocation of {CertificateOf(item)}",
        CmpMessageItemKind.Crl => $"gives a CRL of {item.Issuer}",
        CmpMessageItemKind.Error => item.Status is PkiStatus.Rejection or null ? $"refuses: {Refusal(item)}" : $"reports an error ({PkiStatusNames.Of(item.Status.Value)}): {Refusal(item)}",
        CmpMessageItemKind.Message => $"carries {item.Name}",
        _ => $"says something of a kind that is not known here ({item.Name})",
    };

    /// <summary>Why it was refused: names of failures, and the words.</summary>
    internal static string Refusal(CmpMessageItem item)
    {
        string names = item.FailInfo is { } failInfo and not FailInfo.None ? string.Join(", ", FailInfoNames.Of(failInfo)) : string.Empty;
        if (names.Length == 0)
            return item.StatusText is null ? "no reason is given" : $"\"{item.StatusText}\"";
        return item.StatusText is null ? names : $"{names} (\"{item.StatusText}\")";
    }

    /// <summary>The certificate by what the item says of it.</summary>
    internal static string CertificateOf(CmpMessageItem item) => (item.Subject, item.SerialNumber) switch
    {
        ({ } subject, { } serial) => $"{subject}, serial {serial}",
        (null, { } serial) => $"serial {serial}{(item.Issuer is null ? string.Empty : $" of {item.Issuer}")}",
        ({ } subject, null) => subject,
        _ => "a certificate",
    };

    private static string Request(CmpMessageItem item)
    {
        string key = item.KeyAlgorithm is { } algorithm ? KeyText.Spoken(algorithm) : "the CA makes the key";
        string names = item.SubjectAltNames.Count == 0 ? string.Empty : $" with {Few(item.SubjectAltNames)}";
        string proof = item.ProofOfPossession switch
        {
            null => string.Empty,
            "none" => item.KeyAlgorithm is null ? string.Empty : ", no proof of possession",
            "encrCert" => ", proof by decrypting the certificate",
            "challengeResp" => ", proof by challenge",
            "raVerified" => ", proof checked by an RA",
            "agreeMAC" or "dhMAC" or "thisMessage" or "encryptedKey" or "unreadable" => $", proof by {item.ProofOfPossession}",
            _ => ", proof by signature",
        };
        string old = item.Controls.FirstOrDefault(control => control.Oid == Messages.Asn1.Oids.OldCertId) is { Value: [{ } replaced, ..] } ? $" in place of {replaced}" : string.Empty;
        return $"asks for a certificate for {item.Subject ?? "a subject that the CA chooses"}{names} ({key}){old}{proof}";
    }

    private static string Response(CmpMessageItem item) => item.Status switch
    {
        PkiStatus.Rejection => $"refuses: {Refusal(item)}",
        PkiStatus.Waiting => $"has no answer yet{Words(item)}",
        PkiStatus.Accepted or PkiStatus.GrantedWithMods or null => $"{Given(item)}{(item.Status == PkiStatus.GrantedWithMods ? ", with changes" : string.Empty)}{Words(item)}",
        { } status => $"says {PkiStatusNames.Of(status)}{Words(item)}",
    };

    private static string Given(CmpMessageItem item)
    {
        string key = item.HasPrivateKey == true ? ", with its key" : string.Empty;
        if (item.IsCertificateEncrypted == true)
            return $"issues an encrypted certificate{key}";
        if (item.SerialNumber is null)
            return "accepts, and gives no certificate";
        string until = item.NotAfter is { } end ? $", until {end.UtcDateTime:yyyy-MM-dd}" : string.Empty;
        return $"issues {item.Subject}, serial {item.SerialNumber}{until}{key}";
    }

    private static string Revoked(CmpMessageItem item) => item.Status switch
    {
        PkiStatus.Rejection => $"refuses: {Refusal(item)}",
        PkiStatus.Accepted or PkiStatus.GrantedWithMods or PkiStatus.RevocationNotification => $"has revoked {CertificateOf(item)}{Words(item)}",
        PkiStatus.RevocationWarning => $"is about to revoke {CertificateOf(item)}{Words(item)}",
        PkiStatus.Waiting => $"has no answer yet{Words(item)}",
        { } status => $"says {PkiStatusNames.Of(status)}{Words(item)}",
        null => "says nothing",
    };

    private static string Confirmation(CmpMessageItem item) => item switch
    {
        { CertHash: null } => "confirms",
        { Status: PkiStatus.Rejection } => $"refuses the certificate: {Refusal(item)}",
        { Status: PkiStatus.Accepted } => "accepts the certificate",
        _ => $"accepts the certificate ({PkiStatusNames.Of(item.Status!.Value)}){Words(item)}",
    };

    private static string Words(CmpMessageItem item) => item.StatusText is null ? string.Empty : $" (\"{item.StatusText}\")";

    private static string Few(IReadOnlyList<string> texts) => texts.Count <= MaxNamesTold
        ? string.Join(", ", texts)
        : $"{string.Join(", ", texts.Take(MaxNamesTold))} and {texts.Count - MaxNamesTold} more";

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name.Substring(1);
}
