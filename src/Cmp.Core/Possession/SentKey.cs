using System;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>A private key that comes encrypted as its own proof.</summary>
internal static class SentKey
{
    /// <summary>Opens a key, and lets go of it where it is not the one that was asked for.</summary>
    /// <param name="open">Opens what is encrypted.</param>
    /// <param name="find">Finds the PrivateKeyInfo in it; says why not where it is not there.</param>
    /// <param name="asked">The public key of the request.</param>
    /// <param name="key">The private key, where the result is right.</param>
    /// <exception cref="CmpException">What is refused before any key is used: <c>CmpEnvelope.Algorithm</c> and the like.</exception>
    internal static SentKeyResult Open(Func<OpenedEnvelope> open, Func<OpenedEnvelope, (SentKeyResult Result, ReadOnlyMemory<byte> PrivateKeyInfo)> find, SubjectPublicKeyInfo asked, out PrivateKey? key)
    {
        key = null;
        OpenedEnvelope envelope;
        try
        {
            envelope = open();
        }
        catch (CmpException e) when (e.ErrorId == "CmpEnvelope.NotOpened")
        {
            return SentKeyResult.NotOpened;
        }
        using (envelope)
        {
            PrivateKey? opened = null;
            try
            {
                (SentKeyResult result, ReadOnlyMemory<byte> info) = find(envelope);
                if (result != SentKeyResult.Right)
                    return result;
                opened = PrivateKey.FromPkcs8(info);
                opened.EnsureFits(asked);
                key = opened;
                return SentKeyResult.Right;
            }
            catch (CmpException e)
            {
                // whatever the octets provoke: what is inside them is not told
                opened?.Dispose();
                return e.ErrorId switch
                {
                    "CmpEnvelope.NotOpened" => SentKeyResult.NotOpened,
                    "CmpKey.Mismatch" => SentKeyResult.AnotherKey,
                    _ => SentKeyResult.NoKey,
                };
            }
        }
    }

    /// <summary>The one error for whatever speaks against a key: who sent it learns nothing of what was in the envelope.</summary>
    internal static CmpException Refused() => new(CmpErrorKind.Protection, "CmpPossession.EncryptedKey", "The private key that was sent as proof is not accepted: it cannot be opened, does not say that it is the requester's, or is another one than in the request (RFC 4211 4.2.1).")
    {
        RecommendedAction = "Encrypt the key of the request for the CA's current certificate, with the name of the sender beside it.",
    };

    /// <summary>keyAgreement for keys that agree on keys, keyEncipherment for all others.</summary>
    internal static bool IsForAgreement(PrivateKey key) => Proofs.Of(key.Algorithm).HasFlag(KeyProofs.KeyAgreement);
}
