using System;
using System.Collections.Generic;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.Factories;

namespace Cmp.Keys.Pkcs11;

/// <summary>Attributes that a token is given. Their memory is the library's and goes with their objects: they are held until the token has answered.</summary>
internal sealed class Pkcs11Template : IDisposable
{
    internal List<IObjectAttribute> Attributes { get; } = [];

    private static IObjectAttributeFactory Factory => Pkcs11Module.Factories.ObjectAttributeFactory;

    public void Dispose()
    {
        foreach (IObjectAttribute attribute in Attributes)
            attribute.Dispose();
    }

    internal Pkcs11Template With(CKA type, bool value) => With(Factory.Create(type, value));

    internal Pkcs11Template With(CKA type, ulong value) => With(Factory.Create(type, value));

    internal Pkcs11Template With(CKA type, string value) => With(Factory.Create(type, value));

    internal Pkcs11Template With(CKA type, byte[] value) => With(Factory.Create(type, value));

    private Pkcs11Template With(IObjectAttribute attribute)
    {
        Attributes.Add(attribute);
        return this;
    }
}
