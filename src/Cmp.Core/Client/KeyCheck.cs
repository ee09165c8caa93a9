using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Whether a certificate has its private key.</summary>
public static class KeyCheck
{
    /// <summary>A key counts that signs; of one in a token, without the PIN, that the token shows its public half.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="record">The enrolment that brought it, which knows the token, or <see langword="null"/>.</param>
    /// <param name="pin">The PIN of the token, or <see langword="null"/>.</param>
    /// <returns>Whether it does.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: the token is not there or refuses the PIN, which says nothing of the key.</exception>
    public static bool HasKey(X509Certificate2 certificate, EnrollmentRecord? record, SecureString? pin = null)
    {
        SubjectPublicKeyInfo publicKey = Certificate.From(certificate).PublicKey;
        string? token = certificate.HasPrivateKey ? null : record?.TokenKey;
        try
        {
            using PrivateKey? own = PrivateKey.Of(certificate);
            PrivateKey? key = own ?? KeyBeside.Of(certificate);
            if (key is null && token is not null && pin is null)
                return KeyProviders.Look(token)?.IsSameAs(publicKey) == true;
            using PrivateKey? inToken = key is null && token is not null ? KeyProviders.Open(token, pin) : null;
            key ??= inToken;
            key?.EnsureFits(publicKey);
            return key is not null;
        }
        catch (CmpException) when (token is null)
        {
            return false; // it is there in name only
        }
    }
}
