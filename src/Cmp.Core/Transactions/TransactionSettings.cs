using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>How a transaction speaks: who we are, whom we believe, what stands in every header.</summary>
public sealed record TransactionSettings
{
    /// <summary>Protects our messages.</summary>
    public required MessageProtector Protector { get; init; }

    /// <summary>What the protector uses, or <see langword="null"/>.</summary>
    public Credential? Credential { get; init; }

    /// <summary>How KemBasedMac is made, where it is used wherever a side has a KEM key (<c>-Protection KemBasedMac</c>; rule 33); <see langword="null"/>: nowhere.</summary>
    public KemMacOptions? Kem { get; init; }

    /// <summary>Whom we believe.</summary>
    public required TrustSettings Trust { get; init; }

    /// <summary>A signer that an earlier transaction with the same server validated (rule 51).</summary>
    public ValidatedSigner? KnownSigner { get; init; }

    /// <summary>The version to speak; <see langword="null"/>: 2, or 3 where the syntax needs it or the server asks for it (rules 7 and 77). 1: RFC 2510's protocol.</summary>
    public int? Pvno { get; init; }

    /// <summary>The recipient; <see langword="null"/>: by rule 2.</summary>
    public Name? Recipient { get; init; }

    /// <summary>Under a MAC the sender is CN = reference, as RFC 9483 3.1 wants; else the name by rule 1 (rule 3).</summary>
    public bool SenderIsReference { get; init; } = true;

    /// <summary>Under a MAC neither sender nor recipient is named: both are the NULL-DN, and senderKID says who asks (RFC 9810 5.1.1). A recipient that is given stands.</summary>
    public bool NamesNobody { get; init; }

    /// <summary>Whether implicit confirmation is asked for (rule 8).</summary>
    public bool ImplicitConfirm { get; init; } = true;

    /// <summary>Whether an ip is expected to bring the CA's certificates in caPubs: a warning where it does not.</summary>
    public bool ExpectsCaPubs { get; init; }

    /// <summary>Whether certConf is sent even where implicit confirmation is granted unasked (rule 43).</summary>
    public bool ExplicitConfirm { get; init; }

    /// <summary>Whether certificates and keys are taken that are encrypted in the form before pvno 3 (EncryptedValue), in answers of those versions.</summary>
    public bool AllowEncryptedValue { get; init; }

    /// <summary>Whether the server is told in an error message why we stop; RFC 9483 3.6.1 forbids it to end entities (rule 49).</summary>
    public bool NotifyErrors { get; init; }

    /// <summary>A certificate profile, or <see langword="null"/> (rule 8).</summary>
    public string? CertProfile { get; init; }

    /// <summary>Further items of generalInfo for the first message.</summary>
    public IReadOnlyList<InfoTypeAndValue> GeneralInfo { get; init; } = [];

    /// <summary>Certificates sent after our own chain (rule 10).</summary>
    public IReadOnlyList<Certificate> ExtraCertificates { get; init; } = [];

    /// <summary>The transactionID; <see langword="null"/>: 16 random octets (rule 4).</summary>
    public ReadOnlyMemory<byte>? TransactionId { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }
}
