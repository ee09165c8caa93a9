using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>The certificate that we show to a TLS server, as the system can use it.</summary>
internal static class TlsIdentity
{
    /// <summary>
    /// Prepares a certificate for TLS. Windows speaks TLS only with keys that have a place; one that lies in memory, as those of PEM files do, gets one that
    /// goes with the certificate object.
    /// </summary>
    /// <param name="certificate">The certificate with its private key.</param>
    /// <returns>The same object, or another one that the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>: it has no private key that .NET can hold.</exception>
    public static X509Certificate2 Of(X509Certificate2 certificate)
    {
        EnsureKey(certificate);
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows) || !IsEphemeral(certificate))
            return certificate;
        byte[]? octets = null;
        try
        {
            octets = certificate.Export(X509ContentType.Pkcs12);
            return new X509Certificate2(octets);
        }
        catch (CryptographicException)
        {
            return certificate; // a key that cannot be moved is used where it is, and the handshake tells
        }
        finally
        {
            if (octets is not null)
                Array.Clear(octets, 0, octets.Length);
        }
    }

    /// <summary>Makes sure that a certificate has a private key; it is not touched.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>: it has no private key that .NET can hold.</exception>
    public static void EnsureKey(X509Certificate2 certificate)
    {
        if (!certificate.HasPrivateKey)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "The certificate for the TLS server has no private key that TLS can be spoken with here.")
            {
                RecommendedAction = "Give a certificate with its key, of RSA or ECDSA: one of a store, or a file that holds both.",
            };
        }
    }

    private static bool IsEphemeral(X509Certificate2 certificate)
    {
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey() ?? certificate.GetECDsaPrivateKey();
        return RuntimeInformation.IsOSPlatform(OSPlatform.Windows) && key switch
        {
            RSACng rsa => rsa.Key.IsEphemeral,
            ECDsaCng ecdsa => ecdsa.Key.IsEphemeral,
            _ => false,
        };
    }
}
