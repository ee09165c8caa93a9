using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.State;

namespace Cmp.Client;

/// <summary>Private keys that wait beside the record of a transaction, in a file of their own that is a secret: one PKCS #8 after the other.</summary>
internal static class WaitingKeys
{
    internal const string Extension = ".key";

    /// <summary>Keeps keys until their certificates have come, in place of those that were kept.</summary>
    internal static void Save(StateFolder folder, string id, IEnumerable<PrivateKey> keys)
    {
        List<byte[]> encoded = [];
        byte[] all = [];
        try
        {
            foreach (PrivateKey key in keys)
                encoded.Add(key.ExportPkcs8());
            all = new byte[encoded.Sum(pkcs8 => pkcs8.Length)];
            int end = 0;
            foreach (byte[] pkcs8 in encoded)
            {
                pkcs8.CopyTo(all, end);
                end += pkcs8.Length;
            }
            folder.WriteSecret(id, Extension, all);
        }
        finally
        {
            Secrets.Clear(all);
            encoded.ForEach(Secrets.Clear);
        }
    }

    /// <summary>Opens the keys that wait, one PKCS #8 after the other; the caller disposes of them.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>; <c>CmpKey.Malformed</c>.</exception>
    internal static IReadOnlyList<PrivateKey> Open(StateFolder folder, string id)
    {
        byte[] all = folder.ReadSecret(id, Extension) ?? throw Vanished(id);
        var keys = new List<PrivateKey>();
        try
        {
            for (ReadOnlyMemory<byte> rest = all; !rest.IsEmpty;)
            {
                AsnDecoder.ReadEncodedValue(rest.Span, AsnEncodingRules.BER, out _, out _, out int length);
                keys.Add(PrivateKey.FromPkcs8(rest.Slice(0, length)));
                rest = rest.Slice(length);
            }
            return keys;
        }
        catch (AsnContentException e)
        {
            Release();
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Malformed", $"The private keys of the transaction {id} are damaged.", e);
        }
        catch
        {
            Release();
            throw;
        }
        finally
        {
            Secrets.Clear(all);
        }

        void Release() => keys.ForEach(key => key.Dispose());
    }

    internal static CmpException Vanished(string id) => new(CmpErrorKind.Key, "CmpKey.Vanished", $"The private key of the transaction {id} is no longer where it waited.")
    {
        RecommendedAction = "Without it the certificate is worth nothing: put it back, or remove the transaction with Remove-CmpTransaction and ask anew.",
    };
}
