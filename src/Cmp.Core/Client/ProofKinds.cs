using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Possession;

namespace Cmp.Client;

/// <summary>Chooses how possession of a key is proven, and finds out before any traffic whether the key can do that (rule 14).</summary>
internal static class ProofKinds
{
    /// <summary>The proof of a request: the one that was asked for, else the best that the key can give.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="key">The key that is to be certified.</param>
    /// <param name="settings">What is said of the server.</param>
    /// <exception cref="CmpException"><c>CmpArgument.ProofOfPossession</c>: the key cannot give it; the message says what it can.</exception>
    internal static ProofOfPossessionKind Choose(EnrollmentRequest request, PrivateKey key, ServerSettings settings)
    {
        if (request.ProofOfPossession == ProofOfPossessionKind.None)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", "Only a request for a key that the CA makes goes without a proof of possession.") { RecommendedAction = "Leave -ProofOfPossession out, or have the CA make the key with -CentralKeyGeneration." };
        if (request.ProofOfPossession == ProofOfPossessionKind.RaVerified)
            return ProofOfPossessionKind.RaVerified;
        KeyProofs can = Proofs.Of(key, settings.ProtocolVersion ?? 3);
        KeyProofs wanted = request.ProofOfPossession is { } kind ? Of(kind) : Default(can);
        if (wanted != KeyProofs.None && can.HasFlag(wanted))
            return Kind(wanted);
        string what = request.ProofOfPossession is { } asked ? $"by {asked}" : "by anything that needs no word of the user";
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", $"This key of {key.Algorithm} cannot prove {what} that it is here{(settings.ProtocolVersion is 1 or 2 ? $" in version {settings.ProtocolVersion} of CMP" : string.Empty)}.")
        {
            RecommendedAction = can == KeyProofs.None ? "Choose another key with -KeyAlgorithm." : $"Choose -ProofOfPossession {string.Join(" or ", All.Where(one => can.HasFlag(Of(one))))}, or another key.",
        };
    }

    /// <summary>What is chosen where nothing was asked for; that a key leaves for the CA, or rests on a certificate of the CA, somebody has to say.</summary>
    private static KeyProofs Default(KeyProofs can) => Proofs.DefaultOf(can & (KeyProofs.Signature | KeyProofs.EncryptedCertificate | KeyProofs.ChallengeResponse));

    private static readonly ProofOfPossessionKind[] All =
    [
        ProofOfPossessionKind.Signature, ProofOfPossessionKind.EncryptedCertificate, ProofOfPossessionKind.ChallengeResponse,
        ProofOfPossessionKind.KeyAgreement, ProofOfPossessionKind.EncryptedKey,
    ];

    private static KeyProofs Of(ProofOfPossessionKind kind) => kind switch
    {
        ProofOfPossessionKind.Signature => KeyProofs.Signature,
        ProofOfPossessionKind.EncryptedCertificate => KeyProofs.EncryptedCertificate,
        ProofOfPossessionKind.ChallengeResponse => KeyProofs.ChallengeResponse,
        ProofOfPossessionKind.KeyAgreement => KeyProofs.KeyAgreement,
        ProofOfPossessionKind.EncryptedKey => KeyProofs.EncryptedKey,
        _ => KeyProofs.None,
    };

    private static ProofOfPossessionKind Kind(KeyProofs proof) => Array.Find(All, kind => Of(kind) == proof);
}
