using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Binds a public key to a shared secret, where a request names no subject (RFC 4211 4.1, publicKeyMAC).</summary>
public static class PublicKeyMac
{
    /// <summary>Makes the MAC over the DER of the key.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="publicKey">The key.</param>
    /// <param name="options">Digest, MAC and iterations.</param>
    /// <returns>The value for poposkInput.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static PkMacValue Create(SharedSecret secret, SubjectPublicKeyInfo publicKey, PbmOptions options)
    {
        PbmParameter parameters = options.NewParameters();
        byte[] key = PasswordBasedMacKey.Derive(secret.Secret, parameters.Salt, parameters.Owf.Oid, (int)parameters.IterationCount);
        try
        {
            return new PkMacValue(new AlgorithmIdentifier(Oids.PasswordBasedMac, parameters.Encoded), Macs.Compute(parameters.Mac, key, publicKey.Encoded));
        }
        finally
        {
            Secrets.Clear(key);
        }
    }
}
