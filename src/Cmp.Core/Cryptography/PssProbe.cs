using System;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Finds out whether an RSA key signs by RSASSA-PSS with a salt as long as the digest: many TPMs and old cards do not, or only with the longest salt. It is tried once for each digest.</summary>
/// <param name="publicKey">The public half.</param>
/// <param name="sign">Signs as the key does, and throws what its provider says.</param>
internal sealed class PssProbe(SubjectPublicKeyInfo publicKey, Func<SignatureScheme, ReadOnlyMemory<byte>, byte[]> sign)
{
    private readonly ConcurrentDictionary<string, bool> _known = new();

    /// <summary>Whether it does.</summary>
    /// <exception cref="CmpException">What keeps the key from signing at all, such as a PIN that nobody gives.</exception>
    internal bool Can(SignatureScheme scheme) => _known.GetOrAdd(scheme.DigestOid, _ => Try(scheme));

    private bool Try(SignatureScheme scheme)
    {
        byte[] probe = Secrets.Random(32);
        try
        {
            return SignatureAlgorithms.Verify(scheme.ToIdentifier(), publicKey, probe, sign(scheme, probe));
        }
        catch (Exception e) when (IsInability(e) || IsInability(e.InnerException))
        {
            return false;
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", $"The key did not sign: {e.Message}", e);
        }
    }

    private static bool IsInability(Exception? e) => e is NotSupportedException || (e is CryptographicException refusal && CngErrors.IsInability(refusal));
}
