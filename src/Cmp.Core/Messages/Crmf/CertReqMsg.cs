using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>One request for a certificate, with its proof of possession.</summary>
/// <param name="CertReq">What is asked for.</param>
/// <param name="Popo">The proof; <see langword="null"/> where none is given (central key generation).</param>
/// <param name="RegInfo">Registration information; empty where there is none.</param>
/// <remarks>
/// RFC 4211 3:
/// <code>
/// CertReqMsg ::= SEQUENCE { certReq CertRequest, popo ProofOfPossession OPTIONAL, regInfo SEQUENCE SIZE(1..MAX) OF AttributeTypeAndValue OPTIONAL }
/// </code>
/// </remarks>
public sealed record CertReqMsg(CertRequest CertReq, ProofOfPossession? Popo, IReadOnlyList<AttributeTypeAndValue> RegInfo) : Asn1Structure
{
    /// <summary>
    /// Whether its header must say pvno 3: for what it holds, or since a CA that makes the key answers in an EnvelopedData (RFC 9483 4.1.6).
    /// </summary>
    internal bool NeedsPvno3 => HasCmp2021Syntax || AsksForKey;

    /// <summary>Whether the CA is to make the key (RFC 9483 4.1.6): none is named, or its algorithm alone, and nothing is proven.</summary>
    public bool AsksForKey => Popo is null && CertReq.CertTemplate.PublicKey is null or { Key.IsEmpty: true };

    /// <summary>Whether it holds what only cmp2021 can say.</summary>
    internal bool HasCmp2021Syntax => Popo is PopoPrivKey { NeedsPvno3: true } || (CertReq.FindControl(Oids.PkiArchiveOptions) is { Value: var options } && IsEnveloped(options.Span));

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The request.</returns>
    public static CertReqMsg Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        CertRequest certReq = CertRequest.Read(ref inner);
        ProofOfPossession? popo = inner.HasData && inner.PeekTag().TagClass == TagClass.ContextSpecific ? ProofOfPossession.Read(ref inner) : null;
        IReadOnlyList<AttributeTypeAndValue> regInfo = inner.HasData ? inner.ReadFilledList(AttributeTypeAndValue.Read) : [];
        inner.ThrowIfNotEmpty();
        return new CertReqMsg(certReq, popo, regInfo) { Encoded = encoded };
    }

    /// <summary>PKIArchiveOptions with encryptedPrivKey [0], which is explicit, and in it envelopedData [0].</summary>
    private static bool IsEnveloped(ReadOnlySpan<byte> options)
    {
        if (options.Length < 2 || options[0] != 0xA0)
            return false;
        int header = options[1] < 0x80 ? 2 : 2 + (options[1] & 0x7F);
        return header < options.Length && options[header] == 0xA0;
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            CertReq.Write(writer);
            Popo?.Write(writer);
            if (RegInfo.Count > 0)
                writer.WriteList(RegInfo);
        }
    }
}
