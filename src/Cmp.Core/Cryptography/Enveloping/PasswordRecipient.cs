using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Who knows a password: what PBKDF2 derives from it wraps the key of the content (RFC 5652 6.2.4, RFC 9481 4.4).</summary>
internal sealed record PasswordRecipient(ReadOnlyMemory<byte> Password) : EnvelopeRecipient
{
    /// <summary>Never the salt of a MAC with the same password (RFC 9483 4.1.6.3): it is made anew.</summary>
    private const int SaltBytes = 16;

    internal override RecipientInfo Seal(byte[] contentKey, CbcCipher content, EnvelopeOptions options)
    {
        if (options.Iterations < 1)
            throw EnvelopeErrors.Iterations(options.Iterations, int.MaxValue);
        KeyWrap wrap = options.PwriKek ? KeyWrap.PwriKekFor(content) : KeyWrap.AesFor(content);
        byte[] salt = Secrets.Random(SaltBytes), password = Password.ToArray();
        byte[]? kek = null;
        try
        {
            kek = Pbkdf2.Derive(Oids.HmacWithSha256, password, salt, options.Iterations, wrap.KeyBytes);
            var parameters = new Pbkdf2Params(salt, options.Iterations, wrap.KeyBytes, AlgorithmIdentifier.WithNull(Oids.HmacWithSha256));
            return new PasswordRecipientInfo(new AlgorithmIdentifier(Oids.Pbkdf2, parameters.Encoded), wrap.Identifier, wrap.Wrap(kek, contentKey));
        }
        finally
        {
            Secrets.Clear(password);
            Secrets.Clear(kek);
        }
    }

    /// <summary>Opens the key of a content.</summary>
    /// <returns>The key, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>, <c>CmpEnvelope.Iterations</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static byte[]? Open(PasswordRecipientInfo recipient, byte[] password, CbcCipher content, CmpLimits limits)
    {
        KeyWrap wrap = KeyWrap.OfPassword(recipient.KeyEncryptionAlgorithm);
        if (recipient.KeyDerivationAlgorithm is not { Oid: Oids.Pbkdf2 } derivation)
            throw EnvelopeErrors.Algorithm($"the key of a password is derived by {(recipient.KeyDerivationAlgorithm is { } other ? Oids.NameOf(other.Oid) : "nothing that it names")}.");
        var parameters = Pbkdf2Params.Decode(derivation.Parameters ?? default, new DecodeOptions(limits));
        if (parameters.IterationCount < 1 || parameters.IterationCount > limits.MaxPbkdf2Iterations)
            throw EnvelopeErrors.Iterations(parameters.IterationCount, limits.MaxPbkdf2Iterations);
        if (parameters.Salt.Length > limits.MaxSaltBytes)
            throw EnvelopeErrors.Salt(parameters.Salt.Length, limits.MaxSaltBytes);
        if (!Pbkdf2.IsSupported(parameters.Prf.Oid))
            throw EnvelopeErrors.Algorithm($"the key of a password is derived with {Oids.NameOf(parameters.Prf.Oid)}.");
        if (parameters.KeyLength is { } length && length != wrap.KeyBytes)
            throw EnvelopeErrors.Algorithm($"a key of {length} octets does not wrap by {Oids.NameOf(wrap.Identifier.Oid)}.");
        byte[] kek = Pbkdf2.Derive(parameters.Prf.Oid, password, parameters.Salt.ToArray(), (int)parameters.IterationCount, wrap.KeyBytes);
        try
        {
            return wrap.Unwrap(kek, recipient.EncryptedKey, content.KeyBytes);
        }
        finally
        {
            Secrets.Clear(kek);
        }
    }
}
