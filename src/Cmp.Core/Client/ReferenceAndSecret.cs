using System.Security;
using System.Text;
using Cmp.Cryptography;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>A reference value and the secret that goes with it, as users give them.</summary>
/// <param name="Reference">The reference value.</param>
/// <param name="Secret">The secret; UTF-8 on the wire.</param>
public sealed record ReferenceAndSecret(string Reference, SecureString Secret)
{
    /// <summary>Opens the secret for use.</summary>
    /// <returns>A credential to be disposed.</returns>
    public SharedSecret Open() => new(Encoding.UTF8.GetBytes(Reference), Secrets.Utf8(Secret));

    /// <summary>Opens the secret for a server of cryptlib: what has the form of its user IDs stands for the octets that it encodes.</summary>
    /// <returns>A credential to be disposed.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.UserId</c>: one of them is mistyped.</exception>
    internal SharedSecret OpenAsUserId()
    {
        byte[] secret = Secrets.Utf8(Secret);
        byte[]? decoded = null;
        try
        {
            byte[] reference = Encoding.UTF8.GetBytes(Reference);
            decoded = CryptlibUserId.Decode(secret, "secret");
            var opened = new SharedSecret(CryptlibUserId.Decode(reference, "reference") ?? reference, decoded ?? secret);
            if (decoded is not null)
                Secrets.Clear(secret);
            return opened;
        }
        catch
        {
            Secrets.Clear(secret);
            Secrets.Clear(decoded);
            throw;
        }
    }

    /// <summary>This, if it belongs to a reference; a secret that names none belongs to each.</summary>
    internal ReferenceAndSecret? For(string reference) => Reference == reference ? this : Reference.Length == 0 ? this with { Reference = reference } : null;

    /// <summary>The reference only.</summary>
    /// <returns>The reference.</returns>
    public override string ToString() => Reference;
}
