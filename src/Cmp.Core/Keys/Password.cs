using System;
using System.Security;
using System.Text;
using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>A password as the standards of key files want it, cleared when it is disposed of.</summary>
internal sealed class Password : IDisposable
{
    private Password(byte[] utf8, byte[] bmp)
    {
        Utf8 = utf8;
        Bmp = bmp;
    }

    /// <summary>The password in UTF-8, for PBES2.</summary>
    internal byte[] Utf8 { get; }

    /// <summary>The password in UTF-16, big-endian, with two octets of zero at its end, for PKCS #12 (RFC 7292 B.1).</summary>
    internal byte[] Bmp { get; }

    /// <summary>The empty password as some programs write it: without the two octets of zero.</summary>
    internal static Password None => new([], []);

    internal bool IsEmpty => Utf8.Length == 0;

    internal static Password Of(SecureString? password)
    {
        byte[] utf8 = password is null ? [] : Secrets.Utf8(password);
        char[] characters = Encoding.UTF8.GetChars(utf8);
        var bmp = new byte[2 * characters.Length + 2];
        Encoding.BigEndianUnicode.GetBytes(characters, 0, characters.Length, bmp, 0);
        Array.Clear(characters, 0, characters.Length);
        return new Password(utf8, bmp);
    }

    public void Dispose()
    {
        Secrets.Clear(Utf8);
        Secrets.Clear(Bmp);
    }
}
