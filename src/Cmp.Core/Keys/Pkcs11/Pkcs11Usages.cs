using Cmp.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>What a private key in a token may do besides signing.</summary>
/// <param name="Decrypts">CKA_DECRYPT.</param>
/// <param name="Derives">CKA_DERIVE.</param>
internal readonly record struct Pkcs11Usages(bool Decrypts, bool Derives)
{
    /// <summary>What a new key of a kind can be for.</summary>
    internal static Pkcs11Usages For(KeyAlgorithm algorithm) => new(algorithm.Family == KeyFamily.Rsa, algorithm.Family == KeyFamily.EllipticCurve);

    /// <summary>What a key says that it may do; of what it does not say it may not.</summary>
    internal static Pkcs11Usages Of(ISession session, IObjectHandle key) =>
        new(Pkcs11Objects.Octets(session, key, CKA.CKA_DECRYPT) is [not 0, ..], Pkcs11Objects.Octets(session, key, CKA.CKA_DERIVE) is [not 0, ..]);

    internal void AddTo(Pkcs11Template open, Pkcs11Template secret)
    {
        if (Decrypts)
        {
            _ = open.With(CKA.CKA_ENCRYPT, true);
            _ = secret.With(CKA.CKA_DECRYPT, true);
        }
        if (Derives)
            _ = secret.With(CKA.CKA_DERIVE, true);
    }
}
