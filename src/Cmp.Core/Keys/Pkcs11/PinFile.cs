using System;
using System.Security;
using System.Text;
using Cmp.Cryptography;
using Cmp.State;

namespace Cmp.Keys.Pkcs11;

/// <summary>A token's PIN in a file that <c>pin-source</c> of its URI names (RFC 7512 2.4): one line, in a file that its owner alone may read.</summary>
/// <remarks>What is no such line is never tried as a PIN: each try counts.</remarks>
internal static class PinFile
{
    /// <summary>Octets; the PINs of tokens have up to 255.</summary>
    private const int MaxLength = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the PIN.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="token">The token, as <see cref="Pkcs11Token.Name"/>.</param>
    /// <returns>What stands in the file, without the end of its line.</returns>
    /// <exception cref="CmpException"><c>CmpKey.PinSource</c>: it is not there, open to others, or holds no PIN.</exception>
    internal static SecureString Read(string path, string token)
    {
        byte[] octets = [];
        try
        {
            if (!FileSafety.Ensure(path, isSecret: true, isForAll: false))
                throw Pkcs11Errors.PinSource(token, $"'{PeerText.Escape(path)}' is not there.", "Put the PIN there, in a file that its owner alone may read, or give it with -KeyPassword.");
            if (StateHome.IsWindows && !FileReaders.AreOwners(path))
                throw Pkcs11Errors.PinSource(token, $"Others than its owner, SYSTEM and the administrators may read or write '{PeerText.Escape(path)}'.", "Take that right away: icacls <file> /inheritance:r /grant:r *S-1-5-18:R.");
            octets = BoundedFile.Read(path, MaxLength);
            return Line(octets) ?? throw Pkcs11Errors.PinSource(token, $"'{PeerText.Escape(path)}' does not hold one line of text in UTF-8.", "Write the PIN and nothing else into it.");
        }
        catch (CmpException e) when (e.ErrorId != Pkcs11Errors.PinSourceId)
        {
            throw Pkcs11Errors.PinSource(token, e.Message, e.RecommendedAction ?? "Write the PIN and nothing else into it.", e);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>The one line of a file; <see langword="null"/> where it is empty, has more lines or other characters than text has, as UTF-16 does.</summary>
    private static SecureString? Line(byte[] octets)
    {
        ReadOnlySpan<byte> line = octets;
        if (line.StartsWith(new byte[] { 0xEF, 0xBB, 0xBF }))
            line = line.Slice(3);
        if (line.Length > 0 && line[line.Length - 1] == '\n')
            line = line.Slice(0, line.Length - 1);
        if (line.Length > 0 && line[line.Length - 1] == '\r')
            line = line.Slice(0, line.Length - 1);
        foreach (byte octet in line)
        {
            if (octet is < 0x20 or 0x7F)
                return null;
        }
        byte[] copy = line.ToArray();
        try
        {
            return copy.Length > 0 && StrictUtf8.GetCharCount(copy) > 0 ? Secrets.FromUtf8(copy) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        finally
        {
            Secrets.Clear(copy);
        }
    }
}
