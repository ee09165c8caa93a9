using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cmp.Cryptography.Cng.Native;

namespace Cmp.Cryptography.Cng;

/// <summary>A key in the key storage of Windows.</summary>
/// <param name="provider">Its provider, open for as long as the key is: nothing says that a key may be used without it.</param>
/// <param name="key">The key.</param>
/// <param name="silent">Whether nobody can be asked for anything.</param>
internal sealed class WindowsCngKey(CngHandle provider, CngHandle key, bool silent) : ICngKey
{
    /// <summary>NCRYPT_SILENT_FLAG: a provider that would have to show something fails instead (NTE_SILENT_CONTEXT).</summary>
    internal const uint SilentFlag = 0x40;

    private const uint PersistFlag = 0x80000000;

    private delegate int Gives(byte[]? output, int length, out int resultLength);

    private uint Silent => silent ? SilentFlag : 0;

    public byte[] GetProperty(string name, uint flags) =>
        Take((byte[]? output, int length, out int result) => NCryptGetProperty.Call(key, name, output, length, out result, flags | Silent));

    public void SetProperty(CngKeyProperty property, uint flags) => Set(key, property, flags | Silent);

    public byte[] Export(string blobType) =>
        Take((byte[]? output, int length, out int result) => NCryptExportKey.Call(key, IntPtr.Zero, blobType, IntPtr.Zero, output, length, out result, Silent));

    public byte[] Sign(byte[] input, CngPadding padding) => Padded(padding, info =>
        Take((byte[]? output, int length, out int result) => NCryptSignHash.Call(key, info, input, input.Length, output, length, out result, padding.Flag | Silent)));

    public byte[] Decrypt(byte[] input, CngPadding padding) => Padded(padding, info =>
        Take((byte[]? output, int length, out int result) => NCryptDecrypt.Call(key, input, input.Length, info, output, length, out result, padding.Flag | Silent)));

    public void Delete()
    {
        int status = NCryptDeleteKey.Call(key.DangerousGetHandle(), Silent);
        if (status == 0)
            key.SetHandleAsInvalid();
        Dispose();
        Check(status);
    }

    public void Dispose()
    {
        key.Dispose();
        provider.Dispose();
    }

    /// <summary>Sets a property of a key, be it ready or not.</summary>
    /// <exception cref="CryptographicException">With the status.</exception>
    internal static void Set(CngHandle key, CngKeyProperty property, uint flags) =>
        Check(NCryptSetProperty.Call(key, property.Name, property.Value, property.Value.Length, flags | (property.IsPersisted ? PersistFlag : 0)));

    /// <summary>What is not 0 is an error.</summary>
    /// <exception cref="CryptographicException">With the status.</exception>
    internal static void Check(int status)
    {
        if (status != 0)
            throw new CngRefusal(status);
    }

    /// <summary>Asks for the length, then for the octets.</summary>
    private static byte[] Take(Gives gives)
    {
        Check(gives(null, 0, out int length));
        var output = new byte[length];
        Check(gives(output, length, out int written));
        if (written == length)
            return output;
        var exact = new byte[written];
        Array.Copy(output, exact, written);
        Array.Clear(output, 0, output.Length);
        return exact;
    }

    /// <summary>Does something with the structure that says how to pad, where there is one.</summary>
    private static byte[] Padded(CngPadding padding, Func<IntPtr, byte[]> act)
    {
        IntPtr hash = IntPtr.Zero;
        IntPtr info = IntPtr.Zero;
        try
        {
            if (padding != CngPadding.None && padding != CngPadding.Pkcs1Encryption)
            {
                hash = padding.Hash is null ? IntPtr.Zero : Marshal.StringToHGlobalUni(padding.Hash);
                info = Write(padding, hash);
            }
            return act(info);
        }
        finally
        {
            Marshal.FreeHGlobal(info);
            Marshal.FreeHGlobal(hash);
        }
    }

    private static IntPtr Write(CngPadding padding, IntPtr hash)
    {
        switch (padding.Flag)
        {
            case CngPadding.PssFlag:
                return Copy(new PssPaddingInfo { Hash = hash, SaltLength = padding.SaltLength });
            case CngPadding.OaepFlag:
                return Copy(new OaepPaddingInfo { Hash = hash });
            case CngPadding.PqDsaFlag:
                return Copy(default(PqDsaPaddingInfo));
            default:
                return Copy(new Pkcs1PaddingInfo { Hash = hash });
        }
    }

    private static IntPtr Copy<T>(T structure)
        where T : struct
    {
        IntPtr memory = Marshal.AllocHGlobal(Marshal.SizeOf<T>());
        Marshal.StructureToPtr(structure, memory, fDeleteOld: false);
        return memory;
    }

    /// <summary>BCRYPT_PKCS1_PADDING_INFO of bcrypt.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Pkcs1PaddingInfo
    {
        internal IntPtr Hash;
    }

    /// <summary>BCRYPT_OAEP_PADDING_INFO of bcrypt.h: no label.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OaepPaddingInfo
    {
        internal IntPtr Hash;
        internal IntPtr Label;
        internal int LabelLength;
    }

    /// <summary>BCRYPT_PSS_PADDING_INFO of bcrypt.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PssPaddingInfo
    {
        internal IntPtr Hash;
        internal int SaltLength;
    }

    /// <summary>BCRYPT_PQDSA_PADDING_INFO of bcrypt.h: no context and no digest.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PqDsaPaddingInfo
    {
        internal IntPtr Context;
        internal int ContextLength;
        internal IntPtr Hash;
    }
}
