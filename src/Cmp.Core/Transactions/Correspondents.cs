using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>Who writes to whom, and which certificates go along, in each message of ours (rules 1, 2, 3 and 10).</summary>
/// <param name="Settings">How the transaction speaks.</param>
/// <param name="Names">The names that the request suggests.</param>
internal sealed record Correspondents(TransactionSettings Settings, HeaderNames Names)
{
    /// <summary>Rules 1 and 3.</summary>
    internal GeneralName Sender => Settings.Credential switch
    {
        SharedSecret when Settings.NamesNobody => GeneralName.NullDn,
        SharedSecret secret when Settings.SenderIsReference => GeneralName.FromName(Name.FromCommonName(secret.ReferenceText)),
        CertificateCredential signer => GeneralName.FromName(signer.Certificate.Subject),
        _ => Names.Sender is { } name ? GeneralName.FromName(name) : GeneralName.NullDn,
    };

    /// <summary>Rule 10: the signer first, then its chain without a root, then what the caller adds; each once.</summary>
    internal IReadOnlyList<Certificate> Certificates
    {
        get
        {
            var certificates = new List<Certificate>();
            if (Settings.Credential is CertificateCredential signer)
            {
                certificates.Add(signer.Certificate);
                certificates.AddRange(signer.Chain.Where(certificate => !certificate.IsSelfIssued));
            }
            certificates.AddRange(Settings.ExtraCertificates);
            var once = new List<Certificate>(certificates.Count);
            foreach (Certificate certificate in certificates)
            {
                if (!once.Exists(certificate.IsSameAs))
                    once.Add(certificate);
            }
            return once;
        }
    }

    /// <summary>Rule 2; later messages go to who sent the last one.</summary>
    /// <param name="peer">Who sent the last one, or <see langword="null"/>.</param>
    internal GeneralName Recipient(GeneralName? peer)
    {
        if (peer is { IsNullDn: false })
            return peer;
        if (Settings is { NamesNobody: true, Recipient: null, Credential: SharedSecret })
            return GeneralName.NullDn;
        Name? name = Settings.Recipient ?? Settings.Trust.Pin?.Subject ?? Names.Recipient
            ?? (Settings.Credential as CertificateCredential)?.Certificate.Issuer;
        return name is null ? GeneralName.NullDn : GeneralName.FromName(name);
    }
}

/// <summary>The names that a request suggests for its header (rules 1 and 2).</summary>
/// <param name="Sender">For the sender, where no credential says better.</param>
/// <param name="Recipient">For the recipient: the requested issuer, else the old certificate's.</param>
internal sealed record HeaderNames(Name? Sender, Name? Recipient);
