using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>What is known around a refusal, as advice asks for it.</summary>
/// <param name="Status">What the server said.</param>
/// <param name="Answer">The header of its message.</param>
/// <param name="Request">The message that is refused; <see langword="null"/> where it is not at hand.</param>
internal sealed record RefusalContext(PkiStatusInfo Status, PkiHeader Answer, PkiMessage? Request)
{
    /// <summary>The version that was spoken to the server, where it is known.</summary>
    internal int? Spoken { get; init; }

    /// <summary>The server's clock, where it was told; else its messageTime stands for it.</summary>
    internal DateTimeOffset? ServerTime { get; init; }

    /// <summary>The error message that says it; <see langword="null"/> where the answer is of the kind that was asked for.</summary>
    internal ErrorMsgContent? Error { get; init; }

    /// <summary>Which of the requests of the message is refused; <see langword="null"/> where the message has one, or all are.</summary>
    internal int? CertReqId { get; init; }

    internal FailInfo FailInfo => Status.FailInfo ?? FailInfo.None;

    internal PkiBodyType? Asked => Request?.Body.Type;

    internal ProtectionFamily? Family => Request is null ? null : ProtectionFamilies.Of(Request.Header.ProtectionAlg);

    /// <summary>The reference of a shared secret, as it is shown: <c>'router7'</c>.</summary>
    internal string Reference => HeaderRules.Show(Request?.Header.SenderKid);

    /// <summary>The request that is refused.</summary>
    internal CertReqMsg? Asking
    {
        get
        {
            if (Request?.Body is not CertReqMessages messages)
                return null;
            foreach (CertReqMsg one in messages.Requests)
            {
                if (CertReqId is null || one.CertReq.CertReqId == CertReqId)
                    return one;
            }
            return null;
        }
    }

    /// <summary>The key that is to be certified, where the request says it.</summary>
    internal AlgorithmIdentifier? Key => (Request?.Body as P10crBody)?.Request.PublicKey.Algorithm ?? Asking?.CertReq.CertTemplate.PublicKey?.Algorithm;

    /// <summary>The extensions that are asked for.</summary>
    internal IReadOnlyList<Extension> Extensions => (Request?.Body as P10crBody)?.Request.Extensions ?? Asking?.CertReq.CertTemplate.Extensions ?? [];

    /// <summary>The certificate profiles that the request names, escaped.</summary>
    internal string? Profiles
    {
        get
        {
            try
            {
                return Request?.Header.FindInfo(Oids.CertProfile)?.ReadProfiles() is { Count: > 0 } names ? $"'{PeerText.Escape(string.Join("', '", names), 256)}'" : null;
            }
            catch (CmpException)
            {
                return null; // told as a value of another form
            }
        }
    }

    /// <summary>Whether the server's words hold one of some words: of those that give each refusal the same failInfo nothing else tells.</summary>
    internal bool Says(params string[] words)
    {
        return Says(Status.StatusString, words) || Says(Error?.ErrorDetails, words);
    }

    private static bool Says(PkiFreeText? texts, string[] words)
    {
        foreach (string text in texts?.Texts ?? [])
        {
            foreach (string word in words)
            {
                if (text.IndexOf(word, StringComparison.OrdinalIgnoreCase) >= 0)
                    return true;
            }
        }
        return false;
    }
}
