using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Rules;

namespace Cmp.TestServer;

/// <summary>
/// What a strict server refuses because it departs from a rule of the table, by the first departure. What lies before and behind the body is of the message
/// as such; what is wrong in the body is answered in the body's own way (RFC 9483 3.6.2).
/// </summary>
/// <param name="options">How the server behaves.</param>
internal sealed class StrictRules(TestServerOptions options)
{
    /// <summary>Where the decoder puts what it finds; <see langword="null"/>: nobody asks.</summary>
    internal List<Finding>? Collect() => options.Strict ? [] : null;

    /// <summary>Judges a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="decoded">What the decoder found.</param>
    /// <returns>Why its body is refused; <see langword="null"/>: it is not.</returns>
    /// <exception cref="RefusalException">Header, protection or extraCerts depart from a rule.</exception>
    internal RefusalException? Judge(PkiMessage request, List<Finding>? decoded)
    {
        if (decoded is null)
            return null;
        RefusalException? ofBody = null;
        int body = OffsetIn(request.Encoded, request.Body.Encoded), end = body + request.Body.Encoded.Length;
        int within = request.Body is NestedMessageContent nested ? OffsetIn(request.Encoded, nested.Messages[0].Encoded) : end;
        foreach (Finding finding in decoded.Concat(RuleChecker.Check(request, profile: true)))
        {
            // what a nested message carries is judged by itself: one bad message does not spoil the others
            bool isWithin = finding.Offset >= within && finding.Offset < end;
            if (finding.Severity != FindingSeverity.Error || isWithin || IsBorne(finding.Rule, request))
                continue;
            var refusal = new RefusalException(MessageRules.Find(finding.Rule)!, finding.Text);
            // a version is too low for what the body holds
            if ((finding.Offset < body || finding.Offset >= end) && finding.Rule != MessageRules.HeaderPvnoTooLow.Id && finding.Rule != MessageRules.HeaderPvnoCentralKey.Id)
                throw refusal;
            ofBody ??= refusal;
        }
        return ofBody;
    }

    /// <summary>What this server was told to bear, and hashAlg, which is read in every version (rule 42).</summary>
    private bool IsBorne(string rule, PkiMessage request) =>
        (rule == MessageRules.ProtectionMissing.Id && options.AllowUnprotected) || (rule == MessageRules.HeaderPvnoTooLow.Id && request.Body is CertConfirmContent);

    private static int OffsetIn(ReadOnlyMemory<byte> whole, ReadOnlyMemory<byte> part) =>
        MemoryMarshal.TryGetArray(whole, out ArraySegment<byte> outer) && MemoryMarshal.TryGetArray(part, out ArraySegment<byte> inner) ? inner.Offset - outer.Offset : 0;
}
