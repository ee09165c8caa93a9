using System;

namespace Cmp.Keys;

/// <summary>A key that stays with its provider, in words: what another process needs to find it again. It holds no secret.</summary>
/// <remarks>
/// The text is a URI whose scheme says who keeps the key: <c>cng:</c> for Windows (<c>cng:&lt;provider&gt;/&lt;name&gt;?machine</c>, percent-encoded) and
/// <c>pkcs11:</c> for tokens (RFC 7512, without a PIN, but perhaps with the file that holds it).
/// </remarks>
public sealed record KeyReference
{
    private const int MaxLength = 4096;

    private KeyReference(string text, string scheme)
    {
        Text = text;
        Scheme = scheme;
    }

    /// <summary>The URI.</summary>
    public string Text { get; }

    /// <summary>Its scheme, in small letters and without the colon.</summary>
    public string Scheme { get; }

    /// <summary>Reads a reference. Whether anybody keeps such keys is not looked at.</summary>
    /// <param name="text">The URI.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Reference</c>: it is none, too long, or has a PIN in it.</exception>
    public static KeyReference Parse(string text)
    {
        // RFC 7512 2.4: a URI with a PIN is a secret, and stands in no error either
        if (text.IndexOf("pin-value=", StringComparison.OrdinalIgnoreCase) >= 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Reference", "The name of a key has a PIN in it, which is not kept.")
            {
                RecommendedAction = "Leave pin-value out, and give the PIN as a SecureString.",
            };
        }
        int colon = text.IndexOf(':');
        if (colon <= 1 || text.Length > MaxLength || text.Length == colon + 1 || !IsScheme(text.Substring(0, colon)))
            throw Malformed(text);
        return new KeyReference(text, text.Substring(0, colon).ToLowerInvariant());
    }

    /// <summary>The URI, escaped.</summary>
    /// <returns>Text to show.</returns>
    public override string ToString() => PeerText.Escape(Text);

    /// <summary>What to say where a reference is none.</summary>
    internal static CmpException Malformed(string text) =>
        new(CmpErrorKind.Argument, "CmpKey.Reference", $"'{PeerText.Escape(text, 200)}' names no key that a provider keeps.");

    private static bool IsScheme(string scheme)
    {
        foreach (char c in scheme)
        {
            if (c is not (>= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '+' or '-' or '.'))
                return false;
        }
        return true;
    }
}
