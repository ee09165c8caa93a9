using System;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography.Enveloping;

/// <summary>How something is encrypted where there is a choice. What is opened says itself how it was.</summary>
public sealed record EnvelopeOptions
{
    /// <summary>AES-256 in CBC mode, RSAES-OAEP with SHA-256, digests of key agreement by the curve, 100 000 iterations.</summary>
    public static EnvelopeOptions Default { get; } = new();

    /// <summary>The cipher of the content, an OID: AES-128, AES-192 or AES-256 in CBC mode. Keys are wrapped by AES of the same length (RFC 9481 4.3.1).</summary>
    public string ContentEncryption { get; init; } = Oids.Aes256Cbc;

    /// <summary>Whether the key goes to RSA keys by PKCS #1 v1.5, as older software wants it, and not by RSAES-OAEP.</summary>
    public bool Pkcs1 { get; init; }

    /// <summary>
    /// The digest, an OID, of RSAES-OAEP, or of the derivation of a key that is agreed on or encapsulated; <see langword="null"/>: SHA-256, with P-384 SHA-384, with
    /// P-521, the brainpool curve of 512 bits and X448 SHA-512.
    /// </summary>
    public string? Digest { get; init; }

    /// <summary>
    /// Whether keys that are agreed on are derived by HKDF or by ANSI X9.63; <see langword="null"/>: with X25519 and X448 by HKDF (RFC 8418), else by X9.63 (RFC 5753).
    /// </summary>
    public bool? Hkdf { get; init; }

    /// <summary>Octets that make each derivation of a key another one; <see langword="null"/>: none, for keys are made for one use.</summary>
    public ReadOnlyMemory<byte>? Ukm { get; init; }

    /// <summary>Iterations of PBKDF2, with HMAC-SHA256.</summary>
    public int Iterations { get; init; } = 100_000;

    /// <summary>Whether the key of a password wraps by PWRI-KEK (RFC 3211), as <c>openssl cms</c> does, and not by AES key wrap (RFC 9481 4.3.1).</summary>
    public bool PwriKek { get; init; }
}
