using System.IO;
using Cmp.Messages.Asn1;
using Org.BouncyCastle.Asn1;

namespace Cmp.Keys;

/// <summary>Turns BER into DER, for the files that programs of old wrote in indefinite lengths and in pieces.</summary>
internal static class Ber
{
    /// <summary>Whether a value has a length that only its end tells.</summary>
    internal static bool IsIndefinite(byte[] octets) => octets.Length > 1 && octets[1] == 0x80;

    /// <summary>Reads one value and writes it in DER, as far as that goes without knowing what it is.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static byte[] ToDer(byte[] octets)
    {
        try
        {
            return Asn1Object.FromByteArray(octets).GetEncoded(Asn1Encodable.Der);
        }
        catch (System.Exception e)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"The octets are no ASN.1: {e.Message}", e);
        }
    }

    /// <summary>Reads an OCTET STRING that may still stand in pieces, which happens where its tag is implicit.</summary>
    internal static byte[] ReadOctets(ref Asn1Reader reader, System.Formats.Asn1.Asn1Tag tag)
    {
        if (!reader.PeekTag().IsConstructed)
            return reader.ReadOctetString(tag).ToArray();
        Asn1Reader pieces = reader.ReadConstructed(tag);
        using var whole = new MemoryStream();
        while (pieces.HasData)
        {
            byte[] piece = pieces.ReadOctetString().ToArray();
            whole.Write(piece, 0, piece.Length);
        }
        return whole.ToArray();
    }
}
