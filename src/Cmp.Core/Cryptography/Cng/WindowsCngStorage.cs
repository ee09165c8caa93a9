using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng.Native;

namespace Cmp.Cryptography.Cng;

/// <summary>The key storage of Windows itself. It decides nothing: what is above <see cref="ICngStorage"/> does.</summary>
internal sealed class WindowsCngStorage : ICngStorage
{
    private const uint MachineKeyFlag = 0x20;

    private static readonly int ProviderNameSize = Marshal.SizeOf<NCryptEnumStorageProviders.ProviderName>();
    private static readonly int AlgorithmNameSize = Marshal.SizeOf<NCryptEnumAlgorithms.AlgorithmName>();

    public IReadOnlyList<string> Providers
    {
        get
        {
            WindowsCngKey.Check(NCryptEnumStorageProviders.Call(out int count, out IntPtr list, WindowsCngKey.SilentFlag));
            return Names(list, count, ProviderNameSize);
        }
    }

    public IReadOnlyList<string> Algorithms(string provider)
    {
        using CngHandle opened = OpenProvider(provider);
        WindowsCngKey.Check(NCryptEnumAlgorithms.Call(opened, 0, out int count, out IntPtr list, WindowsCngKey.SilentFlag));
        return Names(list, count, AlgorithmNameSize);
    }

    public ICngKey Create(CngName name, string algorithm, IReadOnlyList<CngKeyProperty> properties, bool silent) => InProvider(name, silent, provider =>
    {
        WindowsCngKey.Check(NCryptCreatePersistedKey.Call(provider, out CngHandle key, algorithm, name.Name, 0, FlagsOf(name)));
        try
        {
            uint flags = silent ? WindowsCngKey.SilentFlag : 0;
            foreach (CngKeyProperty property in properties)
                WindowsCngKey.Set(key, property, flags);
            WindowsCngKey.Check(NCryptFinalizeKey.Call(key, flags));
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    });

    public ICngKey Open(CngName name, bool silent) => InProvider(name, silent, provider =>
    {
        WindowsCngKey.Check(NCryptOpenKey.Call(provider, out CngHandle key, name.Name, 0, FlagsOf(name) | (silent ? WindowsCngKey.SilentFlag : 0)));
        return key;
    });

    public X509Certificate2 Tie(X509Certificate2 certificate, CngName name)
    {
        var copy = new X509Certificate2(certificate.RawData);
        CertificateKeyLink.Set(copy, name);
        return copy;
    }

    public CngName? KeyOf(X509Certificate2 certificate) => CertificateKeyLink.Get(certificate);

    private static uint FlagsOf(CngName name) => name.IsMachine ? MachineKeyFlag : 0;

    /// <summary>A key with its provider, which closes where there is no key.</summary>
    private static WindowsCngKey InProvider(CngName name, bool silent, Func<CngHandle, CngHandle> open)
    {
        CngHandle provider = OpenProvider(name.Provider);
        try
        {
            return new WindowsCngKey(provider, open(provider), silent);
        }
        catch
        {
            provider.Dispose();
            throw;
        }
    }

    private static CngHandle OpenProvider(string name)
    {
        WindowsCngKey.Check(NCryptOpenStorageProvider.Call(out CngHandle provider, name, 0));
        return provider;
    }

    /// <summary>The texts that the first member of each structure of a list points to; the list is freed.</summary>
    private static List<string> Names(IntPtr list, int count, int size)
    {
        try
        {
            var names = new List<string>(count);
            for (int i = 0; i < count; i++)
            {
                if (Marshal.PtrToStringUni(Marshal.ReadIntPtr(list, i * size)) is { Length: > 0 } name)
                    names.Add(name);
            }
            return names;
        }
        finally
        {
            _ = NCryptFreeBuffer.Call(list);
        }
    }
}
