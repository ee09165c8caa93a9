using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by challenge and response: a number is encrypted for the key, and who has the key sends it back (popdecc, popdecr). From pvno 3 on it comes in an
/// EnvelopedData, before that encrypted by RSA as it is.
/// </summary>
/// <remarks>
/// RFC 9810 5.2.8.3.3. Whoever answers opens what somebody else chose, so nothing is answered but what has the form of a Rand with the name of the sender in it, and
/// whatever speaks against a challenge is one error.
/// </remarks>
public static class Challenges
{
    /// <summary>Octets of a number: the witness is a digest of it, so a short one could be found by trying.</summary>
    private const int NumberBytes = 16;

    /// <summary>What PKCS #1 v1.5 adds to what it encrypts (RFC 8017 7.2.1).</summary>
    private const int PaddingBytes = 11;

    /// <summary>Makes challenges.</summary>
    /// <param name="keys">The keys that ask for one, with the numbers of their requests, in their order.</param>
    /// <param name="sender">Who makes them, as the header of the message will name him.</param>
    /// <param name="pvno">The version of the message.</param>
    /// <returns>The body of popdecc, and the numbers that have to come back, an array.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.Unsupported</c>: there is no way to encrypt for such a key, or not in this version, or the sender's name is too long for
    /// it; <c>CmpEnvelope.…</c>, <c>CmpProtection.PublicKey</c>: the key is none of its kind.</exception>
    public static (PopoDecKeyChallContent Content, IReadOnlyList<BigInteger> Numbers) Create(IReadOnlyList<(SubjectPublicKeyInfo Key, int CertReqId)> keys, GeneralName sender, int pvno)
    {
        var challenges = new List<Challenge>(keys.Count);
        var numbers = new BigInteger[keys.Count];
        for (int i = 0; i < keys.Count; i++)
        {
            (SubjectPublicKeyInfo key, int certReqId) = keys[i];
            if (!Proofs.Of(key, pvno).HasFlag(KeyProofs.ChallengeResponse))
                throw Unsupported($"There is no challenge for a key of {KeyAlgorithm.Of(key)} in pvno {pvno}.");
            numbers[i] = NewNumber();
            var rand = new Rand(numbers[i], sender);
            challenges.Add(new Challenge(
                AlgorithmIdentifier.WithNull(Oids.Sha256),
                Witness.Of(Oids.Sha256, numbers[i]),
                pvno >= 3 ? ReadOnlyMemory<byte>.Empty : EncryptByRsa(key, rand),
                pvno >= 3 ? Envelope.Seal(rand.Encoded, Oids.Data, EnvelopeRecipient.Of(key, RidOf(certReqId))).Encoded : (ReadOnlyMemory<byte>?)null));
        }
        return (new PopoDecKeyChallContent(challenges), numbers);
    }

    /// <summary>Answers challenges.</summary>
    /// <param name="content">The body of popdecc, of a message that is believed.</param>
    /// <param name="keys">The private keys of the requests that asked for a challenge, in their order.</param>
    /// <param name="header">The header of the message.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="allowOld">Whether the form before cmp2021 is answered too: PKCS #1 without an envelope, which is malleable. In pvno 3 it is not (RFC 9810 5.2.8.3.3).</param>
    /// <returns>The answer. A witness that does not fit is only a warning, for the texts do not say what is hashed.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.ChallengeCount</c>: there are more or fewer of them than keys; <c>CmpPossession.Challenge</c>: one is not for its key, not of
    /// this sender, or nothing of the kind; <c>CmpEnvelope.…</c>: what is refused before any key is used.</exception>
    public static AnsweredChallenges Answer(PopoDecKeyChallContent content, IReadOnlyList<PrivateKey> keys, PkiHeader header, CmpLimits limits, bool allowOld = true)
    {
        if (content.Challenges.Count != keys.Count || keys.Count == 0)
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpPossession.ChallengeCount", $"There are {content.Challenges.Count} challenges for {keys.Count} keys.") { Octets = content.Encoded };
        }
        var numbers = new BigInteger[keys.Count];
        var warnings = new List<string>();
        AlgorithmIdentifier? owf = null;
        for (int i = 0; i < keys.Count; i++)
        {
            Challenge challenge = content.Challenges[i];
            if (challenge.EncryptedRand is null && (!allowOld || header.Pvno >= 3))
            {
                throw new CmpException(CmpErrorKind.Protection, "CmpPossession.Challenge", $"Challenge {i + 1} is not answered: it has the form before pvno 3, which is refused here.")
                {
                    Octets = challenge.Encoded,
                    RecommendedAction = "Ask the operator of the CA for encryptedRand (RFC 9810 5.2.8.3.3), or allow the old form for this server.",
                };
            }
            if (Judge(challenge, keys[i], header.Sender, limits, out numbers[i]) != ChallengeResult.Right)
            {
                throw new CmpException(CmpErrorKind.Protection, "CmpPossession.Challenge", $"Challenge {i + 1} is not answered: it is not for the key of the request, or does not hold the name of the sender.")
                {
                    Octets = challenge.Encoded,
                    RecommendedAction = "See that the server encrypts challenges for the keys in the order of the requests, with its name as in the header (RFC 9810 5.2.8.3.3).",
                };
            }
            owf = challenge.Owf ?? owf;
            if (owf is null || !Digests.IsSupported(owf.Oid))
                warnings.Add($"The digest of challenge {i + 1} is {(owf is null ? "not named" : Oids.NameOf(owf.Oid) + ", which is not known here")}.");
            else if (!Witness.Fits(challenge.Witness, owf.Oid, numbers[i]))
                warnings.Add($"The witness of challenge {i + 1} is not the digest of its number.");
        }
        return new AnsweredChallenges(new PopoDecKeyRespContent(numbers), warnings.ToArray());
    }

    /// <summary>Whether the numbers that came back are those that were sent. It takes the same time whichever is wrong; whoever asks forgets the numbers, so that each is tried once.</summary>
    /// <param name="expected">The numbers that were sent.</param>
    /// <param name="response">What came back.</param>
    /// <returns>True where all are right.</returns>
    public static bool Check(IReadOnlyList<BigInteger> expected, PopoDecKeyRespContent response)
    {
        if (expected.Count == 0 || response.Numbers.Count != expected.Count)
            return false;
        bool isRight = true;
        for (int i = 0; i < expected.Count; i++)
            isRight &= Secrets.FixedTimeEquals(FixedWidth(expected[i]), FixedWidth(response.Numbers[i]));
        return isRight;
    }

    /// <summary>Opens a challenge. Only who opens his own may learn more than whether it is right: who can make us open things could have anything opened.</summary>
    /// <exception cref="CmpException">What is refused before any key is used; <c>CmpKey.…</c>: the key cannot be used, whatever the challenge holds.</exception>
    internal static ChallengeResult Judge(Challenge challenge, PrivateKey key, GeneralName sender, CmpLimits limits, out BigInteger number)
    {
        number = default;
        bool isOld = challenge.EncryptedRand is null;
        byte[]? decrypted = null;
        OpenedEnvelope? opened = null;
        try
        {
            if (isOld && !key.CanDecrypt)
                return ChallengeResult.NotOpened;
            if (isOld)
            {
                decrypted = key.Decrypt(challenge.Encrypted, AlgorithmIdentifier.WithNull(Oids.RsaEncryption));
            }
            else
            {
                using var envelopeKey = EnvelopeKey.Of(key);
                opened = Envelope.Open(challenge.EncryptedRand!.Value, envelopeKey, limits);
                if (opened.ContentType != Oids.Data)
                    return ChallengeResult.NotOpened;
            }
            Rand rand = Asn1Reader.DecodeSecret(decrypted ?? opened!.Content, new DecodeOptions(limits), Rand.Read);
            if (!rand.Sender.IsSameAs(sender, ignoreOrder: true) && !(isOld && IsPartOf(rand.Sender, sender)))
                return ChallengeResult.AnotherSender;
            number = rand.Number;
            return ChallengeResult.Right;
        }
        catch (CmpException e) when (e.ErrorId is "CmpEnvelope.NotOpened" or "CmpKey.NotDecrypted" or "CmpMessage.Malformed")
        {
            // what another key opens to is no Rand
            return ChallengeResult.NotOpened;
        }
        finally
        {
            Secrets.Clear(decrypted);
            opened?.Dispose();
        }
    }

    /// <summary>Before pvno 3 a name that is too long for the key is cut, down to its common name at most (RFC 9810 5.2.8.3.3).</summary>
    private static bool IsPartOf(GeneralName part, GeneralName whole)
    {
        if (part.DirectoryName is not { IsEmpty: false } some || whole.DirectoryName is not { } all || some.CommonName() is null)
            return false;
        IReadOnlyList<string> parts = all.ComparableParts();
        return some.ComparableParts().All(parts.Contains);
    }

    private static byte[] EncryptByRsa(SubjectPublicKeyInfo key, Rand rand)
    {
        int room = KeyAlgorithm.Of(key).Bits / 8 - PaddingBytes;
        if (rand.Encoded.Length > room && rand.Sender.DirectoryName?.CommonName() is { } commonName)
            rand = rand with { Sender = GeneralName.FromName(Name.FromCommonName(commonName)) };
        if (rand.Encoded.Length > room)
            throw Unsupported($"The name of the sender is too long for a challenge to a key of {KeyAlgorithm.Of(key)} before pvno 3.");
        return PublicKeyEncryption.Encrypt(key, rand.Encoded, AlgorithmIdentifier.WithNull(Oids.RsaEncryption));
    }

    /// <summary>The certificate is not there yet: no issuer, and the number of the request (RFC 9810 5.2.8.3.3).</summary>
    private static RecipientIdentifier RidOf(int certReqId)
    {
        byte[] number = new BigInteger(certReqId).ToByteArray();
        Array.Reverse(number);
        return new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, number));
    }

    /// <summary>Positive and of one length, so that whichever octets of it others hash are the same.</summary>
    private static BigInteger NewNumber()
    {
        byte[] octets = Secrets.Random(NumberBytes);
        octets[NumberBytes - 1] = (byte)((octets[NumberBytes - 1] & 0x3F) | 0x40);
        var number = new BigInteger(octets);
        Secrets.Clear(octets);
        return number;
    }

    private static byte[] FixedWidth(BigInteger number)
    {
        byte[] octets = number.ToByteArray();
        var wide = new byte[Math.Max(octets.Length, Rand.MaxNumberBytes)];
        octets.CopyTo(wide, 0);
        for (int i = octets.Length; i < wide.Length; i++)
            wide[i] = number.Sign < 0 ? (byte)0xFF : (byte)0;
        return wide;
    }

    private static CmpException Unsupported(string message) => new(CmpErrorKind.Argument, "CmpPossession.Unsupported", message)
    {
        RecommendedAction = "Speak pvno 3, or prove possession another way.",
    };
}
