using System;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Rules;
using Cmp.Tests.Messages;

namespace Cmp.Fuzz;

/// <summary>What must hold for any octets whatever (rule 64).</summary>
public static class FuzzTarget
{
    /// <summary>Decodes, asks for everything, encodes from the slices, rebuilds from the fields.</summary>
    /// <param name="octets">Octets of anybody.</param>
    /// <returns>True where they are a message, false where they are refused as malformed.</returns>
    /// <exception cref="InvalidOperationException">What must hold does not; any other exception is such a fault too.</exception>
    public static bool Run(byte[] octets)
    {
        PkiMessage message;
        var findings = new System.Collections.Generic.List<Finding>();
        try
        {
            message = PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, findings));
        }
        catch (CmpException e) when (e.ErrorId == "CmpMessage.Malformed" && e.Kind == CmpErrorKind.Malformed)
        {
            return false;
        }
        findings.AddRange(RuleChecker.Check(message, profile: true));
        findings.AddRange(RuleChecker.CheckPair(message, message, profile: true));
        findings.AddRange(StatusExplanation.Explain(message, message));
        foreach (Finding finding in findings)
        {
            if (finding.Offset < 0 || finding.Offset > octets.Length)
                throw new InvalidOperationException($"A finding at octet {finding.Offset} of {octets.Length}.");
        }
        if (!message.Encoded.Span.SequenceEqual(octets))
            throw new InvalidOperationException("A decoded message is not the octets that came.");
        Touch.All(message);
        PkiMessage rebuilt = Rebuilt.From(message);
        PkiMessage again = PkiMessage.Decode(rebuilt.Encoded);
        Touch.All(again);
        if (!Rebuilt.From(again).Encoded.Span.SequenceEqual(rebuilt.Encoded.Span))
            throw new InvalidOperationException("A message that was built from fields does not come back the same.");
        return true;
    }
}
