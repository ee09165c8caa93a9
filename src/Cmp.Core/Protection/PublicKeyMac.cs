using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Binds a public key to a shared secret, where a request names no subject (RFC 4211 4.1, publicKeyMAC; RFC 9045 3 allows PBMAC1 too).</summary>
public static class PublicKeyMac
{
    /// <summary>Makes the MAC over the DER of the key.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="publicKey">The key.</param>
    /// <param name="options">Which MAC, and how its key is derived.</param>
    /// <returns>The value for poposkInput.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static PkMacValue Create(SharedSecret secret, SubjectPublicKeyInfo publicKey, MacOptions options)
    {
        SharedSecretMac mac = options.New();
        try
        {
            return new PkMacValue(mac.Algorithm, mac.Compute(secret, publicKey.Encoded));
        }
        finally
        {
            mac.Forget(secret);
        }
    }
}
