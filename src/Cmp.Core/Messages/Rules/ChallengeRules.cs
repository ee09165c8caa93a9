using Cmp.Messages.Bodies;

namespace Cmp.Messages.Rules;

/// <summary>Challenges and their answers (RFC 9810 5.2.8.3.3).</summary>
internal static class ChallengeRules
{
    internal static void Check(ref FindingCollector found, PopoDecKeyChallContent body, PkiHeader header)
    {
        if (body.Challenges.Count == 0)
            found.Add(MessageRules.ChallengeEmpty, "The popdecc holds no challenge.", body.Encoded);
        for (int i = 0; i < body.Challenges.Count; i++)
        {
            Challenge challenge = body.Challenges[i];
            if (i == 0 && challenge.Owf is null)
                found.Add(MessageRules.ChallengeOwf, "The first challenge does not name its digest.", challenge.Encoded, body.Encoded);
            bool isNew = challenge.EncryptedRand is not null;
            // that encryptedRand needs pvno 3 is told with the header
            if (isNew ? !challenge.Encrypted.IsEmpty : header.Pvno == 3 || challenge.Encrypted.IsEmpty)
                found.Add(MessageRules.ChallengeForm, $"The challenge is {(isNew ? "there in both forms" : challenge.Encrypted.IsEmpty ? "empty" : "in the form before pvno 3")}.", challenge.Encoded, body.Encoded);
            if (challenge.EncryptedRand is { } rand)
                EnvelopeRules.Check(ref found, rand, EnvelopedContent.Any, rand);
        }
    }

    internal static void Check(ref FindingCollector found, PopoDecKeyRespContent body)
    {
        if (body.Numbers.Count == 0)
            found.Add(MessageRules.ChallengeEmpty, "The popdecr holds no number.", body.Encoded);
    }
}
