using Cmp.Messages.Crmf;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Opens what came in either form.</summary>
public static class EncryptedKeys
{
    /// <summary>Opens it.</summary>
    /// <param name="encrypted">An EnvelopedData or, where that is allowed, an EncryptedValue.</param>
    /// <param name="key">With what.</param>
    /// <param name="limits">The bounds that hold.</param>
    /// <param name="allowEncryptedValue">Whether the old form is taken.</param>
    /// <returns>The content, to be disposed of.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.EncryptedValue</c>: it has the old form; else as of <see cref="Envelope"/> and <see cref="EncryptedValues"/>.</exception>
    public static OpenedEnvelope Open(EncryptedKey encrypted, EnvelopeKey key, CmpLimits limits, bool allowEncryptedValue)
    {
        if (encrypted.EnvelopedData is { } enveloped)
            return Envelope.Open(enveloped, key, limits);
        if (!allowEncryptedValue)
            throw EnvelopeErrors.EncryptedValue();
        return EncryptedValues.Open(encrypted.EncryptedValue!, key.PrivateKey ?? throw EnvelopeErrors.NotOpened(), limits);
    }
}
