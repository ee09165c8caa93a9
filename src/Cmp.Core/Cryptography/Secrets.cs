using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;

namespace Cmp.Cryptography;

/// <summary>Handles octets that nobody else may learn, and those that nobody may guess.</summary>
public static class Secrets
{
    /// <summary>Compares in a time that depends on the lengths only (rule 34).</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether they are the same octets.</returns>
#if NET
    public static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => CryptographicOperations.FixedTimeEquals(left, right);
#else
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
            return false;
        int difference = 0;
        for (int i = 0; i < left.Length; i++)
            difference |= left[i] ^ right[i];
        return difference == 0;
    }
#endif

    /// <summary>Overwrites a secret with zeros.</summary>
    /// <param name="secret">The octets, or <see langword="null"/>.</param>
#if NET
    public static void Clear(byte[]? secret) => CryptographicOperations.ZeroMemory(secret);
#else
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static void Clear(byte[]? secret)
    {
        if (secret is not null)
            Array.Clear(secret, 0, secret.Length);
    }
#endif

    /// <summary>Octets from the system's generator, for nonces, salts and identifiers.</summary>
    /// <param name="count">How many.</param>
    /// <returns>New octets.</returns>
    public static byte[] Random(int count)
    {
#if NET
        return RandomNumberGenerator.GetBytes(count);
#else
        var octets = new byte[count];
        using RandomNumberGenerator generator = RandomNumberGenerator.Create();
        generator.GetBytes(octets);
        return octets;
#endif
    }

    /// <summary>A password as the octets of its UTF-8, which is how CMP peers read passwords.</summary>
    /// <param name="secret">The password.</param>
    /// <returns>Octets that the caller clears.</returns>
    public static byte[] Utf8(SecureString secret)
    {
        IntPtr text = Marshal.SecureStringToGlobalAllocUnicode(secret);
        var characters = new char[secret.Length];
        GCHandle pin = GCHandle.Alloc(characters, GCHandleType.Pinned);
        try
        {
            Marshal.Copy(text, characters, 0, characters.Length);
            return Encoding.UTF8.GetBytes(characters);
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
            pin.Free();
            Marshal.ZeroFreeGlobalAllocUnicode(text);
        }
    }

    /// <summary>A password of the octets of its UTF-8.</summary>
    /// <param name="octets">The octets; the caller clears them.</param>
    /// <returns>The password, read-only.</returns>
    public static SecureString FromUtf8(byte[] octets)
    {
        var characters = new char[Encoding.UTF8.GetMaxCharCount(octets.Length)];
        GCHandle pin = GCHandle.Alloc(characters, GCHandleType.Pinned);
        try
        {
            int count = Encoding.UTF8.GetChars(octets, 0, octets.Length, characters, 0);
            var secret = new SecureString();
            for (int i = 0; i < count; i++)
                secret.AppendChar(characters[i]);
            secret.MakeReadOnly();
            return secret;
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
            pin.Free();
        }
    }
}
