using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>Lets a key of a token agree on a secret with another one (PKCS #11 2.40, 2.3.9): the bare secret, which leaves the token, since CMS derives from it in ways that tokens lack.</summary>
internal static class Pkcs11Agreement
{
    /// <summary>CKD_NULL: nothing is derived.</summary>
    private const ulong NoDerivation = 1;

    /// <summary>Agrees.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The private key.</param>
    /// <param name="point">The other's point, which lies on the curve.</param>
    /// <returns>The x coordinate, as long as the field.</returns>
    internal static byte[] Derive(ISession session, IObjectHandle key, EcPublicKey point)
    {
        using IMechanism mechanism = Pkcs11Module.Factories.MechanismFactory.Create(
            CKM.CKM_ECDH1_DERIVE,
            Pkcs11Module.Factories.MechanismParamsFactory.CreateCkEcdh1DeriveParams(NoDerivation, null, point.Point.ToArray()));
        using Pkcs11Template wanted = new Pkcs11Template()
            .With(CKA.CKA_CLASS, (ulong)CKO.CKO_SECRET_KEY)
            .With(CKA.CKA_KEY_TYPE, (ulong)CKK.CKK_GENERIC_SECRET)
            .With(CKA.CKA_TOKEN, false)
            .With(CKA.CKA_SENSITIVE, false)
            .With(CKA.CKA_EXTRACTABLE, true)
            .With(CKA.CKA_VALUE_LEN, (ulong)point.Curve.FieldBytes);
        IObjectHandle secret = session.DeriveKey(mechanism, key, wanted.Attributes);
        try
        {
            byte[] octets = Pkcs11Objects.Octets(session, secret, CKA.CKA_VALUE) ?? [];
            // tokens that know no leading zeros leave them out
            return Integers.Pad(octets, point.Curve.FieldBytes) ?? throw new Pkcs11Exception("C_GetAttributeValue", CKR.CKR_GENERAL_ERROR);
        }
        finally
        {
            session.DestroyObject(secret);
        }
    }
}
