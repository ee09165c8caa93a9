using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>What a proof by signature covers where the template names no subject.</summary>
/// <param name="Sender">Who asks, where the CA has authenticated him; else <see langword="null"/>.</param>
/// <param name="PublicKeyMac">A MAC over the key by a shared secret, where nobody is authenticated; else <see langword="null"/>.</param>
/// <param name="PublicKey">The key of the template.</param>
/// <remarks>
/// RFC 4211 4.1 (sender is explicit: GeneralName is a CHOICE):
/// <code>
/// POPOSigningKeyInput ::= SEQUENCE { authInfo CHOICE { sender [0] GeneralName, publicKeyMAC PKMACValue }, publicKey SubjectPublicKeyInfo }
/// </code>
/// </remarks>
public sealed record PopoSigningKeyInput(GeneralName? Sender, PkMacValue? PublicKeyMac, SubjectPublicKeyInfo PublicKey) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The input.</returns>
    public static PopoSigningKeyInput Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (Sender is not null)
                writer.WriteExplicit(0, Sender);
            else
                PublicKeyMac!.Write(writer);
            PublicKey.Write(writer);
        }
    }

    internal static PopoSigningKeyInput ReadImplicit(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadImplicitSequence(Tags.Constructed(0), out ReadOnlyMemory<byte> encoded);
        return ReadFields(ref inner, encoded);
    }

    private static PopoSigningKeyInput ReadFields(ref Asn1Reader inner, ReadOnlyMemory<byte> encoded)
    {
        PkMacValue? mac = null;
        if (!inner.TryReadExplicit(0, GeneralName.Read, out GeneralName? sender))
            mac = PkMacValue.Read(ref inner);
        SubjectPublicKeyInfo publicKey = SubjectPublicKeyInfo.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new PopoSigningKeyInput(sender, mac, publicKey) { Encoded = encoded };
    }
}
