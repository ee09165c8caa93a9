using System;
using System.Globalization;
using System.Numerics;

namespace Cmp.Cryptography.Enveloping;

/// <summary>What keeps an envelope shut. All that has to do with a key is one error, so that nobody learns from it what was wrong.</summary>
internal static class EnvelopeErrors
{
    internal const string NotOpenedId = "CmpEnvelope.NotOpened";

    internal static CmpException NotOpened() =>
        new(CmpErrorKind.Protection, NotOpenedId, "What is encrypted was not opened: it is not for this key or password alone, or it was changed.")
        {
            RecommendedAction = "See that key, certificate or password are those that it was encrypted for.",
        };

    internal static CmpException Algorithm(string what, Exception? cause = null) =>
        new(CmpErrorKind.Protection, "CmpEnvelope.Algorithm", $"What is encrypted cannot be opened here: {what}", cause)
        {
            RecommendedAction = "Ask the operator of the CA for AES in CBC mode, with RSA, ECDH, ML-KEM or a password as RFC 9481 4 has them.",
        };

    internal static CmpException Iterations(BigInteger count, int most) =>
        new(CmpErrorKind.Protection, "CmpEnvelope.Iterations", $"A key of a password by {count.ToString(CultureInfo.InvariantCulture)} iterations is not derived: the bounds are 1 and {most}.");

    internal static CmpException Salt(int octets, int most) =>
        new(CmpErrorKind.Protection, "CmpEnvelope.Iterations", $"A key of a password with a salt of {octets} octets is not derived: the bound is {most}.");

    internal static CmpException Recipient(string why) =>
        new(CmpErrorKind.Key, "CmpEnvelope.Recipient", $"Nothing is encrypted for this key: {why}")
        {
            RecommendedAction = "Use the certificate of a key that may encrypt keys or agree on them: RSA, an elliptic curve, X25519, X448 or ML-KEM.",
        };

    internal static CmpException EncryptedValue() =>
        new(CmpErrorKind.Protection, "CmpEnvelope.EncryptedValue", "What is encrypted has the old form EncryptedValue, which is refused (RFC 9483 4.1.6).")
        {
            RecommendedAction = "Ask the operator of the CA for EnvelopedData, or allow the old form for this server.",
        };
}
