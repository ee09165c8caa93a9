using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>One request of an enrolment, and what became of it.</summary>
public sealed class RequestedCertificate
{
    internal RequestedCertificate(int number, int certReqId, SubjectPublicKeyInfo? key)
    {
        Number = number;
        CertReqId = certReqId;
        Key = key;
    }

    /// <summary>Its place in the message, counted from 0.</summary>
    public int Number { get; }

    /// <summary>What the server calls it; of a PKCS #10 the answer says which number it has (rule 9).</summary>
    public int CertReqId { get; internal set; }

    /// <summary>The key that is to be certified; <see langword="null"/> where the request names none.</summary>
    public SubjectPublicKeyInfo? Key { get; }

    /// <summary>Whether the CA is to make the key and to send it along.</summary>
    public bool IsCentralKey { get; internal init; }

    /// <summary>How its proof of possession follows in another message; <see langword="null"/> where it stands in the request, or there is none.</summary>
    public SubsequentMessage? Subsequent { get; internal init; }

    /// <summary>What opens what comes encrypted for it, or <see langword="null"/>.</summary>
    internal RequestKey? Opener { get; set; }

    /// <summary>How far it is.</summary>
    public RequestPhase Phase { get; internal set; }

    /// <summary>What the server issued for it; <see langword="null"/> before.</summary>
    public IssuedCertificate? Issued { get; internal set; }

    /// <summary>Why it failed, or is refused; else <see langword="null"/>.</summary>
    public CmpException? Failure { get; internal set; }

    /// <summary>Whether the server knows that its certificate was accepted: by pkiConf that somebody vouches for, or implicitly.</summary>
    public bool Confirmed { get; internal set; }

    /// <summary>Whether its certificate may be in force although it failed: we accepted it, and the server answered that by an error.</summary>
    public bool IsInDoubt { get; internal set; }

    /// <summary>Whether it has ended, well or not.</summary>
    public bool HasEnded => Phase is RequestPhase.Granted or RequestPhase.Failed;

    internal bool IsAccepted => Phase is RequestPhase.Accepted or RequestPhase.Granted;

    internal void Fail(CmpException error)
    {
        Phase = RequestPhase.Failed;
        Failure ??= error;
    }
}
